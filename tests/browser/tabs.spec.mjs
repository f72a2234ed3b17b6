// One run in tabs that are slow, late and loaded anew: all of them agree with each other and with what the relay stored.
import { Figures, Relay, expect, publish, test } from './support.mjs';

const RUN = 'gridworld-q-learning';

test.describe('a slow, a late and a reloaded tab', () => {
  let relay;
  let trainer;

  test.beforeEach(async () => {
    relay = await Relay.start();
    trainer = publish(relay, '--speed', '20000');
  });

  test.afterEach(async () => {
    await trainer.end();
    await relay.end();
  });

  /** Opens the run in another tab, when it shows something. */
  async function opened(context) {
    const tab = await context.newPage();
    await tab.goto(`${relay.address}#/watch/${RUN}`);
    const figures = new Figures(tab);
    await expect.poll(() => figures.number('episode'), { timeout: 60_000 }).toBeGreaterThan(0);
    return { tab, figures };
  }

  /** A part of what the relay has of the run. */
  async function stored(path) {
    const answer = await fetch(`${relay.address}api/v1/runs/${RUN}${path}`);
    expect(answer.status).toBe(200);
    return answer.json();
  }

  /** What the store holds of a run that stands still. */
  async function kept() {
    const { entries } = await stored('/state?kinds=status');
    const { status } = entries[0].event;
    return { episodes: (await stored('/outcomes')).episodes, told: status.episode, hash: status.run_hash };
  }

  test('of one run agree with each other and with the store', async ({ context }) => {
    test.setTimeout(180_000);
    const first = await opened(context);
    const slow = await opened(context);
    const reloaded = await opened(context);
    const before = await reloaded.figures.number('episode');

    // The slow one reads nothing for a while, again and again, and is slow in between.
    const inside = await context.newCDPSession(slow.tab);
    await inside.send('Emulation.setCPUThrottlingRate', { rate: 6 });
    const stalls = (async () => {
      for (let stall = 0; stall < 4; stall += 1) {
        await slow.tab.evaluate((millis) => {
          for (const end = performance.now() + millis; performance.now() < end;);
        }, 2_500);
      }
    })();
    await expect.poll(() => first.figures.number('episode')).toBeGreaterThan(before + 1_000);
    const meanwhile = await first.figures.number('episode');
    await reloaded.tab.reload();
    await expect.poll(() => reloaded.figures.number('episode'), { timeout: 60_000 }).toBeGreaterThan(meanwhile);
    const late = await opened(context);
    await stalls;
    await inside.send('Emulation.setCPUThrottlingRate', { rate: 1 });

    const settled = await first.figures.pause();
    expect(settled.faults).toBe(0);
    for (const { figures } of [slow, reloaded, late]) {
      await expect.poll(() => figures.settled(), { timeout: 60_000 }).toEqual(settled);
    }
    const inStore = { episodes: settled.episodes, told: settled.episodes, hash: settled.hash };
    await expect.poll(kept).toEqual(inStore);

    // It goes on for all of them, and whoever pauses it pauses it for all.
    await late.tab.getByTestId('train').click();
    await expect.poll(() => slow.figures.number('episode')).toBeGreaterThan(settled.episodes);
    const again = await slow.figures.pause();
    for (const { figures } of [first, reloaded, late]) await expect.poll(() => figures.settled()).toEqual(again);
    expect(again.faults).toBe(0);
    await expect.poll(async () => (await kept()).episodes).toBe(again.episodes);
  });
});
