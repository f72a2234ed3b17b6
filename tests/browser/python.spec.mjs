// Trainings in Python, published by our package: two tabs watch them live, pause them and stop them.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Figures, Relay, expect, test } from './support.mjs';

/** A Python with the package `terrarium`. */
const PYTHON = process.env.TERRARIUM_PYTHON;
const SCRIPT = new URL('training.py', import.meta.url).pathname;
const has = (module) => spawnSync(PYTHON, ['-c', `import ${module}`]).status === 0;

test.skip(!PYTHON, 'there is no Python with the package terrarium: `cargo xtask test --only python` makes one');

for (const [what, arguments_, needed, isPictured] of [
  ['a loop of somebody', [], 'terrarium', false],
  ['PPO of Stable-Baselines3', ['--sb3'], 'stable_baselines3', false],
  ["Gymnasium's own cart-pole", ['--pole'], 'stable_baselines3', true],
]) {
  test(`two tabs watch a training in Python live, pause it and stop it: ${what}`, async ({ context }) => {
    test.skip(!has(needed), `${needed} is not installed`);
    const relay = await Relay.start();
    const folder = mkdtempSync(join(tmpdir(), 'terrarium-python-'));
    const training = spawn(PYTHON, [SCRIPT, relay.stream, ...arguments_], { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    training.stderr.on('data', (text) => (said += text));
    const ended = new Promise((resolve) => training.on('exit', resolve));
    try {
      const tabs = [await context.newPage(), await context.newPage()];
      const figures = tabs.map((tab) => new Figures(tab));
      for (const [tab, shown] of tabs.map((tab, index) => [tab, figures[index]])) {
        await tab.goto(`${relay.address}#/watch`);
        await tab.getByTestId('run-card-python').click({ timeout: 60_000 });
        await expect.poll(() => shown.number('episode'), { timeout: 60_000 }).toBeGreaterThan(0);
        // An environment that is not ours is seen as the pictures that it makes.
        if (isPictured) await expect(tab.getByTestId('foreign-picture')).toBeVisible({ timeout: 60_000 });
      }
      await figures[0].pause();
      const settled = await Promise.all(figures.map((shown) => shown.settled()));
      expect(settled[1]).toEqual(settled[0]);
      expect(settled[0].faults).toBe(0);
      await tabs[1].getByTestId('train').click();
      await expect.poll(() => figures[0].number('episode')).toBeGreaterThan(settled[0].episodes);
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
}
