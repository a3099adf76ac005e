"""The triggers and CHECK constraints of both engines, written down in schema_list.txt.

A change of the schema shows in the diff of that file, where a person sees it. Write it anew after a migration:

    python -m tests.integration.platform.schema_list
"""

from __future__ import annotations

import tempfile
from contextlib import closing
from pathlib import Path

from sqlalchemy import Connection, Engine, NullPool, create_engine, inspect

from tests.harness.databases import Databases, SqliteDatabases
from tests.harness.postgres import postgres_databases

WRITTEN = Path(__file__).with_name("schema_list.txt")
SQLITE_TRIGGERS = "SELECT tbl_name, name, sql FROM sqlite_schema WHERE type = 'trigger'"
POSTGRESQL_TRIGGERS = """
    SELECT relname, tgname, pg_get_triggerdef(pg_trigger.oid) || CASE tgenabled WHEN 'A' THEN ' ALWAYS' ELSE '' END
    FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid WHERE NOT tgisinternal
"""
POSTGRESQL_FUNCTIONS = """
    SELECT 'function', proname, prosrc FROM pg_proc JOIN pg_namespace ON pg_namespace.oid = pronamespace
    WHERE nspname = 'public'
"""


def read_database(engine: Engine) -> list[str]:
    """One line for each trigger, trigger function and CHECK of the database, in order."""
    with engine.connect() as connection:
        lines = _checks(connection)
        for query in (SQLITE_TRIGGERS,) if _is_sqlite(connection) else (POSTGRESQL_TRIGGERS, POSTGRESQL_FUNCTIONS):
            lines += [_line(*row) for row in connection.exec_driver_sql(query)]
    return sorted(lines)


def read_written(engine_kind: str) -> list[str]:
    """The written lines for one engine."""
    lines = [line.partition(": ") for line in WRITTEN.read_text(encoding="utf-8").splitlines()]
    return [rest for kind, _, rest in lines if kind == engine_kind]


def _is_sqlite(connection: Connection) -> bool:
    return connection.dialect.name == "sqlite"


def _checks(connection: Connection) -> list[str]:
    seen = inspect(connection)
    return [
        _line(table, str(check["name"]), f"CHECK ({check['sqltext']})")
        for table in seen.get_table_names()
        for check in seen.get_check_constraints(table)
    ]


def _line(table: str, name: str, definition: str) -> str:
    return f"{table} {name}: {' '.join(definition.split())}"


def _lines(databases: Databases) -> list[str]:
    url = databases.migrated()
    engine = create_engine(url, poolclass=NullPool)
    lines = read_database(engine)
    kind = engine.dialect.name
    engine.dispose()
    databases.drop(url)
    return [f"{kind}: {line}\n" for line in lines]


def main() -> None:
    """Writes the list anew."""
    with tempfile.TemporaryDirectory() as folder, closing(SqliteDatabases(Path(folder))) as sqlite:
        lines = _lines(sqlite)
    with postgres_databases({}) as postgresql:
        lines += _lines(postgresql)
    WRITTEN.write_text("".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
