"""Races start from a copy of one built scheme."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest
from flask import Flask

from tests.harness.clock import FixedClock
from tests.harness.databases import Databases
from tests.harness.ready import Ready, grow, opened
from tests.harness.world import World


@pytest.fixture(scope="session")
def sqlite_ready(sqlite_databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Ready:
    return grow(sqlite_databases, tmp_path_factory.mktemp("ready"))


@pytest.fixture(scope="session")
def postgresql_ready(postgresql_databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Ready:
    return grow(postgresql_databases, tmp_path_factory.mktemp("ready"))


@pytest.fixture
def ready(engine_kind: str, request: pytest.FixtureRequest) -> Ready:
    return cast(Ready, request.getfixturevalue(f"{engine_kind}_ready"))


@pytest.fixture
def running(ready: Ready, tmp_path: Path, clock: FixedClock) -> Iterator[tuple[Flask, World]]:
    with opened(ready, tmp_path, clock) as both:
        yield both


@pytest.fixture
def app(running: tuple[Flask, World]) -> Flask:
    return running[0]


@pytest.fixture
def world(running: tuple[Flask, World]) -> World:
    return running[1]
