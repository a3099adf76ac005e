"""Businesses, offers and vouchers by file, and the rows that each file left as raw SQL in the same run.

Each file is one transaction, all or nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing
from typing import Any, NamedTuple

from config import Config
from scripts.benchmarks.capture import Write, connect, updates_seen
from scripts.benchmarks.figures import line, table
from scripts.benchmarks.place import Place, durability, place, town
from tests.harness.world import PDF, World
from voucher.accounts.business_import import import_businesses
from voucher.platform.db import db, session
from voucher.tables import METADATA
from voucher.vouchers.bulk_offer import BulkOffer, offer_in_bulk

BUSINESS = "name,company_number,address_line_1,town,postcode,employees,contact_name,contact_email,subsidy_received"
CONFIRMED = "company_number,confirmed_on,terms_version,subsidy_received,confirmation_document"
HEADER = ("file               ", "seconds", "rows/s", "CPU ms a row", "statements a row", "raw s", "ratio")


class Timed(NamedTuple):
    """What one file took: on the clock, of the processor, in statements, and as raw SQL of the same writes."""

    name: str
    seconds: float
    cpu: float
    statements: int
    raw: float

    def row(self, rows: int) -> tuple[str, ...]:
        """It as a line of the table."""
        each = f"{rows / self.seconds:.0f}", f"{self.cpu / rows * 1000:.1f}", f"{self.statements / rows:.1f}"
        return self.name, f"{self.seconds:.1f}", *each, f"{self.raw:.2f}", f"{self.raw / self.seconds:.3f}"


def measure(engine: str, rows: int) -> None:
    """Takes that many businesses in, offers to them all, and issues to them all on their confirmations on paper."""
    with place(engine) as here:
        config = here.new()
        print(f"\n{durability(config.database_url)}: {rows:,} rows a file\n")
        with town(config, rows) as world:
            print(table(HEADER, []), flush=True)
            for name, step in _steps(world, rows):  # A file at a time: the whole takes minutes.
                timed = _timed(here, config, name, step)
                print(line(timed.row(rows), [len(head) for head in HEADER]), flush=True)


def _timed(here: Place, config: Config, name: str, step: Callable[[], object]) -> Timed:
    """Does the step, and writes what it wrote into a copy of the database as it was before."""
    _close()
    with here.copied(config) as before:
        with closing(connect(config.database_url)) as raw:
            last = {each: _highest(raw, each) for each in METADATA.tables}
        with updates_seen() as (sent, updates):
            begun, used = time.monotonic(), time.process_time()
            step()
            took, cpu = time.monotonic() - begun, time.process_time() - used
        _close()
        with closing(connect(config.database_url)) as raw:
            inserts = [each for each in METADATA.sorted_tables if _highest(raw, each.name) > last[each.name]]
            writes = [_rows(raw, each.name, last[each.name]) for each in inserts]
        return Timed(name, took, cpu, len(sent), _written(before.database_url, writes, updates))


def _written(url: str, inserts: list[tuple[str, list[Any]]], updates: list[Write]) -> float:
    """How long one transaction with these rows and changes takes, in seconds."""
    with closing(connect(url)) as raw:
        begun = time.monotonic()
        cursor = raw.cursor()
        cursor.execute("BEGIN IMMEDIATE" if url.startswith("sqlite") else "BEGIN")
        for statement, rows in inserts:
            cursor.executemany(statement, rows)
        for statement, given in updates:
            cursor.execute(statement, given)
        cursor.execute("COMMIT")
        return time.monotonic() - begun


def _rows(raw: Any, name: str, last: int) -> tuple[str, list[Any]]:
    """The INSERT for a table's new rows, complete with the numbers that the database gave them."""
    cursor = raw.execute(f'SELECT * FROM "{name}" WHERE id > {last} ORDER BY id')
    names = [column[0] for column in cursor.description]
    mark = "%s" if hasattr(raw, "pgconn") else "?"
    columns = ", ".join(f'"{each}"' for each in names)
    return f'INSERT INTO "{name}" ({columns}) VALUES ({", ".join([mark] * len(names))})', cursor.fetchall()


def _highest(raw: Any, name: str) -> int:
    return int(raw.execute(f'SELECT COALESCE(MAX(id), 0) FROM "{name}"').fetchone()[0])


def _close() -> None:
    """Leaves the database to whoever copies it."""
    session.remove()
    db.engine.dispose()


def _steps(world: World, rows: int) -> list[tuple[str, Callable[[], object]]]:
    numbers = [f"{number:08d}" for number in range(10_000_000, 10_000_000 + rows)]
    businesses = [
        f"Bench Joinery {number} Ltd,{number},1 Mill Lane,Otley,LS21 1AA,6,Owner {number},o{number}@example.org,0.00"
        for number in numbers
    ]
    day = world.act("asha").today.isoformat()
    confirmed = [f"{number},{day},2026-1,0.00,{number}.pdf" for number in numbers]
    papers = {f"{number}.pdf": PDF.format(number).encode() for number in numbers}
    first, second = _file(BUSINESS, businesses), _file(CONFIRMED, confirmed)

    def offer(data: bytes, name: str, documents: dict[str, bytes]) -> BulkOffer:
        return world.do("asha", offer_in_bulk, session.merge(world.round), data, name, documents)

    def take_in() -> object:
        return world.do("asha", import_businesses, session.merge(world.scheme), first, "firms.csv")

    return [
        ("businesses taken in", take_in),
        ("vouchers offered", lambda: offer(first, "firms.csv", {})),
        ("vouchers issued", lambda: offer(second, "answers.csv", papers)),
    ]


def _file(header: str, lines: list[str]) -> bytes:
    return "\n".join([header, *lines, ""]).encode()
