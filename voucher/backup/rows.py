"""Rows as text that is the same on both engines: what a backup holds, and what its digests are made over.

A table is read and filled by the columns that the backup names and never by today's models, so that a backup of an
older schema can be loaded into that schema and brought to the newest one afterwards.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import cached_property
from itertools import islice
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Connection,
    Date,
    Integer,
    MetaData,
    String,
    TableClause,
    column,
    delete,
    insert,
    select,
    table,
    text,
    update,
)
from sqlalchemy.exc import DBAPIError
from sqlalchemy.types import TypeEngine

from voucher.backup.errors import BackupError
from voucher.platform.db import UtcDateTime

BATCH = 1_000
# No posting can be added to a period that is closed already, so agreements are closed when all postings are there.
WITHHELD = {"agreement": "closed_through"}


class Kind(StrEnum):
    """What a column holds, whatever an engine calls its type."""

    WHOLE = "whole"
    TEXT = "text"
    FLAG = "flag"
    DAY = "day"
    MOMENT = "moment"
    JSON = "json"


# In this order, for a type of ours may be a child of one of the library's.
_KINDS: dict[type[TypeEngine[Any]], Kind] = {
    UtcDateTime: Kind.MOMENT,
    Date: Kind.DAY,
    Boolean: Kind.FLAG,
    JSON: Kind.JSON,
    Integer: Kind.WHOLE,
    String: Kind.TEXT,
}
_TYPES: dict[Kind, TypeEngine[Any]] = {
    Kind.WHOLE: BigInteger(),
    Kind.TEXT: String(),
    Kind.FLAG: Boolean(),
    Kind.DAY: Date(),
    Kind.MOMENT: UtcDateTime(),
    Kind.JSON: JSON(),
}
_READERS: dict[Kind, Callable[[str], object]] = {Kind.DAY: date.fromisoformat, Kind.MOMENT: datetime.fromisoformat}


@dataclass(frozen=True)
class Shape:
    """A table's name and its columns, in order."""

    name: str
    columns: dict[str, Kind]

    @cached_property
    def table(self) -> TableClause:
        """The table as statements name it."""
        return table(self.name, *(column(name, _TYPES[kind]) for name, kind in self.columns.items()))

    def read(self, line: bytes) -> dict[str, object]:
        """The values of a row that ``lines`` wrote."""
        row = json.loads(line)
        return {name: self._value(kind, row[name]) for name, kind in self.columns.items()}

    def _value(self, kind: Kind, value: object) -> object:
        reader = _READERS.get(kind)
        return reader(str(value)) if reader and value is not None else value


def shapes(metadata: MetaData) -> list[Shape]:
    """Every table, each after those that it refers to; raises TypeError for a column that no backup can hold."""
    return [
        Shape(found.name, {each.name: _kind(each.type, f"{found.name}.{each.name}") for each in found.columns})
        for found in metadata.sorted_tables
    ]


def _kind(declared: TypeEngine[Any], name: str) -> Kind:
    for known, kind in _KINDS.items():
        if isinstance(declared, known):
            return kind
    raise TypeError(f"{name} is a {declared!r}, which backups do not know")


def lines(connection: Connection, shape: Shape) -> Iterator[bytes]:
    """Every row as a line of JSON, in the order of ids; read in parts, so that a large table needs little memory."""
    query = select(shape.table).order_by(shape.table.c.id)
    found = connection.execute(query, execution_options={"stream_results": True, "yield_per": BATCH})
    for row in found.mappings():
        yield json.dumps(dict(row), ensure_ascii=False, separators=(",", ":"), default=_iso).encode() + b"\n"


def _iso(value: object) -> str:
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    raise TypeError(f"a {type(value).__name__} cannot stand in a backup")


def digest(connection: Connection, shape: Shape) -> tuple[int, str]:
    """How many rows a table has, and the SHA-256 of its lines."""
    found, count = hashlib.sha256(), 0
    for line in lines(connection, shape):
        found.update(line)
        count += 1
    return count, found.hexdigest()


class Loader:
    """Fills an empty schema in one transaction of the caller's."""

    def __init__(self, connection: Connection, tables: Iterable[Shape]) -> None:
        self._connection = connection
        self._tables = list(tables)
        self._withheld: list[tuple[Shape, object, object]] = []

    def clear(self) -> None:
        """Takes away what the migrations themselves wrote, for the backup has it too."""
        for shape in reversed(self._tables):
            self._connection.execute(delete(shape.table))

    def load(self, shape: Shape, source: Iterable[bytes]) -> None:
        """Adds a table's rows in the order of the lines; raises BackupError, naming the table, when one is refused."""
        rows = (self._without_withheld(shape, shape.read(line)) for line in source)
        try:
            while batch := list(islice(rows, BATCH)):
                self._connection.execute(insert(shape.table), batch)
        except (DBAPIError, ValueError, KeyError) as error:
            why = str(error.orig if isinstance(error, DBAPIError) else error).partition("\n")[0]
            raise BackupError("not_loaded", f"The rows of {shape.name} cannot be loaded: {why}") from error

    def finish(self) -> None:
        """Writes what was withheld, and lets the next new row follow the last one."""
        for shape, row_id, value in self._withheld:
            changed = update(shape.table).where(shape.table.c.id == row_id)
            self._connection.execute(changed.values({WITHHELD[shape.name]: value}))
        if self._connection.dialect.name == "postgresql":
            for shape in self._tables:
                self._number_on(shape)

    def _without_withheld(self, shape: Shape, row: dict[str, object]) -> dict[str, object]:
        name = WITHHELD.get(shape.name)
        if name is None or row.get(name) is None:
            return row
        self._withheld.append((shape, row["id"], row[name]))
        return row | {name: None}

    def _number_on(self, shape: Shape) -> None:
        last = self._connection.scalar(select(shape.table.c.id).order_by(shape.table.c.id.desc()).limit(1))
        if last is not None:
            sequence = text("SELECT setval(pg_get_serial_sequence(:name, 'id'), :last)")
            self._connection.execute(sequence, {"name": f'"{shape.name}"', "last": last})
