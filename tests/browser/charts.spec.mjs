// Charts: their files, their axes, and what the pointer does to them.
import { readFileSync } from 'node:fs';
import { expect, Figures, link, test } from './support.mjs';

async function trained(page, site, episodes) {
  await page.goto(site.address + link([['env', 'gridworld'], ['agent', 'q-learning'], ['seed', '42'], ['episodes', `${episodes}`]]));
  await expect.poll(() => new Figures(page).number('episode')).toBe(episodes);
}

/** The file of a chart in a format. */
async function fileOf(page, chart, format) {
  await page.getByTestId(`chart-${chart}`).locator('summary').click();
  const download = page.waitForEvent('download');
  await page.getByTestId(`chart-${chart}-${format}`).click();
  return readFileSync(await (await download).path());
}

test('a chart as a file says what it shows and where it comes from', async ({ page, site }) => {
  await trained(page, site, 60);
  const svg = (await fileOf(page, 'return', 'svg')).toString();
  for (const words of ['Gridworld', 'Q-learning', 'seed 42', '>episode<', `<a href="${site.address}`]) expect(svg).toContain(words);
  // A picture has twice as many pixels each way as the drawing, whatever the screen has.
  const png = await fileOf(page, 'return', 'png');
  const [width, height] = ['width', 'height'].map((name) => Number(svg.match(new RegExp(`<svg[^>]* ${name}="([\\d.]+)"`))[1]));
  expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([Math.floor(width * 2), Math.floor(height * 2)]);
});

test('the wheel scrolls the page, and with Ctrl it looks closer', async ({ page, site }) => {
  await trained(page, site, 60);
  const canvas = page.getByTestId('chart-return').locator('canvas');
  await canvas.scrollIntoViewIfNeeded();
  await page.evaluate(() => scrollTo(0, 0));
  await canvas.hover();
  const top = await page.evaluate(() => scrollY);
  await page.mouse.wheel(0, 200);
  await expect.poll(() => page.evaluate(() => scrollY)).not.toBe(top);
  const taken = page.evaluate(() => new Promise((resolve) => {
    addEventListener('wheel', (event) => setTimeout(() => resolve(event.defaultPrevented)), { once: true });
  }));
  await canvas.hover();
  await page.keyboard.down('Control');
  await page.mouse.wheel(0, -200);
  await page.keyboard.up('Control');
  expect(await taken).toBe(true);
});

test('a vertical axis leaves out rare values until it is to show every one', async ({ page, site }) => {
  await trained(page, site, 60);
  const whole = page.getByTestId('whole-y');
  await expect(whole).toHaveAttribute('aria-pressed', 'false');
  await whole.click();
  await expect(whole).toHaveAttribute('aria-pressed', 'true');
  expect((await fileOf(page, 'return', 'svg')).toString()).not.toContain('beyond the axis');
});

test('that not every episode stands in the table by itself is said beside its button', async ({ page, site }) => {
  await trained(page, site, 60);
  await expect(page.getByTestId('episodes-csv-note')).toHaveCount(0);
  await page.goto(`${site.address}?again${link([['env', 'gridworld'], ['agent', 'q-learning'], ['seed', '1'], ['episodes', '70000']])}`);
  await expect(page.getByTestId('episodes-csv-note')).toContainText('65 536');
});
