"""Many seeds at once with Ray; every task publishes a run of its own.

    pip install ./python ray
    python python/examples/ray_seeds.py
"""

import sys

import ray


@ray.remote(num_cpus=1)
def play(seed: int, steps: int) -> float:
    import terrarium

    env = terrarium.VectorEnv("cart-pole", 64)
    observations, _ = env.reset(seed=seed)
    with terrarium.init("seeds", name=f"seed-{seed}", config={"seed": seed}) as run:
        for step in range(steps):
            actions = (observations[:, 2] + observations[:, 3] > 0).astype(int)
            observations, _, ended, *_ = env.step(actions)
            run.log({"ended": float(ended.mean())}, step=step)
    return float(ended.mean())


if __name__ == "__main__":
    steps = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    ray.init(num_cpus=2, include_dashboard=False)
    print(ray.get([play.remote(seed, steps) for seed in range(4)]))
