// Steps a second of a bench as wasm in a tab, such as `environments/benches/steps.rs`, which `cargo xtask bench wasm` has
// built into the folder BENCH, and natively, as the program NATIVE. One JSON object a line, the tab's first; the two are
// measured right after each other, because a machine is seldom as quick in one second as in the next. Seconds are the
// processor time of the tab's main thread.
import { chromium } from '@playwright/test';
import { execFileSync } from 'node:child_process';
import { serveFolder } from '../browser/support.mjs';
import settings from '../playwright.config.mjs';

const SECONDS = 0.1;

const site = await serveFolder(process.env.BENCH, '/');
const browser = await chromium.launch({ ...settings.use.launchOptions, headless: true });
const page = await browser.newPage();
await page.goto(site.address);
await page.evaluate(async () => {
  const program = await import('/bench.js');
  await program.default();
  window.at = (index) => {
    window.racer = program.Racer.at(index);
    return window.racer?.name();
  };
});
const inside = await page.context().newCDPSession(page);
await inside.send('Performance.enable', { timeDomain: 'threadTicks' });

/** Makes steps and gives how many and in how many seconds of the thread. */
async function play(chunks) {
  const spent = async () => {
    const { metrics } = await inside.send('Performance.getMetrics');
    return metrics.find(({ name }) => name === 'ThreadTime').value;
  };
  const before = await spent();
  const steps = await page.evaluate((count) => window.racer.play(count), chunks);
  return { steps, seconds: (await spent()) - before };
}

for (let index = 0; ; index += 1) {
  const name = await page.evaluate((at) => window.at(at), index);
  if (!name) break;
  // As many chunks as take long enough. By then the browser has compiled the loop well, which it does when it is hot.
  let chunks = 1;
  let made = await play(chunks);
  while (made.seconds < SECONDS) {
    chunks *= 2;
    made = await play(chunks);
  }
  made = await play(chunks);
  const rate = Math.round(made.steps / made.seconds);
  console.log(JSON.stringify({ name: `${name}, in a tab`, steps_per_second: rate, against: name }));
  process.stdout.write(execFileSync(process.env.NATIVE, ['--bench', '--exact', name]));
}
await browser.close();
await site.close();
