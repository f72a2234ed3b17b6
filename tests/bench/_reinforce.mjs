// REINFORCEjs's tabular agent (its TDAgent, as the package `reinforcenode` carries it) on the first visit's environment, in
// the way of its own gridworlds: from where an episode ends any action leads to the start. It runs in a worker, behind
// `_q_learning.mjs`.

const EVERY = [0, 1, 2, 3];

/** The environment as REINFORCEjs asks for it, written as one writes its environments: lists and objects made when asked for. */
function plainEnvironment() {
  const kind = (state) => (state === GOAL ? 'goal' : OBSTACLES.includes(state) ? 'obstacle' : 'floor');
  const inside = (at) => Math.min(Math.max(at, 0), WIDTH - 1);
  return {
    getNumStates: () => STATES,
    getMaxNumActions: () => 4,
    allowedActions: () => {
      const actions = [];
      for (let action = 0; action < 4; action += 1) actions.push(action);
      return actions;
    },
    sampleNextState: (state, action) => {
      if (kind(state) !== 'floor') return { ns: 0, r: 0, reset_episode: true };
      const [dx, dy] = [[0, -1], [0, 1], [-1, 0], [1, 0]][action];
      const ns = inside(Math.floor(state / WIDTH) + dy) * WIDTH + inside((state % WIDTH) + dx);
      return { ns, r: { goal: 10, obstacle: -10, floor: -0.1 }[kind(ns)] };
    },
  };
}

/** The same, answering from tables and making nothing but the answer: what takes time is the agent. */
function quickEnvironment() {
  const { next, reward, ends } = moves();
  const over = (state) => state === GOAL || OBSTACLES.includes(state);
  const answers = Array.from(next, (ns, pair) =>
    over(pair >> 2) ? { ns: 0, r: 0, reset_episode: true } : { ns, r: reward[pair], reset_episode: false });
  return {
    getNumStates: () => STATES,
    getMaxNumActions: () => 4,
    allowedActions: () => EVERY,
    sampleNextState: (state, action) => answers[state * 4 + action],
  };
}

/** Learns for so many steps; gives steps a second and how many moves its policy makes from the start to the goal. */
export function reinforce(TDAgent, environment, steps) {
  const agent = new TDAgent(environment, { update: 'qlearn', gamma: GAMMA, epsilon: 1, alpha: ALPHA, lambda: 0, planN: 0 });
  let state = 0;
  const begun = performance.now();
  for (let step = 0; step < steps; step += 1) {
    const { ns, r, reset_episode: over } = environment.sampleNextState(state, agent.act(state));
    agent.learn(r);
    state = ns;
    if (over) {
      agent.resetEpisode();
      agent.epsilon = Math.max(agent.epsilon * DECAY, FLOOR);
    }
  }
  const rate = (steps / (performance.now() - begun)) * 1000;
  let path = 0;
  for (let at = 0; at !== GOAL && path < STATES; path += 1) {
    const chances = EVERY.map((action) => agent.P[action * STATES + at]);
    at = environment.sampleNextState(at, chances.indexOf(Math.max(...chances))).ns;
  }
  return { rate, path };
}
