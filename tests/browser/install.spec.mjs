// The page as a program of the system: what browsers need to install it, and what it says when its host has another build.
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Figures, PAGE, Relay, expect, serveFolder, test } from './support.mjs';

/** What a browser has against installing the page, and what it reads in its manifest. */
async function installation(page) {
  const session = await page.context().newCDPSession(page);
  const { installabilityErrors } = await session.send('Page.getInstallabilityErrors');
  const { url, errors, data } = await session.send('Page.getAppManifest');
  return { refusals: installabilityErrors.map((it) => it.errorId), url, errors, manifest: JSON.parse(data || '{}') };
}

test('a browser has nothing against installing the page, from a static host under a path', async ({ page, site }) => {
  await page.goto(site.address);
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => true));
  // Tests have windows of their own, which browsers install nothing from.
  await expect
    .poll(async () => (await installation(page)).refusals.filter((it) => it !== 'in-incognito'))
    .toEqual([]);
  const { url, errors, manifest } = await installation(page);
  expect(url).toBe(`${site.address}terrarium.webmanifest`);
  expect(errors).toEqual([]);
  expect(manifest.display).toBe('standalone');
  // It is there without a network, too.
  const kept = (name) => page.evaluate(async (address) => Boolean(await caches.match(address)), new URL(name, url).href);
  for (const name of ['terrarium.webmanifest', 'icon.svg', 'icon-192.png']) await expect.poll(() => kept(name), name).toBe(true);
  for (const { src, sizes } of manifest.icons) {
    const found = await page.evaluate(async (address) => {
      const image = new Image();
      image.src = address;
      await image.decode();
      return `${image.naturalWidth}x${image.naturalHeight}`;
    }, new URL(src, url).href);
    if (sizes !== 'any') expect(found, src).toBe(sizes);
  }
});

test('a relay serves the manifest as one, and its policy lets browsers read it', async ({ page }) => {
  const relay = await Relay.start();
  try {
    const { headers } = await fetch(`${relay.address}terrarium.webmanifest`);
    expect(headers.get('content-type')).toBe('application/manifest+json');
    await page.goto(relay.address);
    await page.evaluate(() => navigator.serviceWorker.ready.then(() => true));
    await expect
      .poll(async () => (await installation(page)).refusals.filter((it) => it !== 'in-incognito'))
      .toEqual([]);
  } finally {
    await relay.end();
  }
});

test.describe('another build on the host', () => {
  let folder;
  test.beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'terrarium-page-'));
    cpSync(PAGE, folder, { recursive: true });
  });
  test.afterEach(() => rmSync(folder, { recursive: true, force: true }));

  test('is told to who comes back to the tab, and loaded when they say so', async ({ page }) => {
    const site = await serveFolder(folder, '/terrarium/');
    try {
      await page.goto(site.address);
      await page.evaluate(() => navigator.serviceWorker.ready.then(() => true));
      const figures = new Figures(page);
      await expect.poll(() => figures.number('episode')).toBeGreaterThan(0);
      const said = page.getByTestId('toast').filter({ hasText: 'A new version of this page' });
      const index = join(folder, 'index.html');
      /** What happens when somebody comes back to the tab; gives whether the host was asked. */
      const comeBack = async () => {
        const asked = page.waitForRequest(site.address, { timeout: 1_000 }).then(() => true, () => false);
        await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange', { bubbles: true })));
        return asked;
      };
      // The same build is none that anybody is told of.
      expect(await comeBack()).toBe(true);
      await page.evaluate(() => (window.before = true));
      const [own] = readFileSync(index, 'utf8').match(/style-[0-9a-f]{16}/);
      const other = own.replace(/.{16}$/, '0123456789abcdef');
      cpSync(join(folder, `${own}.css`), join(folder, `${other}.css`));
      writeFileSync(index, readFileSync(index, 'utf8').replaceAll(own, other));
      await expect(said).toHaveCount(0);
      await expect.poll(comeBack, { timeout: 30_000 }).toBe(true);
      await expect(said).toBeVisible();
      // Nothing happens by itself, and what is kept for times without a network is still one whole build.
      expect(await page.evaluate(() => window.before)).toBe(true);
      const kept = await page.evaluate(async () => (await caches.match('./')).text());
      expect(kept).toContain(own);
      await said.getByTestId('toast-action').click();
      await expect.poll(() => page.evaluate(() => window.before ?? false)).toBe(false);
      await expect(page.locator(`link[href$="${other}.css"]`)).toHaveCount(1);
      await expect.poll(() => figures.number('episode')).toBeGreaterThan(0);
      await expect(said).toHaveCount(0);
    } finally {
      await site.close();
    }
  });
});
