// What a host keeps: a run begins with a preset for hosts, ends, and is deleted from the page.
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Relay, expect, host as hostProcess, test } from './support.mjs';

test('a kept run is deleted from the page, after a question, and stays on Watch', async ({ page }) => {
  const relay = await Relay.start();
  const runs = mkdtempSync(join(tmpdir(), 'terrarium-runs-'));
  const host = hostProcess(relay, runs, '--slots', '1', '--name', 'box');
  const row = page.getByTestId('hosted-0');
  try {
    await page.goto(`${relay.address}#/hosts`);
    await expect(page.getByTestId('host-box')).toHaveAttribute('data-value', '1', { timeout: 60_000 });
    await page.getByTestId('new-run').click();
    await page.getByTestId('environment').selectOption('cart-pole');
    await page.getByTestId('agent').selectOption('a2c');
    for (const preset of ['fast', 'stable', 'max']) await expect(page.getByTestId(`preset-${preset}`)).toBeVisible();
    // This host has no GPU.
    await expect(page.getByTestId('preset-gpu-boards')).toHaveCount(0);
    await page.getByTestId('preset-fast').click();
    await expect(page.getByTestId('parameter-learning_rate')).toHaveValue('0.002');
    await page.getByTestId('new-run-end-steps').click();
    await page.getByTestId('new-run-amount').fill('2000');
    await page.getByTestId('new-run-name').fill('kept');
    await page.getByTestId('start-run').click();
    await expect(row).toHaveAttribute('data-value', 'ended', { timeout: 60_000 });
    const directory = join(runs, 'cart-pole/kept');
    expect(existsSync(directory)).toBe(true);
    await row.getByTestId('hosted-delete').click();
    await page.getByTestId('question-no').click();
    await expect(row).toBeVisible();
    expect(existsSync(directory)).toBe(true);
    await row.getByTestId('hosted-delete').click();
    await page.getByTestId('question-yes').click();
    await expect(row).toHaveCount(0);
    expect(existsSync(directory)).toBe(false);
    await expect(page.getByTestId('best-kept')).toBeVisible({ timeout: 30_000 });
  } finally {
    await page.close();
    await host.end();
    await relay.end();
    rmSync(runs, { recursive: true, force: true });
  }
});
