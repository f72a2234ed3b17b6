// Hosts: the page starts, commands and compares runs that live on another machine.
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Figures, Relay, expect, host as hostProcess, publish, test } from './support.mjs';

test.describe('a host', () => {
  let relay;
  let runs;
  let host;

  test.beforeEach(async () => {
    relay = await Relay.start();
    runs = mkdtempSync(join(tmpdir(), 'terrarium-runs-'));
    host = hostProcess(relay, runs, '--slots', '1', '--name', 'box');
  });

  test.afterEach(async ({ page }) => {
    await page.close();
    await host.end();
    await relay.end();
    rmSync(runs, { recursive: true, force: true });
  });

  const row = (page, number) => page.getByTestId(`hosted-${number}`);
  const state = (page, number, value, options) => expect(row(page, number)).toHaveAttribute('data-value', value, options);

  /** Opens the form with a small run in it that ends when it is stopped. */
  async function fill(page, name) {
    await page.getByTestId('new-run').click();
    await page.getByTestId('new-run-begin-new').click();
    await page.getByTestId('environment').selectOption('gridworld');
    await page.getByTestId('agent').selectOption('q-learning');
    await page.getByTestId('new-run-end-open').click();
    await page.getByTestId('new-run-name').fill(name);
  }

  test('starts a run from the page, which is watched, paused, killed, told, goes on, and stands on the board', async ({ page }) => {
    await page.goto(`${relay.address}#/watch`);
    await page.getByTestId('to-hosts').click();
    const card = page.getByTestId('host-box');
    await expect(card).toHaveAttribute('data-value', '1', { timeout: 60_000 });
    await expect(card).toContainText('cpu');
    await fill(page, 'first');
    await page.getByTestId('start-run').click();
    await state(page, 0, 'running');
    await expect(card).toHaveAttribute('data-value', '0');

    await row(page, 0).getByTestId('hosted-watch').click();
    const shown = new Figures(page);
    await expect.poll(() => shown.number('episode')).toBeGreaterThan(0);
    await page.goBack();
    await expect.poll(async () => Number(await row(page, 0).getByTestId('hosted-steps').getAttribute('data-value'))).toBeGreaterThan(1000);
    await expect(row(page, 0).locator('.figures')).toContainText(/steps, [\d\s,]+ episodes.*steps\/s.*return [−-]?\d/);

    await row(page, 0).getByTestId('hosted-evaluate').click();
    await expect(row(page, 0).getByTestId('hosted-evaluated')).toHaveAttribute('data-value', /\d/);
    await row(page, 0).getByTestId('hosted-pause').click();
    await state(page, 0, 'paused');
    await row(page, 0).getByTestId('hosted-resume').click();
    await state(page, 0, 'running');
    await row(page, 0).getByTestId('hosted-save').click();
    await expect(page.getByTestId('toast').filter({ hasText: 'It saves at once' })).toBeVisible();

    await expect.poll(() => existsSync(join(runs, 'gridworld/first/weights/latest.terrarium'))).toBe(true);
    process.kill(Number(await row(page, 0).getAttribute('data-process')), 'SIGKILL');
    await state(page, 0, 'killed');
    await expect(row(page, 0).getByTestId('hosted-reason')).toContainText(/killed by signal 9.*resume gridworld\/first/);
    await row(page, 0).getByTestId('hosted-go-on').click();
    await state(page, 1, 'running');
    await expect(row(page, 0).getByTestId('hosted-go-on')).toHaveCount(0);

    const best = page.getByTestId('best-first');
    await expect(best).toContainText('Q-learning', { timeout: 30_000 });
    await expect.poll(async () => Number(await best.getAttribute('data-value')), { timeout: 60_000 }).toBeGreaterThan(0);
    await row(page, 1).getByTestId('hosted-stop').click();
    await page.getByTestId('question-yes').click();
    await state(page, 1, 'ended');
    await best.getByRole('link').click();
    await expect.poll(() => shown.number('episode')).toBeGreaterThan(0);
  });

  test('refuses in words beside the field, and by the host, and what exceeds the slots waits', async ({ page }) => {
    await page.goto(`${relay.address}#/hosts`);
    await expect(page.getByTestId('host-box')).toBeVisible({ timeout: 60_000 });
    await fill(page, 'two words');
    await page.getByTestId('new-run-end-steps').click();
    await page.getByTestId('new-run-amount').fill('many');
    await page.getByTestId('start-run').click();
    await expect(page.getByTestId('new-run-amount-note')).toContainText('whole number from 1');
    await expect(page.getByTestId('new-run-name-note')).toContainText('not "two words"');
    await expect(page.getByTestId('start-refused')).toContainText('Nothing was started');
    await page.getByTestId('parameter-slip').fill('7');
    await page.getByTestId('parameter-slip').blur();
    await page.getByTestId('new-run-amount').fill('50 000 000');
    await page.getByTestId('new-run-name').fill('second');
    await page.getByTestId('start-run').click();
    await expect(page.getByTestId('start-refused')).toContainText('beside its field');
    await expect(page.getByTestId('parameter-slip')).toBeFocused();
    await page.getByTestId('parameter-slip').fill('0.1');
    await page.getByTestId('parameter-slip').blur();
    // An agent with a network shows its layers, and refuses what is none.
    await page.getByTestId('agent').selectOption('dqn');
    for (const layer of [0, 1]) {
      await page.getByTestId(`layer-hidden-${layer}-units`).fill('8192');
      await page.keyboard.press('Enter');
    }
    await expect(page.getByTestId('new-run-agent-fault')).toContainText('hidden');
    for (const layer of [0, 1]) {
      await page.getByTestId(`layer-hidden-${layer}-units`).fill('16');
      await page.keyboard.press('Enter');
    }
    await expect(page.getByTestId('new-run-agent-fault')).toHaveCount(0);
    // What is filled in survives a look elsewhere.
    await page.evaluate(() => { location.hash = '#/watch'; });
    await expect(page.getByTestId('hosts')).toHaveCount(0);
    await page.evaluate(() => { location.hash = '#/hosts'; });
    await page.getByTestId('new-run').click();
    await expect(page.getByTestId('new-run-name')).toHaveValue('second');
    await page.getByTestId('start-run').click();
    await state(page, 0, 'running');

    await fill(page, 'third');
    await page.getByTestId('start-run').click();
    await state(page, 1, 'queued');
    await fill(page, 'fourth');
    await page.getByTestId('start-run').click();
    await state(page, 2, 'queued');
    await row(page, 1).getByTestId('hosted-cancel').click();
    await page.getByTestId('question-no').click();
    await state(page, 1, 'queued');
    await row(page, 1).getByTestId('hosted-cancel').click();
    await page.getByTestId('question-yes').click();
    await expect(row(page, 1)).toHaveCount(0);
    await state(page, 2, 'queued');
    await state(page, 0, 'running');
    await page.getByTestId('forget-waiting').click();
    await page.getByTestId('question-yes').click();
    await expect(row(page, 2)).toHaveCount(0);

    await page.getByTestId('new-run').click();
    await page.getByTestId('new-run-begin-kept').click();
    await page.getByTestId('new-run-kept').fill('gridworld/none');
    await page.getByTestId('start-run').click();
    await expect(page.getByTestId('start-refused')).toContainText(/box refused: .*none/);
  });
});

test('who may only watch sees hosts and may start nothing', async ({ page }) => {
  const relay = await Relay.start('--controller-token', 'c');
  const runs = mkdtempSync(join(tmpdir(), 'terrarium-runs-'));
  const host = hostProcess(relay, runs, '--slots', '2', '--name', 'box');
  await page.goto(`${relay.address}#/hosts`);
  await expect(page.getByTestId('host-box')).toBeVisible({ timeout: 60_000 });
  await expect(page.getByTestId('new-run')).toHaveCount(0);
  await page.getByTestId('command-token').locator('summary').click();
  await page.getByTestId('relay-token').fill('c');
  await page.getByTestId('token-form').getByRole('button').click();
  await expect(page.getByTestId('new-run')).toBeVisible();
  // What one of the page's programs was told, the others know, until the page is closed.
  await page.getByRole('link', { name: 'All runs' }).click();
  // A host is no run.
  await expect(page.getByTestId('no-runs')).toBeVisible();
  await page.getByTestId('to-hosts').click();
  await expect(page.getByTestId('new-run')).toBeVisible();
  await host.end('SIGKILL');
  await expect(page.getByTestId('host-box')).toHaveAttribute('data-value', 'gone');
  await expect(page.getByTestId('new-run')).toHaveCount(0);
  await page.close();
  await relay.end();
  rmSync(runs, { recursive: true, force: true });
});

test.describe('the program of places that come later', () => {
  test.use({ expected: /ERR_CONNECTION_REFUSED|Failed to load resource|Failed to fetch/ });

  test('comes when its place is opened, under a sub-path too, and without a network once it was there', async ({ page, site }) => {
    const asked = [];
    page.on('request', (request) => {
      if (/places-[0-9a-f]{16}/.test(request.url())) asked.push(request.url());
    });
    const place = page.getByTestId('hosts').getByTestId('relay-form');
    await page.goto(site.address);
    await expect.poll(() => new Figures(page).number('episode')).toBeGreaterThan(0);
    await page.evaluate(() => navigator.serviceWorker.ready.then(() => true));
    expect(asked).toEqual([]);
    await page.goto(`${site.address}#/hosts`);
    await expect(place).toBeVisible({ timeout: 60_000 });
    expect(asked.some((address) => address.startsWith(site.address) && address.endsWith('_bg.wasm'))).toBe(true);
    await page.evaluate(() => { location.hash = '#/lab'; });
    await expect(page.getByTestId('stage')).toBeVisible();
    await expect(page.getByTestId('hosts')).toHaveCount(0);
    await site.close();
    await page.goto(`${site.address}?again#/hosts`);
    await expect(place).toBeVisible({ timeout: 60_000 });
  });
});

test.describe('a program that does not arrive', () => {
  test.use({ serviceWorkers: 'block', expected: /Failed to load resource|places/ });

  test('is said in its place, and everything else goes on', async ({ page, site }) => {
    await page.route(/places-[0-9a-f]+_bg\.wasm/, (route) => route.fulfill({ status: 404 }));
    for (const [place, name] of [['compare', 'Compare'], ['library', 'Library'], ['hosts', 'Hosts'], ['checkpoints/a', 'Checkpoints'], ['overlay', 'Overlay']]) {
      await page.goto(`${site.address}#/${place}`);
      await expect(page.getByRole('alert')).toContainText('could not be loaded');
      await expect(page.getByRole('heading', { name })).toBeVisible();
    }
    await page.getByRole('link', { name: 'Lab', exact: true }).click();
    await expect(page.getByTestId('stage')).toBeVisible();
  });

  test('is said where its script never comes', async ({ page, site }) => {
    await page.route('**/later.js', (route) => route.abort());
    await page.goto(`${site.address}#/compare`);
    await expect(page.getByText(/This place takes long to come/)).toBeVisible({ timeout: 20_000 });
  });
});

test.describe('boards', () => {
  test('runs of other publishers stand on the board, too', async ({ page }) => {
    const relay = await Relay.start();
    const trainer = publish(relay, '--speed', '2000');
    await page.goto(`${relay.address}#/hosts`);
    await expect(page.getByTestId('no-hosts')).toContainText('terrarium host', { timeout: 60_000 });
    await expect(page.getByTestId('best-gridworld-q-learning')).toContainText('Q-learning', { timeout: 30_000 });
    await page.close();
    await trainer.end();
    await relay.end();
  });
});
