// Overlay: runs of a relay over each other, by group, with what is different between them, and a link that shows the same.
import { Relay, expect, findings, run, test } from './support.mjs';

test.describe('overlay', () => {
  let relay;

  test.beforeAll(async () => {
    relay = await Relay.start();
    const finished = ['0.1', '0.5', '0.9'].flatMap((alpha) =>
      [1, 2].map((seed) =>
        run(relay, 'frozen-lake', '--agent', 'q-learning', '--set', `alpha=${alpha}`, '--seed', `${seed}`, '--steps', '20000', '--run', `a${alpha}-${seed}`)));
    finished.push(run(relay, 'cart-pole', '--agent', 'ppo', '--steps', '4096', '--run', 'neural'));
    for (const trainer of finished) expect((await trainer.ended).code, trainer.said).toBe(0);
  });

  test.afterAll(async () => relay.end());

  const chart = (page, name) => page.getByTestId(`overlay-${name}`);
  const shown = (page) => page.getByTestId('overlay-shown');

  test('runs lie over each other, alone and by group, and the address shows the same again', async ({ page }) => {
    await page.goto(`${relay.address}#/watch`);
    await page.getByTestId('to-overlay').click();
    await expect(shown(page)).toHaveAttribute('data-value', '7', { timeout: 60_000 });
    await expect(chart(page, 'return')).toHaveAttribute('data-value', '7');
    // Only one agent and one environment are left.
    await page.getByTestId('overlay-run-neural').getByRole('checkbox').uncheck();
    await expect(shown(page)).toHaveAttribute('data-value', '6');
    await expect(page).toHaveURL(/overlay\/a0\.\d-\d\+/);
    await page.getByTestId('overlay-group').selectOption('agent_alpha');
    await expect(chart(page, 'return')).toHaveAttribute('data-value', '3');
    await page.getByTestId('show-charts/epsilon').click();
    await expect(chart(page, 'charts/epsilon')).toHaveAttribute('data-value', '3');
    await page.getByTestId('overlay-x-seconds').click();
    await page.getByTestId('overlay-window').selectOption('200');
    expect(await findings(page)).toEqual([]);

    const box = await chart(page, 'return').locator('canvas').boundingBox();
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    await expect(chart(page, 'return').locator('.reading li')).not.toHaveCount(0);
    await expect(chart(page, 'charts/epsilon').locator('.reading li')).not.toHaveCount(0);

    await page.goto('about:blank');
    await page.goBack();
    await expect(chart(page, 'return')).toHaveAttribute('data-value', '3', { timeout: 60_000 });
    await expect(chart(page, 'charts/epsilon')).toHaveAttribute('data-value', '3');
    await expect(page.getByTestId('overlay-window')).toHaveValue('200');
    await expect(page.getByTestId('overlay-x-seconds')).toHaveAttribute('aria-checked', 'true');
  });

  test('settings and results: a drag along an axis keeps the runs that cross it there', async ({ page }) => {
    const runs = ['0.1', '0.5', '0.9'].flatMap((alpha) => [`a${alpha}-1`, `a${alpha}-2`]).join('+');
    await page.goto(`${relay.address}#/overlay/${runs}`);
    const parallel = page.getByTestId('parallel');
    await expect(parallel).toHaveAttribute('data-value', '6', { timeout: 60_000 });
    await expect(page.getByTestId('differences')).toContainText('agent_alpha');
    const picture = parallel.locator('svg');
    await picture.scrollIntoViewIfNeeded();
    const box = await picture.boundingBox();
    // The first axis, from its top to just below its middle: 0.9 and 0.5.
    const at = (across, down) => [box.x + (across / 1000) * box.width, box.y + (down / 300) * box.height];
    await page.mouse.move(...at(70, 36));
    await page.mouse.down();
    await page.mouse.move(...at(70, 120));
    await page.mouse.move(...at(70, 165));
    await page.mouse.up();
    await expect(parallel).toHaveAttribute('data-value', '4');
    await page.mouse.click(...at(70, 100));
    await expect(parallel).toHaveAttribute('data-value', '6');
    await expect(page.getByTestId('pareto')).toHaveAttribute('data-value', /a0\.\d-\d/);
    await page.getByTestId('find-runs').fill('a0.9');
    await expect(page.getByTestId('overlay-run-a0.1-1')).toHaveCount(0);
    await expect(page.getByTestId('overlay-run-a0.9-1')).toBeVisible();
  });

  test('with an agent and an environment that differ, both are what runs are grouped by', async ({ page }) => {
    await page.goto(`${relay.address}#/overlay/neural+a0.5-1`);
    await expect(shown(page)).toHaveAttribute('data-value', '2', { timeout: 60_000 });
    await expect(page.getByTestId('overlay-group')).toContainText('environment');
    await page.getByTestId('show-losses/policy_loss').click();
    await expect(chart(page, 'losses/policy_loss')).toHaveAttribute('data-value', '1');
  });
});
