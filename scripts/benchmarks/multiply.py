"""A large town out of a small one: what was done in it is copied in the database, many times, with numbers of its own.

Rows that are to be copied have numbers from ``FIRST`` on; those of the town itself, which stand once, lie below. Each
copy shifts all such numbers by the same distance, so that its rows belong together as the first ones do.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import Column, Connection, String, Table, UniqueConstraint, text

from voucher.platform.db import Base
from voucher.tables import METADATA

FIRST, DISTANCE = 1_000_000, 100_000
LOOKED_FOR_BY_A_TRIGGER = "uq_bank_match_payment"
# The number of a copy in letters that every public id may have.
_LETTERS = "translate(lpad(to_hex(copy), 8, '0'), '0123456789abcdef', 'abcdefghjkmnpqrs')"
# Columns whose texts are those of a list; what they stand beside tells the rows apart.
_OF_A_LIST = frozenset({"kind", "operation", "state", "duty"})
# A company number has eight digits, in a copy as well; those of the town itself begin otherwise.
_COMPANY_NUMBER = f"(50000000 + (was.id - {FIRST}) * {DISTANCE} + copy)::text"


def begin_at_first(connection: Connection) -> None:
    """From here on, new rows of every table have numbers from FIRST on."""
    for table in METADATA.tables:
        connection.exec_driver_sql(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), {FIRST})")


def multiply(
    connection: Connection, copies: int, *, kinds: Iterable[type[Base]] | None = None, spread_days: int = 0
) -> int:
    """Copies what was done ``copies`` times and gives how many rows there are now; needs a superuser.

    ``kinds`` are the tables that are copied, else all of them. The money of the copies moves on days up to
    ``spread_days`` before that of the first ones, evenly. Foreign keys are not asked meanwhile, and indexes are made
    anew at the end, which takes a fraction of the time. What the town itself counts, such as a line's unallocated
    money, stays as it was.
    """
    tables = METADATA.sorted_tables
    if kinds is not None:
        names = {kind.__tablename__ for kind in kinds}
        tables = [table for table in tables if table.name in names]
    connection.exec_driver_sql("SET session_replication_role = replica")
    connection.exec_driver_sql("SET LOCAL maintenance_work_mem = '512MB'")
    indexes = _without_indexes(connection, tables)
    rows = sum(_fill(connection, table, copies, spread_days) for table in tables)
    for definition in indexes:
        connection.exec_driver_sql(definition)
    connection.exec_driver_sql("SET session_replication_role = DEFAULT")
    return rows


def _without_indexes(connection: Connection, tables: Sequence[Table]) -> list[str]:
    """Takes the indexes away that no constraint rests on, and gives the statements that make them again.

    Triggers are asked always, and one looks for a payment's other matches by its index.
    """
    found = connection.execute(
        text(
            "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index AS index "
            "JOIN pg_class ON pg_class.oid = indrelid AND pg_class.relname = ANY(:names) "
            "WHERE NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = index.indexrelid) "
            f"AND indexrelid <> '{LOOKED_FOR_BY_A_TRIGGER}'::regclass"
        ),
        {"names": [table.name for table in tables]},
    ).all()
    for name, _definition in found:
        connection.exec_driver_sql(f"DROP INDEX {name}")
    return [definition for _name, definition in found]


def _fill(connection: Connection, table: Table, copies: int, spread_days: int) -> int:
    names = ", ".join(f'"{column.name}"' for column in table.columns)
    unique = _unique(table)
    values = {column.name: _copied(column, unique) for column in table.columns}
    if spread_days and "effective_on" in values:
        values["effective_on"] = f"was.effective_on - (copy * {spread_days} / {copies})::int"
    # What is copied is read once and kept aside: read from the table, it would lie among ever more of its copies.
    done = connection.exec_driver_sql(
        f'INSERT INTO "{table.name}" ({names}) '
        f'WITH was AS MATERIALIZED (SELECT * FROM "{table.name}" WHERE id >= {FIRST}) '
        f"SELECT {', '.join(values.values())} FROM was, generate_series(1::bigint, {copies}) AS copy"
    )
    return done.rowcount


def _copied(column: Column[object], unique: frozenset[str]) -> str:
    """The value of a column in a copy."""
    name = f'was."{column.name}"'
    if column.primary_key or column.foreign_keys or column.name.endswith("_id"):
        if isinstance(column.type, String):  # a public id, of sixteen letters and digits
            return f"left({name}, 8) || {_LETTERS}"
        return f"CASE WHEN {name} >= {FIRST} THEN {name} + copy * {DISTANCE} ELSE {name} END"
    if column.table.name == "identifier" and column.name == "value":
        return _COMPANY_NUMBER
    return f"{name} || '-' || copy" if column.name in unique else name


def _unique(table: Table) -> frozenset[str]:
    """The texts of which a copy needs its own, because some rule says that they are there once."""
    indexes = [index.columns for index in table.indexes if index.unique]
    rules = [rule.columns for rule in table.constraints if isinstance(rule, UniqueConstraint)]
    return frozenset(
        column.name
        for columns in (*indexes, *rules)
        for column in columns
        if isinstance(column.type, String) and column.name not in _OF_A_LIST
    )
