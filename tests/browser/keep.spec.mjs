// What is kept and shared: agents in the browser and in files, links.
import { decode, encode } from '@msgpack/msgpack';
import { readFileSync, writeFileSync } from 'node:fs';
import { deflateSync, inflateSync } from 'node:zlib';
import { Figures, expect, link, nativeRun, test } from './support.mjs';

const RUN = [['env', 'gridworld'], ['agent', 'q-learning'], ['seed', '42'], ['episodes', '50']];

async function trained(page, site) {
  await page.goto(site.address + link(RUN));
  const figures = new Figures(page);
  await expect.poll(() => figures.number('episode')).toBe(50);
  return { figures, before: await figures.settled() };
}

/** Saves the agent on show to a file. */
async function saveFile(page, path) {
  await page.getByTestId('load-agent').click();
  const download = page.waitForEvent('download');
  await page.getByTestId('save-agent-file').click();
  await (await download).saveAs(path);
  return readFileSync(path);
}

/** CRC-32 as agent files use it. */
function crc32(bytes) {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

/** The same agent file with another content. */
function altered(file, change) {
  const body = file.subarray(28);
  const checkpoint = decode(body[0] === 0x78 ? inflateSync(body) : body, { useBigInt64: true });
  change(checkpoint);
  const packed = deflateSync(encode(checkpoint, { useBigInt64: true }));
  const header = Buffer.from(file.subarray(0, 28));
  header.writeUInt32LE(packed.length, 20);
  header.writeUInt32LE(crc32(packed), 24);
  return Buffer.concat([header, packed]);
}

test('an agent saved in the browser comes back as it was', async ({ page, site }) => {
  const { figures, before } = await trained(page, site);
  await page.getByTestId('save-agent').click();
  await expect(page.getByTestId('toast').first()).toBeVisible();
  await page.getByTestId('reset').click();
  await expect.poll(() => figures.number('episode')).toBe(0);
  await page.getByTestId('load-agent').click();
  await page.getByTestId('load').click();
  await expect.poll(() => figures.number('episode')).toBe(50);
  // With its curve.
  expect(await figures.settled()).toEqual(before);
});

test('an agent goes to a file and comes back', async ({ page, site }, info) => {
  const { figures, before } = await trained(page, site);
  const path = info.outputPath('agent.terrarium');
  await saveFile(page, path);
  await page.keyboard.press('Escape');
  await page.getByTestId('reset').click();
  await expect.poll(() => figures.number('episode')).toBe(0);
  await page.getByTestId('load-agent').click();
  await page.getByTestId('agent-file').setInputFiles(path);
  await expect.poll(() => figures.number('episode')).toBe(50);
  expect(await figures.settled()).toEqual(before);
});

test('what a native run saved comes with its curve, whatever its size', async ({ page, site }, info) => {
  test.setTimeout(90_000);
  await page.goto(site.address + link([...RUN.slice(0, 3), ['episodes', '3']]));
  const figures = new Figures(page);
  await expect.poll(() => figures.number('episode')).toBe(3);
  const load = async (path) => {
    await page.getByTestId('load-agent').click();
    await page.getByTestId('agent-file').setInputFiles(path);
  };
  const small = info.outputPath('small.terrarium');
  const native = nativeRun('gridworld', '--agent', 'sarsa', '--seed', '5', '--episodes', '40', '--save', small);
  await load(small);
  await expect.poll(() => figures.number('episode')).toBe(40);
  expect(await figures.settled()).toEqual({ episodes: 40, hash: native.run_hash, faults: 0 });
  // More than a message between a trainer and a relay may hold.
  const large = info.outputPath('large.terrarium');
  const tiles = ['--set', 'tilings=64', '--set', 'tiles=9'];
  const wide = nativeRun('cart-pole', '--agent', 'linear-sarsa', ...tiles, '--episodes', '4', '--save', large);
  await load(large);
  await page.getByTestId('question-yes').click();
  await expect.poll(() => figures.number('episode')).toBe(4);
  expect(await figures.settled()).toEqual({ episodes: 4, hash: wide.run_hash, faults: 0 });
  await page.getByTestId('train').click();
  await expect.poll(() => figures.number('episode')).toBeGreaterThan(4);
  // What is too large to be kept says that a reload begins anew, instead of doing so in silence.
  await expect(page.getByTestId('toast').filter({ hasText: /cannot be saved from here.*begins anew/ })).toBeVisible({ timeout: 15_000 });
});

test('files that cannot be loaded are refused by name and change nothing', async ({ page, site }, info) => {
  const { figures, before } = await trained(page, site);
  const whole = await saveFile(page, info.outputPath('agent.terrarium'));
  const wrong = [
    ['foreign', Buffer.from('a,b\n1,2\n'), /not a Terrarium agent file/],
    ['cut', whole.subarray(0, whole.length / 2), /cut short/],
    ['damaged', Buffer.from(whole).fill(0, whole.length - 9), /damaged/],
    ['newer', altered(whole, (checkpoint) => { checkpoint.version = 99; }), /newer version/],
    ['of another shape', altered(whole, (checkpoint) => { checkpoint.agent.states = 49; }), /49/],
  ];
  for (const [name, bytes, words] of wrong) {
    const path = info.outputPath(`${name}.terrarium`);
    writeFileSync(path, bytes);
    await page.getByTestId('agent-file').setInputFiles(path);
    await expect(page.getByTestId('toast').filter({ hasText: words }), name).toBeVisible();
  }
  await page.keyboard.press('Escape');
  expect(await figures.settled()).toEqual(before);
});

test('a shared link repeats the run elsewhere', async ({ page, site, browser }) => {
  const { before } = await trained(page, site);
  await page.getByTestId('share').click();
  const shared = await page.getByTestId('share-link').getAttribute('data-value');
  const elsewhere = await browser.newContext();
  const other = await elsewhere.newPage();
  await other.goto(shared);
  const figures = new Figures(other);
  await expect.poll(() => figures.number('episode')).toBe(50);
  expect(await figures.settled()).toEqual(before);
  await elsewhere.close();
});

test('a link whose run comes to another hash says both', async ({ page, site }) => {
  const { before } = await trained(page, site);
  await page.goto('about:blank');
  await page.goto(site.address + link([...RUN, ['hash', before.hash]]));
  await expect(page.getByTestId('toast').filter({ hasText: 'the hash is the same' })).toBeVisible();
  const other = '0123456789abcdef';
  await page.goto('about:blank');
  await page.goto(site.address + link([...RUN, ['hash', other]]));
  const told = page.getByTestId('toast').filter({ hasText: other });
  await expect(told).toContainText(before.hash);
  await expect(told).toContainText('made by another version');
});

test('a link whose run parted on the way says between which episodes', async ({ page, site }) => {
  const { before } = await trained(page, site);
  await page.getByTestId('share').click();
  const shared = new URL(await page.getByTestId('share-link').getAttribute('data-value'));
  const marks = new URLSearchParams(shared.hash.split('?')[1]).get('marks');
  // After 1, 2, 4, 8, 16 and 32 of the 50 episodes.
  expect(marks).toMatch(/^[0-9a-f]{24}$/);
  const told = page.getByTestId('toast').filter({ hasText: 'made by another version' });
  const opened = async (marks) => {
    await page.goto('about:blank');
    await page.goto(site.address + link([...RUN, ['hash', '0123456789abcdef'], ['marks', marks]]));
    await expect(told).toContainText(before.hash);
  };
  const other = marks[15] === '0' ? '1' : '0';
  await opened(marks.slice(0, 15) + other + marks.slice(16));
  await expect(told).toContainText('the same up to episode 4 and have parted by episode 8');
  await opened(marks);
  await expect(told).toContainText('the same up to episode 32 and have parted by episode 50');
});

test('half a link is refused by name', async ({ page, site }) => {
  const whole = site.address + link(RUN);
  await page.goto(whole.slice(0, -12));
  await expect(page.getByTestId('toast').filter({ hasText: /link/ })).toContainText(/cut/);
  // The page is as on any first visit.
  await expect.poll(() => new Figures(page).number('episode')).toBeGreaterThan(0);
});

test('the forms tell of the run of a link from the first moment on', async ({ page, site }) => {
  let release;
  const held = new Promise((resolve) => (release = resolve));
  await page.route('**/worker.js*', (route) => held.then(() => route.continue()));
  await page.goto(`${site.address}#/lab?env=taxi&agent=sarsa&seed=3`);
  await expect(page.getByTestId('environment')).toHaveValue('taxi');
  await expect(page.getByTestId('agent')).toHaveValue('sarsa');
  await expect(page.getByTestId('seed')).toHaveAttribute('data-value', '3');
  release();
  await expect.poll(() => new Figures(page).number('episode')).toBeGreaterThan(0);
});

test('a link made by hand opens, and one that the page made takes another seed', async ({ page, site }) => {
  await page.goto(`${site.address}#/lab?env=taxi&agent=sarsa&seed=3`);
  const figures = new Figures(page);
  await expect(page.getByTestId('seed')).toHaveAttribute('data-value', '3');
  await expect(page.getByTestId('environment')).toHaveValue('taxi');
  await expect(page.getByTestId('agent')).toHaveValue('sarsa');
  await expect.poll(() => figures.number('episode')).toBeGreaterThan(0);
  await trained(page, site);
  await page.getByTestId('share').click();
  const shared = await page.getByTestId('share-link').getAttribute('data-value');
  await page.keyboard.press('Escape');
  await page.goto(shared.replace('seed=42', 'seed=43'));
  await expect(page.getByTestId('seed')).toHaveAttribute('data-value', '43');
  await expect.poll(() => figures.number('episode')).toBe(50);
  const other = await figures.settled();
  const native = nativeRun('gridworld', '--agent', 'q-learning', '--seed', '43', '--episodes', '50');
  expect(other.hash).toBe(native.run_hash);
  await expect(page.getByTestId('toast').filter({ hasText: /hash/ })).toHaveCount(0);
  // Anything else is damage.
  await page.goto(shared.replace('q-learning', 'q-learnin'));
  await expect(page.getByTestId('toast').filter({ hasText: /changed or cut/ })).toBeVisible();
  expect(await figures.settled()).toEqual(other);
});

test('on a telephone what is said covers no button of a dialog', async ({ page, site }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await trained(page, site);
  await page.getByTestId('load-agent').click();
  const dialog = page.getByTestId('dialog-agents');
  for (const name of ['one', 'another', 'a third']) {
    await page.getByTestId('agent-file').setInputFiles({ name, mimeType: 'text/csv', buffer: Buffer.from(`${name}\n`) });
  }
  const toasts = page.locator('.toasts');
  await expect(page.getByTestId('toast')).not.toHaveCount(0);
  const [said, asked] = [await toasts.boundingBox(), await dialog.boundingBox()];
  expect(said.y).toBeGreaterThanOrEqual(asked.y + asked.height);
  expect(said.y + said.height).toBeLessThanOrEqual(844);
});
