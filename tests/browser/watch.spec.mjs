// Watching native runs through a relay.
import { Figures, Relay, expect, publish, test } from './support.mjs';

const RUN = 'gridworld-q-learning';

test.describe('two tabs', () => {
  let relay;
  let trainer;
  let tabs;
  let figures;

  test.beforeEach(async ({ context }) => {
    relay = await Relay.start();
    trainer = publish(relay, '--speed', '200');
    tabs = [await context.newPage(), await context.newPage()];
    figures = tabs.map((tab) => new Figures(tab));
    for (const [tab, shown] of tabs.map((tab, index) => [tab, figures[index]])) {
      await tab.goto(`${relay.address}#/watch`);
      await tab.getByTestId(`run-card-${RUN}`).click();
      await expect.poll(() => shown.number('episode')).toBeGreaterThan(0);
    }
  });

  test.afterEach(async () => {
    await trainer.end();
    await relay.end();
  });

  /** Pauses in the first tab; both then show the same. */
  async function agree() {
    await figures[0].pause();
    const settled = await Promise.all(figures.map((shown) => shown.settled()));
    expect(settled[1]).toEqual(settled[0]);
    expect(settled[0].faults).toBe(0);
    return settled[0];
  }

  test('watch one native run and agree', async () => {
    const first = await agree();
    await tabs[1].getByTestId('train').click();
    await expect.poll(() => figures[0].number('episode')).toBeGreaterThan(first.episodes);
    await agree();
  });

  test.describe('with a relay that dies', () => {
    test.use({ expected: /WebSocket connection|ERR_CONNECTION|Failed to load resource/ });

    test('heal without hole or duplicate', async () => {
      await expect.poll(async () => (await figures[0].curve()).episodes).toBeGreaterThan(5);
      const before = await figures[0].number('episode');
      await relay.kill();
      for (const tab of tabs) {
        await expect(tab.getByTestId('readout-connection')).not.toHaveAttribute('data-value', 'open');
      }
      await relay.begin();
      for (const [tab, shown] of tabs.map((tab, index) => [tab, figures[index]])) {
        await expect(tab.getByTestId('readout-connection')).toHaveAttribute('data-value', 'open', { timeout: 60_000 });
        await expect.poll(() => shown.number('episode'), { timeout: 60_000 }).toBeGreaterThan(before + 5);
      }
      const after = await agree();
      expect(after.episodes).toBeGreaterThan(before);
    });
  });
});

test('a run that is not there is named', async ({ page }) => {
  const relay = await Relay.start();
  await page.goto(`${relay.address}#/watch/no-such-run`);
  await expect(page.getByText(/no-such-run/).first()).toBeVisible();
  await expect(page.getByTestId('readout-connection')).toHaveAttribute('data-value', 'open');
  await relay.end();
});

test.describe('tokens', () => {
  /** Shows a token to the relay, where the page asks for one or offers to take one. */
  async function show(page, token) {
    const offered = page.getByTestId('command-token');
    if ((await offered.count()) > 0 && !(await offered.evaluate((it) => it.open))) await offered.locator('summary').click();
    await page.getByTestId('relay-token').fill(token);
    await page.getByTestId('token-form').getByRole('button').click();
  }

  test('a viewer token opens watching, and a controller token then commands', async ({ page }) => {
    const relay = await Relay.start('--viewer-token', 'v', '--controller-token', 'c');
    const trainer = publish(relay, '--speed', '50');
    await page.goto(`${relay.address}#/watch/${RUN}`);
    await show(page, 'wrong');
    await expect(page.getByText(/not the token of the role viewer/)).toBeVisible();
    await show(page, 'v');
    await expect.poll(() => new Figures(page).number('episode')).toBeGreaterThan(0);
    await expect(page.getByTestId('train')).toBeDisabled();
    await show(page, 'wrong');
    await expect(page.getByText(/You go on as before/)).toBeVisible();
    await show(page, 'c');
    await expect(page.getByTestId('command-token')).toHaveCount(0);
    await new Figures(page).pause();
    await trainer.end();
    await relay.end();
  });

  test('with the token of a controller only, there is a field for it', async ({ page }) => {
    const relay = await Relay.start('--controller-token', 'c');
    const trainer = publish(relay, '--speed', '50');
    await page.goto(`${relay.address}#/watch`);
    await expect(page.getByTestId('command-token')).toBeVisible();
    await page.getByTestId(`run-card-${RUN}`).click();
    await show(page, 'c');
    await new Figures(page).pause();
    await trainer.end();
    await relay.end();
  });
});
