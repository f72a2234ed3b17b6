"""What publishing takes: a call of `log`, a training loop at 1 000 logs a second, and `terrarium follow` of a million scalars. One JSON
object a line.

Pairs with and without publishing are measured in turns, medians of five. What a loop loses is told of the training's own thread,
which is what it loses where another core is free, and of the whole process, with the threads that publish. Run with ``TERRARIUM_BINARIES=target/release python python/benches/publishing.py`` where terrarium, tensorboardX
and protobuf are installed.
"""

from __future__ import annotations

import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable

import numpy as np

import terrarium

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "tests"))

ROUNDS = 5
VALUES = {f"metric/{index}": float(index) for index in range(10)}


def call_microseconds() -> float:
    """Of the calling thread, for ten metrics."""
    with tempfile.TemporaryDirectory() as folder, terrarium.init("bench", dir=folder) as run:
        taken = []
        for _ in range(ROUNDS):
            begun = time.thread_time()
            for _ in range(5000):
                run.log(VALUES)
            taken.append((time.thread_time() - begun) / 5000)
            time.sleep(0.2)
        run.finish(quiet=True)
    return 1e6 * statistics.median(taken)


def numbers_for_a_millisecond() -> np.ndarray:
    """So many that their tangents take this machine, as busy as it is, a millisecond of one thread."""
    state = np.linspace(-3.0, 3.0, 100_000)
    begun = time.thread_time()
    for _ in range(50):
        np.tanh(state)
    return state[: int(len(state) * 0.001 / ((time.thread_time() - begun) / 50))]


def loop(state: np.ndarray, steps: int, log: Callable[[int], None] | None) -> tuple[float, ...]:
    """Seconds of processor time of this thread, of the process, and by the clock."""
    clocks = (time.thread_time, time.process_time, time.perf_counter)
    begun = [clock() for clock in clocks]
    for step in range(steps):
        np.tanh(state)
        if log:
            log(step)
    return tuple(clock() - since for clock, since in zip(clocks, begun, strict=True))


def tell_cost(listener: str, log: Callable[[int], None], interfere: Callable[[int], None] = lambda _: None) -> None:
    """Tells by how much a loop that logs once a millisecond is slower."""
    state = numbers_for_a_millisecond()
    own, whole, rates = [], [], []
    for turn in range(ROUNDS):
        interfere(turn)
        # One without, two with, one without: what changes steadily meanwhile weighs on both alike.
        turns = [loop(state, 1000, kind) for kind in (None, log, log, None)]
        own, whole = ([*losses, _loss(turns, clock)] for clock, losses in enumerate((own, whole)))
        rates.append(2000 / (turns[1][2] + turns[2][2]))
    middle = statistics.median
    name = f"1 000 logs a second, relay {listener}, lost"
    tell(f"{name} of the training's own thread, %", 100 * middle(own), at_most=2)
    tell(f"{name} of the process with the threads that publish, %", 100 * middle(whole), logs_per_second=round(middle(rates)))


def tell(name: str, value: float, **more: float) -> None:
    """Prints a figure."""
    print(json.dumps({"name": name, "value": value, **more}), flush=True)


def _loss(turns: list[tuple[float, ...]], clock: int) -> float:
    return (turns[1][clock] + turns[2][clock]) / (turns[0][clock] + turns[3][clock]) - 1


def follow_seconds(folder: pathlib.Path, address: str) -> float:
    """Imports a million scalars: ten tags of 100 000 steps."""
    program = pathlib.Path(os.environ["TERRARIUM_BINARIES"]) / "terrarium-trainer"
    begun = time.perf_counter()
    command = [program, "follow", folder, "--once", "--relay", address, "--spill", folder.parent]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "1000000 values" in said, said
    return time.perf_counter() - begun


def million_scalars(folder: pathlib.Path) -> None:
    """Writes them as tensorboardX frames its records."""
    from tensorboardX.proto.event_pb2 import Event
    from tensorboardX.record_writer import RecordWriter

    folder.mkdir()
    writer = RecordWriter(str(folder / "events.out.tfevents.1"))
    for step in range(100_000):
        event = Event(wall_time=1.7e9 + step, step=step)
        for tag in range(10):
            event.summary.value.add(tag=f"tag/{tag}", simple_value=step * 0.5 + tag)
        writer.write(event.SerializeToString())
    writer.close()


def main() -> None:
    """Measures and prints."""
    from relay import Relay

    tell("log of 10 metrics, microseconds", call_microseconds(), at_most=20)
    with tempfile.TemporaryDirectory() as place:
        folder = pathlib.Path(place)
        running = Relay(folder / "data")
        for name, address in (("there", running.address), ("away", "ws://127.0.0.1:9")):
            with terrarium.init("bench", name=name, dir=folder / "runs", relay=address) as run:
                tell_cost(name, lambda step: run.log(VALUES, step=step))
                terrarium.publishing.PATIENCE_SECONDS = 1.0
                run.finish(quiet=True)
        doomed = Relay(folder / "doomed")
        with terrarium.init("bench", name="killed", dir=folder / "runs", relay=doomed.address) as run:
            tell_cost("killed", lambda step: run.log(VALUES, step=step), lambda turn: doomed.kill() if turn == 1 else None)
            run.finish(quiet=True)
        if "--log-only" in sys.argv:
            running.kill()
            return
        million_scalars(folder / "million")
        seconds = statistics.median(follow_seconds(folder / "million", running.address) for _ in range(ROUNDS))
        tell("follow of 1 000 000 scalars, seconds", seconds, at_most=10)
        running.kill()


if __name__ == "__main__":
    main()
