"""scripts/bench measures what it says, at sizes that take seconds."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Connection, func, select, text, update

from scripts.benchmarks import __main__ as bench
from scripts.benchmarks import statement_lines
from scripts.benchmarks.capture import claims_written, connect
from scripts.benchmarks.figures import percentile
from scripts.benchmarks.multiply import begin_at_first, multiply
from scripts.benchmarks.place import Place, town
from tests.harness.databases import Databases
from voucher.funding.models import FundingLine, Posting
from voucher.platform.db import engine, session
from voucher.redemptions.models import Redemption
from voucher.vouchers.models import Voucher

SQLITE = pytest.mark.parametrize("engine_kind", ["sqlite"], indirect=True)
POSTGRESQL = pytest.mark.parametrize("engine_kind", ["postgresql"], indirect=True)


def test_a_percentile_is_a_time_that_was_measured() -> None:
    hundred = [number / 1000 for number in range(1, 101)]
    assert [percentile(hundred, share) for share in (50, 95, 99, 100)] == [50, 95, 99, 100]
    assert percentile([0.002], 99) == 2


@pytest.mark.slow
@SQLITE
def test_what_a_claim_writes_is_the_same_rows_when_it_is_written_raw(databases: Databases, tmp_path: Path) -> None:
    here = Place(databases, tmp_path)
    original = here.new()
    with town(original, 2) as world:
        sessions = [world.recorded(world.issued()).public_id for _each in range(2)]
    with here.copied(original) as made, here.copied(original) as raw:
        written = claims_written(made, sessions)
        with closing(connect(raw.database_url)) as connection:
            for statement, given in (write for claim in written for write in claim):
                connection.execute(statement, given)
        for table in ("redemption", "posting", "audit_event", "outbox_message", "evidence", "voucher"):
            assert rows(made.database_url, table)[-2:] == rows(raw.database_url, table)[-2:]


def rows(url: str, table: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
        return connection.execute(f"SELECT * FROM {table} ORDER BY id").fetchall()


@pytest.mark.slow
@POSTGRESQL
def test_a_large_town_is_the_small_one_many_times(databases: Databases, tmp_path: Path) -> None:
    with town(Place(databases, tmp_path).new(), 2) as world:
        with engine().begin() as connection:
            begin_at_first(connection)
        world.issued()
        world.claimed(world.issued())
        session.remove()
        with engine().begin() as connection:
            before = indexes(connection)
            multiply(connection, 4)
            assert indexes(connection) == before
        counts = [session.scalar(select(func.count()).select_from(kind)) for kind in (Voucher, Redemption)]
        claims = session.scalars(select(Redemption)).all()
        assert len({claim.voucher.business.id for claim in claims}) == 5
    assert counts == [10, 5]


def indexes(connection: Connection) -> set[str]:
    return set(connection.scalars(text("SELECT indexname FROM pg_indexes WHERE schemaname = 'public'")))


@pytest.mark.slow
@POSTGRESQL
def test_a_filled_ledger_balances_and_lies_in_ten_years(databases: Databases, tmp_path: Path) -> None:
    measured = statement_lines._measured(Place(databases, tmp_path), 30)
    around, postings, lines, *_times = next(measured)
    assert (around, lines) == ("30 (18 claims)", "18")
    days = session.scalars(select(func.count(Posting.effective_on.distinct()))).one()
    assert days == 4  # Those of the town, of the seed, and of two copies.
    assert int(postings) > 18 * 10
    statement_lines._prove_books()
    session.execute(update(FundingLine).values(unallocated_pence=FundingLine.unallocated_pence + 1))
    with pytest.raises(RuntimeError, match="do not balance"):
        statement_lines._prove_books()
    session.rollback()
    measured.close()


@pytest.mark.slow
def test_claims_and_files_are_measured(capsys: pytest.CaptureFixture[str]) -> None:
    bench.main(["claims", "--claims", "2", "--clients", "2", "--engines", "sqlite"])
    bench.main(["bulk", "--rows", "3", "--engines", "sqlite"])
    bench.main(["bank", "--lines", "3", "--engines", "sqlite"])
    told = capsys.readouterr().out
    assert "times raw SQL" in told
    assert "| clients | claims/s | raw/s | ratio |" in told
    assert told.count("\n|       2 |") == 1
    assert "vouchers issued" in told
