"""What runs have told, as tables, from wherever it is kept; and as event files for TensorBoard."""

import os
import pathlib
import subprocess

import pytest
from relay import Viewer, needs_relay, relay

import terrarium

pytestmark = needs_relay


def _program(*arguments):
    program = pathlib.Path(os.environ["TERRARIUM_BINARIES"]) / "terrarium-trainer"
    done = subprocess.run([program, *arguments], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def _published(place, folder):
    spec = terrarium.Env("cart-pole").terrarium_spec
    run = terrarium.init("demo", name="told", relay=place and place.address, dir=folder, environment=spec)
    for step in range(20):
        run.log({"loss": 1 / (step + 1), "nan": float("nan")}, step=step)
        run.log_episode(episodic_return=float(step), length=7, outcome="fell", step=step)
    run.finish(quiet=True)


@pytest.mark.parametrize("frame", ["pandas", "polars", "dict"])
def test_a_relay_a_journal_and_a_directory_tell_the_same(frame, tmp_path):
    if frame != "dict":
        pytest.importorskip(frame)
    _published(None, tmp_path / "journals")
    journal, = (tmp_path / "journals").glob("*.terrarium-journal")
    with relay(tmp_path / "data") as place:
        _published(place, tmp_path / "sent")
        Viewer(place.address, "told").ended()
        by_name = {run.name: run for run in terrarium.runs(place.address)}
        tables = [(by_name["told"].metrics(frame), by_name["told"].episodes(frame), by_name["told"].config)]
        run, = terrarium.runs(journal)
        tables.append((run.metrics(frame), run.episodes(frame), run.config))
    for metrics, episodes, config in tables:
        losses = {step: value for step, name, value in zip(metrics["step"], metrics["name"], metrics["value"]) if name == "loss"}
        assert losses[19] == pytest.approx(1 / 20)
        assert list(episodes["return"]) == [float(step) for step in range(20)]
        assert set(episodes["outcome"]) == {"fell"}
        assert list(episodes["count"]) == [1] * 20
        assert config["spec"]["environment"]["id"]


def test_run_directories_and_their_archives_are_read(tmp_path):
    folder = tmp_path / "runs"
    _program("run", "cart-pole", "--agent", "ppo", "--steps", "6000", "--runs", folder, "--json")
    _program("runs", "--runs", folder, "export", "cart-pole/ppo-seed42", tmp_path / "run.zip")
    run, = terrarium.runs(folder)
    assert run.name == "cart-pole/ppo-seed42"
    assert run.config["spec"]["agent"]["id"] == "ppo"
    metrics, episodes = run.metrics("dict"), run.episodes("dict")
    assert "losses/policy" in " ".join(metrics["name"])
    assert sum(episodes["count"]) > 100
    for again in (terrarium.runs(folder / "cart-pole" / "ppo-seed42"), terrarium.runs(tmp_path / "run.zip")):
        assert again[0].metrics("dict") == metrics
        assert again[0].episodes("dict") == episodes


def test_a_line_that_cannot_be_read_is_named_and_all_others_are_there(tmp_path):
    folder = tmp_path / "runs"
    _program("run", "cart-pole", "--agent", "ppo", "--steps", "6000", "--runs", folder, "--json")
    file = folder / "cart-pole" / "ppo-seed42" / "metrics.jsonl"
    run, = terrarium.runs(folder)
    whole = run.metrics("dict")
    first, rest = file.read_bytes().split(b"\n", 1)
    file.write_bytes(first + b"\n\xff{oops\n" + rest)
    with pytest.warns(UserWarning, match=r"metrics\.jsonl, line 2, column 1: "):
        assert run.metrics("dict") == whole


def test_what_is_no_run_is_named(tmp_path, monkeypatch):
    monkeypatch.delenv("TERRARIUM_RELAY", raising=False)
    with pytest.raises(ValueError, match="name a relay, a folder or a file"):
        terrarium.runs()
    with pytest.raises(ValueError, match="there is no folder and no file"):
        terrarium.runs(tmp_path / "missing")
    (tmp_path / "other").write_text("something else")
    with pytest.raises(ValueError, match="holds nothing that a run has told"):
        terrarium.runs(tmp_path / "other")
    (tmp_path / "cut.zip").write_bytes(b"PK\x03\x04cut")
    with pytest.raises(ValueError, match="is not imported"):
        terrarium.runs(tmp_path / "cut.zip")
    with pytest.raises(OSError, match="the relay ws://127.0.0.1:9 is out of reach: "):
        terrarium.runs("ws://127.0.0.1:9")
    assert terrarium.runs(tmp_path) == []


def test_tensorboard_reads_what_is_exported(tmp_path):
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    folder = tmp_path / "runs"
    _program("run", "cart-pole", "--agent", "ppo", "--steps", "6000", "--runs", folder, "--json")
    out = tmp_path / "logs"
    said = _program("convert", folder / "cart-pole" / "ppo-seed42", "--tensorboard", out)
    run, = terrarium.runs(folder)
    metrics, episodes = run.metrics("dict"), run.episodes("dict")
    read = accumulator.EventAccumulator(str(out), size_guidance={"scalars": 0})
    read.Reload()
    # Steps per second stand in no log: they are of the steps and the times of its lines.
    rates = [it.value for it in read.Scalars("charts/SPS")]
    assert rates and all(rate > 0 for rate in rates)
    count = len(metrics["name"]) + 2 * len(episodes["episode"]) + len(rates)
    assert f"{count} values of run cart-pole/ppo-seed42" in said
    ours = {*metrics["name"], "charts/episodic_return", "charts/episodic_length", "charts/SPS"}
    assert set(read.Tags()["scalars"]) == ours
    for name in set(metrics["name"]):
        rows = zip(metrics["step"], metrics["time_millis"], metrics["name"], metrics["value"])
        ours = [(step, millis / 1000, value) for step, millis, of, value in rows if of == name]
        theirs = [(it.step, it.wall_time, it.value) for it in read.Scalars(name)]
        assert theirs == [(step, pytest.approx(at), pytest.approx(value, rel=1e-6)) for step, at, value in ours]
    returns = [it.value for it in read.Scalars("charts/episodic_return")]
    assert returns == [pytest.approx(value, rel=1e-6) for value in episodes["return"]]
