// Settings in the library: environment, agent and seed without a run, kept from the Lab, opened there again, moved as a file.
import { readFileSync } from 'node:fs';
import { Figures, drop, expect, go, link, test } from './support.mjs';

const items = (page) => page.locator('[data-testid^="item-"]');
const RUN = [['env', 'gridworld'], ['env.slip', '0.25'], ['agent', 'sarsa'], ['agent.gamma', '0.5'], ['seed', '11'], ['episodes', '30']];

test('settings are kept without their run, begin anew in the Lab, and move as a file', async ({ page, site }) => {
  await page.goto(site.address + link(RUN));
  await expect.poll(() => new Figures(page).number('episode')).toBe(30);
  await page.getByTestId('share').click();
  await page.getByTestId('keep-settings').click();
  await expect(page.getByTestId('toast').filter({ hasText: 'Saved in the library' })).toBeVisible();
  await page.keyboard.press('Escape');

  await go(page, '#/library');
  await expect(items(page)).toHaveCount(1);
  await expect(items(page)).toContainText('Gridworld · SARSA');
  await expect(items(page)).toHaveAttribute('data-kind', 'Settings');
  for (const [kind, number] of [['run', 0], ['settings', 1]]) {
    await page.getByTestId(`kind-${kind}`).click();
    await expect(items(page)).toHaveCount(number);
  }
  const downloading = page.waitForEvent('download');
  await page.getByTestId('to-file').click();
  const file = readFileSync(await (await downloading).path());

  // Something else is on show meanwhile, and the item is gone and comes back by its file.
  await go(page, link([['env', 'cliff-walking'], ['agent', 'q-learning'], ['seed', '1'], ['episodes', '5']]));
  await expect.poll(() => new Figures(page).number('episode')).toBe(5);
  await go(page, '#/library');
  await page.getByTestId('delete').click();
  await expect(items(page)).toHaveCount(0);
  await drop(page, 'settings.terrarium-library', file);
  await expect(items(page)).toHaveCount(1);

  await page.getByTestId('open').click();
  for (const [name, value] of [['environment', 'gridworld'], ['agent', 'sarsa']]) await expect(page.getByTestId(name)).toHaveValue(value);
  for (const [name, value] of [['slip', '0.25'], ['gamma', '0.5']]) {
    await expect(page.getByTestId(`parameter-${name}`)).toHaveAttribute('data-value', value);
  }
  await expect(page.getByTestId('seed')).toHaveValue('11');
});

test('settings that are opened twice begin anew each time, though no link was opened in between', async ({ page, site }) => {
  const figures = new Figures(page);
  await page.goto(site.address + link(RUN));
  await expect.poll(() => figures.number('episode')).toBe(30);
  await page.getByTestId('share').click();
  await page.getByTestId('keep-settings').click();
  await page.keyboard.press('Escape');
  for (const _ of [1, 2]) {
    await go(page, '#/library');
    await page.getByTestId('open').click();
    await expect(page.getByTestId('agent')).toHaveValue('sarsa');
    await expect.poll(() => figures.phase()).toBe('running');
    await expect.poll(() => figures.number('episode')).toBeGreaterThan(30);
    await figures.pause();
  }
});
