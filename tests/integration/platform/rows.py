"""Rows for tests of triggers: the least that a table takes, with nothing behind its foreign keys."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import JSON, Connection, Engine, Table, event, insert
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.types import TypeEngine

from voucher.platform.db import UtcDateTime
from voucher.tables import METADATA

LEAST: dict[type, object] = {
    int: 1,
    str: "x",
    bool: False,
    date: date(2026, 4, 7),
}
MOMENT = datetime(2026, 4, 7, 9, 0, tzinfo=UTC)
DROP_CHECKS_AND_FOREIGN_KEYS = """
DO $$ DECLARE found record; BEGIN
FOR found IN SELECT conrelid::regclass AS place, conname FROM pg_constraint
    WHERE contype IN ('c', 'f') AND connamespace = 'public'::regnamespace
LOOP EXECUTE 'ALTER TABLE ' || found.place || ' DROP CONSTRAINT ' || quote_ident(found.conname); END LOOP;
END $$
"""


def loosen(engine: Engine) -> None:
    """Takes CHECKs and foreign keys away, so that only triggers and unique keys are left to refuse anything."""
    if engine.dialect.name == "postgresql":
        with engine.begin() as connection:
            connection.exec_driver_sql(DROP_CHECKS_AND_FOREIGN_KEYS)
        return

    @event.listens_for(engine, "connect")
    def connected(connection: DBAPIConnection, _entry: object) -> None:
        cursor = connection.cursor()
        cursor.execute("PRAGMA foreign_keys=OFF")
        cursor.execute("PRAGMA ignore_check_constraints=ON")
        cursor.close()


def add(connection: Connection, table_name: str, **given: object) -> int:
    """Inserts a row with these values, and the least in every other column that must have one; gives its id."""
    table = METADATA.tables[table_name]
    result = connection.execute(insert(table).values({**least(table), **given}))
    assert result.inserted_primary_key is not None
    return int(result.inserted_primary_key[0])


def least(table: Table) -> dict[str, Any]:
    """Values for the columns that must have one."""
    needed = [column for column in table.columns if not column.nullable and not column.primary_key]
    return {column.name: _least_value(column.type) for column in needed}


def _least_value(kind: TypeEngine[Any]) -> object:
    if isinstance(kind, UtcDateTime):
        return MOMENT
    return {} if isinstance(kind, JSON) else LEAST[kind.python_type]


def drop_triggers(connection: Connection, table: str) -> None:
    """Takes the table's triggers away: the control of a test of them."""
    if connection.dialect.name == "sqlite":
        query = f"SELECT name FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = '{table}'"
        suffix = ""
    else:
        query = f"SELECT tgname FROM pg_trigger WHERE tgrelid = '{table}'::regclass AND NOT tgisinternal"
        suffix = f" ON {table}"
    for (name,) in connection.exec_driver_sql(query).all():
        connection.exec_driver_sql(f"DROP TRIGGER {name}{suffix}")
