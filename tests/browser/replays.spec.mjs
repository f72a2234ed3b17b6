// Replays: choosing episodes, two side by side, long ones, tables and films of them, and how all of them went.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, Figures, link, nativeRun, test } from './support.mjs';

/** A run of so many episodes, and then its replays, standing still at the start. */
async function replays(page, site, episodes) {
  await page.goto(site.address + link([['env', 'gridworld'], ['agent', 'q-learning'], ['seed', '42'], ['episodes', `${episodes}`]]));
  await expect.poll(() => new Figures(page).number('episode')).toBe(episodes);
  await page.evaluate(() => { location.hash = '#/replay'; });
  await expect(page.getByTestId('replay-at')).toBeVisible();
  await page.keyboard.press('Home');
  await expect(page.getByTestId('replay-at')).toHaveAttribute('data-value', '0');
}

/** What a button downloads. */
async function downloaded(page, button) {
  const download = page.waitForEvent('download');
  await page.getByTestId(button).click();
  return readFileSync(await (await download).path());
}

test('an episode stands once with all it was kept for, and another one beside it in step', async ({ page, site }) => {
  await replays(page, site, 60);
  const names = await page.locator('[data-testid^="recorded-"]').allTextContents();
  const numbers = names.map((name) => name.match(/#([\d\u202f]+)/)[1]);
  expect(new Set(numbers).size, names.join(' | ')).toBe(numbers.length);

  const options = page.getByTestId('replay-beside').locator('option');
  await expect(options).toHaveCount(names.length + 1);
  await page.getByTestId('replay-beside').selectOption({ index: names.length });
  await expect(page.getByTestId('stage')).toHaveCount(2);
  for (const at of [1, 2]) {
    await page.keyboard.press('.');
    await expect(page.getByTestId('replay-step-number')).toHaveAttribute('data-value', new RegExp(`^${at} `));
    await expect(page.getByTestId('replay-beside-step-number')).toHaveAttribute('data-value', new RegExp(`^${at} `));
  }
  // The shorter one stays at its end while the longer one goes on.
  await page.keyboard.press('End');
  for (const step of [page.getByTestId('replay-step-number'), page.getByTestId('replay-beside-step-number')]) {
    const [at, all] = (await step.getAttribute('data-value')).split(/\D+/);
    expect(at).toBe(all);
  }
  await page.getByTestId('replay-beside').selectOption('');
  await expect(page.getByTestId('stage')).toHaveCount(1);
});

test('the list is live, and what plays stays', async ({ page, site }) => {
  await page.goto(site.address + link([['env', 'gridworld'], ['agent', 'q-learning'], ['seed', '42']]));
  // A first visit trains by itself; a click would hold it.
  await expect(page.getByTestId('train')).toHaveAttribute('data-value', 'running');
  await page.evaluate(() => { location.hash = '#/replay'; });
  const chosen = page.locator('[data-testid^="recorded-"][aria-checked="true"]');
  const first = await chosen.textContent();
  const newest = page.getByTestId('recorded-0');
  const [was, at] = [await newest.textContent(), await page.getByTestId('replay-seek').getAttribute('max')];
  await expect(newest).not.toHaveText(was);
  await expect(chosen).toHaveText(first);
  await expect(page.getByTestId('replay-seek')).toHaveAttribute('max', at);
  await expect(chosen).toHaveCount(1);

  await newest.click();
  await expect(chosen).not.toHaveText(first);
});

test('how the episodes went is told in small charts', async ({ page, site }) => {
  await replays(page, site, 60);
  const share = async (name) => Number(await page.getByTestId(`tally-${name}`).getAttribute('data-value'));
  expect((await share('goal')) + (await share('pit'))).toBeCloseTo(1, 9);
  await expect(page.getByTestId('tally-goal').locator('polyline')).toHaveAttribute('points', /\d/);
});

test('the steps of an episode are a table', async ({ page, site }) => {
  await replays(page, site, 60);
  const last = Number(await page.getByTestId('replay-seek').getAttribute('max'));
  const rows = (await downloaded(page, 'replay-csv')).toString().trim().split('\n').map((row) => row.split(','));
  expect(rows.shift().slice(0, 7)).toEqual(['step', 'action', 'reward', 'return', 'state', 'terminated', 'truncated']);
  expect(rows.length).toBe(last + 1);
  await page.keyboard.press('End');
  const told = await page.getByTestId('replay-return').getAttribute('data-value');
  expect(Number(rows.at(-1)[3])).toBeCloseTo(Number(told.replace('−', '-')), 2);
});

test('an episode of 100 000 steps is at any moment at once', async ({ page, site }, info) => {
  // The recycling robot never arrives.
  const runs = info.outputPath('runs');
  nativeRun('mdp', '--agent', 'random', '--env', 'step_limit=100000', '--episodes', '1', '--runs', runs);
  const file = readdirSync(runs, { recursive: true }).find((name) => name.endsWith(join('replays', 'best.json')));
  await page.goto(`${site.address}#/replay`);
  await page.getByTestId('any-file').first().setInputFiles(join(runs, file));
  await expect(page.getByTestId('opened-episode')).toBeVisible();
  await page.keyboard.press('End');
  await expect(page.getByTestId('replay-at')).toHaveAttribute('data-value', '100000');
  const whole = await page.getByTestId('replay-return').getAttribute('data-value');
  const recorded = JSON.parse(readFileSync(join(runs, file), 'utf8')).recorded_episode;
  expect(Number(whole.replace('−', '-'))).toBeCloseTo(recorded.episodic_return ?? recorded.return, 2);
  for (const at of ['50000', '49999', '1']) {
    await page.getByTestId('replay-seek').fill(at);
    await expect(page.getByTestId('replay-at')).toHaveAttribute('data-value', at);
    await expect(page.getByTestId('replay-step-number')).toHaveAttribute('data-value', new RegExp(`^${at} `));
  }
});

test('a film of an episode is a video', async ({ page, site }) => {
  await replays(page, site, 60);
  await page.getByRole('radio', { name: '16×' }).click();
  const film = await downloaded(page, 'replay-film');
  // The first bytes of every WebM file.
  expect(film.subarray(0, 4)).toEqual(Buffer.from([0x1a, 0x45, 0xdf, 0xa3]));
  expect(film.includes('webm')).toBe(true);
  await expect(page.getByTestId('replay-film')).toHaveAttribute('data-value', 'false');
});

for (const [environment, agent, names, episodes] of [
  ['daladala', 'linear-sarsa', ['fines', 'passengers'], 200],
  ['tetris', 'linear-sarsa', ['lines'], 60],
  ['racing', 'linear-sarsa', ['laps'], 60],
]) {
  test(`what ${environment} counts is told in small charts`, async ({ page, site }) => {
    await page.goto(site.address + link([['env', environment], ['agent', agent], ['seed', '3'], ['episodes', `${episodes}`]]));
    await expect.poll(() => new Figures(page).number('episode'), { timeout: 60_000 }).toBe(episodes);
    await page.evaluate(() => { location.hash = '#/replay'; });
    await expect(page.getByTestId('replay-at')).toBeVisible();
    for (const name of names) {
      await expect(page.getByTestId(`tally-${name}`)).toHaveAttribute('data-value', /^\d/);
      await expect(page.getByTestId(`tally-${name}`).locator('polyline')).toHaveAttribute('points', /\d/);
    }
  });
}
