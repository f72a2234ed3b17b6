"""PPO of RLlib on our CartPole, watched live.

    pip install ./python "ray[rllib]" torch
    python python/examples/rllib_ppo.py --iterations 20
"""

import argparse

import gymnasium
import ray
from ray.rllib.algorithms.ppo import PPOConfig
from ray.tune.registry import register_env

import terrarium


def make(_config: dict) -> gymnasium.Env:
    # In processes of Ray's own nothing has been imported yet.
    import terrarium  # noqa: F401

    return gymnasium.make("terrarium/CartPole-v0")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--iterations", type=int, default=20)
    parser.add_argument("--batch", type=int, default=2_000)
    options = parser.parse_args()
    ray.init(num_cpus=2, include_dashboard=False)
    register_env("terrarium-cart-pole", make)
    algorithm = (
        PPOConfig()
        .environment("terrarium-cart-pole")
        .env_runners(num_env_runners=0, num_envs_per_env_runner=4)
        .training(train_batch_size=options.batch, minibatch_size=250, num_epochs=4, lr=3e-4)
        .build_algo()
    )
    config = {"env_id": "terrarium/CartPole-v0", "lr": 3e-4}
    with terrarium.init("rllib", name="rllib-ppo", config=config, agent="ppo") as run:
        for _ in range(options.iterations):
            result = algorithm.train()
            step = int(result["num_env_steps_sampled_lifetime"])
            learner = result["learners"]["default_policy"]
            run.log({f"losses/{name}": float(learner[name]) for name in ("policy_loss", "vf_loss", "entropy")}, step=step)
            runners = result["env_runners"]
            mean, length = runners["episode_return_mean"], runners["episode_len_mean"]
            run.log({"episodes/return_mean": float(mean), "episodes/length_mean": float(length)}, step=step)
            if not run.obey():
                break
    algorithm.stop()
    ray.shutdown()


if __name__ == "__main__":
    main()
