// The pictures of README.md, taken of the page itself by `cargo xtask pictures` into the folder PICTURES. With `--all`, every place
// in every size and theme instead, into target/pictures: to be looked at, not to be kept.
import { chromium } from '@playwright/test';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { PAGE, link, serveFolder } from './browser/support.mjs';
import settings from './playwright.config.mjs';

/** Whether every place is wanted. */
const isAll = process.argv.includes('--all');
const FOLDER = process.env.PICTURES ?? new URL('../target/pictures', import.meta.url).pathname;
mkdirSync(FOLDER, { recursive: true });

/** Environments on one picture: who learns there, for so many episodes, and for how many seconds one then looks on. */
const ENVIRONMENTS = [
  ['taxi', 'q-learning', 4_000, 1],
  ['snake', 'linear-sarsa', 3_000, 6],
  ['tetris', 'linear-sarsa', 300, 1],
  ['daladala', 'linear-sarsa', 400, 2],
  ['racing', 'linear-sarsa', 400, 4],
  ['dyna-maze', 'dyna-q', 60, 1],
  ['frozen-lake', 'sarsa', 20_000, 1],
  ['mountain-car', 'linear-sarsa', 400, 3],
];

const site = await serveFolder(PAGE, '/');
const browser = await chromium.launch({ ...settings.use.launchOptions, headless: true });

/** A page of its own in a theme. */
async function open(colorScheme, viewport) {
  const context = await browser.newContext({ viewport, colorScheme, serviceWorkers: 'block' });
  return context.newPage();
}

const to = (name) => join(FOLDER, `${name}.png`);
const value = async (page, name) => Number(await page.getByTestId(`readout-${name}`).getAttribute('data-value'));
const until = async (reached) => {
  while (!(await reached())) await new Promise((resolve) => setTimeout(resolve, 50));
};

/** A phone, a laptop and a projector. */
const SIZES = {
  phone: { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true },
  laptop: { viewport: { width: 1440, height: 900 } },
  projector: { viewport: { width: 1920, height: 1080 } },
};
const run = (pairs, episodes) => link([...pairs, ['seed', '3'], ['episodes', `${episodes}`]]);
const ended = async (page, episodes) => until(async () => (await value(page, 'episode')) >= episodes);
const go = (page, hash) => page.evaluate((to) => { location.hash = to; }, hash);
const GRID = [['env', 'gridworld'], ['agent', 'q-learning']];
const SNAKE = [['env', 'snake'], ['env.size', '6'], ['agent', 'ppo'], ['agent.hidden', '128-128'], ['agent.activation', 'relu'], ['agent.observations', 'bounds']];
const BOARD = [['env', 'snake'], ['env.view', 'board'], ['agent', 'ppo'], ['agent.convolutions', '8x3x1-8x3x2']];
/** What is to be seen, and how it comes there. */
const PLACES = {
  lab: async (page) => {
    await page.goto(site.address + run(GRID, 400));
    await ended(page, 400);
  },
  'lab-taxi': async (page) => {
    await page.goto(site.address + run([['env', 'taxi'], ['agent', 'sarsa']], 1_500));
    await ended(page, 1_500);
  },
  'lab-blackjack': async (page) => {
    await page.goto(site.address + run([['env', 'blackjack'], ['agent', 'q-learning']], 20_000));
    await ended(page, 20_000);
  },
  'lab-racing': async (page) => {
    await page.goto(site.address + run([['env', 'racing'], ['agent', 'linear-sarsa']], 30));
    await ended(page, 30);
  },
  network: async (page) => {
    await page.goto(site.address + run(SNAKE, 400));
    await ended(page, 400);
    await page.getByTestId('network').scrollIntoViewIfNeeded();
  },
  builder: async (page) => {
    await page.goto(site.address + run(BOARD, 8));
    await ended(page, 8);
    await page.getByTestId('parameter-convolutions').scrollIntoViewIfNeeded();
  },
  learn: (page) => page.goto(`${site.address}#/learn`),
  lesson: async (page) => {
    await page.goto(`${site.address}#/learn/cliff`);
    await page.getByTestId('lesson').waitFor();
  },
  compare: async (page) => {
    await page.goto(`${site.address}#/compare?env=cliff-walking&agent=q-learning&agent=sarsa&seed=3&seeds=5&episodes=200`);
    await until(async () => (await page.getByTestId('readout-runs').getAttribute('data-value')) === '10/10');
  },
  watch: (page) => page.goto(`${site.address}#/watch`),
  hosts: (page) => page.goto(`${site.address}#/hosts`),
  overlay: (page) => page.goto(`${site.address}#/overlay`),
  'run-file': (page) => page.goto(`${site.address}#/run-file`),
  replays: async (page) => {
    await PLACES.lab(page);
    await go(page, '#/replay');
    await page.getByTestId('replay-at').waitFor();
  },
  library: async (page) => {
    await PLACES.lab(page);
    await page.getByTestId('save-agent').click();
    await page.getByTestId('toast').first().waitFor();
    await go(page, '#/library');
    await page.locator('[data-testid^="item-"]').first().waitFor();
  },
  map: async (page) => {
    await PLACES.lab(page);
    await page.getByTestId('edit-map').click();
    await page.getByTestId('map-way').waitFor();
  },
  mdp: async (page) => {
    await page.goto(site.address + run([['env', 'mdp'], ['agent', 'q-learning']], 40));
    await ended(page, 40);
    await page.getByTestId('edit-map').click();
    await page.locator('[data-testid="mdp-state-high"][data-value^="1"]').waitFor();
    await page.getByTestId('mdp-action-low-search').locator('.dot').click();
  },
  keys: async (page) => {
    await PLACES.lab(page);
    await page.getByTestId('keys').click();
  },
  share: async (page) => {
    await PLACES.lab(page);
    await page.getByTestId('share').click();
  },
  nowhere: (page) => page.goto(`${site.address}#/nowhere`),
};

/** Takes the places whose names contain one of the words behind `--all`, or all of them, in every size and theme. */
async function everyPlace() {
  const words = process.argv.slice(process.argv.indexOf('--all') + 1);
  for (const [name, show] of Object.entries(PLACES).filter(([name]) => words.length === 0 || words.some((it) => name.includes(it)))) {
    for (const [size, form] of Object.entries(SIZES)) {
      const context = await browser.newContext({ ...form, colorScheme: 'light', serviceWorkers: 'block' });
      const page = await context.newPage();
      page.setDefaultTimeout(120_000);
      try {
        await show(page);
        await page.locator('main').waitFor();
        for (const colorScheme of ['light', 'dark']) {
          await page.emulateMedia({ colorScheme });
          await page.waitForTimeout(1_500);
          await page.screenshot({ path: to(`${name}-${size}-${colorScheme}`), fullPage: size === 'phone' });
        }
      } catch (reason) {
        console.error(`${name} on a ${size}: ${reason.message.split('\n')[0]}`);
        process.exitCode = 1;
      }
      await context.close();
    }
  }
}

/** Takes those of README.md. */
async function pictures() {
  const lab = await open('light', { width: 1440, height: 900 });
  await lab.goto(site.address);
  // The first visit has learned the way and walks; caught in the middle of it.
  await until(async () => (await lab.getByTestId('speed').getAttribute('data-value')) === '8' && (await value(lab, 'regret')) < 1e-9);
  await lab.waitForTimeout(500);
  await lab.screenshot({ path: to('lab-light') });

  const network = await open('dark', { width: 1440, height: 1200 });
  await network.goto(site.address + link([
    ['env', 'snake'], ['env.size', '6'], ['agent', 'ppo'], ['agent.hidden', '128-128'], ['agent.activation', 'relu'],
    ['agent.observations', 'bounds'], ['seed', '1'], ['episodes', '2500'],
  ]));
  await until(async () => (await value(network, 'episode')) === 2_500);
  await network.getByTestId('episode').click();
  await network.waitForTimeout(3_000);
  await network.screenshot({ path: to('network-dark') });

  const lesson = await open('dark', { width: 1440, height: 900 });
  await lesson.goto(`${site.address}#/learn/cliff`);
  await lesson.getByTestId('lesson-next').click();
  await until(async () => (await value(lesson, 'episode')) === 500 && (await lesson.getByTestId('train').getAttribute('data-value')) !== 'running');
  await lesson.getByTestId('greedy').click();
  await lesson.waitForTimeout(600);
  await lesson.screenshot({ path: to('lesson-dark') });

  const compare = await open('light', { width: 1280, height: 800 });
  await compare.goto(`${site.address}#/compare`);
  await compare.getByTestId('compare').click();
  await until(async () => (await compare.getByTestId('compare').getAttribute('data-value')) === 'ready');
  await compare.waitForTimeout(2_000);
  await compare.screenshot({ path: to('compare-light') });

  const shots = [];
  for (const [env, agent, episodes, seconds] of ENVIRONMENTS) {
    const page = await open('dark', { width: 1280, height: 800 });
    await page.goto(site.address + link([['env', env], ['agent', agent], ['seed', '3'], ['episodes', `${episodes}`]]));
    await until(async () => (await value(page, 'episode')) >= episodes);
    await page.getByTestId('speed').fill('5');
    await page.getByTestId('train').click();
    await page.waitForTimeout(seconds * 1_000);
    await page.getByTestId('train').click();
    await page.waitForTimeout(400);
    shots.push((await page.locator('.case').screenshot()).toString('base64'));
    await page.context().close();
  }
  const sheet = await open('dark', { width: 1280, height: 620 });
  const cells = shots.map((shot) => `<img src="data:image/png;base64,${shot}">`).join('');
  await sheet.setContent(`<style>body { margin: 0; padding: 12px; background: #0c120f; display: grid;
    grid-template-columns: repeat(4, 1fr); gap: 12px } img { width: 100% }</style>${cells}`);
  await sheet.screenshot({ path: to('environments-dark') });
}

await (isAll ? everyPlace() : pictures());
await browser.close();
await site.close();
