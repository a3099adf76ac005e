"""A large town out of a small one: what was done in it is copied in the database, many times, with numbers of its own.

Rows that are to be copied have numbers from ``FIRST`` on; those of the town itself, which stand once, lie below. Each
copy shifts all such numbers by the same distance, so that its rows belong together as the first ones do.
"""

from __future__ import annotations

from sqlalchemy import Column, Connection, String, Table, UniqueConstraint

from voucher.tables import METADATA

FIRST, DISTANCE = 1_000_000, 100_000
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


def multiply(connection: Connection, copies: int) -> int:
    """Copies what was done ``copies`` times and gives how many rows there are now; needs a superuser.

    Triggers and foreign keys are not asked meanwhile. What the town itself counts, such as a line's unallocated money,
    stays as it was: the copies are for looking at pages, not for the books.
    """
    connection.exec_driver_sql("SET session_replication_role = replica")
    rows = 0
    for table in METADATA.sorted_tables:
        names = ", ".join(f'"{column.name}"' for column in table.columns)
        values = ", ".join(_copied(column, _unique(table)) for column in table.columns)
        done = connection.exec_driver_sql(
            f'INSERT INTO "{table.name}" ({names}) SELECT {values} FROM "{table.name}" AS was, '
            f"generate_series(1, {copies}) AS copy WHERE was.id >= {FIRST}"
        )
        rows += done.rowcount
    connection.exec_driver_sql("SET session_replication_role = DEFAULT")
    return rows


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
