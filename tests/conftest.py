"""Fixtures for every tier. A test that asks for a place, an app or a client runs once on each engine."""

from __future__ import annotations

import gc
import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from io import StringIO
from pathlib import Path
from typing import cast
from zlib import crc32

import pytest
from flask import Flask
from hypothesis import settings
from slipcover import print_coverage
from sqlalchemy import Engine, create_engine
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

from config import Config
from tests.harness import compiled, hashing
from tests.harness.client import PageClient
from tests.harness.clock import FixedClock
from tests.harness.databases import Databases, SqliteDatabases
from tests.harness.postgres import postgres_databases
from tests.harness.ready import Nursery, Ready
from tests.harness.sketches import sketched as sketched
from tests.harness.sockets import Guard
from tests.harness.stages import Journey, Stages
from tests.harness.world import World, copied_to
from voucher.app import create_app
from voucher.platform.db import db, prepare_engine
from voucher.platform.keyring import KeyRing

GUARD = Guard()
# Where tests begin with steps that others begin with, too.
JOURNEYS = {"integration", "journeys"}
# Tests of these are divided one by one.
SCATTERED = {"browser", "concurrency", "properties"}
ENGINE = re.compile(r"\[(sqlite|postgresql)\b")
# Whoever asks for one of these by a fixture or an import looks at pages.
LOOKS_AT_PAGES = {"client", "PageClient", "browser_of"}
# What rests on the engine itself: checks, triggers and locks, the ledger, the trail.
OF_THE_ENGINE = {"platform", "audit", "test_ledger_rules.py", "test_change_rules.py"}
# What was found once in a history, and how a paper is drawn: of each test one engine has its turn.
IN_TURN = {"test_found.py", "test_drawing.py"}
# The main job, from a business's application to money that the bank shows, and what can go wrong with a payment.
ON_BOTH = {"test_normal_journey.py", "test_paper_to_paper.py", "test_payments.py"}


def pytest_configure() -> None:
    # How long an example takes says something of the machine, and nothing of what is tested.
    settings.register_profile("untimed", deadline=None)
    settings.load_profile("untimed")
    GUARD.install()
    compiled.install()
    hashing.install()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--share-engines",
        action="store_true",
        help="divide what does not rest on the engine between the two of them instead of running all of it on both",
    )


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--share-engines"):
        _share_engines(config, items)
    for item in items:
        if _engine(item) == "postgresql":
            item.add_marker("postgres")


class ByModule(LoadScopeScheduling):  # type: ignore[misc]
    """One process takes a module's tests, those on one engine at a time, so that what they begin with is built once.

    What works for seconds in each test, or has nothing to build, goes to whichever process is free.
    """

    def _split_scope(self, nodeid: str) -> str:
        module, _separator, test = nodeid.partition("::")
        if SCATTERED & set(Path(module).parts):
            return nodeid
        engine = ENGINE.search(test)
        return f"{module} {engine[1]}" if engine else module


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> ByModule:
    """How scripts/test divides the tests between its processes."""
    return ByModule(config, log)


def _engine(item: pytest.Item) -> str:
    return str(getattr(getattr(item, "callspec", None), "params", {}).get("engine_kind", ""))


def _share_engines(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves each module with tests of pages, commands or a side way on one engine, a sixth of them on PostgreSQL.

    What a module's tests begin with is built once so; where each builds its own, they take turns. The main journeys,
    races, random histories and what rests on the engine itself run on both; that each page answers on PostgreSQL has a
    test of its own.
    """
    engines: dict[str, set[str]] = {}
    test_of = {item: item.nodeid.replace(_engine(item), "", 1) if _engine(item) else "" for item in items}
    for item in items:
        if test_of[item] and _is_shared(item):
            engines.setdefault(test_of[item], set()).add(_engine(item))
    left_out = set[pytest.Item]()
    for item in items:
        choice = sorted(engines.get(test_of[item], ()))
        if len(choice) == 2 and _engine(item) != choice[_on_sqlite(config, item, test_of[item])]:
            left_out.add(item)
    config.hook.pytest_deselected(items=list(left_out))
    items[:] = [item for item in items if item not in left_out]


def _on_sqlite(config: pytest.Config, item: pytest.Item, test: str) -> bool:
    if item.path.name in IN_TURN:
        return crc32(test.encode()) % 2 != 0
    return crc32(item.path.relative_to(config.rootpath).as_posix().encode()) % 6 != 1


def _is_shared(item: pytest.Item) -> bool:
    parts = set(item.path.parts)
    looks = LOOKS_AT_PAGES & {*getattr(item, "fixturenames", ()), *vars(getattr(item, "module", item))}
    side_way = "journeys" in parts and not ON_BOTH & parts
    return (
        bool(looks) or side_way or item.path.name in IN_TURN or ("integration" in parts and not OF_THE_ENGINE & parts)
    )


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish() -> None:
    """Looks once for what nobody holds any more, and what complains of its end; pytest would look five times more."""
    gc.collect()
    gc.freeze()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Shows the lines and branches that no test ran, where scripts/test had them counted, above the summary."""
    counted = Path(os.environ.get("SLIPCOVER_COVERAGE_DIR", ""), "merged.json")
    if counted.is_file():
        table = StringIO()
        print_coverage(json.loads(counted.read_text()), outfile=table, skip_covered=True)
        terminalreporter.write_line(table.getvalue())


@pytest.fixture(autouse=True)
def nothing_outside() -> Iterator[None]:
    GUARD.refused.clear()
    yield
    assert not GUARD.refused, f"the test reached beyond this machine: {GUARD.refused}"


@pytest.fixture(scope="session")
def shared(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all processes of a run have in common."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if hasattr(request.config, "workerinput") else own


@pytest.fixture(scope="session")
def sqlite_databases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Databases]:
    with closing(SqliteDatabases(tmp_path_factory.mktemp("sqlite"))) as made:
        yield made


@pytest.fixture(scope="session")
def postgresql_databases(request: pytest.FixtureRequest) -> Iterator[Databases]:
    with postgres_databases(getattr(request.config, "workerinput", {})) as made:
        yield made


@pytest.fixture(params=["sqlite", "postgresql"])
def engine_kind(request: pytest.FixtureRequest) -> str:
    """Both engines in turn. Parametrize it indirectly, with one of the two, where a test is about that one."""
    return str(request.param)


@pytest.fixture
def databases(engine_kind: str, request: pytest.FixtureRequest) -> Databases:
    return cast(Databases, request.getfixturevalue(f"{engine_kind}_databases"))


@pytest.fixture
def empty_url(databases: Databases) -> Iterator[str]:
    """A database without tables."""
    url = databases.empty()
    yield url
    databases.drop(url)


@pytest.fixture(scope="session")
def nursery(tmp_path_factory: pytest.TempPathFactory) -> Nursery:
    return Nursery(tmp_path_factory.mktemp("worlds"))


@pytest.fixture
def ready_world(request: pytest.FixtureRequest, nursery: Nursery, databases: Databases) -> Ready | None:
    """For a test that asks for a world: one that was built before, to be copied.

    A module whose tests all begin with the same deeds names a function that does them as BEGINS_WITH.
    """
    if "world" not in request.fixturenames:
        return None
    return nursery.ready(databases, getattr(request.module, "BEGINS_WITH", None))


@pytest.fixture
def database_url(databases: Databases, ready_world: Ready | None) -> Iterator[str]:
    """A fresh installation's database, or that of a copied world."""
    # What a test does first mostly puts another copy in its place.
    url = databases.promised(ready_world.url) if ready_world else databases.migrated()
    yield url
    databases.drop(url)


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """A fresh installation's database without the app, for raw SQL."""
    prepare_engine(made := create_engine(database_url))
    yield made
    made.dispose()


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture(scope="session")
def stages(tmp_path_factory: pytest.TempPathFactory) -> Stages:
    """What tests have done first with their worlds so far."""
    return Stages(tmp_path_factory.mktemp("stages"))


def _begin(request: pytest.FixtureRequest, stages: Stages, ready: Ready, config: Config, clock: FixedClock) -> World:
    """A copied world; its first steps may be copied, too, unless the test looks at the database itself."""
    world, names = ready.world(clock, now=False), set(request.fixturenames)
    if JOURNEYS & set(request.path.parts) and "engine" not in names:
        patch = request.getfixturevalue("monkeypatch") if "monkeypatch" in names else None
        world.journey = Journey(stages, ready, config, clock, "sketched" if "sketched" in names else "", patch)
    return world


@pytest.fixture
def place(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    database_url: str,
    ready_world: Ready | None,
    clock: FixedClock,
    stages: Stages,
) -> Config:
    """An installation: a data folder, a key ring and a migrated database, with a copied world when one is asked for."""
    config = Config(tmp_path / "data", database_url, "http://localhost", testing=True)
    if ready_world:
        shutil.copytree(ready_world.data, config.data)
        copied_to[config.data] = partial(_begin, request, stages, ready_world, config)
    else:
        KeyRing.create(config.key_ring, clock())
    return config


@pytest.fixture
def app(place: Config, clock: FixedClock) -> Iterator[Flask]:
    """The app of that installation, by the test's clock, with its context pushed."""
    made = create_app(place, clock=clock)
    with made.app_context():
        yield made
        db.session.remove()
        for used in db.engines.values():
            used.dispose()


@pytest.fixture
def client(app: Flask) -> PageClient:
    """A person's browser; ``PageClient(app)`` makes another."""
    return PageClient(app)
