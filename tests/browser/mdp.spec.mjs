// The editor of MDPs: drawn with the mouse and with the keyboard alone, typed as a table, solved while one draws.
import { expect, Figures, findings, link, test } from './support.mjs';

const RUN = [['env', 'mdp'], ['agent', 'q-learning'], ['agent.gamma', '0.99'], ['seed', '5'], ['episodes', '20']];
const TWO = 's1,a11,.5,s1,5\ns1,a11,.5,s2,5\ns1,a12,1,s2,10\ns2,a21,1,s2,-1';
const WRITTEN = 'state,action,probability,next_state,reward\ns1,a11,0.5,s1,5\ns1,a11,0.5,s2,5\ns1,a12,1,s2,10\ns2,a21,1,s2,-1\n';

/** The editor of a run that has ended. */
async function opened(page, site, pairs = RUN) {
  await page.goto(site.address + link(pairs));
  await expect.poll(() => new Figures(page).number('episode')).toBe(20);
  await new Figures(page).settled();
  await page.getByTestId('edit-map').click();
  await expect(page.getByTestId('mdp-canvas')).toBeVisible();
}

const shows = (page, table) => expect(page.getByTestId('mdp-canvas')).toHaveAttribute('data-value', table);
const state = (page, name) => page.getByTestId(`mdp-state-${name}`);
const action = (page, name) => page.getByTestId(`mdp-action-${name}`);

/** A point of the picture on the screen, as shares of its width and height. */
async function at(page, x, y) {
  const picture = page.getByTestId('mdp-canvas');
  await picture.scrollIntoViewIfNeeded();
  const box = await picture.boundingBox();
  return [box.x + box.width * x, box.y + box.height * y];
}

/** The middle of a node on the screen. */
async function middle(node) {
  await node.scrollIntoViewIfNeeded();
  const box = await node.locator('.disc, .dot').boundingBox();
  return [box.x + box.width / 2, box.y + box.height / 2];
}

/** Drags from one point over others to the last one. */
async function drag(page, ...points) {
  for (const [index, [x, y]] of points.entries()) {
    await page.mouse.move(x, y, { steps: 4 });
    if (index === 0) await page.mouse.down();
  }
  await page.mouse.up();
}

const set = async (page, testid, value) => {
  await page.getByTestId(testid).fill(value);
  await page.getByTestId(testid).press('Enter');
};

/** Whether a number is another one to four decimals. */
const value = (node) => expect.poll(async () => {
  const told = await node.getAttribute('data-value');
  return told === '' ? null : Number(Number(told).toFixed(4));
});

test('the MDP of two states is drawn with the mouse, solved and learned', async ({ page, site }) => {
  await opened(page, site);
  await expect(state(page, 'high')).toBeVisible();
  await page.getByTestId('mdp-text').fill('');
  await shows(page, '');
  await expect(page.getByTestId('mdp-done')).toBeDisabled();
  await page.mouse.dblclick(...(await at(page, 0.25, 0.5)));
  await page.mouse.dblclick(...(await at(page, 0.72, 0.5)));
  await expect(state(page, 's2')).toBeVisible();
  await expect(page.getByTestId('mdp-note')).toContainText('State s1 is joined to nothing yet');
  const [one, two] = [() => middle(state(page, 's1')), () => middle(state(page, 's2'))];
  // Back to itself, then a second outcome from the dot of the action.
  await drag(page, await one(), await at(page, 0.25, 0.2), await one());
  await set(page, 'mdp-name', 'a11');
  await drag(page, await middle(action(page, 's1-a11')), await two());
  await expect(page.getByTestId('mdp-probability-0')).toHaveValue('0.5');
  await set(page, 'mdp-reward-0', '5');
  await set(page, 'mdp-reward-1', '5');
  await drag(page, await one(), await two());
  await set(page, 'mdp-name', 'a12');
  await set(page, 'mdp-reward-0', '10');
  await expect(page.getByTestId('mdp-note')).toContainText('State s2 has no action');
  await expect(page.getByTestId('mdp-done')).toBeDisabled();
  await drag(page, await two(), await at(page, 0.72, 0.2), await two());
  await set(page, 'mdp-name', 'a21');
  await set(page, 'mdp-reward-0', '-1');
  await shows(page, WRITTEN);
  await expect(page.getByTestId('mdp-text')).toHaveValue(WRITTEN);
  await set(page, 'mdp-discount', '0.95');
  await value(state(page, 's2')).toBe(-20);
  await value(state(page, 's1')).toBe(-8.5714);
  await expect(state(page, 's1')).toHaveAttribute('aria-label', /^State s1, 2 actions, value −8\.5714, starts here$/);
  await expect(action(page, 's1-a11')).toHaveAttribute('aria-label', /0\.5 to s1, reward 5; 0\.5 to s2, reward 5; .*a best action/);
  await expect(action(page, 's1-a12')).not.toHaveAttribute('aria-label', /best/);
  await value(page.getByTestId('mdp-value')).toBe(-8.5714);
  expect(await findings(page)).toEqual([]);
  await page.getByTestId('mdp-done').click();
  await expect(page.getByTestId('dialog-mdp')).toHaveCount(0);
  await expect.poll(() => new Figures(page).number('episode')).toBe(0);
  await expect(page.getByTestId('parameter-gamma')).toHaveAttribute('data-value', '0.95');
  await page.getByTestId('more-mdp').click();
  await expect(page.getByTestId('parameter-table')).toHaveValue(WRITTEN);
  await page.getByTestId('episode').click();
  await expect.poll(() => new Figures(page).number('episode')).toBe(1);
  // The stage knows the same values, at the states of its ring.
  const stage = page.getByTestId('stage');
  await stage.scrollIntoViewIfNeeded();
  const box = await stage.boundingBox();
  const ring = 0.35 * Math.min(box.width, box.height);
  for (const [side, exact] of [[-ring, /exact −8\.57/], [ring, /exact −20/]]) {
    await page.mouse.move(box.x + box.width / 2 + side, box.y + box.height / 2);
    await expect(page.getByTestId('inspector')).toContainText(exact);
  }
});

test('a smaller one is drawn with the keyboard alone', async ({ page, site }) => {
  await opened(page, site);
  await page.getByTestId('mdp-text').fill('');
  await page.getByTestId('mdp-canvas').focus();
  const focused = () => page.evaluate(() => document.activeElement?.getAttribute('data-testid'));
  await page.keyboard.press('n');
  await expect.poll(focused).toBe('mdp-state-s1');
  await page.keyboard.press('n');
  await expect.poll(focused).toBe('mdp-state-s2');
  // From the second to itself, and from the first to the second.
  await page.keyboard.press('a');
  await expect(page.getByTestId('mdp-hint')).toContainText('Where does it lead?');
  await page.keyboard.press('Enter');
  await expect.poll(focused).toBe('mdp-action-s2-a1');
  await page.keyboard.press('Enter');
  await expect.poll(focused).toBe('mdp-name');
  await page.keyboard.press('Control+a');
  await page.keyboard.type('stay');
  for (let field = 0; field < 3; field += 1) await page.keyboard.press('Tab');
  await expect.poll(focused).toBe('mdp-reward-0');
  await page.keyboard.type('1');
  await page.keyboard.press('Enter');
  await expect(action(page, 's2-stay')).toBeVisible();
  while ((await focused()) !== 'mdp-action-s2-stay') await page.keyboard.press('Shift+Tab');
  for (let step = 0; step < 4 && (await focused()) !== 'mdp-state-s1'; step += 1) {
    const [from, to] = [await middle(page.locator(':focus')), await middle(state(page, 's1'))];
    const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
    await page.keyboard.press(Math.abs(dx) > Math.abs(dy) ? (dx > 0 ? 'ArrowRight' : 'ArrowLeft') : dy > 0 ? 'ArrowDown' : 'ArrowUp');
  }
  await expect.poll(focused).toBe('mdp-state-s1');
  await page.keyboard.press('a');
  await expect(page.getByTestId('mdp-hint')).toContainText('Where does it lead?');
  const [from, to] = [await middle(state(page, 's1')), await middle(state(page, 's2'))];
  const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
  await page.keyboard.press(Math.abs(dx) > Math.abs(dy) ? (dx > 0 ? 'ArrowRight' : 'ArrowLeft') : dy > 0 ? 'ArrowDown' : 'ArrowUp');
  await expect.poll(focused).toBe('mdp-state-s2');
  await page.keyboard.press('Enter');
  await expect.poll(focused).toBe('mdp-action-s1-a1');
  const table = 'state,action,probability,next_state,reward\ns2,stay,1,s2,1\ns1,a1,1,s2,0\n';
  await shows(page, table);
  // The first that was drawn is where episodes start.
  await page.keyboard.press('Delete');
  await expect.poll(focused).toBe('mdp-state-s1');
  await page.keyboard.press('Control+z');
  await shows(page, table);
  await page.keyboard.press('Control+Shift+z');
  await page.keyboard.press('Control+z');
  // A discount of .99 and one more step.
  await value(state(page, 's2')).toBe(100);
  await value(state(page, 's1')).toBe(99);
  // Esc gives the arrow up and not the dialog.
  await page.keyboard.press('a');
  await page.keyboard.press('Escape');
  await expect(page.getByTestId('mdp-hint')).toContainText('Double-click');
  await expect(page.getByTestId('dialog-mdp')).toBeVisible();
  while ((await focused()) !== 'mdp-done') await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await expect(page.getByTestId('dialog-mdp')).toHaveCount(0);
  await expect(page.getByTestId('parameter-start')).toHaveAttribute('data-value', 's1');
  await expect.poll(() => new Figures(page).number('episode')).toBe(0);
});

test('probabilities that do not sum to 1 are named at their action, and scaled', async ({ page, site }) => {
  await opened(page, site);
  await page.getByTestId('mdp-text').fill('a,go,0.5,b,1\na,go,0.25,a,0\nb,end,1,c,1');
  await expect(page.getByTestId('mdp-canvas')).toContainText('go Σ 0.75');
  await expect(page.getByTestId('mdp-note')).toContainText('The probabilities of action go in state a sum to 0.75, not to 1.');
  await expect(page.getByTestId('mdp-done')).toBeDisabled();
  await action(page, 'a-go').locator('.dot').click();
  await page.getByTestId('mdp-normalise').click();
  await page.getByTestId('mdp-note-end').click();
  const table = (first, second) => `state,action,probability,next_state,reward,terminal\na,go,${first},b,1,false\na,go,${second},a,0,false\nb,end,1,c,1,true\n`;
  await shows(page, table('0.6666666666666666', '0.3333333333333333'));
  await expect(page.getByTestId('mdp-done')).toBeEnabled();
  await expect(state(page, 'c')).toHaveAttribute('aria-label', /ends the episode/);
  // What cannot be taken stays where it was typed.
  await set(page, 'mdp-probability-0', '2');
  await expect(page.getByTestId('mdp-fields')).toContainText('from 0 to 1, not 2');
  await expect(page.getByTestId('mdp-probability-0')).toHaveValue('2');
  await set(page, 'mdp-probability-0', '1/4');
  await set(page, 'mdp-probability-1', '0,75');
  await shows(page, table('0.25', '0.75'));
  await page.getByTestId('mdp-split-1').click();
  await expect(page.getByTestId('mdp-probability-2')).toHaveValue('0.375');
  await page.getByTestId('mdp-next-2').selectOption({ label: 'b' });
  await page.getByTestId('mdp-remove-outcome-0').click();
  await expect(page.getByTestId('mdp-note')).toContainText('sum to 0.75');
  for (let back = 0; back < 3; back += 1) await page.getByTestId('mdp-undo').click();
  await shows(page, table('0.25', '0.75'));
  await expect(page.getByTestId('mdp-next-0')).toHaveValue(await page.getByTestId('mdp-next-0').locator('option', { hasText: 'b' }).getAttribute('value'));
  await page.getByTestId('mdp-note').scrollIntoViewIfNeeded();
  // Several starts.
  await state(page, 'b').locator('.disc').click();
  await page.getByTestId('mdp-start').click();
  await set(page, 'mdp-start-chance', '0.25');
  await expect(page.getByTestId('mdp-note')).toContainText('start states sum to 0.75');
  await page.getByTestId('mdp-normalise').click();
  await set(page, 'mdp-name', 'a');
  await expect(page.getByTestId('mdp-fields')).toContainText('This name is taken');
  await set(page, 'mdp-name', 'b, too');
  await page.getByTestId('mdp-done').click();
  await expect(page.getByTestId('parameter-start')).toHaveAttribute('data-value', 'a: 0.6666666666666666, "b, too: 0.3333333333333333"');
  await expect(page.getByTestId('not-taken')).toHaveCount(0);
});

test('what is drawn is kept when the dialog is left, and what is typed is never lost', async ({ page, site }) => {
  await opened(page, site);
  await page.getByTestId('mdp-tool-move').click();
  const before = await middle(state(page, 'high'));
  await drag(page, before, [before[0] + 40, before[1] + 60]);
  await expect.poll(async () => (await middle(state(page, 'high')))[1] - before[1]).toBeGreaterThan(50);
  await page.getByTestId('mdp-add-state').click();
  await expect(state(page, 's1')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByTestId('dialog-mdp')).toHaveCount(0);
  expect(await page.evaluate(() => document.activeElement?.dataset.testid)).toBe('edit-map');
  await page.getByTestId('edit-map').click();
  // A state that is in no row, too.
  await expect(state(page, 's1')).toBeVisible();
  await page.getByTestId('mdp-undo').click();
  await page.getByTestId('mdp-text').fill('{"0": {"0": [[1.0, 1, 2.0, true]]}}');
  await expect(state(page, '1')).toBeVisible();
  await page.getByTestId('mdp-text').fill('a,go,x,b,1');
  await expect(page.getByTestId('mdp-text-fault')).toContainText('"x" is not a number');
  await expect(page.getByTestId('mdp-text')).toHaveValue('a,go,x,b,1');
  await expect(state(page, '1')).toBeVisible();
  await page.getByTestId('mdp-cancel').click();
  await page.getByTestId('edit-map').click();
  await expect(state(page, 'high')).toBeVisible();
  await page.getByTestId('mdp-cancel').click();
  // What the Lab did not take opens, too.
  await page.getByTestId('more-mdp').click();
  await page.getByTestId('parameter-table').fill('a,go,0.5,a,1');
  await page.getByTestId('parameter-table').blur();
  await expect(page.getByTestId('not-taken')).toBeVisible();
  await page.getByTestId('edit-map').click();
  await page.getByTestId('mdp-note-normalise').click();
  await page.getByTestId('mdp-done').click();
  await expect(page.getByTestId('not-taken')).toHaveCount(0);
  const large = Array.from({ length: 61 }, (_, at) => `${at},go,1,${(at + 1) % 61},0`).join('\n');
  await page.getByTestId('parameter-table').fill(large);
  await page.getByTestId('parameter-table').blur();
  await page.getByTestId('edit-map').click();
  await expect(page.getByTestId('mdp-too-large')).toContainText('more than 60 states');
  await page.getByTestId('mdp-cancel').click();
  await expect(page.getByTestId('parameter-table')).toHaveValue(large);
});

test('of an agent with preferences its critic tells what a state is worth', async ({ page, site }) => {
  await page.goto(site.address + link([['env', 'mdp'], ['env.table', TWO], ['env.step_limit', '50'], ['agent', 'actor-critic'], ['agent.gamma', '0.95'], ['seed', '3'], ['episodes', '300']]));
  await expect.poll(() => new Figures(page).number('episode')).toBe(300);
  await new Figures(page).settled();
  const box = await page.getByTestId('stage').boundingBox();
  await page.mouse.move(box.x + box.width / 2 + 0.35 * Math.min(box.width, box.height), box.y + box.height / 2);
  const inspector = page.getByTestId('inspector');
  await expect(inspector).toContainText('State s2');
  await expect(inspector).toContainText(/value −(19\.9|20\.0)\d \(exact −20\.00/);
  await expect(inspector).toContainText('preference');
});

test('names of any length leave the page as wide as it is', async ({ page, site }) => {
  const [one, two, act] = ['s', 't', 'a'].map((letter) => letter.repeat(3_000));
  const table = `${one},${act},1,${two},1\n${two},back,1,${one},0`;
  await page.goto(site.address + link([...RUN, ['env.table', table]]));
  await expect.poll(() => new Figures(page).number('episode')).toBe(20);
  const inspector = page.getByTestId('inspector');
  await expect(inspector.getByRole('heading')).toContainText(/State [st]{59}…/);
  await expect(inspector.getByRole('rowheader')).toHaveText(/^(a{59}…|back)$/);
  const room = () => page.evaluate(() => document.documentElement.clientWidth - document.documentElement.scrollWidth);
  expect(await room()).toBeGreaterThanOrEqual(0);
  await page.getByTestId('play').click();
  await expect(page.getByTestId('action-back')).toBeVisible();
  expect(await room()).toBeGreaterThanOrEqual(0);
});

test('who plays by hand sees which actions the present state has not', async ({ page, site }) => {
  await page.goto(site.address + link([...RUN, ['env.table', TWO], ['env.start', 's2']]));
  await page.getByTestId('play').click();
  await expect(page.getByTestId('action-a21')).toBeVisible();
  await expect(page.getByTestId('action-a11')).toHaveAttribute('aria-disabled', 'true');
  await expect(page.getByTestId('action-a21')).not.toHaveAttribute('aria-disabled', 'true');
});

test.describe('on a telephone', () => {
  test.use({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });

  test('states and actions are drawn by fingers, and nothing sticks out', async ({ page, site }) => {
    await opened(page, site, [...RUN, ['env.table', TWO]]);
    await expect(state(page, 's1')).toBeVisible();
    await state(page, 's2').locator('.disc').tap();
    await page.getByTestId('mdp-add-action').tap();
    await state(page, 's1').locator('.disc').tap();
    await expect(action(page, 's2-a1')).toBeVisible();
    await expect(page.getByTestId('mdp-name')).toHaveValue('a1');
    await page.getByTestId('mdp-add-state').tap();
    await expect(state(page, 's3')).toBeVisible();
    expect(await page.evaluate(() => document.querySelector('dialog').scrollWidth - document.querySelector('dialog').clientWidth)).toBe(0);
    for (const forcedColors of ['none', 'active']) {
      await page.emulateMedia({ forcedColors });
      expect(await findings(page)).toEqual([]);
    }
  });
});

for (const [locale, words, label] of [['de', 'Dieses MDP verwenden', /^Zustand high, 2 Aktionen, Wert .*, Anfang$/], ['sw', 'Tumia MDP hii', /^Hali high, vitendo 2, thamani .*, huanzia hapa$/]]) {
  test.describe(locale, () => {
    test.use({ locale });

    test('is spoken', async ({ page, site }) => {
      await opened(page, site);
      await expect(page.getByTestId('mdp-done')).toHaveText(words);
      await expect(state(page, 'high')).toHaveAttribute('aria-label', label);
    });
  });
}
