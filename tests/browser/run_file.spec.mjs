// A run file: what `terrarium export` wrote, opened on a plain static host, without a relay.
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BINARIES, Relay, drop, expect, findings, run, test } from './support.mjs';

test.describe('an exported run', () => {
  let relay;
  let file;

  test.beforeAll(async () => {
    relay = await Relay.start();
    const trainer = run(relay, 'frozen-lake', '--agent', 'q-learning', '--seed', '7', '--episodes', '300', '--run', 'one');
    await trainer.ended;
    await relay.process.end();
    file = join(relay.data, 'one.jsonl');
    const exported = spawnSync(join(BINARIES, 'terrarium'), ['export', 'one', '--data', relay.data, '--to', file], { encoding: 'utf8' });
    expect(exported.status, exported.stderr).toBe(0);
  });

  test.afterAll(() => rmSync(relay.data, { recursive: true, force: true }));

  const place = (page, value) => expect(page.getByTestId('run-file')).toHaveAttribute('data-value', value, { timeout: 60_000 });

  test('is dropped on the page and shows every episode, and those that were kept play', async ({ page, site }) => {
    await page.goto(`${site.address}#/library`);
    await expect(page.getByTestId('open-file')).toBeVisible({ timeout: 60_000 });
    await drop(page, 'one.jsonl', readFileSync(file));
    await place(page, 'open');
    await expect(page.getByTestId('file-run')).toHaveAttribute('data-value', 'one');
    const curve = page.getByTestId('file-run');
    await expect(curve).toHaveAttribute('data-episodes', '300');
    await expect(curve).toHaveAttribute('data-faults', '0');
    expect(await findings(page)).toEqual([]);

    await page.getByTestId('file-replays').click();
    await expect(page.getByTestId('recorded-0')).toBeVisible();
    await page.keyboard.press('End');
    const last = await page.getByTestId('replay-seek').getAttribute('max');
    await expect(page.getByTestId('replay-at')).toHaveAttribute('data-value', last);
    await page.getByRole('link', { name: 'The run' }).click();
    await expect(curve).toHaveAttribute('data-episodes', '300');
  });

  test('that is damaged is refused with its line, and another one opens in its place', async ({ page, site }) => {
    const lines = readFileSync(file, 'utf8').split('\n');
    const damaged = join(relay.data, 'damaged.jsonl');
    writeFileSync(damaged, [...lines.slice(0, 5), '{"offset":4,', ...lines.slice(5)].join('\n'));
    await page.goto(`${site.address}#/run-file`);
    await place(page, 'none');
    await drop(page, 'damaged.jsonl', readFileSync(damaged));
    await expect(page.getByTestId('run-file-refused')).toContainText(/damaged\.jsonl cannot be shown: its line 6 is no log entry/);
    await page.getByTestId('any-file').setInputFiles(file);
    await place(page, 'open');
    await expect(page.getByTestId('file-run')).toHaveAttribute('data-episodes', '300');
  });
});
