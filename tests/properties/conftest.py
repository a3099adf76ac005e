"""Histories start from a copy of one built scheme in which something has happened already."""

from __future__ import annotations

from typing import cast

import pytest

from tests.harness.databases import Databases
from tests.harness.ready import Ready, grow
from tests.properties.history import furnish


@pytest.fixture(scope="session")
def sqlite_ready(sqlite_databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Ready:
    return grow(sqlite_databases, tmp_path_factory.mktemp("ready"), furnish)


@pytest.fixture(scope="session")
def postgresql_ready(postgresql_databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Ready:
    return grow(postgresql_databases, tmp_path_factory.mktemp("ready"), furnish)


@pytest.fixture
def ready(engine_kind: str, request: pytest.FixtureRequest) -> Ready:
    return cast(Ready, request.getfixturevalue(f"{engine_kind}_ready"))
