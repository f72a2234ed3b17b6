// The keyboard alone: every place is reached, and the main thing of each done, by Tab, arrows, Enter and Escape.
import { Figures, Relay, expect, run, test } from './support.mjs';

/** More stops than any place has. */
const MOST_STOPS = 250;

/** What has the keyboard fits this selector. */
const has = (page, selector) => page.evaluate((it) => document.activeElement?.matches(it) ?? false, selector);

/** Goes on by Tab until something that fits has the keyboard, which is seen to have it. */
async function tabTo(page, selector) {
  for (let stops = 0; stops < MOST_STOPS; stops += 1) {
    if (await has(page, selector)) {
      expect(await has(page, ':focus-visible'), `${selector} shows that it has the keyboard`).toBe(true);
      return;
    }
    await page.keyboard.press('Tab');
  }
  throw new Error(`no way by Tab to ${selector}`);
}

const named = (testid) => `[data-testid=${testid}]`;

/** Goes to something by Tab and presses Enter there. */
async function enter(page, selector) {
  await tabTo(page, selector);
  await page.keyboard.press('Enter');
}

/** Goes to a place by the navigation. */
async function goBy(page, address, title) {
  await enter(page, `nav a[href="${address}"]`);
  await expect(page).toHaveTitle(`${title} · Terrarium`);
}

test.describe('the keyboard alone', () => {
  let relay;
  let trainer;

  test.beforeEach(async () => {
    relay = await Relay.start();
    trainer = run(relay, 'gridworld', '--agent', 'q-learning', '--endless', '--speed', '200', '--run', 'one');
  });

  test.afterEach(async ({ page }) => {
    await page.close();
    await trainer.end();
    await relay.end();
  });

  test('reaches every place and does its main thing', async ({ page }) => {
    test.setTimeout(240_000);
    const value = (testid) => page.getByTestId(testid).getAttribute('data-value');
    const figures = new Figures(page);
    await page.goto(`${relay.address}#/lab`);
    await expect.poll(() => figures.number('episode'), { timeout: 60_000 }).toBeGreaterThan(0);

    await test.step('Lab: past the navigation, train and pause, a slider, look at states, save', async () => {
      await enter(page, '.skip');
      await expect(page.getByTestId('stage')).toBeFocused();
      await page.keyboard.press('ArrowRight');
      await expect(page.getByTestId('pointer-card')).toBeVisible();
      await page.keyboard.press('Enter');
      await expect(page.getByTestId('pointer-card')).toHaveAttribute('data-pinned', 'true');
      await page.keyboard.press('Escape');
      await expect(page.getByTestId('pointer-card')).toHaveCount(0);
      const before = await figures.phase();
      await enter(page, named('train'));
      await expect.poll(() => figures.phase()).not.toBe(before);
      await page.keyboard.press('Enter');
      await expect.poll(() => figures.phase()).toBe(before);
      const speed = await value('speed');
      await tabTo(page, named('speed'));
      await page.keyboard.press('ArrowRight');
      await expect.poll(() => value('speed')).not.toBe(speed);
      const alpha = await value('parameter-alpha');
      await tabTo(page, named('slider-alpha'));
      await page.keyboard.press('ArrowLeft');
      await expect.poll(() => value('parameter-alpha')).not.toBe(alpha);
      await enter(page, named('save-agent'));
      await expect(page.getByTestId('toast').filter({ hasText: 'saved' })).toBeVisible();
    });

    await test.step('Learn and a lesson: open it, its next step, leave it', async () => {
      await goBy(page, '#/learn', 'Learn');
      await enter(page, named('lesson-reward'));
      await expect(page.getByTestId('lesson')).toHaveAttribute('data-value', '0');
      await enter(page, named('lesson-next'));
      await expect(page.getByTestId('lesson')).toHaveAttribute('data-value', '1');
      await enter(page, named('train'));
      await expect.poll(() => figures.number('episode')).toBeGreaterThan(0);
      await enter(page, named('leave-lesson'));
      await expect(page.getByTestId('lesson')).toHaveCount(0);
    });

    await test.step('Compare: fewer episodes, start it, see the result', async () => {
      await goBy(page, '#/compare', 'Compare');
      await expect(page.getByTestId('compare')).toHaveAttribute('data-value', 'ready');
      await tabTo(page, named('slider-seeds'));
      for (let presses = 0; presses < 7; presses += 1) await page.keyboard.press('ArrowLeft');
      await enter(page, named('compare'));
      await expect(page.getByTestId('compare')).toHaveAttribute('data-value', 'ready', { timeout: 90_000 });
      const [settled, all] = (await value('readout-runs')).split('/');
      expect(settled).toBe(all);
      expect(Number(all)).toBeLessThan(30);
    });

    await test.step('Watch: open a run of the lobby, hold it and let it go on', async () => {
      await goBy(page, '#/watch', 'Watch');
      await expect(page.getByTestId('run-card-one')).toBeVisible({ timeout: 60_000 });
      await enter(page, named('run-card-one'));
      await expect(page.getByTestId('run-page')).toBeVisible();
      await expect(page.getByTestId('train')).toBeEnabled();
      await expect.poll(() => figures.phase()).toBe('running');
      await enter(page, named('train'));
      await expect.poll(() => figures.phase()).toBe('paused');
      await page.keyboard.press('Enter');
      await expect.poll(() => figures.phase()).toBe('running');
    });

    await test.step('Replays: another episode, step by step', async () => {
      await goBy(page, '#/replay', 'Replays');
      await enter(page, named('recorded-1'));
      await expect(page.getByTestId('recorded-1')).toHaveAttribute('aria-checked', 'true');
      await tabTo(page, named('replay-seek'));
      await page.keyboard.press('ArrowRight');
      await page.keyboard.press('ArrowLeft');
      const at = Number(await value('replay-at'));
      await enter(page, named('replay-step'));
      await expect.poll(async () => Number(await value('replay-at'))).toBe(at + 1);
      await enter(page, named('replay-back'));
      await expect.poll(async () => Number(await value('replay-at'))).toBe(at);
    });

    await test.step('Library: rename what was saved, and think better of it', async () => {
      await goBy(page, '#/library', 'Library');
      const item = page.locator('[data-testid^="item-"]');
      await expect(item).toHaveCount(1);
      await enter(page, named('edit'));
      await tabTo(page, named('edit-name'));
      await page.keyboard.press('ControlOrMeta+A');
      await page.keyboard.type('Walks home');
      await page.keyboard.press('Enter');
      await expect(item.locator('b')).toHaveText('Walks home');
      await enter(page, named('edit'));
      await tabTo(page, named('edit-name'));
      await page.keyboard.type('Stays');
      await page.keyboard.press('Escape');
      await expect(page.getByTestId('dialog-edit-item')).toHaveCount(0);
      await expect(item.locator('b')).toHaveText('Walks home');
      // The keyboard is back where the dialog was asked for.
      expect(await has(page, named('edit'))).toBe(true);
    });
  });
});
