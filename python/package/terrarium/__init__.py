"""Reinforcement-learning environments that are quick and the same everywhere, bit for bit.

Importing this package registers every environment with Gymnasium::

    import gymnasium, terrarium
    env = gymnasium.make("terrarium/Snake-v0", render_mode="ansi")

It also publishes trainings to a relay, under the names of Weights & Biases: ``import terrarium as wandb``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import publishing as _publishing
from ._native import episode_seed
from .catalogue import catalog, gymnasium_id, register
from .environment import Env
from .episodes import Episode, episode, run_hash
from .media import Histogram, Image, Table
from .model import Model, Solution
from .policy import Policy
from .publishing import (
    AlertLevel,
    Config,
    Run,
    alert,
    define_metric,
    finish,
    init,
    log,
    log_episode,
    login,
    save,
    sync,
    watch,
)
from .recorded import RecordedRun, runs

if TYPE_CHECKING:
    # Not in __all__: with older versions of Gymnasium there is none, and `import *` would fail.
    from .vector import VectorEnv as VectorEnv

__all__ = [
    "AlertLevel",
    "Config",
    "Env",
    "Episode",
    "Histogram",
    "Image",
    "Model",
    "Policy",
    "RecordedRun",
    "Run",
    "Solution",
    "Table",
    "alert",
    "catalog",
    "define_metric",
    "episode",
    "episode_seed",
    "finish",
    "gymnasium_id",
    "init",
    "log",
    "log_episode",
    "login",
    "register",
    "run_hash",
    "runs",
    "save",
    "sync",
    "watch",
]

register()


def __getattr__(name: str) -> Any:
    # They change with every run.
    if name in ("run", "config", "summary"):
        return getattr(_publishing, name)
    # Before 1.1 Gymnasium has no base for it, and scripts that are pinned to such a version do without it.
    if name == "VectorEnv":
        from .vector import VectorEnv

        return VectorEnv
    raise AttributeError(f"terrarium has no {name}")
