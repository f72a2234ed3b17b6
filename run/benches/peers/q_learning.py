"""Q-learning steps a second with NumPy on Gymnasium's FrozenLake and CliffWalking: one JSON object a line.

    cargo xtask bench run/q_learning

The loop that tutorials have, without what would slow it: chance comes from the standard library, values are read
row by row, nothing is recorded. Parameters are those of Terrarium's agent when nothing is said. Seconds are this
thread's processor time.
"""

import json
import random
import time

import gymnasium
import numpy

SECONDS = 0.5
WARM_UP_STEPS = 50_000
CHUNK = 4096
ALPHA = 0.1
GAMMA = 0.99
EPSILON_DECAY = 0.995
EPSILON_FLOOR = 0.01


def train(environment):
    """Learns for ever; yields after every chunk of steps."""
    random.seed(0)
    actions = int(environment.action_space.n)
    q = numpy.zeros((int(environment.observation_space.n), actions))
    epsilon = 1.0
    state, _ = environment.reset(seed=0)
    while True:
        for _ in range(CHUNK):
            row = q[state]
            action = random.randrange(actions) if random.random() < epsilon else int(row.argmax())
            following, reward, terminated, truncated, _ = environment.step(action)
            bootstrap = 0.0 if terminated else GAMMA * q[following].max()
            row[action] += ALPHA * (reward + bootstrap - row[action])
            state = following
            if terminated or truncated:
                state, _ = environment.reset()
                epsilon = max(epsilon * EPSILON_DECAY, EPSILON_FLOOR)
        yield


for name in ["FrozenLake-v1", "CliffWalking-v1"]:
    learning = train(gymnasium.make(name))
    for _ in range(WARM_UP_STEPS // CHUNK):
        next(learning)
    made, start = 0, time.thread_time()
    while time.thread_time() - start < SECONDS:
        next(learning)
        made += CHUNK
    rate = made / (time.thread_time() - start)
    print(json.dumps({"name": f"NumPy on {name}", "steps_per_second": round(rate)}), flush=True)
