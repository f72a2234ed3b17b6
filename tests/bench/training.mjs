// How fast the tab learns, and what that leaves of the page: Q-learning on the first visit's environment at full speed, with
// everything shown. Beside it, in turns, a loop that was written by hand in JavaScript for nothing but speed, and the
// tabular agent of REINFORCEjs.
import { readFile } from 'node:fs/promises';
import { chromium } from '@playwright/test';
import { PAGE, link, serveFolder } from '../browser/support.mjs';
import settings from '../playwright.config.mjs';
import { atFullSpeed, counted, forget, median, observe, row } from './_page.mjs';

const SAMPLES = 7;
const SAMPLE_MILLIS = 2_000;

const site = await serveFolder(PAGE, '/');
const browser = await chromium.launch({ ...settings.use.launchOptions, headless: true });
const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
await page.addInitScript(observe);
await page.goto(site.address + link([['env', 'gridworld'], ['agent', 'q-learning'], ['seed', '42']]));
await atFullSpeed(page);
const rate = page.getByTestId('readout-steps-per-second');
await page.waitForFunction(() => {
  const shown = document.querySelector('[data-testid="readout-steps-per-second"]');
  return Number(shown?.getAttribute('data-value')) > 1_000_000;
});
await page.waitForTimeout(3_000);

const SCRIPT_STEPS = 30_000_000;
const REINFORCE_STEPS = 3_000_000;
/** V*(start) of the web layout at discount .99. */
const OPTIMAL = 8.641307;
/** Moves from its start to its goal. */
const SHORTEST = 8;

const source = async (file) => (await readFile(new URL(file, import.meta.url), 'utf8')).replaceAll('export ', '');
/** A module of node's old form as an expression; the one thing that it may require is `utils`. */
const required = async (file, forgotten = '') =>
  `((module, require) => { ${await source(`../node_modules/reinforcenode/${file}`)}
   return Object.assign(module.exports, { ${forgotten} }); })({}, () => utils)`;
const script = `
${await source('_q_learning.mjs')}
${await source('_reinforce.mjs')}
const utils = ${await required('reinforceutils.js', 'zeros')};
const TDAgent = ${await required('agents/tdagent.js')};
onmessage = ({ data: [steps, reinforceSteps] }) => {
  const [plain, quick] = [plainEnvironment(), quickEnvironment()].map((environment) => reinforce(TDAgent, environment, reinforceSteps));
  postMessage([learn(steps), plain, quick]);
};`;

/** Their rates in a worker of their own, while the run holds. */
async function scripted() {
  await page.getByTestId('train').click();
  const [byHand, plain, quick] = await page.evaluate(
    async ([main, ...steps]) => {
      const worker = new Worker(URL.createObjectURL(new Blob([main], { type: 'text/javascript' })));
      const answer = new Promise((resolve, reject) => {
        worker.addEventListener('message', ({ data }) => resolve(data));
        worker.addEventListener('error', ({ message }) => reject(new Error(message)));
      });
      worker.postMessage(steps);
      return answer.finally(() => worker.terminate());
    },
    [script, SCRIPT_STEPS, REINFORCE_STEPS],
  );
  if (Math.abs(byHand.start - OPTIMAL) > 1e-3) throw new Error(`the script learns ${byHand.start} at the start, not ${OPTIMAL}`);
  for (const { path } of [plain, quick]) {
    if (path !== SHORTEST) throw new Error(`REINFORCEjs goes ${path} moves to the goal, not ${SHORTEST}`);
  }
  await page.getByTestId('train').click();
  await page.waitForTimeout(1_500);
  return { scripted: byHand.rate, plain: plain.rate, quick: quick.rate };
}

const samples = { rate: [], scripted: [], plain: [], quick: [], frames: [], drawn: [], longest: [], tasks: [] };
for (let sample = 0; sample < SAMPLES; sample += 1) {
  await forget(page);
  await page.waitForTimeout(SAMPLE_MILLIS);
  const { seconds, ...seen } = await counted(page);
  samples.rate.push(Number(await rate.getAttribute('data-value')));
  samples.frames.push(seen.frames / seconds);
  samples.drawn.push(seen.drawn / seconds);
  samples.longest.push(seen.longest);
  samples.tasks.push(seen.tasks);
  for (const [name, others] of Object.entries(await scripted())) samples[name].push(others);
}
await browser.close();
await site.close();

row('tab, Q-learning with snapshots', { steps_per_second: median(samples.rate) });
row('JavaScript by hand, nothing recorded', { steps_per_second: median(samples.scripted) });
row('REINFORCEjs, an environment as one writes it', { steps_per_second: median(samples.plain) });
row('REINFORCEjs, an environment from tables', { steps_per_second: median(samples.quick) });
const over = (others) => median(samples.rate.map((rate, sample) => rate / others[sample]));
row('tab / JavaScript by hand', { value: over(samples.scripted), at_least: 1.2 });
row('tab / REINFORCEjs, an environment as one writes it', { value: over(samples.plain), at_least: 40 });
row('tab / REINFORCEjs, an environment from tables', { value: over(samples.quick) });
row('main thread, longest task in ms (0: none above 50)', { value: Math.max(...samples.longest), at_most: 50 });
row('main thread, tasks above 50 ms', { value: samples.tasks.reduce((a, b) => a + b), at_most: 0 });
row('stage, frames a second', { value: median(samples.drawn), at_least: 55 });
row('page, animation frames a second', { value: median(samples.frames) });
