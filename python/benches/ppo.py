"""PPO on CartPole-v1 with PyTorch on one thread: steps a second, one JSON object a line.

    python python/benches/ppo.py

By Stable-Baselines3, and in one file as CleanRL's scripts are (`python/examples/single_file_ppo.py`); network, copies, steps and
minibatches are those of Terrarium's agent when nothing is said. What is not installed is left out. `cargo xtask bench page/neural`
runs it in turns with ours.
"""

import contextlib
import importlib.util
import io
import json
import os
import pathlib
import sys
import tempfile
import time
import warnings

STEPS = 30_720
EXAMPLE = pathlib.Path(__file__).parents[1] / "examples/single_file_ppo.py"


def tell(name, seconds):
    print(json.dumps({"name": name, "steps_per_second": round(STEPS / seconds)}), flush=True)


def stable_baselines3():
    from stable_baselines3 import PPO
    from stable_baselines3.common.env_util import make_vec_env

    model = PPO(
        "MlpPolicy", make_vec_env("CartPole-v1", n_envs=8, seed=1), n_steps=128, batch_size=256, n_epochs=4, learning_rate=1e-3,
        ent_coef=0.01, seed=1, device="cpu",
    )  # fmt: skip
    begun = time.perf_counter()
    model.learn(STEPS)
    tell("Stable-Baselines3, PPO on CartPole-v1", time.perf_counter() - begun)


def in_one_file():
    spec = importlib.util.spec_from_file_location("single_file_ppo", EXAMPLE)
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    sys.argv = [EXAMPLE.name, "--num-envs", "8", "--total-timesteps", str(STEPS), "--learning-rate", "0.001"]
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
        os.chdir(folder)
        begun = time.perf_counter()
        script.main()
        seconds = time.perf_counter() - begun
        os.chdir("/")
    tell("PyTorch in one file, PPO on CartPole-v1", seconds)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    if importlib.util.find_spec("torch") is None:
        sys.exit(0)
    import torch

    torch.set_num_threads(1)
    if importlib.util.find_spec("stable_baselines3") is not None:
        stable_baselines3()
    if importlib.util.find_spec("tensorboard") is not None and importlib.util.find_spec("terrarium") is not None:
        in_one_file()
