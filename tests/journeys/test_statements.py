"""Periods that are closed one after the other, late lines, nil periods, two funders behind one round."""

from __future__ import annotations

import json
from datetime import date

import pytest
from sqlalchemy import select

from tests.harness.reconciled import assert_reconciled
from tests.harness.world import World, add_agreement, add_round_over
from tests.journeys.steps import on, prepared, signed, standing, value
from voucher.audit.models import AuditEvent
from voucher.funding.models import Agreement, Posting
from voucher.funding.rules import Account
from voucher.payments.bank import match_payments
from voucher.platform.db import session
from voucher.platform.errors import Conflict, DomainError
from voucher.reports.commands import review_statement, sign_statement
from voucher.reports.ledger_side import Period
from voucher.reports.models import Statement
from voucher.reports.rules import canonical, data_hash
from voucher.reports.statement_data import Given, Heading, StatementReader

pytestmark = pytest.mark.usefixtures("sketched")

APRIL, MAY = (date(2026, 4, 1), date(2026, 4, 30)), (date(2026, 5, 1), date(2026, 5, 31))
JUNE = date(2026, 6, 1), date(2026, 6, 30)


def late_line(world: World) -> None:
    """The bank paid on 29 April; the line is typed on 4 May, after April was signed."""
    on(world, "2026-04-28")
    world.payable()
    batch = world.exported()
    on(world, "2026-05-04")
    signed(world, *APRIL)
    line = world.bank_line(-24_000, batch.payments[0].reference, date(2026, 4, 29))
    world.do("bina", match_payments, line, list(batch.payments))


@pytest.mark.rule(35, 55)
def test_a_line_of_a_closed_period_counts_on_the_first_open_day_and_says_where_it_belongs(world: World) -> None:
    late_line(world)
    days = session.execute(
        select(Posting.effective_on, Posting.relates_to_on).where(Posting.payment_id.is_not(None)).distinct()
    ).all()
    assert [tuple(row) for row in days] == [(date(2026, 5, 1), date(2026, 4, 29))]
    moved = session.scalars(select(AuditEvent).where(AuditEvent.action == "entry.moved_to_open_period")).all()
    assert [(event.override, event.pence) for event in moved] == [("entry moved out of a closed period", 48_000)]


@pytest.mark.rule(55, 56)
def test_two_periods_follow_on_from_each_other_with_a_late_line_in_the_second(world: World) -> None:
    late_line(world)
    on(world, "2026-06-01")
    may = signed(world, *MAY)
    april = session.scalars(select(Statement).where(Statement.sequence == 1)).one()
    assert [value(april, code) for code in ("6", "7", "8", "16")] == [24_000, 0, 0, 0]
    assert [value(may, code) for code in ("6", "7", "8", "16")] == [0, 24_000, 24_000, -24_000]
    assert (value(may, "2"), value(may, "16a")) == (value(april, "12"), value(april, "16"))
    kinds = [row["kind"] for row in json.loads(may.data)["overrides"]]
    assert "entry moved out of a closed period" in kinds
    assert_reconciled(world)


@pytest.mark.rule(58)
def test_a_period_in_which_nothing_happened_has_a_statement(world: World) -> None:
    on(world, "2026-05-04")
    signed(world, *APRIL)
    on(world, "2026-06-01")
    nil = signed(world, *MAY)
    assert [value(nil, code) for code in ("1", "2", "7", "12", "16", "25")] == [
        1_000_000,
        1_000_000,
        0,
        1_000_000,
        0,
        0,
    ]
    assert json.loads(nil.data)["transactions"] == []
    assert_reconciled(world)


@pytest.mark.rule(55)
def test_a_statement_begins_where_the_one_before_ended_and_its_period_is_over(world: World) -> None:
    on(world, "2026-05-31")
    signed(world, *APRIL)
    for first, last, reason in ((*JUNE, "is not over"), (*MAY, "is not over"), (date(2026, 5, 2), MAY[1], "not over")):
        with pytest.raises(DomainError, match=reason):
            prepared(world, first, last)
    on(world, "2026-07-01")
    for first in (date(2026, 4, 30), date(2026, 5, 2), JUNE[0]):
        with pytest.raises(DomainError, match="must begin on 1 May 2026"):
            prepared(world, first, JUNE[1])


@pytest.mark.rule(54)
def test_a_signed_statement_recomputes_to_the_same_figures_while_nothing_else_happened(world: World) -> None:
    world.payable()
    world.paid()
    on(world, "2026-05-04")
    statement = signed(world, *APRIL)
    heading = Heading(statement.reference, 1, Period(*APRIL), "Stella", statement.prepared_at, None, None)
    given = Given(statement.ledger_balance_pence, "", has_evidence=True)
    again = StatementReader(world.scheme, world.agreement, heading, given).data()
    assert data_hash(canonical(again)) == statement.data_hash


@pytest.mark.rule(54, 56)
def test_a_claim_of_the_next_period_does_not_keep_a_statement_from_being_signed(world: World) -> None:
    voucher = world.issued()
    on(world, "2026-05-04")
    statement = prepared(world, *APRIL)
    world.claimed(voucher)
    world.do("rob", review_statement, statement)
    world.do("sigrid", sign_statement, statement)


@pytest.mark.rule(54, 56)
def test_a_payment_of_the_next_period_does_not_keep_a_statement_from_being_signed(world: World) -> None:
    on(world, "2026-04-28")
    world.payable()
    batch = world.exported()
    on(world, "2026-05-04")
    statement = prepared(world, *APRIL)
    world.paid(batch)
    world.do("rob", review_statement, statement)
    world.do("sigrid", sign_statement, statement)


@pytest.mark.rule(55, 56)
def test_a_line_of_the_period_itself_keeps_a_prepared_statement_from_being_signed(world: World) -> None:
    on(world, "2026-04-28")
    world.payable()
    batch = world.exported()
    on(world, "2026-05-04")
    statement = prepared(world, *APRIL)
    world.do("rob", review_statement, statement)
    line = world.bank_line(-24_000, batch.payments[0].reference, date(2026, 4, 29))
    world.do("bina", match_payments, line, list(batch.payments))
    with pytest.raises(Conflict, match="figures have changed"):
        world.do("sigrid", sign_statement, statement)


def two_funders(world: World) -> Agreement:
    """A round over two agreements, half and half; the second has closed April, the first has not."""
    other = add_agreement(world, "PIP-1", [500_000])
    target = add_round_over(world, "R2", [(world.agreement.lines[0], 5_000), (other.lines[0], 5_000)], 400_000)
    on(world, "2026-04-28")
    world.payable(world.issued(target), 30_001)
    batch = world.exported()
    on(world, "2026-05-04")
    signed(world, *APRIL, other)
    line = world.bank_line(-batch.payments[0].pence, batch.payments[0].reference, date(2026, 4, 29))
    world.do("bina", match_payments, line, list(batch.payments))
    return other


@pytest.mark.rule(27, 55, 56)
def test_two_agreements_that_close_on_different_days_count_one_payment_in_different_periods(world: World) -> None:
    other = two_funders(world)
    first_april = signed(world, *APRIL)
    on(world, "2026-06-01")
    other_may, first_may = signed(world, *MAY, other), signed(world, *MAY)
    assert [value(each, "7") for each in (first_april, other_may, first_may)] == [12_000, 12_000, 0]
    assert [value(each, "8") for each in (first_april, other_may, first_may)] == [12_000, 12_000, 12_000]
    assert value(first_april, "14a") + value(other_may, "14a") == 6_001
    assert standing(world, Account.DEFRAYED) + standing(world, Account.DEFRAYED, other) == 24_000
    assert_reconciled(world)


@pytest.mark.rule(27, 28)
def test_match_is_counted_once_when_two_agreements_close_on_different_days(world: World) -> None:
    other = two_funders(world)
    first_april = signed(world, *APRIL)
    on(world, "2026-06-01")
    other_may = signed(world, *MAY, other)
    assert value(first_april, "14") == value(first_april, "14a")
    assert value(first_april, "14") + value(other_may, "14") == 6_001


@pytest.mark.rule(29, 57)
def test_the_duty_profile_in_force_stands_on_the_statement(world: World) -> None:
    with world.by("shay"):
        world.scheme.reviewer_needed = False
    on(world, "2026-05-04")
    statement = prepared(world, *APRIL)
    world.do("sigrid", sign_statement, statement)
    assert json.loads(statement.data)["header"]["duty_profile"].startswith("Two people sign off")
