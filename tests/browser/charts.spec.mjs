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

/** The first and last number along the horizontal axis of a chart's drawing. */
const ticks = (svg) => {
  const words = [...svg.matchAll(/<text[^>]*text-anchor="middle"[^>]*>([^<]+)</g)].map(([, it]) => it.replace(/[\s\u202f]/g, ''));
  return words.map(Number).filter(Number.isFinite);
};

test('Ctrl and the wheel give a closer view of a part, and the whole comes back', async ({ page, site }) => {
  await trained(page, site, 400);
  const canvas = page.getByTestId('chart-return').locator('canvas');
  const width = (svg) => Math.max(...ticks(svg)) - Math.min(...ticks(svg));
  const whole = width((await fileOf(page, 'return', 'svg')).toString());
  await canvas.scrollIntoViewIfNeeded();
  await canvas.hover();
  await page.keyboard.down('Control');
  for (let turn = 0; turn < 4; turn += 1) await page.mouse.wheel(0, -200);
  await page.keyboard.up('Control');
  await expect.poll(async () => {
    return width((await fileOf(page, 'return', 'svg')).toString());
  }).toBeLessThan(0.7 * whole);
  await canvas.dblclick();
  await expect.poll(async () => {
    return width((await fileOf(page, 'return', 'svg')).toString());
  }).toBe(whole);
});

// Of ten bins one may be rare: a run at full speed has some twenty, of which the first would take most of the axis.
test('an outlier flattens nothing that follows, and the whole axis shows it', async ({ page, site }) => {
  // On the cliff an agent that tries things out falls for thousands of steps at first.
  const cliff = [['env', 'cliff-walking'], ['agent', 'q-learning'], ['agent.epsilon', '0.01'], ['seed', '3'], ['episodes', '3000']];
  await page.goto(site.address + link(cliff));
  await expect.poll(() => new Figures(page).number('episode')).toBe(3_000);
  const robust = (await fileOf(page, 'return', 'svg')).toString();
  expect(robust).toContain('rare values lie beyond the axis');
  await page.getByTestId('whole-y').click();
  const whole = (await fileOf(page, 'return', 'svg')).toString();
  expect(whole).not.toContain('rare values lie beyond the axis');
  expect(whole).not.toBe(robust);
});
