"""A scheme's rows many times over, for pages that must not ask the database more because there is more to show.

Copies are made by SQL, each with relations of its own: what is only ever loaded once, because all rows share it, would
hide that a page loads it row by row.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path

from sqlalchemy import Column, String, Table, UniqueConstraint

from voucher.platform.db import Base

# How far the row numbers of one copy lie from those of the next.
APART = 1_000_000

# Tables whose rows are copied, each with the condition on those that are.
Chosen = Mapping[str, str]


def multiply(file: Path, times: int, chosen: Chosen) -> None:
    """Makes of each chosen row so many, in a SQLite file that is for reading from then on.

    A copy belongs to the copies of the rows that its original belongs to, and to the originals of all that is not
    copied. Guards against writing are taken away: nothing that is written here would pass them.
    """
    with closing(sqlite3.connect(file, isolation_level=None)) as database:
        for pragma in ("foreign_keys = OFF", "ignore_check_constraints = ON", "synchronous = OFF"):
            database.execute(f"PRAGMA {pragma}")
        _unguard(database)
        database.execute("BEGIN")
        database.execute("CREATE TEMP TABLE copied (n INTEGER, word TEXT)")
        numbers = [(n, f"{n:03d}-") for n in range(1, times)]
        database.executemany("INSERT INTO copied VALUES (?, ?)", numbers)
        tables = [table for table in Base.metadata.sorted_tables if table.name in chosen]
        for table in tables:
            database.execute(f"CREATE TEMP TABLE of_{table.name} AS SELECT id FROM {table} WHERE {chosen[table.name]}")
        for table in tables:
            values = ", ".join(_value(table, column, chosen) for column in table.columns)
            names = ", ".join(f'"{column.name}"' for column in table.columns)
            database.execute(
                f"INSERT INTO {table} ({names}) SELECT {values} FROM {table} AS old, copied "
                f"WHERE old.id IN (SELECT id FROM of_{table.name})"
            )
        database.execute("COMMIT")


def _unguard(database: sqlite3.Connection) -> None:
    guards = database.execute(
        "SELECT type, name FROM sqlite_master WHERE type = 'trigger' OR type = 'index' AND sql LIKE '%UNIQUE%'"
    ).fetchall()
    for kind, name in guards:
        database.execute(f'DROP {kind} "{name}"')


def _value(table: Table, column: Column[object], chosen: Chosen) -> str:
    """What a copy has in a column, as SQL over the original, ``old``, and the number of the copy."""
    old = f'old."{column.name}"'
    if column.name == "id":
        return f"{old} + n * {APART}"
    if (table.name, column.name) == ("audit_event", "object_id"):
        kinds = " ".join(f"WHEN '{name}' THEN {_moved(old, name)}" for name in chosen)
        return f"CASE old.object_kind {kinds} ELSE {old} END"
    for key in column.foreign_keys:
        if key.column.table.name in chosen:
            return _moved(old, key.column.table.name)
    if column.name in _told_apart_by(table, chosen):
        return f"word || {old}" if isinstance(column.type, String) else f"{old} + n * {APART}"
    return old


def _moved(old: str, name: str) -> str:
    return f"CASE WHEN {old} IN (SELECT id FROM of_{name}) THEN {old} + n * {APART} ELSE {old} END"


def _told_apart_by(table: Table, chosen: Chosen) -> Iterator[str]:
    """The columns that a copy must have to itself, for it shares all others with its original."""
    for each in table.constraints:
        if not isinstance(each, UniqueConstraint):
            continue
        keys = [key.column.table.name for column in each.columns for key in column.foreign_keys]
        own = [column.name for column in each.columns if not column.foreign_keys]
        if own and not any(name in chosen for name in keys):
            yield own[-1]
