"""Publishing a training to a relay, under the names that Weights & Biases uses.

``import terrarium as wandb`` is meant to do for scripts that log to it. Nothing here waits for a network: threads of the
native part write a journal and talk to the relay.
"""

from __future__ import annotations

import atexit
import dataclasses
import decimal
import fnmatch
import itertools
import json
import math
import numbers
import os
import pathlib
import re
import shutil
import sys
import threading
import time
import warnings
import zlib
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from . import _native
from .media import Histogram, Image, Table

# How long the end of a training waits for the relay to store the last events.
PATIENCE_SECONDS = 10.0

# How long the beginning of one waits to hear whether the relay is there.
GREETING_SECONDS = 1.0

# Longer values of a configuration are cut: all of it travels in one message.
MOST_LETTERS = 2000

#: Numbers of the runs that were given no name.
_UNNAMED = itertools.count()

_WITHOUT_EFFECT = {
    "allow_val_change", "anonymous", "entity", "job_type", "magic", "mode", "monitor_gym", "notes", "reinit",
    "resume", "resume_from", "fork_from", "save_code", "settings", "tags", "force", "config_exclude_keys",
    "config_include_keys", "tensorboard", "group",
}  # fmt: skip


class AlertLevel:
    """How serious an alert is."""

    INFO = "INFO"
    WARN = "WARN"
    ERROR = "ERROR"


class Config(dict[str, Any]):
    """What a training was set to: a dict whose entries are attributes, too."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError as error:
            raise AttributeError(f"the configuration has no {name}") from error

    def __setattr__(self, name: str, value: Any) -> None:
        self[name] = value

    def update(self, *given: Any, allow_val_change: bool = True, **more: Any) -> None:
        """Takes in more entries."""
        super().update(*given, **more)


_warned: set[str] = set()


def _warn_once(words: str, about: str | None = None) -> None:
    """Warns, unless of the same before: of these words, or where they differ each time of what they are about."""
    about = about or words
    if about not in _warned:
        _warned.add(about)
        warnings.warn(words, UserWarning, stacklevel=3)


def _scalar(value: Any) -> float | None:
    """The number that a value is, if it is one: of Python, numpy, torch or jax."""
    if isinstance(value, (bool, int, float)):
        return _float(value)
    shape = getattr(value, "shape", None)
    if getattr(value, "ndim", None) == 0 or (isinstance(shape, Iterable) and all(side == 1 for side in shape)):
        try:
            return _float(value.item() if hasattr(value, "item") else value)
        except (TypeError, ValueError):
            return None
    # Asked last, because it takes as long as all before it.
    if isinstance(value, decimal.Decimal):
        return math.nan if value.is_nan() else _float(value)
    return _float(value) if isinstance(value, numbers.Real) else None


def _float(value: Any) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def _text(value: Any) -> str:
    """A value as text that can travel: halves of letters, as undecodable file names have them, become ?."""
    text = str(value)
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def _run_id(name: str) -> str:
    """A name as relays take it: 1 to 64 of a-z A-Z 0-9 . _ -; others become -, and names stay different."""
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-.") or "run"
    if plain == name and len(plain) <= 64:
        return plain
    return f"{plain[:55]}-{zlib.crc32(name.encode('utf-8', 'replace')):08x}"


def _fresh_name(project: str) -> str:
    """A name that no other run of this process and second has, nor one of another process."""
    name = f"{project}-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}"
    number = next(_UNNAMED)
    return name if number == 0 else f"{name}-{number}"


def _plain(value: Any) -> bool | int | float | str:
    """A value as a parameter of a spec holds it."""
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, numbers.Integral) and abs(int(value)) < 2**53:
        return int(value)
    number = _scalar(value)
    if number is not None and math.isfinite(number):
        return number
    text = _text(value)
    return text if len(text) <= MOST_LETTERS else f"{text[:MOST_LETTERS]}... ({len(text)} characters)"


class Run:
    """A training that is published: made by `init`."""

    def __init__(
        self,
        name: str,
        project: str,
        config: Mapping[str, Any],
        *,
        relay: str | None,
        token: str | None,
        certificates: str | None,
        folder: pathlib.Path,
        environment: Mapping[str, Any] | str | None,
        agent: str | None,
    ) -> None:
        self.name = name
        self.project = project
        self.id = _run_id(name)
        self.config = Config(config)
        self.summary: dict[str, Any] = {}
        self.dir = str(folder)
        self.step = 0
        self.failed = False
        self.dropped = 0
        """Calls of `log` that were left out, because their step was none."""
        self._folder = folder
        self._arguments = (relay, token, certificates)
        self._environment = environment
        self._agent = agent
        self._step_metrics: list[tuple[str, str]] = []
        self._step_values: dict[str, float] = {}
        self._newest: dict[str, int] = {}
        self._episode: tuple[int, float] | None = None
        self._outcomes: list[str] = []
        self._recorded_episodes: dict[str, dict[str, Any]] = {}
        self._episodes = 0
        self._lock = threading.Lock()
        self._begin()

    def _begin(self) -> None:
        relay, token, certificates = self._arguments
        self._process = os.getpid()
        started = self._started()
        self._outcomes = started["environment"]["outcomes"]
        self._stream = _native.Stream(
            self.id, json.dumps({"run_started": started}), str(self._folder), relay, token, certificates
        )
        self._finished = False

    def _started(self) -> dict[str, Any]:
        environment, description = self._environment_and_description()
        agent = _text(self._agent or self.config.get("exp_name", self.config.get("algorithm", "training")))
        seed = _scalar(self.config.get("seed", 0))
        known = seed is not None and 0 <= seed < 2**53 and seed == int(seed)
        return {
            "spec": {
                "environment": environment,
                "agent": {"id": agent, "parameters": {_text(key): _plain(value) for key, value in self.config.items()}},
                "seed": int(seed) if seed is not None and known else 0,
            },
            "environment": description,
            "agent": {
                "id": agent,
                "title": agent,
                "summary": _text(f"A training in Python, published as {self.name}."),
                "equation": "",
                "source": _text(self.project),
                "parameters": [],
            },
            "exactness": "seeded",
        }

    def _environment_and_description(self) -> tuple[dict[str, Any], dict[str, Any]]:
        from .environment import Env

        given = self._environment
        if given is None:
            given = self.config.get("env_id", self.config.get("env", self.project))
        if isinstance(given, Mapping):
            env = Env(given["id"], **given.get("parameters", {}))
            return dict(given), env.description
        given = _text(given)
        description = {"id": given, "title": given, "subtitle": _text(self.project), "actions": [], "outcomes": [],
                       "counters": [], "observation": []}  # fmt: skip
        return {"id": given}, description

    def _own(self) -> _native.Stream:
        """The stream of this process: a forked child has its own run, because threads stay behind."""
        if os.getpid() != self._process:
            self.name = f"{self.name}-{os.getpid()}"
            self.id = _run_id(self.name)
            self._lock = threading.Lock()
            self._begin()
        return self._stream

    def log(self, data: Mapping[str, Any], step: int | None = None, commit: bool | None = None, **_: Any) -> None:
        """Logs values by name.

        Numbers are metrics; a `Histogram` is told as its moments; an `Image` or a `Table` is kept as a file, and viewers see the newest image. Each
        metric has the step that is given here, that of its step metric (`define_metric`), or the run's own, which
        grows by one a call. A step below 0, NaN or from 2**63 on is none: what is logged with it is left out, warned of once and
        counted in `dropped`.
        """
        stream = self._own()
        if step is None:
            step = self.step
            if commit is not False:
                self.step += 1
        else:
            given, step = step, self._checked(step)
            if step is None:
                self.dropped += 1
                words = f"log: the step {given!r} is not from 0 to 2**63 - 1, so what was logged with it is left out"
                _warn_once(f"{words}. Leave step out, and the run counts by itself", "log: step")
                return
            self.step = max(self.step, step)
        numbers: dict[str, float] = {}
        self._gather(data, "", numbers, step)
        if self._step_metrics:
            self._log_by_step_metric(numbers, step)
        elif numbers:
            stream.metrics(step, numbers)
        self.summary.update(numbers)
        self._say()

    def _checked(self, step: Any) -> int | None:
        """A step as a whole number; None if it is a number out of range, which must not end a training of hours."""
        if type(step) is int:
            return step if 0 <= step < 2**63 else None
        number = _scalar(step)
        if number is None:
            raise ValueError(f"a step is a whole number from 0 on, not {step!r}")
        return int(number) if 0 <= number < 2**63 else None

    def _gather(self, data: Mapping[str, Any], prefix: str, numbers: dict[str, float], step: int) -> None:
        if not isinstance(data, Mapping):
            raise TypeError(f"what is logged is a dict of values by name, not {type(data).__name__}")
        for key, value in data.items():
            name = key if type(key) is str and not prefix else f"{prefix}{key}"
            if not name.isascii():
                name = _text(name)
            if type(value) is float:
                # Most are, and a training may log thousands a second.
                numbers[name] = value
                continue
            number = _scalar(value)
            if number is not None:
                numbers[name] = number
            elif isinstance(value, Mapping):
                self._gather(value, f"{name}/", numbers, step)
            elif isinstance(value, Histogram):
                if value.numbers[0]:
                    self._stream.summary(step, name, value.numbers)
            elif isinstance(value, (Image, Table)):
                self._keep(name, value, step)
            else:
                kind = type(value).__name__
                several = " Log terrarium.Histogram(values) to see how they lie" if getattr(value, "ndim", 0) else ""
                _warn_once(f"{name} is a {kind}, which is no number: it is left out.{several}")

    def _keep(self, name: str, value: Image | Table, step: int) -> None:
        folder = self._folder / f"{self.id}-media"
        folder.mkdir(parents=True, exist_ok=True)
        file = value.write(folder / f"{_run_id(name)}-{step}")
        why_not = value.show(self._stream, name, step) if isinstance(value, Image) else None
        unseen = f" and not shown: {why_not}" if why_not else ""
        self._notice("information", f"{name} at step {step} is kept in {file}{unseen}")

    def _notice(self, severity: str, text: str) -> None:
        self._own().log(json.dumps({"notice": {"severity": severity, "text": _text(text)}}))

    def _log_by_step_metric(self, numbers: dict[str, float], step: int) -> None:
        steps = {step_metric for _, step_metric in self._step_metrics}
        # What is no number is no step: the one before stays.
        self._step_values.update({name: value for name, value in numbers.items() if name in steps and 0 <= value < 2**63})
        groups: dict[int, dict[str, float]] = {}
        for name, value in numbers.items():
            own = step
            for pattern, step_metric in self._step_metrics:
                if fnmatch.fnmatchcase(name, pattern) and step_metric in self._step_values:
                    own = int(self._step_values[step_metric])
            groups.setdefault(own, {})[name] = value
        for own, values in groups.items():
            self._stream.metrics(own, values)

    def _log_one(self, name: str, value: float, step: int) -> None:
        """A value at its own step, as event files have them."""
        stream = self._own()
        stream.metrics(step, {name: value})
        self.summary[name] = value
        self.step = max(self.step, step)
        # CleanRL's names of an ended episode; the length follows the return.
        if name == "charts/episodic_return":
            self._episode = (step, value)
        elif name == "charts/episodic_length" and self._episode is not None and self._episode[0] == step:
            if 0 <= value < 2**63:
                self.log_episode(self._episode[1], int(value), step=step)
            self._episode = None

    def define_metric(self, name: str, step_metric: str | None = None, **_: Any) -> None:
        """Says that metrics of this name (with * for any letters) have the newest value of another one as their step."""
        if step_metric is not None:
            self._step_metrics.append((name, step_metric))

    def log_episode(
        self, episodic_return: float, length: int, *, outcome: str | None = None, step: int | None = None
    ) -> None:
        """Tells of an ended episode: the page draws the learning curve from them. A step that is none is the run's own."""
        own_step = self.step if step is None else self._checked(step)
        if own_step is None:
            own_step = self.step
            words = f"log_episode: the step {step!r} is not from 0 to 2**63 - 1; the episode counts at the run's own, {own_step}"
            _warn_once(words, "log_episode: step")
        counted, total = _scalar(length), _scalar(episodic_return)
        if counted is None or not 0 <= counted < 2**63:
            raise ValueError(f"the length of an episode is a whole number from 0 on, not {length!r}")
        if total is None:
            raise ValueError(f"the return of an episode is a number, not {episodic_return!r}")
        if not math.isfinite(total):
            _warn_once(f"log_episode: the return {total} is not finite, and a mean with it is none; look at the rewards")
        self._own().episode(own_step, total, int(counted), self._outcome(outcome))
        self._episodes += 1

    def _outcome(self, outcome: str | None) -> int:
        """The index of an outcome among those of the environment; one beyond them if it is none."""
        return self._outcomes.index(outcome) if outcome in self._outcomes else len(self._outcomes)

    def log_recorded_episode(
        self, seed: int, actions: Any, episodic_return: float, *, outcome: str | None = None, kept: str = "latest"
    ) -> None:
        """Tells how the last episode of one of our environments went: viewers play it again from its seed and actions.

        Args:
            seed: Seed of the episode.
            actions: Its actions, ``[steps]`` or ``[steps, controls]``.
            episodic_return: Its return.
            outcome: Why it ended.
            kept: ``latest`` or ``best``.
        """
        array = np.asarray(actions)
        recorded: dict[str, Any] = {
            "episode": max(0, self._episodes - 1),
            "seed": int(seed),
            "actions": [],
            "return": float(episodic_return),
            "outcome": self._outcome(outcome),
            "kept": kept,
        }
        if array.ndim == 2:
            recorded["box_actions"] = {"entries": array.shape[1], "values": array.ravel().tolist()}
        else:
            recorded["wide_actions" if array.size and array.max() > 255 else "actions"] = array.tolist()
        stream = self._own()
        stream.log(json.dumps({"recorded_episode": recorded}))
        self._recorded_episodes[kept] = recorded
        stream.state(json.dumps({"recorded_episodes": list(self._recorded_episodes.values())}))

    def reach(self, step: int) -> None:
        """Says how many steps have been made, where nothing else does."""
        self.step = max(self.step, step)
        self._own().reach(step)

    def show(self, frame: str | Image | Any, name: str = "picture") -> None:
        """Shows a moment; the newest counts, and ten a second travel. Nothing is kept in a file.

        Args:
            frame: What `Env.frame` of one of our environments gives, pixels of any other as `Env.render` gives them
                (``[height, width, 3]``), or an `Image`.
            name: What pixels are called.
        """
        stream = self._own()
        if isinstance(frame, str):
            stream.state(frame)
            return
        image = frame if isinstance(frame, Image) else Image(frame)
        why_not = image.show(stream, name, self.step)
        if why_not:
            _warn_once(f"show: {why_not}")

    def alert(self, title: str, text: str = "", level: str = AlertLevel.INFO, **_: Any) -> None:
        """Tells whoever watches."""
        severity = {"INFO": "information", "WARN": "warning", "ERROR": "error"}.get(str(level).upper(), "information")
        self._notice(severity, f"{title}: {text}" if text else title)

    def save(self, glob_str: str | os.PathLike[str], base_path: Any = None, policy: str = "now") -> list[str]:
        """Copies files to those of the run; gives the copies."""
        kept = []
        folder = self._folder / f"{self.id}-files"
        pattern = pathlib.Path(glob_str)
        root = pathlib.Path(pattern.anchor) if pattern.is_absolute() else pathlib.Path()
        for file in sorted(root.glob(str(pattern.relative_to(pattern.anchor)))):
            if file.is_file():
                folder.mkdir(parents=True, exist_ok=True)
                kept.append(str(shutil.copy2(file, folder / file.name)))
        if not kept:
            _warn_once(f"save: there is no file {glob_str}")
        return kept

    def watch(self, *_: Any, **__: Any) -> None:
        """Gradients are not watched; taken for the sake of others' programs."""
        _warn_once("watch has no effect here: log what you want to see")

    def control(self) -> tuple[bool, bool]:
        """Whether viewers want the training to hold, and whether to end. From the first call on they may ask for it;
        before it the page's commands are refused with that reason.
        """
        stream = self._own()
        stream.listen()
        return stream.asked()

    def obey(self, save: Callable[[], Any] | None = None) -> bool:
        """Does what viewers ask for: waits while they want the training to hold, calls `save` when they want it saved,
        and gives False once they want it to end.
        """
        stream = self._own()
        stream.listen()
        while True:
            number = stream.save()
            while number is not None:
                stream.saved(number, self._saved(save))
                number = stream.save()
            paused, stopped = stream.asked()
            if stopped or not paused:
                return not stopped
            stream.wait_while_paused(1.0)

    def _saved(self, save: Callable[[], Any] | None) -> str | None:
        if save is None:
            return "this training has nothing that it could save"
        try:
            file = save()
        except Exception as error:  # noqa: BLE001 - whoever asked is told, and training goes on
            return f"saving failed: {error}"
        self._notice("information", f"saved{f' in {file}' if file else ''} at step {self.step}")
        return None

    def _greet(self, relay: str) -> None:
        """Says at the beginning, not after hours, that the relay does not answer or refuses."""
        is_away = self._stream.is_away(GREETING_SECONDS)
        self._say()
        if is_away:
            print(
                f"terrarium: {relay} does not take this run (reason above); it is in {self._folder} alone so far. Was another relay "
                "meant, name it as relay= or in TERRARIUM_RELAY, e.g. ws://127.0.0.1:8080",
                file=sys.stderr,
            )

    def _say(self) -> None:
        for words in self._stream.notices():
            print(f"terrarium: {words}", file=sys.stderr)

    def finish(self, exit_code: int | None = None, quiet: bool | None = None, *, reason: str | None = None) -> None:
        """Ends the run. What the relay has not stored after ten seconds stays in a file, which `terrarium sync` sends
        later.
        """
        if self._finished or os.getpid() != self._process:
            return
        self._finished = True
        if reason is None:
            reason = "failed" if exit_code or self.failed else "completed"
        relay = self._arguments[0]
        self._say()
        if self.dropped:
            words = f"{self.dropped} calls of log were left out, because their step was not from 0 to 2**63 - 1"
            self._notice("warning", words)
            print(f"terrarium: {words}", file=sys.stderr)
        self._stream.reach(self.step)
        kept, fault = self._stream.finish(reason, PATIENCE_SECONDS if relay else 0.0)
        if fault:
            print(f"terrarium: {fault}", file=sys.stderr)
        if kept and not quiet:
            print(f"terrarium: this run is in {kept}; `python -m terrarium sync {kept}` sends it to a relay", file=sys.stderr)

    def __enter__(self) -> Run:
        return self

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        self.finish(exit_code=1 if kind else 0)


run: Run | None = None
config: Config = Config()
summary: dict[str, Any] = {}


def init(
    project: str | None = None,
    *,
    name: str | None = None,
    id: str | None = None,
    config: Any = None,
    dir: str | os.PathLike[str] | None = None,
    relay: str | None = None,
    token: str | None = None,
    certificates: str | None = None,
    environment: Mapping[str, Any] | str | None = None,
    agent: str | None = None,
    sync_tensorboard: bool = False,
    **unknown: Any,
) -> Run:
    """Begins to publish a training.

    Args:
        project: What it belongs to.
        name: Its name; letters that relays do not take become ``-``.
        id: Its name in place of `name`.
        config: What it is set to: a dict, or an object with attributes.
        dir: Folder of its journal and files; ``TERRARIUM_DIR``, else ``terrarium-runs``.
        relay: Address of the relay; ``TERRARIUM_RELAY``. Without one everything goes into the journal.
        token: Token of publishers; ``TERRARIUM_PUBLISHER_TOKEN``.
        certificates: File of certificates that a wss:// relay is trusted by; ``TERRARIUM_RELAY_CA``.
        environment: What it acts in: a name, or ``env.unwrapped.terrarium_spec`` of one of ours.
        agent: What learns.
        sync_tensorboard: Whether what is written by TensorBoard's writers in this process is published, too.
    """
    for argument in unknown:
        why = "has no effect here" if argument in _WITHOUT_EFFECT else "is not known here and has no effect"
        _warn_once(f"init: the argument {argument} {why}")
    module = sys.modules[__name__]
    if module.run is not None:
        module.run.finish()
    project = project or "training"
    name = name or id or _fresh_name(project)

    def begin(relay: str | None) -> Run:
        return Run(
            name,
            project,
            _as_dict(config),
            relay=relay,
            token=token or os.environ.get("TERRARIUM_PUBLISHER_TOKEN") or None,
            certificates=certificates or os.environ.get("TERRARIUM_RELAY_CA") or None,
            folder=pathlib.Path(dir or os.environ.get("TERRARIUM_DIR") or "terrarium-runs"),
            environment=environment,
            agent=agent,
        )

    address = relay or os.environ.get("TERRARIUM_RELAY") or None
    try:
        begun = begin(address)
    except ValueError as error:
        if relay or not address:
            raise
        # Whoever wrote the script need not know of relays: it goes on, and nothing is lost.
        address, begun = None, begin(None)
        _warn_once(f"TERRARIUM_RELAY: {error} Until it is put right, runs go into their journals alone")
    module.run, module.config, module.summary = begun, begun.config, begun.summary
    if address:
        begun._greet(address)
    if sync_tensorboard:
        from .tensorboard import listen

        listen()
    return begun


def _as_dict(config: Any) -> dict[str, Any]:
    if config is None:
        return {}
    if isinstance(config, Mapping):
        return dict(config)
    if dataclasses.is_dataclass(config) and not isinstance(config, type):
        return dataclasses.asdict(config)
    if hasattr(config, "__dict__"):
        return dict(vars(config))
    raise TypeError(f"config is a dict or has attributes, not {type(config).__name__}")


def _present() -> Run:
    if run is None:
        raise RuntimeError("there is no run yet: call terrarium.init() first")
    return run


def log(data: Mapping[str, Any], step: int | None = None, commit: bool | None = None, **more: Any) -> None:
    """`Run.log` of the present run."""
    _present().log(data, step, commit, **more)


def define_metric(name: str, step_metric: str | None = None, **more: Any) -> None:
    """`Run.define_metric` of the present run."""
    _present().define_metric(name, step_metric, **more)


def log_episode(episodic_return: float, length: int, *, outcome: str | None = None, step: int | None = None) -> None:
    """`Run.log_episode` of the present run."""
    _present().log_episode(episodic_return, length, outcome=outcome, step=step)


def alert(title: str, text: str = "", level: str = AlertLevel.INFO, **more: Any) -> None:
    """`Run.alert` of the present run."""
    _present().alert(title, text, level, **more)


def save(glob_str: str | os.PathLike[str], base_path: Any = None, policy: str = "now") -> list[str]:
    """`Run.save` of the present run."""
    return _present().save(glob_str, base_path, policy)


def watch(*arguments: Any, **more: Any) -> None:
    """`Run.watch` of the present run."""
    _present().watch(*arguments, **more)


def finish(exit_code: int | None = None, quiet: bool | None = None) -> None:
    """`Run.finish` of the present run, if there is one."""
    module = sys.modules[__name__]
    if module.run is not None:
        module.run.finish(exit_code, quiet)
        module.run = None


def login(*_: Any, **__: Any) -> bool:
    """There is nothing to log in to; taken for the sake of others' programs."""
    return True


def sync(file: str | os.PathLike[str], relay: str | None = None, *, token: str | None = None) -> tuple[str, int]:
    """Sends the file that a run left behind to a relay and removes it; gives the run's name and how many log events
    there were. What the relay has already is not sent twice.

    Raises:
        RuntimeError: Not everything is at the relay; the file stays.
        ValueError: It is no such file, or there is no relay.
    """
    relay = relay or os.environ.get("TERRARIUM_RELAY")
    if not relay:
        raise ValueError("name a relay, e.g. ws://127.0.0.1:8080, or set TERRARIUM_RELAY")
    token = token or os.environ.get("TERRARIUM_PUBLISHER_TOKEN") or None
    return _native.sync(os.fspath(file), relay, token, os.environ.get("TERRARIUM_RELAY_CA") or None, PATIENCE_SECONDS)


_excepthook = sys.excepthook


def _note_failure(kind: Any, error: Any, trace: Any) -> None:
    if run is not None:
        run.failed = True
    _excepthook(kind, error, trace)


sys.excepthook = _note_failure
atexit.register(finish)
