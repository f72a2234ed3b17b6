// What a field refuses is said beside it, by its label and in the language of the page.
import { expect, link, test } from './support.mjs';

const RUN = link([['env', 'gridworld'], ['agent', 'q-learning'], ['seed', '5'], ['episodes', '1']]);

test.describe('in German', () => {
  test.use({ locale: 'de-DE' });

  test('a number out of range is refused by its label and range', async ({ page, site }) => {
    await page.goto(site.address + RUN);
    const goal = page.getByTestId('parameter-goal_reward');
    await goal.fill('100000');
    await goal.press('Enter');
    const said = page.getByRole('alert').filter({ hasText: /von −100 bis 100/ });
    await expect(said).toHaveText('Nicht übernommen: Ziel muss eine Zahl von −100 bis 100 sein, nicht „100000“.');
    await expect(goal).toHaveAttribute('aria-invalid', 'true');
    await expect(page.locator('.field', { has: goal }).getByRole('alert')).toHaveCount(1);
    await goal.fill('20');
    await goal.press('Enter');
    await expect(said).toHaveCount(0);
  });
});

test('no refusal calls a setting by the name that programs have for it', async ({ page, site }) => {
  await page.goto(site.address + RUN);
  for (const details of await page.locator('[data-testid^="more-"]').all()) await details.click();
  const fields = page.locator('.field input[type="text"][data-testid^="parameter-"]');
  await expect(fields.first()).toBeVisible();
  for (const field of await fields.all()) {
    const name = (await field.getAttribute('data-testid')).replace('parameter-', '');
    const label = await page.locator(`label[for="field-${name}"]`).evaluate((it) => it.firstChild.textContent);
    await field.fill('nonsense');
    await field.press('Enter');
    const said = page.locator('.field', { has: page.getByTestId(`parameter-${name}`) }).getByRole('alert');
    await expect(said, name).toContainText(`Not taken: ${label} must be `);
    if (name.includes('_')) await expect(said, name).not.toContainText(name);
  }
});
