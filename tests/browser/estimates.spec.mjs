// What agents without a network believe, on the stage and beside it.
import { Figures, expect, link, test } from './support.mjs';

/** A page whose run of an agent in an environment holds after some episodes. */
async function held(page, site, env, agent, episodes = '5') {
  await page.goto('about:blank');
  await page.goto(site.address + link([['env', env], ['agent', agent], ['seed', '5'], ['episodes', episodes]]));
  const figures = new Figures(page);
  await expect.poll(() => figures.number('episode'), { timeout: 60_000 }).toBe(Number(episodes));
  await figures.settled();
}

/** How many different colours a part of the stage has. */
const colours = (page, [x, y, width, height]) => page.evaluate(([x, y, width, height]) => {
  const canvas = document.querySelector('[data-testid=stage]');
  const [left, top] = [x * canvas.width, y * canvas.height];
  const { data } = canvas.getContext('2d').getImageData(left, top, width * canvas.width, height * canvas.height);
  const found = new Set();
  for (let at = 0; at < data.length; at += 4) found.add((data[at] << 16) | (data[at + 1] << 8) | data[at + 2]);
  return found.size;
}, [x, y, width, height]);

test('a linear agent paints its values over the phase plane of mountain car', async ({ page, site }) => {
  await held(page, site, 'mountain-car', 'linear-sarsa');
  await expect(page.getByTestId('paint-values')).toBeVisible();
  // Nobody counts visits of places, and no model is known.
  for (const paint of ['visits', 'error', 'exact']) await expect(page.getByTestId(`paint-${paint}`)).toHaveCount(0);
  await expect(page.getByTestId('legend')).toBeVisible();
  await expect(page.locator('.legend-unknown')).toHaveCount(0);
  // In the middle of the sky are nothing but values.
  const sky = [0.4, 0.1, 0.2, 0.15];
  await expect.poll(() => colours(page, sky)).toBeGreaterThan(5);
  await page.getByTestId('paint-nothing').click();
  await page.getByTestId('show-arrows').click();
  await page.getByTestId('show-path').click();
  await expect.poll(() => colours(page, sky)).toBe(1);
  // The place in which the agent is has its numbers in the panel.
  await expect(page.getByTestId('inspector')).toContainText('forward');
  await expect(page.getByTestId('inspector')).not.toContainText('visited');
  // Who tells no values leaves the picture as it is.
  await held(page, site, 'mountain-car', 'random');
  await expect(page.getByTestId('paint-nothing')).toHaveCount(0);
});

test('where no picture shows it, the panel tells what every action is worth to a linear agent now', async ({ page, site }) => {
  await held(page, site, 'snake', 'linear-sarsa');
  const rows = page.getByTestId('network-decision').locator('tbody tr');
  await expect(rows).toHaveCount(3);
  await expect(rows.filter({ hasText: 'straight' })).toHaveCount(1);
  await expect(page.getByTestId('network-value')).toHaveAttribute('data-value', /\d/);
  // It has no network, and so no layers and nothing that it looks at.
  await expect(page.getByTestId('network-layer')).toHaveCount(0);
  await expect(page.getByTestId('show-looks')).toHaveCount(0);
  // A table tells it in the inspector.
  await held(page, site, 'snake', 'sarsa');
  await expect(page.getByTestId('inspector')).toContainText('straight');
  await expect(page.getByTestId('network-decision')).toHaveCount(0);
});

test('the picture of a bandit tells which arm is believed to be best', async ({ page, site }) => {
  await held(page, site, 'bandit', 'bandit', '1');
  await expect(page.getByTestId('stage')).toHaveAttribute('aria-label', /best estimate is that of arm \d+/);
  await held(page, site, 'bandit', 'gradient-bandit', '1');
  await expect(page.getByTestId('stage')).not.toHaveAttribute('aria-label', /estimate/);
});
