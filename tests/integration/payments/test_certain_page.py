"""The page on which everything that is certain is matched, and the lines beside each other on the matching page."""

from __future__ import annotations

import pytest
from flask import Flask

from tests.harness.clock import FixedClock
from tests.harness.world import World, build_world
from tests.integration.payments.exported import payments, states, three_payments
from tests.integration.payments.pages import browser_of, stranger
from voucher.payments import matching as commands
from voucher.payments.models import BankLine
from voucher.platform.db import session

BEGINS_WITH = three_payments
CERTAIN = "/bank-lines/certain"


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    return build_world(clock)


def matching(line: BankLine) -> str:
    return f"/bank-lines/{session.merge(line).public_id}/matching"


def test_who_only_reads_and_who_works_elsewhere_matches_nothing(app: Flask, world: World) -> None:
    payment = payments()[0]
    world.bank_line(-payment.pence, payment.reference)
    browser_of(app, world, "petra").get(CERTAIN, expect=403)
    stranger(world)
    assert payment.reference not in browser_of(app, world, "stan").get(CERTAIN)


@pytest.mark.rule(35)
def test_the_list_is_shown_first_and_what_was_shown_is_matched(app: Flask, world: World) -> None:
    first, second, third = payments()
    world.bank_line(-first.pence, first.reference)
    world.bank_line(-second.pence, "CALDER")
    client = browser_of(app, world, "bina")
    shown = client.get(CERTAIN)
    world.bank_line(-third.pence, third.reference)
    refused = client.submit(shown, button="Match this one", expect=422)
    assert "The list has changed since it was shown." in refused
    assert states() == ["exported"] * 3
    client.submit(refused, button="Match these 2")
    assert states() == ["defrayed", "exported", "defrayed"]
    assert "Bank lines matched: 2. Left for a person: 1." in client.get("/bank-lines/matching")
    assert "Nothing is certain" in client.get(CERTAIN)


def test_what_is_kept_to_some_days_is_matched_and_the_rest_is_named_and_left(app: Flask, world: World) -> None:
    first, second, _third = payments()
    world.bank_line(-second.pence, second.reference)
    world.clock.advance(days=1)
    on = world.act("bina").today
    world.bank_line(-first.pence, first.reference, on)
    client = browser_of(app, world, "bina")
    page = client.get(f"{CERTAIN}?first={on.isoformat()}&last={on.isoformat()}")
    assert "1 more is certain and was booked on another day. It is not matched here." in page
    assert second.reference not in page
    client.submit(page, button="Match this one")
    assert states() == ["defrayed", "exported", "exported"]
    assert "Nothing that is certain was booked on these days." in client.get(CERTAIN, query={"first": on.isoformat()})
    assert second.reference in client.get(CERTAIN)


def test_control_a_command_that_knew_no_days_would_match_what_was_not_shown(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, _third = payments()
    world.bank_line(-second.pence, second.reference)
    world.clock.advance(days=1)
    on = world.act("bina").today
    world.bank_line(-first.pence, first.reference, on)
    client = browser_of(app, world, "bina")
    page = client.get(f"{CERTAIN}?first={on.isoformat()}")
    monkeypatch.setattr(commands, "booked_within", lambda proposals, *_days: list(proposals))
    assert "The list has changed since it was shown." in client.submit(page, button="Match this one", expect=422)
    monkeypatch.setattr(commands, "fingerprint", lambda _proposals: page.all("input", name="seen")[0].get("value"))
    client.submit(page, button="Match this one")
    assert states() == ["defrayed", "defrayed", "exported"]


def test_what_is_only_likely_is_named_and_waits_for_a_person(app: Flask, world: World) -> None:
    second = payments()[1]
    line = world.bank_line(-second.pence, "INVOICE 7")
    with world.by("bina"):
        session.merge(line).counterparty = "WHARFE SYSTEMS LTD"
    client = browser_of(app, world, "bina")
    page = client.get(CERTAIN)
    assert "Likely by amount, other party and day" in page
    assert second.reference in page
    beside = client.get(page.links["INVOICE 7"])
    assert "3 of 4 fit: the amount, the other party, the day. Not: the reference." in beside
    client.submit(beside, {"Reason": "their invoice"}, button="Match the line")
    assert states()[1] == "defrayed"


@pytest.mark.rule(35)
def test_the_other_lines_of_one_payment_are_beside_it_and_ticked(app: Flask, world: World) -> None:
    third = payments()[2]
    lines = [world.bank_line(-pence, third.reference) for pence in (10_000, 14_000)]
    client = browser_of(app, world, "bina")
    page = client.get(matching(lines[0]))
    client.submit(page, button="Match the line")
    assert states()[2] == "defrayed"


@pytest.mark.rule(35)
def test_a_line_with_more_in_it_leaves_the_rest_when_that_is_said(app: Flask, world: World) -> None:
    first = payments()[0]
    line = world.bank_line(-first.pence - 35, first.reference)
    client = browser_of(app, world, "bina")
    answers: dict[str, object] = {"This line paid": [f"Payment {first.reference} to Calder Digital Ltd, £240.00"]}
    refused = client.submit(client.get(matching(line)), answers, button="Match the line", expect=422)
    assert "The line has £240.35 open; the payments come to £240.00." in refused
    rest = {"The line is more than these payments: leave the rest of it open": True, "Reason": "the charge"}
    client.submit(refused, {**answers, **rest}, button="Match the line")
    session.expire_all()
    assert session.merge(line).open_pence == 35
