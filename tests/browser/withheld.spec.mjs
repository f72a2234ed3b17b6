// A browser that withholds something: the page says so, and does what can be done without it.
import { Figures, expect, test } from './support.mjs';

test.describe('without WebAssembly', () => {
  test.use({ serviceWorkers: 'block', expected: /WebAssembly|wasm|Content Security Policy|Failed to load resource|Failed to fetch/i });

  test('a policy that forbids it is named, with the way out', async ({ page, site }) => {
    await page.route(site.address, async (route) => {
      const response = await route.fetch();
      const policy = "script-src 'self' 'unsafe-inline'";
      await route.fulfill({ response, headers: { ...response.headers(), 'content-security-policy': policy } });
    });
    await page.goto(site.address);
    await expect(page.getByRole('alert')).toContainText(/policy forbids.*wasm-unsafe-eval/);
    await expect(page.locator('.skeleton')).toHaveCount(0);
  });

  test('a policy that forbids every script is told without one', async ({ page, site }) => {
    await page.route(site.address, async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, headers: { ...response.headers(), 'content-security-policy': "script-src 'none'" } });
    });
    await page.goto(site.address);
    await expect(page.getByText(/has not started yet.*wasm-unsafe-eval/)).toBeVisible({ timeout: 20_000 });
  });

  test('a policy that forbids to fetch it is named, with the way out', async ({ page, site }) => {
    await page.route(site.address, async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, headers: { ...response.headers(), 'content-security-policy': "connect-src 'none'" } });
    });
    await page.goto(site.address);
    await expect(page.getByRole('alert')).toContainText(/policy forbids.*connect-src/);
  });

  test('a browser that has none is told apart', async ({ page, site }) => {
    await page.addInitScript(() => delete globalThis.WebAssembly);
    await page.goto(site.address);
    await expect(page.getByRole('alert')).toContainText(/this browser has none/);
  });

  test('a program that does not arrive is told', async ({ page, site }) => {
    await page.route('**/*.wasm', (route) => route.fulfill({ status: 404 }));
    await page.goto(site.address);
    await expect(page.getByRole('alert')).toContainText(/could not be loaded completely/);
  });

  test('a script that does not arrive is told', async ({ page, site }) => {
    await page.route(/page-[0-9a-f]+\.js/, (route) => route.fulfill({ status: 404 }));
    await page.goto(site.address);
    await expect(page.getByRole('alert')).toContainText(/could not be loaded completely/);
  });
});

test('a database that never answers is given up: the run begins, and it is said once', async ({ page, site }) => {
  await page.addInitScript(() => {
    IDBFactory.prototype.open = () => ({ addEventListener() {}, removeEventListener() {} });
  });
  await page.goto(site.address);
  await expect.poll(() => new Figures(page).number('episode')).toBeGreaterThan(0);
  const said = page.getByTestId('toast').filter({ hasText: /does not answer/ });
  await expect(said).toHaveCount(1);
  await said.locator('.close').click();
  // It is tried again in silence; who looks for saved agents is told.
  await page.getByTestId('load-agent').click();
  await expect(page.getByTestId('no-storage')).toContainText(/does not answer/);
  await expect(said).toHaveCount(0);
});

test('a database that opens and then takes nothing is given up: saving an agent says so', async ({ page, site }) => {
  await page.addInitScript(() => {
    IDBObjectStore.prototype.put = () => ({ addEventListener() {}, removeEventListener() {} });
  });
  await page.goto(site.address);
  await expect.poll(() => new Figures(page).number('episode')).toBeGreaterThan(0);
  await page.getByTestId('save-agent').click();
  await expect(page.getByText(/storage does not answer/).first()).toBeVisible({ timeout: 30_000 });
});

test('a browser without storage trains and says once what that means', async ({ page, site }) => {
  await page.addInitScript(() => {
    IDBFactory.prototype.open = () => {
      throw new DOMException('not here', 'SecurityError');
    };
  });
  await page.goto(site.address);
  await expect.poll(() => new Figures(page).number('episode')).toBeGreaterThan(0);
  await expect(page.getByTestId('toast').filter({ hasText: /keeps nothing.*begins anew/ })).toHaveCount(1);
});

test.describe('without workers', () => {
  test.use({ serviceWorkers: 'block', expected: /Content Security Policy|worker|Failed to load resource/i });

  test('a policy that forbids them is named, with the way out, and what needs none goes on', async ({ page, site }) => {
    await page.route(site.address, async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, headers: { ...response.headers(), 'content-security-policy': "worker-src 'none'" } });
    });
    await page.goto(site.address);
    const said = page.getByTestId('toast').filter({ hasText: /policy forbids workers.*'self' in worker-src/ });
    await expect(said).toHaveCount(1);
    await expect(page.getByTestId('stage')).toBeVisible();
    await page.getByRole('link', { name: 'Learn' }).click();
    await expect(page.locator('.lesson-card')).toHaveCount(15);
  });
});
