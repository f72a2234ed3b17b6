// Playing by hand: by keyboard with Shift held, by touch, and what becomes of such an episode.
import { Figures, expect, link, test } from './support.mjs';

/** A page whose agent trains so slowly that one sees its steps. */
async function slow(page, site, pairs) {
  await page.goto(site.address + link([...pairs, ['agent', 'q-learning'], ['seed', '5'], ['episodes', '1']]));
  const figures = new Figures(page);
  await expect.poll(() => figures.number('episode')).toBe(1);
  await figures.settled();
  await page.getByTestId('speed').fill('1');
  await page.getByTestId('train').click();
  await expect.poll(() => figures.phase()).toBe('running');
  return figures;
}

/** Presses a key until an episode ends. */
async function pressToTheEnd(page, figures, key) {
  const before = await figures.number('episode');
  for (let pressed = 0; pressed < 60; pressed += 1) {
    const words = await page.getByTestId('stage').getAttribute('aria-label');
    await page.keyboard.press(key);
    const moved = async () => (await page.getByTestId('stage').getAttribute('aria-label')) !== words;
    await expect.poll(async () => (await moved()) || (await figures.number('episode')) > before).toBe(true);
    if ((await figures.number('episode')) > before) return;
  }
  throw new Error(`${key} does not end the episode`);
}

test('Shift takes over in mid-episode and gives back, and the episode is kept as played by hand', async ({ page, site }) => {
  const figures = await slow(page, site, [['env', 'snake']]);
  await page.keyboard.down('Shift');
  await expect.poll(() => figures.phase()).toBe('paused');
  await expect(page.getByTestId('action-straight')).toBeVisible();
  const before = await figures.number('episode');
  // Up is up, wherever the snake looks: it meets the upper wall.
  await pressToTheEnd(page, figures, 'ArrowUp');
  const settled = await figures.settled();
  expect(settled).toMatchObject({ episodes: before + 1, faults: 0 });
  await page.keyboard.up('Shift');
  await expect.poll(() => figures.phase()).toBe('running');
  await expect(page.getByTestId('action-straight')).toBeHidden();

  await page.goto(`${site.address}#/replay`);
  await expect(page.getByTestId('recorded-0')).toContainText(new RegExp(`^played by hand.* · #${before} `));
  await page.getByTestId('replay-step').click();
  await expect(page.getByTestId('replay-action')).toHaveAttribute('data-value', /.+/);
});

test('while one plays, the actions cover neither the picture nor its button', async ({ page, site }) => {
  await page.goto(site.address + link([['env', 'racing'], ['agent', 'random'], ['seed', '1']]));
  await page.getByTestId('play').click();
  const actions = page.locator('.case-note', { has: page.getByTestId('action-coast') });
  await expect(actions).toBeVisible();
  const covers = async (name) => {
    const [above, below] = [await page.getByTestId(name).boundingBox(), await actions.boundingBox()];
    return above.y + above.height > below.y;
  };
  for (const name of ['stage', 'view-3d']) await expect.poll(() => covers(name)).toBe(false);
});

test('Shift that was held for a while and turns out to be a part of another key gives back', async ({ page, site }) => {
  const figures = await slow(page, site, [['env', 'gridworld']]);
  for (const key of ['Tab', 'F6']) {
    await page.keyboard.down('Shift');
    await expect.poll(() => figures.phase()).toBe('paused');
    await page.keyboard.press(key);
    await expect.poll(() => figures.phase()).toBe('running');
    await page.keyboard.up('Shift');
    expect(await figures.phase()).toBe('running');
  }
});

test('Shift in a field or a dialog leaves the agent alone', async ({ page, site }) => {
  const figures = await slow(page, site, [['env', 'gridworld']]);
  await page.getByTestId('seed').focus();
  await page.keyboard.press('Shift');
  await page.getByTestId('seed').blur();
  expect(await figures.phase()).toBe('running');
  await page.keyboard.press('p');
  await expect.poll(() => figures.phase()).toBe('paused');
  await page.keyboard.press('p');
  await expect.poll(() => figures.phase()).toBe('running');
});

test.describe('on a phone', () => {
  test.use({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });

  /** A finger that moves over the middle of the stage. */
  async function swipe(page, right, down) {
    const box = await page.getByTestId('stage').boundingBox();
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
    const session = await page.context().newCDPSession(page);
    const touch = (type, points) => session.send('Input.dispatchTouchEvent', { type, touchPoints: points });
    await touch('touchStart', [{ x, y }]);
    await touch('touchMove', [{ x: x + right / 2, y: y + down / 2 }]);
    await touch('touchMove', [{ x: x + right, y: y + down }]);
    await touch('touchEnd', []);
    await session.detach();
  }

  test('swipes and buttons play, and the agent gets its place back', async ({ page, site }) => {
    const figures = await slow(page, site, [['env', 'gridworld']]);
    await page.getByTestId('play').tap();
    await expect.poll(() => figures.phase()).toBe('paused');
    // To the end of the episode, so that it is known where the next one begins: in the upper left corner.
    await expect.poll(async () => {
      await page.getByTestId('action-right').tap();
      await page.getByTestId('action-down').tap();
      return figures.number('episode');
    }).toBeGreaterThan(1);
    const words = () => page.getByTestId('stage').getAttribute('aria-label');
    await swipe(page, 60, 4);
    await expect.poll(words).toContain('column 2, row 1');
    await swipe(page, -60, 4);
    await expect.poll(words).toContain('column 1, row 1');
    // Not a tap: right after a swipe the browser may take one for a part of it.
    await page.getByTestId('play').click();
    await expect.poll(() => figures.phase()).toBe('running');
    await page.goto(`${site.address}#/replay`);
    await expect(page.getByTestId('recorded-0')).toContainText('played by hand');
  });

  for (const environment of ['tetris', 'blackjack', 'taxi', 'snake', 'cart-pole', 'racing', 'gambler']) {
    test(`${environment} is played by its buttons`, async ({ page, site }) => {
      await page.goto(site.address + link([['env', environment], ['agent', 'random'], ['seed', '5'], ['episodes', '1']]));
      const figures = new Figures(page);
      await expect.poll(() => figures.number('episode')).toBe(1);
      await page.getByTestId('play').tap();
      const buttons = page.locator('[data-testid^="action-"]');
      await expect(buttons.first()).toBeInViewport({ ratio: 1 });
      expect(await buttons.count()).toBeGreaterThan(1);
      const words = () => page.getByTestId('stage').getAttribute('aria-label');
      const before = await words();
      await expect.poll(async () => {
        // Some actions change nothing at first, and a car needs a while to come to speed.
        const action = page.getByTestId('action-throttle');
        for (const button of (await action.count()) ? [action, action, action] : await buttons.all()) {
          // With forty buttons one round may take longer than anybody should wait.
          if ((await words()) !== before) break;
          // One that the state has not is refused.
          if (await button.isDisabled()) continue;
          await button.tap();
        }
        return words();
      }).not.toBe(before);
    });
  }
});

test('whoever leaves the Lab while playing gives the run back to the agent, and one that held goes on holding', async ({ page, site }) => {
  const figures = await slow(page, site, [['env', 'gridworld']]);
  const there = async (back) => {
    await page.evaluate(() => { location.hash = '#/learn'; });
    await expect(page.getByTestId('stage')).toHaveCount(0);
    await page.evaluate(() => { location.hash = '#/lab'; });
    await expect(page.getByTestId('play')).toHaveAttribute('aria-pressed', 'false');
    await expect.poll(() => figures.phase()).toBe(back);
  };
  await page.getByTestId('play').click();
  await expect.poll(() => figures.phase()).toBe('paused');
  await there('running');
  await figures.pause();
  await page.getByTestId('play').click();
  await there('paused');
});
