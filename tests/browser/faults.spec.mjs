// A program that breaks: people read where and why, and so does the console.
import { createServer } from 'node:http';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Figures, PAGE, TYPES, expect, test } from './support.mjs';

test.describe('a panic', () => {
  test.use({ serviceWorkers: 'block', expected: /panicked at|unreachable|failed to (insert node|append child)/ });

  const heard = (page) => {
    const words = [];
    page.on('console', (message) => words.push(message.text()));
    return words;
  };

  test('of the page stands on a card with its place and reason, and in the console', async ({ page, site }) => {
    const words = heard(page);
    await page.goto(site.address);
    await expect.poll(() => new Figures(page).number('episode')).toBeGreaterThan(0);
    // The browser refuses what the page puts into the document.
    await page.evaluate(() => {
      Node.prototype.insertBefore = () => {
        throw new Error('refused');
      };
    });
    await page.getByRole('link', { name: 'Compare' }).click();
    const fault = page.getByTestId('fault');
    await expect(fault).toContainText('Nothing that you saved is lost');
    await expect(fault).toContainText(/panicked at .*\.rs:\d+:\d+:\s*failed to (insert node|append child)/);
    expect(words.join()).toMatch(/panicked at .*\.rs:\d+:\d+/);
    await fault.getByRole('button', { name: 'Reload' }).click();
    await expect(page.getByTestId('compare')).toBeVisible();
    await expect(fault).toHaveCount(0);
  });

  test('of the worker reaches the page with its place and reason, behind the news of it, too', async ({ page, site }) => {
    const words = heard(page);
    // The worker's words and the browser's news that it stopped come by different ways, in either order.
    for (const delay of [0, 100]) {
      await page.addInitScript((millis) => {
        const Native = (globalThis.NativeWorker ??= Worker);
        globalThis.Worker = class extends Native {
          set onmessage(hear) {
            this.hear = hear;
            super.onmessage = (event) => {
              if (event.data instanceof Error) setTimeout(() => this.hear?.(event), millis);
              else this.hear?.(event);
            };
          }
        };
      }, delay);
      await page.goto(site.address);
      await expect.poll(() => new Figures(page).number('episode')).toBeGreaterThan(0);
      // More bytes than its memory can have: 2 GiB, which some browsers give only to a WebAssembly memory.
      await page.workers()[0].evaluate(() => {
        const { buffer } = new WebAssembly.Memory({ initial: 2 ** 15 });
        self.dispatchEvent(new MessageEvent('message', { data: buffer }));
      });
      // Whatever was asked of the worker just then is refused with the same reason, as a warning.
      const errors = page.locator('[data-testid=toast][data-severity=error]');
      await expect(errors.filter({ hasText: /panicked at .*\.rs:\d+:\d+:\s*capacity overflow/ })).toBeVisible();
      expect(words.splice(0).join()).toContain('capacity overflow');
      await page.goto('about:blank');
    }
  });
});

test('a host that does not compress is asked for the packed copy of the program', async ({ page }) => {
  const asked = [];
  const server = createServer((request, response) => {
    const path = new URL(request.url, 'http://host').pathname;
    const file = join(PAGE, path === '/' ? 'index.html' : path);
    asked.push(path);
    if (!existsSync(file)) return response.writeHead(404).end();
    const [ending] = file.match(/\.\w+$/) ?? [];
    return response.writeHead(200, { 'content-type': TYPES[ending] ?? 'application/gzip' }).end(readFileSync(file));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  await page.goto(`http://127.0.0.1:${server.address().port}/`);
  await expect.poll(() => new Figures(page).number('episode')).toBeGreaterThan(0);
  expect(asked.filter((it) => it.endsWith('.wasm.gz'))).toHaveLength(1);
  server.closeAllConnections();
  server.close();
});

test('a relay sends the program compressed, once, and the browser compiles what it sends', async ({ page, context }) => {
  const { Relay } = await import('./support.mjs');
  const relay = await Relay.start();
  const inside = await context.newCDPSession(page);
  await inside.send('Network.enable');
  const programs = [];
  inside.on('Network.responseReceived', ({ response }) => {
    if (/\.wasm(\.gz)?$/.test(response.url)) programs.push(response.headers['content-encoding']);
  });
  await page.goto(relay.address);
  await expect.poll(() => new Figures(page).number('episode')).toBeGreaterThan(0);
  expect(programs).toEqual(['br']);
  await relay.end();
});

test.describe('a file that was tampered with', () => {
  test.use({ serviceWorkers: 'block', expected: /integrity|dynamically imported module/i });

  const FILES = { script: /\/page-[0-9a-f]{16}\.js$/, style: /\/style-[0-9a-f]{16}\.css$/ };

  /** Opens the page with something appended to one of its files. */
  async function tampered(page, site, kind, addition) {
    await page.route(FILES[kind], async (route) => {
      const answer = await route.fetch();
      const body = Buffer.concat([await answer.body(), Buffer.from(addition)]);
      const headers = { ...answer.headers(), 'content-length': `${body.length}` };
      await route.fulfill({ status: 200, headers, body });
    });
    await page.goto(site.address);
  }

  test('script does not run', async ({ page, site }) => {
    await tampered(page, site, 'script', '\nglobalThis.tampered = true;\n');
    await expect(page.getByRole('alert')).toContainText('could not be loaded completely');
    expect(await page.evaluate(() => globalThis.tampered)).toBeUndefined();
  });

  test('style does not count', async ({ page, site }) => {
    await tampered(page, site, 'style', '\nbody { --tampered: yes; }\n');
    await expect.poll(() => new Figures(page).number('episode')).toBeGreaterThan(0);
    expect(await page.evaluate(() => getComputedStyle(document.body).getPropertyValue('--tampered'))).toBe('');
  });
});
