// Gymnasium's own cart-pole, trained by Stable-Baselines3 and published by our package: two tabs watch it, pause it and stop it.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Figures, Relay, expect, test } from './support.mjs';

/** A Python with the package `terrarium`. */
const PYTHON = process.env.TERRARIUM_PYTHON;
const SCRIPT = new URL('training.py', import.meta.url).pathname;

test.skip(!PYTHON, 'there is no Python with the package terrarium: `cargo xtask test --only python` makes one');

test('two tabs watch a training of an environment that is not ours, see it, pause it and stop it', async ({ context }) => {
  test.skip(spawnSync(PYTHON, ['-c', 'import stable_baselines3']).status !== 0, 'stable_baselines3 is not installed');
  const relay = await Relay.start();
  const folder = mkdtempSync(join(tmpdir(), 'terrarium-python-'));
  const training = spawn(PYTHON, [SCRIPT, relay.stream, '--pole'], { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  training.stderr.on('data', (text) => (said += text));
  const ended = new Promise((resolve) => training.on('exit', resolve));
  try {
    const tabs = [await context.newPage(), await context.newPage()];
    const figures = tabs.map((tab) => new Figures(tab));
    for (const [index, tab] of tabs.entries()) {
      await tab.goto(`${relay.address}#/watch`);
      await tab.getByTestId('run-card-python').click({ timeout: 60_000 });
      await expect.poll(() => figures[index].number('episode'), { timeout: 60_000 }).toBeGreaterThan(0);
      await expect(tab.getByTestId('foreign-picture')).toBeVisible({ timeout: 60_000 });
    }
    await figures[1].pause();
    const settled = await Promise.all(figures.map((shown) => shown.settled()));
    expect(settled[0]).toEqual(settled[1]);
    await tabs[0].getByTestId('train').click();
    await expect.poll(() => figures[1].number('episode')).toBeGreaterThan(settled[1].episodes);
    await tabs[0].getByTestId('stop').click();
    await tabs[0].getByTestId('question-yes').click();
    for (const tab of tabs) await expect(tab.getByTestId('train')).toHaveAttribute('data-value', 'ended');
    expect(await ended, said).toBe(0);
    const last = await Promise.all(figures.map((shown) => shown.settled()));
    expect(last[1]).toEqual(last[0]);
    expect(last[0].faults).toBe(0);
  } finally {
    training.kill('SIGKILL');
    await ended;
    await relay.end();
    rmSync(folder, { recursive: true, force: true });
  }
});
