// The lobby: runs are found, named and tagged, and who watches them is told.
import { Relay, expect, run, test } from './support.mjs';

test.describe('the list of runs', () => {
  let relay;
  const trainers = [];

  test.beforeEach(async () => {
    relay = await Relay.start('--controller-token', 'right');
    for (const [name, environment] of [['one', 'gridworld'], ['two', 'frozen-lake']]) {
      trainers.push(run(relay, environment, '--agent', 'q-learning', '--endless', '--speed', '200', '--run', name));
    }
  });

  test.afterEach(async ({ page }) => {
    await page.close();
    for (const trainer of trainers.splice(0)) await trainer.end();
    await relay.end();
  });

  const card = (page, name) => page.getByTestId(`run-card-${name}`);
  const viewers = (page, name) => card(page, name).getByTestId('viewers');

  test('finds runs by the names and tags that a controller gives them, in every tab', async ({ page, context }) => {
    await page.goto(`${relay.address}#/watch`);
    await expect(card(page, 'one')).toBeVisible({ timeout: 60_000 });
    await expect(card(page, 'two')).toBeVisible({ timeout: 60_000 });

    // A viewer reads names and changes none.
    const other = await context.newPage();
    await other.goto(`${relay.address}#/hosts`);
    await other.getByTestId('run-names').locator('summary').click({ timeout: 60_000 });
    await expect(other.getByTestId('run-name-one')).toHaveCount(0);
    await other.getByTestId('command-token').locator('summary').click();
    await other.getByTestId('relay-token').fill('right');
    await other.keyboard.press('Enter');
    await other.getByTestId('run-name-one').fill('First of May');
    await other.getByTestId('run-name-one').blur();
    await other.getByTestId('run-tags-two').fill('slow, course');
    await other.getByTestId('run-tags-two').blur();
    await expect(card(page, 'one')).toContainText('First of May');
    await expect(card(page, 'two')).toContainText('course · slow');

    const filter = page.getByTestId('filter-runs');
    for (const [words, shown] of [['may FIRST', ['one']], ['course', ['two']], ['frozen', ['two']], ['', ['one', 'two']]]) {
      await filter.fill(words);
      for (const name of ['one', 'two']) await expect(card(page, name)).toHaveCount(shown.includes(name) ? 1 : 0);
    }
    await filter.fill('nobody');
    await expect(page.getByRole('status').filter({ hasText: 'Nothing here fits' })).toBeVisible();
  });

  test('tells how many watch each run', async ({ page, context }) => {
    await page.goto(`${relay.address}#/watch`);
    await expect(viewers(page, 'one')).toHaveAttribute('data-value', '1', { timeout: 60_000 });
    const other = await context.newPage();
    await other.goto(`${relay.address}#/watch/one`);
    await expect(viewers(page, 'one')).toHaveAttribute('data-value', '2', { timeout: 60_000 });
    await expect(viewers(page, 'two')).toHaveAttribute('data-value', '1');
    await other.close();
    await expect(viewers(page, 'one')).toHaveAttribute('data-value', '1');
  });
});
