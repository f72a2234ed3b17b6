"""`terrarium follow`: what another training writes for TensorBoard, published as it is written."""

import os
import pathlib
import signal
import subprocess

import numpy as np
import pytest
from relay import Viewer, count, needs_relay, relay, values

SummaryWriter = pytest.importorskip("tensorboardX").SummaryWriter

pytestmark = needs_relay


def _follow(folder, address, spill, *arguments, **more):
    program = pathlib.Path(os.environ["TERRARIUM_BINARIES"]) / "terrarium-trainer"
    if subprocess.run([program, "follow", "--help"], capture_output=True).returncode:
        pytest.skip("the native program is older than this package")
    command = [program, "follow", folder, "--relay", address, "--spill", spill, *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **more)


def test_a_finished_folder_is_imported_whole(tmp_path):
    for name in ("first", "second"):
        with SummaryWriter(str(tmp_path / "runs" / name)) as writer:
            for step in range(300):
                writer.add_scalar("losses/value", step / 7, 10 * step)
            writer.add_scalar("evaluation/return", 1.5, 3)
            writer.add_histogram("weights", np.arange(100.0), 20)
            writer.add_text("words", "are left out")
    # A training that was begun again writes another file.
    with SummaryWriter(str(tmp_path / "runs" / "first"), filename_suffix=".again") as writer:
        writer.add_scalar("losses/value", 0.0, 3000)
    with relay(tmp_path / "data") as place:
        done = _follow(tmp_path / "runs", place.address, tmp_path, "--once")
        out, said = done.communicate()
        assert done.returncode == 0, said
        assert "run first: 303 values of 3 tags in 2 files" in out
        assert "run second: 302 values of 3 tags in 1 files" in out
        viewer = Viewer(place.address, "first").ended()
    assert values(viewer, "losses/value")[:2] == [(0, 0.0), (10, pytest.approx(1 / 7))]
    assert values(viewer, "losses/value")[-1] == (3000, 0.0)
    assert count(viewer, "losses/value") == 301
    assert values(viewer, "evaluation/return") == [(3, 1.5)]
    histogram = next(it["statistics"]["weights"] for it in viewer.events("metrics") if "weights" in it["values"])
    assert (histogram["count"], histogram["mean"]) == (100, pytest.approx(49.5))
    assert viewer.states["status"]["step"] == 3000
    assert not list(tmp_path.rglob("*.terrarium-journal"))


def test_what_is_written_is_seen_while_it_is_written(tmp_path):
    with SummaryWriter(str(tmp_path / "whole")) as writer:
        for step in range(3):
            writer.add_scalar("loss", 1.0 + step, step)
    whole = next((tmp_path / "whole").iterdir()).read_bytes()
    folder = tmp_path / "live"
    folder.mkdir()
    with relay(tmp_path / "data") as place, (folder / "events.out.tfevents.1").open("wb", buffering=0) as file:
        # The last record is half there.
        file.write(whole[:-20])
        following = _follow(folder, place.address, tmp_path)
        viewer = Viewer(place.address, "live").read_until(lambda it: values(it, "loss") == [(0, 1.0), (1, 2.0)])
        file.write(whole[-20:])
        viewer.read_until(lambda it: values(it, "loss")[-1] == (2, 3.0))
        with SummaryWriter(str(folder), filename_suffix=".later") as writer:
            writer.add_scalar("loss", 4.0, 3)
        viewer.read_until(lambda it: values(it, "loss")[-1] == (3, 4.0))
        following.send_signal(signal.SIGINT)
        out, said = following.communicate()
        assert following.returncode == 0, said
        assert "run live: 4 values of 1 tags in 2 files" in out
        assert viewer.ended().events("run_ended")[0]["reason"] == "completed"


def test_what_torch_writes_is_followed_live(tmp_path):
    writers = pytest.importorskip("torch.utils.tensorboard")
    folder = tmp_path / "torch"
    with relay(tmp_path / "data") as place, writers.SummaryWriter(str(folder), flush_secs=1) as writer:
        writer.add_scalar("losses/value", 0.0, 0)
        writer.flush()
        following = _follow(folder, place.address, tmp_path)
        viewer = Viewer(place.address, "torch").read_until(lambda it: values(it, "losses/value") == [(0, 0.0)])
        for step in range(1, 4):
            writer.add_scalar("losses/value", step / 8, step)
            writer.add_histogram("weights", np.arange(10.0 * step), step)
            writer.flush()
            viewer.read_until(lambda it, step=step: values(it, "losses/value")[-1] == (step, step / 8))
        viewer.read_until(lambda it: len(values(it, "weights")) == 3)
        following.send_signal(signal.SIGINT)
        out, said = following.communicate()
    assert following.returncode == 0, said
    assert "run torch: 7 values of 2 tags in 1 files" in out


def test_a_training_that_begins_again_voids_what_it_purges(tmp_path):
    folder = tmp_path / "runs" / "again"
    with SummaryWriter(str(folder), filename_suffix=".1") as writer:
        for step in range(100):
            writer.add_scalar("loss", 1.0, step)
    # It crashed at step 99 and goes on from its checkpoint of step 60, as TensorBoard's own readers take it.
    with SummaryWriter(str(folder), purge_step=60, filename_suffix=".2") as writer:
        for step in range(60, 80):
            writer.add_scalar("loss", 2.0, step)
    with relay(tmp_path / "data") as place:
        done = _follow(tmp_path / "runs", place.address, tmp_path, "--once")
        out, said = done.communicate()
        assert done.returncode == 0, said
        assert "run again: 80 values of 1 tags in 2 files" in out
        viewer = Viewer(place.address, "again").ended()
    assert values(viewer, "loss") == [(step, 1.0 if step < 60 else 2.0) for step in range(80)]
    assert viewer.states["status"]["step"] == 79


def test_purged_steps_that_were_published_are_told_anew(tmp_path):
    folder = tmp_path / "live"
    with relay(tmp_path / "data") as place:
        with SummaryWriter(str(folder), filename_suffix=".1") as writer:
            for step in range(10):
                writer.add_scalar("loss", 1.0, step)
        following = _follow(folder, place.address, tmp_path)
        viewer = Viewer(place.address, "live").read_until(lambda it: count(it, "loss") == 10)
        with SummaryWriter(str(folder), purge_step=5, filename_suffix=".2") as writer:
            writer.add_scalar("loss", 2.0, 5)
        viewer.read_until(lambda it: count(it, "loss") == 11)
        following.send_signal(signal.SIGINT)
        _, said = following.communicate()
    assert "run live: its training began again at step 5; what was published of that step and later ones stays" in said
    assert values(viewer, "loss")[-2:] == [(9, 1.0), (5, 2.0)]


def test_steps_that_go_backwards_and_clocks_that_jump_lose_nothing(tmp_path):
    folder = tmp_path / "runs" / "jumps"
    with SummaryWriter(str(folder), filename_suffix=".1") as writer:
        for step in range(5):
            # The clock of the machine is put back by a day, twice.
            writer.add_scalar("loss", float(step), step, walltime=1.7e9 - 86_400 * (step // 2))
    # Begun again at an earlier step, without a word of it.
    with SummaryWriter(str(folder), filename_suffix=".2") as writer:
        for step in range(3, 7):
            writer.add_scalar("loss", 10.0 + step, step, walltime=1.0e9)
    with relay(tmp_path / "data") as place:
        done = _follow(tmp_path / "runs", place.address, tmp_path, "--once")
        out, said = done.communicate()
        assert done.returncode == 0, said
        assert "run jumps: 9 values of 1 tags in 2 files" in out
        viewer = Viewer(place.address, "jumps").ended()
    # A step has its newest value, and the statistics of all.
    assert values(viewer, "loss") == [(0, 0.0), (1, 1.0), (2, 2.0), (3, 13.0), (4, 14.0), (5, 15.0), (6, 16.0)]
    twice = {it["step"]: it["statistics"]["loss"] for it in viewer.events("metrics") if "loss" in it.get("statistics", {})}
    assert {step: (it["count"], it["min"], it["max"]) for step, it in twice.items()} == {3: (2, 3.0, 13.0), 4: (2, 4.0, 14.0)}


def test_what_cannot_be_followed_is_named(tmp_path):
    def said(folder):
        done = _follow(folder, "ws://127.0.0.1:9", tmp_path, "--once", "--deliver-for", "1")
        _, words = done.communicate()
        return done.returncode, words

    (tmp_path / "empty").mkdir()
    code, words = said(tmp_path / "empty")
    assert (code, "there is no event file in" in words) == (2, True)
    assert said(tmp_path / "missing")[0] == 2
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "events.out.tfevents.1").write_text("written by another program, long enough to be read")
    code, words = said(tmp_path / "other")
    assert "at byte 0: it is no event file" in words
    # No relay is there: what was read is kept.
    assert code == 1
    assert "sends it later" in words
    assert len(list(tmp_path.glob("*.terrarium-journal"))) == 1


def test_tables_of_finished_runs_are_imported(tmp_path):
    (tmp_path / "ppo.csv").write_text("_step,_timestamp,losses/value\n0,1.0,0.5\n10,2.0,\n20,3.0,0.25\n")
    rows = ['{"run_name": "a", "step": 1, "metrics": {"loss": 0.5}}', '{"run_name": "b", "step": 2, "metrics": {"loss": 1}}']
    (tmp_path / "trackio.jsonl").write_text("\n".join(rows))
    (tmp_path / "bad.csv").write_text("time,loss\n1,2\n")
    with relay(tmp_path / "data") as place:
        said = ""
        for name in ("ppo.csv", "trackio.jsonl"):
            done = _follow(tmp_path / name, place.address, tmp_path)
            out, words = done.communicate()
            assert done.returncode == 0, words
            said += out
        assert said == "run ppo: 2 values of 1 tags\nrun a: 1 values of 1 tags\nrun b: 1 values of 1 tags\n"
        assert values(Viewer(place.address, "ppo").ended(), "losses/value") == [(0, 0.5), (20, 0.25)]
        assert values(Viewer(place.address, "b").ended(), "loss") == [(2, 1.0)]
        done = _follow(tmp_path / "bad.csv", place.address, tmp_path)
        _, words = done.communicate()
        assert (done.returncode, "no column of steps; it is called one of _step" in words) == (2, True)
