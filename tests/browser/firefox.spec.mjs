// A smoke test in Firefox, driven by WebDriver BiDi: the Lab learns, a replay opens, Compare counts. Where there is no Firefox it is
// skipped; FIREFOX names one.
import { expect, test } from '@playwright/test';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import WebSocket from 'ws';
import { PAGE, link, serveFolder } from './support.mjs';

const named = process.env.FIREFOX ? [process.env.FIREFOX] : ['/usr/bin/firefox-esr', '/usr/bin/firefox'];
const program = named.find((it) => existsSync(it));

/** A Firefox with a profile of its own and one tab. */
class Firefox {
  static async start() {
    const firefox = new Firefox();
    firefox.profile = mkdtempSync(join(tmpdir(), 'terrarium-firefox-'));
    firefox.process = spawn(program, ['--headless', '--no-remote', '--profile', firefox.profile, '--remote-debugging-port=0'], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, HOME: firefox.profile },
    });
    const address = await new Promise((resolve, reject) => {
      let said = '';
      firefox.process.stderr.on('data', (text) => {
        said += text;
        const [, found] = said.match(/WebDriver BiDi listening on (ws:\S+)/) ?? [];
        if (found) resolve(found);
      });
      firefox.process.on('exit', (code) => reject(new Error(`Firefox ended with ${code}: ${said}`)));
    });
    firefox.socket = new WebSocket(`${address}/session`);
    await new Promise((resolve, reject) => firefox.socket.on('open', resolve).on('error', reject));
    firefox.asked = new Map();
    firefox.complaints = [];
    firefox.socket.on('message', (message) => {
      const { id, type, error, message: words, method, params, result } = JSON.parse(message);
      // From a host that does not compress the page takes the packed copy of a program and gives the whole one up, which Firefox
      // calls an error of the service worker.
      const isGivenUp = /_bg\.wasm.*ServiceWorker intercepted/.test(params?.text);
      if (method === 'log.entryAdded' && params.level === 'error' && !isGivenUp) firefox.complaints.push(params.text);
      const waiting = firefox.asked.get(id);
      firefox.asked.delete(id);
      if (type === 'error') waiting?.reject(new Error(`${error}: ${words}`));
      else waiting?.resolve(result);
    });
    await firefox.ask('session.new', { capabilities: {} });
    await firefox.ask('session.subscribe', { events: ['log.entryAdded'] });
    const { contexts } = await firefox.ask('browsingContext.getTree', {});
    firefox.tab = contexts[0].context;
    return firefox;
  }

  /** A command and its result. */
  ask(method, params) {
    const id = (this.last = (this.last ?? 0) + 1);
    return new Promise((resolve, reject) => {
      this.asked.set(id, { resolve, reject });
      this.socket.send(JSON.stringify({ id, method, params }));
    });
  }

  go(url) {
    return this.ask('browsingContext.navigate', { context: this.tab, url, wait: 'complete' });
  }

  /** What an expression comes to in the page. */
  async evaluate(expression) {
    const asked = { expression, target: { context: this.tab }, awaitPromise: true };
    const { type, result, exceptionDetails } = await this.ask('script.evaluate', asked);
    if (type === 'exception') throw new Error(exceptionDetails.text);
    return result.value;
  }

  /** An attribute of what bears a test id; null where it is not there. */
  attribute(testId, name) {
    return this.evaluate(`document.querySelector('[data-testid=${JSON.stringify(testId)}]')?.getAttribute('${name}') ?? null`);
  }

  async end() {
    this.socket?.close();
    this.process.removeAllListeners('exit');
    const ended = new Promise((resolve) => this.process.on('exit', resolve));
    this.process.kill();
    await ended;
    rmSync(this.profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

test('in Firefox the Lab learns, a replay opens and Compare counts', async () => {
  test.skip(!program, `there is no Firefox at ${named.join(' or ')}`);
  test.setTimeout(300_000);
  const site = await serveFolder(PAGE, '/');
  const firefox = await Firefox.start();
  try {
    const number = async (name) => Number(await firefox.attribute(`readout-${name}`, 'data-value'));
    await firefox.go(site.address);
    await expect.poll(() => number('episode'), { timeout: 60_000 }).toBeGreaterThan(10);
    await expect.poll(() => number('regret'), { timeout: 90_000 }).toBeCloseTo(0, 9);
    await firefox.evaluate(`location.hash = '#/replay'`);
    await expect.poll(() => firefox.attribute('replay-at', 'data-value'), { timeout: 30_000 }).toMatch(/^\d+$/);
    await firefox.evaluate(`document.querySelector('[data-testid="replay-step"]').click()`);
    await expect.poll(() => firefox.attribute('replay-at', 'data-value')).toMatch(/^[1-9]/);
    const compared = link([['env', 'gridworld'], ['agent', 'q-learning'], ['agent', 'sarsa'], ['seed', '3'], ['seeds', '2'], ['episodes', '20']], 'compare');
    await firefox.evaluate(`location.hash = ${JSON.stringify(compared)}`);
    await expect.poll(() => firefox.attribute('readout-runs', 'data-value'), { timeout: 60_000 }).toBe('4/4');
    expect(firefox.complaints).toEqual([]);
  } finally {
    await firefox.end();
    await site.close();
  }
});
