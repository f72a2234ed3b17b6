"""Every environment as a `gymnasium.Env`."""

from __future__ import annotations

import json
from typing import Any, ClassVar

import gymnasium
import numpy as np
from numpy.typing import NDArray

from . import _native, _spaces
from .model import Model, Solution

# A seed is below 2**53, so that it is a whole number in every language.
SEEDS = 2**53


def checked_seed(given: Any) -> int:
    """A seed as a whole number in its range.

    Raises:
        ValueError: It is none.
    """
    seed = given if isinstance(given, (int, np.integer)) else None
    if seed is None or not 0 <= seed < SEEDS:
        raise ValueError(f"a seed must be a whole number from 0 to {SEEDS - 1}, not {given!r}")
    return int(seed)


class Env(gymnasium.Env[Any, Any]):
    """One environment of Terrarium.

    Made by ``gymnasium.make("terrarium/FrozenLake-v0", slip=0.2)``, or directly.

    Observations are the number of the state (``Discrete``) where the environment has an exact model, else its features
    (``Box`` of float32). ``info["action_mask"]`` says which discrete actions are legal, as ``Discrete.sample(mask)``
    takes it; when an episode ends ``info["outcome"]`` says why.

    Args:
        environment: Id of the environment: ``snake``, ``frozen-lake``; `terrarium.catalog()` lists them.
        preset: Named set of options, one of those that `terrarium.catalog()` lists.
        render_mode: ``ansi`` (text), ``rgb_array`` (pixels), ``human`` (a window, needs pygame) or None.
        render_size: Pixels on the longer side of pictures.
        observation: ``auto`` as above, ``state`` or ``features``.
        illegal: What becomes of an action that is not legal now: ``replace`` takes the next legal one in their order
            (numbers of a box are clipped) and names it as ``info["action_taken"]``; ``error`` raises ValueError.
        options: The environment's own options, by name.
    """

    metadata: ClassVar[dict[str, Any]] = {"render_modes": ["ansi", "rgb_array", "human"], "render_fps": 10}

    def __init__(
        self,
        environment: str,
        *,
        preset: str | None = None,
        render_mode: str | None = None,
        render_size: int = 512,
        observation: str = "auto",
        illegal: str = "replace",
        **options: bool | int | float | str,
    ) -> None:
        if render_mode is not None and render_mode not in self.metadata["render_modes"]:
            raise ValueError(f"render_mode is ansi, rgb_array, human or None, not {render_mode!r}")
        self._native = _spaces.build(environment, preset, observation, illegal, options)
        self.description = _spaces.describe(self._native)
        """What the environment says of itself: titles, actions, outcomes, bounds; as docs/PROTOCOL.md has it."""
        self.observation_space = _spaces.observation_space(self._native, self.description)
        self.action_space = _spaces.action_space(self.description)
        self.render_mode = render_mode
        self.render_size = render_size
        self._first_seed: int | None = None
        self._episodes = 0
        self._window: Any = None

    @property
    def terrarium_spec(self) -> dict[str, Any]:
        """The environment's id and parameters: with a seed and actions they are an episode."""
        return json.loads(self._native.spec())

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """Begins an episode.

        With a seed, the episode of that very seed, the same as in a tab or from ``terrarium rollout --seed``. Without
        one, the next of the episodes that follow from the last given seed. ``info["seed"]`` names it.
        """
        if seed is not None:
            self._first_seed, self._episodes = checked_seed(seed), 0
            super().reset(seed=self._first_seed)
        elif self._first_seed is None:
            self._first_seed, self._episodes = int(self.np_random.integers(SEEDS)), 0
        else:
            self._episodes += 1
        first = self._first_seed
        observation, info = self._native.reset(
            first if self._episodes == 0 else _native.episode_seed(first, self._episodes)
        )
        if self.render_mode == "human":
            self.render()
        return observation, info

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Takes an action."""
        stepped = self._native.step(action)
        if self.render_mode == "human":
            self.render()
        return stepped

    def action_masks(self) -> NDArray[np.bool_]:
        """Which discrete actions are legal now, as sb3-contrib's MaskablePPO asks for it."""
        return self._native.legal()

    def render(self) -> Any:
        """The moment as text, as pixels ``[height, width, 3]``, or in a window."""
        if self.render_mode == "ansi":
            return self._native.text()
        if self.render_mode == "rgb_array":
            return self._native.picture(self.render_size)
        if self.render_mode == "human":
            from .window import Window

            if self._window is None:
                self._window = Window(self.description["title"], self.metadata["render_fps"])
            self._window.show(self._native.picture(self.render_size))
        return None

    def close(self) -> None:
        """Closes the window, where there is one."""
        if self._window is not None:
            self._window.close()
            self._window = None

    def episode(self) -> tuple[int | None, NDArray[Any]]:
        """Seed and actions of the episode up to now: `terrarium.episode` plays it again, anywhere."""
        return self._native.episode()

    def frame(self, episode: int = 0) -> str:
        """The moment as a state event of the protocol, in JSON: a run that publishes it shows it on the page's stage."""
        return self._native.frame(episode)

    def model(self) -> Model:
        """The exact transition model.

        Raises:
            ValueError: The environment has none.
        """
        arrays = self._native.model()
        if arrays is None:
            raise ValueError(f"{self.description['id']} has no exact model")
        return Model(**arrays)

    def solve(self, gamma: float = 0.99) -> Solution:
        """The optimal values under a discount, exact up to rounding.

        Raises:
            ValueError: The environment has no exact model, or the discount is not from 0 to 1.
        """
        arrays = self._native.solve(gamma)
        if arrays is None:
            raise ValueError(f"{self.description['id']} has no exact model")
        return Solution(**arrays)
