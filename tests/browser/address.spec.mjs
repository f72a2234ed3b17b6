// The address of the Lab tells the run on show, and a reload still goes on with it.
import { Figures, expect, go, link, test } from './support.mjs';

const RUN = [['env', 'gridworld'], ['agent', 'q-learning'], ['seed', '5'], ['episodes', '60']];
const place = (page) => page.evaluate(() => location.hash);

/** Changes the agent, and waits until its run is on show. */
async function pick(page, agent) {
  const epoch = await page.getByTestId('curve').getAttribute('data-epoch');
  await page.getByTestId('agent').selectOption(agent);
  await expect(page.getByTestId('curve')).not.toHaveAttribute('data-epoch', epoch);
}

test('a first visit has no address of its own, and what is changed there is in the address', async ({ page, site }) => {
  await page.goto(site.address);
  const figures = new Figures(page);
  await expect.poll(() => figures.number('episode')).toBeGreaterThan(0);
  expect(await place(page)).toBe('');
  await figures.pause();
  await pick(page, 'sarsa');
  await expect.poll(() => place(page)).toMatch(/^#\/lab\?.*env=gridworld.*agent=sarsa.*seed=42/);
  expect(await place(page)).not.toMatch(/episodes=|hash=/);

  // A reload goes on with the run.
  await page.getByTestId('episode').click();
  await expect.poll(() => figures.number('episode')).toBe(1);
  await page.getByTestId('episode').click();
  await expect.poll(() => figures.number('episode')).toBe(2);
  const before = await figures.settled();
  // A run that holds is kept at the next look.
  await page.waitForTimeout(2_500);
  const address = page.url();
  await page.reload();
  await expect.poll(() => figures.number('episode')).toBe(2);
  expect(await figures.settled()).toEqual(before);
  expect(page.url()).toBe(address);

  // In a tab of its own the address begins the same run anew, and the Lab alone opens the last visit.
  const other = await page.context().newPage();
  await other.goto(address);
  await expect(other.getByTestId('agent')).toHaveValue('sarsa');
  await expect(other.getByTestId('seed')).toHaveValue('42');
  const last = await page.context().newPage();
  await last.goto(`${site.address}#/lab`);
  await expect(last.getByTestId('agent')).toHaveValue('sarsa');
  expect(await place(last)).toBe('#/lab');
});

test('a link stays as it is until another run takes its place, and who comes back finds the run', async ({ page, site }) => {
  await page.goto(site.address + link(RUN));
  const figures = new Figures(page);
  await expect.poll(() => figures.number('episode')).toBe(60);
  await figures.settled();
  expect(await place(page)).toBe(link(RUN));
  await page.getByTestId('episode').click();
  await expect.poll(() => figures.number('episode')).toBe(61);
  expect(await place(page)).toBe(link(RUN));

  await pick(page, 'sarsa');
  await expect.poll(() => place(page)).toMatch(/agent=sarsa/);
  await page.keyboard.press('Escape');
  await page.getByTestId('episode').click();
  await expect.poll(() => figures.number('episode')).toBe(1);
  const before = await figures.settled();
  // Back from another place is back to this run.
  await page.getByRole('link', { name: 'Learn' }).click();
  await expect(page.locator('.lesson-card')).toHaveCount(15);
  await page.goBack();
  await expect(page.getByTestId('agent')).toHaveValue('sarsa');
  expect(await figures.settled()).toEqual(before);

  // What comes back by a key is in the address, too.
  await page.keyboard.press('u');
  await expect.poll(() => figures.number('episode')).toBe(61);
  await expect.poll(() => place(page)).toMatch(/agent=q-learning/);
  // Another link is opened as it says, and again each time that somebody goes to it.
  await go(page, link(RUN));
  await expect.poll(() => figures.number('episode')).toBe(60);
  expect(await place(page)).toBe(link(RUN));
  await pick(page, 'sarsa');
  await expect.poll(() => place(page)).toMatch(/agent=sarsa/);
  await go(page, link(RUN));
  await expect(page.getByTestId('agent')).toHaveValue('q-learning');
  await expect.poll(() => figures.number('episode')).toBe(60);
});

test('a run that was stored while another place was open comes back at the address of the Lab', async ({ page, site }) => {
  await page.goto(site.address + link(RUN));
  const figures = new Figures(page);
  await expect.poll(() => figures.number('episode')).toBe(60);
  await pick(page, 'sarsa');
  await expect.poll(() => place(page)).toMatch(/agent=sarsa/);
  await page.getByTestId('episode').click();
  await expect.poll(() => figures.number('episode')).toBe(1);
  const before = await figures.settled();
  await page.getByRole('link', { name: 'Learn' }).click();
  await expect(page.locator('.lesson-card')).toHaveCount(15);
  // A run that holds is kept at the next look.
  await page.waitForTimeout(2_500);
  await page.goBack();
  await page.reload();
  await expect.poll(() => figures.number('episode')).toBe(before.episodes);
  expect(await figures.settled()).toEqual(before);
});

test('what is changed while the agent learns is in the address with its step', async ({ page, site }) => {
  await page.goto(site.address + link(RUN));
  const figures = new Figures(page);
  await expect.poll(() => figures.number('episode')).toBe(60);
  await figures.settled();
  const alpha = page.getByTestId('parameter-alpha');
  await alpha.fill('0.25');
  await alpha.press('Enter');
  await expect.poll(() => place(page)).toMatch(/at\.\d+\.alpha=0\.25/);
  expect(await figures.number('episode')).toBe(60);
});
