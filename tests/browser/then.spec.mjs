// Replays beside the agent as it was.
import { Figures, expect, link, test } from './support.mjs';

test('an episode stands beside what the agent believed when it began', async ({ page, site }) => {
  await page.goto(site.address + link([['env', 'gridworld'], ['agent', 'q-learning'], ['seed', '5'], ['episodes', '300']]));
  const figures = new Figures(page);
  await expect.poll(() => figures.number('episode')).toBe(300);
  await figures.settled();
  await page.evaluate(() => { location.hash = '#/replay'; });
  await page.getByRole('radio', { name: /^worst/ }).click();
  await expect(page.getByRole('radio', { name: /#45 / })).toBeChecked();
  await page.getByTestId('replay-then').click();
  const inspector = page.getByTestId('inspector');
  await expect(inspector).toBeVisible();
  await page.getByTestId('replay-seek').fill('0');
  const early = await inspector.textContent();
  // The agent of the last episode believes something else in the same state.
  await page.getByRole('radio', { name: /^latest · / }).click();
  await page.getByTestId('replay-then').click();
  await expect(inspector).toBeVisible();
  await page.getByTestId('replay-seek').fill('0');
  expect(await inspector.textContent()).not.toBe(early);
  // The same in the Lab, held where that episode begins.
  await page.getByRole('radio', { name: /^worst/ }).click();
  await page.getByTestId('replay-then-lab').click();
  await expect.poll(() => figures.number('episode')).toBe(45);
  await expect.poll(() => figures.phase()).toBe('paused');
});
