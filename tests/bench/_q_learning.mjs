// Q-learning on the first visit's environment as one would write it by hand for speed in JavaScript: flat typed arrays, no
// objects, no calls in the loop. The same rule and environment as the page's run, with a quicker generator (xorshift32) and
// nothing recorded. It runs in a worker.

const WIDTH = 5;
const STATES = WIDTH * WIDTH;
const GOAL = STATES - 1;
const OBSTACLES = [6, 12, 16];
const STEP_LIMIT = 100;
const ALPHA = 0.1;
const GAMMA = 0.99;
const DECAY = 0.995;
const FLOOR = 0.01;

/** The table of moves: next state, reward and whether that ends the episode, `[states][up, down, left, right]`. */
function moves() {
  const next = new Uint8Array(STATES * 4);
  const reward = new Float64Array(STATES * 4);
  const ends = new Uint8Array(STATES * 4);
  for (let pair = 0; pair < STATES * 4; pair += 1) {
    const [x, y] = [(pair >> 2) % WIDTH, Math.trunc((pair >> 2) / WIDTH)];
    const [dx, dy] = [[0, -1], [0, 1], [-1, 0], [1, 0]][pair & 3];
    const to = Math.min(Math.max(y + dy, 0), WIDTH - 1) * WIDTH + Math.min(Math.max(x + dx, 0), WIDTH - 1);
    next[pair] = to;
    ends[pair] = Number(to === GOAL || OBSTACLES.includes(to));
    reward[pair] = to === GOAL ? 10 : ends[pair] ? -10 : -0.1;
  }
  return { next, reward, ends };
}

/** Learns for so many steps; gives steps a second and the table. */
export function learn(steps) {
  const { next, reward, ends } = moves();
  const q = new Float64Array(STATES * 4);
  let [state, length, epsilon, chance] = [0, 0, 1, 0x9e3779b9];
  let explores = epsilon * 65536;
  const begun = performance.now();
  for (let step = 0; step < steps; step += 1) {
    chance ^= chance << 13;
    chance ^= chance >>> 17;
    chance ^= chance << 5;
    const row = state << 2;
    let pair = row + (chance & 3);
    if (chance >>> 16 >= explores) {
      const best = Math.max(Math.max(q[row], q[row + 1]), Math.max(q[row + 2], q[row + 3]));
      // Ties are broken by chance: the first best action from a random place on.
      while (q[pair] !== best) pair = row + ((pair + 1) & 3);
    }
    const to = next[pair];
    const over = ends[pair];
    length += 1;
    let found = reward[pair];
    if (!over) {
      const there = to << 2;
      found += GAMMA * Math.max(Math.max(q[there], q[there + 1]), Math.max(q[there + 2], q[there + 3]));
    }
    q[pair] += ALPHA * (found - q[pair]);
    state = to;
    if (over || length === STEP_LIMIT) {
      state = 0;
      length = 0;
      epsilon = Math.max(epsilon * DECAY, FLOOR);
      explores = epsilon * 65536;
    }
  }
  return { rate: (steps / (performance.now() - begun)) * 1000, start: Math.max(...q.subarray(0, 4)) };
}
