"""A signed statement says the same after dump and restore, and after moving to the other engine (rule 54)."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from config import Config
from tests.harness.clock import FixedClock
from tests.harness.world import World, build_world
from tests.integration.backup.books import running
from tests.journeys.steps import drawn, on, signed
from voucher.app import office
from voucher.backup import back_up, restore
from voucher.platform.db import db, read_anew, session
from voucher.reports.ledger_side import Period
from voucher.reports.models import Statement, StatementPaper
from voucher.reports.rules import canonical, data_hash
from voucher.reports.statement_data import Given, Heading, StatementReader
from voucher.reports.verify.signed import read_signature
from voucher.schemes.models import Scheme

pytestmark = pytest.mark.usefixtures("sketched")

APRIL = date(2026, 4, 1), date(2026, 4, 30)


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    return build_world(clock)


def books(world: World) -> None:
    """Two claims paid, one under check, a voucher in use."""
    world.payable()
    world.payable(net_pence=33_333)
    world.paid()
    world.claimed(world.issued())
    world.issued()


BEGINS_WITH = books


def worked_out_again(statement: Statement) -> str:
    """The hash of the figures as the postings and rows of the current database give them."""
    scheme = session.get_one(Scheme, statement.scheme_id)
    period = Period(statement.period_from, statement.period_to)
    prepared_by = json.loads(statement.data)["header"]["prepared_by"]
    heading = Heading(statement.reference, 1, period, prepared_by, statement.prepared_at, None, None)
    given = Given(statement.ledger_balance_pence, statement.ledger_explanation, has_evidence=True)
    return data_hash(canonical(StatementReader(scheme, statement.agreement, heading, given).data()))


@pytest.mark.rule(54)
@pytest.mark.parametrize(
    ("engine_kind", "target_kind"),
    [("sqlite", "postgresql"), ("postgresql", "postgresql")],
    indirect=True,
)
def test_the_data_hash_is_the_same_on_whichever_engine_the_books_are(
    world: World, target: Config, tmp_path: Path
) -> None:
    on(world, "2026-05-04")
    statement = signed(world, *APRIL)
    before = (statement.data_hash, drawn(statement).signature, worked_out_again(statement))
    assert before[0] == before[2] == data_hash(statement.data)
    read_anew()
    report = back_up(office(), tmp_path / "backup")
    engine = db.engine.dialect.name
    restore(target, report.data_archive, report.keys_archive)
    with running(target):
        there = session.scalars(select(Statement)).one()
        kept = session.scalars(select(StatementPaper)).one()
        assert (there.data_hash, kept.signature, worked_out_again(there)) == before
        assert data_hash(there.data) == there.data_hash
        signature = read_signature((kept.signature or "").encode())
        assert signature.verifies()
        assert signature.public == office().ring.statement_signer(office().clock()).public
        assert (engine, db.engine.dialect.name)[1] == "postgresql"


@pytest.mark.rule(54)
@pytest.mark.parametrize("engine_kind", ["sqlite"], indirect=True)
def test_control_one_penny_in_one_posting_is_another_hash(world: World) -> None:
    on(world, "2026-05-04")
    statement = signed(world, *APRIL)
    read_anew()
    connection = session.connection()
    connection.exec_driver_sql("DROP TRIGGER posting_no_update")
    connection.exec_driver_sql("UPDATE posting SET pence = pence + 1 WHERE to_account = 'committed'")
    session.expire_all()
    assert worked_out_again(statement) != statement.data_hash
