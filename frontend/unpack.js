// The page's program comes as streams, which compress better: operations by themselves, and what stands behind them by
// what it is. `xtask/src/page/program/streams.rs` makes them and says what they hold; here they become a program again.

// The streams in their order. Of the last three kinds there is one for each length in bytes that a number may have.
const [MODULE, DECLARED, OPERATIONS, GET, SET, TEE, CALLS, INDIRECT, BRANCHES, BLOCKS, TABLES, GLOBALS, ALIGNED, REALS] =
  Array(14).keys();
const REST = REALS + 1;
const OFFSETS = REST + 1;
const SMALL = OFFSETS + 5;
const LARGE = SMALL + 5;

// How many numbers stand behind an operation, where the first of them tells: as many more and one, as many more, or as
// the operation needs that this number is.
const COUNTED_AND_ONE = -1;
const COUNTED = -2;
const LONG_OPERATION = -3;

/** What stands behind an operation that names no local: its stream, and how many bytes or numbers of it. */
const behind = (operation, length) => {
  if (operation >= 0x02 && operation <= 0x04) return [BLOCKS, 0, 1];
  if (operation === 0x0c || operation === 0x0d) return [BRANCHES, 0, 1];
  if (operation === 0x0e) return [TABLES, 0, COUNTED_AND_ONE];
  if (operation === 0x10) return [CALLS, 0, 1];
  if (operation === 0x11) return [INDIRECT, 0, 2];
  if (operation === 0x1c) return [REST, 0, COUNTED];
  if (operation === 0x23 || operation === 0x24) return [GLOBALS, 0, 1];
  if (operation >= 0x28 && operation <= 0x3e) return [OFFSETS + length - 1, length, 0];
  if (operation === 0x41) return [SMALL + length - 1, length, 0];
  if (operation === 0x42) return [LARGE + length - 1, length, 0];
  if (operation === 0x43) return [REALS, 4, 0];
  if (operation === 0x44) return [REALS, 8, 0];
  if (operation === 0xfc) return [REST, 0, LONG_OPERATION];
  return [REST, 0, Number([0x25, 0x26, 0x3f, 0x40, 0xd0, 0xd2].includes(operation))];
};

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
  const operations = Uint8Array.from(Array(256).keys());
  const lengths = new Uint8Array(256).fill(1);
  for (let left = number(); left > 0; left -= 1) {
    const sign = number();
    operations[sign] = number();
    lengths[sign] = number();
  }
  const [streams, bytes, numbers] = [new Uint8Array(256), new Uint8Array(256), new Int8Array(256)];
  for (let sign = 0; sign < 256; sign += 1) {
    [streams[sign], bytes[sign], numbers[sign]] = behind(operations[sign], lengths[sign]);
  }
  const places = Int32Array.from(Array.from(Array(number()), number), (length) => (from += length) - length);

  const program = new Uint8Array(size + 5);
  const module = places[MODULE];
  program.set(packed.subarray(module, module + code));
  const end = unpackFunctions(packed, places, program, code, functions, { operations, streams, bytes, numbers });
  program.set(packed.subarray(module + code, module + code + size - end), end);
  return program.subarray(0, size);
}

/**
 * Writes the functions into the program from there on, and gives where they end. A browser runs this once, long before it
 * has compiled it well: one loop that calls nothing for an operation is twice as quick as a readable one, so numbers are
 * read in place.
 */
function unpackFunctions(packed, places, program, to, functions, { operations, streams, bytes, numbers }) {
  let next = places[OPERATIONS];
  // Locals are told by how many others were used since.
  const recent = new Uint16Array(1 << 16);
  let deepest = recent.length - 1;
  for (let left = functions; left > 0; left -= 1) {
    // A body's size stands before it, but is known only behind it: five bytes are room for any.
    const begin = to;
    to += 5;
    let declared = places[DECLARED];
    let count = 0;
    let shift = 0;
    do {
      count |= (packed[declared] & 127) << shift;
      shift += 7;
      program[to++] = packed[declared++];
    } while (packed[declared - 1] > 127);
    for (count *= 2; count > 0; count -= 1) {
      do program[to++] = packed[declared++];
      while (packed[declared - 1] > 127);
    }
    places[DECLARED] = declared;

    for (; deepest >= 0; deepest -= 1) recent[deepest] = deepest;
    for (let depth = 1; depth > 0; ) {
      const sign = packed[next++];
      const operation = operations[sign];
      program[to++] = operation;
      // Locals and arithmetic are most of a program; behind arithmetic there is nothing.
      if (operation >= 0x20 && operation <= 0x22) {
        const stream = GET + operation - 0x20;
        let at = places[stream];
        let byte = packed[at++];
        let rank = byte & 127;
        for (let shift = 7; byte > 127; shift += 7) {
          byte = packed[at++];
          rank |= (byte & 127) << shift;
        }
        places[stream] = at;
        let local = recent[rank];
        for (let place = rank; place > 0; place -= 1) recent[place] = recent[place - 1];
        recent[0] = local;
        if (rank > deepest) deepest = rank;
        for (; local > 127; local >>>= 7) program[to++] = local | 128;
        program[to++] = local;
      } else if (operation < 0x45 || operation > 0xc4) {
        const stream = streams[sign];
        let at = places[stream];
        if (operation >= 0x28 && operation <= 0x3e) {
          let place = places[ALIGNED];
          do program[to++] = packed[place++];
          while (packed[place - 1] > 127);
          places[ALIGNED] = place;
        } else if (operation >= 0x02 && operation <= 0x04) depth += 1;
        else if (operation === 0x0b) depth -= 1;
        for (let left = bytes[sign]; left > 0; left -= 1) program[to++] = packed[at++];
        let count = numbers[sign];
        if (count < 0) {
          const kind = count;
          count = 0;
          let shift = 0;
          do {
            count |= (packed[at] & 127) << shift;
            shift += 7;
            program[to++] = packed[at++];
          } while (packed[at - 1] > 127);
          if (kind === COUNTED_AND_ONE) count += 1;
          if (kind === LONG_OPERATION) count = count < 8 ? 0 : count > 14 || count % 2 ? 1 : 2;
        }
        for (; count > 0; count -= 1) {
          do program[to++] = packed[at++];
          while (packed[at - 1] > 127);
        }
        places[stream] = at;
      }
    }

    const body = begin + 5;
    const end = to;
    to = begin;
    let length = end - body;
    for (; length > 127; length >>>= 7) program[to++] = length | 128;
    program[to++] = length;
    program.copyWithin(to, body, end);
    to += end - body;
  }
  return to;
}

/** The program that lies as streams at this address. */
export async function load(address) {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`${address}: ${answer.status} ${answer.statusText}`);
  return unpack(new Uint8Array(await answer.arrayBuffer()));
}
