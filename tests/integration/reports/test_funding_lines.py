"""Lines 14, 15 and 17 to 19 of statements of two agreements that share each voucher; three sign-off steps."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from flask import Flask

from tests.harness.clock import FixedClock
from tests.harness.reconciled import assert_reconciled
from tests.harness.rows_behind import assert_rows_come_to_figures
from tests.harness.two_people import change_conditions
from tests.harness.world import World, add_agreement, add_round_over, build_world
from tests.integration.payments.pages import browser_of
from tests.journeys.steps import on, resubmitted
from voucher.funding.commands import LineTerms
from voucher.funding.conditions import CapBase, Conditions, YearBy
from voucher.funding.models import Agreement
from voucher.funding.queries import agreement_by_reference
from voucher.funding.rules import LineKind
from voucher.payments.bank import match_return, request_drawdown
from voucher.payments.cost_models import AdminCost
from voucher.payments.costs import approve_cost, match_cost, prepare_cost
from voucher.payments.models import Payment
from voucher.platform import pdf
from voucher.platform.db import session
from voucher.platform.errors import Conflict, DomainError, Forbidden
from voucher.redemptions.claims import Accepted
from voucher.redemptions.decisions import send_back
from voucher.redemptions.models import Redemption
from voucher.redemptions.other_match import declare_other_match
from voucher.reports.breaches import breaches
from voucher.reports.commands import (
    LedgerTie,
    data_of,
    prepare_statement,
    review_statement,
    sign_statement,
    statement_paper,
)
from voucher.reports.comparing import parts_of
from voucher.reports.funding_lines import FundingWords
from voucher.reports.ledger_side import Period
from voucher.reports.match_lines import _match_of_statement, counted_twice, match_parts
from voucher.reports.models import Statement
from voucher.reports.queries import last_signed

pytestmark = pytest.mark.usefixtures("sketched")

# What this shows does not depend on the engine.
ON_SQLITE = pytest.mark.parametrize("engine_kind", ["sqlite"], indirect=True)
QUARTER = Period(date(2026, 4, 1), date(2026, 6, 30))
PROFILE = {
    "GRANT": {"2026-04-01": 5_000_00, "2026-07-01": 5_000_00},
    "ADMIN": {"2026-04-01": 400_00, "2027-04-01": 600_00},
}
SAID = Conditions(400, CapBase.AWARD, YearBy.DEFRAYAL, 3, 1_000, PROFILE)
LINES = (
    LineTerms("GRANT", "Grants", LineKind.REVENUE, 10_000_00),
    LineTerms("ADMIN", "Administration", LineKind.ADMINISTRATION, 1_000_00),
)


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    return build_world(clock)


def books(world: World) -> None:
    """A voucher half on each agreement with £240.00 of it paid; £400.00 of administration; £100.00 asked for."""
    second = add_agreement(world, "TWO", [], lines=LINES, conditions=SAID)
    shares = [(world.agreement.lines[0], 5_000), (second.lines[0], 5_000)]
    world.payable(world.issued(add_round_over(world, "R2", shares, 5_000_00)))
    world.paid()
    given = {"pence": 400_00, "description": "Half a post", "incurred_on": date(2026, 4, 7)}
    cost = world.do("petra", prepare_cost, second.lines[1], **given)
    world.do("paul", approve_cost, cost)
    world.do("bina", match_cost, world.bank_line(-400_00, cost.reference), cost)
    world.do("fred", request_drawdown, second.lines[0], 100_00)


BEGINS_WITH = books


def second(world: World) -> Agreement:
    return agreement_by_reference(world.scheme.id, "TWO")


def prepared(
    world: World, agreement: Agreement, balance: int, words: FundingWords | None = None, period: Period = QUARTER
) -> Statement:
    if world.act("stella").today <= period.last:
        world.clock.set(datetime(period.last.year, period.last.month, period.last.day, 9, tzinfo=UTC))
        world.clock.advance(days=2)
    with world.by("stella") as act:
        tie = LedgerTie(balance, world.new_document(act))
        return prepare_statement(act, session.merge(agreement), period, tie, words)


def figures(statement: Statement) -> dict[str, object]:
    return {str(part["code"]): part["value"] for part in parts_of(data_of(statement))}


def failing(statement: Statement) -> list[str]:
    checks = data_of(statement)["checks"]
    assert isinstance(checks, list)
    return [str(each["name"]) for each in checks if not each["holds"]]


@pytest.mark.rule(26, 54, 56)
def test_administration_drawdown_profile_and_forecast_are_told(world: World) -> None:
    assert_reconciled(world)
    statement = prepared(world, second(world), -520_00)
    found = figures(statement)
    assert (found["7"], found["8"], found["12"]) == (520_00, 520_00, 11_000_00 - 520_00 - 255_00)
    assert [found[code] for code in ("15", "15a", "15b", "15c", "15d", "15e", "15f")] == [
        400_00, 400_00, 0, 400_00, 11_000_00, 363, 400,
    ]  # fmt: skip
    assert [found[code] for code in ("17", "17a", "17b", "17c", "17d")] == [100_00, 0, 100_00, 0, 100_00]
    assert [found[code] for code in ("18", "18a", "18b", "18c", "18d")] == [
        -4_880_00, 5_400_00, 520_00, -9_037, 1_000,
    ]  # fmt: skip
    assert [found[code] for code in ("19", "19a", "19b", "19c", "19d", "19e", "19f")] == [
        775_00, 255_00, 10_400_00, 9_625_00, 0, 9_625_00, 0,
    ]  # fmt: skip
    assert_rows_come_to_figures(statement)
    assert failing(statement) == []


@pytest.mark.rule(54, 56)
def test_control_a_penny_off_the_costs_own_rows_is_named(world: World) -> None:
    with world.by("fred"):
        session.query(AdminCost).one().pence = 399_99
    statement = prepared(world, second(world), -520_00)
    assert failing(statement) == ["Approved, unpaid: postings, and the scheme's own rows"]


def test_spending_beyond_the_tolerance_is_explained_or_not_signed(world: World) -> None:
    silent = prepared(world, second(world), -520_00)
    world.do("rob", review_statement, silent)
    with pytest.raises(Conflict, match="Line 18: spending on GRANT is beyond the tolerance"):
        world.do("sigrid", sign_statement, silent)
    assert [each.code for each in breaches(data_of(silent))] == ["18"]


def test_an_explained_variance_is_signed_and_stands_on_the_statement(world: World) -> None:
    words = FundingWords("Two providers started late.", "Please move £5,000.00 to next year.")
    statement = prepared(world, second(world), -520_00, words)
    world.do("rob", review_statement, statement)
    world.do("sigrid", sign_statement, statement)
    notes = {str(part["code"]): part["note"] for part in parts_of(data_of(statement))}
    assert (notes["18"], notes["19c"]) == ("Two providers started late.", "Please move £5,000.00 to next year.")


def test_an_agreement_without_a_profile_has_no_variance(world: World) -> None:
    found = figures(prepared(world, world.agreement, -120_00))
    assert (found["18"], found["18b"], found["19"], found["19c"]) == (None, 120_00, 375_00, None)
    assert (found["15"], found["15e"], found["15f"]) == (0, 0, None)


@pytest.mark.rule(57)
def test_an_agreement_that_asks_for_three_steps_has_its_reviewer_whatever_the_duties_say(world: World) -> None:
    with world.by("shay"):
        session.merge(world.scheme).reviewer_needed = False
    words = FundingWords("late start")
    statement = prepared(world, second(world), -520_00, words)
    assert "Three people sign off, as the agreement asks" in statement.data
    with pytest.raises(Forbidden, match="has not been reviewed"):
        world.do("sigrid", sign_statement, statement)
    two = prepared(world, world.agreement, -120_00)  # the control: an agreement that asks for two
    world.do("sigrid", sign_statement, two)
    assert two.state == "signed"


@pytest.mark.rule(27)
def test_two_agreements_share_a_claims_match_and_count_no_penny_twice(world: World) -> None:
    claim = session.query(Redemption).one()
    halves = [figures(prepared(world, each, cash))["14"] for each, cash in both(world)]
    assert halves == [30_00, 30_00]
    assert claim.own_pence == 60_00


def both(world: World) -> list[tuple[Agreement, int]]:
    return [(world.agreement, -120_00), (second(world), -520_00)]


@pytest.mark.rule(27)
def test_control_match_counted_whole_for_each_funder_is_named_and_cannot_be_signed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("voucher.reports.claims_paid.our_part", lambda pence, _by_line, _line_ids: pence)
    first = prepared(world, world.agreement, -120_00)
    world.do("rob", review_statement, first)
    world.do("sigrid", sign_statement, first)
    assert failing(prepared(world, second(world), -520_00)) == ["Line 14: match that several agreements count"]


@pytest.mark.rule(27)
def test_control_what_was_signed_too_high_is_still_named_when_the_fault_is_mended(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as faulty:
        faulty.setattr("voucher.reports.claims_paid.our_part", lambda pence, _by_line, _line_ids: pence)
        first = prepared(world, world.agreement, -120_00)
        world.do("rob", review_statement, first)
        world.do("sigrid", sign_statement, first)
    assert figures(first)["14"] == 60_00
    assert failing(prepared(world, second(world), -520_00)) == ["Line 14: match that several agreements count"]


@ON_SQLITE
@pytest.mark.rule(27)
def test_a_claim_that_came_back_and_was_paid_smaller_bars_nobody_until_the_other_agreement_reports(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for agreement, cash in both(world):
        statement = prepared(world, agreement, cash, FundingWords("late start"))
        world.do("rob", review_statement, statement)
        world.do("sigrid", sign_statement, statement)
    on(world, "2026-07-08")
    claim = comes_back_smaller(world)
    assert claim.own_pence == 50_00
    later = Period(date(2026, 7, 1), date(2026, 9, 30))
    # What the two signed, with what each counts now, is more than the business paid; no pound of it counts twice.
    for mine, theirs in ((world.agreement, second(world)), (second(world), world.agreement)):
        now = figures_at(world, mine, later)
        assert now + int(str(figures(last_signed_of(theirs))["14"])) == 55_00
        assert counted_twice(session.merge(mine), now, later.last) == 0
    # The control: without taking off what fell away, both wait for each other.
    monkeypatch.setattr(
        "voucher.reports.match_lines._still_counted",
        lambda statement, _through: _match_of_statement(statement),
    )
    assert [counted_twice(session.merge(each), 25_00, later.last) for each, _cash in both(world)] == [5_00, 5_00]


def figures_at(world: World, agreement: Agreement, period: Period) -> int:
    """Line 14 of an agreement at the end of a period, in pence."""
    agreement = session.merge(agreement)
    line_ids = [line.id for line in agreement.lines]
    return int(str(match_parts(agreement, line_ids, period, [])[0]["value"]))


def last_signed_of(agreement: Agreement) -> Statement:
    found = last_signed(agreement.id)
    assert found is not None
    return found


def comes_back_smaller(world: World) -> Redemption:
    """The bank returns the payment; the claim is sent back, handed in for two thirds of it, and paid again."""
    claim = session.query(Redemption).one()
    payment = session.query(Payment).one()
    line = world.bank_line(payment.pence, "RETURNED")
    world.do("bina", match_return, line, payment, reason="account closed")
    world.do("carl", send_back, claim, reason="only two thirds were delivered")
    assert isinstance(resubmitted(world, claim, 200_00), Accepted)
    world.approved(world.verified(world.confirmed(claim)))
    world.paid()
    session.refresh(claim)
    return claim


@pytest.mark.rule(27)
def test_match_that_was_declared_elsewhere_no_longer_counts(world: World) -> None:
    claim = session.query(Redemption).one()
    given = {"programme": "Made Smarter", "reason": "seen in its list of awards"}
    with pytest.raises(Forbidden):
        world.do("fred", declare_other_match, claim, pence=1, **given)
    with pytest.raises(DomainError, match=r"£60.00 of the own contribution"):
        world.do("vera", declare_other_match, claim, pence=60_01, **given)
    world.do("vera", declare_other_match, claim, pence=40_00, **given)
    with pytest.raises(DomainError, match=r"£20.00 of the own contribution"):
        world.do("vera", declare_other_match, claim, pence=20_01, **given)
    found = figures(prepared(world, second(world), -520_00))
    assert (found["14"], found["14e"], found["14f"], found["14b"]) == (10_00, 20_00, 120_00, 9_230)


@pytest.mark.rule(28)
def test_the_rate_is_grant_by_grant_and_match_and_a_breach_is_highlighted(world: World) -> None:
    claim = session.query(Redemption).one()  # the penny goes to the first line
    world.do("vera", declare_other_match, claim, pence=1, programme="Made Smarter", reason="seen in its list")
    kept = prepared(world, second(world), -520_00, FundingWords("late start"))
    assert (figures(kept)["14b"], [each.code for each in breaches(data_of(kept))]) == (8_000, ["18"])
    over = prepared(world, world.agreement, -120_00)
    assert [(each.code, each.words) for each in breaches(data_of(over))] == [
        ("14b", "Grants are £120.00 of £149.99 with their match: 80%; the agreement allows 80%.")
    ]


@pytest.mark.rule(28)
def test_a_breach_stands_out_on_the_page_and_on_paper(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[str] = []
    lay_out = pdf._lay_out
    monkeypatch.setattr(pdf, "_lay_out", lambda html, *more: drawn.append(html) or lay_out(html, *more))  # type: ignore[func-returns-value]
    client = browser_of(app, world, "rob")
    for agreement, cash, stands_out in ((second(world), -520_00, True), (world.agreement, -120_00, False)):
        statement = prepared(world, agreement, cash)
        statement_paper(session.merge(statement))
        page = client.get(f"/statements/{session.merge(statement).public_id}")
        assert ("Beyond what was agreed" in page) == stands_out
        assert ("Beyond what was agreed (line 18)." in drawn[-1]) == stands_out


@pytest.mark.rule(25)
@pytest.mark.parametrize(("year_by", "spent"), [(YearBy.DEFRAYAL, 240_00), (YearBy.DELIVERY, 0)])
def test_a_claim_delivered_in_march_and_paid_in_april_counts_in_one_year(
    world: World, year_by: YearBy, spent: int
) -> None:
    change_conditions(world, world.agreement, replace(Conditions(), year_by=year_by, tolerance_bp=1))
    on(world, "2026-12-31")
    voucher = world.issued()
    on(world, "2027-03-30")
    claim = world.claimed(voucher)
    world.clock.set(datetime(2027, 4, 5, 9, tzinfo=UTC))
    world.approved(world.verified(world.confirmed(claim)))
    world.paid()
    period = Period(date(2026, 4, 1), date(2027, 4, 30))
    found = figures(prepared(world, world.agreement, -360_00, period=period))
    assert (found["8"], found["18b"]) == (360_00, spent)
