// The pictures of README.md, taken of the page itself by `cargo xtask pictures` into the folder PICTURES.
import { chromium } from '@playwright/test';
import { join } from 'node:path';
import { PAGE, link, serveFolder } from './browser/support.mjs';
import settings from './playwright.config.mjs';

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

const to = (name) => join(process.env.PICTURES, `${name}.png`);
const value = async (page, name) => Number(await page.getByTestId(`readout-${name}`).getAttribute('data-value'));
const until = async (reached) => {
  while (!(await reached())) await new Promise((resolve) => setTimeout(resolve, 50));
};

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
await browser.close();
await site.close();
