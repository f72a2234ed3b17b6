// How soon a first visitor sees the agent learn: from navigation to the first step that is drawn, and to the first episode
// that has ended. OTHER_PAGE names the folder of another build, which is then measured in turns with this one.
import { brotliCompressSync } from 'node:zlib';
import { createServer } from 'node:http';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { extname, join } from 'node:path';
import { chromium } from '@playwright/test';
import { PAGE, TYPES } from '../browser/support.mjs';
import settings from '../playwright.config.mjs';

const ROUNDS = Number(process.env.ROUNDS ?? 5);
/** Bytes a second of 10 Mbit/s. */
const TEN_MBIT = 1_250_000;
const PROFILES = [
  { profile: 'no limit' },
  { profile: '10 Mbit/s', network: TEN_MBIT },
  { profile: '10 Mbit/s and a quarter of the processor', network: TEN_MBIT, slower: 4 },
];

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];

/** Serves a folder as hosts do that compress. */
async function serveCompressed(folder) {
  const files = new Map();
  const add = (path) => {
    for (const name of readdirSync(join(folder, path))) {
      const [file, address] = [join(folder, path, name), `${path}/${name}`];
      if (statSync(file).isDirectory()) add(address);
      else if (extname(name) in TYPES) files.set(address, { type: TYPES[extname(name)], body: brotliCompressSync(readFileSync(file)) });
    }
  };
  add('');
  files.set('/', files.get('/index.html'));
  const server = createServer((request, response) => {
    const file = files.get(new URL(request.url, 'http://host').pathname);
    if (!file) return response.writeHead(404).end();
    return response.writeHead(200, { 'content-type': file.type, 'content-encoding': 'br' }).end(file.body);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { address: `http://127.0.0.1:${server.address().port}/`, server };
}

/** In the page, before all else: notes when the first step and the first ended episode can be seen. */
function observe() {
  window.seen = {};
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
      await page.waitForFunction(() => window.seen.step && window.seen.episode);
      const seen = await page.evaluate(() => window.seen);
      const name = `${build}, ${profile}`;
      found.set(name, [...(found.get(name) ?? []), seen]);
      await context.close();
    }
  }
}
await browser.close();
builds.forEach(({ server }) => server.close());
for (const [name, seen] of found) {
  const [step, episode] = ['step', 'episode'].map((what) => Math.round(median(seen.map((it) => it[what]))));
  console.log(JSON.stringify({ name, first_step_ms: step, first_episode_ms: episode }));
}
