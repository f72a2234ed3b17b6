"""Steps a second from Python: ours, Gymnasium's and EnvPool's, medians of five. One JSON object a line.

With ``--processor`` steps a second of processor time of this process and its threads, which other work on the machine changes
less; AsyncVectorEnv, which works in other processes, is left out then. Run with ``python python/benches/steps.py`` where terrarium and gymnasium are installed; envpool is measured where it is, too.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import statistics
import time
from collections.abc import Callable

import gymnasium
import numpy as np

import terrarium

COPIES = 1024
# How many times as fast ours is at least, by whose environments the others are.
LEAST = {"gymnasium": 30, "envpool": 1}
PEERS = {"cart-pole": "CartPole-v1", "frozen-lake": "FrozenLake-v1"}


def median_rate(make: Callable[[], Callable[[], int]], seconds: float, clock: Callable[[], float]) -> float:
    """Steps a second by a clock, the median of five; a warm-up goes before."""
    step, rates = make(), []
    step()
    for _ in range(5):
        steps, begun = 0, clock()
        while clock() - begun < seconds:
            steps += step()
        rates.append(steps / (clock() - begun))
    return statistics.median(rates)


def single(env: gymnasium.Env) -> Callable[[], int]:
    """A hundred steps of one environment."""
    env.reset(seed=1)
    actions = np.random.default_rng(1).integers(2, size=100).tolist()

    def step() -> int:
        for action in actions:
            _, _, terminated, truncated, _ = env.step(action)
            if terminated or truncated:
                env.reset()
        return len(actions)

    return step


def vector(envs: gymnasium.vector.VectorEnv, copies: int) -> Callable[[], int]:
    """A step of every copy."""
    envs.reset(seed=1)
    actions = np.random.default_rng(1).integers(2, size=copies)

    def step() -> int:
        envs.step(actions)
        return copies

    return step


def pool(name: str, copies: int) -> Callable[[], int]:
    """A step of every copy of EnvPool's."""
    import envpool

    envs = envpool.make_gymnasium(name, num_envs=copies)
    envs.reset()
    actions = np.random.default_rng(1).integers(2, size=copies).astype(np.int32)

    def step() -> int:
        envs.step(actions)
        return copies

    return step


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=0.5, help="of each of the five")
    parser.add_argument("--only", choices=list(PEERS), help="one environment")
    parser.add_argument("--processor", action="store_true", help="by processor time")
    options = parser.parse_args()
    seconds, clock = options.seconds, time.process_time if options.processor else time.perf_counter
    for environment, peer in PEERS.items():
        if options.only not in (None, environment):
            continue
        ours = terrarium.gymnasium_id(environment)
        entry = {"vectorization_mode": "vector_entry_point"}
        rows = [
            (environment, "one", "terrarium", lambda: single(gymnasium.make(ours).unwrapped)),
            (environment, "one", "gymnasium", lambda: single(gymnasium.make(peer).unwrapped)),
            (environment, COPIES, "terrarium", lambda: vector(gymnasium.make_vec(ours, COPIES, **entry), COPIES)),
            (environment, COPIES, "terrarium, copy=False",
             lambda: vector(gymnasium.make_vec(ours, COPIES, copy=False, **entry), COPIES)),
            (environment, COPIES, "gymnasium, SyncVectorEnv",
             lambda: vector(gymnasium.make_vec(peer, COPIES, vectorization_mode="sync"), COPIES)),
            (environment, 64, "gymnasium, AsyncVectorEnv",
             lambda: vector(gymnasium.make_vec(peer, 64, vectorization_mode="async"), 64)),
        ]  # fmt: skip
        if importlib.util.find_spec("envpool"):
            rows.append((environment, COPIES, "envpool", lambda: pool(peer, COPIES)))
        rates = {}
        for name, copies, what, make in rows:
            if options.processor and "Async" in what:
                continue
            rates[copies, what] = median_rate(make, seconds, clock)
            told = {"name": f"{name}, {copies} at once, {what}", "steps_per_second": round(rates[copies, what])}
            print(json.dumps(told), flush=True)
        judge(environment, rates)


def judge(environment: str, rates: dict[tuple, float]) -> None:
    """Tells how many times as fast as each of the others ours is, and how many times it should be."""
    for (copies, what), rate in rates.items():
        least = next((least for kind, least in LEAST.items() if what.startswith(kind)), None)
        if least is None:
            continue
        ours = rates["one" if copies == "one" else COPIES, "terrarium"]
        least = 3 if copies == "one" else least
        name = f"{environment}, {copies} at once, terrarium / {what}"
        print(json.dumps({"name": name, "value": ours / rate, "at_least": least}), flush=True)


if __name__ == "__main__":
    main()
