"""The database: declarative base, column types, and the one place that commits."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, cast

from flask_sqlalchemy import SQLAlchemy
from psycopg.pq import TransactionStatus
from sqlalchemy import BigInteger, DateTime, Dialect, Engine, Index, Insert, Integer, MetaData, String, event, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, scoped_session
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.sql import functions
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeDecorator

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

# SQLite only numbers rows by itself in a column of the type INTEGER.
RowId = BigInteger().with_variant(Integer(), "sqlite")


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in UTC. SQLite forgets the zone: a naive moment is refused on the way in and marked on the way out."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a time zone cannot be stored")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


@compiles(functions.sum, "postgresql")
def _whole_sum(total: functions.sum[Any], compiler: SQLCompiler, **options: Any) -> str:
    # PostgreSQL sums whole numbers to a numeric, which comes back as a Decimal; a sum of pence is pence.
    words = compiler.visit_function(total, **options)
    return f"CAST({words} AS BIGINT)" if isinstance(total.type, Integer) else words


class Base(DeclarativeBase):
    """Every table's base: named constraints, so that messages and migrations can speak of them."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {datetime: UtcDateTime, int: RowId, str: String}

    id: Mapped[int] = mapped_column(RowId, primary_key=True, sort_order=-10)


def new_public_id() -> str:
    """A random address part: 80 bits in lower-case base32-like letters that say nothing about order or number."""
    alphabet = "0123456789abcdefghjkmnpqrstvwxyz"
    return "".join(secrets.choice(alphabet) for _ in range(16))


db = SQLAlchemy(metadata=Base.metadata)
session = cast("scoped_session[Session]", db.session)

_writing: ContextVar[bool] = ContextVar("writing", default=False)


class NestedTransaction(RuntimeError):
    """A command opened a transaction inside one: a programming error, for only the edge opens them."""


def read_anew() -> None:
    """Ends the transaction that reading began, and forgets what was read."""
    session.rollback()


@contextmanager
def atomic() -> Iterator[None]:
    """The one transaction of a request, command or job: commits at the end, rolls back on any exception.

    The read transaction that loading began is ended first, because on SQLite a read that turns into a write fails at
    once whatever the busy timeout; commands read again, under lock, what they decide on, for nothing is believed that
    was read before.
    """
    if _writing.get():
        raise NestedTransaction("atomic() is opened once, at the edge")
    if session.new or session.dirty or session.deleted:
        raise NestedTransaction("something was changed before atomic() was opened")
    read_anew()
    token = _writing.set(True)
    try:
        yield
        session.commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        _writing.reset(token)


@contextmanager
def consistent_read() -> Iterator[None]:
    """One snapshot for many reads: REPEATABLE READ on PostgreSQL, a read transaction on SQLite."""
    read_anew()
    if engine().dialect.name == "postgresql":
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
    try:
        yield
    finally:
        session.rollback()


def engine() -> Engine:
    """The engine of the current app."""
    return db.engine


def changed_one(result: Any) -> bool:
    """Whether a guarded UPDATE hit exactly the one row that it was meant for."""
    return bool(cast(int, result.rowcount) == 1)


PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "busy_timeout=30000",
    "foreign_keys=ON",
    "recursive_triggers=ON",  # without it INSERT OR REPLACE removes a row past the trigger that refuses DELETE
)


def refuse_fractions(given: Any) -> None:
    """Raises TypeError for a number that is not whole: SQLite would keep it, PostgreSQL would round it (rule 17).

    ``given`` are a statement's parameters: a value, values, values by name, or rows of these.
    """
    if isinstance(given, float):
        raise TypeError(f"{given!r} is not whole: amounts are whole pence, shares are ten-thousandths")
    if isinstance(given, (dict, list, tuple)):
        for each in given.values() if isinstance(given, dict) else given:
            refuse_fractions(each)


# What one connection keeps ready: more than the statements that the product has.
PREPARED_MAX = 2000


def prepare_engine(target: Engine) -> None:
    """Sets an engine up for money: nothing but whole numbers goes in.

    SQLite gets WAL, full sync, enforced foreign keys and writers that queue up, too.
    """

    @event.listens_for(target, "before_cursor_execute")
    def executing(
        _connection: Connection, _cursor: object, _statement: str, given: Any, _context: object, _many: bool
    ) -> None:
        refuse_fractions(given)

    if target.dialect.name == "postgresql":
        _keep_prepared(target)
    else:
        _make_careful(target)


def _keep_prepared(target: Engine) -> None:
    """Lets a connection keep its prepared statements when a transaction is rolled back, as every read ends.

    The driver forgets them then, because tables made in the transaction are gone; here only migrations make tables.
    """

    @event.listens_for(target, "connect")
    def connected(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
        connection.prepared_max = PREPARED_MAX

    @event.listens_for(target, "rollback")
    def rolled_back(connection: Connection) -> None:
        if connection.invalidated:  # It was lost, and asking for it would open another.
            return
        wire = connection.connection.driver_connection.pgconn  # type: ignore[union-attr]
        if wire.transaction_status in (TransactionStatus.INTRANS, TransactionStatus.INERROR):
            wire.exec_(b"ROLLBACK")


def _make_careful(target: Engine) -> None:
    @event.listens_for(target, "connect")
    def connected(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in PRAGMAS:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(target, "begin")
    def begun(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if _writing.get() else "BEGIN")


def insert_unless_there(table: type[Base]) -> Insert:
    """An INSERT that passes over rows whose key is there, even when somebody else writes it in the same moment."""
    insert = postgresql.insert if engine().dialect.name == "postgresql" else sqlite.insert
    return insert(table).on_conflict_do_nothing()


def in_list(column: str, values: Sequence[str]) -> str:
    """The text of a CHECK that keeps a column to named values."""
    return f"{column} IN ({', '.join(repr(str(value)) for value in values)})"


def another_person(second: str, first: str) -> str:
    """The text of a CHECK that a step is taken by another person than the one before it, which must have been taken."""
    return f"{second} IS NULL OR ({first} IS NOT NULL AND {second} <> {first})"


def unique_where(name: str, *columns: str, where: str) -> Index:
    """A unique index over the rows that a condition picks; the same on both engines."""
    return Index(name, *columns, unique=True, sqlite_where=text(where), postgresql_where=text(where))
