"""A small scheme that was built once: each test works on a copy of its database, which is faster than building it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from flask import Flask
from sqlalchemy import select

from config import Config
from tests.harness.clock import FixedClock
from tests.harness.databases import Databases
from tests.harness.world import World, build_world
from voucher.accounts.models import Person
from voucher.app import create_app
from voucher.funding.models import Agreement
from voucher.platform.db import db, session
from voucher.platform.keyring import KeyRing
from voucher.providers.models import Package, Provider
from voucher.schemes.models import Round, Scheme

# By what a built world is found again.
ROWS = ("people", "next_number", "scheme_id", "agreement_id", "round_id", "provider_id", "package_id")


@dataclass(frozen=True)
class Ready:
    """A built world at rest: its database, its data folder, and the rows by which it is found again."""

    databases: Databases
    url: str
    data: Path
    people: dict[str, int]
    next_number: int
    scheme_id: int
    agreement_id: int
    round_id: int
    provider_id: int
    package_id: int

    def keep(self, folder: Path) -> None:
        """Writes a world of SQLite down where other processes find it."""
        shutil.copyfile(self.url.removeprefix("sqlite:///"), folder / "database")
        shutil.copytree(self.data, folder / "data")
        (folder / "rows.json").write_text(json.dumps({name: getattr(self, name) for name in ROWS}))

    @classmethod
    def kept(cls, databases: Databases, folder: Path) -> Ready:
        """The world that was written down there."""
        rows = json.loads((folder / "rows.json").read_text())
        return cls(databases, f"sqlite:///{folder / 'database'}", folder / "data", **rows)

    def running(self, config: Config, clock: FixedClock) -> AbstractContextManager[Flask]:
        """An app of a copy of it, with its context pushed."""
        return running(config, clock)

    def after(self, config: Config, world: World) -> Ready:
        """The installation of a copy at rest, after something was done with its world."""
        return _at_rest(self.databases, config, world)

    def world(self, clock: FixedClock, *, now: bool = True) -> World:
        """The world as the database of the current app has it: by now, or as soon as somebody looks at it."""
        world = World(clock, numbers=count(self.next_number), find=self._find)
        if now:
            self._find(world)
        return world

    def _find(self, world: World) -> None:
        known = {person.id: person for person in session.scalars(select(Person))}
        world.people = {name: known[person_id] for name, person_id in self.people.items()}
        world.scheme = session.get_one(Scheme, self.scheme_id)
        world.agreement = session.get_one(Agreement, self.agreement_id)
        world.round = session.get_one(Round, self.round_id)
        world.provider = session.get_one(Provider, self.provider_id)
        world.package = session.get_one(Package, self.package_id)


# The plain world of each maker of databases, which every other one begins as a copy of.
_plain: dict[Databases, Ready] = {}


def grow(databases: Databases, folder: Path, furnish: Callable[[World], None] | None = None) -> Ready:
    """A world in a database of its own, with what a tier wants in it; it is kept until the session ends."""
    if databases not in _plain:
        _plain[databases] = _built(databases, folder / "plain")
    plain = _plain[databases]
    if furnish is None:
        return plain
    url, clock = databases.copy(plain.url), FixedClock()
    databases.keep(url)
    shutil.copytree(plain.data, folder / "data")
    config = Config(folder / "data", url, "http://localhost", testing=True)
    with running(config, clock):
        world = plain.world(clock)
        furnish(world)
        return _at_rest(databases, config, world)


def _built(databases: Databases, folder: Path) -> Ready:
    url, clock = databases.migrated(), FixedClock()
    databases.keep(url)
    config = Config(folder / "data", url, "http://localhost", testing=True)
    KeyRing.create(config.key_ring, clock())
    with running(config, clock):
        return _at_rest(databases, config, build_world(clock))


class Nursery:
    """Worlds that were built once in the session, one for each engine and each beginning."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._ready: dict[tuple[Databases, Callable[[World], None] | None], Ready] = {}

    def ready(self, databases: Databases, furnish: Callable[[World], None] | None = None) -> Ready:
        """The world of that engine with that in it, built when the first test asks for it."""
        key = databases, furnish
        if key not in self._ready:
            self._ready[key] = grow(databases, self._folder / str(len(self._ready)), furnish)
        return self._ready[key]


def _at_rest(databases: Databases, config: Config, world: World) -> Ready:
    return Ready(
        databases=databases,
        url=config.database_url,
        data=config.data,
        people={name: session.merge(person).id for name, person in world.people.items()},
        next_number=next(world.numbers),
        scheme_id=world.scheme.id,
        agreement_id=world.agreement.id,
        round_id=world.round.id,
        provider_id=world.provider.id,
        package_id=world.package.id,
    )


@contextmanager
def copied(ready: Ready, folder: Path, base_url: str = "http://localhost") -> Iterator[Config]:
    """The settings of a copy of the installation, which nobody has opened yet."""
    url = ready.databases.copy(ready.url)
    shutil.copytree(ready.data, folder / "data")
    try:
        yield Config(folder / "data", url, base_url, testing=True)
    finally:
        ready.databases.drop(url)


@contextmanager
def opened(ready: Ready, folder: Path, clock: FixedClock) -> Iterator[tuple[Flask, World]]:
    """An app on a copy of the installation, with its context pushed, and the world in it."""
    with copied(ready, folder) as config, running(config, clock) as app:
        yield app, ready.world(clock)


@contextmanager
def running(config: Config, clock: FixedClock) -> Iterator[Flask]:
    """An app of this installation by that clock, with its context pushed."""
    app = create_app(config, clock=clock)
    with app.app_context():
        try:
            yield app
        finally:
            session.remove()
            for engine in db.engines.values():
                engine.dispose()  # SQLite folds its log into the file once nobody has it open
