"""Many copies of an environment as a `gymnasium.vector.VectorEnv`, stepped in one native call."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any, ClassVar

import gymnasium
import numpy as np
from gymnasium import spaces
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray

from . import _spaces
from .environment import SEEDS, checked_seed

try:
    from gymnasium.vector import AutoresetMode, VectorEnv as GymnasiumVectorEnv
except ImportError as error:
    raise ImportError(
        f"many copies at once need gymnasium 1.1 or later, and {gymnasium.__version__} is installed: pip install -U gymnasium. "
        "Single environments and publishing work as it is"
    ) from error

_MODES = {
    AutoresetMode.NEXT_STEP: "next_step",
    AutoresetMode.SAME_STEP: "same_step",
    AutoresetMode.DISABLED: "disabled",
}


class VectorEnv(GymnasiumVectorEnv[Any, Any, Any]):
    """Copies of one environment.

    Made by ``gymnasium.make_vec("terrarium/Snake-v0", 1024, vectorization_mode="vector_entry_point")``, or directly.
    Other Python threads run while the copies step.

    ``infos["action_mask"]`` is ``[num_envs, actions]``. Where episodes end, ``infos["outcome"]`` says why; in the mode
    ``SAME_STEP`` their last observations are ``infos["final_obs"]`` and the outcomes are in ``infos["final_info"]``.

    Args:
        environment: Id of the environment.
        num_envs: Number of copies.
        autoreset_mode: When a copy whose episode has ended begins the next one.
        copy: Whether every call gives new arrays. With False each call writes into the same ones, which is quicker.
        preset, render_mode, render_size, observation, illegal, options: As of `terrarium.Env`.
    """

    metadata: dict[str, Any] = {"render_modes": ["ansi", "rgb_array"], "render_fps": 10}
    _own_modes: ClassVar[tuple[str | None, ...]] = (None, "ansi", "rgb_array")

    def __init__(
        self,
        environment: str,
        num_envs: int = 1,
        *,
        autoreset_mode: AutoresetMode | str = AutoresetMode.NEXT_STEP,
        copy: bool = True,
        preset: str | None = None,
        render_mode: str | None = None,
        render_size: int = 512,
        observation: str = "auto",
        illegal: str = "replace",
        **options: bool | int | float | str,
    ) -> None:
        super().__init__()
        if render_mode not in self._own_modes:
            raise ValueError(f"render_mode is ansi, rgb_array or None, not {render_mode!r}")
        mode = autoreset_mode if isinstance(autoreset_mode, AutoresetMode) else AutoresetMode(autoreset_mode)
        single = _spaces.build(environment, preset, observation, illegal, options)
        self._vector = single.copies(num_envs, _MODES[mode])
        self.description = _spaces.describe(single)
        self.terrarium_spec: dict[str, Any] = json.loads(single.spec())
        """The environment's id and parameters."""
        self.num_envs = num_envs
        self.autoreset_mode = mode
        self.metadata = {**self.metadata, "autoreset_mode": mode}
        self.render_mode = render_mode
        self.render_size = render_size
        self.copy = copy
        self.single_observation_space = _spaces.observation_space(single, self.description)
        self.single_action_space = _spaces.action_space(self.description)
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)
        discrete = isinstance(self.single_action_space, spaces.Discrete)
        self._actions = int(self.single_action_space.n) if discrete else 0
        self._action_type = np.int64 if discrete else np.float32
        self._outcomes = np.array([*self.description["outcomes"], None], dtype=object)
        self._outcome = np.zeros(num_envs, np.uint8)
        self._last = self._room()
        self._kept = self._buffers()
        self._seeded = False

    def _room(self) -> NDArray[Any]:
        """Room for what every copy observes."""
        space = self.single_observation_space
        if isinstance(space, spaces.Discrete):
            return np.zeros(self.num_envs, np.int64)
        return np.zeros((self.num_envs, *space.shape), np.float32)

    def _buffers(self) -> tuple[NDArray[Any], ...]:
        count = self.num_envs
        return (
            self._room(),
            np.empty(count, np.float64),
            np.empty(count, np.bool_),
            np.empty(count, np.bool_),
            np.empty((count, self._actions), np.bool_),
        )

    def reset(
        self, *, seed: int | Sequence[int] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[NDArray[Any], dict[str, Any]]:
        """Begins an episode in every copy.

        With a number as seed the copies' episodes are those of a native run of that seed with so many copies. With a
        list, each copy begins with the episode of its own seed, as `terrarium.Env` does. Without a seed the next
        episodes begin; ``options={"reset_mask": flags}`` begins them in the copies whose flag is set.
        """
        mask = (options or {}).get("reset_mask")
        if mask is not None and seed is not None:
            raise ValueError("give a seed or a reset_mask, not both: a seed begins anew in every copy")
        if seed is not None:
            self._seed(seed)
        elif not self._seeded:
            self._seed(int(self.np_random.integers(SEEDS)))
        else:
            self._vector.begin_next(np.ones(self.num_envs, np.bool_) if mask is None else self._check(mask))
        observations, *_, legal = self._buffers() if self.copy else self._kept
        self._vector.look(observations, legal)
        infos = self._infos(legal)
        infos["seed"], infos["_seed"] = np.array(self._vector.seeds(), np.int64), np.ones(self.num_envs, np.bool_)
        return observations, infos

    def _seed(self, seed: int | Sequence[int]) -> None:
        if np.ndim(seed) == 0:
            run = checked_seed(seed)
            super().reset(seed=run)
            self._vector.seed(run=run)
        else:
            self._vector.seed(each=[checked_seed(one) for one in seed])
        self._seeded = True

    def _check(self, mask: Any) -> NDArray[np.bool_]:
        if not isinstance(mask, np.ndarray) or mask.dtype != np.bool_ or mask.shape != (self.num_envs,):
            raise ValueError(f"reset_mask is a numpy array of {self.num_envs} bools, not {mask!r}")
        if not mask.any():
            raise ValueError("reset_mask has no flag set: there is no copy to reset")
        return np.ascontiguousarray(mask)

    def step(
        self, actions: Any
    ) -> tuple[NDArray[Any], NDArray[np.float64], NDArray[np.bool_], NDArray[np.bool_], dict[str, Any]]:
        """Steps every copy."""
        if not self._seeded:
            raise ValueError("reset before the first step")
        given = np.asarray(actions)
        if given.shape != self.action_space.shape:
            raise ValueError(
                f"actions of {self.num_envs} copies are an array of shape {list(self.action_space.shape)}, not {list(given.shape)}"
            )
        if given.dtype != self._action_type:
            if not np.can_cast(given.dtype, self._action_type, "same_kind"):
                raise TypeError(f"actions are {np.dtype(self._action_type)}, and {given.dtype} cannot be taken as such")
            given = given.astype(self._action_type)
        observations, rewards, terminated, truncated, legal = self._buffers() if self.copy else self._kept
        ended = self._vector.step(
            np.ascontiguousarray(given),
            observations,
            self._last,
            (rewards, terminated, truncated, legal, self._outcome),
        )
        infos = self._infos(legal)
        if ended:
            self._tell_ends(infos, terminated | truncated)
        return observations, rewards, terminated, truncated, infos

    def _infos(self, legal: NDArray[np.bool_]) -> dict[str, Any]:
        if not self._actions:
            return {}
        return {"action_mask": legal.view(np.int8), "_action_mask": np.ones(self.num_envs, np.bool_)}

    def _tell_ends(self, infos: dict[str, Any], ended: NDArray[np.bool_]) -> None:
        which = np.where(ended, self._outcome, len(self._outcomes) - 1)
        outcomes = {"outcome": self._outcomes[which], "_outcome": ended}
        if self.autoreset_mode != AutoresetMode.SAME_STEP:
            infos.update(outcomes)
            return
        final = np.full(self.num_envs, None, dtype=object)
        for copy in np.flatnonzero(ended):
            final[copy] = self._last[copy].copy()
        infos.update(final_obs=final, _final_obs=ended.copy(), final_info=outcomes, _final_info=ended.copy())

    def action_masks(self) -> NDArray[np.bool_]:
        """Which discrete actions are legal now, ``[num_envs, actions]``."""
        legal = np.empty((self.num_envs, self._actions), np.bool_)
        self._vector.look(self._room(), legal)
        return legal

    def render(self) -> tuple[Any, ...] | None:
        """The moment of every copy as text or pixels; the pictures of up to 64 copies take about a millisecond each."""
        if self.render_mode == "ansi":
            return tuple(self._vector.text(copy) for copy in range(self.num_envs))
        if self.render_mode == "rgb_array":
            return tuple(self.picture(copy) for copy in range(self.num_envs))
        return None

    def picture(self, copy: int) -> NDArray[np.uint8]:
        """The picture of a copy, ``[height, width, 3]``."""
        return self._vector.picture(copy, self.render_size)

    def tiled(self, render_size: int = 128) -> NDArray[np.uint8]:
        """The pictures of all copies in one, in rows of about equally many."""
        pictures = [self._vector.picture(copy, render_size) for copy in range(self.num_envs)]
        height, width, _ = pictures[0].shape
        columns = math.ceil(math.sqrt(self.num_envs))
        rows = math.ceil(self.num_envs / columns)
        whole = np.zeros((rows * height, columns * width, 3), np.uint8)
        for copy, picture in enumerate(pictures):
            top, left = copy // columns * height, copy % columns * width
            whole[top : top + height, left : left + width] = picture
        return whole
