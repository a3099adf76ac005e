"""However the bank shows what it paid, in parts, together, too little, twice or not at all: the books hold (35, 37)."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from tests.harness.balances import faults
from tests.harness.clock import FixedClock
from tests.harness.databases import Databases
from tests.harness.ready import Nursery, Ready, opened
from tests.harness.reconciled import assert_reconciled
from tests.harness.world import World
from tests.integration.payments.exported import three_payments
from voucher.payments.exception_queries import exceptions_of
from voucher.payments.matching import match_certain
from voucher.payments.models import BankLine, Payment
from voucher.payments.rules import ExceptionKind
from voucher.platform.db import session
from voucher.reports.cash import BEGINNING, cash_by_line, cash_checks
from voucher.reports.ledger_side import Period

EXAMPLES = {"sqlite": 6, "postgresql": 2}
WAYS = ("alone", "in parts", "with its batch", "too little", "twice", "not at all", "and came back")
Plan = list[tuple[str, int, int]]


@pytest.fixture
def bank_ready(nursery: Nursery, databases: Databases) -> Ready:
    """Three payments at the bank, two of them in one batch."""
    return nursery.ready(databases, three_payments)


@pytest.mark.slow
@pytest.mark.rule(23, 24, 35, 37)
def test_however_the_bank_shows_it_the_books_hold(
    bank_ready: Ready, engine_kind: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    @settings(
        max_examples=EXAMPLES[engine_kind],
        derandomize=True,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate,),
    )
    @given(
        st.lists(st.tuples(st.sampled_from(WAYS), st.integers(1, 19_999), st.integers(0, 9)), min_size=3, max_size=3)
    )
    def shows(plan: Plan) -> None:
        clock = FixedClock()
        folder: Path = tmp_path_factory.mktemp("bank")
        with opened(bank_ready, folder, clock) as (_app, world):
            _play(world, clock, plan)

    shows()


def _play(world: World, clock: FixedClock, plan: Plan) -> None:
    """The bank's lines as planned, all that is certain matched, and what came back matched after it."""
    clock.advance(days=10)
    today = world.act("bina").today
    payments = list(session.scalars(select(Payment).order_by(Payment.id)))
    whole = [payment for payment, (way, _part, _ago) in zip(payments, plan, strict=True) if way == "with its batch"]
    for payment, (way, part, ago) in zip(payments, plan, strict=True):
        _show(world, payment, way, part, today - timedelta(days=ago))
    for batch in {payment.batch for payment in whole}:
        together = [payment for payment in whole if payment.batch == batch]
        world.bank_line(-sum(payment.pence for payment in together), batch.reference, today)
    world.do("bina", match_certain, world.scheme)
    _holds(world, today)
    for payment, (way, _part, _ago) in zip(payments, plan, strict=True):
        if way == "and came back":
            world.bank_line(session.merge(payment).pence, f"RETURNED {session.merge(payment).reference}", today)
    world.do("bina", match_certain, world.scheme)
    _holds(world, today)
    states = [session.merge(payment).state for payment in payments]
    doubtful = any(way == "with its batch" for way, _part, _ago in plan)  # its line may claim others of the batch, too
    for (way, _part, _ago), state in zip(plan, states, strict=True):
        expected = {"alone": "defrayed", "in parts": "defrayed", "and came back": "returned"}.get(way, "exported")
        assert state == expected or doubtful, (way, state)
        assert state == "exported" or way not in ("too little", "twice", "not at all")


def _show(world: World, payment: Payment, way: str, part: int, on: date) -> None:
    pence, reference = payment.pence, payment.reference
    amounts = {
        "alone": [pence],
        "and came back": [pence],
        "in parts": [part, pence - part],
        "too little": [pence - part],
        "twice": [pence, pence],
    }
    for number, each in enumerate(amounts.get(way, [])):
        world.bank_line(-each, reference, max(on - timedelta(days=number), on - timedelta(days=1)))


def _holds(world: World, today: date) -> None:
    session.expire_all()
    assert faults() == []
    assert_reconciled(world)
    scheme, period = session.merge(world.scheme), Period(BEGINNING, today)
    assert all(each["holds"] for each in cash_checks(scheme, period, cash_by_line(scheme, period)))
    open_lines = {line.id for line in session.scalars(select(BankLine).where(BankLine.open_pence > 0))}
    listed = [each for each in exceptions_of(scheme, today, days=0) if each.of_line]
    assert {each.subject_id for each in listed} == open_lines
    unseen = [each for each in exceptions_of(scheme, today, days=0) if each.kind == ExceptionKind.PAYMENT_UNSEEN]
    exported = session.scalars(select(Payment.id).where(Payment.state == "exported")).all()
    assert sorted(each.subject_id for each in unseen) == sorted(exported)
