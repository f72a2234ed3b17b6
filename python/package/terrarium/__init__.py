"""Reinforcement-learning environments that are quick and the same everywhere, bit for bit.

Importing this package registers every environment with Gymnasium::

    import gymnasium, terrarium
    env = gymnasium.make("terrarium/Snake-v0", render_mode="ansi")
"""

from __future__ import annotations

from ._native import episode_seed
from .catalogue import catalog, gymnasium_id, register
from .environment import Env
from .episodes import Episode, episode, run_hash
from .model import Model, Solution
from .vector import VectorEnv

__all__ = [
    "Env",
    "Episode",
    "Model",
    "Solution",
    "VectorEnv",
    "catalog",
    "episode",
    "episode_seed",
    "gymnasium_id",
    "register",
    "run_hash",
]

register()
