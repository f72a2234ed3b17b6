// Nothing is lost by a key, a click or a worker that dies.
import { Figures, expect, link, test } from './support.mjs';

const RUN = [['env', 'gridworld'], ['agent', 'q-learning'], ['seed', '42'], ['episodes', '300']];

async function trained(page, site, pairs = RUN) {
  await page.goto(site.address + link(pairs));
  const figures = new Figures(page);
  await expect.poll(() => figures.number('episode')).toBe(Number(new Map(pairs).get('episodes')));
  return { figures, before: await figures.settled() };
}

/** Waits until this is on show again, with its whole curve. */
async function back(figures, before) {
  await expect.poll(() => figures.hash()).toBe(before.hash);
  expect(await figures.settled()).toEqual(before);
}

test('a reset can be undone, by its button and by a key, and done again', async ({ page, site }) => {
  const { figures, before } = await trained(page, site);
  await page.keyboard.press('r');
  await expect.poll(() => figures.number('episode')).toBe(0);
  await page.getByTestId('toast-action').click();
  await back(figures, before);
  await page.keyboard.press('r');
  await expect.poll(() => figures.number('episode')).toBe(0);
  await page.keyboard.press('Control+z');
  await back(figures, before);
  // Nothing was learned after the reset, so there is nothing to go forward to; what came after a change is.
  await page.getByTestId('environment').selectOption('taxi');
  await expect(page.getByTestId('readout-optimal-states')).toHaveAttribute('data-value', /\/400$/);
  await page.keyboard.press('e');
  await expect.poll(() => figures.number('episode')).toBe(1);
  const later = await figures.settled();
  await page.keyboard.press('u');
  await back(figures, before);
  await expect(page.getByTestId('environment')).toHaveValue('gridworld');
  await page.keyboard.press('Shift+U');
  await back(figures, later);
});

test('however often changes are undone and done again, the forms tell what is on show', async ({ page, site }) => {
  const { figures } = await trained(page, site);
  const [environment, agent, seed] = ['environment', 'agent', 'seed'].map((name) => page.getByTestId(name));
  const slip = page.getByTestId('parameter-slip');
  const preset = page.getByTestId('preset-aggressive');
  // In one look: between two the form may change.
  const shown = () => page.evaluate(() => {
    const all = [...document.querySelectorAll('[data-testid]')];
    const find = (name) => all.find((it) => it.dataset.testid === name);
    return {
      values: ['environment', 'agent', 'seed', 'parameter-slip'].map((name) => find(name)?.value),
      is: ['parameter-slip', 'parameter-alpha', 'readout-run-hash'].map((name) => find(name)?.dataset.value),
      pressed: find('preset-aggressive')?.getAttribute('aria-pressed'),
    };
  });
  const states = [await shown()];
  for (const change of [
    () => environment.selectOption('taxi'),
    () => environment.selectOption('gridworld'),
    () => agent.selectOption('sarsa'),
    () => agent.selectOption('q-learning'),
    () => seed.fill('7').then(() => seed.press('Enter')),
    () => slip.fill('0.3').then(() => slip.press('Enter')),
    () => preset.click(),
    () => environment.selectOption('taxi'),
  ]) {
    const epoch = await page.getByTestId('curve').getAttribute('data-epoch');
    await change();
    await expect(page.getByTestId('curve')).not.toHaveAttribute('data-epoch', epoch);
    await page.keyboard.press('Escape');
    await page.getByTestId('episode').click();
    await expect.poll(() => figures.number('episode')).toBe(1);
    await figures.settled();
    states.push(await shown());
  }
  await page.getByTestId('stage').focus();
  for (let round = 0; round < 2; round += 1) {
    for (const state of states.slice(0, -1).reverse()) {
      await page.keyboard.press('u');
      await expect.poll(shown).toEqual(state);
    }
    for (const state of states.slice(1)) {
      await page.keyboard.press('Shift+U');
      await expect.poll(shown).toEqual(state);
    }
  }
});

test('a run too large to be kept is asked about, and stays if it is not to be lost', async ({ page, site }) => {
  const large = [['env', 'cart-pole'], ['env.bins', '24'], ['agent', 'q-learning'], ['seed', '1'], ['episodes', '200']];
  const { figures, before } = await trained(page, site, large);
  const question = page.getByTestId('dialog-question');
  for (const lose of [
    () => page.keyboard.press('r'),
    () => page.getByTestId('other-seed').click(),
    () => page.getByTestId('environment').selectOption('taxi'),
    () => page.evaluate((hash) => { location.hash = hash; }, link([['env', 'taxi'], ['agent', 'sarsa'], ['seed', '3']])),
  ]) {
    await lose();
    await expect(question).toContainText(/cannot be saved from here: its table has 663552.* 200 episodes would be lost/);
    await page.getByTestId('question-no').click();
    await expect(question).toHaveCount(0);
    expect(await figures.settled()).toEqual(before);
    // What was set is there still, and is given up by a button.
    const takeBack = page.getByTestId('take-back');
    if (await takeBack.count()) await takeBack.click();
    await expect(page.getByTestId('environment')).toHaveValue('cart-pole');
    await expect(page.getByTestId('seed')).toHaveValue('1');
  }
  await page.getByTestId('environment').selectOption('taxi');
  await page.keyboard.press('Escape');
  await expect(page.getByTestId('not-taken')).toContainText('was to stay');
  await expect(page.getByTestId('environment')).toHaveValue('taxi');
  await page.getByTestId('take-back').click();
  await page.getByTestId('reset').click();
  await page.getByTestId('question-yes').click();
  await expect.poll(() => figures.number('episode')).toBe(0);
});

test('a run that moves is put aside with every episode', async ({ page, site }) => {
  const { figures } = await trained(page, site);
  await page.getByTestId('train').click();
  await expect.poll(() => figures.number('episode')).toBeGreaterThan(3_000);
  await page.getByTestId('reset').click();
  await expect.poll(() => figures.number('episode')).toBe(0);
  await page.keyboard.press('u');
  await expect.poll(() => figures.phase()).toBe('running');
  const now = await figures.pause();
  expect(now.episodes).toBeGreaterThan(3_000);
  expect(now.faults).toBe(0);
});

test('a link that is opened over a run of an earlier visit puts that aside', async ({ page, site }) => {
  const { before } = await trained(page, site);
  const kept = () => page.evaluate(async () => {
    if (!(await indexedDB.databases()).some(({ name }) => name === 'terrarium')) return 0;
    const asked = (request) => new Promise((resolve) => { request.onsuccess = () => resolve(request.result); });
    const database = await asked(indexedDB.open('terrarium'));
    const count = await asked(database.transaction('runs').objectStore('runs').count());
    database.close();
    return count;
  });
  await expect.poll(kept).toBe(1);
  const other = await page.context().newPage();
  await other.goto(site.address + link([['env', 'taxi'], ['agent', 'sarsa'], ['seed', '1'], ['episodes', '3']]));
  const figures = new Figures(other);
  await expect.poll(() => figures.number('episode')).toBe(3);
  await other.getByTestId('toast-action').click();
  await back(figures, before);
});

test('the page of a link that is loaded again goes on with what was made of it, and what was put aside stays there', async ({ page, site }) => {
  const { figures } = await trained(page, site);
  await page.getByTestId('train').click();
  await expect.poll(() => figures.number('episode')).toBeGreaterThan(3_000);
  let { episodes } = await figures.pause();
  // A run that holds is kept at the next look.
  await page.waitForTimeout(2_500);
  for (let time = 0; time < 2; time += 1) {
    await page.reload();
    await expect.poll(() => figures.number('episode')).toBe(episodes);
  }
  await page.keyboard.press('r');
  await expect.poll(() => figures.number('episode')).toBe(0);
  await page.waitForTimeout(2_500);
  await page.reload();
  await expect(page.getByTestId('stage')).toBeVisible();
  await expect.poll(() => figures.number('episode')).toBe(0);
  await page.keyboard.press('u');
  await expect.poll(() => figures.number('episode')).toBe(episodes);
  // In a tab of its own the link is what it says.
  const other = await page.context().newPage();
  await other.goto(site.address + link(RUN));
  await expect.poll(() => new Figures(other).number('episode')).toBe(300);
});

test('the page of a link that is loaded again shows nothing of another tab', async ({ page, site }) => {
  const { figures } = await trained(page, site);
  await page.getByTestId('episode').click();
  await expect.poll(() => figures.number('episode')).toBe(301);
  const mine = await figures.settled();
  // A run that holds is kept at the next look.
  await page.waitForTimeout(2_500);
  await page.reload();
  await back(figures, mine);
  const other = await page.context().newPage();
  const { before } = await trained(other, site, [['env', 'taxi'], ['agent', 'sarsa'], ['seed', '1'], ['episodes', '150']]);
  await other.waitForTimeout(2_500);
  await page.reload();
  await expect(page.getByTestId('environment')).toHaveValue('gridworld');
  await expect.poll(() => figures.number('episode')).toBe(300);
  // What the other tab shows is put aside, as whatever was on show before a link.
  await page.getByTestId('toast-action').click();
  await back(figures, before);
});

test('after a reload an undo has back what it would have had back before, however little was in it', async ({ page, site }) => {
  const { figures } = await trained(page, site);
  await page.keyboard.press('r');
  await expect.poll(() => figures.number('episode')).toBe(0);
  await page.keyboard.press('e');
  await expect.poll(() => figures.number('episode')).toBe(1);
  const short = await figures.settled();
  await page.getByTestId('environment').selectOption('taxi');
  await expect(page.getByTestId('readout-optimal-states')).toHaveAttribute('data-value', /\/400$/);
  await page.keyboard.press('Escape');
  const reloaded = async () => {
    // A run that holds is kept at the next look.
    await page.waitForTimeout(2_500);
    await page.reload();
    await expect(page.getByTestId('stage')).toBeVisible();
    await expect(page.getByTestId('readout-run-hash')).toHaveAttribute('data-value', /./);
  };
  await reloaded();
  await page.keyboard.press('u');
  await back(figures, short);
  // An undo in this visit: what is put aside last is the run before it now.
  await page.keyboard.press('r');
  await expect.poll(() => figures.number('episode')).toBe(0);
  await page.keyboard.press('u');
  await back(figures, short);
  await reloaded();
  await page.keyboard.press('u');
  await expect(page.getByTestId('toast').filter({ hasText: 'no earlier run' })).toBeVisible();
  expect(await figures.settled()).toEqual(short);
});

test('a deleted agent comes back', async ({ page, site }) => {
  const { figures, before } = await trained(page, site);
  await page.getByTestId('save-agent').click();
  await expect(page.getByTestId('toast').filter({ hasText: /is saved/ })).toBeVisible();
  await page.getByTestId('load-agent').click();
  const rows = page.locator('[data-testid^="agent-"][data-testid*="-0"], [data-testid="load"]');
  await expect(page.getByTestId('load')).toHaveCount(1);
  await page.getByTestId('delete').click();
  await expect(page.getByTestId('load')).toHaveCount(0);
  await page.getByTestId('restore').click();
  await expect(page.getByTestId('load')).toHaveCount(1);
  await page.getByTestId('delete').click();
  await expect(rows).toHaveCount(0);
  // When the dialog is closed, it can still be had back.
  await page.keyboard.press('Escape');
  await page.getByTestId('toast-action').click();
  await page.getByTestId('reset').click();
  await expect.poll(() => figures.number('episode')).toBe(0);
  await page.getByTestId('load-agent').click();
  await page.getByTestId('load').click();
  await back(figures, before);
});

test('of several deleted agents each comes back, also when another one was loaded instead', async ({ page, site }) => {
  await trained(page, site);
  const [load, remove] = ['load', 'delete'].map((name) => page.getByTestId(name));
  const restore = page.getByTestId('toast').filter({ hasText: 'is deleted' }).getByTestId('toast-action');
  const open = async (agents) => {
    await page.getByTestId('load-agent').click();
    await expect(load).toHaveCount(agents);
  };
  for (let saved = 1; saved <= 3; saved += 1) {
    await page.getByTestId('save-agent').click();
    await open(saved);
    await page.keyboard.press('Escape');
  }
  for (const leave of [() => page.keyboard.press('Escape'), () => load.click()]) {
    await open(3);
    for (const left of [2, 1]) {
      await remove.first().click();
      await expect(load).toHaveCount(left);
    }
    await leave();
    await expect(page.getByTestId('dialog-agents')).toHaveCount(0);
    for (const back of [2, 3]) {
      await restore.click();
      await open(back);
      await page.keyboard.press('Escape');
    }
    await expect(restore).toHaveCount(0);
  }
});

test('a file of another environment says so before it changes the stage', async ({ page, site }, info) => {
  const { figures, before } = await trained(page, site);
  const path = info.outputPath('agent.terrarium');
  await page.getByTestId('load-agent').click();
  const download = page.waitForEvent('download');
  await page.getByTestId('save-agent-file').click();
  await (await download).saveAs(path);
  await page.keyboard.press('Escape');
  const taxi = await trained(page, site, [['env', 'taxi'], ['agent', 'sarsa'], ['seed', '1'], ['episodes', '5']]);
  await page.getByTestId('load-agent').click();
  await page.getByTestId('agent-file').setInputFiles(path);
  await expect(page.getByTestId('dialog-question')).toContainText(/Gridworld.*Taxi/);
  await page.getByTestId('question-no').click();
  expect(await figures.settled()).toEqual(taxi.before);
  await page.getByTestId('agent-file').setInputFiles(path);
  await page.getByTestId('question-yes').click();
  await back(figures, before);
  await page.keyboard.press('u');
  await back(figures, taxi.before);
});

test.describe('a worker that dies', () => {
  test.use({ serviceWorkers: 'block', expected: /on purpose/ });

  const kill = (page) => page.workers().at(-1).evaluate(() => {
    setTimeout(() => { throw new Error('on purpose'); });
  });

  test('gives way to another, which goes on with the run, and what was typed stays', async ({ page, site }) => {
    const { figures, before } = await trained(page, site);
    const keptAt = () => page.evaluate(() => new Promise((resolve) => {
      const open = indexedDB.open('terrarium');
      open.onsuccess = () => {
        const count = open.result.transaction('runs').objectStore('runs').count();
        count.onsuccess = () => { open.result.close(); resolve(count.result); };
      };
    }));
    await expect.poll(keptAt).toBe(1);
    const slip = page.getByTestId('parameter-slip');
    await slip.fill('0.3');
    await kill(page);
    await expect(page.getByTestId('toast').filter({ hasText: /goes on/ })).toContainText('300');
    await back(figures, before);
    await expect(slip).toHaveValue('0.3');
    await slip.press('Enter');
    await expect(slip).toHaveAttribute('data-value', '0.3');
    await page.getByTestId('train').click();
    await expect.poll(() => figures.number('episode')).toBeGreaterThan(0);
  });

  test('tells its reason once, however many commands wait for it', async ({ page, site }) => {
    const { before, figures } = await trained(page, site);
    await page.evaluate(() => {
      window.reasons = [];
      const look = () => {
        const toasts = [...document.querySelectorAll('[data-testid=toast] p')].map((it) => it.textContent);
        window.reasons.push(toasts.filter((it) => it.includes('on purpose')).length);
      };
      new MutationObserver(look).observe(document.body, { childList: true, subtree: true, characterData: true });
    });
    // It stops when it was asked already.
    await page.workers().at(-1).evaluate(() => {
      setTimeout(() => {
        const end = performance.now() + 1500;
        while (performance.now() < end);
        throw new Error('on purpose');
      });
    });
    for (const control of ['step', 'episode']) await page.getByTestId(control).click();
    await page.getByTestId('speed').fill('1');
    await expect(page.getByTestId('toast').filter({ hasText: /on purpose.* goes on/ })).toBeVisible();
    await back(figures, before);
    expect(Math.max(...await page.evaluate(() => window.reasons))).toBe(1);
  });

  test('again and again leaves the page alive', async ({ page, site }) => {
    const { figures } = await trained(page, site);
    for (const words of [/goes on|Train/, /goes on|Train/, /Train/]) {
      const workers = page.workers().length;
      await kill(page);
      await expect(page.getByTestId('toast').filter({ hasText: words }).last()).toBeVisible();
      await expect.poll(() => page.workers().length).toBe(workers);
    }
    await page.getByTestId('train').click();
    await expect.poll(() => figures.phase()).toBe('running');
  });
});
