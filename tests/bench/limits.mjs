// The largest environments that the tab takes: how soon a field of 300 x 300 cells is solved, and what a worker holds that learns
// a table of more than ten million action values.
import { chromium } from '@playwright/test';
import { PAGE, link, serveFolder } from '../browser/support.mjs';
import settings from '../playwright.config.mjs';
import { atFullSpeed, median, row } from './_page.mjs';

const SAMPLES = 5;
const STEPS = 5_000_000;

/** Bytes of the worker's memory; its module is loaded already, so that loading it again only names it. */
const held = (page) =>
  page.workers()[0].evaluate(async () => {
    const module = await import(new URL(self.location.href).searchParams.get('script'));
    return (await module.default()).memory.buffer.byteLength;
  });

const site = await serveFolder(PAGE, '/');
const browser = await chromium.launch({ ...settings.use.launchOptions, headless: true });
const open = async (pairs) => {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  await page.goto(site.address + link([...pairs, ['seed', '1']]));
  return page;
};

const small = link([['env', 'gridworld'], ['agent', 'value-iteration'], ['seed', '1']]);
const large = link([
  ['env', 'gridworld'],
  ['env.open_field', '300'],
  ['env.step_limit', '1000'],
  ['agent', 'value-iteration'],
  ['agent.order', 'there-and-back'],
  ['seed', '1'],
]);
const field = await browser.newPage({ viewport: { width: 1280, height: 800 } });
await field.goto(site.address + small);
const samples = [];
for (let sample = 0; sample < SAMPLES; sample += 1) {
  // From asking to what the page shows of it: the environment is built and solved exactly, and the agent, which iterates
  // over the values itself, acts best in every state.
  samples.push(
    await field.evaluate(
      async ([small, large]) => {
        const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
        const told = (words) => document.querySelector('[data-testid="readout-optimal-states"]')?.textContent.includes(words);
        location.hash = small;
        while (!told('21 / 21')) await frame();
        const begun = performance.now();
        location.hash = large;
        while (!told('89999 / 89999')) await frame();
        const whole = performance.now() - begun;
        const words = () =>
          document.querySelector('[data-testid="inspector"]')?.textContent.match(/found in \d+ sweeps in (\d+)\s*(ms|s)\b/u);
        while (!words()) await frame();
        const [, time, unit] = words();
        return { whole, solved: Number(time) * (unit === 's' ? 1000 : 1) };
      },
      [small, large],
    ),
  );
}
row('tab, value iteration on 300 x 300 cells, in ms', { value: median(samples.map((it) => it.solved)), at_most: 1000 });
row('tab, from asking for 300 x 300 cells to the optimal policy, in ms', { value: median(samples.map((it) => it.whole)), at_most: 1000 });
await field.close();

const wide = await open([
  ['env', 'cart-pole'],
  ['env.bins', '48'],
  ['agent', 'q-learning'],
]);
await atFullSpeed(wide);
const made = async (steps) =>
  wide.waitForFunction((least) => {
    const shown = (name) => Number(document.querySelector(`[data-testid="readout-${name}"]`)?.getAttribute('data-value'));
    return shown('steps-per-second') > 0 && shown('episode') * 20 > least;
  }, steps);
await made(STEPS);
const rate = Number(await wide.getByTestId('readout-steps-per-second').getAttribute('data-value'));
await wide.getByTestId('reset').click();
await wide.getByTestId('train').click();
await made(STEPS / 5);
row('tab, Q-learning of 10.6 million action values', { steps_per_second: rate });
row('tab, memory of its worker after a second run, in MB', { value: (await held(wide)) / 1e6, at_most: 200 });
await browser.close();
await site.close();
