"""A business turns an offer down or withdraws what waits: the money goes back, and the contact is told."""

from __future__ import annotations

import pytest
from flask import Flask

from tests.harness.client import PageClient
from tests.harness.clock import FixedClock
from tests.harness.reconciled import assert_reconciled
from tests.harness.world import World, build_world
from tests.integration.redemptions.pages import told
from tests.integration.workspace.business import browser_of, owner
from voucher.accounts.commands import end_role
from voucher.accounts.models import Membership
from voucher.applications import commands
from voucher.applications.commands import submit, turn_down, withdraw_application
from voucher.applications.models import Application
from voucher.audit.models import AuditEvent
from voucher.funding.models import FundingLine
from voucher.platform.act import Act
from voucher.platform.db import read_anew, session
from voucher.platform.errors import Conflict, Forbidden
from voucher.vouchers.commands import accept

DOWN, BACK = "/turn-down", "/withdraw"


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    return build_world(clock)


def at(application: Application, more: str = "") -> str:
    return f"/business/applications/{application.public_id}{more}"


def waiting(world: World) -> Application:
    business, person = world.business()
    return world.do("asha", submit, world.round, business, person)


def unallocated() -> int:
    read_anew()
    return sum(line.unallocated_pence for line in session.query(FundingLine))


def test_nobody_else_ends_a_businesss_application(app: Flask, world: World) -> None:
    offered, sent = world.offered(), waiting(world)
    stranger = owner(app, world, world.offered())
    for application, more in ((offered, DOWN), (sent, BACK)):
        PageClient(app).get(at(application, more), expect=302)
        browser_of(app, world, "pat").get(at(application, more), expect=403)
        stranger.get(at(application, more), expect=404)
        stranger.get("/business")
        stranger.post(at(application, more), expect=404)
    assert {each.state for each in session.query(Application)} == {"approved", "submitted"}


def test_the_command_turns_down_for_the_business_only(world: World) -> None:
    application = world.offered()
    for name in ("asha", "pat", world.owner_of(world.offered())):
        with pytest.raises(Forbidden):
            world.do(name, turn_down, application)


def test_who_no_longer_acts_for_the_business_withdraws_nothing(world: World) -> None:
    application = waiting(world)
    held = session.query(Membership).filter_by(organisation_id=application.business_id).one()
    world.do("ada", end_role, held, reason="left the business")
    with pytest.raises(Forbidden):
        world.do(world.owner_of(application), withdraw_application, application, reason="out of spite")


def test_control_without_that_look_anybody_would_turn_it_down(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    application = world.offered()
    monkeypatch.setattr(Act, "require", lambda *_args, **_more: None)
    world.do("pat", turn_down, application)
    assert application.state == "withdrawn"


def test_an_offer_that_is_turned_down_gives_its_money_back_and_is_told(app: Flask, world: World) -> None:
    before = unallocated()
    application = world.offered()
    assert unallocated() == before - 750_00
    client = owner(app, world, application)
    page = client.click(client.get(at(application)), "Turn the offer down")
    assert page.heading == "Turn down the offer of £750.00"
    page = client.follow(client.submit(page, {"Why? (optional)": "No time"}, button="Turn down this offer"))
    assert "You have turned the offer down." in page
    assert "This application was withdrawn." in page
    assert unallocated() == before
    assert told("application_withdrawn") == [application.contact.email]
    [event] = session.query(AuditEvent).filter_by(action="application.turned_down")
    assert (event.from_state, event.to_state, event.reason) == ("approved", "withdrawn", "No time")
    assert_reconciled(world)


def test_control_if_nothing_were_given_back_the_money_would_stay_reserved(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = unallocated()
    application = world.offered()
    monkeypatch.setattr(commands, "standing_of_application", lambda *_which: {})
    world.do(world.owner_of(application), turn_down, application)
    assert unallocated() == before - 750_00


def test_a_button_pressed_twice_turns_down_once(app: Flask, world: World) -> None:
    application = world.offered()
    client = owner(app, world, application)
    page = client.get(at(application, DOWN))
    leads = [client.submit(page, button="Turn down this offer").location for _time in range(2)]
    assert leads == [at(application)] * 2
    assert told("application_withdrawn") == [application.contact.email]


def test_what_was_accepted_meanwhile_cannot_be_turned_down(app: Flask, world: World) -> None:
    application = world.offered()
    name = world.owner_of(application)
    voucher = world.do(name, accept, application, declared_pence=0, terms_version="2026-1")
    with pytest.raises(Conflict, match="was answered or has ended"):
        world.do(name, turn_down, application)
    client = owner(app, world, application)
    assert client.get(at(application, DOWN), expect=302).location == f"/business/vouchers/{voucher.reference}"


def test_what_waits_for_a_decision_is_withdrawn_by_any_of_the_businesss_people(app: Flask, world: World) -> None:
    application = waiting(world)
    client = owner(app, world, application)
    page = client.click(client.get(at(application)), "Withdraw the application")
    page = client.follow(client.submit(page, button="Withdraw this application"))
    assert "This application was withdrawn." in page
    assert told("application_withdrawn") == [application.contact.email]
    [event] = session.query(AuditEvent).filter_by(action="application.withdrawn")
    assert event.reason == "Withdrawn by the business."
    client.get(at(application, BACK), expect=302)


def test_an_offer_is_turned_down_and_not_withdrawn_by_another_address(app: Flask, world: World) -> None:
    application = world.offered()
    client = owner(app, world, application)
    assert client.get(at(application, BACK), expect=302).location == at(application)
    assert "Withdraw the application" not in client.get(at(application)).links
