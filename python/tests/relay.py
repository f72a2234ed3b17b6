"""A real relay and a viewer of it."""

from __future__ import annotations

import contextlib
import os
import pathlib
import subprocess
import time
import zlib

import msgpack
import pytest
from websockets.sync.client import connect

# Far beyond what anything takes: a test that waits so long has failed.
NEVER = 60.0

needs_relay = pytest.mark.skipif("TERRARIUM_BINARIES" not in os.environ, reason="needs the programs of this repository")


def until(what, holds):
    """Waits until a condition holds."""
    begun = time.monotonic()
    while not (found := holds()):
        assert time.monotonic() - begun < NEVER, f"in vain: {what}"
        time.sleep(0.02)
    return found


class Relay:
    """A relay's process over a folder."""

    def __init__(self, folder: pathlib.Path, port: int = 0) -> None:
        program = pathlib.Path(os.environ["TERRARIUM_BINARIES"]) / "terrarium-relay"
        self.folder = folder
        self._process = subprocess.Popen(
            [program, "--listen", f"127.0.0.1:{port}", "--data", folder],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for line in self._process.stdout:
            if "http://" in line:
                self.port = int(line.split("http://127.0.0.1:")[1].split("/")[0].split()[0].strip('".,'))
                break
        else:
            raise AssertionError("the relay said no address")
        self.address = f"ws://127.0.0.1:{self.port}/api/v1/stream"

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()
        self._process.stdout.close()


@contextlib.contextmanager
def relay(folder, port=0):
    running = Relay(folder, port)
    try:
        yield running
    finally:
        running.kill()


def event(payload):
    if payload[:1] == b"\x78":
        payload = zlib.decompress(payload)
    return msgpack.unpackb(payload)


class Viewer:
    """A controller that has subscribed to a run."""

    def __init__(self, address: str, run: str) -> None:
        self.run = run
        self.log, self.states, self.answers, self.epoch = [], {}, {}, None
        self._requests = 0
        begun = time.monotonic()
        while True:
            self._socket = connect(address, max_size=8 << 20, legacy=True)
            self._send({"hello": {"protocol": {"major": 1, "minor": 1}, "role": "controller"}})
            self._send({"subscribe": {"run": run, "from": "all"}})
            while True:
                (kind, body), = msgpack.unpackb(self._socket.recv(timeout=NEVER)).items()
                if kind in ("subscribed", "error"):
                    break
            if kind == "subscribed":
                break
            self._socket.close()
            assert time.monotonic() - begun < NEVER, body
            time.sleep(0.02)
        self._take(kind, body)

    def _send(self, message):
        self._socket.send(msgpack.packb(message))

    def _take(self, kind, body):
        if kind == "subscribed":
            self.epoch, self.log = body["epoch"], []
            self._states(body["snapshot"])
        elif kind == "log":
            for entry in body["entries"]:
                (name, value), = event(entry["event"]).items()
                self.log.append((entry["offset"], name, value))
        elif kind == "state":
            self._states(body["entries"])
        elif kind == "answer":
            self.answers[body["request"]] = body["answer"]

    def _states(self, entries):
        for entry in entries:
            (name, value), = event(entry["event"]).items()
            self.states[name] = value

    def read_until(self, holds):
        """Reads until a condition on this viewer holds."""
        begun = time.monotonic()
        while not holds(self):
            assert time.monotonic() - begun < NEVER, (self.log[-3:], self.states, self.answers)
            (kind, body), = msgpack.unpackb(self._socket.recv(timeout=NEVER)).items()
            self._take(kind, body)
        return self

    def ask(self, command):
        """Sends a command; gives the answer."""
        self._requests += 1
        number = self._requests
        self._send({"command": {"run": self.run, "request": number, "command": command}})
        self.read_until(lambda it: number in it.answers)
        return self.answers[number]

    def events(self, kind):
        return [value for _, name, value in self.log if name == kind]

    def ended(self):
        return self.read_until(lambda it: it.events("run_ended"))

    def close(self):
        self._socket.close()


def values(viewer, name):
    """Step and newest value of every event that tells a metric."""
    return [(it["step"], it["values"][name]) for it in viewer.events("metrics") if name in it["values"]]


def count(viewer, name):
    """How many values of a metric have arrived, merged ones included."""
    total = 0
    for it in viewer.events("metrics"):
        if name in it["values"]:
            total += it.get("statistics", {}).get(name, {"count": 1})["count"]
    return total
