// Settings: sliders, fields, presets; what is entered counts, and what changes nothing restarts nothing.
import { Figures, expect, link, test } from './support.mjs';

const RUN = [['env', 'gridworld'], ['agent', 'q-learning'], ['seed', '5'], ['episodes', '20']];

/** A page whose run holds after 20 episodes. */
async function held(page, site, pairs = RUN) {
  await page.goto(site.address + link(pairs));
  const figures = new Figures(page);
  await expect.poll(() => figures.number('episode')).toBe(20);
  await figures.settled();
  return figures;
}

const epochOf = (page) => page.getByTestId('curve').getAttribute('data-epoch');
const focused = (page) => page.evaluate(() => document.activeElement?.dataset.testid);

test('an arrow key moves a slider by one step, and the keyboard stays where it is', async ({ page, site }) => {
  const figures = await held(page, site);
  const [slider, number] = [page.getByTestId('slider-goal_reward'), page.getByTestId('parameter-goal_reward')];
  await slider.focus();
  for (const expected of ['10.5', '11', '11.5']) {
    await page.keyboard.press('ArrowRight');
    await expect(number).toHaveAttribute('data-value', expected);
    expect(await focused(page)).toBe('slider-goal_reward');
  }
  await expect.poll(() => figures.number('episode')).toBe(0);
  // The agent's form is not locked while the run that is to hold begins.
  await page.getByTestId('slider-alpha').focus();
  for (const expected of ['0.11', '0.12', '0.13']) {
    await page.keyboard.press('ArrowUp');
    await expect(page.getByTestId('parameter-alpha')).toHaveAttribute('data-value', expected);
  }
  await figures.settled();
  expect(await focused(page)).toBe('slider-alpha');
  expect(await figures.phase()).toBe('ready');
});

test('a form that is locked keeps the keyboard, and gives it back where it was', async ({ page, site }) => {
  const figures = await held(page, site);
  for (const name of ['agent', 'defaults-q-learning', 'slider-gamma']) {
    await page.getByTestId(name).focus();
    await page.getByTestId('train').evaluate((button) => button.click());
    await expect.poll(() => figures.phase()).toBe('running');
    await expect.poll(() => focused(page)).toBe('lock');
    // Keys are heard there.
    await page.keyboard.press(' ');
    await expect.poll(() => figures.phase()).toBe('paused');
    await expect.poll(() => focused(page)).toBe(name);
  }
  // By the space bar from a slider, which does not take it.
  await page.keyboard.press(' ');
  await expect.poll(() => focused(page)).toBe('lock');
  // What can change while it learns is not locked.
  await page.keyboard.press(' ');
  await expect.poll(() => figures.phase()).toBe('paused');
  await page.getByTestId('slider-alpha').focus();
  await page.keyboard.press(' ');
  await expect.poll(() => figures.phase()).toBe('running');
  expect(await focused(page)).toBe('slider-alpha');
  // Whoever goes on elsewhere meanwhile stays there.
  await page.getByTestId('slider-slip').focus();
  await page.keyboard.press(' ');
  await expect.poll(() => figures.phase()).toBe('paused');
  expect(await focused(page)).toBe('slider-slip');
});

test('a form stays in its place while the run of an entry begins, however slowly its worker speaks', async ({ page, site }) => {
  // Every message is seen in a frame of its own: also the one in which the old run has gone and the new one has not come.
  await page.addInitScript(() => {
    const { set } = Object.getOwnPropertyDescriptor(Worker.prototype, 'onmessage');
    const frame = () => new Promise((seen) => requestAnimationFrame(seen));
    Object.defineProperty(Worker.prototype, 'onmessage', {
      set(heard) {
        let before = Promise.resolve();
        const slowly = async (event) => {
          await before;
          for (let frames = 0; window.slow && frames < 3; frames += 1) await frame();
          heard.call(this, event);
        };
        set.call(this, heard && ((event) => { before = slowly(event); }));
      },
    });
  });
  const figures = await held(page, site, [['env', 'frozen-lake'], ['agent', 'sarsa'], ['seed', '5'], ['episodes', '20']]);
  await page.evaluate(() => {
    window.slow = true;
    window.seen = new Set();
    const look = () => {
      window.seen.add(['environment', 'agent'].map((name) => document.querySelector(`[data-testid=${name}]`)?.value).join(' '));
      requestAnimationFrame(look);
    };
    look();
  });
  for (const [name, expected] of [['gamma', '0.98'], ['step_limit', '1'], ['alpha', '0.11']]) {
    const [slider, number] = [page.getByTestId(`slider-${name}`), page.getByTestId(`parameter-${name}`)];
    const epoch = await epochOf(page);
    await slider.focus();
    await page.keyboard.press(name === 'gamma' ? 'ArrowLeft' : 'ArrowRight');
    await expect(page.getByTestId('curve')).not.toHaveAttribute('data-epoch', epoch);
    await figures.settled();
    await expect(number).toHaveAttribute('data-value', expected);
    await expect.poll(() => focused(page)).toBe(`slider-${name}`);
  }
  expect(await page.evaluate(() => [...window.seen])).toEqual(['frozen-lake sarsa']);
});

test('what changes nothing restarts nothing', async ({ page, site }) => {
  const figures = await held(page, site);
  await page.getByTestId('train').click();
  await expect.poll(() => figures.phase()).toBe('running');
  const epoch = await epochOf(page);
  // At its end an arrow key changes nothing; nor does what is there already.
  await page.getByTestId('slider-slip').press('ArrowLeft');
  for (const [field, text] of [['parameter-slip', '0.00'], ['seed', '5'], ['parameter-step_reward', '-0,10']]) {
    await page.getByTestId(field).fill(text);
    await page.getByTestId(field).press('Enter');
  }
  await page.getByTestId('defaults-gridworld').click();
  await page.getByTestId('environment').selectOption('gridworld');
  const before = await figures.number('episode');
  await expect.poll(() => figures.number('episode')).toBeGreaterThan(before);
  expect(await epochOf(page)).toBe(epoch);
  // A step does.
  await page.getByTestId('slider-slip').press('ArrowRight');
  await expect(page.getByTestId('curve')).not.toHaveAttribute('data-epoch', epoch);
  await expect(page.getByTestId('parameter-slip')).toHaveAttribute('data-value', '0.01');
});

test('what is typed stays while the page is drawn anew, and counts when it is entered', async ({ page, site }) => {
  const figures = await held(page, site);
  const slip = page.getByTestId('parameter-slip');
  await slip.fill('0.3');
  await page.getByTestId('train').evaluate((button) => button.click());
  await expect.poll(() => figures.phase()).toBe('running');
  await page.getByTestId('train').evaluate((button) => button.click());
  await figures.settled();
  await page.getByTestId('stage').hover();
  await expect(slip).toHaveValue('0.3');
  await expect(slip).toHaveAttribute('data-value', '0');
  await slip.press('Enter');
  await expect(slip).toHaveAttribute('data-value', '0.3');
  // What cannot be taken is named, and stays to be mended.
  await slip.fill('7');
  await slip.press('Enter');
  await expect(page.getByRole('alert').filter({ hasText: /from 0 to 1/ })).toBeVisible();
  await expect(slip).toHaveValue('7');
});

test('a preset sets everything, changes are marked, and Defaults takes them back', async ({ page, site }) => {
  await held(page, site);
  const number = (name) => page.getByTestId(`parameter-${name}`);
  const marks = page.locator('.area-environment .changed');
  await expect(marks).toHaveCount(0);
  await expect(page.getByTestId('defaults-gridworld')).toHaveAttribute('aria-pressed', 'true');
  await number('slip').fill('0.25');
  await number('slip').press('Enter');
  await expect(marks).toHaveCount(1);
  await expect(marks).toHaveAttribute('aria-label', 'changed from 0');
  await page.getByTestId('preset-easy').click();
  await expect(page.getByTestId('preset-easy')).toHaveAttribute('aria-pressed', 'true');
  await expect(number('slip')).toHaveAttribute('data-value', '0');
  await page.getByTestId('defaults-gridworld').click();
  await expect(marks).toHaveCount(0);
  await expect(page.getByTestId('preset-easy')).toHaveAttribute('aria-pressed', 'false');
});

test('a preset that is clicked right after the environment was picked is taken', async ({ page, site }) => {
  await page.goto(site.address);
  await expect.poll(() => new Figures(page).number('episode')).toBeGreaterThan(0);
  await page.getByTestId('environment').evaluate(async (menu) => {
    menu.value = 'mountain-car';
    menu.dispatchEvent(new Event('change', { bubbles: true }));
    const preset = () => document.querySelector('[data-testid=preset-tabular]');
    // As soon as the form is there, long before the worker has answered.
    await new Promise((resolve) => {
      const look = () => {
        if (!preset()) return;
        observer.disconnect();
        preset().click();
        resolve();
      };
      const observer = new MutationObserver(look);
      observer.observe(document.body, { childList: true, subtree: true });
      look();
    });
  });
  await expect(page.getByTestId('preset-tabular')).toHaveAttribute('aria-pressed', 'true');
  await expect.poll(async () => (await page.getByTestId('curve').getAttribute('data-episodes')) !== null).toBe(true);
  await expect.poll(() => new Figures(page).phase()).toBe('running');
  await expect(page.getByTestId('environment')).toHaveValue('mountain-car');
  await expect(page.getByTestId('preset-tabular')).toHaveAttribute('aria-pressed', 'true');
  await expect(page.getByTestId('agent').locator('option[value="q-learning"]')).toBeEnabled();
});

test('a table that cannot be read stays where it was typed, beside the reason', async ({ page, site }) => {
  await held(page, site, [['env', 'mdp'], ['agent', 'q-learning'], ['seed', '5'], ['episodes', '20']]);
  const table = page.getByTestId('parameter-table');
  await page.getByTestId('more-mdp').click().catch(() => {});
  const before = await table.inputValue();
  await table.fill('a,go,2,b,1');
  await table.blur();
  await expect(page.getByTestId('not-taken')).toContainText(/Not taken: Table: /);
  await expect(table).toHaveValue('a,go,2,b,1');
  await page.getByTestId('take-back').click();
  await expect(page.getByTestId('not-taken')).toBeHidden();
  await expect(table).toHaveValue(before);
});

test('a map that was drawn is there again when its dialog was closed by a key', async ({ page, site }) => {
  await held(page, site);
  const open = () => page.getByTestId('edit-map').click();
  const map = page.getByTestId('map-canvas');
  await open();
  const before = await map.getAttribute('data-value');
  await page.getByTestId('brush-#').click();
  await map.focus();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Space');
  await expect(map).not.toHaveAttribute('data-value', before);
  const drawn = await map.getAttribute('data-value');
  await page.keyboard.press('Escape');
  await open();
  await expect(map).toHaveAttribute('data-value', drawn);
  await page.getByTestId('map-cancel').click();
  await open();
  await expect(map).toHaveAttribute('data-value', before);
});

test('settings that an agent takes up while it learns are not locked, and one chip alone is pressed', async ({ page, site }) => {
  const figures = await held(page, site);
  await page.getByTestId('train').click();
  await expect.poll(() => figures.phase()).toBe('running');
  const epoch = await epochOf(page);
  const [defaults, alpha] = [page.getByTestId('defaults-q-learning'), page.getByTestId('parameter-alpha')];
  await page.getByTestId('slider-alpha').press('ArrowUp');
  await expect(alpha).toHaveAttribute('data-value', '0.11');
  await expect(defaults).toBeEnabled();
  // What begins anew says so before.
  await expect(page.locator('.area-environment')).toContainText('a change begins anew');
  await expect(page.getByTestId('preset-aggressive')).toBeDisabled();
  await expect(page.getByTestId('preset-aggressive')).toHaveAttribute('title', 'locked while it learns');
  await defaults.click();
  await expect(alpha).toHaveAttribute('data-value', '0.1');
  await expect(defaults).toHaveAttribute('aria-pressed', 'true');
  expect(await epochOf(page)).toBe(epoch);
  expect(await figures.phase()).toBe('running');
  // What a network is by default is one of its presets, too.
  await page.goto(site.address + link([['env', 'cart-pole'], ['agent', 'ppo'], ['seed', '5'], ['episodes', '20']]));
  const pressed = page.locator('.area-agent .chip[aria-pressed="true"]');
  await expect(pressed).toHaveText(['Defaults: Medium network']);
});
