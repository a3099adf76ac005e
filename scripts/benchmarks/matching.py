"""Bank lines matched in one act: how long it takes, how often it asks, and how that compares with SQL alone.

The payments are copies of a few that the product made, each with its claim and postings. Four of five are shown by one
line, each fifth by two. SQL alone joins the lines to the payments, and writes the same rows a second time, to nowhere.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

from sqlalchemy import Connection, event

from scripts.benchmarks.figures import table
from scripts.benchmarks.multiply import begin_at_first, multiply
from scripts.benchmarks.place import durability, place, town
from tests.harness.bank_statements import Moved, csv_statement
from tests.harness.world import World
from tests.integration.payments.bank_imports import ready_for_files, taken_in
from voucher.payments.matching import match_certain
from voucher.payments.matching_queries import look_at
from voucher.platform.db import engine, session
from voucher.schemes.models import Scheme
from voucher.tables import METADATA

T = TypeVar("T")
SEEDS = 10  # payments that are made by the product's commands; the rest are copies of them
WRITTEN = ("entry", "posting", "audit_event", "bank_match")
# Copies would share their reference but for its end, and a bank shows no more than a reference has.
REFERENCES = """
UPDATE payment SET reference = 'NTT-P-' || substr(hex, 1, 4) || '-' || substr(hex, 5, 4)
FROM (SELECT id AS row_id, upper(lpad(to_hex(id), 8, '0')) AS hex FROM payment) AS named WHERE id = row_id
"""
LINES = """
INSERT INTO bank_line (public_id, scheme_id, source, booked_on, pence, open_pence, bank_reference, counterparty,
  entered_by, entered_at, statement_id, identity)
SELECT 'line' || p.id || '-' || part, p.scheme_id, 'imported', b.exported_on, -share, share, 'BACS ' || p.reference,
  'CALDER DIGITAL', b.prepared_by, b.exported_at, (SELECT MAX(id) FROM bank_statement), p.id || '-' || part
FROM payment p JOIN batch b ON b.id = p.batch_id, LATERAL (
  SELECT 1 AS part, CASE WHEN mod(p.id, 5) = 0 THEN p.pence / 2 ELSE p.pence END AS share
  UNION ALL SELECT 2, p.pence - p.pence / 2 WHERE mod(p.id, 5) = 0
) AS shown
"""
JOINED = """
SELECT COUNT(*) FROM payment p JOIN bank_line l ON right(l.bank_reference, length(p.reference)) = p.reference
WHERE p.state = 'exported' AND l.open_pence > 0
"""


def measure(sizes: Sequence[int]) -> None:
    """Matches the lines of so many payments, each time in a town of their own, and prints the figures."""
    with place("postgresql") as here:
        rows = []
        for size in sizes:
            config = here.new()
            with town(config, size) as world:
                _fill(world, size)
                rows.append(_figures(world))
        print(f"\n{durability(config.database_url)}\n")
    heads = ("lines", "looked", "matched", "lines/s", "statements", "beside rows", "SQL join", "SQL rows", "ratio")
    print(table(heads, rows))


def _fill(world: World, size: int) -> None:
    """So many exported payments, and the bank's lines of them, as if they had come with a statement that is there."""
    ready_for_files(world)
    taken_in(world, csv_statement([Moved(-100, "RENT")], 10**9))
    with engine().begin() as connection:
        begin_at_first(connection)
    for _each in range(SEEDS):
        world.payable()
        world.exported()
    session.remove()
    with engine().begin() as connection:
        multiply(connection, max(0, size // SEEDS - 1))
        connection.exec_driver_sql(REFERENCES)
        connection.exec_driver_sql("UPDATE bank_line SET open_pence = 0")  # The one that is no payment's.
        connection.exec_driver_sql(LINES)
    with engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE")


def _figures(world: World) -> tuple[str, ...]:
    act = world.act("bina")
    last = _highest()
    session.remove()
    looked, _found = _timed(lambda: look_at(session.get_one(Scheme, 1), act.ring))
    session.remove()
    with _statements_seen() as seen:
        took, done = _timed(lambda: world.do("bina", match_certain, session.get_one(Scheme, 1)))
    session.remove()
    if done.left:
        raise RuntimeError(f"{done.left} lines were not certain")
    joined, rows = _plain(last)
    beside = sum(not statement.startswith("INSERT") for statement in seen)
    seconds = [f"{each:.2f} s" for each in (looked, took, joined, rows)]
    counts = (f"{done.lines / took:,.0f}", f"{len(seen):,}", f"{beside}")
    return (f"{done.lines:,}", *seconds[:2], *counts, *seconds[2:], f"{took / (joined + rows):.1f}")


def _timed(step: Callable[[], T]) -> tuple[float, T]:
    begun = time.monotonic()
    found = step()
    return time.monotonic() - begun, found


@contextmanager
def _statements_seen() -> Iterator[list[str]]:
    seen: list[str] = []

    def look(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        seen.append(statement)

    event.listen(engine(), "before_cursor_execute", look)
    try:
        yield seen
    finally:
        event.remove(engine(), "before_cursor_execute", look)


def _highest() -> dict[str, int]:
    with engine().connect() as connection:
        return {name: _number(connection, f"SELECT COALESCE(MAX(id), 0) FROM {name}") for name in WRITTEN}


def _number(connection: Connection, query: str) -> int:
    return int(connection.exec_driver_sql(query).scalar() or 0)


def _plain(last: dict[str, int]) -> tuple[float, float]:
    """Seconds for the plain join that finds the pairs, and for writing the rows of the act once more."""
    with engine().connect() as connection:
        connection.exec_driver_sql("UPDATE payment SET state = 'exported'")
        connection.exec_driver_sql("UPDATE bank_line SET open_pence = abs(pence)")
        begun = time.monotonic()
        _number(connection, JOINED)
        joined = time.monotonic() - begun
        connection.exec_driver_sql("ALTER TABLE bank_match DISABLE TRIGGER ALL")
        connection.exec_driver_sql("DROP INDEX uq_bank_match_payment")
        begun = time.monotonic()
        for name in WRITTEN:
            columns = ", ".join(f'"{each.name}"' for each in METADATA.tables[name].columns if each.name != "id")
            connection.exec_driver_sql(
                f'INSERT INTO "{name}" ({columns}) SELECT {columns} FROM "{name}" WHERE id > {last[name]}'
            )
        rows = time.monotonic() - begun
        connection.rollback()
    return joined, rows
