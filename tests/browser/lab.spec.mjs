// The lab: one environment, one agent, in this tab alone.
import { Figures, expect, link, nativeRun, test } from './support.mjs';

test('an untouched page trains to the optimal return', async ({ page, site }) => {
  await page.goto(site.address);
  const figures = new Figures(page);
  await expect.poll(() => figures.number('regret'), { timeout: 60_000 }).toBeCloseTo(0, 9);
  await expect.poll(() => figures.number('return'), { timeout: 60_000 }).toBeCloseTo(9.3, 9);
  // From then on it walks at a pace that one can follow.
  await expect(page.getByTestId('speed')).toHaveAttribute('data-value', '8', { timeout: 30_000 });
  // By then most of the map is right, and what is not is said beside the regret.
  const [right, all] = (await page.getByTestId('readout-optimal-states').getAttribute('data-value')).split('/').map(Number);
  expect(right).toBeGreaterThan(0.8 * all);
  await expect(page.getByTestId('guide')).toContainText(right < all ? 'may still be wrong' : 'best way');
});

test('what a newcomer picks is learned at once and then walked, at a chosen speed it is not hurried', async ({ page, site }) => {
  await page.goto(site.address);
  const figures = new Figures(page);
  const speed = page.getByTestId('speed');
  await expect.poll(() => figures.number('regret'), { timeout: 60_000 }).toBeCloseTo(0, 9);
  await expect(speed).toHaveAttribute('data-value', '8', { timeout: 60_000 });
  // At a walk the taxi would need hours.
  // By the name of the version before.
  await page.locator('[data-testid-before="world"]').selectOption('taxi');
  await expect.poll(() => figures.number('regret'), { timeout: 60_000 }).toBeCloseTo(0, 6);
  await expect(speed).toHaveAttribute('data-value', '8', { timeout: 60_000 });
  await speed.fill('4');
  await expect(speed).toHaveAttribute('data-value', '15');
  const epoch = await page.getByTestId('curve').getAttribute('data-epoch');
  await page.getByTestId('environment').selectOption('cliff-walking');
  await expect(page.getByTestId('curve')).not.toHaveAttribute('data-epoch', epoch);
  await expect.poll(() => figures.phase()).toBe('running');
  await expect(speed).toHaveAttribute('data-value', '15');
});

test('who picks again at once while the run holds starts nothing', async ({ page, site }) => {
  await page.goto(site.address);
  const figures = new Figures(page);
  await expect.poll(() => figures.phase()).toBe('running');
  await figures.pause();
  const [menu, curve] = [page.getByTestId('agent'), page.getByTestId('curve')];
  const shown = await curve.elementHandle();
  await menu.evaluate(async (menu, curve) => {
    for (const agent of ['sarsa', 'expected-sarsa', 'n-step-sarsa', 'sarsa-lambda', 'monte-carlo', 'dyna-q', 'tree-backup']) {
      const { epoch } = curve.dataset;
      menu.value = agent;
      menu.dispatchEvent(new Event('change', { bubbles: true }));
      // The next pick comes when the run is another one, and before that one holds.
      while (curve.dataset.epoch === epoch) await new Promise((seen) => setTimeout(seen));
    }
  }, shown);
  await expect(menu).toHaveValue('tree-backup');
  await figures.settled();
  const epoch = await curve.getAttribute('data-epoch');
  await page.getByTestId('train').click();
  await expect.poll(() => figures.phase()).toBe('running');
  await expect(curve).toHaveAttribute('data-epoch', epoch);
});

test('what is optimal is among the read-outs only where it is told', async ({ page, site }) => {
  await page.goto(site.address);
  for (const [environment, seen] of [['cart-pole', 0], ['taxi', 1], ['snake', 0], ['gridworld', 1], ['racing', 0]]) {
    await page.getByTestId('environment').selectOption(environment);
    // Who sees features stays where features are seen; what is optimal is told of tables.
    if (seen) await page.getByTestId('agent').selectOption('q-learning');
    await expect(page.getByTestId('readout-regret'), environment).toHaveCount(seen);
    await expect(page.getByTestId('readout-optimal-states'), environment).toHaveCount(seen);
    await expect(page.getByTestId('readout-run-hash')).toBeVisible();
  }
});

test('the first kept episode comes to the replays by itself', async ({ page, site }) => {
  await page.goto(`${site.address}#/replay`);
  await expect(page.getByTestId('recorded-0')).toBeVisible({ timeout: 60_000 });
  await expect(page.getByTestId('no-replays')).toBeHidden();
});

test('a static host under a sub-path needs no relay', async ({ page, site }) => {
  await page.goto(site.address);
  const figures = new Figures(page);
  await expect.poll(() => figures.number('episode')).toBeGreaterThan(0);
  await page.goto(`${site.address}#/watch`);
  await expect(page.getByTestId('relay-form')).toBeVisible();
  await page.getByTestId('relay-address').fill('ftp://somewhere');
  await page.getByTestId('relay-connect').click();
  await expect(page.getByTestId('relay-fault')).toContainText('ws://');
  expect(site.missed).toEqual([]);
});

test('the same seed gives the same run hash natively and in the tab', async ({ page, site }) => {
  const run = [['env', 'gridworld'], ['agent', 'q-learning'], ['seed', '42'], ['episodes', '500']];
  await page.goto(site.address + link(run));
  const figures = new Figures(page);
  await expect.poll(() => figures.number('episode')).toBe(500);
  const native = nativeRun('gridworld', '--agent', 'q-learning', '--seed', '42', '--episodes', '500');
  expect(await figures.settled()).toEqual({ episodes: 500, faults: 0, hash: native.run_hash });
});

test('a reset with the same seed repeats the run', async ({ page, site }) => {
  const run = [['env', 'gridworld'], ['env.slip', '0.2'], ['agent', 'q-learning'], ['seed', '7'], ['episodes', '200']];
  const figures = new Figures(page);
  const hashes = [];
  for (const visit of [1, 2]) {
    await page.goto(`${site.address}?visit=${visit}${link(run)}`);
    await expect.poll(() => figures.number('episode')).toBe(200);
    hashes.push((await figures.settled()).hash);
  }
  expect(hashes[0]).toMatch(/^[0-9a-f]+$/);
  expect(hashes[1]).toBe(hashes[0]);
});

test('full speed counts every episode once', async ({ page, site }) => {
  await page.goto(site.address + link([['env', 'gridworld'], ['agent', 'q-learning'], ['seed', '1'], ['episodes', '100000']]));
  const figures = new Figures(page);
  await expect.poll(() => figures.number('episode')).toBe(100_000);
  expect(await figures.settled()).toMatchObject({ episodes: 100_000, faults: 0 });
});

/** Number of runs that the page has kept; a database that is not there is not made. */
function keptRuns(page) {
  return page.evaluate(async () => {
    if (!(await indexedDB.databases()).some(({ name }) => name === 'terrarium')) return 0;
    const asked = (request) => new Promise((resolve) => { request.onsuccess = () => resolve(request.result); });
    const database = await asked(indexedDB.open('terrarium'));
    const count = await asked(database.transaction('runs').objectStore('runs').count());
    database.close();
    return count;
  });
}

test('a reload goes on with the run and its curves', async ({ page, site }) => {
  await page.goto(site.address + link([['env', 'gridworld'], ['agent', 'q-learning'], ['seed', '3'], ['episodes', '300']]));
  const figures = new Figures(page);
  await expect.poll(() => figures.number('episode')).toBe(300);
  const before = await figures.settled();
  await expect.poll(() => keptRuns(page)).toBe(1);
  await page.goto(site.address);
  await expect.poll(() => figures.number('episode')).toBe(before.episodes);
  expect(await figures.settled()).toEqual(before);
});

test('everything can be done by keyboard', async ({ page, site }) => {
  await page.goto(site.address);
  const figures = new Figures(page);
  await expect.poll(() => figures.phase()).toBe('running');
  await page.keyboard.press('Space');
  await figures.settled();
  const words = () => page.getByTestId('stage').getAttribute('aria-label');
  const before = await words();
  // A step against a wall leaves everything where it is: steps until one leads somewhere.
  const step = () => page.keyboard.press('.').then(words);
  await expect.poll(step).not.toBe(before);
  await page.keyboard.press('r');
  await expect.poll(() => figures.number('episode')).toBe(0);
  await page.keyboard.press('e');
  await expect.poll(() => figures.number('episode')).toBe(1);
  await page.keyboard.press('?');
  await expect(page.getByTestId('dialog-keys')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByTestId('dialog-keys')).toBeHidden();
  await page.keyboard.press('Space');
  await expect.poll(() => figures.phase()).toBe('running');
});

test('nothing moves by itself as the page begins, and every control is within reach', async ({ page, site }) => {
  await page.setViewportSize({ width: 1280, height: 800 });
  await page.addInitScript(() => {
    window.moved = 0;
    new PerformanceObserver((list) => {
      for (const shift of list.getEntries()) window.moved += shift.value;
    }).observe({ type: 'layout-shift', buffered: true });
  });
  await page.goto(site.address);
  // The first episode brings the chart of its exploration, beside those that are there.
  await expect(page.getByTestId('chart-epsilon')).toBeAttached();
  await expect.poll(() => new Figures(page).number('episode')).toBeGreaterThan(1);
  expect(await page.evaluate(() => window.moved)).toBeLessThan(0.005);
  const [play, agent] = await Promise.all(['play', 'agent'].map((name) => page.getByTestId(name).boundingBox()));
  expect(play.x + play.width).toBeLessThan(agent.x);
});

test('no place is wider than its screen', async ({ page, site }) => {
  const overflow = () => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  for (const width of [320, 390, 768]) {
    await page.setViewportSize({ width, height: 800 });
    for (const [place, sign] of [['', 'stage'], ['#/compare', 'compare'], ['#/watch', 'relay-form'], ['#/replay', 'theme-toggle']]) {
      await page.goto(site.address + place);
      await expect(page.getByTestId(sign)).toBeVisible();
      await expect.poll(overflow, { message: `${place} at ${width}` }).toBeLessThanOrEqual(0);
    }
  }
});

test('every agent says what it does, by which rule, and where that comes from', async ({ page, site }) => {
  await page.goto(site.address);
  await expect(page.getByTestId('about-agent')).toContainText('what each action is worth');
  await expect(page.locator('.equation')).toContainText('max Q');
  // Where nothing learns before it is told to, agents can be picked one after the other.
  await page.goto(`${site.address}#/compare`);
  await expect(page.getByTestId('compare')).toBeVisible();
  const [agent, about] = [page.getByTestId('agent'), page.getByTestId('about-agent')];
  const agents = await agent.locator('option:not(:disabled)').evaluateAll((options) => options.map((it) => it.value));
  const [told, sources] = [new Set(), new Set()];
  for (const id of agents) {
    await agent.selectOption(id);
    await expect(agent).toHaveValue(id);
    told.add(await about.textContent());
    // What stands on the card, not what else could be picked.
    sources.add(await page.locator('.picker', { has: agent }).locator('> span').textContent());
  }
  expect(told.size).toBe(agents.length);
  expect(sources.size).toBeGreaterThan(agents.length / 2);
  expect([...sources]).not.toContain('');
});

test('only agents that the environment can serve are offered', async ({ page, site }) => {
  await page.goto(site.address);
  const offered = (agent) => page.getByTestId('agent').locator(`option[value="${agent}"]`);
  await expect(offered('value-iteration')).toBeEnabled();
  await expect(offered('bandit')).toBeDisabled();
  await page.getByTestId('environment').selectOption('mountain-car');
  await expect(offered('value-iteration')).toBeDisabled();
  await expect(offered('value-iteration')).toHaveAttribute('title', /exact rules/);
  await expect(offered('linear-sarsa')).toBeEnabled();
  await page.getByTestId('preset-tabular').click();
  await expect(offered('q-learning')).toBeEnabled();
});

test('settings are locked while training and begin a new run when changed', async ({ page, site }) => {
  await page.goto(site.address + link([['env', 'gridworld'], ['agent', 'q-learning'], ['seed', '5'], ['episodes', '20']]));
  const figures = new Figures(page);
  await expect.poll(() => figures.number('episode')).toBe(20);
  const gamma = page.getByTestId('parameter-gamma');
  await expect(gamma).toBeEnabled();
  await gamma.fill('0.5');
  await gamma.press('Enter');
  await expect.poll(() => figures.number('episode')).toBe(0);
  await expect(gamma).toHaveAttribute('data-value', '0.5');
  await page.getByTestId('train').click();
  await expect(gamma).toBeDisabled();
  await page.getByTestId('train').click();
  await expect(gamma).toBeEnabled();
});

test.describe('after the first visit', () => {
  test.use({ expected: /Failed to load resource/ });

  test('the page starts without its server', async ({ page, site }) => {
    await page.goto(site.address);
    const kept = () => page.evaluate(async () => Boolean(await caches.match(new URL('worker.js', document.baseURI), { ignoreSearch: true })));
    await expect.poll(kept).toBe(true);
    await page.evaluate(() => navigator.serviceWorker.ready.then(() => true));
    await site.close();
    await page.goto(site.address + link([['env', 'gridworld'], ['agent', 'q-learning'], ['seed', '5'], ['episodes', '9']]));
    await page.reload();
    await expect.poll(() => new Figures(page).number('episode')).toBe(9);
  });
});

test.describe('the first worker', () => {
  test.use({ serviceWorkers: 'block' });

  test('starts while the program is on its way', async ({ page, site }) => {
    let release;
    const held = new Promise((resolve) => (release = resolve));
    await page.route('**/*.wasm', (route) => held.then(() => route.continue()));
    await page.goto(site.address, { waitUntil: 'commit' });
    await expect.poll(() => page.workers().length).toBe(1);
    const [first] = page.workers();
    release();
    await expect.poll(() => new Figures(page).number('episode')).toBeGreaterThan(0);
    expect(page.workers()).toEqual([first]);
  });
});

test.describe('a worker that does not come', () => {
  test.use({ serviceWorkers: 'block', expected: /Failed to load resource|wasm|WebAssembly/i });

  test('is told in plain words', async ({ page, site }) => {
    await page.route('**/worker.js*', (route) => route.fulfill({ status: 404 }));
    await page.goto(site.address);
    await expect(page.getByTestId('toast').filter({ hasText: /worker/i }).first()).toContainText(/reload/i);
  });
});

test('of the taxi the values of its passenger and destination are painted, and of blackjack a chart', async ({ page, site }) => {
  for (const [environment, slices] of [['taxi', 20], ['blackjack', 2]]) {
    await page.goto(site.address + link([['env', environment], ['agent', 'q-learning'], ['seed', '5'], ['episodes', '200']]));
    const figures = new Figures(page);
    await expect.poll(() => figures.number('episode'), environment).toBe(200);
    await figures.settled();
    await expect(page.getByTestId('legend'), environment).toHaveAttribute('data-value', /\d/);
    const inspector = page.getByTestId('inspector');
    await expect(inspector, environment).toHaveAttribute('data-value', /^\d+$/);
    const here = Number(await inspector.getAttribute('data-value'));
    const stage = page.getByTestId('stage');
    await stage.focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('ArrowUp');
    const card = page.getByTestId('pointer-card');
    await expect(card, environment).toHaveAttribute('data-value', /^\d+$/);
    const seen = Number(await card.getAttribute('data-value'));
    expect(seen % slices, environment).toBe(here % slices);
    await page.keyboard.press('Escape');
  }
});
