// Accessibility: axe-core finds nothing to complain of, at any place, in any theme.
import { expect, Figures, findings, link, publish, Relay, test } from './support.mjs';

const RUN = link([['env', 'gridworld'], ['agent', 'q-learning'], ['seed', '42'], ['episodes', '60']]);
const PLACES = ['#/learn', '#/learn/cliff', '#/compare', '#/watch', '#/hosts', '#/overlay', '#/run-file', '#/library', '#/nowhere'];

/** How somebody sees the page. */
const LOOKS = [
  ...['light', 'dark'].flatMap((colorScheme) => ['no-preference', 'more'].map((contrast) => ({ colorScheme, contrast }))),
  { colorScheme: 'dark', forcedColors: 'active' },
];
const words = ({ colorScheme, contrast, forcedColors }) => (forcedColors ? 'forced colours' : `${colorScheme}, contrast ${contrast}`);

for (const media of LOOKS) {
  test(`axe finds nothing at any place, ${words(media)}`, async ({ page, site }) => {
    await page.emulateMedia({ ...media, reducedMotion: 'reduce' });
    const found = {};
    const look = async (name) => {
      const these = await findings(page);
      if (these.length > 0) found[name] = these;
    };
    await page.goto(site.address + RUN);
    await expect.poll(() => new Figures(page).number('episode')).toBe(60);
    await look('lab');
    for (const [button, dialog] of [['share', 'dialog-share'], ['load-agent', 'dialog-agents'], ['keys', 'dialog-keys'], ['edit-map', 'dialog-map']]) {
      await page.getByTestId(button).click();
      await expect(page.getByTestId(dialog)).toBeVisible();
      // Its program comes a moment later.
      if (button === 'edit-map') await expect(page.getByTestId('map-way')).toBeVisible();
      await look(dialog);
      await page.keyboard.press('Escape');
      await expect(page.getByTestId(dialog)).toHaveCount(0);
    }
    await page.evaluate(() => { location.hash = '#/replay'; });
    await expect(page.getByTestId('replay-at')).toBeVisible();
    await page.keyboard.press('End');
    await page.getByTestId('replay-beside').selectOption({ index: 1 });
    await look('replays');
    for (const place of PLACES) {
      await page.goto(`${site.address}?axe${place}`);
      await expect(page.locator('main')).toBeVisible();
      await look(place);
    }
    const network = [['env', 'snake'], ['env.view', 'board'], ['agent', 'ppo'], ['agent.convolutions', '8x3x1-8x3x1'], ['seed', '3'], ['episodes', '8']];
    await page.goto(`${site.address}?axe${link(network)}`);
    await expect.poll(() => new Figures(page).number('episode')).toBeGreaterThanOrEqual(8);
    await page.getByTestId('layer-convolutions-1-kernel').fill('20');
    await page.keyboard.press('Enter');
    await expect(page.getByTestId('layer-convolutions-1')).toContainText('A kernel of 20');
    await look('network builder');
    await page.goto(`${site.address}?axe#/compare?env=gridworld&agent=q-learning&agent=sarsa&seed=3&seeds=5&episodes=20`);
    await expect(page.getByTestId('readout-runs')).toHaveAttribute('data-value', '10/10');
    await expect(page.getByTestId('verdicts')).toContainText('p =');
    await look('compare, done');
    expect(found).toEqual({});
  });
}

test.describe('of a relay', () => {
  let relay;
  let trainer;

  test.beforeEach(async () => {
    relay = await Relay.start();
    trainer = publish(relay, '--speed', '20000', '--save-every', '0.5');
  });

  test.afterEach(async () => {
    await trainer.end();
    await relay.end();
  });

  test('axe finds nothing on a watched run, its episodes and its checkpoints, in any colours', async ({ page }) => {
    test.setTimeout(240_000);
    const run = 'gridworld-q-learning';
    const found = {};
    for (const media of LOOKS) {
      await page.emulateMedia({ ...media, reducedMotion: 'reduce' });
      for (const [place, sign] of [['watch', 'run-card-gridworld-q-learning'], [`watch/${run}`, 'run-page'], [`replay/${run}`, 'replay-at'], [`checkpoints/${run}`, 'needle']]) {
        await page.goto(`${relay.address}?${words(media).replaceAll(' ', '')}#/${place}`);
        await expect(page.getByTestId(sign).first()).toBeVisible({ timeout: 60_000 });
        const these = await findings(page);
        if (these.length > 0) found[`${place}, ${words(media)}`] = these;
      }
    }
    expect(found).toEqual({});
  });
});
