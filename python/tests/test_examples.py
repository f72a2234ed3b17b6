"""The examples run, where the libraries that they show are installed, and publish what they say."""

import importlib.util
import os
import pathlib
import subprocess
import sys

import pytest

import terrarium

EXAMPLES = pathlib.Path(__file__).parents[1] / "examples"
# Script, libraries, arguments, and which metrics its runs tell at least.
CASES = {
    "optuna_search": (["optuna"], ["--trials", "3", "--episodes", "30"], {"mean_return"}),
    "ray_seeds": (["ray"], ["50"], {"ended"}),
    "torchrl_ppo": (["torchrl"], ["--frames", "2000"], {"losses/objective", "losses/critic"}),
    "rllib_ppo": (["ray", "torch", "dm_tree"], ["--iterations", "2", "--batch", "500"], {"losses/vf_loss"}),
    "single_file_ppo": (["torch", "tensorboard"], ["--total-timesteps", "2048"], {"losses/value_loss", "charts/SPS"}),
}
MODULES = {"dm_tree": "tree"}


def test_every_example_is_run():
    assert {file.stem for file in EXAMPLES.glob("*.py")} == set(CASES)


@pytest.mark.parametrize("name", CASES)
def test_it_runs_and_publishes(name, tmp_path):
    libraries, arguments, metrics = CASES[name]
    for library in libraries:
        if importlib.util.find_spec(MODULES.get(library, library)) is None:
            pytest.skip(f"{library} is not installed")
    folder = tmp_path / "published"
    environment = {**os.environ, "TERRARIUM_DIR": str(folder), "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0"}
    command = [sys.executable, "-W", "ignore", str(EXAMPLES / f"{name}.py"), *arguments]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    journals = sorted(folder.glob("*.terrarium-journal"))
    assert journals
    for journal in journals:
        run, = terrarium.runs(journal)
        assert metrics <= set(run.metrics("dict")["name"])
