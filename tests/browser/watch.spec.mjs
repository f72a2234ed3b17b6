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
