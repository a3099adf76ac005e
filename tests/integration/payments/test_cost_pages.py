"""Administration costs on pages: prepared, consented to, approved with the second factor, matched at the bank."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask

from tests.harness.clock import FixedClock
from tests.harness.reconciled import assert_reconciled
from tests.harness.world import World, build_world
from tests.integration.payments.pages import authenticator, browser_of, stranger
from tests.integration.payments.test_cost_rules import approved, prepared, with_administration
from voucher.payments.cost_models import AdminCost
from voucher.platform.db import session


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    return build_world(clock)


BEGINS_WITH = with_administration


def address(*more: str) -> str:
    return "/".join(["/administration-costs", session.query(AdminCost).one().public_id, *more])


def test_outsiders_see_no_cost_and_readers_change_none(app: Flask, world: World) -> None:
    prepared(world)
    browser_of(app, world, "pat").get("/administration-costs", expect=403)
    client = browser_of(app, world, "shay")
    assert "Prepare a cost" not in client.get("/administration-costs").links
    for more in (("approve",), ("consent",), ("withdraw",)):
        client.post(address(*more), {"reason": "x"}, expect=403)
    client.post("/administration-costs/new", {}, expect=403)
    stranger(world)
    browser_of(app, world, "stan").get(address(), expect=404)


def test_a_cost_is_prepared_approved_and_matched(app: Flask, world: World) -> None:
    client = browser_of(app, world, "petra")
    page = client.click(client.get("/administration-costs"), "Prepare a cost")
    answers = {
        "Administration line": "ADM-1, ADMIN: Admin",
        "Amount": "400.00",
        "What is it for?": "Half a post in April",
        "Incurred on": "2026-04-07",
    }
    page = client.follow(client.submit(page, answers, button="Prepare the cost"))
    assert "Waits for: another person, who approves payments." in page
    code = authenticator(world, "paul").at(world.clock())
    client = browser_of(app, world, "paul")
    sent = client.submit(client.get(address()), {"Code of your second factor": code}, button="Approve this cost")
    assert "The cost is approved." in client.follow(sent)
    cost = session.query(AdminCost).one()
    line = world.bank_line(-400_00, f"PAYROLL {cost.reference}")
    client = browser_of(app, world, "bina")
    page = client.get(f"/bank-lines/{line.public_id}/matching")
    client.submit(page, {"This line paid": [f"Administration cost {cost.reference}, £400.00"]}, button="Match the line")
    assert cost.reference in client.get(f"/bank-lines/{line.public_id}")
    assert "Bank line of 7 April 2026" in client.get(address())
    assert_reconciled(world)


def test_what_is_missing_is_said_at_its_field(app: Flask, world: World) -> None:
    client = browser_of(app, world, "petra")
    page = client.get("/administration-costs/new")
    page = client.submit(page, {"Amount": "1.00"}, button="Prepare the cost", expect=422)
    assert page.links["Choose the administration line."] == "#line"
    assert page.links["Say what the cost is for."] == "#description"


@pytest.mark.rule(26)
def test_beyond_the_cap_the_page_asks_for_the_funders_consent(app: Flask, world: World) -> None:
    prepared(world, 500_00)
    assert "Approve this cost" not in browser_of(app, world, "paul").get(address())
    client = browser_of(app, world, "petra")
    page = client.get(address())
    assert "would lie £60.00 beyond the agreement's cap" in page
    page = client.click(page, "Record the funder's consent")
    why = {"What did the funder consent to, and when?": "letter of 1 April"}
    page = client.submit(page, why, button="Record the consent", expect=422)
    assert page.links["Choose the funder's letter."] == "#letter"
    assert date(2026, 4, 7) == world.act("petra").today


def test_a_cost_is_withdrawn_with_a_reason(app: Flask, world: World) -> None:
    approved(world)
    client = browser_of(app, world, "petra")
    page = client.click(client.get(address()), "Withdraw the cost")
    client.submit(page, {"Reason": "charged elsewhere"}, button="Withdraw the cost")
    assert "charged elsewhere" in client.get(address())
    assert session.query(AdminCost).one().state == "withdrawn"
