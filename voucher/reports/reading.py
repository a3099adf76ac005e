"""Reading many rows by their numbers with few queries, so that a long period is not read row by row."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm.interfaces import ORMOption

from voucher.platform.db import Base, session

AT_ONCE = 500
Thing = TypeVar("Thing")
Model = TypeVar("Model", bound=Base)


def in_portions(things: Sequence[Thing]) -> Iterator[Sequence[Thing]]:
    """The things, so many at a time."""
    for start in range(0, len(things), AT_ONCE):
        yield things[start : start + AT_ONCE]


def by_id(kind: type[Model], ids: Iterable[int], *options: ORMOption) -> dict[int, Model]:
    """The rows of a table with these numbers, by their number."""
    wanted = sorted(set(ids))
    return {
        row.id: row
        for portion in in_portions(wanted)
        for row in session.scalars(select(kind).where(kind.id.in_(portion)).options(*options))
    }
