// A relay made of files: answers the page's stream with what `terrarium freeze` wrote beside it.
(() => {
  // The page says that its runs do not go on, and offers no tokens.
  document.documentElement.setAttribute('data-frozen', '');
  // Bytes of an artifact in one message, as a relay has it.
  const PART = 256 * 1024;
  const fold = (bytes) => {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let at = 0;
    const uint = (size) => {
      let value = 0;
      for (let index = 0; index < size; index += 1) value = value * 256 + view.getUint8(at + index);
      at += size;
      return value;
    };
    const text = (size) => new TextDecoder().decode(bytes.subarray(at, (at += size)));
    const list = (size) => Array.from({ length: size }, read);
    const map = (size) => Object.fromEntries(Array.from({ length: size }, () => [read(), read()]));
    // The parts of MessagePack that the page's wishes are made of.
    function read() {
      const mark = uint(1);
      if (mark < 0x80) return mark;
      if (mark < 0x90) return map(mark & 15);
      if (mark < 0xa0) return list(mark & 15);
      if (mark < 0xc0) return text(mark & 31);
      switch (mark) {
        case 0xc0: return null;
        case 0xc2: return false;
        case 0xc3: return true;
        case 0xcc: return uint(1);
        case 0xcd: return uint(2);
        case 0xce: return uint(4);
        case 0xcf: return uint(8);
        case 0xd9: return text(uint(1));
        case 0xda: return text(uint(2));
        case 0xdb: return text(uint(4));
        case 0xdc: return list(uint(2));
        case 0xde: return map(uint(2));
        default: throw new Error(`a request with the mark ${mark}`);
      }
    }
    return read();
  };

  // The parts of MessagePack that answers about artifacts are made of.
  const write = (value) => {
    const sized = (mark, size) => {
      const bytes = new Uint8Array(5);
      bytes[0] = mark;
      new DataView(bytes.buffer).setUint32(1, size);
      return bytes;
    };
    if (typeof value === 'number') return [sized(0xce, value)];
    if (value instanceof Uint8Array) return [sized(0xc6, value.length), value];
    if (typeof value === 'string') {
      const text = new TextEncoder().encode(value);
      return [text.length < 32 ? Uint8Array.of(0xa0 | text.length) : sized(0xdb, text.length), text];
    }
    const entries = Object.entries(value);
    return [Uint8Array.of(0x80 | entries.length), ...entries.flatMap(([name, it]) => [...write(name), ...write(it)])];
  };
  const message = (value) => new Blob(write(value)).arrayBuffer();

  const file = async (name) => {
    const answer = await fetch(new URL(`frozen/${name}`, document.baseURI));
    if (!answer.ok) throw new Error(`${answer.url} answers ${answer.status}`);
    return answer.arrayBuffer();
  };
  let runs;
  const index = () => (runs ??= file('index.json').then((bytes) => JSON.parse(new TextDecoder().decode(bytes))));

  class Frozen extends EventTarget {
    constructor(url) {
      super();
      Object.assign(this, { url, readyState: 0, binaryType: 'arraybuffer', protocol: '', extensions: '', bufferedAmount: 0 });
      this.answers = Promise.resolve();
      this.artifact = { sha256: '', content: Promise.resolve(null) };
      setTimeout(() => {
        this.readyState = 1;
        this.dispatchEvent(new Event('open'));
      });
    }

    send(data) {
      const request = new Uint8Array(data).slice();
      this.answers = this.answers.then(() => this.answer(request)).catch((error) => this.fail(error));
    }

    close() {
      if (this.readyState === 3) return;
      this.readyState = 3;
      setTimeout(() => this.dispatchEvent(new CloseEvent('close', { code: 1000, wasClean: true })));
    }

    fail(error) {
      console.error(error);
      this.readyState = 3;
      this.dispatchEvent(new CloseEvent('close', { code: 1011, reason: String(error.message).slice(0, 100) }));
    }

    async answer(request) {
      const [[kind, content]] = Object.entries(fold(request));
      if (kind === 'hello') await this.frames('welcome.frames');
      if (kind === 'list_runs') await this.frames('runs.frames');
      if (kind === 'ping') {
        // A pong is a ping with another letter.
        const pong = request.slice();
        pong[3] = 'o'.charCodeAt(0);
        this.hear(pong.buffer);
      }
      if (kind === 'subscribe') {
        const run = (await index()).runs[content.run];
        const name = run?.epochs[content.epoch ?? run.shown];
        await this.frames(name ?? 'unknown.frames');
      }
      if (kind === 'get_artifact') await this.part(content);
    }

    /** Answers with a part of a file that a run left; the page asks for one part after the other. */
    async part({ run, sha256, offset }) {
      if (this.artifact.sha256 !== sha256) {
        const content = /^[0-9a-f]{64}$/.test(sha256) ? file(`artifacts/${sha256}`).catch(() => null) : Promise.resolve(null);
        this.artifact = { sha256, content };
      }
      const whole = await this.artifact.content;
      if (whole === null) {
        this.artifact.sha256 = '';
        const details = { run, artifact: sha256 };
        this.hear(await message({ error: { code: 'unknown_artifact', message: 'this snapshot has no such file', details } }));
        return;
      }
      const content = new Uint8Array(whole).subarray(offset, offset + PART);
      this.hear(await message({ artifact_part: { run, sha256, length: whole.byteLength, offset, content } }));
    }

    async frames(name) {
      const bytes = await file(name);
      const view = new DataView(bytes);
      for (let at = 0; at < bytes.byteLength;) {
        const size = view.getUint32(at, true);
        this.hear(bytes.slice(at + 4, at + 4 + size));
        at += 4 + size;
      }
    }

    hear(data) {
      if (this.readyState === 1) this.dispatchEvent(new MessageEvent('message', { data }));
    }
  }

  const Real = window.WebSocket;
  window.WebSocket = new Proxy(Real, {
    construct(target, [url, ...rest]) {
      const here = new URL('api/v1/stream', document.baseURI);
      here.protocol = here.protocol === 'https:' ? 'wss:' : 'ws:';
      here.hash = '';
      return String(url) === here.href ? new Frozen(here.href) : new target(url, ...rest);
    },
  });
})();
