"""Administration costs: two people, the cap and the funder's consent, paid when the bank shows it."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask
from sqlalchemy.exc import IntegrityError

from tests.harness.clock import FixedClock
from tests.harness.reconciled import assert_reconciled
from tests.harness.world import World, add_agreement, build_world
from tests.integration.payments.pages import add_role
from voucher.accounts.rules import Role
from voucher.audit.models import AuditEvent
from voucher.audit.rules import Override
from voucher.documents.models import Document
from voucher.funding.commands import LineTerms
from voucher.funding.conditions import CapBase, Conditions
from voucher.funding.models import FundingLine
from voucher.funding.queries import balances
from voucher.funding.rules import Account, LineKind
from voucher.payments import costs
from voucher.payments.cost_models import AdminCost
from voucher.payments.cost_queries import administration_cap
from voucher.payments.costs import (
    approve_cost,
    match_cost,
    match_cost_return,
    prepare_cost,
    record_consent,
    withdraw_cost,
)
from voucher.platform.db import session
from voucher.platform.errors import Conflict, DomainError, Forbidden
from voucher.reports.cash import cash_by_line, cash_checks
from voucher.reports.ledger_side import Period

A = Account
AWARDS = (("GRANT", LineKind.REVENUE, 10_000_00), ("ADMIN", LineKind.ADMINISTRATION, 1_000_00))


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    return build_world(clock)


def with_administration(world: World) -> None:
    """A second agreement with an administration line, capped at 4% of its award of £11,000.00."""
    lines = tuple(LineTerms(code, code.title(), kind, pence) for code, kind, pence in AWARDS)
    add_agreement(world, "ADM-1", [], lines=lines, conditions=Conditions(400))


BEGINS_WITH = with_administration


def line(world: World) -> FundingLine:
    return session.query(FundingLine).filter_by(code="ADMIN").one()


def prepared(world: World, pence: int = 400_00) -> AdminCost:
    given = {"description": "Half a post in April", "incurred_on": date(2026, 4, 7)}
    return world.do("petra", prepare_cost, line(world), pence=pence, **given)


def approved(world: World, pence: int = 400_00) -> AdminCost:
    cost = prepared(world, pence)
    world.do("paul", approve_cost, cost)
    return cost


def standing(world: World) -> tuple[int, int, int, int]:
    session.expire_all()
    found = balances([line(world).id])[line(world).id]
    return found[A.UNALLOCATED], found[A.APPROVED], found[A.DEFRAYED], found[A.CASH]


def test_who_prepares_no_payments_prepares_no_cost(world: World) -> None:
    with pytest.raises(Forbidden):
        world.do("fred", prepare_cost, line(world), pence=1, description="x", incurred_on=date(2026, 4, 7))
    cost = prepared(world)
    for name, command, given in (
        ("petra", approve_cost, {}),
        ("paul", withdraw_cost, {"reason": "x"}),
    ):
        with pytest.raises(Forbidden):
            world.do(name, command, cost, **given)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"pence": 0}, "above zero"),
        ({"description": " "}, "what the cost is for"),
        ({"incurred_on": date(2026, 3, 31)}, "within the agreement's days"),
        ({"incurred_on": date(2026, 4, 8)}, "not in the future"),
    ],
)
def test_what_is_no_cost_is_refused(world: World, changes: dict[str, object], words: str) -> None:
    given: dict[str, object] = {"pence": 1, "description": "x", "incurred_on": date(2026, 4, 7)}
    with pytest.raises(DomainError, match=words):
        world.do("petra", prepare_cost, line(world), **{**given, **changes})


@pytest.mark.rule(25)
def test_only_an_administration_line_bears_administration(world: World) -> None:
    other = world.agreement.lines[1]
    with pytest.raises(DomainError, match="L2 is a revenue line"):
        world.do("petra", prepare_cost, other, pence=1, description="x", incurred_on=date(2026, 4, 7))


def test_a_cost_is_approved_by_another_person_and_paid_when_the_bank_shows_it(world: World) -> None:
    cost = approved(world)
    assert standing(world) == (600_00, 400_00, 0, 0)
    shown = world.bank_line(-400_00, f"PAYROLL {cost.reference}")
    world.do("bina", match_cost, shown, cost)
    assert standing(world) == (600_00, 0, 400_00, -400_00)
    assert (cost.state, shown.open_pence) == ("paid", 0)
    assert_reconciled(world)


def test_what_was_paid_and_came_back_for_administration_agrees_with_the_bank_on_the_page_of_cash(world: World) -> None:
    cost = approved(world)
    period = Period(date(2026, 4, 1), date(2026, 4, 30))
    shown = world.bank_line(-400_00, f"PAYROLL {cost.reference}")
    world.do("bina", match_cost, shown, cost)
    assert [each["name"] for each in cash_checks(world.scheme, period, cash_by_line(world.scheme, period))
            if not each["holds"]] == []  # fmt: skip
    back = world.bank_line(400_00, f"RETURN {cost.reference}")
    world.do("bina", match_cost_return, back, session.merge(cost), reason="account closed")
    checks = {each["name"]: each for each in cash_checks(world.scheme, period, cash_by_line(world.scheme, period))}
    assert all(each["holds"] for each in checks.values())
    assert checks["Bank returns: postings, and the bank's lines"]["left"] == 400_00


def test_control_without_the_policy_the_database_wants_two_people(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    cost = prepared(world)
    add_role(world, "petra", Role.PAYMENTS_APPROVER)
    with pytest.raises(Forbidden, match="another person"):
        world.do("petra", approve_cost, cost)
    monkeypatch.setattr(costs, "why_not_approve_cost", lambda _actor, _cost: None)
    with pytest.raises(IntegrityError, match="approver_is_not_the_preparer"):
        world.do("petra", approve_cost, cost)


@pytest.mark.rule(26)
def test_at_the_cap_a_cost_is_approved_and_a_penny_beyond_it_is_not(world: World) -> None:
    approved(world, 440_00)
    cost = prepared(world, 1)
    with pytest.raises(Conflict, match=r"£0.01 beyond the cap of agreement ADM-1"):
        world.do("paul", approve_cost, cost)
    assert (standing(world), session.merge(cost).state) == ((560_00, 440_00, 0, 0), "prepared")


@pytest.mark.rule(26)
def test_control_without_the_guard_administration_would_go_beyond_the_cap(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(costs, "_beyond_cap", lambda _cost: 0)
    approved(world, 1_000_00)
    assert administration_cap(line(world).agreement).beyond() == 560_00


def consented(world: World, cost: AdminCost) -> None:
    with world.by("petra") as act:
        document = session.get_one(Document, world.new_document(act))
        record_consent(act, cost, document, reason="letter of 1 April")


@pytest.mark.rule(26)
def test_beyond_the_cap_it_takes_the_funders_consent_and_is_counted(world: World) -> None:
    cost = prepared(world, 500_00)
    consented(world, cost)
    world.do("paul", approve_cost, cost)
    assert cost.beyond_pence == 60_00
    event = session.query(AuditEvent).filter_by(override=str(Override.ADMINISTRATION_CAP)).one()
    assert (event.object_reference, event.pence, event.reason) == (cost.reference, 60_00, "letter of 1 April")
    assert_reconciled(world)


@pytest.mark.rule(26)
def test_a_cap_of_spending_grows_with_what_is_spent(world: World) -> None:
    capped = Conditions(1_000, CapBase.SPEND)
    add_agreement(
        world, "ADM-2", [], conditions=capped, lines=(LineTerms("AD2", "x", LineKind.ADMINISTRATION, 100_00),)
    )
    other = session.query(FundingLine).filter_by(code="AD2").one()
    cost = world.do("petra", prepare_cost, other, pence=1, description="x", incurred_on=date(2026, 4, 7))
    with pytest.raises(Conflict, match="beyond the cap"):
        world.do("paul", approve_cost, cost)


def test_a_withdrawn_cost_gives_its_money_back(world: World) -> None:
    cost = approved(world)
    world.do("petra", withdraw_cost, cost, reason="charged elsewhere")
    assert standing(world) == (1_000_00, 0, 0, 0)
    assert_reconciled(world)


@pytest.mark.rule(35)
def test_a_line_that_does_not_prove_the_payment_is_refused(world: World) -> None:
    cost = approved(world)
    small, unnamed = world.bank_line(-399_99, cost.reference), world.bank_line(-500_00, "PAYROLL")
    with pytest.raises(DomainError, match=r"has £399.99 open; the cost is £400.00"):
        world.do("bina", match_cost, small, cost)
    with pytest.raises(DomainError, match=r"does not carry the reference"):
        world.do("bina", match_cost, unnamed, cost)
    world.do("bina", match_cost, unnamed, cost, reason="payroll run of April")
    assert unnamed.open_pence == 100_00
    with pytest.raises(DomainError, match="it cannot have been paid"):
        world.do("bina", match_cost, unnamed, cost, reason="again")
    assert_reconciled(world)


@pytest.mark.rule(37)
def test_a_cost_that_comes_back_is_reversed_on_the_banks_day_and_can_be_paid_again(world: World) -> None:
    cost = approved(world)
    world.do("bina", match_cost, world.bank_line(-400_00, cost.reference), cost)
    world.clock.advance(days=3)
    back = world.bank_line(400_00, "RETURNED")
    world.do("bina", match_cost_return, back, cost, reason="account closed")
    assert standing(world) == (600_00, 400_00, 0, 0)
    world.do("bina", match_cost, world.bank_line(-400_00, cost.reference), cost)
    assert_reconciled(world)
