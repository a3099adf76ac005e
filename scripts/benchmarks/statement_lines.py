"""Reading a period's lines with ever more of a ledger around them: what it costs is what the period holds.

Some vouchers of a seed are claimed and paid by the product's commands, others stay as they were issued. They are copied
in the database with all that a statement reads, each copy some days earlier than the one before, so that ten years of
them lie in the same indexes. A period of so many days before the last payment then has so many lines.
"""

from __future__ import annotations

import time
from collections.abc import Generator
from datetime import date, timedelta

from sqlalchemy import Connection, case, func, select, text, update

from scripts.benchmarks.figures import table
from scripts.benchmarks.multiply import begin_at_first, multiply
from scripts.benchmarks.place import Place, durability, place, town
from tests.integration.redemptions.pages import asked_of_the_database
from voucher.applications.models import Application
from voucher.funding.models import Entry, FundingLine, Posting
from voucher.organisations.models import Enterprise, Identifier, Organisation
from voucher.payments.models import BankLine, BankMatch, Batch, Payment, PaymentItem
from voucher.platform.db import engine, session
from voucher.redemptions.models import ClaimAnswer, DeliverySession, Redemption, RedemptionVersion
from voucher.reports.claims_paid import paid_in
from voucher.reports.ledger_side import Period
from voucher.reports.transaction_rows import transaction_rows
from voucher.vouchers.models import Voucher

PAID, ISSUED = 6, 4  # Vouchers of the seed, which is made by the product's commands.
KINDS = (
    Enterprise, Organisation, Identifier, Application, Voucher, DeliverySession, Redemption, RedemptionVersion,
    ClaimAnswer, Entry, Posting, Batch, Payment, PaymentItem, BankLine, BankMatch,
)  # fmt: skip
SPREAD = 3_650  # Days.
LINES = (500, 1_000, 5_000, 10_000)


def measure(vouchers: int) -> None:
    """Reads the lines of longer and longer periods out of a ledger of so many vouchers, six of ten claimed and paid."""
    with place("postgresql") as here:
        rows = list(_measured(here, vouchers))
    header = ("vouchers around", "postings", "lines of the period", "CPU ms", "ms a line", "ms with the server")
    print(f"\n{table((*header, 'statements', 'blocks a line'), rows)}")


def _measured(here: Place, vouchers: int) -> Generator[tuple[str, ...], None, None]:
    copies = vouchers // (PAID + ISSUED) - 1
    config = here.new()
    with town(config, vouchers) as world:
        print(f"\n{durability(config.database_url)}")
        before = _unallocated()
        with engine().begin() as connection:
            begin_at_first(connection)
        for _voucher in range(ISSUED):
            world.issued()
        for _voucher in range(PAID):
            world.payable()
        world.paid()
        last = session.scalars(select(func.max(Posting.effective_on))).one()
        drawn = {line: before[line] - left for line, left in _unallocated().items()}
        session.remove()
        _fill(copies, drawn)
        _prove_books()
        claims = session.scalar(select(func.count()).select_from(Redemption)) or 0
        _read(last, 1)  # So that everything is loaded and known to both.
        for lines in LINES:
            yield _read(last, max(1, min(lines * SPREAD // claims, SPREAD + 1)))


def _fill(copies: int, drawn: dict[int, int]) -> None:
    """Copies the seed, lets each line have less by what the copies drew on it, and says what that took."""
    begun = time.monotonic()
    with engine().begin() as connection:
        rows = multiply(connection, copies, kinds=KINDS, spread_days=SPREAD)
        for line, pence in drawn.items():
            _draw_on(connection, line, pence * copies)
    filled = time.monotonic() - begun
    with engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM ANALYZE")
    print(f"{rows:,} rows were filled in and indexed in {filled:.0f} s, then analysed.")


def _draw_on(connection: Connection, line: int, pence: int) -> None:
    less = FundingLine.unallocated_pence - pence
    connection.execute(update(FundingLine).where(FundingLine.id == line).values(unallocated_pence=less))


def _unallocated() -> dict[int, int]:
    found = session.execute(select(FundingLine.id, FundingLine.unallocated_pence))
    return {line.id: line.unallocated_pence for line in found}


def _prove_books() -> None:
    """The guard of each line is what its postings come to, and what was defrayed is what the payments come to."""
    into = case((Posting.to_account == "unallocated", Posting.pence), else_=0)
    out = case((Posting.from_account == "unallocated", Posting.pence), else_=0)
    sums = session.execute(select(Posting.line_id, func.sum(into - out)).group_by(Posting.line_id))
    defrayed = select(func.sum(Posting.pence)).where(Posting.to_account == "defrayed")
    paid = select(func.sum(Payment.pence))
    if {line: int(pence) for line, pence in sums} != _unallocated() or session.scalar(defrayed) != session.scalar(paid):
        raise RuntimeError("the books of the copies do not balance")


def _read(last: date, days: int) -> tuple[str, ...]:
    """The lines of so many days up to the last; the second of two readings counts, whose pages are in memory."""
    period = Period(last - timedelta(days=days - 1), last)
    _time(period)
    before = _blocks()
    count, statements, cpu, taken = _time(period)
    blocks = _blocks() - before
    vouchers, postings, claims = (
        session.scalar(select(func.count()).select_from(kind)) or 0 for kind in (Voucher, Posting, Redemption)
    )
    each = f"{cpu / max(1, count):.2f}"
    around = f"{vouchers:,} ({claims:,} claims)"
    return (
        around,
        f"{postings:,}",
        f"{count:,}",
        f"{cpu:.0f}",
        each,
        f"{taken:.0f}",
        f"{statements}",
        f"{blocks / max(1, count):.0f}",
    )


def _time(period: Period) -> tuple[int, int, float, float]:
    """How many lines there are, how many statements they took, and how many ms of our CPU and of the clock."""
    session.remove()
    lines = session.scalars(select(FundingLine.id).order_by(FundingLine.id)).all()
    found: list[dict[str, object]] = []
    begun, used = time.monotonic(), time.process_time()
    statements = asked_of_the_database(lambda: found.extend(transaction_rows(paid_in(lines, period), lines)))
    return len(found), statements, (time.process_time() - used) * 1000, (time.monotonic() - begun) * 1000


def _blocks() -> int:
    """How many blocks of tables and indexes the server has looked at for us: that is no slower on a busy machine."""
    session.execute(select(func.pg_stat_force_next_flush()))
    session.remove()
    asked = text("SELECT pg_stat_get_db_blocks_fetched(oid) FROM pg_database WHERE datname = current_database()")
    return int(session.scalars(asked).one())
