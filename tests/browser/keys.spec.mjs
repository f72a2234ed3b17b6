// The keyboard: the page's keys, the environments' keys, and the pointer on a page that is zoomed.
import { Figures, expect, link, test } from './support.mjs';

/** A page whose run holds after some episodes. */
async function held(page, site, env, agent = 'q-learning') {
  await page.goto(site.address + link([['env', env], ['agent', agent], ['seed', '5'], ['episodes', '2']]));
  const figures = new Figures(page);
  await expect.poll(() => figures.number('episode')).toBe(2);
  await figures.settled();
  return figures;
}

const playing = (page) => page.getByTestId('play').getAttribute('aria-pressed');
const words = (page) => page.getByTestId('stage').getAttribute('aria-label');

test("while one plays the environment's keys come first, before that the page's, and Esc ends it", async ({ page, site }) => {
  await held(page, site, 'taxi');
  await page.keyboard.press('p');
  await expect.poll(() => playing(page)).toBe('true');
  // Now it is an action of the taxi.
  await page.keyboard.press('p');
  await page.keyboard.press('ArrowLeft');
  expect(await playing(page)).toBe('true');
  await page.keyboard.press('Escape');
  await expect.poll(() => playing(page)).toBe('false');
  await page.keyboard.press('d');
  await expect.poll(() => playing(page)).toBe('true');
  // From a field, too.
  for (const field of ['seed', 'environment', 'parameter-gamma']) {
    if ((await playing(page)) !== 'true') await page.getByTestId('play').click();
    await expect.poll(() => playing(page)).toBe('true');
    await page.getByTestId(field).focus();
    await page.keyboard.press('Escape');
    await expect.poll(() => playing(page)).toBe('false');
  }
});

test('the button that was clicked to play does not swallow the keys of the game', async ({ page, site }) => {
  await held(page, site, 'snake');
  await page.getByTestId('play').click();
  await expect.poll(() => playing(page)).toBe('true');
  const before = await words(page);
  await page.keyboard.press('Enter');
  await page.keyboard.press('ArrowDown');
  await expect.poll(() => words(page)).not.toBe(before);
  expect(await playing(page)).toBe('true');
});

test('an arrow key in a group of choices begins no play, and while one plays it plays', async ({ page, site }) => {
  await held(page, site, 'gridworld');
  const before = await words(page);
  await page.getByTestId('paint-visits').focus();
  for (const key of ['ArrowRight', 'ArrowDown', 'ArrowLeft', 'ArrowUp']) await page.keyboard.press(key);
  // A key that the page takes comes after those.
  await page.keyboard.press('?');
  await expect(page.getByTestId('dialog-keys')).toBeVisible();
  await page.keyboard.press('Escape');
  expect(await playing(page)).toBe('false');
  expect(await words(page)).toBe(before);
  await page.getByTestId('play').click();
  await page.getByTestId('paint-visits').click();
  await expect.poll(async () => {
    for (const key of ['ArrowRight', 'ArrowUp', 'ArrowDown']) await page.keyboard.press(key);
    return words(page);
  }).not.toBe(before);
  expect(await playing(page)).toBe('true');
});

test('Shift with Tab or a question mark takes nothing over', async ({ page, site }) => {
  const figures = await held(page, site, 'gridworld');
  await page.getByTestId('speed').fill('1');
  await page.getByTestId('train').click();
  await expect.poll(() => figures.phase()).toBe('running');
  const steps = await words(page);
  expect(steps).toContain('trains');
  await page.evaluate(() => {
    window.held = [];
    const train = document.querySelector('[data-testid=train]');
    new MutationObserver(() => window.held.push(train.dataset.value)).observe(train, { attributeFilter: ['data-value'] });
  });
  await page.keyboard.press('Shift+Tab');
  await page.keyboard.down('Shift');
  await page.keyboard.press('?');
  await page.keyboard.up('Shift');
  await expect(page.getByTestId('dialog-keys')).toBeVisible();
  await page.keyboard.press('Escape');
  expect(await figures.phase()).toBe('running');
  expect(await page.evaluate(() => window.held)).toEqual([]);
});

test('a question mark shows the keys of every place', async ({ page, site }) => {
  for (const [place, said] of [['', 'Reset'], ['#/compare', 'Compare, or stop'], ['#/watch', 'This list'], ['#/replay', 'One step back']]) {
    await page.goto(site.address + place);
    await expect(page.getByTestId('theme-toggle')).toBeVisible();
    // The page listens a moment after it was drawn first.
    await expect(async () => {
      await page.keyboard.press('?');
      await expect(page.getByTestId('dialog-keys')).toContainText(said, { timeout: 2_000 });
    }).toPass();
    await page.keyboard.press('Escape');
    await expect(page.getByTestId('dialog-keys')).toBeHidden();
  }
});

test('the player of episodes has keys', async ({ page, site }) => {
  await held(page, site, 'gridworld');
  await page.goto(`${site.address}#/replay`);
  const at = () => page.getByTestId('replay-at').getAttribute('data-value');
  await expect(page.getByTestId('replay-at')).toBeVisible();
  await page.keyboard.press('Home');
  await expect.poll(at).toBe('0');
  await page.keyboard.press('.');
  await page.keyboard.press('ArrowRight');
  await expect.poll(at).toBe('2');
  await page.keyboard.press(',');
  await expect.poll(at).toBe('1');
  await page.keyboard.press('End');
  const last = await page.getByTestId('replay-seek').getAttribute('max');
  await expect.poll(at).toBe(last);
  await page.keyboard.press('+');
  await expect(page.getByRole('radio', { name: '4×' })).toHaveAttribute('aria-checked', 'true');
  await page.keyboard.press('Space');
  await expect.poll(at).not.toBe(last);
});

test('Caps Lock switches no key off', async ({ page, site }) => {
  const figures = await held(page, site, 'gridworld');
  const press = (key, code) => page.evaluate(([key, code]) => {
    document.body.dispatchEvent(new KeyboardEvent('keydown', { key, code, modifierCapsLock: true, bubbles: true, cancelable: true }));
  }, [key, code]);
  await press('E', 'KeyE');
  await expect.poll(() => figures.number('episode')).toBe(3);
  await press('R', 'KeyR');
  await expect.poll(() => figures.number('episode')).toBe(0);
  await press('P', 'KeyP');
  await expect.poll(() => playing(page)).toBe('true');
});

test('the pointer reads the cell that it is on, however the page is zoomed', async ({ page, site }) => {
  await held(page, site, 'gridworld');
  for (const zoom of ['1', '0.8', '1.25']) {
    await page.evaluate((zoom) => (document.documentElement.style.zoom = zoom), zoom);
    // Over the cells of one row, from left to right: the columns are read in turn, each as wide as the others.
    const box = await page.getByTestId('stage').boundingBox();
    const widths = new Map();
    for (let x = 2; x < box.width; x += 4) {
      await page.mouse.move(box.x + x, box.y + box.height / 2);
      const state = await page.getByTestId('inspector').getAttribute('data-value');
      const title = await page.getByTestId('inspector').locator('h2').textContent();
      if (!title.startsWith('Agent')) widths.set(state, (widths.get(state) ?? 0) + 1);
    }
    const counts = [...widths.values()];
    expect(counts.length, `${zoom}: ${counts}`).toBeGreaterThan(4);
    expect(Math.max(...counts) - Math.min(...counts), `${zoom}: ${counts}`).toBeLessThanOrEqual(2);
    // The middle of the canvas is the middle of the map.
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    const columns = counts.length;
    await expect.poll(async () => Number(await page.getByTestId('inspector').getAttribute('data-value')) % columns)
      .toBe(Math.floor(columns / 2));
  }
});

test('every place is reached and used by keyboard alone', async ({ page, site }) => {
  test.setTimeout(240_000);
  await page.goto(site.address);
  const figures = new Figures(page);
  await expect.poll(() => figures.phase()).toBe('running');
  const focused = () => page.evaluate(() => {
    const { activeElement: it } = document;
    return { id: it?.dataset?.testid ?? '', words: it?.textContent?.trim() ?? '', tag: it?.tagName ?? '' };
  });
  /** Goes on by Tab to whatever fits. */
  const tabTo = async (fits, what) => {
    for (let stop = 0; stop < 120; stop += 1) {
      await page.keyboard.press('Tab');
      const here = await focused();
      if (fits(here)) return;
    }
    throw new Error(`Tab does not come to ${what}`);
  };
  const place = async (name) => {
    await page.evaluate(() => document.activeElement?.blur());
    await tabTo(({ tag, words }) => tag === 'A' && words === name, name);
    await page.keyboard.press('Enter');
    await expect(page.getByRole('link', { name, exact: true })).toHaveAttribute('aria-current', 'page');
    await expect(page.locator('main')).toBeVisible();
  };
  const press = async (id, key = 'Enter') => {
    await tabTo((it) => it.id === id, id);
    await page.keyboard.press(key);
  };

  await press('train');
  await expect.poll(() => figures.phase()).not.toBe('running');

  await place('Learn');
  await press('lesson-reward');
  await expect(page.getByTestId('lesson')).toBeVisible();
  await press('lesson-next');
  await press('leave-lesson');
  await expect(page.getByTestId('lesson')).toHaveCount(0);

  await place('Compare');
  await expect(page.getByTestId('compare')).toHaveAttribute('data-value', 'ready');
  await press('compare');
  await expect(page.getByTestId('compare')).toHaveAttribute('data-value', 'running');
  await press('compare');
  await expect(page.getByTestId('compare')).toHaveAttribute('data-value', 'ready');

  await place('Watch');
  await tabTo((it) => it.id === 'relay-address', 'relay-address');
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.type('ftp://somewhere');
  await page.keyboard.press('Enter');
  await expect(page.getByTestId('relay-fault')).toContainText('ws://');

  await place('Replays');
  await expect(page.getByTestId('replay-at')).toBeVisible();
  await press('replay-step');
  await expect(page.getByTestId('replay-at')).toHaveAttribute('data-value', /[1-9]/);
  await press('replay-save');
  await expect(page.getByTestId('toast').filter({ hasText: 'Saved in the library' })).toBeVisible();

  await place('Library');
  await press('edit');
  await expect(page.getByTestId('edit-name')).toBeVisible();
  await tabTo((it) => it.id === 'edit-name', 'edit-name');
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.type('By keyboard');
  await press('edit-keep');
  await expect(page.locator('[data-testid^="item-"] b')).toHaveText('By keyboard');

  await place('Lab');
  await expect(page.getByTestId('stage')).toBeVisible();
});
