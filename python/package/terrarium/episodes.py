"""Episodes played again: an episode is (spec, seed, actions)."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .environment import Env

_WORD = 2**64 - 1


def _mix(word: int) -> int:
    word = (word + 0x9E3779B97F4A7C15) & _WORD
    word = ((word ^ (word >> 30)) * 0xBF58476D1CE4E5B9) & _WORD
    word = ((word ^ (word >> 27)) * 0x94D049BB133111EB) & _WORD
    return word ^ (word >> 31)


def run_hash(seed: int, episodes: Sequence[tuple[float, int, int]]) -> str:
    """The run hash of a run of this seed after these episodes: return, length and index of the outcome of each.

    Equal runs have equal hashes, in a tab, natively and in any language (docs/PROTOCOL.md, 12).
    """
    word = _mix(seed)
    for episode_return, length, outcome in episodes:
        bits = int.from_bytes(struct.pack("<d", episode_return), "little")
        packed = ((length << 8) | outcome) & _WORD
        rotated = ((packed << 17) | (packed >> 47)) & _WORD
        word = _mix(word ^ bits ^ rotated)
    return f"{word:016x}"


@dataclass(frozen=True, eq=False)
class Episode:
    """An episode, played to the end of its actions."""

    spec: dict[str, Any]
    """Id and parameters of the environment."""
    seed: int
    """Seed of the episode."""
    actions: NDArray[Any]
    """Its actions, ``[steps]`` or ``[steps, controls]``."""
    observations: NDArray[Any]
    """What was observed, from the start on: one more than actions."""
    rewards: NDArray[np.float64]
    """Its rewards, ``[steps]``."""
    terminated: bool
    """Whether it ended in a terminal state."""
    truncated: bool
    """Whether it was cut off."""
    outcome: str | None
    """Why it ended, if it did."""
    outcome_index: int
    """The same as an index into the description's outcomes; one beyond them if it did not end."""

    @property
    def episode_return(self) -> float:
        """The undiscounted sum of rewards, added up in their order."""
        total = 0.0
        for reward in self.rewards:
            total += float(reward)
        return total

    @property
    def hash(self) -> str:
        """The run hash of a run of this seed with this one episode: equal for equal episodes, everywhere."""
        return run_hash(self.seed, [(self.episode_return, len(self.rewards), self.outcome_index)])

    def frames(self, render_size: int = 512) -> list[NDArray[np.uint8]]:
        """The pictures of the episode, from the start on."""
        env = _env(self.spec, render_mode="rgb_array", render_size=render_size)
        env.reset(seed=self.seed)
        pictures = [env.render()]
        for action in self.actions:
            env.step(action)
            pictures.append(env.render())
        return pictures


def _env(spec: dict[str, Any] | str, **arguments: Any) -> Env:
    if isinstance(spec, str):
        spec = {"id": spec}
    return Env(spec["id"], illegal="error", **arguments, **spec.get("parameters", {}))


def episode(spec: dict[str, Any] | str, seed: int, actions: Any) -> Episode:
    """Plays an episode again: the same states, rewards and end as where it was recorded, bit for bit.

    Args:
        spec: Id of an environment, or ``{"id": ..., "parameters": {...}}``.
        seed: Seed of the episode.
        actions: Its actions.

    Raises:
        ValueError: An action is not legal where it stands, or follows the episode's end.
    """
    env = _env(spec)
    observation, _ = env.reset(seed=seed)
    observations, rewards = [observation], []
    terminated = truncated = False
    info: dict[str, Any] = {}
    for index, action in enumerate(actions):
        try:
            observation, reward, terminated, truncated, info = env.step(action)
        except ValueError as error:
            raise ValueError(f"action {index} of the episode: {error}") from error
        observations.append(observation)
        rewards.append(reward)
    outcomes = env.description["outcomes"]
    outcome = info.get("outcome")
    return Episode(
        spec=env.terrarium_spec,
        seed=seed,
        actions=np.asarray(actions),
        observations=np.asarray(observations),
        rewards=np.asarray(rewards, np.float64),
        terminated=terminated,
        truncated=truncated,
        outcome=outcome,
        outcome_index=len(outcomes) if outcome is None else outcomes.index(outcome),
    )
