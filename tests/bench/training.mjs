// How fast the tab learns, and what that leaves of the page: Q-learning on the first visit's world at full speed, with
// everything shown. Beside it, in turns, a loop that was written by hand in JavaScript for nothing but speed.
import { readFile } from 'node:fs/promises';
import { chromium } from '@playwright/test';
import { PAGE, link, serveFolder } from '../browser/support.mjs';
import settings from '../playwright.config.mjs';

const SAMPLES = 7;
const SAMPLE_MILLIS = 2_000;

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];

/** Counts long tasks, animation frames, and frames in which the stage was drawn; in the page, before all else. */
function observe() {
  const seen = { longest: 0, tasks: 0, frames: 0, drawn: 0, since: performance.now() };
  window.seen = seen;
  new PerformanceObserver((list) => {
    for (const task of list.getEntries()) {
      seen.tasks += 1;
      seen.longest = Math.max(seen.longest, task.duration);
    }
  }).observe({ type: 'longtask' });
  let stage = false;
  for (const name of ['clearRect', 'fillRect', 'drawImage', 'fill', 'stroke', 'putImageData']) {
    const draw = CanvasRenderingContext2D.prototype[name];
    CanvasRenderingContext2D.prototype[name] = function (...given) {
      stage ||= this.canvas.closest?.('#stage') !== null;
      return draw.apply(this, given);
    };
  }
  const count = () => {
    seen.frames += 1;
    seen.drawn += stage ? 1 : 0;
    stage = false;
    requestAnimationFrame(count);
  };
  requestAnimationFrame(count);
}

const site = await serveFolder(PAGE, '/');
const browser = await chromium.launch({ ...settings.use.launchOptions, headless: true });
const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
await page.addInitScript(observe);
await page.goto(site.address + link([['env', 'gridworld'], ['agent', 'q-learning'], ['seed', '42']]));
const rate = page.getByTestId('readout-steps-per-second');
await page.waitForFunction(() => {
  const shown = document.querySelector('[data-testid="readout-steps-per-second"]');
  return Number(shown?.getAttribute('data-value')) > 1_000_000;
});
await page.waitForTimeout(3_000);

const SCRIPT_STEPS = 30_000_000;
/** V*(start) of the web layout at discount .99. */
const OPTIMAL = 8.641307;
const script = await readFile(new URL('_q_learning.mjs', import.meta.url), 'utf8');

/** The loop's rate in a worker of its own, while the run holds. */
async function scripted() {
  await page.getByTestId('train').click();
  const { rate, start } = await page.evaluate(
    async ([source, steps]) => {
      const main = `${source.replaceAll('export ', '')}\nonmessage = ({ data }) => postMessage(learn(data));`;
      const worker = new Worker(URL.createObjectURL(new Blob([main], { type: 'text/javascript' })));
      const answer = new Promise((resolve) => worker.addEventListener('message', ({ data }) => resolve(data)));
      worker.postMessage(steps);
      return answer.finally(() => worker.terminate());
    },
    [script, SCRIPT_STEPS],
  );
  if (Math.abs(start - OPTIMAL) > 1e-3) throw new Error(`the script learns ${start} at the start, not ${OPTIMAL}`);
  await page.getByTestId('train').click();
  await page.waitForTimeout(1_500);
  return rate;
}

const samples = { rate: [], scripted: [], frames: [], drawn: [], longest: [], tasks: [] };
for (let sample = 0; sample < SAMPLES; sample += 1) {
  await page.evaluate(() => Object.assign(window.seen, { longest: 0, tasks: 0, frames: 0, drawn: 0, since: performance.now() }));
  await page.waitForTimeout(SAMPLE_MILLIS);
  const { seen, seconds } = await page.evaluate(() => ({ seen: { ...window.seen }, seconds: (performance.now() - window.seen.since) / 1000 }));
  samples.rate.push(Number(await rate.getAttribute('data-value')));
  samples.frames.push(seen.frames / seconds);
  samples.drawn.push(seen.drawn / seconds);
  samples.longest.push(seen.longest);
  samples.tasks.push(seen.tasks);
  samples.scripted.push(await scripted());
}
await browser.close();
await site.close();

const row = (name, fields) => console.log(JSON.stringify({ name, ...fields }));
row('tab, Q-learning with snapshots', { steps_per_second: median(samples.rate) });
row('JavaScript by hand, nothing recorded', { steps_per_second: median(samples.scripted) });
row('tab / JavaScript by hand', {
  value: median(samples.rate.map((rate, sample) => rate / samples.scripted[sample])),
  at_least: 1.2,
});
row('main thread, longest task in ms (0: none above 50)', { value: Math.max(...samples.longest), at_most: 50 });
row('main thread, tasks above 50 ms', { value: samples.tasks.reduce((a, b) => a + b), at_most: 0 });
row('stage, frames a second', { value: median(samples.drawn), at_least: 55 });
row('page, animation frames a second', { value: median(samples.frames) });
