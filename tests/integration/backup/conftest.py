"""Filled books with a backup of them, made once for each engine, and an empty place to restore to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest
from sqlalchemy import make_url

from config import Config
from tests.harness.databases import Databases
from tests.integration.backup.books import Books, make_books
from voucher.backup import target as target_module
from voucher.platform import schema

KINDS = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]


@pytest.fixture(scope="session")
def sqlite_books(sqlite_databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Books:
    return make_books(sqlite_databases.migrated(), tmp_path_factory.mktemp("sqlite-books"))


@pytest.fixture(scope="session")
def postgresql_books(postgresql_databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Books]:
    url = postgresql_databases.migrated()
    yield make_books(url, tmp_path_factory.mktemp("postgresql-books"))
    postgresql_databases.drop(url)


@pytest.fixture
def step_by_step() -> None:
    """For a test whose restore takes each migration in turn, as the product does."""


@pytest.fixture(autouse=True)
def migrated_at_once(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Today's schema is copied where a restore would come to it by all migrations, which takes longer than the rest."""
    step_by_step, today = target_module.migrate, schema.head()

    def migrate(url: str, revision: str) -> None:
        if revision != today or schema.current(url):
            step_by_step(url, revision)
            return
        databases: Databases = request.getfixturevalue(f"{make_url(url).get_backend_name()}_databases")
        databases.replace(url, databases.template)

    if "step_by_step" not in request.fixturenames:
        monkeypatch.setattr(target_module, "migrate", migrate)


@pytest.fixture
def books(engine_kind: str, request: pytest.FixtureRequest) -> Books:
    """The books on each engine; whatever a test changes in their place it puts back."""
    return cast(Books, request.getfixturevalue(f"{engine_kind}_books"))


@pytest.fixture(params=KINDS)
def target_kind(request: pytest.FixtureRequest) -> str:
    """The engine that is restored to. Parametrize it indirectly, with one of the two, where one will do."""
    return str(request.param)


@pytest.fixture
def target_databases(target_kind: str, request: pytest.FixtureRequest) -> Databases:
    return cast(Databases, request.getfixturevalue(f"{target_kind}_databases"))


@pytest.fixture
def target(target_databases: Databases, tmp_path: Path) -> Iterator[Config]:
    """A place with nothing in it: no data folder and a database without tables."""
    url = target_databases.empty()
    yield Config(tmp_path / "new" / "data", url, "http://localhost", testing=True)
    target_databases.drop(url)
