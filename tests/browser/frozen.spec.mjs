// A snapshot: runs of a relay as files of a plain static host, without the relay.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BINARIES, Figures, PAGE, Relay, expect, findings, run, serveFolder, test } from './support.mjs';

test.describe('a snapshot', () => {
  let folder;
  let host;

  test.beforeAll(async () => {
    const relay = await Relay.start();
    const trainer = run(relay, 'frozen-lake', '--agent', 'q-learning', '--speed', '20000', '--run', 'one', '--endless', '--save-every', '0.5');
    const left = async () => {
      const answer = await fetch(`${relay.address}api/v1/runs/one/artifacts`);
      return answer.ok ? (await answer.json()).length : 0;
    };
    await expect.poll(left, { timeout: 60_000 }).toBeGreaterThan(3);
    // Killed, it has not ended: the snapshot is of a run that went on.
    await trainer.end('SIGKILL');
    await relay.process.end();
    folder = mkdtempSync(join(tmpdir(), 'terrarium-frozen-'));
    const frozen = spawnSync(join(BINARIES, 'terrarium'), ['freeze', '--data', relay.data, '--into', folder, '--page', PAGE], { encoding: 'utf8' });
    expect(frozen.status, frozen.stderr).toBe(0);
    expect(frozen.stdout).toMatch(/^1 runs with 1 epochs, \d+ artifacts and the page/);
    rmSync(relay.data, { recursive: true, force: true });
    host = await serveFolder(folder, '/some/where/snapshot/');
  });

  test.afterAll(async () => {
    await host?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const row = (page) => page.getByTestId('row-one');
  const step = async (page) => Number(await row(page).getAttribute('data-step'));

  test('is watched, and its checkpoints and kept episodes play', async ({ page }) => {
    await page.goto(`${host.address}#/watch`);
    await expect(page.getByTestId('run-card-one')).toBeVisible({ timeout: 60_000 });
    // Nothing of a relay that is not there: no address, no token.
    await expect(page.locator('main')).not.toContainText('ws://', { useInnerText: true });
    await expect(page.getByTestId('command-token')).toBeHidden();
    await page.getByTestId('run-card-one').click();
    await expect(page.getByTestId('stage')).toBeVisible();
    await expect(page.getByTestId('standing')).toHaveAttribute('data-value', 'frozen');
    await expect(page.getByTestId('standing')).toContainText('This is a snapshot');
    await expect(page.getByTestId('command-token')).toBeHidden();
    await expect.poll(() => new Figures(page).number('episode')).toBeGreaterThan(0);
    expect((await new Figures(page).curve()).faults).toBe(0);

    await page.getByTestId('to-replays').click();
    await expect(page.getByTestId('recorded-0')).toBeVisible();
    await page.keyboard.press('End');
    const last = await page.getByTestId('replay-seek').getAttribute('max');
    await expect(page.getByTestId('replay-at')).toHaveAttribute('data-value', last);
    await page.keyboard.press('Home');
    await expect(page.getByTestId('replay-at')).toHaveAttribute('data-value', '0');
    expect(await findings(page)).toEqual([]);

    await page.getByRole('link', { name: 'The run' }).click();
    await page.getByTestId('to-checkpoints').click();
    await expect(row(page)).toHaveAttribute('data-value', 'plays', { timeout: 60_000 });
    await expect(page.getByTestId('checkpoint-judged')).toHaveAttribute('data-value', /\d/, { timeout: 30_000 });
    const newest = await step(page);
    await page.getByTestId('needle').focus();
    await page.keyboard.press('Home');
    await expect.poll(() => step(page)).toBeLessThan(newest);
    await expect(row(page)).toHaveAttribute('data-value', 'plays');
    expect(host.missed).toEqual([]);
  });

  test.describe('with a file missing', () => {
    test.use({ expected: /Failed to load resource/ });

    test('says so in the place of the agent, and the rest goes on', async ({ page }) => {
      await page.route(/frozen\/artifacts\//, (route) => route.fulfill({ status: 404 }));
      await page.goto(`${host.address}#/checkpoints/one`);
      await expect(row(page)).toHaveAttribute('data-value', 'refused', { timeout: 60_000 });
      await expect(page.getByTestId('checkpoint-curve')).toBeVisible();
    });
  });
});
