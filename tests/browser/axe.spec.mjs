// Accessibility: axe-core finds nothing to complain of, at any place, in any theme.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect, Figures, link, test } from './support.mjs';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What axe finds on the page as it is, a line a finding. */
async function findings(page) {
  await page.evaluate(AXE);
  return page.evaluate(async () => {
    // Half-way through a transition colours are those of neither end.
    await Promise.all(document.getAnimations().map((it) => it.finished.catch(() => {})));
    const { violations } = await axe.run(document, { resultTypes: ['violations'] });
    return violations.flatMap(({ id, nodes }) => nodes.map((it) => `${id}: ${it.target.join(' ')} (${it.any[0]?.message ?? it.all[0]?.message ?? it.none[0]?.message})`));
  });
}

const RUN = link([['env', 'gridworld'], ['agent', 'q-learning'], ['seed', '42'], ['episodes', '60']]);
const PLACES = ['#/learn', '#/learn/cliff', '#/compare', '#/watch', '#/library', '#/nowhere'];

for (const theme of ['light', 'dark']) {
  for (const contrast of ['no-preference', 'more']) {
    test(`axe finds nothing at any place, ${theme}, contrast ${contrast}`, async ({ page, site }) => {
      await page.emulateMedia({ colorScheme: theme, contrast, reducedMotion: 'reduce' });
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
      await page.goto(`${site.address}?axe#/compare?env=gridworld&agent=q-learning&agent=sarsa&seed=3&seeds=5&episodes=20`);
      await expect(page.getByTestId('readout-runs')).toHaveAttribute('data-value', '10/10');
      await expect(page.getByTestId('verdicts')).toContainText('p =');
      await look('compare, done');
      expect(found).toEqual({});
    });
  }
}
