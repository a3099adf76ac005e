"""The database itself refuses to change what was written down, whatever the code above it does."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from sqlalchemy import Engine, Index, UniqueConstraint, create_engine
from sqlalchemy.exc import DBAPIError

from tests.harness.databases import Databases
from tests.integration.platform.rows import MOMENT, add, drop_triggers, loosen
from tests.integration.platform.schema_list import read_database
from voucher.platform.db import prepare_engine
from voucher.tables import METADATA

ON_SQLITE = pytest.mark.parametrize("engine_kind", ["sqlite"], indirect=True)
ON_POSTGRESQL = pytest.mark.parametrize("engine_kind", ["postgresql"], indirect=True)
APPEND_ONLY = (
    "agreement_conditions",
    "assistance",
    "audit_event",
    "audit_sample_item",
    "audit_seal",
    "audit_seal_member",
    "bank_match",
    "bank_statement",
    "claim_answer",
    "concentration_rule",
    "entry",
    "irregularity_event",
    "exception_resolution",
    "file_template",
    "finding",
    "funder_form",
    "indicator",
    "indicator_set",
    "opening_item",
    "other_match",
    "posting",
    "redemption_version",
    "request_key",
    "sampling_rule",
    "statement_version",
    "subsidy_publication",
    "subsidy_record",
    "task_result",
    "terms",
    "vetting_result",
)
CHANGES = {
    "sqlite": (
        "UPDATE {table} SET id = id",
        "INSERT OR REPLACE INTO {table} SELECT * FROM {table}",
        "DELETE FROM {table}",
    ),
    "postgresql": ("UPDATE {table} SET id = id", "DELETE FROM {table}", "TRUNCATE {table} CASCADE"),
}
# Where a unique key has an empty column, or holds for some rows only, nothing is replaced through it.
NEEDED_FOR_UNIQUE: dict[str, dict[str, object]] = {
    "bank_match": {"kind": "payment", "payment_id": 1},
    "opening_item": {"kind": "payment"},
    "subsidy_record": {"kind": "letter", "application_id": 1},
}


def run(engine: Engine, statement: str) -> int:
    with engine.begin() as connection:
        return connection.exec_driver_sql(statement).rowcount


@pytest.fixture(scope="module")
def loosened() -> Iterator[dict[Databases, str]]:
    """A database on each engine that was asked for, of which each test has a copy."""
    made: dict[Databases, str] = {}
    yield made
    for databases, url in made.items():
        databases.drop(url)


@pytest.fixture
def database_url(databases: Databases, loosened: dict[Databases, str]) -> Iterator[str]:
    if databases not in loosened:
        loosened[databases] = databases.migrated()
        prepare_engine(engine := create_engine(loosened[databases]))
        loosen(engine)
        engine.dispose()
    url = databases.copy(loosened[databases])
    yield url
    databases.drop(url)


@pytest.fixture(autouse=True)
def loose(engine: Engine) -> None:
    """On SQLite it is each connection that leaves checks and foreign keys aside."""
    if engine.dialect.name == "sqlite":
        loosen(engine)


def prepared(engine: Engine, table: str) -> None:
    with engine.begin() as connection:
        add(connection, table, **NEEDED_FOR_UNIQUE.get(table, {}))


def without_triggers(engine: Engine, table: str) -> None:
    with engine.begin() as connection:
        drop_triggers(connection, table)


@pytest.mark.rule(24, 55)
@pytest.mark.parametrize("table", APPEND_ONLY)
def test_a_row_that_was_written_down_cannot_be_changed_or_removed(engine: Engine, engine_kind: str, table: str) -> None:
    prepared(engine, table)
    statements = [change.format(table=table) for change in CHANGES[engine_kind]]
    for statement in statements:
        with pytest.raises(DBAPIError, match=f"{table} is append-only"):
            run(engine, statement)
    without_triggers(engine, table)
    done = [run(engine, statement) for statement in statements]
    assert done[:2] == [1, 1]


@pytest.mark.rule(24)
def test_the_tables_that_refuse_changes_are_these(engine: Engine) -> None:
    refusing = {line.split()[0] for line in read_database(engine) if "append-only" in line or "refuse_change()" in line}
    assert refusing - {"function"} == set(APPEND_ONLY)


def unique_keys(table: str) -> list[object]:
    found = METADATA.tables[table]
    keys: list[object] = [each for each in found.constraints if isinstance(each, UniqueConstraint)]
    return keys + [each for each in found.indexes if isinstance(each, Index) and each.unique]


@pytest.mark.rule(24)
@ON_SQLITE
@pytest.mark.parametrize("table", [table for table in APPEND_ONLY if unique_keys(table)])
def test_a_row_cannot_be_replaced_through_another_unique_key_than_its_id(engine: Engine, table: str) -> None:
    prepared(engine, table)
    columns = ", ".join(f'"{column.name}"' for column in METADATA.tables[table].columns if column.name != "id")
    replace = f"INSERT OR REPLACE INTO {table} ({columns}) SELECT {columns} FROM {table}"
    with pytest.raises(DBAPIError, match=f"{table} is append-only"):
        run(engine, replace)
    without_triggers(engine, table)
    run(engine, replace)
    assert run(engine, f"UPDATE {table} SET id = id") == 1


@pytest.mark.rule(24)
@ON_POSTGRESQL
def test_a_session_that_plays_a_replica_gets_no_further(engine: Engine) -> None:
    with engine.connect() as connection:
        if not connection.exec_driver_sql("SELECT rolsuper FROM pg_roles WHERE rolname = current_user").scalar():
            pytest.skip("this account may not play a replica")
    prepared(engine, "posting")
    with pytest.raises(DBAPIError, match="posting is append-only"):
        run(engine, "SET session_replication_role = replica; UPDATE posting SET pence = 2")
    run(engine, "ALTER TABLE posting ENABLE TRIGGER posting_append_only")
    with engine.begin() as connection:
        connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        assert connection.exec_driver_sql("UPDATE posting SET pence = 2").rowcount == 1


def add_posting(engine: Engine, day: date) -> None:
    with engine.begin() as connection:
        add(connection, "posting", effective_on=day)


@pytest.fixture
def closed(engine: Engine) -> Engine:
    """An agreement closed through 31 March 2026, with a line that postings go to, and an open one."""
    with engine.begin() as connection:
        for name, through in (("A", date(2026, 3, 31)), ("B", None)):
            agreement = add(connection, "agreement", public_id=name, reference=name, closed_through=through)
            add(connection, "funding_line", agreement_id=agreement, code=name)
    return engine


@pytest.mark.rule(24, 55)
def test_a_posting_in_a_closed_period_is_refused(closed: Engine) -> None:
    for day in (date(2026, 3, 31), date(2025, 12, 1)):
        with pytest.raises(DBAPIError, match="closed period"):
            add_posting(closed, day)
    add_posting(closed, date(2026, 4, 1))
    with closed.begin() as connection:
        add(connection, "posting", line_id=2, effective_on=date(2025, 12, 1))
    without_triggers(closed, "posting")
    add_posting(closed, date(2026, 3, 31))
    assert run(closed, "UPDATE posting SET id = id") == 3


FROZEN = ("data", "data_hash", "period_to", "signed_by", "ledger_balance_pence")


@pytest.fixture
def signed(engine: Engine) -> Engine:
    """One signed statement."""
    with engine.begin() as connection:
        add(connection, "statement", state="signed", signed_by=2, signed_at=MOMENT)
    return engine


@pytest.mark.rule(55)
@pytest.mark.parametrize("column", FROZEN)
def test_a_signed_statement_cannot_be_changed(signed: Engine, column: str) -> None:
    value = "'2026-06-30'" if column == "period_to" else "'7'"
    change = f"UPDATE statement SET {column} = {value}"
    with pytest.raises(DBAPIError, match="statement is signed"):
        run(signed, change)
    assert run(signed, "UPDATE statement SET state = 'sent'") == 1
    without_triggers(signed, "statement")
    assert run(signed, change) == 1


REMOVALS = {
    "sqlite": (
        "DELETE FROM statement",
        "INSERT OR REPLACE INTO statement SELECT * FROM statement",
    ),
    "postgresql": ("DELETE FROM statement", "TRUNCATE statement CASCADE"),
}


@pytest.mark.rule(55)
def test_a_signed_statement_cannot_be_removed_or_replaced(signed: Engine, engine_kind: str) -> None:
    for statement in REMOVALS[engine_kind]:
        with pytest.raises(DBAPIError, match="statement is signed"):
            run(signed, statement)
    without_triggers(signed, "statement")
    assert run(signed, REMOVALS[engine_kind][0]) == 1


ORDERED = {"mandate": "'another'", "check_at": "'another'", "lines": "7", "statement_id": "7"}
RESULT = {"document_id": "7", "signature": "'another'", "last_error": "'another'"}


@pytest.fixture
def ordered(engine: Engine) -> Engine:
    """A paper that is ordered and not drawn."""
    with engine.begin() as connection:
        add(connection, "statement_paper", mandate="{}", check_at="x")
    return engine


@pytest.mark.rule(55)
@pytest.mark.parametrize("column", ORDERED)
def test_what_a_paper_is_to_say_cannot_be_changed_and_how_far_it_is_can(ordered: Engine, column: str) -> None:
    change = f"UPDATE statement_paper SET {column} = {ORDERED[column]}"
    with pytest.raises(DBAPIError, match="never changes"):
        run(ordered, change)
    assert run(ordered, "UPDATE statement_paper SET lines_done = 1, holder = 'me', attempts = 2") == 1
    without_triggers(ordered, "statement_paper")
    assert run(ordered, change) == 1


@pytest.mark.rule(55)
@pytest.mark.parametrize("column", RESULT)
def test_a_drawn_paper_cannot_be_changed(ordered: Engine, column: str) -> None:
    run(ordered, "UPDATE statement_paper SET document_id = 1, signature = '{}', drawn_at = due_at")
    change = f"UPDATE statement_paper SET {column} = {RESULT[column]}"
    with pytest.raises(DBAPIError, match="never changes"):
        run(ordered, change)
    without_triggers(ordered, "statement_paper")
    assert run(ordered, change) == 1


@pytest.mark.rule(55)
def test_a_paper_cannot_be_removed_or_replaced(ordered: Engine, engine_kind: str) -> None:
    removals = [each.replace("statement", "statement_paper") for each in REMOVALS[engine_kind]]
    for removal in removals:
        with pytest.raises(DBAPIError, match="keeps its paper"):
            run(ordered, removal)
    without_triggers(ordered, "statement_paper")
    assert run(ordered, removals[0]) == 1


@pytest.mark.rule(55)
def test_a_statement_that_nobody_signed_can_be_changed_and_thrown_away(engine: Engine) -> None:
    with engine.begin() as connection:
        add(connection, "statement", state="draft")
    assert run(engine, "UPDATE statement SET data = 'another'") == 1
    assert run(engine, "DELETE FROM statement") == 1
