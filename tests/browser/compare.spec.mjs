// Compare: several agents side by side, each with many seeds.
import { readFileSync } from 'node:fs';
import { expect, link, nativeRun, test } from './support.mjs';

/** A link to a comparison: pairs of names and values, in which every agent begins another agent. */
const comparison = (pairs) => link(pairs, 'compare');

/** Waits until every run is done; gives the hash of them all. */
async function done(page, runs) {
  await expect(page.getByTestId('readout-runs')).toHaveAttribute('data-value', `${runs}/${runs}`, { timeout: 90_000 });
  return page.getByTestId('readout-comparison-hash').getAttribute('data-value');
}

/** One hash of many, as the page makes it. */
function hashOf(hashes) {
  let hash = 0xcbf29ce484222325n;
  for (const byte of Buffer.from(hashes.join(''))) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  return hash.toString(16).padStart(16, '0');
}

const AGENTS = [['q-learning', '0.1'], ['sarsa', '0.5']];
const PAIRS = [
  ['env', 'cliff-walking'],
  ...AGENTS.flatMap(([agent, alpha]) => [['agent', agent], ['agent.alpha', alpha]]),
  ['seed', '3'],
  ['seeds', '5'],
  ['episodes', '120'],
];

test('a link to a comparison makes the runs that native processes make, whatever their order', async ({ page, site }, info) => {
  await page.goto(site.address + comparison(PAIRS));
  const hash = await done(page, 10);
  const hashes = AGENTS.flatMap(([agent, alpha]) => [3, 4, 5, 6, 7].map((seed) => nativeRun(
    'cliff-walking', '--agent', agent, '--set', `alpha=${alpha}`, '--seed', `${seed}`, '--episodes', '120',
  ).run_hash));
  expect(hash).toBe(hashOf(hashes));

  // The curves are means over all seeds, at every part of the runs.
  const saved = async (testid) => {
    const download = page.waitForEvent('download');
    await page.getByTestId(testid).click();
    const path = info.outputPath(`${testid}.csv`);
    await (await download).saveAs(path);
    return readFileSync(path, 'utf8').trim().split('\n').map((row) => row.split(','));
  };
  await page.getByTestId('chart-return').locator('summary').click();
  const rows = await saved('chart-return-csv');
  expect(rows.shift()).toEqual(['name', 'episodes', 'step', 'seconds', 'seeds', 'mean', 'low', 'high']);
  expect(rows.length).toBe(2 * 60);
  const ended = rows.filter(([, episode]) => episode === '120');
  expect(ended.every(([, , step, seconds]) => Number(step) > 120 && Number(seconds) > 0)).toBe(true);
  for (const [, , , , seeds, mean, low, high] of rows) {
    expect(seeds).toBe('5');
    expect(Number(low)).toBeLessThanOrEqual(Number(mean));
    expect(Number(high)).toBeGreaterThanOrEqual(Number(mean));
  }

  // Every run is there by itself, too, and the means are those of its parts.
  const parts = await saved('runs-csv');
  const names = ['name', 'seed', 'episodes', 'return', 'length', 'greedy_return', 'run_hash', 'environment', 'agent'];
  expect(parts.shift().slice(0, names.length)).toEqual(names);
  expect(parts.length).toBe(2 * 5 * 60);
  // A hash alone may look like a number to those who read the file.
  expect([...new Set(parts.map((row) => row[6]))]).toEqual(hashes.map((it) => `hash:${it}`));
  const [name, end, , , , mean] = rows[59];
  const ends = parts.filter((row) => row[0] === name && row[2] === end);
  expect(ends.map((row) => row[1])).toEqual(['3', '4', '5', '6', '7']);
  expect(ends.reduce((sum, row) => sum + Number(row[3]), 0) / 5).toBeCloseTo(Number(mean), 9);

  // So is every episode, with the parameters that it was played under.
  const episodes = await saved('all-episodes-csv');
  const columns = episodes.shift();
  expect(episodes.length).toBe(2 * 5 * 120);
  expect(columns).toContain('agent_alpha');
  const first = episodes.filter((row) => row[0] === name && row[1] === '3');
  expect(first.map((row) => row[2])).toEqual([...Array(120).keys()].map(String));
  expect(first.slice(118).reduce((sum, row) => sum + Number(row[3]), 0) / 2).toBeCloseTo(Number(parts[59][3]), 9);
  expect(first[0][columns.indexOf('agent_alpha')]).toBe('0.1');

  // By steps, the curves go further than to the last episode.
  await page.getByTestId('x-step').click();
  await page.getByTestId('chart-return').locator('canvas').hover({ position: { x: 400, y: 60 } });
  const place = async () => (await page.getByTestId('chart-return').locator('small').textContent()).split(':')[0];
  await expect.poll(async () => Number((await place()).replace(/\D/gu, ''))).toBeGreaterThan(120);

  // The performance profiles fall from the least of all final returns to the greatest.
  await page.getByTestId('chart-profile').locator('summary').click();
  const profiles = await saved('chart-profile-csv');
  expect(profiles.shift()).toEqual(['name', 'return', 'share_above', 'low', 'high']);
  for (const agent of new Set(profiles.map((row) => row[0]))) {
    const shares = profiles.filter((row) => row[0] === agent).map((row) => Number(row[2]));
    expect(shares).toEqual(shares.toSorted((a, b) => b - a));
    expect(shares.at(-1)).toBe(0);
  }
  expect(profiles.length % 2).toBe(0);
  expect(Math.max(...profiles.map((row) => Number(row[2])))).toBe(1);

  // The link that the page gives repeats it elsewhere, and says so.
  await page.getByTestId('share').click();
  const shared = await page.getByTestId('share-link').getAttribute('data-value');
  expect(shared).toContain(hash);
  const elsewhere = await page.context().newPage();
  await elsewhere.goto(shared);
  expect(await done(elsewhere, 10)).toBe(hash);
  await expect(elsewhere.getByTestId('toast').filter({ hasText: /same hash/ })).toBeVisible();
});

test('the cliff tells the bold agent from the careful one', async ({ page, site }) => {
  await page.goto(`${site.address}#/compare`);
  await expect(page.getByTestId('compare')).toHaveAttribute('data-value', 'ready');
  await page.keyboard.press('Space');
  await done(page, 30);
  const mean = async (agent) => Number(await page.getByTestId(`result-${agent}-mean`).getAttribute('data-value'));
  // Sutton and Barto (2018, example 6.6): about -50 and -25.
  expect(await mean(0)).toBeLessThan(-35);
  expect(await mean(1)).toBeGreaterThan(-32);
  // Off-policy learning knows the way along the edge all the same.
  await expect(page.getByTestId('result-0-optimal')).toHaveAttribute('data-value', '10 / 10');
  // Acting greedily, the bold agent walks the thirteen steps along the edge.
  const greedy = async (agent) => Number(await page.getByTestId(`result-${agent}-greedy`).getAttribute('data-value'));
  expect(await greedy(0)).toBe(-13);
  expect(await greedy(1)).toBeLessThan(-13);
  const verdicts = page.getByTestId('verdicts').locator('li');
  // Every pair is judged, and corrected for how many there are.
  await expect(verdicts).toHaveCount(3);
  for (const verdict of await verdicts.allTextContents()) expect(verdict).toContain('corrected for 3 pairs');
  for (const verdict of await verdicts.filter({ hasText: 'Q-learning' }).all()) await expect(verdict).toHaveAttribute('data-value', 'true');
  await expect(page.getByTestId('live')).toContainText('All runs are done');
});

test('one setting is varied, and an agent that cannot learn here is named', async ({ page, site }) => {
  await page.goto(site.address + comparison([['env', 'mountain-car'], ['agent', 'value-iteration'], ['seeds', '2'], ['episodes', '2']]));
  await expect(page.getByTestId('result-0')).toContainText(/2 failed: .+/);
  await page.getByTestId('environment').selectOption('gridworld');
  await page.getByTestId('agent').selectOption('q-learning');
  await page.getByTestId('more-vary').click();
  await page.getByTestId('vary-parameter').selectOption('alpha');
  await page.getByTestId('vary-values').fill('0.1 7');
  await page.getByTestId('vary').click();
  await expect(page.getByTestId('agent-1')).toBeHidden();
  await page.getByTestId('vary-values').fill('0.1 0.5 1');
  await page.getByTestId('vary').click();
  await expect(page.getByTestId('agent-2')).toContainText('1');
  await page.getByTestId('remove-agent-0').click();
  await page.getByTestId('parameter-episodes').fill('80');
  await page.getByTestId('parameter-episodes').press('Enter');
  await page.getByTestId('compare').click();
  await done(page, 4);
  await expect(page.getByTestId('verdicts')).toContainText('5 seeds');
});

test('a comparison that is stopped stands still, and a refused link changes nothing', async ({ page, site }) => {
  const long = [['env', 'gridworld'], ['agent', 'q-learning'], ['seeds', '50'], ['episodes', '1000000']];
  await page.goto(site.address + comparison(long));
  await expect(page.getByTestId('compare')).toHaveAttribute('data-value', 'running');
  await page.keyboard.press('Space');
  await expect(page.getByTestId('compare')).toHaveAttribute('data-value', 'ready');
  await page.goto(site.address + comparison([['env', 'gridworld'], ['agent', 'nobody']]));
  await expect(page.getByTestId('toast').filter({ hasText: /nobody/ })).toBeVisible();
  await expect(page.getByTestId('agent-0')).toContainText('Q-learning');
});

test('a comparison that gives way to another one can be had back, and a reload finds it', async ({ page, site }) => {
  await page.goto(site.address + comparison([['env', 'gridworld'], ['agent', 'q-learning'], ['seed', '3'], ['seeds', '2'], ['episodes', '20']]));
  const hash = await done(page, 2);
  await page.getByTestId('slider-slip').focus();
  await page.keyboard.press('ArrowRight');
  await expect(page.getByTestId('readout-runs')).toHaveAttribute('data-value', '0/2');
  await page.keyboard.press('ArrowRight');
  await page.getByRole('button', { name: 'Undo' }).click();
  expect(await done(page, 2)).toBe(hash);
  await page.getByTestId('parameter-episodes').fill('30');
  await page.keyboard.press('Enter');
  await expect(page.getByTestId('readout-runs')).toHaveAttribute('data-value', '0/2');
  await page.locator('h1').first().evaluate(() => document.activeElement?.blur());
  await page.keyboard.press('u');
  expect(await done(page, 2)).toBe(hash);

  // The navigation says only where to go; the comparison is there, and after a reload, too.
  await page.goto(`${site.address}#/library`);
  await page.goto(`${site.address}#/compare`);
  expect(await done(page, 2)).toBe(hash);
  await page.reload();
  expect(await done(page, 2)).toBe(hash);
});

test('agents that are removed, or give way to values of one setting, come back as they were set', async ({ page, site }) => {
  await page.goto(`${site.address}#/compare`);
  const agents = page.locator('[data-testid^="agent-"]');
  await expect(agents).toHaveCount(3);
  await page.getByTestId('parameter-alpha').fill('0.3');
  await page.getByTestId('parameter-alpha').press('Enter');
  await page.getByTestId('remove-agent-0').click();
  await page.getByTestId('remove-agent-0').click();
  await expect(agents).toHaveCount(1);
  await page.getByTestId('more-vary').click();
  await page.getByTestId('vary-parameter').selectOption('alpha');
  await page.getByTestId('vary-values').fill('0.1 0.2 0.4 0.8');
  await page.getByTestId('vary').click();
  // One agent that is set otherwise is no loss: Undo leads to the two before.
  await expect(agents).toHaveCount(4);
  await page.getByRole('button', { name: 'Undo' }).first().click();
  await expect(agents).toHaveCount(2);
  await page.locator('h1').first().evaluate(() => document.activeElement?.blur());
  await page.keyboard.press('u');
  await expect(agents).toHaveCount(3);
  await page.getByTestId('agent-0').click();
  await expect(page.getByTestId('parameter-alpha')).toHaveAttribute('data-value', '0.3');
});

test('a link that takes the place of a comparison puts it aside', async ({ page, site }) => {
  const setup = [['env', 'gridworld'], ['agent', 'q-learning'], ['seed', '3'], ['episodes', '20']];
  await page.goto(site.address + comparison([...setup, ['seeds', '2']]));
  const hash = await done(page, 2);
  await page.keyboard.press('u');
  await expect(page.getByText('There is no earlier comparison to go back to.')).toBeVisible();
  await page.goto(site.address + comparison([...setup, ['seeds', '3']]));
  await done(page, 3);
  await page.getByRole('button', { name: 'Undo' }).click();
  expect(await done(page, 2)).toBe(hash);
});

test('what cannot be compared is said, and nothing waits for it', async ({ page, site }) => {
  const agents = [['agent', 'q-learning'], ['agent.alpha', '0.5']];
  const twice = comparison([['env', 'gridworld'], ...agents, ['agent', 'q-learning'], ['agent.alpha', '0.50']]);
  await page.goto(site.address + twice);
  await expect(page.getByText('Q-learning is listed twice with the same settings')).toBeVisible();
  await page.goto(site.address + comparison([['env', 'gridworld'], ...agents, ['seed', '9007199254740990'], ['seeds', '5']]));
  await expect(page.getByText('pass the greatest, 9007199254740991')).toBeVisible();
  await page.goto(site.address + comparison([['env', 'gridworld'], ...agents, ['seeds', '0']]));
  await expect(page.getByText('the number of seeds must be from 1 to 50, not 0')).toBeVisible();
});

/** Compares PPO, with so many copies, and a tabular agent; gives the hash of all runs, there and natively. */
async function besideTabular(page, site, copies) {
  const agents = [['ppo', '--set', `copies=${copies}`], ['linear-sarsa']];
  const pairs = [
    ['env', 'cart-pole'], ['agent', 'ppo'], ['agent.copies', `${copies}`], ['agent', 'linear-sarsa'], ['seed', '3'], ['seeds', '2'], ['episodes', '40'],
  ];
  await page.goto(site.address + comparison(pairs));
  const hash = await done(page, 4);
  const hashes = agents.flatMap((agent) => ['3', '4'].map((seed) => nativeRun('cart-pole', '--agent', ...agent, '--seed', seed, '--episodes', '40').run_hash));
  return [hash, hashOf(hashes)];
}

test('an agent with a network stands beside a tabular one, each with the hashes of native runs', async ({ page, site }) => {
  const [hash, natively] = await besideTabular(page, site, 1);
  expect(hash).toBe(natively);
  for (const [row, name] of [[0, 'PPO'], [1, 'SARSA']]) {
    await expect(page.getByTestId(`result-${row}`)).toContainText(name);
    await expect(page.getByTestId(`result-${row}-mean`)).toHaveAttribute('data-value', /\d/);
    await expect(page.getByTestId(`result-${row}`)).not.toContainText('failed');
  }
});

// Where two copies end an episode in one round, a part ends an episode later than it is waited for.
test('an agent with several copies comes to the end of a comparison', async ({ page, site }) => {
  const [hash, natively] = await besideTabular(page, site, 8);
  expect(hash).toBe(natively);
});
