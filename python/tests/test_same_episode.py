"""The same episode from Python as natively and in a tab: the repository's own playthroughs, played here."""

import json
import os
import pathlib
import re
import subprocess

import numpy as np
import pytest

import terrarium

PLAYTHROUGHS = pathlib.Path(__file__).parents[2] / "environments/tests/playthroughs"
FILES = sorted(PLAYTHROUGHS.glob("*.txt"))


def _playthrough(file):
    """Seed, actions, rewards, states and end of every episode in a file."""
    episodes = []
    for block in re.split(r"\nepisode of seed ", file.read_text())[1:]:
        seed, _, rest = block.partition("\n")
        moves = re.findall(r"^> (\d+) .*: reward (\S+)$", rest, re.MULTILINE)
        states = re.findall(r"^state (\d+)$", rest, re.MULTILINE)
        end = re.search(r"^(terminated|truncated): (.*)$", rest, re.MULTILINE)
        episodes.append((int(seed), moves, [int(state) for state in states], end, rest))
    return episodes


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_playthroughs_are_the_same_from_python(file):
    environment, _, preset = file.stem.partition(".")
    env = terrarium.Env(environment, preset=preset or None, illegal="error", render_mode="ansi")
    episodes = _playthrough(file)
    assert len(episodes) == 2
    for seed, moves, states, end, text in episodes:
        env.reset(seed=seed)
        seen, drawn = [env._native.state()], [env.render()]
        for action, reward in moves:
            _, given, terminated, truncated, info = env.step(int(action))
            assert given == float(reward)
            seen.append(env._native.state())
            drawn.append(env.render())
        assert not states or seen == states
        words = ["".join(f"    {line.rstrip()}\n" for line in moment.splitlines()) for moment in drawn]
        assert all(moment in text for moment in words)
        if end:
            assert (terminated, truncated) == (end[1] == "terminated", end[1] == "truncated")
            assert info["outcome"] == end[2]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_hashes_are_those_of_the_playthroughs(file):
    environment, _, preset = file.stem.partition(".")
    env = terrarium.Env(environment, preset=preset or None)
    outcomes = env.description["outcomes"]
    for seed, moves, _, end, _ in _playthrough(file):
        written = 0.0
        for _, reward in moves:
            written += float(reward)
        outcome = outcomes.index(end[2]) if end else len(outcomes)
        played = terrarium.episode(env.terrarium_spec, seed, [int(action) for action, _ in moves])
        assert played.hash == terrarium.run_hash(seed, [(written, len(moves), outcome)])


def test_an_episode_is_spec_seed_and_actions():
    env = terrarium.Env("snake")
    observation, info = env.reset(seed=11)
    observations, rewards = [observation], []
    rng = np.random.default_rng(1)
    terminated = truncated = False
    while not (terminated or truncated):
        observation, reward, terminated, truncated, info = env.step(rng.integers(3))
        observations.append(observation)
        rewards.append(reward)
    seed, actions = env.episode()
    again = terrarium.episode(env.terrarium_spec, seed, actions)
    assert (again.observations == np.array(observations)).all()
    assert again.rewards.tolist() == rewards
    assert (again.terminated, again.truncated, again.outcome) == (terminated, truncated, info["outcome"])
    frames = again.frames(render_size=64)
    assert len(frames) == len(actions) + 1
    with pytest.raises(ValueError, match=f"action {len(actions)} of the episode: the episode has ended"):
        terrarium.episode(env.terrarium_spec, seed, [*actions, 0])


def test_the_arithmetic_of_seeds_is_that_of_the_protocol():
    # docs/PROTOCOL.md, 12: derive(seed, stream, index).
    from terrarium.episodes import _mix

    def derive(seed, stream, index):
        rotated = ((stream << 32) | (stream >> 32)) & (2**64 - 1)
        return _mix((_mix(seed ^ rotated) + index) & (2**64 - 1)) >> 11

    assert terrarium.episode_seed(42, 3) == derive(42, 1, 3)
    assert terrarium.episode_seed(42, 3, copy=2) == derive(derive(42, 4, 2), 1, 3)


@pytest.mark.skipif("TERRARIUM_BINARIES" not in os.environ, reason="needs the programs of this repository")
@pytest.mark.parametrize("environment", [entry["id"] for entry in terrarium.catalog()])
def test_a_native_rollout_gives_the_same_bits(environment):
    program = pathlib.Path(os.environ["TERRARIUM_BINARIES"]) / "terrarium-trainer"
    command = [program, "rollout", environment, "--seed", "7", "--policy", "random", "--steps", "200", "--json"]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    steps = [json.loads(line) for line in lines]
    features = bool(terrarium.Env(environment).description["observation"])
    played = terrarium.Env(environment, observation="features" if features else "state", illegal="error")
    observation, _ = played.reset(seed=7)
    for step in steps:
        if step["action"] is not None:
            observation, reward, terminated, truncated, _ = played.step(step["action"])
            assert (reward, terminated, truncated) == (step["reward"], step["terminated"], step["truncated"])
        if features:
            assert observation.tolist() == np.array(step["observation"], np.float32).tolist()
        assert step["state"] is None or played._native.state() == step["state"]
