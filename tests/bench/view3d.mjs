// How often a second the stage in three dimensions is drawn where no graphics card helps: Chromium's own software, on all cores.
import { chromium } from '@playwright/test';
import { PAGE, link, serveFolder } from '../browser/support.mjs';
import settings from '../playwright.config.mjs';
import { median, row } from './_page.mjs';

const SAMPLES = 5;
const SAMPLE_MILLIS = 3_000;
const ENVIRONMENTS = ['daladala', 'racing', 'snake', 'tetris'];

const { launchOptions } = settings.use;
const args = [...launchOptions.args.filter((it) => it !== '--disable-gpu'), '--use-angle=swiftshader', '--enable-unsafe-swiftshader'];
const site = await serveFolder(PAGE, '/');
const browser = await chromium.launch({ ...launchOptions, headless: true, args });
for (const environment of ENVIRONMENTS) {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  page.setDefaultTimeout(120_000);
  await page.goto(site.address + link([['env', environment], ['agent', 'random'], ['seed', '5']]));
  // Slow enough that every step is drawn as a motion.
  await page.getByTestId('speed').fill('2');
  await page.getByTestId('view-3d').click();
  const stage = page.getByTestId('stage-3d');
  const drawn = async () => Number(await stage.getAttribute('data-pictures'));

  await page.waitForFunction(() => Number(document.querySelector('[data-testid="stage-3d"]')?.dataset.pictures) > 5, null, { polling: 100 });
  // It finds how many pixels it can draw in time.
  await page.waitForTimeout(5_000);
  const rates = [];
  for (let sample = 0; sample < SAMPLES; sample += 1) {
    const [before, since] = [await drawn(), performance.now()];
    await page.waitForTimeout(SAMPLE_MILLIS);
    rates.push(((await drawn()) - before) / ((performance.now() - since) / 1_000));
  }
  row(`${environment}, pictures a second drawn in software`, { value: median(rates), at_least: 30 });
  await page.close();
}
await browser.close();
await site.close();
