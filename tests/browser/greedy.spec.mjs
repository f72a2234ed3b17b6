// The greedy policy on show: learning rests, so nothing is locked.
import { Figures, expect, link, test } from './support.mjs';

test('nothing is locked while the greedy policy is shown, and everything is again when learning goes on', async ({ page, site }) => {
  await page.goto(site.address + link([['env', 'gridworld'], ['agent', 'q-learning'], ['seed', '5'], ['episodes', '20']]));
  const figures = new Figures(page);
  await expect.poll(() => figures.number('episode')).toBe(20);
  await page.getByTestId('train').click();
  const [gamma, alpha, lock] = ['parameter-gamma', 'parameter-alpha', 'lock'].map((name) => page.getByTestId(name));
  await expect(gamma).toBeDisabled();
  await expect(lock).toHaveAttribute('data-value', 'true');

  await page.getByTestId('greedy').click();
  await expect(gamma).toBeEnabled();
  await expect(page.getByTestId('agent')).toBeEnabled();
  await expect(lock).toHaveAttribute('data-value', 'false');
  // What goes live does so, and the agent keeps what it has learned.
  const learned = await figures.number('episode');
  expect(learned).toBeGreaterThanOrEqual(20);
  await alpha.fill('0.25');
  await alpha.press('Enter');
  await expect(alpha).toHaveAttribute('data-value', '0.25');
  expect(await figures.number('episode')).toBeGreaterThanOrEqual(learned);

  await page.getByTestId('greedy').click();
  await expect(gamma).toBeDisabled();
  // What begins anew does so from the greedy policy, too.
  await page.getByTestId('greedy').click();
  await expect(gamma).toBeEnabled();
  await page.getByTestId('train').click();
  await expect(gamma).toBeEnabled();
  await gamma.fill('0.5');
  await gamma.press('Enter');
  await expect(gamma).toHaveAttribute('data-value', '0.5');
  await expect.poll(() => figures.number('episode')).toBeLessThan(learned);
});
