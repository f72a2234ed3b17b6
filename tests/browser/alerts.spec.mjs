// Rules of the relay that begin to hold, as pages tell of them.
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Relay, expect, test } from './support.mjs';

const RULES = `
[[alert]]
name = "loss explodes"
runs = "alerted-*"
metric = "q/loss"
is = "above"
value = 100.0

[[alert]]
name = "loss is none"
metric = "q/loss"
is = "not-finite"
`;

/** Publishes a run from within the page, in JSON, and leaves a function there that sends one loss more. */
function publish(stream) {
  const [run, epoch, origin] = ['alerted-1', 7, 1_790_000_000_000];
  const started = {
    spec: { environment: { id: 'elsewhere' }, agent: { id: 'theirs' }, seed: 1 },
    environment: { id: 'elsewhere', title: 'Elsewhere', subtitle: '', actions: [], outcomes: [], observation: [] },
    agent: { id: 'theirs', title: 'Theirs', summary: '', source: '', parameters: [] },
  };
  const socket = new WebSocket(stream);
  const send = (message) => socket.send(JSON.stringify(message));
  let next = 0;
  const log = (event) => {
    send({ log: { run, epoch, entries: [{ offset: next, time_millis: origin + next * 1000, event }] } });
    next += 1;
  };
  window.tellLoss = (loss) => log({ metrics: { step: next * 1000, episode: next, values: { 'q/loss': loss } } });
  return new Promise((resolve, reject) => {
    socket.onopen = () => send({ hello: { protocol: { major: 1, minor: 1 }, role: 'publisher' } });
    socket.onmessage = ({ data }) => {
      const message = JSON.parse(data);
      if (message.welcome) send({ announce: { run, epoch, started_millis: origin } });
      if (message.resume) log({ run_started: started });
      if (message.error) reject(new Error(data));
      if (message.acknowledged) resolve();
    };
  });
}

/** Keeps what the browser would have shown, and takes the page out of sight. */
function outOfSight() {
  window.notifications = [];
  Object.defineProperty(document, 'hidden', { get: () => window.isHidden ?? false });
  window.Notification = class {
    static permission = 'default';

    static async requestPermission() {
      this.permission = 'granted';
      return this.permission;
    }

    constructor(title, { body }) {
      window.notifications.push(`${title} | ${body}`);
    }
  };
}

test('a rule that begins to hold is told by the page, on its run, and by the browser to those who asked for it', async ({
  page,
  context,
}) => {
  const file = join(mkdtempSync(join(tmpdir(), 'alerts-')), 'relay.toml');
  writeFileSync(file, RULES);
  const relay = await Relay.start('--config', file);
  const publisher = await context.newPage();
  await publisher.goto(`${relay.address}#/learn`);
  await publisher.evaluate(publish, relay.stream);
  await page.addInitScript(outOfSight);
  await page.goto(`${relay.address}#/watch`);
  const card = page.getByTestId('run-card-alerted-1');
  await expect(card).toBeVisible();
  await expect(card.getByTestId('alerts')).toHaveCount(0);

  await publisher.evaluate(() => window.tellLoss(131.5));
  const words = 'loss explodes: q/loss is 131.5, above 100, at step 1';
  await expect(card.getByTestId('alerts')).toContainText(words);
  await expect(page.getByTestId('toast').filter({ hasText: `alerted-1: ${words}` })).toBeVisible();
  // Nobody asked for more.
  expect(await page.evaluate(() => window.notifications)).toEqual([]);

  // On the page of the run, until it is clear again.
  await card.click();
  await expect(page.getByTestId('run-page').getByTestId('alerts')).toContainText(words);
  await publisher.evaluate(() => window.tellLoss(1));
  await expect(page.getByTestId('alerts')).toHaveCount(0);

  // Who asked for it is told by the browser while the page is out of sight.
  await page.goto(`${relay.address}#/watch`);
  await page.getByTestId('notify').click();
  await expect(page.getByTestId('notify')).toHaveCount(0);
  await page.evaluate(() => (window.isHidden = true));
  await publisher.evaluate(() => window.tellLoss('NaN'));
  await expect
    .poll(() => page.evaluate(() => window.notifications))
    .toEqual([expect.stringMatching(/^alerted-1 \| loss is none: q\/loss is not finite at step 3/)]);
  await relay.end();
});
