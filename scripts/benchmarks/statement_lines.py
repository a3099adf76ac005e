"""Reading a period's lines with ever more of a ledger around them: what it costs is what the period holds.

Claims are paid by the product's commands and copied in the database; most copies are moved into an earlier period of
the same agreement, whose postings lie in the same indexes.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import date

from sqlalchemy import Connection, func, select

from scripts.benchmarks.figures import table
from scripts.benchmarks.multiply import DISTANCE, FIRST, begin_at_first, multiply
from scripts.benchmarks.place import Place, durability, place, town
from tests.integration.redemptions.pages import asked_of_the_database
from voucher.funding.models import FundingLine, Posting
from voucher.platform.db import engine, session
from voucher.redemptions.models import Redemption
from voucher.reports.claims_paid import paid_in
from voucher.reports.ledger_side import Period
from voucher.reports.transaction_rows import transaction_rows
from voucher.vouchers.models import Voucher

SEEDS = 100  # Vouchers that are made by the product's commands.
PERIOD = Period(date(2026, 1, 1), date(2026, 12, 31))
EARLIER = 1_000  # Days.
SHARES = (0.01, 0.02, 0.05, 0.1)  # Parts of the claims that lie in the period.


def measure(vouchers: int) -> None:
    """Reads the lines of longer and longer periods out of a ledger of so many vouchers, each claimed and paid."""
    with place("postgresql") as here:
        rows = list(_measured(here, vouchers))
    header = ("vouchers around", "postings", "lines of the period", "seconds", "ms a line", "statements")
    print(f"\n{table(header, rows)}")


def _measured(here: Place, vouchers: int) -> Iterator[tuple[str, ...]]:
    seeds = max(1, min(SEEDS, vouchers // 10))
    copies = vouchers // seeds - 1
    config = here.new()
    with town(config, seeds) as world:
        with engine().begin() as connection:
            begin_at_first(connection)
        for _voucher in range(seeds):
            world.payable()
        world.paid()
        print(f"\n{durability(config.database_url)}")
        yield _read()
        with engine().begin() as connection:
            multiply(connection, copies)
            connection.exec_driver_sql("ALTER TABLE posting DISABLE TRIGGER ALL")  # It refuses to be moved, rightly.
            _move(connection, 0, -EARLIER)
        _analyse()
        within = 0
        for share in SHARES:
            wanted = int(copies * share)
            with engine().begin() as connection:
                _move(connection, within, EARLIER, upto=wanted)
            within = wanted
            _analyse()
            yield _read()


def _move(connection: Connection, after: int, days: int, *, upto: int | None = None) -> None:
    """Moves the postings of the copies after one, up to another or all of them, by some days."""
    last = "" if upto is None else f" AND id < {FIRST + (upto + 1) * DISTANCE}"
    connection.exec_driver_sql(
        f"UPDATE posting SET effective_on = effective_on + {days} WHERE id >= {FIRST + (after + 1) * DISTANCE}{last}"
    )


def _analyse() -> None:
    with engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM ANALYZE")


def _read() -> tuple[str, ...]:
    session.remove()
    lines = session.scalars(select(FundingLine.id).order_by(FundingLine.id)).all()
    found: list[dict[str, object]] = []
    begun = time.monotonic()
    statements = asked_of_the_database(lambda: found.extend(transaction_rows(paid_in(lines, PERIOD), lines)))
    seconds = time.monotonic() - begun
    vouchers, postings = (session.scalar(select(func.count()).select_from(kind)) or 0 for kind in (Voucher, Posting))
    claims = session.scalar(select(func.count()).select_from(Redemption)) or 0
    around = f"{vouchers:,} ({claims:,} claims)"
    each = f"{seconds * 1000 / max(1, len(found)):.2f}"
    return around, f"{postings:,}", f"{len(found):,}", f"{seconds:.2f}", each, str(statements)
