// How soon a first visitor sees the page, and the agent learn: from navigation, with nothing in the cache, to the first content,
// to the first step that is drawn, and to the first episode that has ended. OTHER_PAGE names the folder of another build, which is then measured in turns with this one.
import { chromium } from '@playwright/test';
import { PAGE } from '../browser/support.mjs';
import settings from '../playwright.config.mjs';
import { median, row, serveCompressed } from './_page.mjs';

const ROUNDS = Number(process.env.ROUNDS ?? 5);
/** Bytes a second of 10 Mbit/s. */
const TEN_MBIT = 1_250_000;
const PROFILES = [
  { profile: 'no limit' },
  { profile: '10 Mbit/s', network: TEN_MBIT },
  { profile: '10 Mbit/s and a quarter of the processor', network: TEN_MBIT, slower: 4 },
];

/** In the page, before all else: notes when its first content, the first step and the first ended episode can be seen. */
function observe() {
  window.seen = {};
  new PerformanceObserver((list) => {
    for (const { name, startTime } of list.getEntries()) if (name === 'first-contentful-paint') window.seen.paint = startTime;
  }).observe({ type: 'paint', buffered: true });
  const drawn = (name) => requestAnimationFrame(() => requestAnimationFrame(() => (window.seen[name] ??= performance.now())));
  // A frame says which step of its episode it shows; a number from 1 to 127 is one byte.
  const mark = [...'episode_step'].map((letter) => letter.charCodeAt());
  const showsStep = (bytes) => {
    for (let at = bytes.indexOf(mark[0]); at >= 0; at = bytes.indexOf(mark[0], at + 1)) {
      const next = bytes[at + mark.length];
      if (next > 0 && next < 128 && mark.every((byte, place) => bytes[at + place] === byte)) return true;
    }
    return false;
  };
  window.Worker = class extends Worker {
    constructor(...given) {
      super(...given);
      const hear = ({ data }) => {
        if (!(data instanceof ArrayBuffer) || !showsStep(new Uint8Array(data))) return;
        drawn('step');
        this.removeEventListener('message', hear);
      };
      this.addEventListener('message', hear);
    }
  };
  const look = () => {
    const shown = document.querySelector('[data-testid="readout-episode"]')?.dataset.value;
    if (Number(shown) > 0) window.seen.episode ??= performance.now();
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}

const builds = [{ build: 'this page', folder: PAGE }];
if (process.env.OTHER_PAGE) builds.push({ build: 'the other page', folder: process.env.OTHER_PAGE });
for (const build of builds) Object.assign(build, await serveCompressed(build.folder));

const browser = await chromium.launch({ ...settings.use.launchOptions, headless: true });
const found = new Map();
for (let round = 0; round < ROUNDS; round += 1) {
  for (const { profile, network, slower } of PROFILES) {
    for (const { build, address } of builds) {
      const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
      const page = await context.newPage();
      await page.addInitScript(observe);
      const inside = await context.newCDPSession(page);
      if (network) {
        const limits = { offline: false, latency: 0, downloadThroughput: network, uploadThroughput: network };
        await inside.send('Network.emulateNetworkConditions', limits);
      }
      if (slower) await inside.send('Emulation.setCPUThrottlingRate', { rate: slower });
      await page.goto(address);
      await page.waitForFunction(() => window.seen.paint && window.seen.step && window.seen.episode);
      const seen = await page.evaluate(() => window.seen);
      const name = `${build}, ${profile}`;
      found.set(name, [...(found.get(name) ?? []), seen]);
      await context.close();
    }
  }
}
await browser.close();
builds.forEach(({ server }) => server.close());
const after = (seen, what) => Math.round(median(seen.map((it) => it[what])));
for (const [name, seen] of found) {
  const [paint, step, episode] = ['paint', 'step', 'episode'].map((what) => after(seen, what));
  row(name, { first_content_ms: paint, first_step_ms: step, first_episode_ms: episode });
}
const unlimited = found.get('this page, no limit');
row('this page, no limit, first content in ms', { value: after(unlimited, 'paint'), at_most: 1_000 });
row('this page, no limit, first ended episode in ms', { value: after(unlimited, 'episode'), at_most: 2_000 });
