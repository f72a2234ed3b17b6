"""A training in Python, published to a real relay."""

import dataclasses
import decimal
import fractions
import math
import os
import pathlib
import signal
import subprocess
import sys
import textwrap
import warnings

import numpy as np
import pytest
from relay import Viewer, count, needs_relay, relay, until, values

import terrarium
from terrarium import publishing


def _journals():
    return sorted(pathlib.Path(os.environ["TERRARIUM_DIR"]).glob("*.terrarium-journal"))


@needs_relay
def test_what_is_logged_arrives_with_its_own_step(tmp_path):
    with relay(tmp_path / "data") as place:
        with terrarium.init(
            "lunar", name="first", relay=place.address, config={"env_id": "LunarLander-v3", "seed": 7, "lr": 1e-3}
        ) as run:
            run.define_metric("evaluation/*", step_metric="evaluation/epoch")
            for step in range(50):
                run.log({"losses/value": 1.0 / (step + 1), "flag": step % 2 == 0}, step=10 * step)
            run.log({"evaluation/return": 5, "evaluation/epoch": 3})
            run.log_episode(12.5, 40, step=490)
            assert run.summary["losses/value"] == pytest.approx(0.02)
        viewer = Viewer(place.address, "first").ended()
    started, = viewer.events("run_started")
    assert started["spec"]["environment"] == {"id": "LunarLander-v3"}
    assert started["spec"]["agent"]["parameters"] == {"env_id": "LunarLander-v3", "seed": 7, "lr": 1e-3}
    assert started["spec"]["seed"] == 7
    assert values(viewer, "losses/value")[-1] == (490, pytest.approx(0.02))
    assert count(viewer, "losses/value") == 50
    assert values(viewer, "evaluation/return") == [(3, 5.0)]
    bin_, = viewer.events("episodes")
    assert (bin_["count"], bin_["return"]["sum"], bin_["length"]["sum"]) == (1, 12.5, 40.0)
    ended, = viewer.events("run_ended")
    assert (ended["reason"], ended["episode"]) == ("completed", 1)
    assert ended["run_hash"] == terrarium.run_hash(7, [(12.5, 40, 0)])
    assert viewer.states["status"]["phase"] == "ended"
    assert _journals() == []


@needs_relay
def test_steps_that_go_backwards_stay_as_they_were_logged(tmp_path):
    with relay(tmp_path / "data") as place:
        with terrarium.init("backwards", name="backwards", relay=place.address) as run:
            viewer = Viewer(place.address, "backwards")
            for number, step in enumerate((0, 100, 50, 50, 101), 1):
                run.log({"loss": float(number)}, step=step)
                viewer.read_until(lambda it, number=number: count(it, "loss") == number)
            assert run.step == 101
            # The run itself counts on from its furthest step.
            run.log({"loss": 6.0})
        viewer = Viewer(place.address, "backwards").ended()
    assert values(viewer, "loss") == [(0, 1.0), (100, 2.0), (50, 3.0), (50, 4.0), (101, 5.0), (101, 6.0)]
    assert viewer.states["status"]["step"] == 102


@needs_relay
def test_viewers_pause_stop_and_save_what_obeys(tmp_path):
    with relay(tmp_path / "data") as place, terrarium.init("commands", name="obeys", relay=place.address) as run:
        viewer = Viewer(place.address, "obeys")
        assert "takes no commands" in viewer.ask({"pause": {}})["rejected"]["reason"]
        assert run.control() == (False, False)
        assert viewer.ask({"pause": {}}) == {"accepted": {}}
        assert run.control() == (True, False)
        viewer.read_until(lambda it: it.states["status"]["phase"] == "paused")
        assert viewer.ask({"resume": {}}) == {"accepted": {}}
        assert run.obey()
        assert "pause, resume, stop and save" in viewer.ask({"set_speed": {"speed": "full"}})["rejected"]["reason"]
        viewer._send({"command": {"run": "obeys", "request": 99, "command": {"save": {}}}})
        saved = []
        until("a request to save", lambda: run.obey(save=lambda: saved.append(1) or "model.zip") and saved)
        viewer.read_until(lambda it: 99 in it.answers)
        assert viewer.answers[99] == {"accepted": {}}
        viewer.read_until(lambda it: it.events("notice"))
        assert viewer.events("notice")[0]["text"] == "saved in model.zip at step 0"
        assert viewer.ask({"stop": {}}) == {"accepted": {}}
        assert not run.obey()


@needs_relay
def test_a_relay_that_comes_later_and_one_that_is_killed_get_everything(tmp_path):
    with relay(tmp_path / "data") as place:
        port = place.port
    run = terrarium.init("away", name="late", relay=f"ws://127.0.0.1:{port}")
    run.log({"x": 0}, step=0)
    with relay(tmp_path / "data", port) as place:
        viewer = Viewer(place.address, "late").read_until(lambda it: values(it, "x"))
        viewer.close()
    run.log({"x": 1}, step=1)
    with relay(tmp_path / "data", port) as place:
        run.log({"x": 2}, step=2)
        viewer = Viewer(place.address, "late")
        viewer.read_until(lambda it: count(it, "x") == 3)
        assert (values(viewer, "x")[0], values(viewer, "x")[-1]) == ((0, 0.0), (2, 2.0))
        run.finish()
        viewer.ended()


@needs_relay
def test_what_a_killed_process_logged_is_synced_later(tmp_path):
    program = """
        import os, signal, sys, terrarium
        run = terrarium.init("killed", name="killed")
        for step in range(1000):
            run.log({"x": step}, step=step)
        print("logged", flush=True)
        sys.stdin.read()
    """
    command = [sys.executable, "-c", textwrap.dedent(program)]
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=tmp_path)
    assert child.stdout.readline() == "logged\n"
    journal, = _journals()
    until("the last value in the journal", lambda: b"\xcb" in journal.read_bytes() and _last_step(journal) == 999)
    child.send_signal(signal.SIGKILL)
    child.wait()
    child.stdin.close()
    child.stdout.close()
    with relay(tmp_path / "data") as place:
        name, events = terrarium.sync(journal, place.address)
        assert name == "killed"
        assert events > 1
        viewer = Viewer(place.address, "killed").read_until(lambda it: count(it, "x") == 1000)
        assert values(viewer, "x")[-1] == (999, 999.0)
    assert _journals() == []


def _last_step(journal):
    """The step of the last metrics in a journal."""
    import msgpack

    unpacker = msgpack.Unpacker(raw=False)
    unpacker.feed(journal.read_bytes()[16:])
    last = None
    for value in unpacker:
        for entry in value if isinstance(value, list) else []:
            from relay import event

            last = event(entry["event"]).get("metrics", {}).get("step", last)
    return last


@needs_relay
def test_the_command_line_syncs_and_says_what_is_wrong(tmp_path):
    run = terrarium.init("offline", name="offline")
    run.log({"x": 1})
    run.finish(quiet=True)
    journal, = _journals()
    command = [sys.executable, "-m", "terrarium", "sync", str(journal)]
    nowhere = subprocess.run(command, capture_output=True, text=True)
    assert nowhere.returncode == 1
    assert "name a relay" in nowhere.stderr
    with relay(tmp_path / "data") as place:
        done = subprocess.run([*command, "--relay", place.address], capture_output=True, text=True)
        assert (done.returncode, done.stdout) == (0, "3 log events of run offline are at the relay\n")
        (tmp_path / "other").write_text("something else")
        wrong = subprocess.run([*command[:4], str(tmp_path / "other"), "--relay", place.address], capture_output=True, text=True)
        assert "is no file of undelivered events" in wrong.stderr


@needs_relay
def test_the_native_program_delivers_it_too(tmp_path):
    run = terrarium.init("offline", name="native")
    run.log({"x": 1})
    run.finish(quiet=True)
    journal, = _journals()
    program = pathlib.Path(os.environ["TERRARIUM_BINARIES"]) / "terrarium-trainer"
    with relay(tmp_path / "data") as place:
        command = [program, "deliver", journal, "--relay", place.address]
        done = subprocess.run(command, capture_output=True, text=True)
        if "does not begin like one" in done.stderr:
            pytest.skip("the native program is older than this package")
        assert done.returncode == 0, done.stderr
        assert values(Viewer(place.address, "native").ended(), "x") == [(0, 1.0)]


@needs_relay
def test_a_forked_process_publishes_under_a_name_of_its_own(tmp_path):
    with relay(tmp_path / "data") as place:
        program = """
            import os, sys, terrarium
            run = terrarium.init("forked", name="parent", relay=sys.argv[1])
            run.log({"x": 1}, step=1)
            child = os.fork()
            if child == 0:
                run.log({"x": 2}, step=2)
                run.finish()
                os._exit(0)
            os.waitpid(child, 0)
            run.log({"x": 3}, step=3)
            print(child)
        """
        command = [sys.executable, "-W", "ignore", "-c", textwrap.dedent(program), place.address]
        child = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path).stdout.strip()
        assert values(Viewer(place.address, "parent").ended(), "x") == [(1, 1.0), (3, 3.0)]
        assert values(Viewer(place.address, f"parent-{child}").ended(), "x") == [(2, 2.0)]


@needs_relay
def test_import_terrarium_as_wandb_runs_what_writes_event_files(tmp_path):
    program = """
        import terrarium as wandb
        from tensorboardX import SummaryWriter
        import sys
        wandb.init(project="cleanRL", entity=None, sync_tensorboard=True, config={"env_id": "CartPole-v1", "seed": 1},
                   name="CartPole-v1__ppo__1__17", monitor_gym=True, save_code=True, relay=sys.argv[1])
        writer = SummaryWriter("events")
        writer.add_text("hyperparameters", "|param|value|")
        for step in range(0, 1000, 100):
            writer.add_scalar("charts/episodic_return", step / 10, step)
            writer.add_scalar("charts/episodic_length", 7, step)
            writer.add_scalar("losses/value_loss", 1 / (1 + step), step)
        writer.close()
    """
    with relay(tmp_path / "data") as place:
        command = [sys.executable, "-c", textwrap.dedent(program), place.address]
        done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert done.stderr.count("init: the argument entity has no effect here") == 1
        viewer = Viewer(place.address, "CartPole-v1__ppo__1__17").ended()
    assert values(viewer, "losses/value_loss")[-1] == (900, pytest.approx(1 / 901))
    assert sum(it["count"] for it in viewer.events("episodes")) == 10
    assert viewer.events("run_started")[0]["environment"]["title"] == "CartPole-v1"


@needs_relay
def test_values_of_every_kind_are_told_kept_or_named(tmp_path):
    with relay(tmp_path / "data") as place:
        run = terrarium.init("kinds", name="kinds", relay=place.address)
        run.log(
            {
                "plain": np.float32(0.5),
                "whole": np.int64(3),
                "zero_dimensional": np.array(2.0),
                "nested": {"deep": {"er": 1}},
                "not a number": math.nan,
                "infinite": -math.inf,
                "emoji 🐍/with spaces": 4,
                "histogram": terrarium.Histogram(np.arange(101)),
                "picture": terrarium.Image(np.zeros((4, 6, 3), np.uint8)),
                "table": terrarium.Table(columns=["a", "b"], data=[[1, "x"]]),
            }
        )
        with pytest.warns(UserWarning, match="text is a str, which is no number: it is left out"):
            run.log({"text": "words"})
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            run.log({"text": "words again"})
        run.alert("watch out", "it diverges", level=terrarium.AlertLevel.WARN)
        run.finish()
        viewer = Viewer(place.address, "kinds").ended()
    found = {name: value for it in viewer.events("metrics") for name, value in it["values"].items()}
    assert found.pop("not a number") != found.get("plain")
    assert found == {
        "plain": 0.5, "whole": 3.0, "zero_dimensional": 2.0, "nested/deep/er": 1.0, "infinite": -math.inf,
        "emoji 🐍/with spaces": 4.0, "histogram": 50.0,
    }  # fmt: skip
    statistic = next(it["statistics"]["histogram"] for it in viewer.events("metrics") if "statistics" in it)
    assert (statistic["count"], statistic["min"], statistic["max"], statistic["m2"]) == (101, 0.0, 100.0, 85850.0)
    media = pathlib.Path(run.dir) / "kinds-media"
    assert (media / "picture-0.png").read_bytes().startswith(b"\x89PNG")
    assert (media / "table-0.csv").read_text() == "a,b\n1,x\n"
    notices = [(it["severity"], it["text"]) for it in viewer.events("notice")]
    assert ("warning", "watch out: it diverges") in notices


def test_viewers_see_the_newest_picture(tmp_path):
    def shown(viewer):
        return viewer.states.get("image", {"step": None, "name": None})

    with relay(tmp_path / "data") as place:
        run = terrarium.init("pictures", name="pictures", relay=place.address)
        viewer = Viewer(place.address, "pictures")
        red = np.zeros((40, 60, 3), np.uint8)
        red[..., 0] = 200
        for step in range(50):
            run.reach(step)
            run.show(red, name="rollout")
        viewer.read_until(lambda it: shown(it)["step"] == 49)
        image = shown(viewer)
        assert (image["name"], image["format"]) == ("rollout", "jpeg")
        assert bytes(image["content"]).startswith(b"\xff\xd8\xff")
        # Fewer than were shown: the newest counts.
        assert len(bytes(image["content"])) < red.nbytes
        # What is logged is shown, too, whatever its shape; a file travels as it is.
        for step, pixels in enumerate((red[..., 0], np.dstack([red, red[..., :1]]), red.astype(np.float64) / 255), 100):
            run.log({"logged": terrarium.Image(pixels, caption=f"{pixels.ndim} axes")}, step=step)
            viewer.read_until(lambda it, step=step: shown(it)["step"] == step)
            assert shown(viewer)["caption"] == f"{pixels.ndim} axes"
        file = next((pathlib.Path(run.dir) / "pictures-media").glob("*.png"))
        run.log({"file": terrarium.Image(file)}, step=200)
        viewer.read_until(lambda it: shown(it)["step"] == 200)
        assert (shown(viewer)["format"], bytes(shown(viewer)["content"])) == ("png", file.read_bytes())
        (tmp_path / "words.txt").write_text("words")
        with pytest.warns(UserWarning, match="words.txt is no JPEG, PNG or WebP file"):
            run.show(terrarium.Image(tmp_path / "words.txt"))
        with pytest.raises(ValueError, match=r"a picture is \[height, width\]"):
            run.show(np.zeros(3))
        run.finish()
        viewer.ended()


def test_names_become_those_that_relays_take():
    assert publishing._run_id("CartPole-v1__ppo__1") == "CartPole-v1__ppo__1"
    odd = [publishing._run_id(name) for name in ("a b", "a/b", "🐍", "x" * 99, "..", "")]
    assert len(set(odd)) == 6
    for name in odd:
        assert 1 <= len(name) <= 64
        assert set(name) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")


def test_what_is_wrong_is_named():
    with pytest.raises(RuntimeError, match="call terrarium.init"):
        terrarium.log({"x": 1})
    with pytest.raises(ValueError, match="address"):
        terrarium.init("wrong", relay="ftp://nowhere")
    run = terrarium.init("wrong")
    with pytest.raises(ValueError, match="a step is a whole number from 0 on, not 'three'"):
        run.log({"x": 1}, step="three")
    with pytest.raises(TypeError, match="a dict of values by name, not list"):
        run.log([1])
    for length in (-5, "long"):
        with pytest.raises(ValueError, match="the length of an episode is a whole number from 0 on, not "):
            run.log_episode(1.0, length)
    with pytest.raises(ValueError, match="the return of an episode is a number, not 'much'"):
        run.log_episode("much", 1)
    with pytest.warns(UserWarning, match="save: there is no file"):
        assert run.save("missing-*") == []
    with pytest.raises(ValueError, match="a picture is"):
        terrarium.Image(np.zeros(3))
    with pytest.raises(ValueError, match="a row of 1 values for the 2 columns"):
        terrarium.Table(columns=["a", "b"], data=[[1]])
    run.finish(quiet=True)
    with pytest.raises(RuntimeError, match="this run has finished"):
        run.log({"x": 1})


def _recorded():
    """What the only journal tells, by names of metrics, and its notices."""
    recorded, = terrarium.runs(_journals()[0])
    told = recorded.metrics("dict")
    return recorded, list(zip(told["name"], told["step"], told["value"], strict=True))


def test_a_step_that_is_none_ends_no_training_and_is_counted(capsys):
    run = terrarium.init("steps")
    with pytest.warns(UserWarning, match=r"log: the step -1 is not from 0 to 2\*\*63 - 1, so what was logged with it is left out"):
        run.log({"x": 1}, step=-1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for step in (-2, math.nan, math.inf, -math.inf, np.int64(-5), 2**63, 10**30):
            run.log({"x": 1}, step=step)
    assert (run.dropped, run.step, run.summary) == (8, 0, {})
    run.log({"x": 2}, step=np.array([3]))
    with pytest.warns(UserWarning, match="log_episode: the step -1 is not from 0 .*; the episode counts at the run's own, 3"):
        run.log_episode(np.array([1.5], np.float32), np.array([7]), step=-1)
    # The step metric of others may be none, too: then the one before holds, and before the first the run's own.
    run.define_metric("y", step_metric="epoch")
    for epoch, step in ((math.nan, 4), (1e30, 5), (2, 6)):
        run.log({"y": 1, "epoch": epoch}, step=step)
    run.finish()
    assert "8 calls of log were left out, because their step was not from 0" in capsys.readouterr().err
    recorded, told = _recorded()
    assert ("x", 3, 2.0) in told
    assert [step for name, step, _ in told if name == "y"][-1] == 2
    assert recorded.episodes("dict")["return"] == [1.5]


def test_numbers_of_every_kind_are_taken_and_what_is_none_is_left_out():
    run = terrarium.init("numbers")
    run.log(
        {
            "decimal": decimal.Decimal("0.25"), "fraction": fractions.Fraction(1, 4), "one entry": np.full((1, 1), 0.25),
            "half": np.float16(0.25), "flag": np.bool_(True), "none": decimal.Decimal("sNaN"), 7: 0.25, "name/of a \udcff file": 0.25, "": 0.25,
        }
    )  # fmt: skip
    with pytest.warns(UserWarning) as said:
        run.log({"several": np.arange(3), "complex": np.complex128(1j), "object": np.array(None), "date": np.datetime64("now")})
    words = [str(it.message) for it in said]
    assert "several is a ndarray, which is no number: it is left out. Log terrarium.Histogram(values)" in words[0]
    assert len(words) == 4
    run.alert("\udcff", "a name that is no text")
    run.finish(quiet=True)
    _, told = _recorded()
    names = {name: value for name, _, value in told}
    assert names.pop("flag") == 1.0
    assert math.isnan(names.pop("none"))
    assert names == dict.fromkeys(["decimal", "fraction", "one entry", "half", "7", "name/of a ? file", ""], 0.25)


def test_a_return_that_is_none_is_told_once_and_kept():
    run = terrarium.init("returns")
    with pytest.warns(UserWarning, match="log_episode: the return nan is not finite"):
        run.log_episode(math.nan, 3)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        run.log_episode(np.float32("nan"), 3)
    run.log_episode(1.0, 3)
    run.finish(quiet=True)
    recorded, _ = _recorded()
    assert sum(recorded.episodes("dict")["count"]) == 3


@dataclasses.dataclass
class _Settings:
    __slots__ = ("rate", "seed")
    rate: float
    seed: int


@pytest.mark.parametrize(
    ("config", "seed"),
    [
        ({"rate": math.nan, "seed": np.int64(7)}, 7),
        ({"rate": math.inf, "seed": True}, 1),
        ({"seed": None, "\udcff": "\udcff", 5: {"nested": [1, 2]}}, 0),
        ({"seed": -1, "data": list(range(1_000_000))}, 0),
        ({"seed": 2**60, "weights": np.zeros((300, 300))}, 0),
        ({"seed": 1.5}, 0),
        (_Settings(0.5, 3), 3),
    ],
)
def test_a_configuration_of_anything_begins_a_run(config, seed):
    run = terrarium.init("configured \udcff", config=config)
    run.log({"x": 1})
    run.finish(quiet=True)
    recorded, _ = _recorded()
    assert recorded.config["spec"]["seed"] == seed
    assert len(str(recorded.config)) < 20_000


def test_a_relay_that_does_not_answer_is_named_when_a_run_begins(capsys, monkeypatch):
    run = terrarium.init("nowhere", relay="ws://127.0.0.1:9")
    said = capsys.readouterr().err
    assert "relay away (" in said
    assert "ws://127.0.0.1:9 does not take this run (reason above); it is in " in said
    assert "e.g. ws://127.0.0.1:8080" in said
    monkeypatch.setattr(publishing, "PATIENCE_SECONDS", 0.1)
    run.finish(quiet=True)
    # A script of others need not know of relays: what is wrong with the surroundings does not end it.
    for address, words in (("ftp://nowhere", "begins with ws:// or wss://"), ("a b", "is not an address")):
        monkeypatch.setenv("TERRARIUM_RELAY", address)
        with pytest.warns(UserWarning, match=f"TERRARIUM_RELAY: .*{words}.*runs go into their journals alone"):
            run = terrarium.init("surroundings")
        run.log({"x": 1})
        run.finish(quiet=True)
    assert len(_journals()) == 3


def test_pictures_and_histograms_of_odd_arrays_are_taken_or_named():
    picture = terrarium.Image(np.array([[math.nan, -1.0], [2.0, 0.5]]))
    assert picture.colours()[..., 0].tolist() == [[0, 0], [255, 127]]
    assert terrarium.Image(np.eye(2, dtype=bool)).colours()[..., 0].tolist() == [[255, 0], [0, 255]]
    assert terrarium.Image(np.array([[300, -5]])).colours()[..., 0].tolist() == [[255, 0]]
    assert terrarium.Image(np.zeros((3, 4, 6), np.float32)).colours().shape == (4, 6, 3)
    flipped = np.asfortranarray(np.arange(72, dtype=np.uint8).reshape(4, 6, 3))[::-1, ::-1]
    with terrarium.init("pictures") as run:
        run.show(flipped)
        run.log({"flipped": terrarium.Image(flipped)})
        run.finish(quiet=True)
    with pytest.raises(ValueError, match="pixels are numbers, not <U1"):
        terrarium.Image([["a"]])
    counts = terrarium.Histogram(np_histogram=([1.0, math.nan, 1.0], [0.0, 1.0, 2.0, math.inf]))
    assert counts.numbers == (1, 0.5, 0.0, 0.5, 0.5)
    assert terrarium.Histogram([math.nan, math.inf]).numbers[0] == 0
    assert terrarium.Histogram([1e308, 1e308, -1e308]).numbers[:2] == (3, pytest.approx(1e308 / 3))


def test_an_event_file_of_odd_values_ends_no_training(tmp_path):
    writer = pytest.importorskip("tensorboardX")
    run = terrarium.init("events", sync_tensorboard=True)
    with writer.SummaryWriter(str(tmp_path / "events")) as events:
        for step, length in enumerate((math.nan, math.inf, -1.0, 4.0)):
            events.add_scalar("charts/episodic_return", 1.0, step)
            events.add_scalar("charts/episodic_length", length, step)
    run.finish(quiet=True)
    recorded, _ = _recorded()
    assert recorded.episodes("dict")["length"] == [4.0]


def test_a_number_beyond_what_a_float_holds_ends_no_training():
    with terrarium.init("large") as run:
        run.log({"large": 10**400, "small": -(10**400), "plain": 1.0})
    recorded, = terrarium.runs(_journals()[0])
    told = recorded.metrics("dict")
    assert dict(zip(told["name"], told["value"], strict=True)) == {"large": math.inf, "small": -math.inf, "plain": 1.0}


def test_module_attributes_are_those_of_the_present_run(tmp_path):
    (tmp_path / "weights.bin").write_bytes(b"weights")
    run = terrarium.init("attributes", config={"lr": 0.1})
    assert terrarium.run is run
    terrarium.config.lr = 0.2
    terrarium.config.update({"batch": 32})
    assert dict(run.config) == {"lr": 0.2, "batch": 32}
    terrarium.log({"x": 2})
    assert terrarium.summary == {"x": 2.0}
    copies = terrarium.save(str(tmp_path / "*.bin"))
    assert [pathlib.Path(copy).read_bytes() for copy in copies] == [b"weights"]
    with pytest.raises(AttributeError, match="the configuration has no gamma"):
        terrarium.config.gamma
    with pytest.raises(AttributeError, match="terrarium has no nothing"):
        terrarium.nothing


def test_an_argument_that_is_not_known_is_warned_of_once():
    with pytest.warns(UserWarning, match="init: the argument colour is not known here and has no effect"):
        terrarium.init("warned", colour="red")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        terrarium.init("warned", colour="red")


def test_runs_that_begin_at_the_same_time_are_kept_apart(tmp_path):
    names = {terrarium.init("swept", dir=tmp_path).id for _ in range(50)}
    assert len(names) == 50
    for _ in range(50):
        terrarium.init(name="named", dir=tmp_path)
    terrarium.finish()
    assert len(list(tmp_path.glob("swept-*.terrarium-journal"))) == 50
    assert len(list(tmp_path.glob("named-*.terrarium-journal"))) == 50
