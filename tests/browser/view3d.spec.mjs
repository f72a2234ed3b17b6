// The stage in three dimensions: drawn by WebGL 2, in software here, and what becomes of it where there is none.
import { Figures, expect, findings, link, test } from './support.mjs';

test.use({
  launchOptions: async ({ launchOptions }, use) => {
    const args = launchOptions.args.filter((it) => it !== '--disable-gpu');
    await use({ ...launchOptions, args: [...args, '--use-angle=swiftshader', '--enable-unsafe-swiftshader'] });
  },
});

/** The minibus in the Lab, driven so slowly that one sees its steps. */
async function slowBus(page, site) {
  const run = [['env', 'daladala'], ['agent', 'random'], ['seed', '5'], ['episodes', '1']];
  await page.goto(site.address + link(run));
  const figures = new Figures(page);
  await expect.poll(() => figures.number('episode')).toBe(1);
  await figures.settled();
  await page.getByTestId('speed').fill('1');
  await page.getByTestId('train').click();
  await expect.poll(() => figures.phase()).toBe('running');
  return figures;
}

/** How many different colours the 3D canvas has right after it was drawn, and how many pictures there were until then. */
const colours = (page) =>
  page.getByTestId('stage-3d').evaluate(async (canvas) => {
    const copy = new OffscreenCanvas(48, 32).getContext('2d', { willReadFrequently: true });
    const drawn = canvas.dataset.pictures;
    // The page draws before this does, in the same frame.
    for (let frames = 0; frames < 600 && canvas.dataset.pictures === drawn; frames += 1) await new Promise(requestAnimationFrame);
    copy.drawImage(canvas, 0, 0, 48, 32);
    const { data } = copy.getImageData(0, 0, 48, 32);
    return new Set(Array.from({ length: 48 * 32 }, (_, pixel) => data.slice(4 * pixel, 4 * pixel + 3).join())).size;
  });

const pictures = (page) => page.getByTestId('stage-3d').getAttribute('data-pictures').then(Number);

test('the minibus drives in three dimensions, seen by five cameras, and back on the flat stage', async ({ page, site }) => {
  const figures = await slowBus(page, site);
  expect(await page.locator('link[href^="view3d"]').count()).toBe(0);
  await page.getByTestId('view-3d').click();
  await expect(page.getByTestId('stage-3d')).toBeVisible();
  for (const camera of ['chase', 'driver', 'top', 'cinematic', 'passenger']) {
    const button = page.getByTestId(`camera-${camera}`);
    await button.click();
    await expect(button).toHaveAttribute('aria-pressed', 'true');
    await expect.poll(() => colours(page)).toBeGreaterThan(30);
  }
  await page.keyboard.press('v');
  await expect(page.getByTestId('camera-chase')).toHaveAttribute('aria-pressed', 'true');
  await expect(page.getByTestId('hud-3d')).toContainText('passengers');
  expect(await findings(page)).toEqual([]);
  // Nothing is drawn while nothing moves.
  await figures.pause();
  const drawnMeanwhile = () =>
    page.getByTestId('stage-3d').evaluate(async (canvas) => {
      const before = canvas.dataset.pictures;
      for (let frame = 0; frame < 20; frame += 1) await new Promise(requestAnimationFrame);
      return canvas.dataset.pictures - before;
    });
  await expect.poll(drawnMeanwhile).toBe(0);
  await page.getByTestId('view-3d').click();
  await expect(page.getByTestId('stage-3d')).toHaveCount(0);
  const flat = () =>
    page.getByTestId('stage').evaluate((canvas) => {
      const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
      return data.some((value) => value > 0);
    });
  await expect.poll(flat).toBe(true);
});

for (const environment of ['racing', 'snake', 'tetris']) {
  test(`${environment} has a third dimension`, async ({ page, site }) => {
    await page.goto(site.address + link([['env', environment], ['agent', 'random'], ['seed', '5']]));
    await page.getByTestId('view-3d').click();
    await page.getByTestId('camera-cinematic').click();
    await page.getByTestId('train').click();
    await expect.poll(() => colours(page)).toBeGreaterThan(30);
    await expect(page.getByTestId('no-3d')).toHaveCount(0);
  });
}

test('a graphics card that takes the picture away gives the flat one back', async ({ page, site }) => {
  await slowBus(page, site);
  await page.getByTestId('view-3d').click();
  await expect.poll(() => pictures(page)).toBeGreaterThan(0);
  await page.getByTestId('stage-3d').evaluate((canvas) => canvas.getContext('webgl2').getExtension('WEBGL_lose_context').loseContext());
  await expect(page.getByTestId('no-3d')).toContainText('graphics card');
  await expect(page.getByTestId('stage-3d')).toHaveCount(0);
  await expect(page.getByTestId('view-3d')).toHaveAttribute('aria-pressed', 'false');
});

test('without WebGL 2 a sentence says so, and the flat stage goes on', async ({ page, site }) => {
  await page.addInitScript(() => {
    const { getContext } = HTMLCanvasElement.prototype;
    HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {
      return kind === 'webgl2' ? null : getContext.call(this, kind, ...rest);
    };
  });
  await slowBus(page, site);
  await page.getByTestId('view-3d').click();
  await expect(page.getByTestId('no-3d')).toContainText('no WebGL 2');
  await expect(page.getByTestId('stage-3d')).toHaveCount(0);
  const before = await page.getByTestId('stage').evaluate((canvas) => canvas.toDataURL());
  await expect.poll(() => page.getByTestId('stage').evaluate((canvas) => canvas.toDataURL())).not.toBe(before);
});
