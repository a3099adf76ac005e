"""Where it is measured: installations of the tests' small town on databases that survive a power cut."""

from __future__ import annotations

import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from sqlalchemy import create_engine

from config import Config
from tests.harness.clock import FixedClock
from tests.harness.databases import Databases, PostgresDatabases, SqliteDatabases
from tests.harness.postgres import own_server
from tests.harness.ready import running
from tests.harness.world import World, build_world
from voucher.platform.keyring import KeyRing

ENGINES = ("postgresql", "sqlite")
FACE_PENCE = 750_00
BASE_URL = "http://127.0.0.1"
_NUMBERS = count(1)


@dataclass(frozen=True)
class Place:
    """An engine, and a folder that goes away at the end."""

    databases: Databases
    folder: Path

    def new(self) -> Config:
        """A new installation with today's schema and keys."""
        config = Config(self._data(), self.databases.migrated(), BASE_URL, testing=True)
        KeyRing.create(config.key_ring, FixedClock()())
        return config

    @contextmanager
    def copied(self, original: Config) -> Iterator[Config]:
        """A copy of an installation that nobody has open."""
        config = Config(self._data(), self.databases.copy(original.database_url), BASE_URL, testing=True)
        shutil.copytree(original.data, config.data)
        try:
            yield config
        finally:
            self.databases.drop(config.database_url)

    def _data(self) -> Path:
        return self.folder / f"data-{next(_NUMBERS)}"


@contextmanager
def place(engine: str) -> Iterator[Place]:
    """A place to measure in. The server of PostgreSQL is our own, with the settings that it has by itself."""
    folder = Path(tempfile.mkdtemp(prefix="voucher-bench-"))
    try:
        if engine == "sqlite":
            with closing(SqliteDatabases(folder)) as files:
                yield Place(files, folder)
            return
        run = uuid.uuid4().hex[:12]
        server_folder = Path(tempfile.gettempdir()) / f"voucher-bench-server-{os.getpid()}-{run}"
        with own_server(server_folder) as url, closing(PostgresDatabases(url, f"bench_{run}")) as databases:
            yield Place(databases, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def town(config: Config, vouchers: int) -> Iterator[World]:
    """The town in a new installation, with money for so many vouchers; its app's context is pushed."""
    clock = FixedClock()
    with running(config, clock):
        yield build_world(clock, award_pence=(vouchers + 10) * FACE_PENCE * 10 // 9)


def durability(url: str) -> str:
    """What the database itself says of its care, in words."""
    engine = create_engine(url)
    names = ("fsync", "synchronous_commit", "full_page_writes") if url.startswith("postgresql") else ()
    with engine.connect() as connection:
        said = [f"{name} {connection.exec_driver_sql(f'SHOW {name}').scalar()}" for name in names]
        version = connection.dialect.server_version_info or ()
    engine.dispose()
    return f"{engine.dialect.name} {'.'.join(map(str, version))}: {', '.join(said) or 'WAL, synchronous FULL'}"
