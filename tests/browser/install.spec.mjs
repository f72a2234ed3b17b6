// The page as a program of the system: what browsers need to install it.
import { Relay, expect, test } from './support.mjs';

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
