"""What runs have told, as tables: from a relay, from run directories, and from files."""

from __future__ import annotations

import json
import os
import pathlib
import urllib.error
import urllib.parse
import urllib.request
import warnings
from collections.abc import Iterator
from typing import Any

from . import _native

_PAGE = 10_000
_METRICS = ("step", "episode", "time_millis", "name", "value")
_EPISODES = ("episode", "count", "step", "return", "length", "outcome")


class RecordedRun:
    """A run that was recorded: `runs` finds them."""

    def __init__(self, name: str, source: str, lines: Any, config: Any) -> None:
        self.name = name
        """Its name; of a run directory ``environment/run``."""
        self.source = source
        """Where it is: the address of a relay, or a path."""
        self._lines, self._config = lines, config

    def __repr__(self) -> str:
        return f"RecordedRun({self.name!r}, {self.source!r})"

    @property
    def config(self) -> dict[str, Any]:
        """What determines it: ``spec`` has environment, agent and seed, each with what was set."""
        config: dict[str, Any] = self._config()
        return config

    def metrics(self, frame: str = "pandas") -> Any:
        """Every value of every metric, a row each: ``step``, ``episode``, ``time_millis``, ``name``, ``value``.

        Args:
            frame: ``pandas``, ``polars``, or ``dict``: a dict of columns.
        """
        columns: dict[str, list[Any]] = {name: [] for name in _METRICS}
        for line in self._lines():
            for name, value in line.get("values", {}).items():
                row = (line["step"], line["episode"], line["time_millis"], name, float(value))
                for column, cell in zip(columns.values(), row, strict=True):
                    column.append(cell)
        return _framed(columns, frame)

    def episodes(self, frame: str = "pandas") -> Any:
        """Ended episodes: ``episode``, ``count``, ``step``, ``return``, ``length``, ``outcome``. A row is one episode, or
        where only a bin of neighbours is recorded, ``count`` of them from ``episode`` on with mean return and length;
        ``step`` is that of the bin's end.

        Args:
            frame: ``pandas``, ``polars``, or ``dict``: a dict of columns.
        """
        columns: dict[str, list[Any]] = {name: [] for name in _EPISODES}
        outcomes: list[str] | None = None
        for line in self._lines():
            if "episodes" not in line:
                continue
            if outcomes is None:
                outcomes = self.config.get("environment", {}).get("outcomes", [])
            for row in _episodes(line["episodes"], outcomes):
                for column, cell in zip(columns.values(), row, strict=True):
                    column.append(cell)
        return _framed(columns, frame)


def _episodes(bin: dict[str, Any], outcomes: list[str]) -> Iterator[tuple[Any, ...]]:
    each = bin.get("each")
    if each:
        rows = zip(each["returns"], each["lengths"], each["outcomes"], strict=True)
        for episode, (episode_return, length, outcome) in enumerate(rows, bin["first_episode"]):
            name = outcomes[outcome] if outcome < len(outcomes) else None
            yield episode, 1, bin["step"], float(episode_return), length, name
        return
    count = bin["count"]
    ended = [name for name, stat in bin["outcomes"].items() if float(stat["last"]) > 0 and name in outcomes]
    outcome = ended[0] if count == 1 and ended else None
    episode_return, length = float(bin["return"]["sum"]) / count, float(bin["length"]["sum"]) / count
    yield bin["first_episode"], count, bin["step"], episode_return, length, outcome


def _framed(columns: dict[str, list[Any]], frame: str) -> Any:
    if frame == "dict":
        return columns
    if frame == "pandas":
        import pandas

        return pandas.DataFrame(columns)
    if frame == "polars":
        import polars

        return polars.DataFrame(columns)
    raise ValueError(f"a frame is pandas, polars or dict, not {frame!r}")


def runs(source: str | os.PathLike[str] | None = None, *, token: str | None = None) -> list[RecordedRun]:
    """The runs of a relay, below a folder, or in a file.

    Args:
        source: Address of a relay (``ws://``, ``http://`` and their safe kin); a folder of run directories or one of these; a
            run that ``terrarium runs export`` wrote; a journal or a file of undelivered events. ``TERRARIUM_RELAY`` by default.
        token: Token of viewers, where the relay asks for one; ``TERRARIUM_VIEWER_TOKEN``.

    Raises:
        ValueError: It is nothing of these.
        OSError: The relay is out of reach, or refuses.
    """
    source = source or os.environ.get("TERRARIUM_RELAY")
    if not source:
        raise ValueError("name a relay, a folder or a file, or set TERRARIUM_RELAY")
    named = os.fspath(source)
    if named.startswith(("ws://", "wss://", "http://", "https://")):
        return _of_relay(named, token or os.environ.get("TERRARIUM_VIEWER_TOKEN"))
    path = pathlib.Path(named)
    if path.is_dir() and not (path / "config.json").is_file():
        found = sorted(file.parent for file in path.glob("*/*/config.json"))
        return [_of_path(directory, f"{directory.parent.name}/{directory.name}") for directory in found]
    if not path.exists():
        raise ValueError(f"there is no folder and no file {named}")
    return [_of_path(path, _native.recorded(named)[0])]


def _of_path(path: pathlib.Path, name: str) -> RecordedRun:
    def lines() -> Iterator[dict[str, Any]]:
        told, unread = _native.recorded(str(path))[2:]
        for words in unread:
            warnings.warn(words, stacklevel=3)
        return (json.loads(line) for line in told.splitlines())

    def config() -> dict[str, Any]:
        told = json.loads(_native.recorded(str(path))[1] or "{}")
        told = told.get("run_started", told)
        if "environment" not in told and "spec" in told:
            spec = told["spec"]["environment"]
            told["environment"] = _described(spec["id"], spec.get("parameters", {}))
        return dict(told)

    return RecordedRun(name, str(path), lines, config)


def _described(id: str, parameters: dict[str, Any]) -> dict[str, Any]:
    """The description of an environment of ours; nothing of another."""
    try:
        described: dict[str, Any] = json.loads(_native.Environment(id, None, parameters).description())
    except ValueError:
        return {}
    return described


def _of_relay(address: str, token: str | None) -> list[RecordedRun]:
    parts = urllib.parse.urlsplit(address)
    scheme = {"ws": "http", "wss": "https"}.get(parts.scheme, parts.scheme)
    base = f"{scheme}://{parts.netloc}{parts.path.removesuffix('/').removesuffix('/api/v1/stream')}/api/v1/runs"

    def get(url: str) -> Any:
        request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"} if token else {})
        try:
            with urllib.request.urlopen(request) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                raise OSError(f"{url}: {error.code}: {error.read().decode(errors='replace')}") from error
        except urllib.error.URLError as error:
            raise OSError(f"the relay {address} is out of reach: {error.reason}") from error

    def recorded(name: str) -> RecordedRun:
        log = f"{base}/{urllib.parse.quote(name)}/log"

        def events() -> Iterator[tuple[float, str, Any]]:
            page = get(f"{log}?limit={_PAGE}")
            while page["entries"]:
                for entry in page["entries"]:
                    event = entry["event"]
                    if isinstance(event, dict):
                        ((kind, body),) = event.items()
                        yield entry["time_millis"], kind, body
                page = get(f"{log}?epoch={page['epoch']}&from={page['next']}&limit={_PAGE}")

        def lines() -> Iterator[dict[str, Any]]:
            for time_millis, kind, body in events():
                if kind == "metrics":
                    yield {**body, "time_millis": time_millis}
                elif kind == "episodes":
                    yield {
                        "step": body["step"],
                        "episode": body["last_episode"] + 1,
                        "time_millis": time_millis,
                        "episodes": body,
                    }

        def config() -> dict[str, Any]:
            for entry in get(f"{log}?limit=1")["entries"]:
                return dict(entry["event"]["run_started"])
            return {}

        return RecordedRun(name, address, lines, config)

    listed = get(base)
    return [recorded(it["run"]) for it in (listed["runs"] if isinstance(listed, dict) else listed)]
