// The longest task of the main thread in what people do: a place is opened, a chart is zoomed, many agents are compared. A task
// above 50 ms is one that somebody notices.
import { chromium } from '@playwright/test';
import { PAGE, link, serveFolder } from '../browser/support.mjs';
import settings from '../playwright.config.mjs';
import { counted, forget, median, observe, row } from './_page.mjs';

const ROUNDS = Number(process.env.ROUNDS ?? 5);

const run = (episodes) => link([['env', 'gridworld'], ['agent', 'q-learning'], ['seed', '42'], ['episodes', `${episodes}`]]);
const learned = (page, episodes) =>
  page.waitForFunction((least) => Number(document.querySelector('[data-testid="readout-episode"]')?.dataset.value) >= least, episodes);
const go = (page, hash) => page.evaluate((to) => { location.hash = to; }, hash);
const shown = (page, name) => page.getByTestId(name).first().waitFor();

/** A comparison of eight agents with three seeds each. */
const EIGHT = link(
  [
    ['env', 'cliff-walking'],
    ...['0.05', '0.1', '0.2', '0.3', '0.4', '0.5', '0.7', '0.9'].flatMap((alpha) => [['agent', 'q-learning'], ['agent.alpha', alpha]]),
    ['seed', '3'],
    ['seeds', '3'],
    ['episodes', '3000'],
  ],
  'compare',
);
const compared = (page) =>
  page.waitForFunction(() => document.querySelector('[data-testid="readout-runs"]')?.dataset.value === '24/24', null, { timeout: 300_000 });

async function openReplays(page) {
  await go(page, '#/replay');
  await shown(page, 'replay-at');
}

async function openLibrary(page) {
  await go(page, '#/library');
  await page.locator('[data-testid^="item-"]').first().waitFor();
}

async function zoom(page) {
  const canvas = page.getByTestId('chart-return').locator('canvas');
  await canvas.hover();
  for (const ways of [-200, 200]) {
    for (let turn = 0; turn < 10; turn += 1) {
      await page.keyboard.down('Control');
      await page.mouse.wheel(0, ways);
      await page.keyboard.up('Control');
      await page.waitForTimeout(50);
    }
  }
}

const SCENARIOS = [
  { name: 'Replays opened', before: run(300), episodes: 300, act: openReplays },
  {
    name: 'the library opened',
    before: run(300),
    episodes: 300,
    prepare: async (page) => {
      await page.getByTestId('save-agent').click();
      await shown(page, 'toast');
    },
    act: openLibrary,
  },
  {
    name: 'the map editor opened',
    before: run(300),
    episodes: 300,
    act: async (page) => {
      await page.getByTestId('edit-map').click();
      await shown(page, 'map-way');
    },
  },
  { name: 'a chart of 100 000 episodes zoomed', before: run(100_000), episodes: 100_000, act: zoom },
  {
    name: 'Compare opened, eight agents with three seeds',
    before: run(300),
    episodes: 300,
    act: async (page) => {
      await go(page, EIGHT);
      await compared(page);
    },
  },
  {
    name: 'the same with eight workers',
    cores: 8,
    before: run(300),
    episodes: 300,
    act: async (page) => {
      await go(page, EIGHT);
      await compared(page);
    },
  },
];

const site = await serveFolder(PAGE, '/');
const browser = await chromium.launch({ ...settings.use.launchOptions, headless: true });
for (const { name, cores, before, episodes, prepare, act } of SCENARIOS) {
  const longest = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
    const page = await context.newPage();
    page.setDefaultTimeout(120_000);
    await page.addInitScript(observe);
    if (cores) {
      await page.addInitScript((many) => Object.defineProperty(navigator, 'hardwareConcurrency', { get: () => many }), cores);
    }
    await page.goto(site.address + before);
    await learned(page, episodes);
    await prepare?.(page);
    // The page's own beginning is another matter.
    await page.waitForTimeout(1_000);
    await forget(page);
    await act(page);
    await page.waitForTimeout(1_000);
    longest.push((await counted(page)).longest);
    await context.close();
  }
  row(`${name}, longest task in ms (0: none above 50)`, { value: median(longest), at_most: 50 });
}
await browser.close();
await site.close();
