// How fast a neural agent learns: in the tab at full speed with everything shown, natively on one thread, and with PyTorch where
// that is installed, in turns; and what it leaves of the page. PPO with two layers of 64, 8 copies x 128 steps, 4 epochs of
// 4 minibatches, which are its defaults.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { chromium } from '@playwright/test';
import { PAGE, link, serveFolder } from '../browser/support.mjs';
import settings from '../playwright.config.mjs';
import { atFullSpeed, counted, forget, median, observe, row } from './_page.mjs';

const SAMPLES = 5;
const SAMPLE_MILLIS = 4_000;
const NATIVE_STEPS = 200_000;
const TRAINER = join(process.env.TERRARIUM_BINARIES, 'terrarium-trainer');
const PEERS = new URL('../../python/benches/ppo.py', import.meta.url).pathname;

const CASES = [
  { name: 'PPO on cart-pole', pairs: [['env', 'cart-pole'], ['agent', 'ppo'], ['seed', '42']], native: ['cart-pole', '--agent', 'ppo'] },
  {
    name: 'PPO on snake 10 x 10',
    pairs: [['env', 'snake'], ['agent', 'ppo'], ['seed', '42']],
    native: ['snake', '--agent', 'ppo'],
  },
];

const site = await serveFolder(PAGE, '/');
const browser = await chromium.launch({ ...settings.use.launchOptions, headless: true });

/** Steps a second of a native run on one thread. */
function natively(options) {
  const given = ['run', ...options, '--steps', String(NATIVE_STEPS), '--threads', '1', '--json'];
  const said = execFileSync(TRAINER, given, { stdio: ['ignore', 'pipe', 'ignore'] });
  return JSON.parse(said).steps_per_second;
}

/** Steps a second of what PyTorch has, by name. */
function byOthers() {
  if (!process.env.TERRARIUM_PYTHON) return [];
  const said = execFileSync(process.env.TERRARIUM_PYTHON, [PEERS], { stdio: ['ignore', 'pipe', 'ignore'] }).toString();
  return said.split('\n').filter(Boolean).map((line) => JSON.parse(line));
}

for (const { name, pairs, native } of CASES) {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  await page.addInitScript(observe);
  await page.goto(site.address + link(pairs));
  await atFullSpeed(page);
  const rate = page.getByTestId('readout-steps-per-second');
  await page.waitForFunction(() => {
    const shown = document.querySelector('[data-testid="readout-steps-per-second"]');
    return Number(shown?.getAttribute('data-value')) > 1_000;
  });
  await page.waitForTimeout(3_000);
  const samples = { tab: [], native: [], frames: [], longest: [], tasks: [], others: new Map() };
  for (let sample = 0; sample < SAMPLES; sample += 1) {
    await forget(page);
    await page.waitForTimeout(SAMPLE_MILLIS);
    const { seconds, ...seen } = await counted(page);
    samples.tab.push(Number(await rate.getAttribute('data-value')));
    samples.frames.push(seen.frames / seconds);
    samples.longest.push(seen.longest);
    samples.tasks.push(seen.tasks);
    // The others have the machine for themselves.
    await page.getByTestId('train').click();
    samples.native.push(natively(native));
    if (native[0] === 'cart-pole') {
      for (const other of byOthers()) samples.others.set(other.name, [...(samples.others.get(other.name) ?? []), other.steps_per_second]);
    }
    await page.getByTestId('train').click();
    await page.waitForTimeout(1_500);
  }
  await page.close();
  const isPole = native[0] === 'cart-pole';
  row(`tab, ${name}`, { steps_per_second: median(samples.tab) });
  row(`native, ${name}`, { steps_per_second: median(samples.native) });
  if (isPole) row(`native, ${name}, steps a second`, { value: median(samples.native), at_least: 60_000 });
  row(`tab, ${name}, steps a second`, { value: median(samples.tab), at_least: isPole ? 20_000 : 50_000 });
  row(`tab / native, ${name}`, { value: median(samples.tab.map((it, index) => it / samples.native[index])), ...(isPole && { at_least: 0.4 }) });
  for (const [other, rates] of samples.others) {
    row(other, { steps_per_second: median(rates) });
    row(`native / ${other}`, { value: median(rates.map((it, index) => samples.native[index] / it)), at_least: 5 });
  }
  row(`main thread, longest task in ms, ${name} (0: none above 50)`, { value: Math.max(...samples.longest), at_most: 50 });
  row(`page, animation frames a second, ${name}`, { value: median(samples.frames), at_least: 55 });
}
await browser.close();
await site.close();
