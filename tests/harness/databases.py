"""A database for each test: empty, or copied from one that was migrated once in the session.

Append-only tables cannot be cleaned, so nothing is emptied and used again.
"""

from __future__ import annotations

import shutil
from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import partial
from itertools import count
from pathlib import Path

from sqlalchemy import URL, Engine, StaticPool, create_engine, event

from voucher.platform import schema


class Databases(ABC):
    """A maker of databases on one engine."""

    def __init__(self) -> None:
        self._template: str | None = None
        self._kept: list[str] = []

    @abstractmethod
    def empty(self) -> str:
        """The URL of a new database without tables."""

    @abstractmethod
    def drop(self, url: str) -> None:
        """Takes the database away, whoever is still connected."""

    @abstractmethod
    def copy(self, url: str) -> str:
        """The URL of a new database with all that the other one has; nobody may be connected to that."""

    def promised(self, url: str) -> str:
        """The URL of a database that is made as such a copy when this process first connects to it."""
        return self.copy(url)

    @abstractmethod
    def replace(self, url: str, other: str) -> None:
        """Gives a database all that another one has, and nothing else; nobody may be connected to either."""

    @property
    def template(self) -> str:
        """The URL of a database with today's schema, which stays empty."""
        if self._template is None:
            template = self.empty()
            schema.upgrade(template)
            self._template = template
        return self._template

    def migrated(self) -> str:
        """The URL of a new database with today's schema."""
        return self.copy(self.template)

    def keep(self, url: str) -> None:
        """Takes the database away when the session ends, not before."""
        self._kept.append(url)

    def close(self) -> None:
        """Takes the template and what was kept away."""
        while self._kept:
            self.drop(self._kept.pop())
        if self._template is not None:
            self.drop(self._template)
            self._template = None


class SqliteDatabases(Databases):
    """Files in a folder."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder
        self._numbers = count(1)

    def _path(self, url: str) -> Path:
        return Path(url.removeprefix("sqlite:///"))

    def empty(self) -> str:
        return f"sqlite:///{self._folder / f'{next(self._numbers)}.sqlite3'}"

    def drop(self, url: str) -> None:
        for suffix in ("", "-wal", "-shm"):
            path = self._path(url)
            path.with_name(path.name + suffix).unlink(missing_ok=True)

    def copy(self, url: str) -> str:
        new = self.empty()
        shutil.copyfile(self._path(url), self._path(new))
        return new

    def replace(self, url: str, other: str) -> None:
        self.drop(url)
        shutil.copyfile(self._path(other), self._path(url))


# How databases are made that were promised, by their names.
_promised: dict[str, Callable[[], object]] = {}


@event.listens_for(Engine, "do_connect")
def _keep_promise(_dialect: object, _record: object, _given: object, options: dict[str, object]) -> None:
    make = _promised.pop(str(options.get("dbname")), None)
    if make is not None:
        make()


class PostgresDatabases(Databases):
    """Databases on one server. The prefix tells apart the runs and processes that share it."""

    def __init__(self, server: URL, prefix: str) -> None:
        super().__init__()
        self._server = server
        self._prefix = prefix
        self._numbers = count(1)
        # One connection for all of them: to connect anew takes longer than to drop a database.
        self._admin = create_engine(server, isolation_level="AUTOCOMMIT", poolclass=StaticPool)

    def _run(self, statement: str) -> None:
        with self._admin.connect() as connection:
            connection.exec_driver_sql(statement)

    def _create(self, template: str, name: str = "") -> str:
        name = name or f"{self._prefix}_{next(self._numbers)}"
        # Copying files takes half the time of copying through the log, which only a database in use would need.
        self._run(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY FILE_COPY')
        return self._server.set(database=name).render_as_string(hide_password=False)

    def close(self) -> None:
        super().close()
        self._admin.dispose()

    def empty(self) -> str:
        return self._create("template0")

    def drop(self, url: str) -> None:
        if _promised.pop(_name(url), None) is None:
            self._run(f'DROP DATABASE IF EXISTS "{_name(url)}" WITH (FORCE)')

    def copy(self, url: str) -> str:
        return self._create(_name(url))

    def promised(self, url: str) -> str:
        name = f"{self._prefix}_{next(self._numbers)}"
        _promised[name] = partial(self._create, _name(url), name)
        return self._server.set(database=name).render_as_string(hide_password=False)

    def replace(self, url: str, other: str) -> None:
        self.drop(url)
        self._create(_name(other), _name(url))


def _name(url: str) -> str:
    return url.partition("?")[0].rpartition("/")[2]
