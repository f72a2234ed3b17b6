"""Gymnasium's spaces from what an environment says of itself."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from gymnasium import spaces

from . import _native

OBSERVATIONS = ("auto", "state", "features")
ILLEGAL = ("replace", "error")


def build(
    environment: str,
    preset: str | None,
    observation: str,
    illegal: str,
    options: dict[str, Any],
) -> _native.Environment:
    """The native environment; wrong words are refused by name."""
    _one_of("observation", observation, OBSERVATIONS)
    _one_of("illegal", illegal, ILLEGAL)
    states = {"auto": None, "state": True, "features": False}[observation]
    try:
        return _native.Environment(environment, preset, options, states, illegal == "error")
    except ValueError as error:
        # Whoever wraps any environment, as TorchRL does, finds out by this what it takes.
        entry = next((it for it in json.loads(_native.catalog()) if it["id"] == environment), {"parameters": []})
        known = {parameter["name"] for parameter in entry["parameters"]}
        unknown = next((name for name in options if known and name not in known), None)
        if unknown is None:
            raise
        raise TypeError(f"got an unexpected keyword argument '{unknown}': {error}") from error


def _one_of(name: str, given: str, allowed: tuple[str, ...]) -> None:
    if given not in allowed:
        raise ValueError(f"{name} is one of {', '.join(allowed)}, not {given!r}")


def describe(native: _native.Environment) -> dict[str, Any]:
    """The description of an environment, as docs/PROTOCOL.md has it."""
    return json.loads(native.description())


def observation_space(native: _native.Environment, description: dict[str, Any]) -> spaces.Space[Any]:
    """`Discrete` where the number of the state is observed, else a `Box` of float32."""
    if native.observes_states:
        return spaces.Discrete(description["states"])
    low, high = (_column(description["observation"], name) for name in ("low", "high"))
    return spaces.Box(low, high, dtype=np.float32)


def action_space(description: dict[str, Any]) -> spaces.Space[Any]:
    """`Discrete`, or a `Box` of float32 where actions are numbers."""
    controls = description.get("controls", [])
    if not controls:
        return spaces.Discrete(len(description["actions"]))
    return spaces.Box(_column(controls, "low"), _column(controls, "high"), dtype=np.float32)


def _column(entries: list[dict[str, Any]], name: str) -> np.ndarray:
    return np.array([entry[name] for entry in entries], dtype=np.float32)
