// Values that an agent gets while it learns.
import { Figures, Relay, expect, link, publish, test } from './support.mjs';

const RUN = [['env', 'gridworld'], ['agent', 'q-learning'], ['seed', '5'], ['episodes', '20']];

async function set(page, name, value) {
  await page.getByTestId(`parameter-${name}`).fill(value);
  await page.getByTestId(`parameter-${name}`).press('Enter');
}

test('exploration is turned while the agent learns, and the link repeats the run', async ({ page, site, browser }) => {
  await page.goto(site.address + link(RUN));
  const figures = new Figures(page);
  await expect.poll(() => figures.number('episode')).toBe(20);
  await page.getByTestId('train').click();
  await expect.poll(() => figures.number('episode')).toBeGreaterThan(200);
  const epoch = await page.getByTestId('curve').getAttribute('data-epoch');
  await set(page, 'epsilon', '0.75');
  await expect(page.getByTestId('parameter-epsilon')).toHaveAttribute('data-value', '0.75');
  await expect.poll(() => figures.phase()).toBe('running');
  const before = await figures.number('episode');
  await expect.poll(() => figures.number('episode')).toBeGreaterThan(before);
  await figures.pause();
  // While it holds, too.
  await page.getByTestId('slider-alpha').focus();
  await page.keyboard.press('ArrowRight');
  await expect(page.getByTestId('parameter-alpha')).toHaveAttribute('data-value', '0.11');
  expect(await page.getByTestId('curve').getAttribute('data-epoch')).toBe(epoch);
  expect((await figures.settled()).episodes).toBeGreaterThan(200);
  await page.getByTestId('train').click();
  const then = await figures.number('episode');
  await expect.poll(() => figures.number('episode')).toBeGreaterThan(then);
  await figures.pause();
  await figures.settled();
  await page.getByTestId('share').click();
  const shared = await page.getByTestId('share-link').getAttribute('data-value');
  expect(shared).toMatch(/at\.\d+\.epsilon=0\.75/);
  expect(shared).toMatch(/at\.\d+\.alpha=0\.11/);
  const other = await (await browser.newContext()).newPage();
  await other.goto(shared);
  await expect(other.getByText(/This is the shared run/)).toBeVisible({ timeout: 60_000 });
  // The next visit goes on with what was turned.
  await page.goto('about:blank');
  await page.goto(site.address);
  await expect(page.getByTestId('parameter-epsilon')).toHaveAttribute('data-value', '0.75');
  await expect(page.getByTestId('parameter-alpha')).toHaveAttribute('data-value', '0.11');
});

test('what cannot change while it learns begins anew, and what was turned stays turned', async ({ page, site }) => {
  await page.goto(site.address + link(RUN));
  const figures = new Figures(page);
  await expect.poll(() => figures.number('episode')).toBe(20);
  await set(page, 'epsilon', '0.3');
  await expect.poll(() => figures.number('episode')).toBe(20);
  await set(page, 'gamma', '0.5');
  await expect.poll(() => figures.number('episode')).toBe(0);
  await expect(page.getByTestId('parameter-epsilon')).toHaveAttribute('data-value', '0.3');
  await expect(page.getByTestId('parameter-gamma')).toHaveAttribute('data-value', '0.5');
});

test('a native run is tuned from a tab, and other tabs see it', async ({ context }) => {
  const relay = await Relay.start();
  const trainer = publish(relay, '--speed', '200');
  const tabs = [await context.newPage(), await context.newPage()];
  for (const tab of tabs) {
    await tab.goto(`${relay.address}#/watch`);
    await tab.getByTestId('run-card-gridworld-q-learning').click();
    await expect.poll(() => new Figures(tab).number('episode')).toBeGreaterThan(0);
  }
  await set(tabs[0], 'epsilon', '0.75');
  for (const tab of tabs) {
    await expect(tab.getByTestId('parameter-epsilon')).toHaveAttribute('data-value', '0.75');
  }
  await expect(tabs[0].getByTestId('parameter-gamma')).toBeDisabled();
  await trainer.end();
  await relay.end();
});
