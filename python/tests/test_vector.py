"""Copies of an environment, stepped in one call."""

import threading

import gymnasium
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode, SyncVectorEnv

import terrarium

IDS = [entry["id"] for entry in terrarium.catalog()]
MODES = list(AutoresetMode)


def _make(environment, copies, **arguments):
    name = terrarium.gymnasium_id(environment)
    return gymnasium.make_vec(name, copies, vectorization_mode="vector_entry_point", **arguments)


def _short(environment):
    """The least step limit from 60 on, so that episodes end."""
    entry = next(it for it in terrarium.catalog() if it["id"] == environment)
    limits = [it["kind"]["integer"]["min"] for it in entry["parameters"] if it["name"] == "step_limit"]
    return {"step_limit": max(60, limits[0])} if limits else {}


def _same(one, other):
    if isinstance(one, dict):
        assert one.keys() == other.keys()
        for key in one:
            _same(one[key], other[key])
    elif one.dtype == object:
        for left, right in zip(one, other, strict=True):
            assert (left is None) == (right is None)
            assert left is None or np.array_equal(left, right)
    else:
        assert np.array_equal(one, other)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("environment", IDS)
def test_the_copies_are_those_that_gymnasium_steps_one_by_one(environment, mode):
    copies, seeds = 5, [3, 1, 4, 1, 5]
    options = _short(environment)
    ours = _make(environment, copies, autoreset_mode=mode, **options)
    peer = SyncVectorEnv([lambda: terrarium.Env(environment, **options)] * copies, autoreset_mode=mode)
    assert ours.observation_space == peer.observation_space
    assert ours.action_space == peer.action_space
    assert ours.metadata["autoreset_mode"] == mode
    peer.action_space.seed(1)
    (left, left_infos), (right, right_infos) = ours.reset(seed=seeds), peer.reset(seed=seeds)
    _same(left, right)
    _same(left_infos, right_infos)
    ends = 0
    for _ in range(400):
        actions = peer.action_space.sample()
        left, right = ours.step(actions), peer.step(actions)
        for one, other in zip(left[:4], right[:4], strict=True):
            _same(one, other)
        # Gymnasium's counters and seeds of single environments are not gathered here.
        left_infos, right_infos = left[4], right[4]
        for key in ("action_mask", "final_obs", "_final_obs"):
            assert (key in left_infos) == (key in right_infos)
            if key in left_infos and (key != "action_mask" or mode == AutoresetMode.SAME_STEP):
                _same(left_infos[key], right_infos[key])
        ended = left[2] | left[3]
        ends += ended.sum()
        if ended.any():
            outcomes = right_infos["final_info"] if mode == AutoresetMode.SAME_STEP else right_infos
            found = left_infos["final_info"] if mode == AutoresetMode.SAME_STEP else left_infos
            _same(found["outcome"], outcomes["outcome"])
        if mode == AutoresetMode.DISABLED and ended.any():
            (left, _), (right, _) = (env.reset(options={"reset_mask": ended}) for env in (ours, peer))
            _same(left, right)
    assert ends > 0 or options.get("step_limit", 401) > 400


def test_a_number_as_seed_gives_the_episodes_of_a_native_run():
    env = _make("snake", 3)
    _, infos = env.reset(seed=42)
    assert infos["seed"].tolist() == [terrarium.episode_seed(42, 0, copy) for copy in range(3)]
    _, infos = env.reset()
    assert infos["seed"].tolist() == [terrarium.episode_seed(42, 1, copy) for copy in range(3)]


def test_arrays_are_new_or_the_same_as_asked():
    for copy in (True, False):
        env = _make("cart-pole", 4, copy=copy)
        env.reset(seed=1)
        first = env.step(np.zeros(4, np.int64))[0]
        kept = first.copy()
        second = env.step(np.zeros(4, np.int64))[0]
        assert (first is second) == (not copy)
        assert np.array_equal(first, kept) == copy


def test_masks_are_those_of_the_copies():
    env = _make("tetris-melax", 6)
    _, infos = env.reset(seed=1)
    assert env.action_masks().dtype == np.bool_
    assert np.array_equal(env.action_masks(), infos["action_mask"])
    assert not env.action_masks().all()


@pytest.mark.parametrize(
    ("actions", "error"),
    [
        (np.zeros(3, np.int64), r"actions of 4 copies are an array of shape \[4\], not \[3\]"),
        (np.zeros((4, 1), np.int64), r"actions of 4 copies are an array of shape \[4\], not \[4, 1\]"),
        (np.array([0, 0, 2, 0]), "copy 2: an action is from 0 to 1, not 2"),
        (np.array([0, -1, 0, 0]), "copy 1: an action is from 0 to 1, not -1"),
    ],
)
def test_wrong_actions_are_refused_by_name_and_nothing_steps(actions, error):
    env = _make("cart-pole", 4)
    before, _ = env.reset(seed=1)
    with pytest.raises(ValueError, match=error):
        env.step(actions)
    after, _ = _make("cart-pole", 4).reset(seed=1)
    assert np.array_equal(before, after)


def test_arrays_of_other_types_and_orders_are_taken_where_nothing_is_lost():
    env = _make("cart-pole", 4)
    env.reset(seed=1)
    for actions in ([0, 1, 0, 1], np.array([0, 1, 0, 1], np.uint8), np.arange(8)[::2] % 2, (0, 1, 0, 1)):
        env.step(actions)
    with pytest.raises(TypeError, match="actions are int64, and float64 cannot be taken as such"):
        env.step(np.array([0.0, 1.0, 0.0, 1.0]))
    boxes = _make("racing", 2, controls="continuous")
    boxes.reset(seed=1)
    boxes.step(np.asfortranarray(boxes.action_space.sample().astype(np.float64)))
    for shape in ((2, 7), (6,)):
        with pytest.raises(ValueError, match=r"actions of 2 copies are an array of shape \[2, 3\], not "):
            boxes.step(np.zeros(shape, np.float32))


def test_boxes_are_clipped_as_those_of_one_environment_are():
    copies, strict = (_make("racing", 2, controls="continuous", illegal=illegal) for illegal in ("replace", "error"))
    low, high = copies.single_action_space.low, copies.single_action_space.high
    seeds = [3, 4]
    for given, within in ((np.inf, high), (7.0, high), (-7.0, low)):
        alone = [terrarium.Env("racing", controls="continuous") for _ in seeds]
        expected = [env.reset(seed=seed) and env.step(within)[0] for env, seed in zip(alone, seeds, strict=True)]
        copies.reset(seed=seeds)
        assert np.array_equal(copies.step(np.full((2, 3), given, np.float32))[0], expected)
        strict.reset(seed=seeds)
        with pytest.raises(ValueError, match="must be a number from"):
            strict.step(np.full((2, 3), given, np.float32))
    with pytest.raises(ValueError, match="must be a number from"):
        copies.step(np.full((2, 3), np.nan, np.float32))
    for seed in (-1, 2**53, 2**64, [1, -1]):
        with pytest.raises(ValueError, match="a seed must be a whole number from 0 to 9007199254740991, not "):
            copies.reset(seed=seed)


def test_copies_step_once_they_were_reset():
    with pytest.raises(ValueError, match="reset before the first step"):
        _make("cart-pole", 2).step(np.zeros(2, np.int64))


def test_what_is_wrong_of_the_vector_is_refused():
    with pytest.raises(ValueError, match="num_envs must be at least 1"):
        terrarium.VectorEnv("snake", 0)
    with pytest.raises(ValueError, match="render_mode is ansi, rgb_array or None"):
        terrarium.VectorEnv("snake", 2, render_mode="human")
    env = terrarium.VectorEnv("snake", 2, autoreset_mode=AutoresetMode.DISABLED)
    with pytest.raises(ValueError, match="3 seeds for 2 copies"):
        env.reset(seed=[1, 2, 3])
    env.reset(seed=1)
    with pytest.raises(ValueError, match="reset_mask is a numpy array of 2 bools"):
        env.reset(options={"reset_mask": [True, False]})
    with pytest.raises(ValueError, match="no flag set"):
        env.reset(options={"reset_mask": np.zeros(2, np.bool_)})
    ended = np.zeros(2, np.bool_)
    while not ended.any():
        ended = env.step(np.zeros(2, np.int64))[2]
    with pytest.raises(ValueError, match="its episode has ended; begin the next one with reset"):
        env.step(np.zeros(2, np.int64))


def test_copies_can_be_looked_at():
    env = _make("snake", 5, render_mode="rgb_array", render_size=48)
    env.reset(seed=1)
    pictures = env.render()
    assert len(pictures) == 5
    assert pictures[0].shape == (48, 48, 3)
    assert env.tiled(render_size=32).shape == (64, 96, 3)
    assert len(_make("snake", 2, render_mode="ansi").render()) == 2


def test_other_threads_run_while_copies_step():
    env = _make("tetris", 256)
    env.reset(seed=1)
    counted, stop = [0], threading.Event()

    def count():
        while not stop.is_set():
            counted[0] += 1

    thread = threading.Thread(target=count)
    thread.start()
    actions = np.zeros(256, np.int64)
    for _ in range(200):
        env.step(actions)
    stop.set()
    thread.join()
    assert counted[0] > 0
