// The page's icon as pictures for systems that take no SVG, drawn by `cargo xtask pictures` into the folder ICONS.
import { chromium } from '@playwright/test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import settings from './playwright.config.mjs';

/** Name, side in pixels, and the share of it that the jar takes: systems cut a maskable icon down to a circle of 80 %. */
const ICONS = [
  ['icon-192', 192, 0.8],
  ['icon-512', 512, 0.8],
  ['icon-maskable', 512, 0.55],
];

const svg = readFileSync(join(process.env.ICONS, 'icon.svg'));
const browser = await chromium.launch({ ...settings.use.launchOptions, headless: true });
for (const [name, side, share] of ICONS) {
  const page = await browser.newPage({ viewport: { width: side, height: side }, colorScheme: 'light' });
  const paper = 'margin:0;height:100vh;display:grid;place-items:center;background:#f4f1e8';
  const jar = `data:image/svg+xml;base64,${svg.toString('base64')}`;
  await page.setContent(`<body style="${paper}"><img src="${jar}" width="${Math.round(share * side)}">`);
  await page.locator('img').evaluate((it) => it.decode());
  await page.screenshot({ path: join(process.env.ICONS, `${name}.png`) });
  await page.close();
}
await browser.close();
