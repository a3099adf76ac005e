"""The steps that many tests begin with, taken once by the product's own commands and copied from then on.

A test that has a copied world and has done nothing else yet asks for an issued voucher, say. The first time the world
takes that step in the test's own database; the second time it is taken in a database of its own, which this and all
later tests get a copy of. Whatever a test does otherwise, with the database or the clock, ends that for the test.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import wraps
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

import pytest
from sqlalchemy import Engine, event

from config import Config
from tests.harness.clock import FixedClock
from voucher.accounts.models import Person
from voucher.app import office
from voucher.platform.db import db, read_anew, session

if TYPE_CHECKING:
    from tests.harness.ready import Ready
    from tests.harness.world import World

P = ParamSpec("P")
T = TypeVar("T")
Way = tuple["Step", ...]

# What changes nothing begins like this.
LOOKS = ("SELECT", "PRAGMA", "WITH", "BEGIN", "SAVEPOINT", "RELEASE", "SET", "SHOW")
_written: set[str] = set()
_repeated: dict[str, list[Callable[[], None]]] = {}


@dataclass(frozen=True)
class Earlier:
    """What an earlier step of the same test gave."""

    number: int


@dataclass(frozen=True)
class Step:
    """A step by its name, with what it was given."""

    name: str
    given: tuple[object, ...]
    named: tuple[tuple[str, object], ...]


@dataclass(frozen=True)
class Stage:
    """A world at rest after some steps, and what each of them gave: the table and the row."""

    ready: Ready
    results: tuple[tuple[type[Any], int], ...] = ()


def staged(step: Callable[Concatenate[World, P], T]) -> Callable[Concatenate[World, P], T]:
    """Lets a step of the world be copied instead of taken, in tests that allow it."""

    @wraps(step)
    def take(world: World, /, *args: P.args, **options: P.kwargs) -> T:
        journey = world.journey
        if journey is None:
            return step(world, *args, **options)
        world.journey = None
        result: T | None = journey.copied(world, step.__name__, args, options)
        if result is None:
            return step(world, *args, **options)
        world.journey = journey
        return result

    return take


class Stages:
    """The stages that were reached so far in this session, from each world that was built for it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._asked = Counter[tuple[str, Way]]()
        self._grown: dict[tuple[str, Way], Stage] = {}
        self._numbers = count(1)

    def at(self, base: Ready, kind: str, path: Way) -> Stage | None:
        """The stage after these steps, grown when it is asked for again; ``kind`` tells apart who asks."""
        if not path:
            return Stage(base)
        key = base.url + kind, path
        self._asked[key] += 1
        if key not in self._grown and self._asked[key] > 1:
            before = self.at(base, kind, path[:-1])
            if before is not None:
                self._grown[key] = self._grow(before, path[-1])
        return self._grown.get(key)

    def _grow(self, before: Stage, step: Step) -> Stage:
        ready, folder = before.ready, self._folder / str(next(self._numbers))
        clock = FixedClock()
        url = ready.databases.copy(ready.url)
        ready.databases.keep(url)
        shutil.copytree(ready.data, folder / "data")
        config = Config(folder / "data", url, "http://localhost", testing=True)
        with ready.running(config, clock):
            world = ready.world(clock)
            given = [_found(each, before.results) for each in step.given]
            named = {name: _found(value, before.results) for name, value in step.named}
            result = getattr(world, step.name)(*given, **named)
            return Stage(ready.after(config, world), (*before.results, (type(result), result.id)))


@dataclass
class Journey:
    """One test's way along the stages."""

    stages: Stages
    base: Ready
    config: Config
    clock: FixedClock
    kind: str
    patch: pytest.MonkeyPatch | None = None
    path: Way = ()
    results: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._began = self.clock()
        _written.discard(self.config.database_url)
        _repeated[self.config.database_url] = []

    def copied(self, world: World, name: str, args: tuple[Any, ...], options: dict[str, Any]) -> Any:
        """What the step gives, in a copy of a database in which it was taken; None when it has to be taken here."""
        if self.config.database_url in _written or self.clock() != self._began or self._is_patched():
            return None
        given = [self._name(each) for each in args]
        named = {key: self._name(value) for key, value in options.items()}
        if None in given or None in named.values():
            return None
        path = (*self.path, Step(name, tuple(given), tuple(sorted(named.items()))))
        stage = self.stages.at(self.base, self.kind, path)
        return self._jump(world, stage, path) if stage is not None else None

    def _is_patched(self) -> bool:
        """Whether the test has taken something away from the product by now."""
        return self.patch is not None and bool(self.patch._setattr or self.patch._setitem)

    def _name(self, value: object) -> object:
        """How a step names what it was given; None for what cannot be told from one test to the next."""
        if isinstance(value, int | str):
            return value
        return next((Earlier(number) for number, each in enumerate(self.results) if each is value), None)

    def _jump(self, world: World, stage: Stage, path: Way) -> Any:
        read_anew()
        db.engine.dispose()
        self.base.databases.replace(self.config.database_url, stage.ready.url)
        shutil.copytree(stage.ready.data, self.config.data, dirs_exist_ok=True)
        for do in _repeated[self.config.database_url]:
            do()
        _written.discard(self.config.database_url)
        world.numbers = count(stage.ready.next_number)
        for name in stage.ready.people.keys() - world.people.keys():
            world.people[name] = session.get_one(Person, stage.ready.people[name])
        kind, row_id = stage.results[-1]
        self.results.append(session.get_one(kind, row_id))
        self.path = path
        return self.results[-1]


def repeat(do: Callable[[], None]) -> None:
    """Writes what is no step of the world, and writes it again into each copy that takes the database's place."""
    url = office().config.database_url
    is_on_the_way = url in _repeated and url not in _written
    do()
    if is_on_the_way:
        _written.discard(url)
        _repeated[url].append(do)


@event.listens_for(Engine, "before_cursor_execute")
def _note(connection: Any, _cursor: object, statement: str, *_more: object) -> None:
    if not statement.lstrip().upper().startswith(LOOKS):
        _written.add(connection.engine.url.render_as_string(hide_password=False))


def _found(value: object, results: tuple[tuple[type[Any], int], ...]) -> object:
    if isinstance(value, Earlier):
        kind, row_id = results[value.number]
        return session.get_one(kind, row_id)
    return value
