// From a small laptop to a projector: what one needs is in sight, and the stage takes the room that there is.
import { Figures, expect, test } from './support.mjs';

/** The Lab at this size once an agent learns. */
async function lab(page, site, width, height) {
  await page.setViewportSize({ width, height });
  await page.goto(site.address);
  await expect.poll(() => new Figures(page).number('episode')).toBeGreaterThan(0);
}

test('at 3840 x 2160 the stage fills its share of the screen, and type grows with it', async ({ page, site }) => {
  const sizes = async (width, height) => {
    await lab(page, site, width, height);
    const stage = await page.locator('.case').boundingBox();
    // As they appear, however the page is scaled.
    const { height: letters } = await page.getByTestId('readout-episode').boundingBox();
    const used = await page.locator('main').evaluate((it) => {
      const boxes = [...it.children].map((child) => child.getBoundingClientRect()).filter(({ width }) => width > 0);
      return Math.max(...boxes.map(({ right }) => right)) - Math.min(...boxes.map(({ left }) => left));
    });
    return { stage: (stage.width * stage.height) / (width * height), letters: letters / height, used: used / width };
  };
  const laptop = await sizes(1440, 900);
  const projector = await sizes(3840, 2160);
  expect(projector.used).toBeGreaterThan(0.8);
  expect(projector.stage).toBeGreaterThan(0.75 * laptop.stage);
  expect(projector.letters).toBeGreaterThan(0.55 * laptop.letters);
  await page.getByTestId('present').click();
  const stage = await page.locator('.case').boundingBox();
  expect(stage.width * stage.height).toBeGreaterThan(0.25 * 3840 * 2160);
});

test('at 1280 x 720 every button of a run is in sight', async ({ page, site }) => {
  await lab(page, site, 1280, 720);
  for (const name of ['stage', 'train', 'step', 'episode', 'reset', 'speed', 'greedy', 'play', 'readout-return', 'readout-regret', 'environment', 'agent', 'share']) {
    const box = await page.getByTestId(name).boundingBox();
    expect(box.y, name).toBeGreaterThanOrEqual(0);
    expect(box.y + box.height, name).toBeLessThanOrEqual(720);
    expect(box.x + box.width, name).toBeLessThanOrEqual(1280);
  }
});
