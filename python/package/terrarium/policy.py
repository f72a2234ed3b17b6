"""Policies of agents that were trained here, as functions of what is observed, and as ONNX."""

from __future__ import annotations

import json
import os
import pathlib
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import _native
from .publishing import _warn_once


class Policy:
    """The policy of a saved agent with a network (ppo, a2c, neural-reinforce, dqn)."""

    def __init__(self, file: str | os.PathLike[str], weights: str = "latest") -> None:
        """Reads it.

        Args:
            file: An agent file, or a run's directory.
            weights: Which of a run's weights: ``latest``, ``best``, ``final``.

        Raises:
            ValueError: It cannot be read, or its agent has no network.
        """
        self._native = _native.Policy(os.fspath(file), weights)

    @property
    def outputs(self) -> str:
        """What comes out: ``logits`` or ``action_values`` of discrete actions, or ``mean_actions`` of a box."""
        return self._native.outputs

    @property
    def spec(self) -> dict[str, Any]:
        """Environment, agent and seed of its run."""
        spec: dict[str, Any] = json.loads(self._native.spec())
        return spec

    def __call__(self, observations: ArrayLike) -> NDArray[np.float32]:
        """What comes out for observations as the environment gives them: ``[rows, entries]`` or ``[entries]``."""
        given = np.asarray(observations, dtype=np.float32)
        if given.ndim not in (1, 2):
            raise ValueError(f"observations are [entries] or [rows, entries], not {list(given.shape)}")
        outputs = self._native.evaluate(np.atleast_2d(given))
        if np.isnan(outputs).any():
            whose = "the observations hold NaN" if np.isnan(given).any() else "look at the weights in its file"
            _warn_once(f"the policy gives NaN, which says nothing: {whose}")
        return outputs[0] if given.ndim == 1 else outputs

    def act(self, observation: ArrayLike, action_mask: ArrayLike | None = None) -> int | NDArray[np.float32]:
        """The action that it believes best, of those that a mask allows; what is NaN counts as the worst of them."""
        outputs = self(observation)
        if self.outputs == "mean_actions":
            return outputs
        if outputs.ndim != 1:
            raise ValueError(f"one observation is [entries], not {list(np.shape(observation))}")
        legal = np.ones(len(outputs), bool) if action_mask is None else np.asarray(action_mask, dtype=bool)
        if legal.shape != outputs.shape or not legal.any():
            raise ValueError(f"an action_mask has {len(outputs)} flags, some of them set, not {legal.tolist()}")
        choices = np.flatnonzero(legal)
        return int(choices[np.argmax(np.nan_to_num(outputs[choices], nan=-np.inf, posinf=np.inf, neginf=-np.inf))])

    def save_onnx(self, file: str | os.PathLike[str]) -> None:
        """Writes it as an ONNX file, whose metadata name the environment and what comes out."""
        pathlib.Path(file).write_bytes(self._native.onnx())
