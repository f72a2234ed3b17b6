// What Lighthouse gives every place of the page, as a relay serves it, on a desktop and on a mobile telephone: performance is the
// median of ROUNDS visits, what does not depend on time is looked at once. A score that is missed is followed by its reasons.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium } from '@playwright/test';
import { PAGE, BINARIES } from '../browser/support.mjs';
import settings from '../playwright.config.mjs';
import { median, row } from './_page.mjs';

const ROUNDS = Number(process.env.ROUNDS ?? 5);
const CATEGORIES = ['performance', 'accessibility', 'best-practices', 'seo'];
const PLACES = {
  Lab: '',
  Learn: '#/learn',
  'a lesson': '#/learn/cliff',
  Compare: '#/compare',
  Watch: '#/watch',
  Overlay: '#/overlay',
  Hosts: '#/hosts',
  Replays: '#/replay',
  'Run file': '#/run-file',
  Library: '#/library',
  'no place': '#/nowhere',
};
const wanted = process.env.PLACES?.split(',') ?? Object.keys(PLACES);

const packages = new URL('../lighthouse/', import.meta.url).pathname;
if (!existsSync(join(packages, 'node_modules'))) {
  const quiet = ['--no-audit', '--no-fund', '--loglevel=error'];
  execFileSync('npm', ['ci', '--prefix', packages, ...quiet], { stdio: ['ignore', 'inherit', 'inherit'] });
}
const required = createRequire(join(packages, 'package.json'));
const { default: lighthouse, desktopConfig } = await import(pathToFileURL(required.resolve('lighthouse')));
const FORMS = [
  { form: 'desktop', config: desktopConfig, least: 100 },
  { form: 'mobile', config: undefined, least: 95 },
];

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const data = mkdtempSync(join(tmpdir(), 'terrarium-data-'));
const address = `127.0.0.1:${await freePort()}`;
const relay = spawn(join(BINARIES, 'terrarium-relay'), ['--listen', address, '--data', data, '--page', PAGE], { stdio: 'ignore' });
const serves = () => fetch(`http://${address}/healthz`).then(({ ok }) => ok, () => false);
while (!(await serves())) {
  if (relay.exitCode !== null) throw new Error(`the relay ended with ${relay.exitCode}`);
  await new Promise((resolve) => setTimeout(resolve, 50));
}
const port = await freePort();
const { launchOptions } = settings.use;
const browser = await chromium.launch({ ...launchOptions, headless: true, args: [...launchOptions.args, `--remote-debugging-port=${port}`] });

/** Looks at an address once; gives Lighthouse's report. */
async function look(place, config, onlyCategories) {
  const { lhr } = await lighthouse(`http://${address}/${place}`, { port, logLevel: 'silent', onlyCategories }, config);
  if (lhr.runtimeError) throw new Error(`${place}: ${lhr.runtimeError.message}`);
  return lhr;
}

/** The audits that keep a category from 100, the weightiest first. */
function reasons({ categories, audits }, category) {
  const missed = categories[category].auditRefs.filter(({ id, weight }) => weight > 0 && audits[id].score !== null && audits[id].score < 1);
  const cost = ({ id, weight }) => weight * (1 - audits[id].score);
  return missed.toSorted((a, b) => cost(b) - cost(a)).map(({ id }) => [id, audits[id].displayValue].filter(Boolean).join(' '));
}

try {
  for (const place of wanted) {
    for (const { form, config, least } of FORMS) {
      const first = await look(PLACES[place], config, CATEGORIES);
      const visits = [first];
      while (visits.length < ROUNDS) visits.push(await look(PLACES[place], config, ['performance']));
      const scoreOf = ({ categories }, category) => Math.round(categories[category].score * 100);
      for (const category of CATEGORIES) {
        const value = category === 'performance' ? median(visits.map((it) => scoreOf(it, category))) : scoreOf(first, category);
        row(`${place}, ${form}, ${category}`, { value, at_least: least });
        if (value < least) console.log(`${place}, ${form}, ${category}: ${reasons(first, category).join('; ')}`);
      }
    }
  }
} finally {
  await browser.close();
  relay.kill();
  rmSync(data, { recursive: true, force: true });
}
