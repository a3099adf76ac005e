"""Lists page by page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Generic, NamedTuple, TypeAlias, TypeVar

from sqlalchemy import Select

from voucher.platform.db import session

PAGE = 50

T = TypeVar("T")

# A query for several columns or kinds of row at once.
Rows: TypeAlias = Select[*tuple[Any, ...]]


class Listed(NamedTuple, Generic[T]):
    """One page of a list: its rows, which page it is, and whether another one follows."""

    rows: Sequence[T]
    number: int
    more: bool


def page_of(query: Select[T], number: int) -> Listed[T]:
    """One page of a query for one kind of row, which must be ordered with a tie-breaker; pages count from 1."""
    return _page(session.scalars, query, number)


def page_of_rows(query: Rows, number: int) -> Listed[Any]:
    """One page of a query for several columns or kinds of row at once."""
    return _page(session.execute, query, number)


def page_of_read(rows: Sequence[T], number: int) -> Listed[T]:
    """One page of rows that are all in memory."""
    number = min(max(number, 1), 1_000_000)
    first = (number - 1) * PAGE
    return Listed(rows[first : first + PAGE], number, len(rows) > first + PAGE)


def _page(read: Any, query: Any, number: int) -> Listed[Any]:
    number = min(max(number, 1), 1_000_000)
    rows = read(query.offset((number - 1) * PAGE).limit(PAGE + 1)).all()
    return Listed(rows[:PAGE], number, len(rows) > PAGE)
