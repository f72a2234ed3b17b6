// Lessons: the page's own, those of teachers in links and files, and what they give back.
import { readFileSync } from 'node:fs';
import { Figures, drop, expect, test } from './support.mjs';

const lessons = JSON.parse(readFileSync(new URL('../../frontend/lessons.json', import.meta.url), 'utf8'));

/** A page on which the first visit's run holds. */
async function held(page, site) {
  await page.goto(site.address);
  const figures = new Figures(page);
  await expect.poll(() => figures.number('episode')).toBeGreaterThan(3);
  return { figures, before: await figures.pause() };
}

test('a lesson shows only what it needs, keeps what is written, and gives everything back when it is left', async ({ page, site }) => {
  const { figures, before } = await held(page, site);
  await page.locator('nav a', { hasText: 'Learn' }).click();
  await expect(page.locator('.lesson-card')).toHaveCount(15);
  await page.getByTestId('lesson-reward').click();
  const lesson = page.getByTestId('lesson');
  await expect(lesson).toHaveAttribute('data-value', '0');
  await expect(page.getByTestId('save-agent')).toHaveCount(0);
  await expect(page.getByTestId('greedy')).toHaveCount(0);
  await expect(page.getByTestId('agent')).toHaveCount(0);
  // It waits, and keys do no more than the buttons that are there.
  await expect(page.getByTestId('train')).toHaveAttribute('data-value', 'ready');
  await page.getByTestId('lesson-kind').click();
  await page.keyboard.press('e');
  await page.keyboard.press('p');
  expect(await figures.number('episode')).toBe(0);
  await page.getByTestId('answer').fill('It will find the plant.');
  await page.getByTestId('lesson-next').click();
  await expect(page.getByTestId('train')).toHaveClass(/highlighted/);
  await page.keyboard.press(' ');
  await expect.poll(() => figures.number('regret'), { timeout: 60_000 }).toBeCloseTo(0, 9);
  await page.getByTestId('parameter-step_reward').fill('-5');
  await page.keyboard.press('Enter');
  await expect.poll(() => figures.number('return'), { timeout: 60_000 }).toBe(-15);
  await page.getByTestId('lesson-back').click();
  await expect(page.getByTestId('answer')).toHaveValue('It will find the plant.');
  await page.getByTestId('lesson-next').click();
  await page.reload();
  await expect(lesson).toHaveAttribute('data-value', '1');
  await page.getByTestId('lesson-back').click();
  await expect(page.getByTestId('answer')).toHaveValue('It will find the plant.');
  await page.getByTestId('leave-lesson').click();
  await expect(lesson).toHaveCount(0);
  await expect(page.getByTestId('save-agent')).toBeVisible();
  await expect.poll(() => figures.hash()).toBe(before.hash);
  expect(await figures.settled()).toEqual(before);
  await page.goto(`${site.address}#/learn`);
  await expect(page.getByTestId('lesson-reward')).toHaveAttribute('data-value', 'begun');
});

test('every lesson opens at every step, to its end', async ({ page, site }) => {
  for (const [id, { steps }] of lessons) {
    await page.goto(`${site.address}#/learn/${id}`);
    const lesson = page.getByTestId('lesson');
    await expect(lesson.locator('h1'), id).toHaveText(lessons.find(([its]) => its === id)[1].title);
    for (const [index, step] of steps.entries()) {
      await expect(lesson, id).toHaveAttribute('data-value', `${index}`);
      for (const [control, rule] of Object.entries(step.controls ?? {})) {
        if (rule === 'highlighted') await expect(page.locator(`[data-control="${control}"].highlighted`), `${id} ${index} ${control}`).toBeVisible();
      }
      if (index + 1 < steps.length) await page.getByTestId('lesson-next').click();
    }
    await page.getByTestId('lesson-finish').click();
    await expect(page.getByTestId('lesson-done')).toBeVisible();
  }
  await expect(page.getByTestId('toast')).toHaveCount(0);
  await page.goto(`${site.address}#/learn`);
  await expect(page.getByTestId('lessons-done')).toHaveAttribute('data-value', '15');
});

test('a teacher makes a lesson of a run, and it opens from its link and from its file', async ({ page, site, browser }) => {
  await held(page, site);
  await page.getByTestId('share').click();
  await page.getByTestId('make-lesson').click();
  await expect(page.getByTestId('lesson-preview')).toBeDisabled();
  await page.getByTestId('lesson-title').fill('My own lesson');
  for (const [index, words] of ['What will it do?', 'Look.', 'Why?'].entries()) {
    await page.getByTestId(`edit-step-${index}`).click();
    await page.getByTestId('lesson-text').fill(words);
  }
  await page.getByTestId('lesson-rest').selectOption('hidden');
  await page.locator('[data-testid=lesson-controls] summary').click();
  await page.getByTestId('lesson-controls').getByTestId('rule-train').selectOption('highlighted');
  const download = page.waitForEvent('download');
  await page.getByTestId('lesson-file').click();
  const file = await download;
  expect(file.suggestedFilename()).toBe('my-own-lesson.lesson.json');
  const json = readFileSync(await file.path(), 'utf8');
  await page.getByTestId('lesson-preview').click();
  const shown = async (page) => {
    await expect(page.getByTestId('lesson').locator('h1')).toHaveText('My own lesson');
    await expect(page.getByTestId('lesson')).toContainText('What will it do?');
    await expect(page.getByTestId('train')).toHaveClass(/highlighted/);
    await expect(page.getByTestId('step')).toHaveCount(0);
    await expect(page.getByTestId('environment')).toHaveCount(0);
  };
  await shown(page);
  const link = page.url();
  expect(link).toMatch(/#\/lesson\/1\.\d+\.[\w-]+$/);
  // Elsewhere, from the link.
  const context = await browser.newContext();
  const other = await context.newPage();
  await other.goto(link);
  await shown(other);
  // And from the file, dropped anywhere.
  await other.goto(`${site.address}#/watch`);
  await drop(other, 'my.lesson.json', json);
  await shown(other);
  // Another file says what it is not.
  await drop(other, 'table.csv', 'a,b\n1,2\n');
  await expect(other.getByTestId('toast').filter({ hasText: 'no file of Terrarium' })).toBeVisible();
  await context.close();
  // A damaged link says so, and the page is as it was.
  for (const [damaged, words] of [[link.slice(0, -9), /cut short/], [link.replace(/.{6}$/, 'AAAAAA'), /changed on its way/]]) {
    await page.goto(damaged);
    await expect(page.getByTestId('toast').filter({ hasText: words })).toBeVisible();
    await expect(page.getByTestId('lesson')).toHaveCount(0);
    await expect(page.getByTestId('save-agent')).toBeVisible();
  }
});

test('a lesson that is not there, and a place that is not there, say so', async ({ page, site }) => {
  await page.goto(`${site.address}#/learn/nothing`);
  await expect(page.getByTestId('toast').filter({ hasText: /no lesson "nothing"/ })).toBeVisible();
  await expect.poll(() => new Figures(page).number('episode')).toBeGreaterThan(0);
  await page.goto(`${site.address}#/nowhere`);
  await expect(page.getByTestId('nowhere')).toContainText('“nowhere”');
  await page.getByRole('link', { name: 'To the Lab' }).click();
  await expect(page.getByTestId('train')).toBeVisible();
});

test('every place has its own title', async ({ page, site }) => {
  for (const [place, title] of [['', 'Lab'], ['#/learn', 'Learn'], ['#/compare', 'Compare'], ['#/watch', 'Watch'], ['#/replay', 'Replays'], ['#/library', 'Library'], ['#/hosts', 'Hosts'], ['#/overlay', 'Overlay'], ['#/run-file', 'Run file'], ['#/nowhere', 'No such place']]) {
    await page.goto(site.address + place);
    await expect(page).toHaveTitle(`${title} · Terrarium`);
  }
});

test('who changes the look twice follows the system again', async ({ page, site }) => {
  await page.emulateMedia({ colorScheme: 'light' });
  await page.goto(site.address);
  const root = page.locator('html');
  await page.getByTestId('theme-toggle').click();
  await expect(root).toHaveAttribute('data-theme', 'dark');
  await page.getByTestId('theme-toggle').click();
  await expect(root).not.toHaveAttribute('data-theme', /./);
  expect(await page.evaluate(() => localStorage.getItem('terrarium.theme'))).toBeNull();
});

test('a first visit is told what it sees, until somebody has had enough of it', async ({ page, site }) => {
  await page.goto(site.address);
  const guide = page.getByTestId('guide');
  await expect(guide).toBeVisible();
  await expect(guide).toHaveAttribute('data-value', 'Learned', { timeout: 60_000 });
  await expect(guide).toContainText('Regret 0.00');
  await page.getByTestId('guide-close').click();
  await expect(guide).toHaveCount(0);
  await page.reload();
  await expect.poll(() => new Figures(page).number('episode')).toBeGreaterThan(0);
  await expect(guide).toHaveCount(0);
});

test('a click on a figure says what it means, and so does the list of keys', async ({ page, site }) => {
  await page.goto(site.address);
  await page.getByTestId('term-regret').click();
  const terms = page.getByTestId('dialog-terms');
  await expect(terms.locator('dt').first()).toHaveText('Regret');
  await expect(terms).toContainText('loses at the start');
  await page.keyboard.press('Escape');
  await expect(terms).toHaveCount(0);
  await page.keyboard.press('?');
  await expect(page.getByTestId('dialog-keys')).toContainText('A chain over every episode');
});

test('a projector shows the stage and one chart', async ({ page, site }) => {
  await page.goto(site.address);
  await expect(page.locator('.area-agent')).toBeVisible();
  await page.getByTestId('present').click();
  await expect(page.locator('.area-agent')).toBeHidden();
  await expect(page.locator('.area-environment')).toBeHidden();
  await expect(page.locator('.charts .chart').locator('visible=true')).toHaveCount(1);
  await expect(page.getByTestId('train')).toBeVisible();
  await page.getByTestId('present').click();
  await expect(page.locator('.area-agent')).toBeVisible();
});

test('on a narrow phone every place fits, and the way to skip leads somewhere', async ({ page, site }) => {
  for (const width of [320, 390]) {
    await page.setViewportSize({ width, height: 760 });
    for (const place of ['#/lab', '#/learn', '#/learn/cliff', '#/compare', '#/watch', '#/replay', '#/library', '#/hosts', '#/overlay', '#/run-file', '#/nowhere']) {
      await page.goto(site.address + place);
      await expect(page.locator('main')).toBeVisible();
      expect(await page.evaluate(() => document.documentElement.scrollWidth), `${place} at ${width}`).toBeLessThanOrEqual(width);
    }
  }
  await page.locator('.skip').focus();
  await page.keyboard.press('Enter');
  await expect(page.locator('main')).toBeFocused();
});

test('the numbers of a state stand beside the pointer, and for keyboards too', async ({ page, site }) => {
  await held(page, site);
  const stage = page.getByTestId('stage');
  const box = await stage.boundingBox();
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  const card = page.getByTestId('pointer-card');
  await expect(card).toHaveAttribute('data-value', '12');
  const place = await card.boundingBox();
  expect(Math.abs(place.x - box.x - box.width / 2)).toBeLessThan(place.width + 30);
  await page.mouse.move(2, 2);
  await expect(card).toHaveCount(0);
  await stage.focus();
  await page.keyboard.press('ArrowRight');
  await expect(card).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(card).toHaveCount(0);
});

test('a click or Enter pins the numbers of a state, and the same lets go', async ({ page, site }) => {
  await held(page, site);
  const stage = page.getByTestId('stage');
  const card = page.getByTestId('pointer-card');
  const { x, y, width, height } = await stage.boundingBox();
  await page.mouse.click(x + width / 2, y + height / 2);
  await expect(card).toHaveAttribute('data-pinned', 'true');
  const place = await card.boundingBox();
  await page.mouse.move(2, 2);
  await expect(card).toHaveAttribute('data-value', '12');
  expect(await card.boundingBox()).toEqual(place);
  await page.mouse.click(x + width / 2, y + height / 2);
  await expect(card).toHaveAttribute('data-pinned', 'false');
  await page.mouse.move(2, 2);
  await expect(card).toHaveCount(0);

  await stage.focus();
  await page.keyboard.press('ArrowRight');
  const walked = await card.getAttribute('data-value');
  await page.keyboard.press('Enter');
  await expect(card).toHaveAttribute('data-pinned', 'true');
  await page.keyboard.press('ArrowRight');
  await expect(card).toHaveAttribute('data-value', walked);
  await page.keyboard.press('Escape');
  await expect(card).toHaveCount(0);
});

test('on a telephone every place is reached at a glance', async ({ page, site }) => {
  for (const width of [320, 390, 430, 700]) {
    await page.setViewportSize({ width, height: 800 });
    await page.goto(`${site.address}#/library`);
    const places = page.locator('.places a');
    await expect(places).toHaveCount(6);
    for (const place of await places.all()) {
      const box = await place.boundingBox();
      expect(box.x, `${await place.textContent()} at ${width}`).toBeGreaterThanOrEqual(0);
      expect(box.x + box.width, `${await place.textContent()} at ${width}`).toBeLessThanOrEqual(width);
      expect(box.height).toBeGreaterThanOrEqual(24);
    }
    expect(await page.locator('.places').evaluate((it) => it.scrollWidth - it.clientWidth)).toBeLessThanOrEqual(0);
  }
});

test('a lesson that is being written is kept when its editor is closed, and closing gives the keyboard back', async ({ page, site }) => {
  await held(page, site);
  const open = async () => {
    await page.getByTestId('share').focus();
    await page.keyboard.press('Enter');
    await page.getByTestId('make-lesson').click();
    await expect(page.getByTestId('lesson-title')).toBeVisible();
  };
  await open();
  await expect(page.getByTestId('lesson-draft')).toHaveCount(0);
  await page.getByTestId('lesson-title').fill('Half a lesson');
  await page.keyboard.press('Escape');
  await expect(page.getByTestId('dialog-lesson-editor')).toHaveCount(0);
  await open();
  await expect(page.getByTestId('lesson-title')).toHaveValue('');
  await page.getByTestId('lesson-draft').click();
  await expect(page.getByTestId('lesson-title')).toHaveValue('Half a lesson');
  await page.getByTestId('dialog-lesson-editor').getByRole('button', { name: 'Close' }).click();
  await expect(page.getByTestId('dialog-lesson-editor')).toHaveCount(0);
  // One that is made of another begins with that one.
  await page.goto(`${site.address}#/learn/reward`);
  await page.getByTestId('remix').focus();
  await page.keyboard.press('Enter');
  await expect(page.getByTestId('lesson-title')).not.toHaveValue('');
  await page.keyboard.press('Escape');
  await expect(page.getByTestId('remix')).toBeFocused();
  // So is a dialog of the page's own program, by its button too.
  await page.getByTestId('keys').focus();
  await page.keyboard.press('Enter');
  await page.getByTestId('dialog-keys').getByRole('button', { name: 'Close' }).click();
  await expect(page.getByTestId('keys')).toBeFocused();
});

test('a step of a lesson that was removed comes back with its words, and what gave way to an earlier draft is offered', async ({ page, site }) => {
  await held(page, site);
  const open = async () => {
    await page.getByTestId('share').click();
    await page.getByTestId('make-lesson').click();
    await expect(page.getByTestId('lesson-title')).toBeVisible();
  };
  await open();
  const [words, remove, restore] = [page.getByTestId('lesson-text'), page.getByRole('button', { name: 'Remove this step' }), page.getByTestId('lesson-restore')];
  const steps = page.locator('[data-testid^="edit-step-"]');
  await page.getByTestId('lesson-title').fill('The first lesson');
  for (const [index, text] of ['What will it do?', 'Look.', 'Why?'].entries()) {
    await page.getByTestId(`edit-step-${index}`).click();
    await words.fill(text);
  }
  for (const index of [1, 0]) {
    await page.getByTestId(`edit-step-${index}`).click();
    await remove.click();
  }
  await expect(words).toHaveValue('Why?');
  // What is written meanwhile stays.
  await words.fill('Why, then?');
  for (const text of ['What will it do?', 'Look.']) {
    await restore.click();
    await expect(words).toHaveValue(text);
  }
  await expect(restore).toHaveCount(0);
  await expect(steps).toHaveCount(3);
  await page.getByTestId('edit-step-2').click();
  await expect(words).toHaveValue('Why, then?');
  await page.keyboard.press('Escape');

  await open();
  await page.getByTestId('lesson-title').fill('The second lesson');
  for (const title of ['The first lesson', 'The second lesson', 'The first lesson']) {
    await page.getByTestId('lesson-draft').click();
    await expect(page.getByTestId('lesson-title')).toHaveValue(title);
  }
});

test.describe('an editor of lessons that does not arrive', () => {
  test.use({ serviceWorkers: 'block', expected: /Failed to load resource|ERR_FAILED|places|later/ });

  test('is said, and everything else goes on', async ({ page, site }) => {
    await page.route(/places-[0-9a-f]+_bg\.wasm/, (route) => route.fulfill({ status: 404 }));
    await held(page, site);
    await page.getByTestId('share').click();
    await page.getByTestId('make-lesson').click();
    await expect(page.getByTestId('dialog-lesson-editor').getByRole('alert')).toContainText('could not be loaded');
    await page.keyboard.press('Escape');
    await expect(page.getByTestId('train')).toBeVisible();
  });
});
