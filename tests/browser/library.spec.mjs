// The library: what is kept in the browser is found again, noted, moved as files, deleted and brought back.
import { readFileSync } from 'node:fs';
import { Figures, drop, expect, go, link, test } from './support.mjs';

const items = (page) => page.locator('[data-testid^="item-"]');
const taught = link([['env', 'gridworld'], ['agent', 'q-learning'], ['seed', '5'], ['episodes', '60']]);

/** A run of 60 episodes, saved from the Lab. */
async function savedRun(page, site) {
  await page.goto(site.address + taught);
  await expect.poll(() => new Figures(page).number('episode')).toBe(60);
  await page.getByTestId('save-agent').click();
  await expect(page.getByTestId('toast').filter({ hasText: 'saved' })).toBeVisible();
}

test('a run is kept, named, found, exported, deleted, brought back and opened', async ({ page, site }) => {
  await savedRun(page, site);
  const { hash } = await new Figures(page).settled();
  await go(page, '#/library');
  await expect(items(page)).toHaveCount(1);
  await expect(items(page)).toContainText('60 episodes');

  await page.getByTestId('edit').click();
  await page.getByTestId('edit-name').fill('Walks home');
  await page.getByTestId('edit-tags').fill('lecture 3, grid');
  await page.getByTestId('edit-note').fill('Shown on Tuesday');
  await page.getByTestId('edit-keep').click();
  await expect(items(page).locator('b')).toHaveText('Walks home');
  await page.reload();
  await expect(items(page)).toContainText('Shown on Tuesday');
  await page.getByTestId('search').fill('TUESDAY lecture');
  await expect(items(page)).toHaveCount(1);
  await page.getByTestId('search').fill('sarsa');
  await expect(items(page)).toHaveCount(0);
  await page.getByTestId('search').fill('');

  const downloading = page.waitForEvent('download');
  await page.getByTestId('export').click();
  const archive = readFileSync(await (await downloading).path());

  await page.getByTestId('delete').click();
  await expect(items(page)).toHaveCount(0);
  await page.getByTestId('toast-action').click();
  await expect(items(page)).toHaveCount(1);
  await page.getByTestId('delete').click();
  await expect(page.getByTestId('nothing-kept')).toBeVisible();

  await drop(page, 'all.terrarium-library', archive.subarray(0, archive.length - 5));
  await expect(page.getByTestId('toast').filter({ hasText: 'cut or damaged' })).toBeVisible();
  await drop(page, 'all.terrarium-library', archive);
  await expect(items(page).locator('b')).toHaveText('Walks home');

  await go(page, link([['env', 'frozen-lake'], ['agent', 'sarsa'], ['seed', '1'], ['episodes', '5']]));
  await expect.poll(() => new Figures(page).number('episode')).toBe(5);
  await go(page, '#/library');
  await page.getByTestId('open').click();
  await page.getByTestId('question-yes').click();
  await expect.poll(() => new Figures(page).number('episode')).toBe(60);
  expect((await new Figures(page).settled()).hash).toBe(hash);
});

test('an episode is kept, as a file too, and plays as it was recorded', async ({ page, site }) => {
  await page.goto(site.address + taught);
  await expect.poll(() => new Figures(page).number('episode')).toBe(60);
  await go(page, '#/replay');
  await page.getByTestId('replay-save').click();
  await expect(page.getByTestId('toast').filter({ hasText: 'Saved in the library' })).toBeVisible();
  const downloading = page.waitForEvent('download');
  await page.getByTestId('replay-to-file').click();
  const file = readFileSync(await (await downloading).path(), 'utf8');
  expect(JSON.parse(file)).toMatchObject({ kind: 'terrarium-replay', format: 1 });

  await go(page, '#/library');
  await page.getByTestId('kind-run').click();
  await expect(items(page)).toHaveCount(0);
  await page.getByTestId('kind-episode').click();
  await page.getByTestId('open').click();
  await expect(page.getByTestId('as-recorded')).toBeVisible();
  await page.getByTestId('close-episode').click();
  await expect(page.getByTestId('recorded-0')).toBeVisible();

  const forged = JSON.stringify({ ...JSON.parse(file), hash: '0000000000000000' });
  await drop(page, 'forged.replay.json', Buffer.from(forged));
  await expect(page.getByRole('alert')).toContainText('its hash is 0000000000000000 as recorded');
  await drop(page, 'picture.png', Buffer.from([0x89, 0x50, 0x4e, 0x47]));
  await expect(page.getByTestId('toast').filter({ hasText: 'no file of Terrarium' })).toBeVisible();
});

test('a comparison is kept and runs again to the same hash', async ({ page, site }) => {
  await page.goto(`${site.address}#/compare?env=gridworld&agent=q-learning&agent=sarsa&seed=3&seeds=2&episodes=20`);
  await expect(page.getByTestId('readout-runs')).toHaveAttribute('data-value', '4/4');
  await expect(page.getByTestId('compare')).toHaveAttribute('data-value', 'ready');
  await page.getByTestId('save-comparison').click();
  await go(page, '#/library');
  await page.reload();
  await expect(items(page)).toContainText('Q-learning');
  await page.getByTestId('open').click();
  await expect(page.getByTestId('toast').filter({ hasText: /same hash/ })).toBeVisible();
});

test('whoever deletes by keyboard stays in the list, and finds what was deleted last again', async ({ page, site }) => {
  await savedRun(page, site);
  for (const saved of [2, 3]) {
    await page.getByTestId('save-agent').click();
    await go(page, '#/library');
    await expect(items(page)).toHaveCount(saved);
    await go(page, '#/lab');
  }
  await go(page, '#/library');
  await expect(items(page)).toHaveCount(3);
  const [first, second, third] = await items(page).evaluateAll((all) => all.map((it) => it.dataset.testid));
  const focused = () => page.evaluate(() => document.activeElement.closest('[data-testid^="item-"]')?.dataset.testid ?? document.activeElement.tagName);
  await page.getByTestId(first).getByTestId('delete').focus();
  await page.keyboard.press('Enter');
  await expect(items(page)).toHaveCount(2);
  await expect.poll(focused).toBe(second);
  await page.getByTestId(third).getByTestId('delete').focus();
  await page.keyboard.press('Enter');
  await expect.poll(focused).toBe(second);
  // It is offered again after another place was shown.
  await go(page, '#/learn');
  await expect(page.locator('.lesson-card')).toHaveCount(15);
  await go(page, '#/library');
  await page.getByTestId('toast-action').click();
  await expect(page.getByTestId(third)).toBeVisible();
  for (const left of [1, 0]) {
    await items(page).first().getByTestId('delete').focus();
    await page.keyboard.press('Enter');
    await expect(items(page)).toHaveCount(left);
  }
  await expect.poll(focused).toBe('MAIN');
});

test('a file that is asked for in the library is opened like one that is dropped', async ({ page, site }) => {
  await page.goto(`${site.address}#/library`);
  await expect(page.getByTestId('nothing-kept')).toBeVisible();
  const picture = { name: 'picture.png', mimeType: 'image/png', buffer: Buffer.from([0x89, 0x50, 0x4e, 0x47]) };
  await page.getByTestId('any-file').setInputFiles(picture);
  await expect(page.getByTestId('toast').filter({ hasText: 'no file of Terrarium' })).toBeVisible();
});

test('two tabs share one library, and what one deletes the other cannot open', async ({ page, site, context }) => {
  await savedRun(page, site);
  const other = await context.newPage();
  await other.goto(`${site.address}#/library`);
  await expect(items(other)).toHaveCount(1);
  // What is added there is here, too.
  await page.getByTestId('save-agent').click();
  await go(page, '#/library');
  await expect(items(page)).toHaveCount(2);
  await go(other, '#/learn');
  await go(other, '#/library');
  await expect(items(other)).toHaveCount(2);
  const [first, second] = await items(other).evaluateAll((all) => all.map((it) => it.dataset.testid));
  await page.getByTestId(first).getByTestId('delete').click();
  await expect(items(page)).toHaveCount(1);
  await other.getByTestId(first).getByTestId('open').click();
  await expect(other.getByTestId('toast').filter({ hasText: 'deleted, perhaps in another tab' })).toBeVisible();
  await other.getByTestId(second).getByTestId('edit').click();
  await other.getByTestId('edit-name').fill('From the other tab');
  await other.getByTestId('edit-keep').click();
  await page.reload();
  await expect(items(page)).toHaveCount(1);
  await expect(items(page).locator('b')).toHaveText('From the other tab');
});

test('where there is no room left it is said, and the run and what is kept stay', async ({ page, site }) => {
  await page.addInitScript(() => {
    const { put } = IDBObjectStore.prototype;
    IDBObjectStore.prototype.put = function (...given) {
      if (window.isFull) throw new DOMException('the quota is used up', 'QuotaExceededError');
      return put.apply(this, given);
    };
  });
  await savedRun(page, site);
  const figures = new Figures(page);
  const before = await figures.settled();
  await page.evaluate(() => { window.isFull = true; });
  await page.getByTestId('save-agent').click();
  await expect(page.getByTestId('toast').filter({ hasText: 'no room left' }).first()).toContainText('Nothing was lost');
  expect(await figures.settled()).toEqual(before);
  await page.getByTestId('train').click();
  await expect.poll(() => figures.number('episode')).toBeGreaterThan(60);
  await figures.pause();
  await go(page, '#/library');
  await expect(items(page)).toHaveCount(1);
  // With room again it is kept.
  await page.evaluate(() => { window.isFull = false; });
  await go(page, '#/lab');
  await page.getByTestId('save-agent').click();
  await go(page, '#/library');
  await expect(items(page)).toHaveCount(2);
});

test('who has gone on to the library sees what was being saved', async ({ page, site }) => {
  await page.addInitScript(() => {
    const { get, set } = Object.getOwnPropertyDescriptor(Worker.prototype, 'onmessage');
    const late = (hear) => (event) => (window.isSlow ? setTimeout(() => hear(event), 2_000) : hear(event));
    Object.defineProperty(Worker.prototype, 'onmessage', { get, set(hear) { set.call(this, hear && late(hear)); } });
  });
  await savedRun(page, site);
  await page.evaluate(() => { window.isSlow = true; });
  await page.getByTestId('save-agent').click();
  await go(page, '#/library');
  await expect(items(page)).toHaveCount(1);
  await expect(items(page)).toHaveCount(2);
});
