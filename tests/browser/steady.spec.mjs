// A page that stays open: what it holds does not grow while an agent trains at full speed.
import { Figures, expect, link, test } from './support.mjs';

// Every time that the run is kept the database is opened anew, and listeners of what was closed stay: about 10 a minute.
test.fixme('training at full speed leaves no listener and no node behind', async ({ page, site, context }) => {
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
  expect(await held()).toEqual(early);
});
