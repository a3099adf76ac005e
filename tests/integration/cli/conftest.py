"""Installations with a shell: fresh ones on each engine, and copies of one that was grown once in the session."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from config import Config
from tests.harness.clock import FixedClock
from tests.harness.once import made_once
from tests.integration.cli.shell import Shell
from tests.integration.cli.town import STAGES, Town


class Snapshot(NamedTuple):
    """A town's data folder, with the database in it, as it stood after a stage, and what its commands had told."""

    folder: Path
    told: dict[str, str]


def _place(folder: Path) -> Config:
    return Config(folder, f"sqlite:///{folder / 'voucher.sqlite3'}", "http://localhost", testing=True)


@pytest.fixture
def shell(place: Config, clock: FixedClock) -> Shell:
    """A fresh installation, on each engine in turn."""
    return Shell(place, clock)


@pytest.fixture(scope="session")
def grown(shared: Path) -> dict[str, Snapshot]:
    """A town on SQLite after each of its stages; what depends on the engine is tested by the journey on both."""
    made = made_once(shared, "town", _grow)
    told = json.loads((made / "told.json").read_text())
    return {stage: Snapshot(made / stage, told[stage]) for stage in STAGES}


def _grow(folder: Path) -> None:
    town, told = Town(Shell(_place(folder / "data"), FixedClock()), folder), {}
    town.shell.run("set-up")
    for stage in STAGES:
        getattr(town, f"with_{stage}")()
        shutil.copytree(folder / "data", folder / stage)
        told[stage] = dict(town.told)
    (folder / "told.json").write_text(json.dumps(told))


@pytest.fixture
def town_at(grown: dict[str, Snapshot], tmp_path: Path, clock: FixedClock) -> Callable[[str], Town]:
    """Gives a town of the test's own as it stood after a stage."""

    def at(stage: str) -> Town:
        shutil.copytree(grown[stage].folder, tmp_path / "data")
        return Town(Shell(_place(tmp_path / "data"), clock), tmp_path, dict(grown[stage].told))

    return at
