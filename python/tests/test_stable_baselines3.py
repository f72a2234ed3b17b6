"""Stable-Baselines3 over our environments and over others, where it is installed."""

import json
import pathlib

import gymnasium
import numpy as np
import pytest
from relay import Viewer, needs_relay, relay, values

import terrarium

pytest.importorskip("stable_baselines3")

from stable_baselines3 import DQN, PPO  # noqa: E402
from stable_baselines3.common.env_checker import check_env  # noqa: E402
from stable_baselines3.common.evaluation import evaluate_policy  # noqa: E402

from terrarium.sb3 import TerrariumCallback, VecEnv  # noqa: E402

IDS = [entry["id"] for entry in terrarium.catalog()]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("environment", IDS)
def test_passes_its_check(environment):
    check_env(terrarium.Env(environment), skip_render_check=True)


def test_copies_report_ends_as_it_expects():
    env = VecEnv("cart-pole", 8, step_limit=30)
    env.seed(3)
    observations = env.reset()
    first = np.stack([terrarium.Env("cart-pole").reset(seed=3 + copy)[0] for copy in range(8)])
    assert np.array_equal(observations, first)
    seen = {True: 0, False: 0}
    for _ in range(60):
        actions = (observations[:, 2] > 0).astype(np.int64)
        observations, rewards, dones, infos = env.step(actions)
        assert rewards.dtype == np.float32
        for done, info in zip(dones, infos, strict=True):
            if done:
                seen[info["TimeLimit.truncated"]] += 1
                assert info["terminal_observation"].shape == (4,)
                assert info["episode"]["l"] == info["episode"]["r"]
            else:
                assert info == {}
    assert sum(seen.values()) >= 8
    assert env.get_images()[0].shape[2] == 3


@pytest.mark.filterwarnings("ignore")
def test_ppo_learns_in_the_copies():
    env = VecEnv("cart-pole", 16)
    model = PPO("MlpPolicy", env, n_steps=64, batch_size=256, seed=1, device="cpu")
    before = evaluate_policy(model, env, n_eval_episodes=16)[0]
    model.learn(20_000)
    assert evaluate_policy(model, env, n_eval_episodes=16)[0] > 3 * before


@pytest.mark.filterwarnings("ignore")
def test_masks_are_found_by_sb3_contrib():
    contrib = pytest.importorskip("sb3_contrib")
    for env in (VecEnv("tetris-melax", 4, illegal="error"), terrarium.Env("tetris-melax", illegal="error")):
        model = contrib.MaskablePPO("MlpPolicy", env, n_steps=64, batch_size=64, seed=1, device="cpu")
        model.learn(512)


@pytest.mark.filterwarnings("ignore")
def test_a_callback_serves_one_training_after_the_other(tmp_path):
    logger = pytest.importorskip("stable_baselines3.common.logger").Logger(folder=None, output_formats=[])
    model = PPO("MlpPolicy", gymnasium.make("terrarium/CartPole-v0"), n_steps=64, batch_size=64, seed=1, device="cpu")
    # One's own logger lives as long as the model.
    model.set_logger(logger)
    callback = TerrariumCallback(name="twice", dir=tmp_path / "kept", config={"note": "kept"})
    for _ in range(2):
        model.learn(128, callback=callback, reset_num_timesteps=False)
        assert logger.output_formats == []
    journals = list((tmp_path / "kept").glob("*.terrarium-journal"))
    assert len(journals) == 2
    for journal in journals:
        recorded, = terrarium.runs(journal)
        assert recorded.config["spec"]["agent"]["parameters"]["note"] == "kept"
        assert "time/total_timesteps" in recorded.metrics("dict")["name"]


@pytest.mark.filterwarnings("ignore")
@needs_relay
def test_a_training_on_our_snake_is_watched_paused_saved_and_stopped(tmp_path):
    with relay(tmp_path / "data") as place:
        viewers = []

        class Watching(TerrariumCallback):
            def _on_training_start(self):
                super()._on_training_start()
                viewers.append(Viewer(place.address, "snake"))

            def _on_step(self):
                viewer, going_on = viewers[0], super()._on_step()
                if self.num_timesteps == 600:
                    # The training holds its breath until it is told to go on: nobody else can tell it here.
                    assert viewer.ask({"pause": {}}) == {"accepted": {}}
                    assert self.run.control() == (True, False)
                    assert viewer.ask({"resume": {}}) == {"accepted": {}}
                    viewer._send({"command": {"run": "snake", "request": 77, "command": {"save": {}}}})
                if self.num_timesteps == 1200:
                    assert viewer.ask({"stop": {}}) == {"accepted": {}}
                return going_on

        env = gymnasium.make("terrarium/Snake-v0")
        model = PPO("MlpPolicy", env, n_steps=256, batch_size=64, seed=1, device="cpu")
        callback = Watching(relay=place.address, name="snake", save_path=tmp_path / "snake.zip")
        model.learn(10_000, callback=callback)
        assert model.num_timesteps < 1300
        viewer = viewers[0].ended()
        viewer.read_until(lambda it: 77 in it.answers)
    assert viewer.answers[77] == {"accepted": {}}
    assert (tmp_path / "snake.zip").is_file()
    assert viewer.events("run_ended")[0]["reason"] == "stopped"
    started, = viewer.events("run_started")
    assert started["spec"]["environment"] == {"id": "snake"}
    assert started["spec"]["agent"]["id"] == "PPO"
    assert started["environment"]["title"] == env.unwrapped.description["title"]
    assert values(viewer, "time/total_timesteps")
    assert sum(it["count"] for it in viewer.events("episodes")) > 5
    assert viewer.states["frame"]["scene"]["shapes"]
    recorded = viewer.events("recorded_episode")[0]
    again = terrarium.episode(started["spec"]["environment"], recorded["seed"], np.frombuffer(recorded["actions"], np.uint8))
    assert again.episode_return == pytest.approx(recorded["return"], abs=1e-5)
    assert again.outcome_index == recorded["outcome"]


@pytest.mark.filterwarnings("ignore")
@needs_relay
def test_a_training_on_gymnasiums_cart_pole_is_watched(tmp_path):
    with relay(tmp_path / "data") as place:
        model = DQN("MlpPolicy", "CartPole-v1", learning_starts=100, seed=1, device="cpu")
        model.learn(1500, log_interval=4, callback=TerrariumCallback(relay=place.address, name="pole"))
        viewer = Viewer(place.address, "pole").ended()
    assert viewer.events("run_started")[0]["environment"]["title"] == "CartPole-v1"
    assert values(viewer, "rollout/ep_rew_mean")
    assert viewer.events("run_ended")[0]["reason"] == "completed"
    assert json.dumps(viewer.states["status"]["step"]) == "1500"
    assert not list(pathlib.Path(tmp_path / "runs").glob("*.terrarium-journal"))
