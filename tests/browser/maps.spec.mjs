// The map editor: its tools, maps as text and as pictures, random maps, and what is said and shown while one draws.
import { readFileSync } from 'node:fs';
import { expect, Figures, link, test } from './support.mjs';

const GRID = [['env', 'gridworld'], ['agent', 'q-learning'], ['seed', '5'], ['episodes', '20']];
const LAKE = [['env', 'frozen-lake'], ['agent', 'q-learning'], ['seed', '5'], ['episodes', '20']];
const DESC = '["SFFFF",\n "FHFFF",\n "FFHFF",\n "FHFFF",\n "FFFFG"]';
const text = (desc) => JSON.parse(desc).join('\n');

/** The editor of a run that has ended. */
async function opened(page, site, pairs = GRID) {
  await page.goto(site.address + link(pairs));
  await expect.poll(() => new Figures(page).number('episode')).toBe(20);
  await new Figures(page).settled();
  await page.getByTestId('edit-map').click();
  await expect(page.getByTestId('map-canvas')).toBeVisible();
}

const map = (page) => page.getByTestId('map-canvas').getAttribute('data-value');
const shows = (page, rows) => expect(page.getByTestId('map-canvas')).toHaveAttribute('data-value', rows);

/** The middle of a cell on the screen. */
async function cell(page, column, row) {
  const [columns, rows] = await map(page).then((it) => [it.split('\n')[0].length, it.split('\n').length]);
  const box = await page.getByTestId('map-canvas').boundingBox();
  const side = Math.floor(Math.min(box.width / columns, box.height / rows));
  const left = box.x + (box.width - side * columns) / 2;
  return [left + (column + 0.5) * side, box.y + (box.height - side * rows) / 2 + (row + 0.5) * side];
}

async function stroke(page, ...cells) {
  for (const [index, [column, row]] of cells.entries()) {
    await page.mouse.move(...(await cell(page, column, row)));
    if (index === 0) await page.mouse.down();
  }
  await page.mouse.up();
}

test('what is drawn, filled and mirrored is undone stroke by stroke, and made again', async ({ page, site }) => {
  await opened(page, site);
  await shows(page, text(DESC));
  await expect(page.getByTestId('map-undo')).toBeDisabled();
  await page.getByTestId('brush-#').click();
  await stroke(page, [0, 4], [1, 4], [2, 4]);
  const drawn = 'SFFFF\nFHFFF\nFFHFF\nFHFFF\n###FG';
  await shows(page, drawn);
  await page.keyboard.press('Control+z');
  await shows(page, text(DESC));
  await page.keyboard.press('Control+y');
  await shows(page, drawn);
  await page.getByTestId('tool-fill').click();
  await page.getByTestId('brush-M').click();
  await stroke(page, [1, 0]);
  // Start, pits and walls hold it back.
  await shows(page, 'SMMMM\nFHMMM\nFFHMM\nFHMMM\n###MG');
  await page.getByTestId('map-mirror').click();
  await shows(page, 'MMMMS\nMMMHF\nMMHFF\nMMMHF\nGM###');
  await page.getByTestId('map-flip').click();
  await shows(page, 'GM###\nMMMHF\nMMHFF\nMMMHF\nMMMMS');
  for (let back = 0; back < 4; back += 1) await page.getByTestId('map-undo').click();
  await shows(page, text(DESC));
  await expect(page.getByTestId('map-undo')).toBeDisabled();
  await page.getByTestId('map-redo').click();
  await page.getByTestId('map-canvas').focus();
  await page.keyboard.press('Control+Shift+z');
  await shows(page, 'SMMMM\nFHMMM\nFFHMM\nFHMMM\n###MG');
  // By keyboard alone.
  await page.keyboard.press('ArrowRight');
  await page.getByTestId('tool-draw').click();
  await page.getByTestId('brush-G').click();
  await page.getByTestId('map-canvas').focus();
  await page.keyboard.press('Space');
  await shows(page, 'SGMMM\nFHMMM\nFFHMM\nFHMMM\n###MG');
  await page.getByTestId('map-done').click();
  await expect(page.getByTestId('dialog-map')).toHaveCount(0);
  await expect(page.getByTestId('parameter-map')).toHaveValue('SGMMM\nFHMMM\nFFHMM\nFHMMM\n###MG');
  expect(await page.evaluate(() => document.activeElement?.dataset.testid)).toBe('edit-map');
});

test('a map is written and pasted in the forms of a desc, and copied as one', async ({ page, site, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await opened(page, site, LAKE);
  const [written, fault] = [page.getByTestId('map-text'), page.getByTestId('map-text-fault')];
  for (const form of ['["SFH", "FFG"]', 'SFH\nFFG', 'S F H\nF F G', "[[b'S' b'F' b'H']\n [b'F' b'F' b'G']]"]) {
    await written.fill('["SF", "FG"]');
    await shows(page, 'SF\nFG');
    await written.fill(form);
    await shows(page, 'SFH\nFFG');
    await expect(fault).toBeEmpty();
  }
  for (const [form, words] of [['SFH\nFFGF', 'Row 2 has 4 cells, but row 1 has 3.'], ['SFH\nF#G', 'Row 2, column 2: # is no letter'], ['["SFH", "FFG', 'no list of rows'], ['', 'no letter in it']]) {
    await written.fill(form);
    await expect(fault).toContainText(words);
    await expect(written).toHaveAttribute('aria-invalid', 'true');
    await shows(page, 'SFH\nFFG');
  }
  await page.getByTestId('map-mirror').click();
  await expect(fault).toBeEmpty();
  await expect(written).toHaveValue('["HFS",\n "GFF"]');
  await page.getByTestId('map-copy').click();
  await expect(page.getByTestId('map-note')).toContainText('copied');
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe('["HFS",\n "GFF"]');
});

test('a map becomes a picture, and a picture the map that looks like it', async ({ page, site }) => {
  await opened(page, site);
  const all = 'SFGHM#\n^v<>aa\nFFFFFF';
  await page.getByTestId('map-text').fill(all);
  await shows(page, all);
  const download = page.waitForEvent('download');
  await page.getByTestId('map-png').click();
  const png = readFileSync(await (await download).path());
  expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([6 * 48, 3 * 48]);
  const file = { name: 'map.png', mimeType: 'image/png', buffer: png };
  await page.getByTestId('map-text').fill('FFFFFF\nFFFFFF\nFFFFFF');
  await page.getByTestId('map-picture').setInputFiles(file);
  await shows(page, all);
  await page.getByTestId('map-undo').click();
  await shows(page, 'FFFFFF\nFFFFFF\nFFFFFF');
  // Teleports that belong together do so again.
  const pairs = 'SabcFF\nFFFFFd\ncdbaFG';
  await page.getByTestId('map-text').fill(pairs);
  await shows(page, pairs);
  const other = page.waitForEvent('download');
  await page.getByTestId('map-png').click();
  const buffer = readFileSync(await (await other).path());
  await page.getByTestId('map-text').fill('FFFFFF\nFFFFFF\nFFFFFF');
  await page.getByTestId('map-picture').setInputFiles({ ...file, buffer });
  await shows(page, pairs);
  await page.getByTestId('map-picture').setInputFiles({ name: 'map.txt', mimeType: 'text/plain', buffer: Buffer.from('SFG') });
  await expect(page.getByTestId('map-note')).toContainText('no picture');
  // Dropped, in flat colours, and with other cells than those of the map.
  const transfer = await page.evaluateHandle(async () => {
    const style = getComputedStyle(document.documentElement);
    const canvas = Object.assign(document.createElement('canvas'), { width: 60, height: 30 });
    const context = canvas.getContext('2d');
    for (const [index, name] of ['ground', 'danger', 'mud'].entries()) {
      context.fillStyle = style.getPropertyValue(`--scene-${name}`);
      context.fillRect(index * 20, 0, 20, 30);
    }
    const blob = await new Promise((done) => canvas.toBlob(done));
    const transfer = new DataTransfer();
    transfer.items.add(new File([blob], 'drop.png', { type: 'image/png' }));
    return transfer;
  });
  await page.getByTestId('map-canvas').dispatchEvent('drop', { dataTransfer: transfer });
  await shows(page, 'FFHHMM\nFFHHMM\nFFHHMM');
});

test('a random map is the same for the same seed, and has a way', async ({ page, site }) => {
  await opened(page, site, LAKE);
  await page.getByTestId('map-text').fill('SFFFF\nFFFFF\nFFFFG');
  await page.getByTestId('map-seed').fill('7');
  await page.getByTestId('map-random').click();
  const first = await map(page);
  expect(first).toMatch(/^S[FH]{4}\n[FH]{5}\n[FH]{4}G$/);
  await expect(page.getByTestId('map-way')).toHaveAttribute('data-value', /^\d+$/);
  await page.getByTestId('map-other-seed').click();
  await expect(page.getByTestId('map-seed')).not.toHaveValue('7');
  await page.getByTestId('map-flip').click();
  await page.getByTestId('map-seed').fill('7');
  await page.getByTestId('map-random').click();
  await shows(page, first);
  await page.getByTestId('map-seed').fill('none');
  await expect(page.getByTestId('map-random')).toBeDisabled();
});

test('way and exact solution are told while the map is drawn', async ({ page, site }) => {
  await opened(page, site);
  const [way, value] = [page.getByTestId('map-way'), page.getByTestId('map-value')];
  await expect(way).toHaveAttribute('data-value', '8');
  await expect(way).toContainText('8 steps');
  await expect(value).toHaveCount(0);
  await page.getByTestId('map-text').fill('SFG');
  await expect(way).toContainText('2 steps');
  const picture = () => page.getByTestId('map-canvas').evaluate((it) => it.toDataURL());
  const bare = await picture();
  await page.getByTestId('map-solution').click();
  // One step, and then the goal a step later.
  await expect(value).toHaveAttribute('data-value', String(-0.1 + 0.99 * 10));
  await expect(value).toContainText('discount 0.99: 9.8');
  expect(await picture()).not.toBe(bare);
  await page.getByTestId('brush-#').click();
  await stroke(page, [1, 0]);
  await expect(way).toContainText('There is no way');
  await expect(way).toHaveAttribute('data-value', '');
  await expect(page.getByTestId('map-done')).toBeDisabled();
  await page.getByTestId('brush-M').click();
  await stroke(page, [1, 0]);
  await expect(value).toHaveAttribute('data-value', String(-10 + 0.99 * 10));
  await page.getByTestId('map-text').fill('SFF');
  await expect(way).toContainText('a start or a goal is missing');
  await page.getByTestId('map-text').fill(`S${'F'.repeat(20)}G`);
  await expect(value).toContainText('at most 20 by 20');
  await page.getByTestId('map-solution').click();
  await expect(value).toHaveCount(0);
});

test('what was drawn is kept when the dialog is left, and given up when it is cancelled', async ({ page, site }) => {
  await opened(page, site);
  await page.getByTestId('map-text').fill('SFG');
  await shows(page, 'SFG');
  await page.getByTestId('map-canvas').focus();
  await page.keyboard.press('Escape');
  await expect(page.getByTestId('dialog-map')).toHaveCount(0);
  expect(await page.evaluate(() => document.activeElement?.dataset.testid)).toBe('edit-map');
  await page.getByTestId('edit-map').click();
  await shows(page, 'SFG');
  // Whoever selects a text and lets go beside the dialog does not close it.
  const box = await page.getByTestId('map-text').boundingBox();
  await page.mouse.move(box.x + 20, box.y + 10);
  await page.mouse.down();
  await page.mouse.move(3, 3);
  await page.mouse.up();
  await expect(page.getByTestId('dialog-map')).toBeVisible();
  await page.mouse.click(3, 3);
  await expect(page.getByTestId('dialog-map')).toHaveCount(0);
  await page.getByTestId('edit-map').click();
  await shows(page, 'SFG');
  await page.getByTestId('map-cancel').click();
  await page.getByTestId('edit-map').click();
  await shows(page, text(DESC));
});

test.describe('an editor that does not arrive', () => {
  test.use({ serviceWorkers: 'block', expected: /Failed to load resource|ERR_FAILED|places|later/ });

  test('is said in its dialog, and comes once the network is back', async ({ page, site }) => {
    await page.route(/places-[0-9a-f]+_bg\.wasm/, (route) => route.fulfill({ status: 404 }));
    await page.goto(site.address + link(GRID));
    await expect.poll(() => new Figures(page).number('episode')).toBe(20);
    await page.getByTestId('edit-map').click();
    await expect(page.getByTestId('dialog-map').getByRole('alert')).toContainText('could not be loaded');
    await page.keyboard.press('Escape');
    await expect(page.getByTestId('dialog-map')).toHaveCount(0);
    await page.unrouteAll();
    await page.getByTestId('edit-map').click();
    await shows(page, text(DESC));
  });

  test('is said beside its button where not even its script came', async ({ page, site }) => {
    await page.route(/later\.js/, (route) => route.abort());
    await page.goto(site.address + link(GRID));
    await expect.poll(() => new Figures(page).number('episode')).toBe(20);
    await page.getByTestId('edit-map').click();
    await expect(page.getByTestId('map-missing')).toContainText('could not be loaded');
    await expect(page.getByTestId('stage')).toBeVisible();
  });
});
