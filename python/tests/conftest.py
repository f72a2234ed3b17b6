"""Every test has a folder of its own, and no relay from outside."""

import pytest

import terrarium


@pytest.fixture(autouse=True)
def alone(monkeypatch, tmp_path):
    for name in ("TERRARIUM_RELAY", "TERRARIUM_PUBLISHER_TOKEN", "TERRARIUM_RELAY_CA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERRARIUM_DIR", str(tmp_path / "runs"))
    yield
    terrarium.finish(quiet=True)
