"""Policies of saved agents: as functions here, and as ONNX that other runtimes compute to the same numbers."""

import json
import os
import pathlib
import subprocess

import gymnasium
import numpy as np
import pytest
from relay import needs_relay

import terrarium

onnx = pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")

pytestmark = needs_relay

AGENTS = {
    "ppo": ["cart-pole", "--agent", "ppo"],
    "a2c": ["cart-pole", "--agent", "a2c", "--set", "activation=leaky_relu", "--set", "observations=bounds"],
    "neural-reinforce": ["cart-pole", "--agent", "neural-reinforce", "--set", "activation=sigmoid"],
    "box": ["racing", "--env", "controls=continuous", "--agent", "ppo"],
    "dqn": ["cart-pole", "--agent", "dqn"],
    "convolutions": ["snake", "--env", "view=board", "--env", "size=5", "--agent", "ppo", "--set", "convolutions=8x3x1-4x2x2"],
    "convolutions-dueling": ["tetris", "--env", "view=board", "--agent", "dqn", "--set", "dueling=true",
                             "--set", "convolutions=4x4x2-8x3x1", "--set", "batch=8", "--set", "activation=leaky_relu"],
    "dueling": ["cart-pole", "--agent", "dqn", "--set", "dueling=true", "--set", "observations=normalised"],
}
OUTPUTS = {"box": "mean_actions", "dqn": "action_values", "dueling": "action_values",
           "convolutions-dueling": "action_values"}


def _program(*arguments):
    program = pathlib.Path(os.environ["TERRARIUM_BINARIES"]) / "terrarium-trainer"
    return subprocess.run([program, *arguments], capture_output=True, text=True)


def _train(folder, *arguments):
    done = _program("run", *arguments, "--steps", "4000", "--seed", "3", "--runs", folder, "--run", "trained", "--json")
    assert done.returncode == 0, done.stderr
    return next(folder.glob("*/trained"))


@pytest.mark.parametrize("name", AGENTS)
def test_onnx_gives_what_our_networks_give(name, tmp_path):
    run = _train(tmp_path, *AGENTS[name])
    file = tmp_path / "policy.onnx"
    done = _program("convert", run, "--onnx", file)
    assert done.returncode == 0, done.stderr
    onnx.checker.check_model(str(file), full_check=True)
    policy = terrarium.Policy(run)
    assert policy.outputs == OUTPUTS.get(name, "logits")
    session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    given, = session.get_inputs()
    generator = np.random.default_rng(1)
    # Beyond what occurs, too, so that everything is cut off somewhere.
    observations = generator.normal(scale=3.0, size=(1000, given.shape[1])).astype(np.float32)
    theirs, = session.run([policy.outputs], {"observation": observations})
    np.testing.assert_allclose(theirs, policy(observations), rtol=1e-5, atol=1e-5)
    assert policy(observations[0]).shape == policy(observations)[0].shape
    told = session.get_modelmeta().custom_metadata_map
    assert json.loads(told["terrarium.environment"])["id"] == policy.spec["environment"]["id"]
    assert told["terrarium.outputs"] == policy.outputs
    # The library writes the same file.
    policy.save_onnx(tmp_path / "again.onnx")
    assert (tmp_path / "again.onnx").read_bytes() == file.read_bytes()


def test_a_policy_acts_among_legal_actions(tmp_path):
    policy = terrarium.Policy(_train(tmp_path, *AGENTS["dqn"]))
    values = policy([0.0, 0.0, 0.1, 0.0])
    assert policy.act([0.0, 0.0, 0.1, 0.0]) == int(np.argmax(values))
    assert policy.act([0.0, 0.0, 0.1, 0.0], action_mask=[False, True]) == 1
    with pytest.raises(ValueError, match="an observation has 4 entries here, not 3"):
        policy([1.0, 2.0, 3.0])


def test_what_has_no_network_is_named(tmp_path):
    run = _train(tmp_path, "gridworld", "--agent", "sarsa")
    with pytest.raises(ValueError, match="sarsa has no network; agents with one are a2c, dqn"):
        terrarium.Policy(run)
    done = _program("convert", run, "--onnx", tmp_path / "policy.onnx")
    assert (done.returncode, "sarsa has no network" in done.stderr) == (2, True)
    assert not (tmp_path / "policy.onnx").exists()
    assert "there is no run in" in _program("convert", tmp_path, "--onnx", tmp_path / "policy.onnx").stderr


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("environment", ["cart-pole", "racing"])
def test_what_stable_baselines3s_recipe_exports_plays_and_its_episodes_play_again(environment, tmp_path):
    torch = pytest.importorskip("torch")
    stable = pytest.importorskip("stable_baselines3")
    from terrarium.sb3 import VecEnv

    class Exported(torch.nn.Module):
        def __init__(self, policy):
            super().__init__()
            self.policy = policy

        def forward(self, observation):
            return self.policy(observation, deterministic=True)

    options = {"controls": "continuous"} if environment == "racing" else {}
    copies = VecEnv(environment, 4, **options)
    model = stable.PPO("MlpPolicy", copies, n_steps=64, batch_size=64, seed=1, device="cpu").learn(512)
    file = tmp_path / "policy.onnx"
    given = torch.zeros(1, *copies.observation_space.shape)
    torch.onnx.export(Exported(model.policy), (given,), file, opset_version=17, input_names=["input"], dynamo=False)
    _plays(file, environment, options, tmp_path, lambda outputs: outputs)


def _spaces_of(environment, options):
    env = gymnasium.make(terrarium.gymnasium_id(environment), disable_env_checker=True, **options)
    return env.observation_space, env.action_space


def _plays(file, environment, options, tmp_path, acts, *arguments):
    """Plays a file natively; every recorded action is what `acts` makes of the outputs that onnxruntime gives."""
    own = [word for name, value in options.items() for word in ("--env", f"{name}={value}")]
    arguments = ("--episodes", "5", "--runs", tmp_path, "--run", file.stem, "--json", *arguments)
    done = _program("run", environment, *own, "--policy", file, *arguments)
    assert done.returncode == 0, done.stderr
    session = onnxruntime.InferenceSession(str(file))
    given = session.get_inputs()[0].name
    replays = list((tmp_path / environment / file.stem / "replays").glob("*.json"))
    assert replays
    for replay in replays:
        recorded = json.loads(replay.read_text())["recorded_episode"]
        box = recorded.get("box_actions")
        actions = np.reshape(box["values"], (-1, box["entries"])) if box else np.array(recorded["actions"])
        again = terrarium.episode({"id": environment, "parameters": options}, recorded["seed"], actions)
        wanted = acts(np.concatenate([session.run(None, {given: one[None]})[0] for one in again.observations[:-1].astype(np.float32)]))
        if box:
            space = _spaces_of(environment, options)[1]
            wanted = np.clip(wanted, space.low, space.high)
        assert np.allclose(actions, wanted, atol=1e-5)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("shape", ["cleanrl-ppo", "cleanrl-dqn", "torchrl-ppo"])
def test_networks_as_cleanrl_and_torchrl_make_them_play(shape, tmp_path):
    torch = pytest.importorskip("torch")
    nn = torch.nn
    torch.manual_seed(3)
    if shape == "torchrl-ppo":
        modules = pytest.importorskip("torchrl.modules")
        network = modules.MLP(in_features=4, out_features=2, num_cells=[64, 64], activation_class=nn.Tanh)
    elif shape == "cleanrl-ppo":
        network = nn.Sequential(nn.Linear(4, 64), nn.Tanh(), nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, 2))
    else:
        network = nn.Sequential(nn.Linear(4, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 2))
    file = tmp_path / f"{shape}.onnx"
    torch.onnx.export(network, (torch.zeros(1, 4),), file, opset_version=17, dynamo=False)
    _plays(file, "cart-pole", {}, tmp_path, lambda outputs: outputs.argmax(axis=1))


@pytest.mark.filterwarnings("ignore")
def test_a_policy_of_torchrl_with_squashed_actions_plays(tmp_path):
    torch = pytest.importorskip("torch")
    modules = pytest.importorskip("torchrl.modules")
    options = {"controls": "continuous"}
    observed, space = _spaces_of("racing", options)
    entries = observed.shape[0]

    class Policy(torch.nn.Module):
        """What ProbabilisticActor with TanhNormal takes where it does not explore."""

        def __init__(self):
            super().__init__()
            mlp = modules.MLP(in_features=entries, out_features=2 * space.shape[0], num_cells=[32, 32], activation_class=torch.nn.Tanh)
            self.network = torch.nn.Sequential(mlp, modules.NormalParamExtractor())

        def forward(self, observation):
            return torch.tanh(self.network(observation)[0])

    file = tmp_path / "squashed.onnx"
    torch.onnx.export(Policy(), (torch.zeros(1, entries),), file, opset_version=17, dynamo=False)
    spread = lambda outputs: space.low + (outputs + 1) / 2 * (space.high - space.low)
    _plays(file, "racing", options, tmp_path, spread, "--set", "outputs=unit_actions")

