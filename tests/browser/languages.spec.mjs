// The page in other languages: chosen by the browser or by hand, complete at every place, and no wider than a phone.
import { readFileSync } from 'node:fs';
import { expect, Figures, findings, link, test } from './support.mjs';

const PLACES = ['#/learn', '#/learn/cliff', '#/compare', '#/watch', '#/replay', '#/library', '#/hosts', '#/overlay', '#/run-file', '#/nowhere'];
const HEADINGS = {
  de: ['Umgebung', 'Agent', 'Einblendungen', 'Lernen', 'Lektion', 'Läufe auf dem Relay', 'Replays', 'Bibliothek', 'Hosts', 'Überlagerung', 'Laufdatei'],
  sw: ['Mazingira', 'Wakala', 'Maonyesho', 'Jifunze', 'Somo', 'Majaribio kwenye relay', 'Marudio', 'Maktaba', 'Wenyeji', 'Pamoja', 'Faili la jaribio'],
};

/** What people read on the page as it is: texts, and what stands in the attributes that are read out or shown. */
const read = (page) =>
  page.evaluate(() => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT, (node) =>
      node.parentElement.closest('script, style, noscript, [lang]:not(html)') ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_ACCEPT,
    );
    const found = new Set();
    while (walker.nextNode()) found.add(walker.currentNode.data);
    for (const name of ['aria-label', 'title', 'placeholder', 'label']) {
      for (const element of document.querySelectorAll(`body [${name}]`)) found.add(element.getAttribute(name));
    }
    return [...found];
  });

/** What is wider than the room that it has, and is not cut on purpose. */
const overflowing = (page) =>
  page.evaluate(() => {
    const seen = [...document.querySelectorAll('button, a, label, h1, h2, h3, .chip, .switch, .picker b')].filter((it) => it.checkVisibility() && !it.closest('.unseen'));
    const wide = seen.filter((it) => it.clientWidth > 0 && it.scrollWidth > it.clientWidth + 1 && getComputedStyle(it).textOverflow !== 'ellipsis');
    return wide.map((it) => `${it.localName} "${it.textContent.trim()}" is wider by ${it.scrollWidth - it.clientWidth}`);
  });

/** Unfolds everything that is folded away. */
const unfold = (page) => page.evaluate(() => document.querySelectorAll('main details').forEach((it) => (it.open = true)));

for (const [language, locale] of [['de', 'de-DE'], ['sw', 'sw-KE']]) {
  const table = JSON.parse(readFileSync(new URL(`../../frontend/languages/${language}.json`, import.meta.url), 'utf8'));
  const words = { ...table.page, ...table.core, ...table.lessons };
  // A word that is the same in both languages, or stands for another one, is none that was left over.
  const there = new Set(Object.values(words));
  /** Texts that are English still. Titles have a capital letter where the words have none, actions an arrow before them. */
  const left = async (page) => {
    const shown = (await read(page)).map((it) => it.replace(/^[←↑→↓] /, ''));
    return shown.filter((it) => !there.has(it) && (it in words || it.charAt(0).toLowerCase() + it.slice(1) in words));
  };

  test.describe(language, () => {
    test.use({ locale });

    test('the head of the page fits, whatever the width', async ({ page, site }) => {
      await page.goto(site.address);
      await expect(page.getByTestId('train')).toBeVisible();
      for (const width of [320, 340, 760, 770, 970, 1060, 1110, 1200]) {
        await page.setViewportSize({ width, height: 760 });
        const wide = () => page.evaluate(() => document.documentElement.scrollWidth);
        await expect.poll(wide, { message: `at ${width}` }).toBeLessThanOrEqual(width);
        const last = await page.getByTestId('theme-toggle').boundingBox();
        expect(last.x + last.width, `the last button at ${width}`).toBeLessThanOrEqual(width);
      }
    });

    test(`a browser that asks for ${locale} gets every place in that language`, async ({ page, site }) => {
      test.setTimeout(240_000);
      const leftover = {};
      const headings = new Set();
      const look = async (name) => {
        const these = [...(await left(page)), ...(await overflowing(page))];
        if (these.length > 0) leftover[name] = these;
        for (const heading of await page.locator('h1, h2, .heading').allTextContents()) headings.add(heading);
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        if (wide > 0) leftover[`${name}, wider than the window by`] = wide;
        const faults = await findings(page);
        if (faults.length > 0) leftover[`${name}, axe`] = faults;
      };
      for (const [width, height] of [[1440, 900], [390, 844]]) {
        await page.setViewportSize({ width, height });
        await page.goto(site.address + link([['env', 'gridworld'], ['agent', 'q-learning'], ['seed', '42'], ['episodes', '60']]));
        await expect.poll(() => new Figures(page).number('episode')).toBe(60);
        await expect(page.locator('html')).toHaveAttribute('lang', language);
        await expect(page.getByTestId('train')).toContainText(words.Train);
        await look(`lab ${width}`);
        for (const place of PLACES) {
          await page.evaluate((to) => (location.hash = to), place);
          await expect(page.locator('main')).toBeVisible();
          if (place === '#/hosts' || place === '#/overlay') await expect(page.getByTestId('relay-form')).toBeVisible();
          if (place === '#/run-file') await expect(page.getByTestId('run-file-none')).toBeVisible();
          if (place === '#/learn') await expect(page.getByTestId('lesson-reward')).toBeVisible();
          await look(`${place} ${width}`);
        }
      }
      expect(leftover).toEqual({});
      for (const heading of HEADINGS[language]) expect([...headings]).toContain(heading);
    });

    test(`whatever environments and agents say of themselves is in that language (${locale})`, async ({ page, site }) => {
      test.setTimeout(240_000);
      const leftover = {};
      const look = async (name) => {
        await unfold(page);
        const these = await left(page);
        if (these.length > 0) leftover[name] = these;
      };
      await page.goto(site.address + link([['env', 'gridworld'], ['agent', 'q-learning'], ['seed', '42'], ['episodes', '60']]));
      await expect.poll(() => new Figures(page).number('episode')).toBe(60);
      const environmentMenu = page.getByTestId('environment');
      const ids = await environmentMenu.locator('option').evaluateAll((options) => options.map((it) => it.value));
      expect(ids.length).toBeGreaterThan(15);
      for (const id of ids) {
        const pairs = [['env', id], ['agent', 'random'], ['seed', '1'], ['episodes', '1']];
        await page.goto(site.address + link(pairs));
        await expect(environmentMenu).toHaveValue(id);
        await expect.poll(() => new Figures(page).number('episode')).toBeGreaterThan(0);
        await look(id);
      }
      const agentMenu = page.getByTestId('agent');
      for (const [environment, least] of [['gridworld', 20], ['bandit', 2]]) {
        await page.goto(site.address + link([['env', environment], ['agent', 'random'], ['seed', '1'], ['episodes', '1']]));
        await expect(environmentMenu).toHaveValue(environment);
        const agents = await agentMenu.locator('option:enabled').evaluateAll((options) => options.map((it) => it.value));
        expect(agents.length).toBeGreaterThan(least);
        for (const id of agents) {
          await page.goto(site.address + link([['env', environment], ['agent', id], ['seed', '1'], ['episodes', '2']]));
          await expect(agentMenu).toHaveValue(id);
          await expect.poll(() => new Figures(page).number('episode')).toBeGreaterThan(1);
          await look(`${id} in ${environment}`);
        }
      }
      expect(leftover).toEqual({});
    });

    test(`an environment, its settings, charts, outcomes and a lesson in ${locale}`, async ({ page, site }) => {
      test.setTimeout(120_000);
      await page.goto(site.address + link([['env', 'gridworld'], ['agent', 'q-learning'], ['seed', '42'], ['episodes', '60']]));
      await expect.poll(() => new Figures(page).number('episode')).toBe(60);
      await expect(page.locator('.area-environment .picker b')).toHaveText(words.Gridworld);
      await expect(page.getByTestId('environment').locator('option[value="frozen-lake"]')).toHaveText(words['Frozen lake']);
      await expect(page.locator('.area-environment .summary')).toHaveText(Object.entries(words).find(([english]) => english.startsWith('A creature looks for'))[1]);
      await expect(page.locator('label[for="field-slip"]')).toContainText(words.Slip);
      await expect(page.locator('#field-slip-help')).toHaveText(words['How often a move goes sideways instead.']);
      await expect(page.getByTestId('preset-easy')).toHaveText(words.easy);
      await expect(page.getByTestId('inspector')).toContainText(`↑ ${words.up}`);
      await expect(page.getByTestId('chart-epsilon').locator('h3')).toContainText(words.Epsilon);
      await expect(page.getByTestId('metrics-Exploration')).toContainText(words.Exploration);
      // Names for programs stay what they are.
      await page.getByTestId('play').click();
      await expect(page.getByTestId('action-left')).toHaveAttribute('aria-label', words.left);
      await page.getByTestId('play').click();
      await page.evaluate(() => (location.hash = '#/replay'));
      await expect(page.getByTestId('tally-pit').locator('figcaption b')).toHaveText(words.pit.charAt(0).toUpperCase() + words.pit.slice(1));
      const lesson = JSON.parse(readFileSync(new URL('../../frontend/lessons.json', import.meta.url), 'utf8')).find(([id]) => id === 'planning')[1];
      await page.evaluate(() => (location.hash = '#/learn'));
      await expect(page.getByTestId('lesson-planning').locator('h2')).toHaveText(words[lesson.title]);
      await page.getByTestId('lesson-planning').click();
      for (const step of lesson.steps) {
        for (const paragraph of words[step.text].split('\n\n')) await expect(page.getByTestId('lesson')).toContainText(paragraph);
        const next = page.getByTestId('lesson-next');
        if (await next.isVisible()) await next.click();
      }
    });
  });
}

test('the language that somebody chose stays, and the run with it', async ({ page, site }) => {
  await page.goto(site.address);
  await expect(page.getByTestId('train')).toHaveText('Train');
  await expect(page.locator('html')).toHaveAttribute('lang', 'en');
  await page.getByTestId('episode').click();
  const before = await new Figures(page).settled();
  await page.getByTestId('language').selectOption('sw');
  await expect(page.getByTestId('train')).toHaveText('Funza');
  expect((await new Figures(page).settled()).hash).toBe(before.hash);
  await page.reload();
  await expect(page.getByTestId('train')).toHaveText('Funza');
  await expect(page.getByTestId('language')).toHaveValue('sw');
  await page.getByTestId('language').selectOption('en');
  await expect(page.getByTestId('train')).toHaveText('Train');
});

test.describe('without its table', () => {
  test.use({ locale: 'de-DE', expected: /Failed to load resource/ });

  test('the page is English, and says so to screen readers', async ({ page, site }) => {
    await page.route('**/de.json', (route) => route.fulfill({ status: 404, body: 'not here' }));
    await page.goto(site.address);
    await expect(page.getByTestId('reset')).toHaveText('Reset');
    await expect(page.locator('html')).toHaveAttribute('lang', 'en');
  });

  test('a page without a network has the language of the last visit', async ({ page, context, site }) => {
    await page.goto(site.address);
    await expect(page.getByTestId('reset')).toHaveText('Zurücksetzen');
    await page.evaluate(() => navigator.serviceWorker.ready);
    await expect.poll(() => page.evaluate(async () => (await (await caches.open('terrarium-page')).keys()).some((it) => it.url.endsWith('/de.json')))).toBe(true);
    await context.setOffline(true);
    await page.reload();
    await expect(page.getByTestId('reset')).toHaveText('Zurücksetzen');
  });
});
