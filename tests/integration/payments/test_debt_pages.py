"""Debts and requests for money on pages."""

from __future__ import annotations

import pytest
from flask import Flask

from tests.harness.clock import FixedClock
from tests.harness.reconciled import assert_reconciled
from tests.harness.world import World, build_world
from tests.integration.payments.pages import browser_of, stranger
from tests.integration.redemptions.pages import rows
from tests.journeys.steps import standing
from voucher.funding.rules import Account
from voucher.payments.debts import match_recovery, write_off
from voucher.payments.models import Debt, Drawdown
from voucher.platform.db import session
from voucher.platform.errors import InvalidTransition


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    return build_world(clock)


def test_outsiders_and_people_of_other_schemes_see_no_debt(app: Flask, world: World) -> None:
    claim = world.payable()
    world.paid()
    debt = world.debt_on(claim, 1_000)
    browser_of(app, world, "pat").get("/debts", expect=403)
    stranger(world)
    browser_of(app, world, "stan").get(f"/debts/{session.merge(debt).public_id}", expect=404)
    vera = browser_of(app, world, "vera")
    assert "Write it off" not in vera.get(f"/debts/{session.merge(debt).public_id}").links
    vera.get("/debts/new", expect=403)
    vera.get("/debts/disallowed", expect=403)
    vera.get("/drawdowns/new", expect=403)


def test_a_debt_is_raised_up_to_what_was_paid(app: Flask, world: World) -> None:
    claim = world.payable()
    world.paid()
    client = browser_of(app, world, "fred")
    page = client.get("/debts/new", query={"claim": session.merge(claim).reference})
    answers = {"Who owes it": "The provider", "Amount": "240.01", "Reason": "not delivered"}
    refused = client.submit(page, answers, button="Raise the debt", expect=422)
    assert refused.links["A debt of up to £240.00 can be raised on this claim."] == "#amount"
    shown = client.follow(client.submit(refused, {"Amount": "240.00"}, button="Raise the debt"))
    assert "£240.00 outstanding" in shown
    assert session.query(Debt).one().reference in client.get("/debts", query={"what": "open"})


def test_a_claim_that_was_not_paid_is_named_at_its_field(app: Flask, world: World) -> None:
    claim = world.payable()
    client = browser_of(app, world, "fred")
    answers = {"Claim": "NTT-C-0", "Who owes it": "The business", "Amount": "1.00", "Reason": "x"}
    page = client.submit(client.get("/debts/new"), answers, button="Raise the debt", expect=422)
    assert "Scheme NTT has no claim NTT-C-0." in page.links
    answers["Claim"] = session.merge(claim).reference
    assert "nothing was paid on it" in client.submit(page, answers, button="Raise the debt", expect=422)


def test_a_write_off_takes_two_people(app: Flask, world: World) -> None:
    claim = world.payable()
    world.paid()
    debt = world.debt_on(claim, 1_000)
    fred, fay = browser_of(app, world, "fred"), browser_of(app, world, "fay")
    address = f"/debts/{session.merge(debt).public_id}"
    asking = fred.click(fred.get(address), "Write it off")
    fred.submit(asking, {"Reason": "gone"}, button="Ask for the write-off")
    again = fred.click(fred.get(address), "Agree to the write-off")
    fred.submit(again, {"Reason": "gone"}, button="Agree to the write-off", expect=403)
    agreeing = fay.click(fay.get(address), "Agree to the write-off")
    fay.submit(agreeing, {"Reason": "gone"}, button="Agree to the write-off")
    session.expire_all()
    assert (session.merge(debt).state, session.merge(debt).outstanding_pence) == ("written off", 0)


def test_what_is_settled_is_not_written_off(world: World) -> None:
    claim = world.payable()
    world.paid()
    debt = world.debt_on(claim, 1_000)
    world.do("bina", match_recovery, world.bank_line(1_000, debt.reference), debt)
    with pytest.raises(InvalidTransition):
        world.do("fred", write_off, debt, reason="gone")
    assert session.merge(debt).write_off_asked_by is None


def test_a_request_to_a_funder_is_noted(app: Flask, world: World) -> None:
    client = browser_of(app, world, "fred")
    page = client.get("/drawdowns/new")
    assert "Choose the funding line." in client.submit(page, {"Amount": "1"}, button="Note the request", expect=422)
    answers = {"Funding line": "LGF-1, L1: Line 1", "Amount": "500.00"}
    shown = client.follow(client.submit(page, answers, button="Note the request"))
    assert "£500.00" in shown
    assert rows(Drawdown) == 1


def test_what_a_funder_disallowed_is_borne_by_the_authority(app: Flask, world: World) -> None:
    claim = world.payable()
    world.paid()
    client = browser_of(app, world, "fred")
    answers = {"Claim": session.merge(claim).reference, "Amount": "240.01", "Reason": "no evidence of the price"}
    page = client.submit(client.get("/debts/disallowed"), answers, button="Note it as disallowed", expect=422)
    assert page.links["Up to £240.00 of this claim can be disallowed."] == "#amount"
    client.submit(page, {"Amount": "40.00"}, button="Note it as disallowed")
    assert standing(world, Account.DISALLOWED) == 4_000
    assert_reconciled(world)
