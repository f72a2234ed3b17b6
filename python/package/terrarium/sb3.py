"""Stable-Baselines3: copies of our environments as its `VecEnv`, and a callback that publishes a training.

Importing this module needs stable-baselines3.
"""

from __future__ import annotations

import pathlib
import time
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.logger import KVWriter as StableKVWriter
from stable_baselines3.common.monitor import Monitor
from stable_baselines3.common.vec_env import VecEnv as StableVecEnv

from . import publishing

# At most so often a callback tells the newest recorded episode and the newest frame.
RECORDED_EPISODE_EVERY_SECONDS = 1.0
FRAME_EVERY_SECONDS = 0.1


class VecEnv(StableVecEnv):
    """Copies of one of our environments, stepped in one native call.

    Args:
        environment: Id of the environment: ``snake``.
        num_envs: Number of copies.
        arguments: As of `terrarium.VectorEnv`, but for the mode of resetting, which Stable-Baselines3 sets.
    """

    def __init__(self, environment: str, num_envs: int = 1, **arguments: Any) -> None:
        # Only copies need a Gymnasium that has a base for them: the callback does without.
        from .vector import AutoresetMode, VectorEnv

        self._vector = VectorEnv(environment, num_envs, autoreset_mode=AutoresetMode.SAME_STEP, **arguments)
        self._actions: Any = None
        self._returns = np.zeros(num_envs)
        self._lengths = np.zeros(num_envs, np.int64)
        self._begun = time.monotonic()
        super().__init__(num_envs, self._vector.single_observation_space, self._vector.single_action_space)

    @property
    def terrarium_spec(self) -> dict[str, Any]:
        """The environment's id and parameters."""
        return self._vector.terrarium_spec

    def reset(self) -> np.ndarray:
        """Begins an episode in every copy, with the seeds of `seed` if it was called."""
        seeds = [seed for seed in self._seeds if seed is not None]
        observations, _ = self._vector.reset(seed=seeds if len(seeds) == self.num_envs else None)
        self._returns[:] = 0
        self._lengths[:] = 0
        self.reset_infos = [{} for _ in range(self.num_envs)]
        self._reset_seeds()
        self._reset_options()
        return observations

    def step_async(self, actions: np.ndarray) -> None:
        """Takes the actions of the next step."""
        self._actions = actions

    def step_wait(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[dict[str, Any]]]:
        """Makes the step."""
        observations, rewards, terminated, truncated, infos = self._vector.step(self._actions)
        done = terminated | truncated
        self._returns += rewards
        self._lengths += 1
        told: list[dict[str, Any]] = [{} for _ in range(self.num_envs)]
        if done.any():
            for copy in np.flatnonzero(done):
                told[copy] = {
                    "terminal_observation": infos["final_obs"][copy],
                    "TimeLimit.truncated": bool(truncated[copy]),
                    "outcome": infos["final_info"]["outcome"][copy],
                    "episode": {
                        "r": float(self._returns[copy]),
                        "l": int(self._lengths[copy]),
                        "t": round(time.monotonic() - self._begun, 6),
                    },
                }
            self._returns[done] = 0
            self._lengths[done] = 0
        return observations, rewards.astype(np.float32), done, told

    def close(self) -> None:
        """Closes the copies."""
        self._vector.close()

    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
        """An attribute of the copies, which is the same for all."""
        if attr_name == "action_masks":
            return [self.action_masks for _ in self._get_indices(indices)]
        value = getattr(self._vector, attr_name)
        return [value for _ in self._get_indices(indices)]

    def set_attr(self, attr_name: str, value: Any, indices: Any = None) -> None:
        """Sets an attribute of all copies."""
        setattr(self._vector, attr_name, value)

    def env_method(self, method_name: str, *arguments: Any, indices: Any = None, **more: Any) -> list[Any]:
        """Calls a method of the copies; of those there is `action_masks`."""
        if method_name != "action_masks":
            raise AttributeError(f"copies of our environments have the method action_masks, not {method_name}")
        masks = self._vector.action_masks()
        return [masks[copy] for copy in self._get_indices(indices)]

    def env_is_wrapped(self, wrapper_class: type, indices: Any = None) -> list[bool]:
        """Whether they are wrapped: what `Monitor` tells, they tell themselves."""
        return [issubclass(wrapper_class, Monitor) for _ in self._get_indices(indices)]

    def action_masks(self) -> np.ndarray:
        """Which discrete actions are legal now, ``[num_envs, actions]``."""
        return self._vector.action_masks()

    def get_images(self) -> Sequence[np.ndarray | None]:
        """The pictures of all copies."""
        return [self._vector.picture(copy) for copy in range(self.num_envs)]

    def _get_indices(self, indices: Any) -> Iterable[int]:
        return range(self.num_envs) if indices is None else super()._get_indices(indices)


class KVWriter(StableKVWriter):
    """What `logger.record` records, published with its step."""

    def __init__(self, run: publishing.Run) -> None:
        self.run = run

    def write(self, key_values: dict[str, Any], key_excluded: dict[str, tuple[str, ...]], step: int = 0) -> None:
        """Publishes the numbers among what was recorded."""
        excluded = {key for key, formats in key_excluded.items() if "terrarium" in (formats or ())}
        numbers = {
            key: number
            for key, value in key_values.items()
            if key not in excluded and (number := publishing._scalar(value)) is not None
        }
        self.run.log(numbers, step=step)

    def close(self) -> None:
        """The run ends with its training, not with its logger."""


class TerrariumCallback(BaseCallback):
    """Publishes a training: metrics, episodes, pictures and, of our environments, recorded episodes; viewers pause, stop and save.

    Two lines for the user::

        from terrarium.sb3 import TerrariumCallback
        model.learn(100_000, callback=TerrariumCallback(relay="ws://127.0.0.1:8080"))

    Args:
        run: A run that goes on; one that begins and ends with the training where there is none.
        save_path: Where a viewer's request to save puts the model.
        verbose: As of every callback.
        arguments: As of `terrarium.init`.
    """

    def __init__(
        self,
        run: publishing.Run | None = None,
        *,
        save_path: str | pathlib.Path = "model.zip",
        verbose: int = 0,
        **arguments: Any,
    ) -> None:
        super().__init__(verbose)
        self.run = run
        self._own = run is None
        self._arguments = arguments
        self._save_path = save_path
        self._stopped = False
        self._best = -np.inf
        self._next_recorded = self._next_frame = 0.0
        self._frames = True
        self._writer: KVWriter | None = None

    def _on_training_start(self) -> None:
        if self.run is None or (self._own and self.run._finished):
            algorithm = type(self.model).__name__
            config = {
                name: value
                for name, value in vars(self.model).items()
                if not name.startswith("_") and isinstance(value, (bool, int, float, str)) and name != "num_timesteps"
            }
            config.update(self._arguments.get("config", {}))
            defaults = {"project": "stable-baselines3", "agent": algorithm, "environment": self._environment()}
            self.run = publishing.init(**{**defaults, **self._arguments, "config": config})
            self._best = -np.inf
        self._stopped = False
        self._writer = KVWriter(self.run)
        self.model.logger.output_formats.append(self._writer)

    def _environment(self) -> Any:
        for name in ("terrarium_spec", "spec"):
            try:
                found = self.training_env.get_attr(name)[0]
            except AttributeError:
                continue
            if found is not None:
                return found if isinstance(found, dict) else found.id
        return None

    def _on_step(self) -> bool:
        run = self.run
        assert run is not None
        run.reach(self.num_timesteps)
        now = time.monotonic()
        for info, done in zip(self.locals["infos"], self.locals["dones"], strict=True):
            if done and "episode" in info:
                self._tell_episode(run, info, now)
        if self._frames and now >= self._next_frame:
            self._next_frame = now + FRAME_EVERY_SECONDS
            self._show(run)
        self._stopped = not run.obey(save=self._save)
        return not self._stopped

    def _tell_episode(self, run: publishing.Run, info: dict[str, Any], now: float) -> None:
        episodic_return, outcome = float(info["episode"]["r"]), info.get("outcome")
        run.log_episode(episodic_return, info["episode"]["l"], outcome=outcome, step=self.num_timesteps)
        if "episode_actions" not in info:
            return
        best = episodic_return > self._best
        if best or now >= self._next_recorded:
            self._next_recorded = now + RECORDED_EPISODE_EVERY_SECONDS
            self._best = max(self._best, episodic_return)
            kept = "best" if best else "latest"
            run.log_recorded_episode(info["episode_seed"], info["episode_actions"], episodic_return, outcome=outcome, kept=kept)

    def _show(self, run: publishing.Run) -> None:
        try:
            frame = self.training_env.env_method("frame", run._episodes, indices=0)[0]
        except AttributeError:
            frame = self._rendered()
        if frame is None:
            self._frames = False
        else:
            run.show(frame)

    def _rendered(self) -> Any:
        """Pixels of the first copy of an environment that is not ours, if it was made with ``render_mode="rgb_array"``."""
        if self.training_env.render_mode != "rgb_array":
            return None
        return self.training_env.env_method("render", indices=0)[0]

    def _save(self) -> str:
        self.model.save(self._save_path)
        return str(self._save_path)

    def _on_training_end(self) -> None:
        # A logger may be the user's own, and live longer than this run.
        formats = self.model.logger.output_formats
        if self._writer in formats:
            formats.remove(self._writer)
        if self._own and self.run is not None:
            self.run.finish(reason="stopped" if self._stopped else "completed")
