"""Steps a second of Gymnasium's environments and of tetris-gymnasium with random actions: one JSON object a line.

    cargo xtask bench environments/steps

Made by `gymnasium.make` as anybody makes them. Actions are drawn by NumPy, a chunk at a time: by `action_space.sample`
they would take most of the time. Seconds are this thread's processor time.
"""

import json
import time

import gymnasium
import numpy
import tetris_gymnasium.envs  # registers its environment
from tetris_gymnasium.wrappers.grouped import GroupedActionsObservations

SECONDS = 0.3
CHUNK = 4096
ENVIRONMENTS = ["FrozenLake-v1", "FrozenLake8x8-v1", "CliffWalking-v1", "Taxi-v4", "Blackjack-v1", "CartPole-v1",
          "MountainCar-v0"]


def measure(name, environment, chunk=CHUNK):
    chance = numpy.random.default_rng(0)
    count = int(environment.action_space.n)
    environment.reset(seed=0)

    def play():
        for action in chance.integers(count, size=chunk).tolist():
            _, _, terminated, truncated, _ = environment.step(action)
            if terminated or truncated:
                environment.reset()

    play()
    made, start = 0, time.thread_time()
    while time.thread_time() - start < SECONDS:
        play()
        made += chunk
    rate = made / (time.thread_time() - start)
    print(json.dumps({"name": name, "steps_per_second": round(rate)}), flush=True)


for environment in ENVIRONMENTS:
    measure(f"Gymnasium {environment}", gymnasium.make(environment))
measure("tetris-gymnasium, moves", gymnasium.make("tetris_gymnasium/Tetris"), 256)
placements = gymnasium.make("tetris_gymnasium/Tetris")
measure("tetris-gymnasium, placements", GroupedActionsObservations(placements, None), 16)
