"""What there is: environments, their options and presets, and their registration with Gymnasium."""

from __future__ import annotations

import json
from typing import Any

import gymnasium

from . import _native


def catalog() -> list[dict[str, Any]]:
    """Every environment: id, title, summary, source, parameters and presets, as docs/PROTOCOL.md has it."""
    return json.loads(_native.catalog())


def gymnasium_id(environment: str) -> str:
    """The id that an environment has at Gymnasium: ``frozen-lake`` is ``terrarium/FrozenLake-v0``."""
    return f"terrarium/{''.join(part.capitalize() for part in environment.split('-'))}-v0"


def register() -> None:
    """Registers every environment with Gymnasium, once."""
    for entry in catalog():
        name = gymnasium_id(entry["id"])
        if name not in gymnasium.registry:
            gymnasium.register(
                id=name,
                entry_point="terrarium.environment:Env",
                vector_entry_point="terrarium.vector:VectorEnv",
                kwargs={"environment": entry["id"]},
            )
