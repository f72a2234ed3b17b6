// The page in a frame of another page.
import { createServer } from 'node:http';
import { Relay, TYPES, expect, publish, test } from './support.mjs';

const RUN = 'gridworld-q-learning';

/** A page of somebody else's with a frame in it. */
async function frameOf(address) {
  const page = `<!doctype html><title>School</title><iframe src="${address}" width="900" height="600" title="A run"></iframe>`;
  const server = createServer((_, response) => response.writeHead(200, { 'content-type': TYPES['.html'] }).end(page));
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { address: `http://localhost:${server.address().port}/`, close: () => new Promise((resolve) => server.close(resolve)) };
}

test.describe('a frame of another page', () => {
  test.use({ expected: /frame-ancestors|chrome-error|Failed to load resource/ });

  test('shows a run alone where the relay lets it, and nothing where it does not', async ({ page }) => {
    const relay = await Relay.start('--allow-embed', 'http://localhost:*');
    const trainer = publish(relay, '--speed', '200');
    const school = await frameOf(`${relay.address}#/watch/${RUN}`);
    await page.goto(school.address);
    const frame = page.frameLocator('iframe');
    await expect(frame.getByTestId('stage')).toBeVisible({ timeout: 60_000 });
    await expect.poll(async () => Number(await frame.getByTestId('readout-episode').getAttribute('data-value'))).toBeGreaterThan(0);
    await expect(frame.getByRole('navigation')).toBeHidden();
    // The name leads to the whole page with the same run.
    const [whole] = await Promise.all([page.waitForEvent('popup'), frame.getByRole('link', { name: 'Terrarium' }).click()]);
    await expect(whole).toHaveURL(`${relay.address}#/watch/${RUN}`);
    await expect(whole.getByRole('navigation').first()).toBeVisible();
    await whole.close();
    await trainer.end();
    await relay.end();

    const strict = await Relay.start();
    const refused = await frameOf(`${strict.address}#/watch`);
    await page.goto(refused.address);
    await expect(page.frameLocator('iframe').locator('body')).not.toContainText('Terrarium');
    await expect(page.frameLocator('iframe').getByTestId('relay-form')).toHaveCount(0);
    await strict.end();
    for (const server of [school, refused]) await server.close();
  });
});
