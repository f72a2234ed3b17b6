// Checkpoints: the agent of any moment of a run plays in the tab, while the run goes on and after everything but the relay has gone.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Figures, Relay, expect, findings, resume, run, test } from './support.mjs';

test.describe('checkpoints', () => {
  let relay;
  let trainers = [];

  test.beforeEach(async () => {
    relay = await Relay.start();
  });

  test.afterEach(async ({ page }) => {
    await page.close();
    for (const trainer of trainers) await trainer.end();
    trainers = [];
    await relay.end();
  });

  const start = (...options) => {
    const trainer = run(relay, ...options, '--endless', '--save-every', '0.5');
    trainers.push(trainer);
    return trainer;
  };
  const row = (page, run) => page.getByTestId(`row-${run}`);
  const plays = (page, run) => expect(row(page, run)).toHaveAttribute('data-value', 'plays', { timeout: 30_000 });
  const step = async (page, run) => Number(await row(page, run).getAttribute('data-step'));
  const judged = (page, run) => row(page, run).getByTestId('checkpoint-judged');

  test('the needle lets the agent of a moment play, when its trainer is gone, too', async ({ page }) => {
    const trainer = start('frozen-lake', '--agent', 'q-learning', '--speed', '20000', '--run', 'one');
    await page.goto(`${relay.address}#/watch/one`);
    await page.getByTestId('to-checkpoints').click({ timeout: 60_000 });
    await plays(page, 'one');
    await expect.poll(async () => Number(await page.getByTestId('needle').getAttribute('max'))).toBeGreaterThan(5);
    await trainer.end();
    await page.reload();
    await plays(page, 'one');
    const last = await step(page, 'one');
    await expect(judged(page, 'one')).toHaveAttribute('data-value', /\d/, { timeout: 30_000 });

    await page.getByTestId('needle').focus();
    await page.keyboard.press('Home');
    await expect.poll(() => step(page, 'one')).toBeLessThan(last);
    await plays(page, 'one');
    await expect(page.getByTestId('needle-step')).toHaveAttribute('data-value', String(await step(page, 'one')));
    await page.keyboard.press('End');
    await expect.poll(() => step(page, 'one')).toBe(last);
    // A click on the curve puts the needle at the checkpoint nearest to it; they are up to a seventh of the run apart.
    const curve = await page.getByTestId('checkpoint-curve').boundingBox();
    await page.mouse.click(curve.x + curve.width / 10, curve.y + 30);
    await expect.poll(() => step(page, 'one')).toBeLessThan(0.3 * last);
    await page.getByTestId('run-through').click();
    await expect(page.getByTestId('run-through')).toHaveAttribute('aria-pressed', 'true');
    expect(await findings(page)).toEqual([]);
  });

  test('two runs share the needle, one with a network', async ({ page }) => {
    start('cart-pole', '--agent', 'ppo', '--speed', '3000', '--run', 'neural');
    start('cart-pole', '--agent', 'linear-sarsa', '--speed', '3000', '--run', 'linear');
    await page.goto(`${relay.address}#/checkpoints/neural`);
    await plays(page, 'neural');
    await page.getByTestId('beside').selectOption('linear');
    await expect(page).toHaveURL(/checkpoints\/neural\+linear/);
    await plays(page, 'linear');
    await plays(page, 'neural');
    for (const run of ['neural', 'linear']) await expect(judged(page, run)).toHaveAttribute('data-value', /\d/, { timeout: 60_000 });
    expect(await findings(page)).toEqual([]);
    await row(page, 'neural').getByRole('link', { name: 'Take neural away' }).click();
    await expect(row(page, 'neural')).toHaveCount(0);
    await plays(page, 'linear');
  });

  test('a run that its trainer went on with has what it left before, and another start is chosen', async ({ page }) => {
    const runs = mkdtempSync(join(tmpdir(), 'terrarium-runs-'));
    const kept = ['--agent', 'q-learning', '--seed', '42', '--endless', '--save-every', '0.5', '--speed', '20000', '--run', 'again', '--runs', runs];
    const left = async () => {
      const answer = await fetch(`${relay.address}api/v1/runs/again/artifacts`);
      return answer.ok ? (await answer.json()).length : 0;
    };
    trainers.push(run(relay, 'frozen-lake', ...kept));
    await expect.poll(left, { timeout: 60_000 }).toBeGreaterThan(1);
    await trainers[0].end();
    const before = await left();
    trainers.push(resume(relay, join(runs, 'frozen-lake/again'), '--endless', '--save-every', '0.5', '--speed', '20000'));
    await expect.poll(left, { timeout: 60_000 }).toBeGreaterThan(before);
    await page.goto(`${relay.address}#/checkpoints/again`);
    await plays(page, 'again');
    await expect.poll(async () => Number(await page.getByTestId('needle').getAttribute('max')), { timeout: 30_000 }).toBeGreaterThanOrEqual(before);
    const newest = await step(page, 'again');
    await page.getByTestId('needle').focus();
    await page.keyboard.press('Home');
    await plays(page, 'again');
    const oldest = await step(page, 'again');
    expect(oldest).toBeLessThan(newest);
    await row(page, 'again').getByTestId('checkpoint-start').selectOption({ index: 1 });
    await plays(page, 'again');
    await expect.poll(async () => Number(await page.getByTestId('needle').getAttribute('max')), { timeout: 30_000 }).toBeLessThan(before);
    expect(await step(page, 'again')).toBe(oldest);
    expect(await findings(page)).toEqual([]);
    await trainers[1].end();
    rmSync(runs, { recursive: true, force: true });
  });

  test('a run that left nothing says how runs do, and one that is not there is named', async ({ page }) => {
    const quiet = run(relay, 'gridworld', '--run', 'quiet', '--speed', '20', '--endless', '--save-every', '100000');
    await page.goto(`${relay.address}#/watch/quiet`);
    await expect.poll(() => new Figures(page).number('episode')).toBeGreaterThan(0);
    await page.goto(`${relay.address}#/checkpoints/quiet`);
    await expect(row(page, 'quiet')).toHaveAttribute('data-value', 'none');
    await quiet.end();
    await page.goto(`${relay.address}#/checkpoints/nobody`);
    await expect(page.getByTestId('run-gone')).toBeVisible();
  });
});
