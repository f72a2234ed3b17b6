// Whether a tab that trains at full speed for ten minutes stays as it was: memory of page and worker, and what the page listens to.
// MINUTES shortens it.
import { chromium } from '@playwright/test';
import { PAGE, link, serveFolder } from '../browser/support.mjs';
import settings from '../playwright.config.mjs';
import { atFullSpeed, row } from './_page.mjs';

const MINUTES = Number(process.env.MINUTES ?? 10);

const site = await serveFolder(PAGE, '/');
const browser = await chromium.launch({ ...settings.use.launchOptions, headless: true });
const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
const page = await context.newPage();
const inside = await context.newCDPSession(page);
await page.goto(site.address + link([['env', 'gridworld'], ['agent', 'q-learning'], ['seed', '42']]));
await atFullSpeed(page);
await page.waitForFunction(() => Number(document.querySelector('[data-testid="readout-episode"]')?.dataset.value) > 100_000);

/** Bytes of the memory of a program whose script is loaded already, so that loading it again only names it. */
const programBytes = async (script) => (await (await import(script)).default()).memory.buffer.byteLength;

/** What is held once everything that nobody needs is given back. */
async function held() {
  await inside.send('HeapProfiler.collectGarbage');
  const { jsEventListeners: listeners, nodes } = await inside.send('Memory.getDOMCounters');
  const { usedSize } = await inside.send('Runtime.getHeapUsage');
  const script = await page.evaluate(() => document.querySelector('link[rel="modulepreload"]').href);
  const [worker] = page.workers();
  const [pageProgram, workerProgram] = [await page.evaluate(programBytes, script), await worker.evaluate(programBytes, script)];
  const steps = Number(await page.getByTestId('readout-steps-per-second').getAttribute('data-value'));
  return { steps_per_second: steps, page_program: pageProgram, page_heap: usedSize, worker_program: workerProgram, listeners, nodes };
}

await page.waitForTimeout(60_000);
const early = await held();
await page.waitForTimeout(MINUTES * 60_000);
const late = await held();
await browser.close();
await site.close();

row('after a minute', early);
row(`${MINUTES} minutes later`, late);
for (const [name, what] of [
  ['page, memory of its program', 'page_program'],
  ["page, JavaScript's heap", 'page_heap'],
  ['worker, memory of its program', 'worker_program'],
  ['page, listeners', 'listeners'],
  ['page, nodes', 'nodes'],
]) {
  row(`${name}, late / early`, { value: late[what] / early[what], at_most: 1.05 });
}
