// What the browser tests share: the page from a plain file server, the native processes, and a watch on the console.
import { test as base, expect } from '@playwright/test';
import { spawn, spawnSync } from 'node:child_process';
import { createReadStream, existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { createServer as createSocketServer } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join, normalize } from 'node:path';

const target = new URL('../../target/', import.meta.url).pathname;
/** Folder of the built page. */
export const PAGE = process.env.TERRARIUM_PAGE ?? join(target, 'site');
/** Folder of relay and trainer. */
export const BINARIES = process.env.TERRARIUM_BINARIES ?? join(target, 'debug');

export const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.webmanifest': 'application/manifest+json',
};

/** A plain file server, as static hosts are: it knows files under one path and nothing else. */
export async function serveFolder(folder, path) {
  const missed = [];
  const server = createServer((request, response) => {
    const asked = decodeURIComponent(new URL(request.url, 'http://host').pathname);
    const name = asked.endsWith('/') ? `${asked}index.html` : asked;
    const file = join(folder, normalize(name.slice(path.length)));
    if (!asked.startsWith(path) || !existsSync(file) || !statSync(file).isFile()) {
      if (asked !== '/favicon.ico') missed.push(asked);
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'application/octet-stream' });
    createReadStream(file).pipe(response);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    address: `http://127.0.0.1:${server.address().port}${path}`,
    missed,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve, reject) => server.close((error) => (error ? reject(error) : resolve())));
    },
  };
}

/** A native process that ends with its test. */
export class Native {
  constructor(name, args) {
    this.said = '';
    this.child = spawn(join(BINARIES, name), args, { stdio: ['ignore', 'pipe', 'pipe'] });
    this.ended = new Promise((resolve) => this.child.on('exit', (code, signal) => resolve({ code, signal })));
    for (const stream of [this.child.stdout, this.child.stderr]) stream.on('data', (text) => (this.said += text));
  }

  async end(signal = 'SIGTERM') {
    this.child.kill(signal);
    return this.ended;
  }
}

/** A port that was free a moment ago. */
async function freePort() {
  const server = createSocketServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** A relay with the page, on a port that stays the same when it is started again. */
export class Relay {
  static async start(...args) {
    const relay = new Relay();
    relay.args = args;
    relay.port = await freePort();
    relay.data = mkdtempSync(join(tmpdir(), 'terrarium-data-'));
    await relay.begin();
    return relay;
  }

  async begin() {
    const listen = `127.0.0.1:${this.port}`;
    const args = ['--listen', listen, '--data', this.data, '--page', PAGE, ...this.args];
    this.process = new Native('terrarium-relay', args);
    await expect
      .poll(() => fetch(`${this.address}healthz`).then((answer) => answer.status, () => this.process.said))
      .toBe(200);
  }

  get address() {
    return `http://127.0.0.1:${this.port}/`;
  }

  get stream() {
    return `ws://127.0.0.1:${this.port}/api/v1/stream`;
  }

  /** As a power cut would. */
  async kill() {
    await this.process.end('SIGKILL');
  }

  async end() {
    await this.process.end();
    rmSync(this.data, { recursive: true, force: true });
  }
}

/** A run of the trainer that is published to a relay. */
export function publish(relay, ...args) {
  const run = ['run', 'gridworld', '--agent', 'q-learning', '--seed', '42', '--endless', '--relay', relay.stream];
  return new Native('terrarium-trainer', [...run, ...args]);
}

/** A run of the trainer with these arguments, published to a relay. */
export function run(relay, ...args) {
  return new Native('terrarium-trainer', ['run', ...args, '--relay', relay.stream]);
}

/** A kept run of the trainer that goes on, published to a relay. */
export function resume(relay, directory, ...args) {
  return new Native('terrarium-trainer', ['resume', directory, ...args, '--relay', relay.stream]);
}

/** A host of the trainer that takes orders from a relay and keeps its runs in a folder. */
export function host(relay, runs, ...args) {
  return new Native('terrarium-trainer', ['host', '--relay', relay.stream, '--runs', runs, ...args]);
}

/** The summary of a native run from beginning to end. */
export function nativeRun(...args) {
  const ran = spawnSync(join(BINARIES, 'terrarium-trainer'), ['run', ...args, '--json'], { encoding: 'utf8' });
  expect(ran.status, ran.stderr).toBe(0);
  return JSON.parse(ran.stdout);
}

/** Figures of the run on show, as the page tells them. */
export class Figures {
  constructor(page) {
    this.page = page;
  }

  readout(name) {
    return this.page.getByTestId(`readout-${name}`);
  }

  async number(name) {
    const value = await this.readout(name).getAttribute('data-value');
    return value ? Number(value) : Number.NaN;
  }

  async hash() {
    return this.readout('run-hash').getAttribute('data-value');
  }

  phase() {
    return this.page.getByTestId('train').getAttribute('data-value');
  }

  /** What the curves hold: episodes in all bins, and places where one is missing or comes twice. */
  async curve() {
    const curve = this.page.getByTestId('curve');
    const [episodes, faults] = await Promise.all([
      curve.getAttribute('data-episodes'),
      curve.getAttribute('data-faults'),
    ]);
    return { episodes: Number(episodes), faults: Number(faults) };
  }

  /** Waits until the run holds and its figures and curves have arrived. */
  async settled() {
    await expect(this.page.getByTestId('train')).not.toHaveAttribute('data-value', 'running');
    await expect.poll(async () => (await this.curve()).episodes - (await this.number('episode'))).toBe(0);
    return { episodes: await this.number('episode'), hash: await this.hash(), ...(await this.curve()) };
  }

  /** Pauses by the button and waits until everything stands still. */
  async pause() {
    if ((await this.phase()) === 'running') await this.page.getByTestId('train').click();
    return this.settled();
  }
}

/** FNV-1a of pairs, as eight hexadecimal digits. */
function fnv(pairs) {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(pairs.map(([name, value]) => `${name}=${value}&`).join(''))) {
    hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  }
  return hash.toString(16).padStart(8, '0');
}

/** A link to a run, or to another place, made as the page makes it: the seed has a checksum of its own. */
export function link(pairs, place = 'lab') {
  const [seed, rest] = [true, false].map((isSeed) => pairs.filter(([name]) => (name === 'seed') === isSeed));
  const parts = pairs.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`);
  return `#/${place}?check=${fnv(rest)}${fnv(seed).slice(4)}&${parts.join('&')}`;
}

/** Goes to another place of the page. */
export const go = (page, hash) => page.evaluate((to) => { location.hash = to; }, hash);

/** Drops a file on the page, as a hand would. */
export async function drop(page, name, bytes) {
  const dataTransfer = await page.evaluateHandle(
    ([name, content]) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([Uint8Array.from(atob(content), (it) => it.charCodeAt(0))], name));
      return transfer;
    },
    [name, Buffer.from(bytes).toString('base64')],
  );
  for (const type of ['dragover', 'drop']) await page.dispatchEvent('body', type, { dataTransfer });
}

/**
 * Every test gets `site`, the page on a static host under a sub-path, and fails if a page says an error on its console
 * or throws, unless `expected` matches it.
 */
export const test = base.extend({
  expected: [null, { option: true }],
  complaints: [
    async ({ context, expected }, use) => {
      const complaints = [];
      const complain = (words) => {
        if (!expected?.test(words)) complaints.push(words);
      };
      context.on('console', (message) => {
        if (message.type() === 'error') complain(message.text());
      });
      context.on('weberror', (error) => complain(String(error.error())));
      await use(complaints);
      expect(complaints).toEqual([]);
    },
    { auto: true },
  ],
  site: async ({}, use) => {
    const site = await serveFolder(PAGE, '/some/where/terrarium/');
    await use(site);
    await site.close().catch(() => {});
  },
});

export { expect };

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What axe finds on the page as it is, a line a finding. */
export async function findings(page) {
  await page.evaluate(AXE);
  return page.evaluate(async () => {
    // Half-way through a transition colours are those of neither end.
    await Promise.all(document.getAnimations().map((it) => it.finished.catch(() => {})));
    const { violations } = await axe.run(document, { resultTypes: ['violations'] });
    return violations.flatMap(({ id, nodes }) => nodes.map((it) => `${id}: ${it.target.join(' ')} (${it.any[0]?.message ?? it.all[0]?.message ?? it.none[0]?.message})`));
  });
}
