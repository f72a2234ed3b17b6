// A page that stays open: what it holds does not grow while an agent trains at full speed.
import { Figures, expect, link, test } from './support.mjs';

test('training at full speed leaves no listener and no node behind', async ({ page, site, context }) => {
  await page.goto(site.address + link([['env', 'gridworld'], ['agent', 'q-learning'], ['seed', '42']]));
  const figures = new Figures(page);
  const speed = page.getByTestId('speed');
  await speed.fill(await speed.getAttribute('max'));
  const inside = await context.newCDPSession(page);
  // Those that wait to be collected are none that stay.
  const held = async () => {
    await inside.send('HeapProfiler.collectGarbage');
    const { jsEventListeners: listeners, nodes } = await inside.send('Memory.getDOMCounters');
    return { listeners, nodes };
  };
  await expect.poll(() => figures.number('episode')).toBeGreaterThan(100_000);
  const early = await held();
  // Long enough for what grew by six listeners every thirty seconds.
  await page.waitForTimeout(40_000);
  expect(await figures.phase()).toBe('running');
  const late = await held();
  expect(late.listeners).toBe(early.listeners);
  // A figure that has become longer may take a node or two more; what is left behind at every turn takes thousands.
  expect(late.nodes).toBeLessThan(early.nodes * 1.01);
});

test('a reload in the middle of training goes on with it, without a hole in its curve', async ({ page, site }) => {
  const figures = new Figures(page);
  await page.goto(site.address + link([['env', 'gridworld'], ['agent', 'q-learning'], ['seed', '42']]));
  await page.getByTestId('speed').fill('10');
  await expect.poll(() => figures.number('episode')).toBeGreaterThan(500);
  const before = await figures.number('episode');
  await page.reload();
  await expect.poll(() => figures.phase(), { timeout: 30_000 }).toBe('running');
  await expect(page.getByTestId('speed')).toHaveAttribute('data-value', '1000');
  await expect.poll(() => figures.number('episode')).toBeGreaterThanOrEqual(before);
  const { faults } = await figures.pause();
  expect(faults).toBe(0);
});

test('a tab that nobody sees goes on', async ({ page, site }) => {
  const figures = new Figures(page);
  await page.goto(site.address + link([['env', 'gridworld'], ['agent', 'q-learning'], ['seed', '42']]));
  const speed = page.getByTestId('speed');
  await speed.fill(await speed.getAttribute('max'));
  await expect.poll(() => figures.number('episode')).toBeGreaterThan(1_000);
  // A browser without a window hides no tab: it is told what one that is hidden is told, and draws nothing.
  const see = (state) => page.evaluate((state) => {
    window.draw ??= window.requestAnimationFrame;
    window.waiting ??= [];
    // What waits to be drawn meanwhile is drawn once it is seen.
    window.requestAnimationFrame = state === 'hidden' ? (draws) => window.waiting.push(draws) : window.draw;
    if (state === 'visible') window.waiting.splice(0).forEach((draws) => window.draw(draws));
    Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => state });
    Object.defineProperty(document, 'hidden', { configurable: true, get: () => state === 'hidden' });
    document.dispatchEvent(new Event('visibilitychange'));
  }, state);
  await see('hidden');
  const hidden = await figures.number('episode');
  // Nothing is drawn meanwhile, and that figure with it; the run in its worker says how far it is once it is asked.
  await page.waitForTimeout(5_000);
  await see('visible');
  const { episodes, faults } = await figures.pause();
  expect(episodes).toBeGreaterThan(hidden);
  expect(faults).toBe(0);
});
