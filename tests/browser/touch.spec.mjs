// The page under a finger: what is dragged there is large enough to be hit, and nothing is wider than a phone.
import { expect, test } from './support.mjs';

test.use({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });

/** Places with sliders, and the name of one of them. */
const SLIDERS = [
  ['#/lab?env=gridworld&agent=q-learning&seed=3', 'speed'],
  ['#/lab?env=gridworld&agent=q-learning&seed=3', 'slider-gamma'],
  ['#/lab?env=snake&agent=ppo&seed=3', 'speed'],
  ['#/learn/cliff', 'speed'],
  ['#/replay', 'replay-seek'],
];

test('sliders are at least 24 pixels high, and no place is wider than a phone', async ({ page, site }) => {
  await page.goto(site.address);
  for (const [index, [place, name]] of SLIDERS.entries()) {
    // Another query loads the page anew: no slider of the place before is left.
    await page.goto(`${site.address}?${index}${place}`);
    const slider = page.getByTestId(name);
    await expect(slider, `${name} on ${place}`).toBeVisible();
    const sizes = await page.locator('input[type="range"]').locator('visible=true').evaluateAll((all) => all.map((it) => it.getBoundingClientRect().height));
    expect(Math.min(...sizes), place).toBeGreaterThanOrEqual(24);
    expect(await page.evaluate(() => document.documentElement.scrollWidth), place).toBeLessThanOrEqual(390);
  }
});
