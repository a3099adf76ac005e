"""Changes of an agreement on pages: proposed by one funding manager, confirmed by another with the second factor."""

from __future__ import annotations

import pytest
from flask import Flask

from tests.harness.clock import FixedClock
from tests.harness.page import Page
from tests.harness.reconciled import assert_reconciled
from tests.harness.world import World, build_world
from tests.integration.payments.pages import authenticator, browser_of, stranger
from voucher.funding.changes import propose_award, propose_conditions
from voucher.funding.conditions import Conditions
from voucher.funding.models import AgreementProposal
from voucher.funding.queries import balances, conditions_of
from voucher.funding.rules import Account
from voucher.platform.db import session


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    return build_world(clock)


def address(world: World, *more: str) -> str:
    return "/".join(["/funding/agreements", session.merge(world.agreement).public_id, *more])


def unallocated(world: World) -> list[int]:
    session.expire_all()
    return [line.unallocated_pence for line in session.merge(world.agreement).lines]


def proposal() -> str:
    return f"/funding/proposals/{session.query(AgreementProposal).one().public_id}"


def confirmed(app: Flask, world: World) -> Page:
    """What Fay sees once she has confirmed the one proposal."""
    code = authenticator(world, "fay").at(world.clock())
    client = browser_of(app, world, "fay")
    sent = client.submit(client.get(proposal()), {"Code of your second factor": code}, button="Confirm this change")
    return client.follow(sent)


def test_who_does_not_manage_funding_changes_nothing(app: Flask, world: World) -> None:
    made = world.do("fred", propose_award, world.agreement, {"L1": 1}, reason="x")
    client = browser_of(app, world, "shay")
    assert "Confirm this change" not in client.get(proposal())
    for at in (address(world, "conditions"), f"/funding/proposals/{made.public_id}/confirm", f"{proposal()}/end"):
        client.post(at, {"reason": "x"}, expect=403)
    stranger(world)
    browser_of(app, world, "stan").get(proposal(), expect=404)


def test_the_award_of_lines_is_raised_and_lowered_by_two_people(app: Flask, world: World) -> None:
    before = unallocated(world)
    client = browser_of(app, world, "fred")
    answers = {"Change of line L1": "500.00", "Change of line L2": "-200.00", "Reason": "variation 2"}
    page = client.click(client.get(address(world)), "Change the award")
    page = client.follow(client.submit(page, answers, button="Propose this change"))
    assert "You proposed this change: another funding manager must confirm it." in page
    assert unallocated(world) == before
    page = confirmed(app, world)
    assert "Decided by Fay" in page
    assert [now - then for now, then in zip(unallocated(world), before, strict=True)] == [50_000, -20_000, 0]
    assert "variation 2" in client.get(address(world))


def test_a_cut_beyond_what_is_unallocated_waits_and_says_how_much_is_missing(app: Flask, world: World) -> None:
    world.issued()
    cut = -(session.merge(world.agreement).lines[0].unallocated_pence + 100)
    world.do("fred", propose_award, world.agreement, {"L1": cut}, reason="the funder cuts")
    assert "£1.00 more must be released" in confirmed(app, world)
    assert "A cut of the award waits." in browser_of(app, world, "fred").get(address(world))


def move(app: Flask, world: World, amount: str, *, expect: int) -> Page:
    client = browser_of(app, world, "fred")
    page = client.get(address(world, "virement"))
    answers = {
        "From line": "L1: Line 1, £3,333.00 unallocated",
        "To line": "L2: Line 2, £3,334.00 unallocated",
        "Amount": amount,
        "Reason": "capital is short",
    }
    return client.submit(page, answers, button="Propose this change", expect=expect)


def test_unallocated_money_moves_between_lines(app: Flask, world: World) -> None:
    move(app, world, "33.00", expect=302)
    assert "£33.00 from line L1 to line L2" in browser_of(app, world, "fay").get(proposal())
    confirmed(app, world)
    assert unallocated(world) == [330_000, 336_700, 333_300]
    assert_reconciled(world)


@pytest.mark.rule(23)
def test_more_than_a_line_has_unallocated_is_refused_at_the_field(app: Flask, world: World) -> None:
    page = move(app, world, "3333.01", expect=422)
    words = "Funding line L1 has £3,333.00 left unallocated; £3,333.01 is needed from it."
    assert page.links[words] == "#amount"
    assert 'value="3333.01"' in page.text


@pytest.mark.rule(23)
def test_control_without_the_guards_the_pages_would_move_money_that_is_not_there(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("voucher.funding.changes.refuse_short", lambda _line, _wanted: None)
    monkeypatch.setattr("voucher.funding.ledger._move_guards", lambda _movements: None)
    move(app, world, "3333.01", expect=302)
    confirmed(app, world)
    line = session.merge(world.agreement).lines[0]
    assert balances([line.id])[line.id][Account.UNALLOCATED] == -1


def test_conditions_and_the_profile_are_entered_and_shown(app: Flask, world: World) -> None:
    client = browser_of(app, world, "fred")
    page = client.get(address(world, "conditions"))
    answers = {
        "Administration cap in percent": "4",
        "Statements are signed off by": "Three people in any case",
        "L1, quarter from 1 April 2026": "3,000.00",
        "L1, quarter from 1 July 2026": "333.00",
        "Reason": "variation 1",
    }
    sent = client.submit(page, answers, button="Propose this change")
    shown = client.follow(sent)
    assert "4% of the award" in shown
    assert "£3,000.00" in shown
    confirmed(app, world)
    assert conditions_of(world.agreement.id).profile == {"L1": {"2026-04-01": 300_000, "2026-07-01": 33_300}}
    assert "Three people" in client.get(address(world))


def test_a_profile_that_does_not_come_to_the_award_is_named_on_the_page(app: Flask, world: World) -> None:
    client = browser_of(app, world, "fred")
    answers = {"L1, quarter from 1 April 2026": "3,000.00", "Reason": "variation 1"}
    page = client.submit(client.get(address(world, "conditions")), answers, button="Propose this change", expect=422)
    words = "The profile of line L1 comes to £3,000.00; its award is £3,333.00."
    assert page.links[words] == "#profile_L1_2026-04-01"


def test_a_proposal_is_declined_with_a_reason(app: Flask, world: World) -> None:
    world.do("fred", propose_conditions, world.agreement, Conditions(500), reason="x")
    client = browser_of(app, world, "fay")
    page = client.submit(client.get(proposal()), {"Reason": "not agreed"}, button="Decline this proposal")
    assert "declined" in client.follow(page).text.lower()
    assert conditions_of(world.agreement.id) == Conditions()
