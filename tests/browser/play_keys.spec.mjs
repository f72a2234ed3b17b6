// Playing by keyboard alone: every action shows its key, however many there are.
import { Figures, expect, link, test } from './support.mjs';

/** Opens a run that holds after its first episode, and takes the agent's place by a key. */
async function play(page, site, environment) {
  await page.goto(site.address + link([['env', environment], ['agent', 'random'], ['seed', '5'], ['episodes', '1']]));
  const figures = new Figures(page);
  await expect.poll(() => figures.number('episode')).toBe(1);
  await figures.settled();
  await page.keyboard.press('p');
  await expect(page.getByTestId('play')).toHaveAttribute('aria-pressed', 'true');
  return figures;
}

test('each action stands beside its key', async ({ page, site }) => {
  await play(page, site, 'gridworld');
  for (const [name, key] of [['up', '↑'], ['down', '↓'], ['left', '←'], ['right', '→']]) {
    await expect(page.getByTestId(`action-${name}`).locator('span')).toHaveText(name);
    await expect(page.getByTestId(`action-${name}`).locator('kbd')).toHaveText(key);
  }
});

test('forty placements of tetris are played by the keys that stand beside them, below the stage', async ({ page, site }) => {
  const figures = await play(page, site, 'tetris');
  const keys = page.locator('.pad kbd');
  await expect(keys).toHaveCount(40);
  const all = await keys.allTextContents();
  expect(new Set(all).size).toBe(40);
  const [stage, strip] = [await page.getByTestId('stage').boundingBox(), await page.locator('.pad').boundingBox()];
  expect(strip.y).toBeGreaterThanOrEqual(stage.y + stage.height);
  expect(strip.height).toBeLessThan(stage.height);
  // Every piece may land in the second column as it comes.
  const key = await page.getByTestId('action-column 2, 0 turns').locator('kbd').textContent();
  const words = () => page.getByTestId('stage').getAttribute('aria-label');
  const episode = await figures.number('episode');
  const before = await words();
  await page.keyboard.press(key);
  await expect.poll(words).not.toBe(before);
  expect(await figures.number('episode')).toBe(episode);
  // The last one has a capital letter.
  const last = await page.getByTestId('action-column 10, 3 turns').locator('kbd').textContent();
  expect(last).toBe('E');
  await page.keyboard.press('Escape');
  await expect(page.locator('.pad')).toHaveCount(0);
});
