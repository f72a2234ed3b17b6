// Policies of ONNX files: dropped on the page they play, and what cannot be played is named.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BINARIES, Figures, drop, expect, link, nativeRun, test } from './support.mjs';

/** A policy for cart-pole as a file that names its environment. */
function trained(info) {
  const [agent, policy] = ['agent.terrarium', 'policy.onnx'].map((name) => info.outputPath(name));
  nativeRun('cart-pole', '--agent', 'ppo', '--seed', '3', '--steps', '30000', '--save', agent);
  const converted = spawnSync(join(BINARIES, 'terrarium-trainer'), ['convert', agent, '--onnx', policy], { encoding: 'utf8' });
  expect(converted.status, converted.stderr).toBe(0);
  return readFileSync(policy);
}

test('an ONNX policy dropped on the page plays in the tab, through resets and other settings', async ({ page, site }, info) => {
  test.setTimeout(90_000);
  const policy = trained(info);
  const asked = new Set();
  page.on('request', (request) => /policies-[0-9a-f]{16}_bg\.wasm$/.test(request.url()) && asked.add(request.url()));
  await page.goto(site.address + link([['env', 'gridworld'], ['agent', 'q-learning'], ['seed', '42'], ['episodes', '3']]));
  const figures = new Figures(page);
  await expect.poll(() => figures.number('episode')).toBe(3);
  expect(asked.size, 'nobody has asked for a policy').toBe(0);

  await drop(page, 'policy.onnx', policy);
  await page.getByTestId('question-yes').click();
  await expect(page.getByTestId('agent')).toHaveValue('onnx-policy', { timeout: 30_000 });
  await expect(page.getByTestId('environment')).toHaveValue('cart-pole');
  await page.getByTestId('train').click();
  const plays = async () => {
    await expect.poll(() => figures.number('episode'), { timeout: 30_000 }).toBeGreaterThan(4);
    return figures.number('return');
  };
  // Chance holds the pole for some 20 steps.
  expect(await plays()).toBeGreaterThan(100);
  await page.getByTestId('reset').click();
  await expect.poll(() => figures.number('episode')).toBe(0);
  await page.getByTestId('parameter-outputs').getByText('logits', { exact: true }).click();
  await page.getByTestId('train').click();
  expect(await plays()).toBeGreaterThan(100);
  expect(asked.size).toBe(1);
  // A library computes it, whose last bits depend on the processor.
  await expect(page.getByText('Run hash, seeded')).toBeVisible();
  await expect(page.getByText('Run hash, exact')).toHaveCount(0);
});

test('files that cannot be played are refused by name and change nothing', async ({ page, site }, info) => {
  test.setTimeout(90_000);
  const policy = trained(info);
  await page.goto(site.address + link([['env', 'cart-pole'], ['agent', 'random'], ['seed', '42'], ['episodes', '30']]));
  const figures = new Figures(page);
  await expect.poll(() => figures.number('episode')).toBe(30);
  const before = await figures.settled();
  const refused = async (bytes, words) => {
    await drop(page, 'policy.onnx', bytes);
    await expect(page.getByTestId('toast').filter({ hasText: words })).toBeVisible({ timeout: 30_000 });
    await expect.poll(() => figures.number('episode')).toBe(30);
    expect(await figures.settled()).toEqual(before);
  };
  await refused(policy.subarray(0, policy.length / 2), 'it is cut or damaged');
  const other = Buffer.from(policy);
  other.write('Grmm', other.indexOf('Gemm'));
  await refused(other, 'it uses the operator Grmm, which is not here');
});
