// Agents with networks: they learn in the tab, to the hash of a native run, and their network can be looked into.
import { Figures, expect, go, link, nativeRun, test } from './support.mjs';

test('PPO learns snake in the tab, to the run hash of a native run', async ({ page, site }) => {
  const episodes = 400;
  await page.goto(site.address + link([
    ['env', 'snake'], ['env.size', '6'], ['agent', 'ppo'], ['seed', '3'], ['episodes', `${episodes}`],
  ]));
  const figures = new Figures(page);
  await expect.poll(() => figures.number('episode'), { timeout: 60_000 }).toBe(episodes);
  const native = nativeRun(
    'snake', '--env', 'size=6', '--agent', 'ppo', '--seed', '3', '--episodes', `${episodes}`,
  );
  expect(await figures.settled()).toEqual({ episodes, faults: 0, hash: native.run_hash });
});

test('a network shows what it decides, on what that depends, and its weights', async ({ page, site }) => {
  await page.goto(site.address + link([['env', 'cart-pole'], ['agent', 'ppo'], ['seed', '3'], ['episodes', '60']]));
  const figures = new Figures(page);
  await expect.poll(() => figures.number('episode')).toBe(60);
  const panel = page.getByTestId('network');
  await expect(panel).toContainText('9 155 parameters');
  const decision = panel.getByTestId('network-decision');
  await expect(decision.locator('tr')).toHaveCount(2);
  const shares = await decision.locator('td:last-child').allTextContents();
  const sum = shares.map((text) => Number.parseInt(text, 10)).reduce((one, other) => one + other, 0);
  expect(Math.abs(sum - 100)).toBeLessThanOrEqual(1);
  await expect(panel.getByTestId('network-value')).toHaveAttribute('data-value', /^-?\d/);
  await expect(panel.getByTestId('network-saliency')).toContainText('angular velocity');
  await expect(panel.getByTestId('network-layer')).toHaveCount(6);
  const first = panel.locator('[data-name="policy.0"] .network-weights');
  await first.hover({ position: { x: 3, y: 3 } });
  await expect(panel.getByTestId('network-note')).toHaveText(/^position → unit 0: weight .?\d\.\d{3}; the unit gives .?\d\.\d{3}$/);
});

const board = [
  ['env', 'snake'], ['env.size', '6'], ['env.view', 'board'], ['agent', 'ppo'], ['agent.convolutions', '8x3x1-8x3x2'],
  ['agent.observations', 'raw'], ['seed', '3'],
];

test('PPO with convolutions learns from a board in the tab, to the run hash of a native run', async ({ page, site }) => {
  const episodes = 150;
  await page.goto(site.address + link([...board, ['episodes', `${episodes}`]]));
  const figures = new Figures(page);
  await expect.poll(() => figures.number('episode'), { timeout: 60_000 }).toBe(episodes);
  const native = nativeRun(
    'snake', '--env', 'size=6', '--env', 'view=board', '--agent', 'ppo', '--set', 'convolutions=8x3x1-8x3x2',
    '--set', 'observations=raw', '--seed', '3', '--episodes', `${episodes}`,
  );
  expect(await figures.settled()).toEqual({ episodes, faults: 0, hash: native.run_hash });
  await expect(page.getByTestId('network').locator('[data-name="trunk.0"]')).toContainText('54');
});

test('convolutions without a board name the way out', async ({ page, site }) => {
  await page.goto(site.address + link([['env', 'cart-pole'], ['agent', 'ppo'], ['agent.convolutions', '8x3x1']]));
  await expect(page.getByTestId('toast').filter({ hasText: 'view=board' }).first()).toBeVisible();
});

test('the stage shows what a network looks at on a board, and nothing of it where it is switched off', async ({ page, site }) => {
  await page.goto(site.address + link([...board, ['episodes', '20']]));
  const figures = new Figures(page);
  // Several copies may end an episode at once.
  await expect.poll(() => figures.number('episode'), { timeout: 60_000 }).toBeGreaterThanOrEqual(20);
  const picture = () => page.getByTestId('stage').evaluate((stage) => {
    const canvas = stage.matches('canvas') ? stage : stage.querySelector('canvas');
    return canvas.toDataURL();
  });
  // What moves on the stage has come to rest.
  const still = async () => {
    let [before, now] = ['', await picture()];
    await expect.poll(async () => { [before, now] = [now, await picture()]; return before === now; }).toBe(true);
    return now;
  };
  const plain = await still();
  const looks = page.getByTestId('show-looks');
  await expect(looks).toHaveAttribute('aria-checked', 'false');
  await looks.click();
  await expect(looks).toHaveAttribute('aria-checked', 'true');
  await expect.poll(async () => (await still()) === plain).toBe(false);
  await looks.click();
  await expect.poll(async () => (await still()) === plain).toBe(true);
  await page.goto('about:blank');
  await page.goto(site.address + link([['env', 'cart-pole'], ['agent', 'ppo'], ['episodes', '5']]));
  await expect(page.getByTestId('network')).toBeVisible({ timeout: 30_000 });
  await expect(looks).toHaveCount(0);
});

test('an agent that acts by numbers tells its mean and spread', async ({ page, site }) => {
  await page.goto(site.address + link([
    ['env', 'racing'], ['env.controls', 'continuous'], ['agent', 'ppo'], ['seed', '1'], ['episodes', '2'],
  ]));
  const decision = page.getByTestId('network-decision');
  await expect(decision.locator('tr')).toHaveCount(3, { timeout: 30_000 });
  for (const name of ['steer', 'throttle', 'brake']) {
    await expect(decision.locator('tr', { hasText: name })).toContainText('±');
  }
});

test('the program with networks comes when an agent with a network is picked, and gives the same bits without vectors', async ({ page, site }) => {
  // Each is asked for by the page and, for it, by the service worker.
  const asked = new Set();
  page.on('request', (request) => {
    const name = /(networks(?:-simd)?)-[0-9a-f]{16}_bg\.wasm/.exec(request.url());
    if (name) asked.add(name[1]);
  });
  const figures = new Figures(page);
  const ppo = link([['env', 'cart-pole'], ['agent', 'ppo'], ['seed', '5'], ['episodes', '80']]);
  const hash = async () => {
    await expect.poll(() => figures.number('episode'), { timeout: 60_000 }).toBe(80);
    return (await figures.settled()).hash;
  };
  await page.goto(site.address);
  await expect.poll(() => figures.number('episode')).toBeGreaterThan(0);
  expect([...asked]).toEqual([]);
  await page.goto(site.address + ppo);
  const withVectors = await hash();
  expect([...asked]).toEqual(['networks-simd']);
  await page.addInitScript(() => { WebAssembly.validate = () => false; });
  await page.goto('about:blank');
  await page.goto(site.address + ppo);
  expect(await hash()).toBe(withVectors);
  expect([...asked]).toEqual(['networks-simd', 'networks']);
});

test('a network is built layer by layer, by mouse and by keyboard, and learns to the hash of a native run', async ({ page, site, browser }) => {
  const cartPole = [['env', 'cart-pole'], ['agent', 'ppo'], ['seed', '3']];
  await page.goto(site.address + link([...cartPole, ['episodes', '8']]));
  const figures = new Figures(page);
  await expect.poll(() => figures.number('episode')).toBeGreaterThanOrEqual(8);
  await figures.settled();
  const [layers, size] = [page.getByTestId('parameter-hidden'), page.getByTestId('network-size')];
  // Policy and value have layers of their own; one more is 64 x 64 weights and 64 biases in each.
  await expect(size).toHaveAttribute('data-value', '9155');
  await expect(page.getByTestId('network-shape-policy')).toHaveText('policy: 4 → 64 → 64 → 2');
  await page.getByTestId('add-layer-hidden').click();
  await expect(layers).toHaveAttribute('data-value', '64-64-64');
  await expect(size).toHaveAttribute('data-value', `${9155 + 2 * 65 * 64}`);
  await expect(page.getByTestId('layer-hidden-2')).toContainText('8 320 parameters');
  await expect(page.getByTestId('network')).toContainText('17 475 parameters');
  await expect(page.getByTestId('network').getByTestId('network-layer')).toHaveCount(8);
  await page.getByTestId('layer-hidden-2-units-more').click();
  await expect(layers).toHaveAttribute('data-value', '64-64-128');
  // The arrows do what the buttons do, Enter takes what is typed, and what is no number stays to be put right.
  await page.getByTestId('layer-hidden-2').getByRole('spinbutton').focus();
  await page.keyboard.press('ArrowDown');
  await expect(layers).toHaveAttribute('data-value', '64-64-64');
  await page.keyboard.press('ArrowDown');
  await expect(layers).toHaveAttribute('data-value', '64-64-32');
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.type('9000');
  await page.keyboard.press('Enter');
  await expect(page.getByTestId('layer-hidden-2')).toContainText('units must be a whole number from 1 to 8192');
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.type('24');
  await page.keyboard.press('Enter');
  await expect(layers).toHaveAttribute('data-value', '64-64-24');
  await page.getByTestId('layer-hidden-0-remove').focus();
  await page.keyboard.press('Enter');
  await expect(layers).toHaveAttribute('data-value', '64-24');
  const add = page.getByTestId('add-layer-hidden');
  await expect(add).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(layers).toHaveAttribute('data-value', '64-24-24');
  await expect(add).toBeFocused();
  const parameters = 2 * (5 * 64 + 65 * 24 + 25 * 24) + 25 * 2 + 25;
  await expect(size).toHaveAttribute('data-value', `${parameters}`);

  await page.getByTestId('share').click();
  const shared = await page.getByTestId('share-link').getAttribute('data-value');
  const elsewhere = await browser.newContext();
  const other = await elsewhere.newPage();
  await other.goto(shared);
  await expect(other.getByTestId('parameter-hidden')).toHaveAttribute('data-value', '64-24-24');
  await expect(other.getByTestId('network-size')).toHaveAttribute('data-value', `${parameters}`);
  await elsewhere.close();

  const episodes = 60;
  await page.goto('about:blank');
  await page.goto(site.address + link([...cartPole, ['agent.hidden', '64-24-24'], ['episodes', `${episodes}`]]));
  await expect.poll(() => figures.number('episode'), { timeout: 60_000 }).toBe(episodes);
  const native = nativeRun(
    'cart-pole', '--agent', 'ppo', '--set', 'hidden=64-24-24', '--seed', '3', '--episodes', `${episodes}`,
  );
  expect(await figures.settled()).toEqual({ episodes, faults: 0, hash: native.run_hash });
});

test('convolutions are built row by row, and say what cannot be', async ({ page, site }) => {
  await page.setViewportSize({ width: 320, height: 720 });
  const run = [['env', 'snake'], ['env.size', '6'], ['env.view', 'board'], ['agent', 'ppo'], ['seed', '3'], ['episodes', '8']];
  await page.goto(site.address + link(run));
  const figures = new Figures(page);
  await expect.poll(() => figures.number('episode')).toBeGreaterThanOrEqual(8);
  await figures.settled();
  const [layers, size] = [page.getByTestId('parameter-convolutions'), page.getByTestId('network-size')];
  await expect(layers).toContainText('no layers');
  await page.getByTestId('add-layer-convolutions').click();
  await expect(layers).toHaveAttribute('data-value', '16x3x1');
  await expect(page.getByTestId('layer-convolutions-0')).toContainText('6×6×16');
  await expect(page.getByTestId('layer-convolutions-0')).toContainText('880 parameters');
  await expect(page.getByTestId('network-shape-value')).toHaveText(/^value: 8×8×6 → 6×6×16 → .* → 1$/);
  const whole = Number(await size.getAttribute('data-value'));
  await page.getByTestId('add-layer-convolutions').click();
  await page.getByTestId('layer-convolutions-1-filters-less').click();
  await page.getByTestId('layer-convolutions-1-kernel-more').click();
  await page.getByTestId('layer-convolutions-1-stride-more').click();
  await expect(layers).toHaveAttribute('data-value', '16x3x1-8x4x2');
  await expect(page.getByTestId('layer-convolutions-1')).toContainText('2×2×8');
  await page.getByTestId('layer-convolutions-1-kernel').fill('7');
  await page.keyboard.press('Enter');
  await expect(page.getByTestId('layer-convolutions-1')).toContainText('A kernel of 7 is larger than the board of 6 × 6');
  const broken = page.getByTestId('layer-convolutions-1');
  const [row, said] = await Promise.all([broken.boundingBox(), broken.getByRole('alert').boundingBox()]);
  expect(said.y, 'it stands in its row').toBeGreaterThan(row.y);
  expect(said.y + said.height).toBeLessThan(row.y + row.height);
  await expect(page.getByTestId('layer-convolutions-0')).toContainText('6×6×16');
  await expect(size).toHaveAttribute('data-value', '');
  const beyond = () => page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  expect(await beyond()).toBeLessThanOrEqual(0);
  await page.getByTestId('layer-convolutions-1-remove').click();
  await expect(size).toHaveAttribute('data-value', `${whole}`);
  await page.getByTestId('layer-convolutions-0-remove').click();
  await expect(layers).toHaveAttribute('data-value', '');
  await page.getByTestId('preset-convolutions').click();
  await expect(layers).toHaveAttribute('data-value', '16x3x1-32x3x2');
  await expect(page.getByTestId('parameter-hidden')).toHaveAttribute('data-value', '128');
  // While it learns, layers are as locked as whatever begins anew.
  await page.getByTestId('train').click();
  await expect(page.getByTestId('layer-convolutions-0-kernel')).toBeDisabled();
  await expect(page.getByTestId('add-layer-hidden')).toBeDisabled();
});

const taught = link([['env', 'gridworld'], ['agent', 'q-learning'], ['seed', '5'], ['episodes', '40']]);

test('the run before stays where one with a network is refused', async ({ page, site }) => {
  const figures = new Figures(page);
  await page.goto(site.address + taught);
  await expect.poll(() => figures.number('episode')).toBe(40);
  const { hash } = await figures.settled();
  const refused = link([['env', 'cart-pole'], ['agent', 'ppo'], ['agent.hidden', '64-x']]);
  await go(page, refused);
  await expect(page.getByTestId('toast').filter({ hasText: '"64-x" does not describe layers' })).toBeVisible();
  await expect.poll(async () => (await figures.settled()).hash).toBe(hash);
  expect(await figures.number('episode')).toBe(40);
});

test.describe('a program with networks that cannot be had', () => {
  test.use({ serviceWorkers: 'block', expected: /Failed to load resource/ });

  test('leaves the run before to go on', async ({ page, site }) => {
    const figures = new Figures(page);
    await page.route(/networks.*_bg\.wasm/, (route) => route.fulfill({ status: 404 }));
    await page.goto(site.address + taught);
    await expect.poll(() => figures.number('episode')).toBe(40);
    const { hash } = await figures.settled();
    await go(page, link([['env', 'cart-pole'], ['agent', 'ppo'], ['seed', '2']]));
    await expect(page.getByTestId('toast').filter({ hasText: 'the program with networks could not be loaded' }).first()).toBeVisible();
    await expect.poll(async () => (await figures.settled()).hash).toBe(hash);
    await page.getByTestId('train').click();
    await expect.poll(() => figures.number('episode')).toBeGreaterThan(40);
  });
});

test('from the untouched page, by clicks alone, PPO comes to eat in snake and has the hash of a native run', async ({ page, site }) => {
  test.setTimeout(300_000);
  const figures = new Figures(page);
  await page.goto(site.address);
  await expect.poll(() => figures.number('episode')).toBeGreaterThan(0);
  await figures.pause();
  await page.getByTestId('environment').selectOption('snake');
  const size = page.getByTestId('parameter-size');
  await size.fill('6');
  await size.press('Enter');
  await page.getByTestId('agent').selectOption('ppo');
  await page.getByTestId('preset-boards').click();
  await expect(page.getByTestId('preset-boards')).toHaveAttribute('aria-pressed', 'true');
  await expect(size).toHaveAttribute('data-value', '6');
  const seed = await page.getByTestId('seed').getAttribute('data-value');
  const speed = page.getByTestId('speed');
  await speed.fill(await speed.getAttribute('max'));
  await page.getByTestId('train').click();
  // An apple is worth one; who moves at random finds one in ten games.
  const mean = async () => Number((await page.getByTestId('chart-return-value').textContent()).replace('−', '-'));
  await expect.poll(mean, { timeout: 200_000, intervals: [1_000] }).toBeGreaterThan(3);
  const { episodes, hash, faults } = await figures.pause();
  const native = nativeRun(
    'snake', '--env', 'size=6', '--agent', 'ppo', '--agent-preset', 'boards', '--seed', seed, '--episodes', `${episodes}`,
  );
  expect({ faults, hash }).toEqual({ faults: 0, hash: native.run_hash });
});

test('a policy that collapses is told with what to turn, and a click goes back to its best moment', async ({ page, site }) => {
  test.setTimeout(300_000);
  // The run of `run/tests/troubles.rs`.
  const set = { learning_rate: '0.03', entropy: '0', copies: '4', rollout_steps: '64' };
  const pairs = Object.entries(set).map(([name, value]) => [`agent.${name}`, value]);
  const figures = new Figures(page);
  await page.goto(site.address + link([['env', 'cart-pole'], ['agent', 'ppo'], ...pairs, ['seed', '1'], ['episodes', '60']]));
  await expect.poll(() => figures.number('episode'), { timeout: 60_000 }).toBeGreaterThanOrEqual(60);
  await expect(page.getByTestId('back-to-best')).toHaveCount(0);
  const speed = page.getByTestId('speed');
  await speed.fill('11');
  await page.getByTestId('train').click();
  const told = page.getByTestId('toast').filter({ hasText: 'The policy has collapsed' });
  await expect(told.first()).toContainText('entropy weight', { timeout: 200_000 });
  const back = page.getByTestId('back-to-best');
  await expect(back).toBeVisible({ timeout: 60_000 });
  await figures.pause();
  const late = await figures.number('episode');
  // It is looked once a second what is offered: while the run went on, a better moment may have come.
  const offered = async () => Number((await page.getByTestId('way-back').textContent()).match(/after (\d[\d\u202f]*)/)?.[1].replace(/\D/gu, ''));
  let best;
  await expect(async () => {
    best = await offered();
    expect(best).toBeGreaterThan(0);
    await page.waitForTimeout(1_200);
    expect(await offered()).toBe(best);
  }).toPass();
  await back.click();
  expect(best).toBeLessThan(late);
  await expect.poll(() => figures.number('episode')).toBe(best);
  await expect(back).toHaveCount(0);
  // What was left is put aside, like all else.
  await page.keyboard.press('u');
  await expect.poll(() => figures.number('episode')).toBe(late);
});
