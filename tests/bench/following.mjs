// How soon a scalar that a training writes for TensorBoard is told by a tab: a real relay, `terrarium follow` and a page between the
// file and the figure on its chart.
import { appendFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from '@playwright/test';
import { Native, Relay } from '../browser/support.mjs';
import settings from '../playwright.config.mjs';
import { median, row } from './_page.mjs';

const SAMPLES = 5;

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let sum = byte;
  for (let bit = 0; bit < 8; bit += 1) sum = (sum >>> 1) ^ (sum & 1 ? 0x82f63b78 : 0);
  return sum;
});

/** The checksum of records: CRC-32C, turned and moved. */
function checksum(bytes) {
  let sum = ~0;
  for (const byte of bytes) sum = TABLE[(sum ^ byte) & 0xff] ^ (sum >>> 8);
  sum = ~sum >>> 0;
  const masked = Buffer.alloc(4);
  masked.writeUInt32LE((((sum >>> 15) | (sum << 17)) + 0xa282ead8) >>> 0);
  return masked;
}

function record(data) {
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(data.length));
  return Buffer.concat([length, checksum(length), data, checksum(data)]);
}

/** An event with one scalar, of steps below 128. */
function scalar(tag, step, value) {
  const double = Buffer.alloc(8);
  double.writeDoubleLE(Date.now() / 1000);
  const float = Buffer.alloc(4);
  float.writeFloatLE(value);
  const name = Buffer.from(tag);
  const inner = Buffer.concat([Buffer.from([0x0a, name.length]), name, Buffer.from([0x15]), float]);
  const summary = Buffer.concat([Buffer.from([0x0a, inner.length]), inner]);
  return record(Buffer.concat([Buffer.from([0x09]), double, Buffer.from([0x10, step, 0x2a, summary.length]), summary]));
}

const relay = await Relay.start();
const folder = mkdtempSync(join(tmpdir(), 'terrarium-following-'));
const live = join(folder, 'live');
mkdirSync(live);
const file = join(live, 'events.out.tfevents.1.bench');
appendFileSync(file, scalar('score', 0, 0.5));
const follower = new Native('terrarium-trainer', ['follow', live, '--relay', relay.stream, '--spill', folder]);
const browser = await chromium.launch({ ...settings.use.launchOptions, headless: true });
const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
await page.goto(`${relay.address}#/watch/live`);
/** Resolves with the time at which the chart tells a value. */
const told = (value) =>
  page.evaluate(async (wanted) => {
    const shown = () => document.querySelector('[data-testid="chart-score-value"]')?.dataset.value;
    while (Number(shown()) !== wanted) await new Promise((resolve) => requestAnimationFrame(resolve));
    return performance.timeOrigin + performance.now();
  }, value);
await told(0.5);
const samples = [];
for (let sample = 1; sample <= SAMPLES; sample += 1) {
  // Not always at the same moment between two looks at the file.
  await page.waitForTimeout(1000 + 137 * sample);
  const value = 10 + sample;
  const shown = told(value);
  const written = Date.now();
  appendFileSync(file, scalar('score', sample, value));
  samples.push((await shown) - written);
}
await browser.close();
await follower.end('SIGINT');
await relay.end();
rmSync(folder, { recursive: true, force: true });

row('tab, from a scalar in an event file to its figure, in ms', { value: median(samples), slowest: Math.max(...samples), at_most: 1500 });
