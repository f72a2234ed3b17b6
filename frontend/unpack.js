// The page's program comes as streams, which compress better: operations by themselves, and what stands behind them by
// what it is. `xtask/src/page/program/streams.rs` makes them and says what they hold; here they become a program again.

// The streams in their order. Of the last three kinds there is one for each length in bytes that a number may have.
const [MODULE, DECLARED, OPERATIONS, GET, SET, TEE, CALLS, INDIRECT, BRANCHES, BLOCKS, TABLES, GLOBALS, ALIGNED, REALS] =
  Array(14).keys();
const REST = REALS + 1;
const OFFSETS = REST + 1;
const SMALL = OFFSETS + 5;
const LARGE = SMALL + 5;

/** The program that these streams hold. */
export function unpack(packed) {
  // The streams are the only section of a program without any operations; before its contents stand what it is, its size
  // and its name, which is short.
  let from = 9;
  const number = () => {
    for (let value = 0, shift = 0; ; shift += 7) {
      const byte = packed[from++];
      value |= (byte & 127) << shift;
      if (byte < 128) return value;
    }
  };
  number();
  from += 1 + packed[from];
  const [size, code, functions] = [number(), number(), number()];
  // An operation whose number is longer than a byte has another sign.
  const meant = Uint8Array.from(Array(256).keys());
  const length = new Uint8Array(256).fill(1);
  for (let left = number(); left > 0; left -= 1) {
    const sign = number();
    meant[sign] = number();
    length[sign] = number();
  }
  const sizes = Array.from(Array(number()), number);
  const places = sizes.map((size) => (from += size) - size);

  const plain = new Uint8Array(size + 5);
  let to = 0;
  const copy = (stream, count) => {
    for (; count > 0; count -= 1) plain[to++] = packed[places[stream]++];
  };
  /** A number of any length: its last byte is below 128. */
  const one = (stream) => {
    do plain[to++] = packed[places[stream]++];
    while (plain[to - 1] > 127);
  };
  /** A number, so many more for each that it counts, and some besides. */
  const many = (stream, each, besides) => {
    const begin = to;
    one(stream);
    let count = besides;
    for (let at = begin; at < to; at += 1) count += each * ((plain[at] & 127) << (7 * (at - begin)));
    for (; count > 0; count -= 1) one(stream);
  };
  const write = (value) => {
    for (; value > 127; value >>>= 7) plain[to++] = value | 128;
    plain[to++] = value;
  };

  // Locals are told by how many others were used since.
  const recent = new Uint32Array(1 << 16);
  let deepest = recent.length - 1;
  const local = (stream) => {
    let rank = 0;
    let shift = 0;
    let byte;
    do {
      byte = packed[places[stream]++];
      rank |= (byte & 127) << shift;
      shift += 7;
    } while (byte > 127);
    const found = recent[rank];
    for (let at = rank; at > 0; at -= 1) recent[at] = recent[at - 1];
    recent[0] = found;
    if (rank > deepest) deepest = rank;
    write(found);
  };

  const operations = (body) => {
    for (let depth = 1; depth > 0; ) {
      const sign = packed[places[OPERATIONS]++];
      const operation = meant[sign];
      plain[to++] = operation;
      if (operation >= 0x20 && operation <= 0x22) local(GET + operation - 0x20);
      else if (operation >= 0x28 && operation <= 0x3e) {
        one(ALIGNED);
        copy(OFFSETS + length[sign] - 1, length[sign]);
      } else if (operation >= 0x45 && operation <= 0xc4) continue;
      else
        switch (operation) {
          case 0x02:
          case 0x03:
          case 0x04:
            depth += 1;
            one(BLOCKS);
            break;
          case 0x0b:
            depth -= 1;
            break;
          case 0x0c:
          case 0x0d:
            one(BRANCHES);
            break;
          case 0x0e:
            many(TABLES, 1, 1);
            break;
          case 0x10:
            one(CALLS);
            break;
          case 0x11:
            one(INDIRECT);
            one(INDIRECT);
            break;
          case 0x1c:
            many(REST, 1, 0);
            break;
          case 0x23:
          case 0x24:
            one(GLOBALS);
            break;
          case 0x41:
            copy(SMALL + length[sign] - 1, length[sign]);
            break;
          case 0x42:
            copy(LARGE + length[sign] - 1, length[sign]);
            break;
          case 0x43:
            copy(REALS, 4);
            break;
          case 0x44:
            copy(REALS, 8);
            break;
          case 0xfc: {
            one(REST);
            const which = plain[to - 1];
            for (let left = which < 8 ? 0 : which > 14 || which % 2 ? 1 : 2; left > 0; left -= 1) one(REST);
            break;
          }
          case 0x25:
          case 0x26:
          case 0x3f:
          case 0x40:
          case 0xd0:
          case 0xd2:
            one(REST);
        }
    }
  };

  copy(MODULE, code);
  for (let left = functions; left > 0; left -= 1) {
    // A body's size stands before it, but is known only behind it: five bytes are room for any.
    const begin = to;
    const body = (to += 5);
    many(DECLARED, 2, 0);
    for (; deepest >= 0; deepest -= 1) recent[deepest] = deepest;
    operations(body);
    const end = to;
    to = begin;
    write(end - body);
    plain.copyWithin(to, body, end);
    to += end - body;
  }
  copy(MODULE, size - to);
  return plain.subarray(0, size);
}

/** The program that lies as streams at this address. */
export async function load(address) {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`${address}: ${answer.status} ${answer.statusText}`);
  return unpack(new Uint8Array(await answer.arrayBuffer()));
}
