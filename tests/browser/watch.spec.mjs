// Watching native runs through a relay.
import { existsSync } from 'node:fs';
import { extname, join } from 'node:path';
import { Figures, PAGE, Relay, TYPES, expect, publish, run as trainerRun, test } from './support.mjs';

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

test.describe('one tab', () => {
  let relay;

  test.beforeEach(async () => {
    relay = await Relay.start();
  });

  test.afterEach(async () => {
    await relay.end();
  });

  test('a killed trainer is seen to be gone, and its earlier start stays to be watched', async ({ page }) => {
    let trainer = publish(relay, '--speed', '50');
    await page.goto(`${relay.address}#/watch`);
    const card = page.getByTestId(`run-card-${RUN}`);
    await expect(card).toHaveAttribute('data-value', 'live');
    await card.click();
    const shown = new Figures(page);
    await expect.poll(() => shown.number('episode')).toBeGreaterThan(0);
    await expect(page.getByTestId('train')).toBeEnabled();
    const before = await page.getByTestId('readout-episode').boundingBox();
    await page.getByTestId('train').focus();

    await trainer.end('SIGKILL');
    const standing = page.getByTestId('standing');
    await expect(standing).toHaveAttribute('data-value', 'left');
    await expect(standing).toContainText(/Trainer gone since \d\d:\d\d:\d\d\. .* controls are off/);
    await expect(page.getByTestId('train')).toHaveAttribute('data-value', 'paused');
    for (const control of ['train', 'step', 'episode', 'reset', 'stop', 'greedy']) {
      await expect(page.getByTestId(control)).toBeDisabled();
    }
    // What had the keyboard is off; the picture has it.
    await expect(page.getByTestId('stage')).toBeFocused();
    await expect(shown.readout('steps-per-second')).toHaveAttribute('data-value', '0');
    expect(await page.getByTestId('readout-episode').boundingBox()).toEqual(before);
    const first = await shown.settled();

    trainer = publish(relay, '--speed', '50');
    await expect(standing).toHaveCount(0);
    await expect(page.getByTestId('train')).toBeEnabled();
    await page.getByTestId('starts').click();
    const earlier = page.locator('[data-testid^="epoch-"]:not([data-testid="epoch-present"])');
    await earlier.click();
    await expect(standing).toHaveAttribute('data-value', 'replaced');
    await expect(earlier).toBeFocused();
    await expect.poll(() => shown.curve()).toEqual({ episodes: first.episodes, faults: 0 });
    expect(await shown.number('episode')).toBe(first.episodes);
    await expect(page.getByTestId('train')).toBeDisabled();
    await standing.getByRole('link').click();
    await expect(page.getByTestId('train')).toBeEnabled();
    await expect(page.getByTestId('stage')).toBeFocused();
    await page.reload();
    await page.goBack();
    await expect(standing).toHaveAttribute('data-value', 'replaced');
    await trainer.end();
  });

  test.describe('with a relay that dies', () => {
    test.use({ expected: /WebSocket connection|ERR_CONNECTION|Failed to load resource/ });

    test('a lost relay is told in sentences and moves nothing', async ({ page }) => {
      const trainer = publish(relay, '--speed', '50');
      await page.goto(`${relay.address}#/watch/${RUN}`);
      const shown = new Figures(page);
      await expect.poll(() => shown.number('episode')).toBeGreaterThan(0);
      const places = () =>
        Promise.all(['readout-episode', 'train', 'stage', 'parameter-alpha'].map((name) => page.getByTestId(name).boundingBox()));
      const before = await places();
      await relay.kill();
      const lost = page.getByTestId('relay-lost');
      await expect(lost).toContainText(
        /^The relay [^.]+\. What is shown stays; [^.]+ when the relay is back\.\s*Next try in \d+ s\./,
      );
      await expect(page.getByTestId('train')).toBeDisabled();
      await expect(shown.readout('steps-per-second')).toHaveAttribute('data-value', '');
      expect(await places()).toEqual(before);
      // The form is off, in its place; where no token is missing, nobody says that one is.
      await expect(page.getByTestId('parameter-alpha')).toBeDisabled();
      await expect(page.getByTestId('command-token')).toHaveCount(0);
      await expect(lost).toContainText(/Next try in ([4-9]|\d\d) s/);
      await relay.begin();
      // Where the relay needs long to begin, the page may have tried by itself.
      await Promise.race([lost.getByRole('button').click(), expect(lost).toHaveCount(0)]);
      await expect(lost).toHaveCount(0);
      await expect(page.getByTestId('train')).toBeEnabled();
      expect(await places()).toEqual(before);
      await trainer.end();
    });
  });

  test('before a reset or a stop that all would see it asks', async ({ page }) => {
    const trainer = publish(relay, '--speed', '200');
    await page.goto(`${relay.address}#/watch/${RUN}`);
    const shown = new Figures(page);
    await expect.poll(() => shown.number('episode')).toBeGreaterThan(5);
    const before = await shown.pause();
    const question = page.getByTestId('dialog-question');
    for (const [ask, words] of [
      [() => page.getByTestId('reset').click(), /Reset this run for everyone\?/],
      [() => page.keyboard.press('r'), /begins anew with nothing learned, for everyone who watches it/],
      [() => page.getByTestId('stop').click(), /Stop this run for everyone\?/],
    ]) {
      for (const decline of [() => page.getByTestId('question-no').click(), () => page.keyboard.press('Escape')]) {
        await ask();
        await expect(question).toContainText(words);
        await expect(question).toContainText(`${before.episodes} episodes`);
        await decline();
        await expect(question).toHaveCount(0);
        expect(await shown.settled()).toEqual(before);
      }
    }
    await page.getByTestId('reset').click();
    await page.getByTestId('question-yes').click();
    await expect.poll(() => shown.number('episode')).toBe(0);
    await page.getByTestId('episode').click();
    await expect.poll(() => shown.number('episode')).toBe(1);
    await page.getByTestId('stop').click();
    await page.getByTestId('question-yes').click();
    await expect.poll(() => shown.phase()).toBe('ended');
    await page.getByTestId('train').click();
    await expect(question).toContainText('Begin this run anew for everyone?');
    await page.getByTestId('question-no').click();
    expect(await shown.phase()).toBe('ended');
    await trainer.end();
  });

  test.describe('from a page of another host', () => {
    test.use({ serviceWorkers: 'block' });

    test('a relay that does not want pages from here says so once, and is asked again only when somebody wishes', async ({
      page,
    }) => {
      await page.context().grantPermissions(['local-network-access'], { origin: 'https://pages.example' });
      const greetings = [];
      page.on('websocket', (socket) => greetings.push(socket.url()));
      await page.route('https://pages.example/**', (route) => {
        const path = new URL(route.request().url()).pathname;
        const name = path === '/' ? '/index.html' : path;
        if (!existsSync(join(PAGE, name))) return route.fulfill({ status: 404 });
        return route.fulfill({ path: join(PAGE, name), contentType: TYPES[extname(name)] });
      });
      await page.goto('https://pages.example/#/watch');
      await page.getByTestId('relay-address').fill(relay.stream);
      await page.getByTestId('relay-connect').click();
      const refused = page.getByTestId('relay-refused');
      await expect(refused).toHaveText(
        'The relay refused this page: pages of https://pages.example may not connect to this relay; whoever runs it can ' +
          'start it with --allow-origin https://pages.example.',
      );
      await expect(page.getByTestId('token-form')).toHaveCount(0);
      await expect(page.getByTestId('readout-connection')).toHaveAttribute('data-value', 'closed');
      expect(greetings).toEqual([relay.stream]);
      await page.getByTestId('try-again').click();
      await expect.poll(() => greetings.length).toBe(2);
      await expect(refused).toBeVisible();
      await relay.end();
      relay.args = ['--allow-origin', 'https://pages.example'];
      await relay.begin();
      await page.getByTestId('try-again').click();
      await expect(page.getByTestId('readout-connection')).toHaveAttribute('data-value', 'open');
    });
  });

  test('an ended short run shows all its episodes', async ({ page }) => {
    const trainer = trainerRun(relay, 'gridworld', '--episodes', '500');
    expect((await trainer.ended).code).toBe(0);
    await page.goto(`${relay.address}#/watch`);
    await page.locator('[data-testid^="run-card-"]').click();
    const shown = new Figures(page);
    await expect.poll(() => shown.curve()).toEqual({ episodes: 500, faults: 0 });
    await expect(shown.readout('episode')).toHaveAttribute('data-value', '500');
    await expect(page.getByTestId('train')).toHaveAttribute('data-value', 'ended');
    await expect(page.getByTestId('standing')).toHaveAttribute('data-value', 'ended');
    await expect(shown.readout('run-hash')).toHaveAttribute('data-value', /^[0-9a-f]{16}$/);
  });

  test('a relay of many runs shows their newest at once, more when asked, and finds any of them', async ({ page }) => {
    await page.goto(`${relay.address}#/watch`);
    await page.evaluate(announceMany, [relay.stream, 1230]);
    const cards = page.locator('[data-testid^="run-card-"]');
    await expect(page.getByTestId('further-runs')).toContainText(/1\s030/);
    await expect(cards).toHaveCount(200);
    await expect(cards.first()).toHaveAttribute('data-testid', 'run-card-many-1229');
    await page.reload();
    await expect(page.getByTestId('further-runs')).toContainText(/1\s030/);
    await page.getByTestId('further-runs').click();
    await expect(cards).toHaveCount(400);
    await page.getByTestId('filter-runs').fill('many-7');
    await expect(page.getByTestId('run-card-many-7')).toBeVisible();
    await expect(page.getByTestId('further-runs')).toHaveCount(0);
    // The last one of the list comes in its last part, and has a place of its own.
    await page.goto(`${relay.address}#/watch/many-0`);
    await expect(page.getByTestId('run-page')).toHaveAttribute('data-value', 'many-0');
    await expect(page.getByTestId('run-waits')).toHaveText('The environment is being built.');
  });

  test('a card says who trains a run, and whether it runs, is paused or is left', async ({ page, context }) => {
    const trainer = publish(relay, '--speed', '200', '--trainer', 'big box');
    await page.goto(`${relay.address}#/watch`);
    const card = page.getByTestId(`run-card-${RUN}`);
    await expect(card.getByTestId('trainer')).toHaveText('big box');
    await expect(card).toHaveAttribute('data-phase', 'running');
    await expect(card.locator('.state')).toHaveText('running');
    const other = await context.newPage();
    await other.goto(`${relay.address}#/watch/${RUN}`);
    await expect.poll(() => new Figures(other).phase()).toBe('running');
    await new Figures(other).pause();
    await expect(card.locator('.state')).toHaveText('paused');
    await trainer.end('SIGKILL');
    await expect(card).toHaveAttribute('data-value', 'not-live');
    await expect(card.locator('.state')).toHaveText(/^not live since \d\d:\d\d:\d\d$/);
    await expect(card.getByTestId('trainer')).toHaveText('big box');
  });

  test('an episode that is asked for is kept when it ends, for everybody who watches', async ({ page, context }) => {
    const trainer = publish(relay, '--speed', '200');
    await page.goto(`${relay.address}#/watch/${RUN}`);
    const shown = new Figures(page);
    await expect.poll(() => shown.number('episode')).toBeGreaterThan(0);
    const before = await shown.pause();
    const keep = page.getByTestId('record-episode');
    await expect(keep).toHaveAttribute('data-value', 'ready');
    await keep.click();
    await expect(keep).toHaveAttribute('data-value', 'waits');
    await page.getByTestId('episode').click();
    await expect(keep).toHaveAttribute('data-value', 'ready');
    const other = await context.newPage();
    await other.goto(`${relay.address}#/watch/${RUN}`);
    await other.getByTestId('to-replays').click();
    await expect(other.getByTestId('recorded-0')).toContainText(new RegExp(`^on demand.* · #${before.episodes} · `));
    await page.getByTestId('stop').click();
    await page.getByTestId('question-yes').click();
    await expect(keep).toHaveCount(0);
    await trainer.end();
  });

  test('metrics of any name are drawn as their publisher describes them, and what is not finite is counted', async ({
    page,
  }) => {
    await page.goto(`${relay.address}#/watch`);
    await page.evaluate(publishMetrics, relay.stream);
    await page.goto(`${relay.address}#/watch/foreign`);
    await expect(page.getByTestId('metrics-Learning')).toContainText('Learning');
    await expect(page.getByTestId('chart-loss')).toContainText('Loss of the critic');
    await expect(page.getByTestId('chart-loss')).toContainText('nats');
    await expect(page.getByTestId('metrics-eval')).toBeVisible();
    const score = page.getByTestId('chart-score-value');
    await expect(score).toHaveAttribute('data-value', '39');
    const leftOut = page.getByTestId('chart-score-left-out');
    await expect(leftOut).toHaveAttribute('data-value', '2');
    await expect(leftOut).toHaveText('2 values are not finite.');
    // The clock was set back an hour in the middle: nothing is lost by time.
    await page.getByTestId('x-time').click();
    await page.getByTestId('chart-score').locator('canvas').hover();
    await expect(page.getByTestId('chart-score').locator('small.number')).toContainText(/at \d+(\.\d+)? s/);
    await page.getByTestId('metrics-eval').click();
    await expect(page.getByTestId('chart-score')).toHaveCount(0);
    await page.getByTestId('metrics-eval').click();
    await expect(leftOut).toHaveText('2 values are not finite.');
  });
});

/** Publishes from within a page, in JSON, a run of an environment that is not ours, and leaves a function there that shows a picture. */
function publishPictures(stream) {
  const [run, epoch, origin] = ['pictures', 7, 1_790_000_000_000];
  const started = {
    spec: { environment: { id: 'elsewhere' }, agent: { id: 'theirs' }, seed: 1 },
    environment: { id: 'elsewhere', title: 'Elsewhere', subtitle: '', actions: [], outcomes: [], observation: [] },
    agent: { id: 'theirs', title: 'Theirs', summary: '', source: '', parameters: [] },
  };
  const socket = new WebSocket(stream);
  const send = (message) => socket.send(JSON.stringify(message));
  let sequence = 0;
  window.showPicture = (side, colour, caption) => {
    const canvas = Object.assign(document.createElement('canvas'), { width: side, height: side });
    const context = canvas.getContext('2d');
    context.fillStyle = colour;
    context.fillRect(0, 0, side, side);
    const content = [...atob(canvas.toDataURL('image/png').split(',')[1])].map((it) => it.charCodeAt(0));
    const image = { name: 'rollout', format: 'png', step: 1000 * (sequence + 1), content, ...(caption && { caption }) };
    send({ state: { run, epoch, entries: [{ kind: 'image', sequence, event: { image } }] } });
    sequence += 1;
  };
  return new Promise((resolve, reject) => {
    socket.onopen = () => send({ hello: { protocol: { major: 1, minor: 8 }, role: 'publisher' } });
    socket.onmessage = ({ data }) => {
      const message = JSON.parse(data);
      if (message.welcome) send({ announce: { run, epoch, started_millis: origin } });
      if (message.resume) send({ log: { run, epoch, entries: [{ offset: 0, time_millis: origin, event: { run_started: started } }] } });
      if (message.error) reject(new Error(data));
      if (message.acknowledged) resolve();
    };
  });
}

/** Announces so many runs to a relay, and hosts them as long as the page is there. */
async function announceMany([address, count]) {
  const socket = new WebSocket(address);
  const send = (message) => socket.send(JSON.stringify(message));
  await new Promise((opened) => socket.addEventListener('open', opened, { once: true }));
  send({ hello: { protocol: { major: 1, minor: 3 }, role: 'publisher' } });
  for (let number = 0; number < count; number += 1) {
    send({ announce: { run: `many-${number}`, epoch: 1, started_millis: Date.now() } });
  }
}

/** Publishes from within a page, in JSON, a run whose metrics have names of their own. */
function publishMetrics(stream) {
  const [run, epoch, origin] = ['foreign', 7, 1_790_000_000_000];
  const started = {
    spec: { environment: { id: 'elsewhere' }, agent: { id: 'theirs' }, seed: 1 },
    environment: { id: 'elsewhere', title: 'Elsewhere', subtitle: '', actions: [], outcomes: [], observation: [] },
    agent: { id: 'theirs', title: 'Theirs', summary: '', source: '', parameters: [] },
    metrics: [
      { name: 'q/loss', title: 'Loss of the critic', unit: 'nats', group: 'Learning', axis: 'logarithmic', curve: 'smoothed' },
    ],
  };
  const score = (step) => ({ 13: 'NaN', 14: '-Infinity' })[step] ?? step;
  const entries = [{ offset: 0, time_millis: origin, event: { run_started: started } }];
  for (let step = 0; step < 40; step += 1) {
    const values = { 'q/loss': 2 ** -step, 'eval/score': score(step) };
    const time = origin + step * 1000 - (step < 20 ? 0 : 3_600_000);
    entries.push({ offset: step + 1, time_millis: time, event: { metrics: { step, episode: step, values } } });
  }
  const socket = new WebSocket(stream);
  const send = (message) => socket.send(JSON.stringify(message));
  return new Promise((resolve, reject) => {
    socket.onopen = () => send({ hello: { protocol: { major: 1, minor: 1 }, role: 'publisher' } });
    socket.onmessage = ({ data }) => {
      const message = JSON.parse(data);
      if (message.welcome) send({ announce: { run, epoch, started_millis: origin } });
      if (message.resume) send({ log: { run, epoch, entries } });
      if (message.error) reject(new Error(data));
      if (message.acknowledged?.offset === entries.length) resolve();
    };
  });
}

test('an environment that is not ours is seen by the pictures that its publisher draws', async ({ page, context }) => {
  const relay = await Relay.start();
  const publisher = await context.newPage();
  await publisher.goto(`${relay.address}#/learn`);
  await publisher.evaluate(publishPictures, relay.stream);
  await page.goto(`${relay.address}#/watch/pictures`);
  await expect(page.getByTestId('run-page')).toBeVisible();
  await expect(page.getByTestId('foreign-picture')).toHaveCount(0);
  const picture = page.getByTestId('foreign-picture');
  const width = () => picture.evaluate((it) => (it.complete ? it.naturalWidth : 0));
  await publisher.evaluate(() => window.showPicture(30, 'teal'));
  await expect(picture).toHaveAttribute('alt', /^rollout at step 1/);
  await expect.poll(width).toBe(30);
  await publisher.evaluate(() => window.showPicture(50, 'tomato', 'The pole falls'));
  await expect(picture).toHaveAttribute('alt', 'The pole falls');
  await expect.poll(width).toBe(50);
  // Within the stage, whatever its size.
  const [stage, box] = await Promise.all([page.locator('#stage').boundingBox(), picture.boundingBox()]);
  expect(box.x).toBeGreaterThanOrEqual(stage.x);
  expect(box.y + box.height).toBeLessThanOrEqual(stage.y + stage.height);
  // Whoever comes late sees the newest.
  const late = await context.newPage();
  await late.goto(`${relay.address}#/watch/pictures`);
  await expect(late.getByTestId('foreign-picture')).toHaveAttribute('data-value', '2000');
  await relay.end();
});

test('a run that is not there is named', async ({ page }) => {
  const relay = await Relay.start();
  await page.goto(`${relay.address}#/watch/no-such-run`);
  await expect(page.getByText(/no-such-run/).first()).toBeVisible();
  await expect(page.getByTestId('readout-connection')).toHaveAttribute('data-value', 'open');
  await expect(page.getByTestId('run-waits')).toContainText('does not know this run');
  await expect(page.getByTestId('standing')).toHaveCount(0);
  for (const place of ['replay', 'checkpoints']) {
    await page.goto(`${relay.address}#/${place}/no-such-run`);
    await expect(page.getByTestId('run-gone')).toBeVisible();
  }
  await expect(page.getByTestId('toast')).toHaveCount(0);
  await relay.end();
});

test.describe('tokens', () => {
  /** Shows a token to the relay, where the page asks for one or offers to take one. */
  async function show(page, token) {
    // What the relay wants is known only once it has answered.
    const form = page.getByTestId('token-form');
    await expect(async () => {
      if (!(await form.isVisible())) await page.getByTestId('command-token').locator('summary').click({ timeout: 500 });
      await expect(form).toBeVisible({ timeout: 500 });
    }).toPass();
    await page.getByTestId('relay-token').fill(token);
    await page.getByTestId('token-form').getByRole('button').click();
  }

  test('a viewer token opens watching, and a controller token then commands', async ({ page }) => {
    const relay = await Relay.start('--viewer-token', 'v', '--controller-token', 'c');
    const trainer = publish(relay, '--speed', '50');
    await page.goto(`${relay.address}#/watch/${RUN}`);
    const focused = () => page.evaluate(() => document.activeElement.tagName);
    await show(page, 'wrong');
    await expect(page.getByText(/not the token of the role viewer/)).toBeVisible();
    await expect.poll(focused).not.toBe('BODY');
    await show(page, 'v');
    await expect.poll(() => new Figures(page).number('episode')).toBeGreaterThan(0);
    await expect(page.getByTestId('stage')).toBeFocused();
    await expect(page.getByTestId('train')).toBeDisabled();
    await show(page, 'wrong');
    await expect(page.getByText(/You go on as before/)).toBeVisible();
    await show(page, 'c');
    await expect(page.getByTestId('command-token')).toHaveCount(0);
    await expect(page.getByTestId('stage')).toBeFocused();
    await new Figures(page).pause();
    await trainer.end();
    await relay.end();
  });

  test('a token that was given in one place opens the others', async ({ page }) => {
    const relay = await Relay.start('--viewer-token', 'v', '--controller-token', 'c');
    const trainer = publish(relay, '--speed', '50');
    await page.goto(`${relay.address}#/hosts`);
    await show(page, 'v');
    await expect(page.getByTestId('readout-connection')).toHaveAttribute('data-value', 'open');
    await expect(page.locator('main')).toBeFocused();
    await page.getByRole('link', { name: /^Watch/ }).click();
    await expect(page.getByTestId(`run-card-${RUN}`)).toBeVisible();
    await expect(page.getByTestId('relay-refused')).toHaveCount(0);
    await trainer.end();
    await relay.end();
  });

  test('a page has one line to the relay, whether it watches or trains, and leaves none open', async ({ page }) => {
    const relay = await Relay.start();
    const trainer = publish(relay, '--speed', '50');
    const open = new Set();
    page.on('websocket', (socket) => {
      open.add(socket);
      socket.on('close', () => open.delete(socket));
    });
    // Hosts and the overlay have a second one, which reads the logs of many runs.
    for (const [place, lines] of [['watch', 1], ['lab', 1], ['hosts', 2], [`watch/${RUN}`, 1], ['overlay', 2], [`replay/${RUN}`, 1], ['lab', 1]]) {
      await page.goto(`${relay.address}#/${place}`);
      const line = page.getByTestId('readout-connection');
      await expect(line).toHaveAttribute('data-value', 'open');
      await expect(line).toHaveCount(1);
      await expect(page.locator('.places .count')).toHaveText('1');
      await expect.poll(() => open.size).toBe(lines);
    }
    await trainer.end();
    await relay.end();
  });

  test('a watched run is shared as a link and as a frame', async ({ page, context }) => {
    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    const relay = await Relay.start();
    const trainer = publish(relay, '--speed', '50');
    await page.goto(`${relay.address}#/watch/${RUN}`);
    await page.getByTestId('share').click();
    await expect(page.getByTestId('share-link')).toHaveValue(`${relay.address}#/watch/${RUN}`);
    await page.getByTestId('copy-frame').click();
    const frame = () => page.evaluate(() => navigator.clipboard.readText());
    await expect.poll(frame).toBe(`<iframe src="${relay.address}#/watch/${RUN}" title="Terrarium" width="900" height="600"></iframe>`);
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
