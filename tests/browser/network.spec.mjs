// Agents with networks: they learn in the tab, to the hash of a native run, and their network can be looked into.
import { Figures, expect, link, nativeRun, test } from './support.mjs';

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

const taught = link([['env', 'gridworld'], ['agent', 'q-learning'], ['seed', '5'], ['episodes', '40']]);

test('the run before stays where one with a network is refused', async ({ page, site }) => {
  const figures = new Figures(page);
  await page.goto(site.address + taught);
  await expect.poll(() => figures.number('episode')).toBe(40);
  const { hash } = await figures.settled();
  const refused = link([['env', 'cart-pole'], ['agent', 'ppo'], ['agent.hidden', '64-x']]);
  await page.evaluate((to) => { location.hash = to; }, refused);
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
    await page.evaluate((to) => { location.hash = to; }, link([['env', 'cart-pole'], ['agent', 'ppo'], ['seed', '2']]));
    await expect(page.getByTestId('toast').filter({ hasText: 'the program with networks could not be loaded' }).first()).toBeVisible();
    await expect.poll(async () => (await figures.settled()).hash).toBe(hash);
    await page.getByTestId('train').click();
    await expect.poll(() => figures.number('episode')).toBeGreaterThan(40);
  });
});
