// What the benches of the page share: medians and rows, the page as compressing hosts serve it, and a count of its long tasks.
import { createServer } from 'node:http';
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { extname, join } from 'node:path';
import { brotliCompressSync } from 'node:zlib';
import { TYPES } from '../browser/support.mjs';

export const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];

export const row = (name, fields) => console.log(JSON.stringify({ name, ...fields }));

/** Serves a folder as hosts do that compress: the copies that lie in it, or its files compressed here where it has none. */
export async function serveCompressed(folder) {
  const files = new Map();
  const add = (path) => {
    for (const name of readdirSync(join(folder, path))) {
      const [file, address] = [join(folder, path, name), `${path}/${name}`];
      if (statSync(file).isDirectory()) {
        add(address);
      } else if (extname(name) in TYPES) {
        const body = existsSync(`${file}.br`) ? readFileSync(`${file}.br`) : brotliCompressSync(readFileSync(file));
        files.set(address, { type: TYPES[extname(name)], body });
      }
    }
  };
  add('');
  files.set('/', files.get('/index.html'));
  const server = createServer((request, response) => {
    const file = files.get(new URL(request.url, 'http://host').pathname);
    if (!file) return response.writeHead(404).end();
    return response.writeHead(200, { 'content-type': file.type, 'content-encoding': 'br' }).end(file.body);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { address: `http://127.0.0.1:${server.address().port}/`, server };
}

/** Counts long tasks, animation frames, and frames in which the stage was drawn; in the page, before all else. */
export function observe() {
  const seen = { longest: 0, tasks: 0, frames: 0, drawn: 0, since: performance.now() };
  window.seen = seen;
  new PerformanceObserver((list) => {
    for (const task of list.getEntries()) {
      seen.tasks += 1;
      seen.longest = Math.max(seen.longest, task.duration);
    }
  }).observe({ type: 'longtask' });
  let stage = false;
  for (const name of ['clearRect', 'fillRect', 'drawImage', 'fill', 'stroke', 'putImageData']) {
    const draw = CanvasRenderingContext2D.prototype[name];
    CanvasRenderingContext2D.prototype[name] = function (...given) {
      stage ||= this.canvas.closest?.('#stage') !== null;
      return draw.apply(this, given);
    };
  }
  const count = () => {
    seen.frames += 1;
    seen.drawn += stage ? 1 : 0;
    stage = false;
    requestAnimationFrame(count);
  };
  requestAnimationFrame(count);
}

/** Lets a run go as fast as it can: one whose speed nobody chose slows down once it has learned. */
export async function atFullSpeed(page) {
  const speed = page.getByTestId('speed');
  await speed.fill(await speed.getAttribute('max'));
}

/** Begins counting anew. */
export const forget = (page) =>
  page.evaluate(() => Object.assign(window.seen, { longest: 0, tasks: 0, frames: 0, drawn: 0, since: performance.now() }));

/** What was counted since, and in how many seconds. */
export const counted = (page) =>
  page.evaluate(() => ({ ...window.seen, seconds: (performance.now() - window.seen.since) / 1000 }));
