"""Every environment as Gymnasium drives it."""

import json
import subprocess
import sys
import warnings
from collections import OrderedDict, defaultdict

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

import terrarium

IDS = [entry["id"] for entry in terrarium.catalog()]
VARIANTS = [(entry["id"], None) for entry in terrarium.catalog()] + [
    (entry["id"], preset["name"]) for entry in terrarium.catalog() for preset in entry.get("presets", [])
]
OWN_WORDS = {"environment", "preset", "render_mode", "render_size", "observation", "illegal", "num_envs"}


@pytest.fixture(autouse=True)
def no_screen(monkeypatch):
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")


@pytest.mark.parametrize("environment", IDS)
def test_passes_gymnasiums_check(environment):
    env = gymnasium.make(terrarium.gymnasium_id(environment), disable_env_checker=True)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        # Rewards and lights of some environments say so themselves; bounds that are wide are theirs.
        warnings.filterwarnings("ignore", message=".*A Box .* space (minimum|maximum) value is -?infinity.*")
        warnings.filterwarnings("ignore", message=".*we recommend using a symmetric and normalized space.*")
        check_env(env.unwrapped)


@pytest.mark.parametrize(("environment", "preset"), VARIANTS)
def test_random_legal_episodes_stay_in_the_spaces(environment, preset):
    env = terrarium.Env(environment, preset=preset, illegal="error")
    env.action_space.seed(1)
    observation, info = env.reset(seed=5)
    assert observation in env.observation_space
    for _ in range(300):
        mask = info.get("action_mask")
        action = env.action_space.sample() if mask is None else env.action_space.sample(mask)
        observation, reward, terminated, truncated, info = env.step(action)
        assert observation in env.observation_space
        assert type(reward) is float
        if terminated or truncated:
            assert info["outcome"] in env.description["outcomes"]
            observation, info = env.reset()


@pytest.mark.parametrize("environment", IDS)
def test_both_kinds_of_observations_where_there_are_both(environment):
    native = terrarium.Env(environment)
    if native.description.get("states"):
        state = terrarium.Env(environment, observation="state")
        assert isinstance(state.observation_space, gymnasium.spaces.Discrete)
        assert state.reset(seed=1)[0] in state.observation_space
    if native.description["observation"]:
        features = terrarium.Env(environment, observation="features")
        assert isinstance(features.observation_space, gymnasium.spaces.Box)
        assert features.observation_space.dtype == np.float32
        assert features.reset(seed=1)[0] in features.observation_space


def test_ids_are_made_from_the_registry():
    assert terrarium.gymnasium_id("frozen-lake") == "terrarium/FrozenLake-v0"
    assert {terrarium.gymnasium_id(name) for name in IDS} <= set(gymnasium.registry)


def test_no_option_of_an_environment_bears_the_name_of_an_argument():
    for entry in terrarium.catalog():
        assert not OWN_WORDS & {parameter["name"] for parameter in entry["parameters"]}, entry["id"]


def test_options_are_the_environments_own():
    env = gymnasium.make("terrarium/FrozenLake-v0", map="8x8", slippery=False)
    assert env.observation_space.n == 64
    assert env.unwrapped.terrarium_spec == {
        "id": "frozen-lake",
        "parameters": {"map": "8x8", "slippery": False},
    }
    assert gymnasium.make("terrarium/Gridworld-v0", preset="easy").unwrapped.terrarium_spec["parameters"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"slippy": 1}, "slippy"),
        ({"map": "9x9"}, "9x9"),
        ({"preset": "huge"}, 'no preset "huge"'),
        ({"observation": "pixels"}, "observation is one of auto, state, features"),
        ({"illegal": "ignore"}, "illegal is one of replace, error"),
        ({"render_mode": "video"}, "render_mode is ansi"),
    ],
)
def test_what_is_wrong_is_refused_by_name(arguments, words):
    with pytest.raises((ValueError, TypeError), match=words):
        terrarium.Env("frozen-lake", **arguments)


def test_an_unknown_environment_is_refused_with_those_there_are():
    with pytest.raises(ValueError, match='no environment "chess"; there are: gridworld, frozen-lake'):
        terrarium.Env("chess")


def test_options_of_another_type_are_refused():
    with pytest.raises(TypeError, match="the option map must be a bool, a number or a str"):
        terrarium.Env("frozen-lake", map=[1])
    env = terrarium.Env("cart-pole", step_limit=np.int64(50))
    assert env.terrarium_spec["parameters"]["step_limit"] == 50


def test_an_action_that_is_not_legal_is_replaced_or_refused():
    env = terrarium.Env("tetris-melax")
    _, info = env.reset(seed=1)
    illegal = int(np.flatnonzero(info["action_mask"] == 0)[0])
    _, _, _, _, info = env.step(illegal)
    assert info["action_taken"] != illegal
    assert env.episode()[1].tolist() == [info["action_taken"]]
    strict = terrarium.Env("tetris-melax", illegal="error")
    strict.reset(seed=1)
    with pytest.raises(ValueError, match=f"action {illegal} is not allowed here"):
        strict.step(illegal)
    assert strict.episode()[1].tolist() == []


def test_actions_of_another_kind_are_refused_and_change_nothing():
    env = terrarium.Env("snake")
    env.reset(seed=1)
    for wrong in (3, -1):
        with pytest.raises(ValueError, match="an action is a whole number from 0 to 2"):
            env.step(wrong)
    for wrong in (0.5, "left", [1, 2], None):
        with pytest.raises(TypeError, match="an action is a whole number from 0 to 2"):
            env.step(wrong)
    for right in (np.int32(1), np.array(1), 1):
        env.step(right)
    assert env.episode()[1].tolist() == [1, 1, 1]


def test_boxes_are_clipped_or_refused():
    env = terrarium.Env("racing", controls="continuous")
    env.reset(seed=1)
    *_, info = env.step(np.full(env.action_space.shape, 7.0))
    assert (info["action_taken"] == env.action_space.high).all()
    strict = terrarium.Env("racing", controls="continuous", illegal="error")
    strict.reset(seed=1)
    with pytest.raises(ValueError, match="must be a number from"):
        strict.step(np.full(env.action_space.shape, 7.0))
    with pytest.raises(ValueError, match="must be a number from"):
        strict.step(np.full(env.action_space.shape, np.nan))
    with pytest.raises(ValueError, match="a box of"):
        env.step(np.zeros(7, np.float32))


def test_a_step_before_the_first_reset_and_after_the_end_is_refused():
    env = terrarium.Env("snake")
    with pytest.raises(ValueError, match="reset before the first step"):
        env.step(0)
    env.reset(seed=1)
    while not any(env.step(0)[2:4]):
        pass
    with pytest.raises(ValueError, match="the episode has ended"):
        env.step(0)


def test_seeds_have_a_range():
    env = terrarium.Env("snake")
    for wrong in (2**53, 2**64, -1, 1.5, "1"):
        with pytest.raises(ValueError, match="a seed must be a whole number from 0 to 9007199254740991, not "):
            env.reset(seed=wrong)
    assert env.reset(seed=np.uint8(7))[1]["seed"] == 7


def test_pictures_and_text_show_the_moment():
    env = gymnasium.make("terrarium/FrozenLake-v0", render_mode="rgb_array", render_size=200)
    env.reset(seed=1)
    first = env.render()
    assert first.shape == (200, 200, 3)
    assert first.dtype == np.uint8
    env.step(2)
    env.step(1)
    assert (env.render() != first).any()
    # The agent's orange stands somewhere.
    assert (np.abs(first.astype(int) - [0xF0, 0x99, 0x0F]).sum(axis=2) < 12).sum() > 50
    text = gymnasium.make("terrarium/FrozenLake-v0", render_mode="ansi")
    text.reset(seed=1)
    assert len(text.render().splitlines()) >= 4


def test_a_table_may_be_gymnasiums_own_of_whatever_class():
    lake = gymnasium.make("FrozenLake-v1").unwrapped.P
    ordered = OrderedDict((state, OrderedDict(actions)) for state, actions in lake.items())
    fallback = defaultdict(lambda: None, lake)
    numpy = {np.int64(state): {np.int64(action): outcomes for action, outcomes in of.items()} for state, of in lake.items()}
    for table in (lake, ordered, fallback, numpy, str(ordered), json.dumps(lake)):
        solution = terrarium.Env("mdp", table=table, observation="state").solve(gamma=0.99)
        assert solution.at_start == pytest.approx(0.542026, abs=1e-6)
    with pytest.raises(TypeError, match="the option table must be a bool, a number or a str, a dict or a list"):
        terrarium.Env("mdp", table={1, 2})


def test_the_model_gives_the_optimal_values():
    env = gymnasium.make("terrarium/FrozenLake-v0").unwrapped
    model, solution = env.model(), env.solve(gamma=0.99)
    transitions, rewards = model.dense()
    q = rewards + 0.99 * transitions @ solution.v
    assert np.allclose(q[model.legal], solution.q[model.legal], atol=1e-12)
    choosing = model.legal.any(axis=1)
    assert np.allclose(np.where(model.legal, q, -np.inf).max(axis=1)[choosing], solution.v[choosing], atol=1e-12)
    assert solution.outcome == "exact" and solution.error_bound < 1e-9
    assert terrarium.Env("mdp", table="a,go,1,b,1\nb,go,1,a,-1").solve(gamma=1.0).error_bound is None
    # The value of Gymnasium's FrozenLake under 0.99, as every course has it.
    assert solution.at_start == pytest.approx(0.542026, abs=1e-6)
    sums = np.zeros((model.states, model.actions))
    np.add.at(sums, (model.state, model.action), model.probability)
    assert np.allclose(sums[model.legal], 1.0)
    with pytest.raises(ValueError, match="snake has no exact model"):
        terrarium.Env("snake").model()


def test_human_mode_shows_a_window_where_pygame_is_there(monkeypatch):
    pytest.importorskip("pygame")
    env = terrarium.Env("snake", render_mode="human")
    env.reset(seed=1)
    env.step(0)
    env.close()


def test_an_option_that_is_none_is_refused_as_python_refuses_arguments():
    with pytest.raises(TypeError, match="got an unexpected keyword argument 'frameskip': cart-pole: there is no parameter"):
        gymnasium.make("terrarium/CartPole-v0", frameskip=4)
    with pytest.raises(ValueError, match="step_limit"):
        gymnasium.make("terrarium/CartPole-v0", step_limit=-1)


def test_a_gymnasium_before_1_1_has_single_environments_and_publishing(tmp_path):
    code = f"""
import gymnasium.vector
del gymnasium.vector.AutoresetMode
import terrarium
gymnasium.make("terrarium/Snake-v0").reset(seed=1)
with terrarium.init("demo", dir={str(tmp_path)!r}) as run:
    run.log({{"loss": 1.0}})
print("so far")
terrarium.VectorEnv("snake", 2)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout == "so far\n", done.stderr
    assert "ImportError: many copies at once need gymnasium 1.1 or later, and " in done.stderr
