"""Cash by funding line: the identity to the penny, both sides of it, and the way from a figure to its postings."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask
from sqlalchemy import text

from tests.harness.clock import FixedClock
from tests.harness.reconciled import assert_reconciled
from tests.harness.world import World, build_world
from tests.integration.payments.pages import browser_of, stranger
from tests.journeys.steps import on, signed, value
from voucher.payments.bank import match_drawdown, match_return, request_drawdown
from voucher.payments.debts import disallow_claim, match_recovery
from voucher.platform.db import atomic, engine, session
from voucher.reports.cash import BEGINNING, CashLine, cash_by_line, cash_checks
from voucher.reports.ledger_side import Period

TODAY = date(2026, 4, 7)


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    return build_world(clock)


def money_moves(world: World) -> None:
    """£240 paid, of which £4 is disallowed and £10 was got back; £50 drawn down, £70 more asked for."""
    claim = world.payable()
    world.paid()
    debt = world.debt_on(claim, 1_000)
    world.do("bina", match_recovery, world.bank_line(1_000, debt.reference), debt)
    lines = session.merge(world.agreement).lines
    drawdown = world.do("fred", request_drawdown, lines[0], 5_000)
    world.do("bina", match_drawdown, world.bank_line(5_000, drawdown.reference), drawdown)
    world.do("fred", request_drawdown, lines[1], 7_000)
    world.do("fred", disallow_claim, claim, pence=400, reason="out of scope")


BEGINS_WITH = money_moves


def cash(world: World, first: date = BEGINNING, last: date = TODAY) -> list[CashLine]:
    session.expire_all()
    return cash_by_line(session.merge(world.scheme), Period(first, last))


def wrong(world: World, first: date = BEGINNING, last: date = TODAY) -> list[str]:
    period = Period(first, last)
    checks = cash_checks(session.merge(world.scheme), period, cash_by_line(session.merge(world.scheme), period))
    return [str(each["name"]) for each in checks if not each["holds"]]


def total(lines: list[CashLine], name: str) -> int:
    return sum(getattr(each, name) for each in lines)


def test_outsiders_and_people_of_other_schemes_see_no_cash(app: Flask, world: World) -> None:
    browser_of(app, world, "pat").get("/cash", expect=403)
    stranger(world)
    assert "LGF-1" not in browser_of(app, world, "stan").get("/cash")


@pytest.mark.rule(56)
def test_each_line_s_cash_holds_to_the_penny_and_below_zero_it_is_owed_by_the_funder(world: World) -> None:
    lines = cash(world)
    assert all(each.by_identity == each.closing for each in lines)
    figures = {name: total(lines, name) for name in ("requested", "drawn", "paid", "recovered", "borne", "closing")}
    assert figures == {
        "requested": 12_000,
        "drawn": 5_000,
        "paid": 24_000,
        "recovered": 1_000,
        "borne": 400,
        "closing": 5_000 - 24_000 + 1_000 + 400,
    }
    assert [each.owed_by_the_funder for each in lines] == [max(0, -each.closing) for each in lines]
    assert wrong(world) == []


@pytest.mark.rule(56)
def test_days_divide_the_flows_and_carry_the_balance(world: World) -> None:
    before, after = cash(world, last=date(2026, 4, 6)), cash(world, date(2026, 4, 8), date(2026, 4, 30))
    assert [total(lines, "paid") for lines in (before, after)] == [0, 0]
    assert (total(before, "closing"), total(after, "opening")) == (0, total(cash(world), "closing"))
    assert wrong(world, date(2026, 4, 8), date(2026, 4, 30)) == []


@pytest.mark.rule(37, 56)
def test_a_payment_that_came_back_after_a_disallowance_leaves_cash_and_statement_whole(world: World) -> None:
    """What the authority bore of it was never spent, and line 16g says so."""
    on(world, "2026-04-20")
    claim_payment = world.payable()
    (payment,) = world.paid()
    world.do("fred", disallow_claim, claim_payment, pence=100, reason="out of scope")
    world.do("bina", match_return, world.bank_line(payment.pence, payment.reference), payment, reason="closed")
    on(world, "2026-05-04")
    statement = signed(world, date(2026, 4, 1), date(2026, 4, 30))
    assert [value(statement, code) for code in ("16c", "16d", "16g")] == [48_000, 24_000, 400]
    assert wrong(world, last=date(2026, 5, 4)) == []
    assert_reconciled(world)


@pytest.mark.rule(56)
def test_control_a_bank_line_that_changes_past_the_ledger_is_seen(world: World) -> None:
    with atomic():
        if engine().dialect.name == "postgresql":
            session.execute(text("ALTER TABLE bank_match DISABLE TRIGGER ALL"))
        else:
            session.execute(text("DROP TRIGGER bank_match_no_update"))
        session.execute(text("UPDATE bank_match SET pence = pence - 1 WHERE kind = 'payment'"))
    assert wrong(world) == ["Payments: postings, and the bank's lines"]


@pytest.mark.rule(24, 56)
def test_control_a_posting_that_changes_past_the_commands_is_seen(world: World) -> None:
    with atomic():
        if engine().dialect.name == "postgresql":
            session.execute(text("ALTER TABLE posting DISABLE TRIGGER ALL"))
        else:
            session.execute(text("DROP TRIGGER posting_no_update"))
        session.execute(text("UPDATE posting SET pence = pence + 1 WHERE from_account = 'cash: recoveries'"))
    assert wrong(world) == ["Recoveries: postings, and the bank's lines"]


def test_each_figure_leads_to_its_postings_and_the_requests(app: Flask, world: World) -> None:
    client = browser_of(app, world, "fred")
    page = client.get("/cash")
    assert "Agrees" in page
    assert "Does not agree" not in page
    postings = client.get(page.links["£3.33"])
    assert "Cash: recoveries on line L1 of LGF-1" in postings
    assert "Debt repaid" in postings
    assert "Not yet" in client.get(page.links["£70.00"])
    narrowed = client.get("/cash", query={"first": "2026-04-08", "last": "2026-04-30"})
    assert "£3.33" not in narrowed.links
    assert client.get("/cash", query={"first": "soon"}).links["Enter a date, like 7 April 2026."] == "#first"


def test_the_file_has_a_row_for_each_line(app: Flask, world: World) -> None:
    told = browser_of(app, world, "fred").get("/cash", query={"as": "csv"}).body.decode("utf-8-sig").splitlines()
    assert [row.split(",")[:2] for row in told[1:]] == [["LGF-1", f"L{n}: Line {n}"] for n in (1, 2, 3)]
