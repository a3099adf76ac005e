"""An officer names another contact of an application: with a reason, told to both, never somebody of a provider."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from flask import Flask

from tests.harness.client import PageClient
from tests.harness.clock import FixedClock
from tests.harness.page import Page
from tests.harness.world import World, build_world
from tests.integration.desk import at_desk, gains, outsider
from tests.integration.redemptions.pages import told
from voucher.accounts.models import Person
from voucher.accounts.rules import Role
from voucher.applications import contacts
from voucher.applications.commands import withdraw_application
from voucher.applications.contacts import change_contact
from voucher.applications.models import Application
from voucher.audit.queries import history
from voucher.platform.db import read_anew, session
from voucher.platform.errors import DomainError, Forbidden

EMAIL, NAME = "E-mail address of the new contact", "Name (only for somebody who is not known here yet)"
WHY = "Why is the contact changed?"
NORA = {EMAIL: "nora@bakery.example", NAME: "Nora New", WHY: "The first one has left"}


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    return build_world(clock)


def path_of(application: Application) -> str:
    return f"/applications/{application.public_id}/contact"


def change(client: PageClient, application: Application, answers: Mapping[str, object], *, expect: int = 302) -> Page:
    page = client.get(path_of(application))
    return client.submit(page, answers, button="Change the contact", expect=expect)


def contact_of(application: Application) -> Person:
    read_anew()
    return session.merge(application).contact


# Who may not


@pytest.mark.rule(3)
def test_only_an_officer_who_decides_in_the_scheme_changes_a_contact(app: Flask, world: World) -> None:
    offered = world.offered()
    before = contact_of(offered).email
    for name in ("vera", "shay", "pat", world.owner_of(offered)):
        client = at_desk(app, world, name)
        client.get(path_of(offered), expect=403)
        client.post(path_of(offered), {"email": "x@y.example", "reason": "x"}, expect=403)
        with pytest.raises(Forbidden):
            world.do(name, change_contact, offered, email_text="x@y.example", name="X", reason="x")
    at_desk(app, world, outsider(world, Role.ASSESSOR)).get(path_of(offered), expect=404)
    assert contact_of(offered).email == before


@pytest.mark.rule(65)
def test_nobody_changes_the_contact_of_the_own_business(app: Flask, world: World) -> None:
    offered = world.offered()
    gains(world, "asha", Role.BUSINESS_MEMBER, organisation_id=offered.business_id)
    page = at_desk(app, world, "asha").get(path_of(offered), expect=403)
    assert "another person must decide it" in page


@pytest.mark.rule(15)
@pytest.mark.parametrize(
    ("email", "words"),
    [("pat@provider.example", "works for a provider"), ("vera@northmoor.example", "works for a scheme")],
)
def test_nobody_of_a_provider_or_a_scheme_can_speak_for_a_business(
    app: Flask, world: World, email: str, words: str
) -> None:
    offered = world.offered()
    page = change(at_desk(app, world, "asha"), offered, {**NORA, EMAIL: email}, expect=422)
    assert page.all("p", id="email-error")
    assert words in page
    assert told("contact_changed") == []


@pytest.mark.rule(15)
def test_control_without_the_guard_the_business_s_messages_would_go_to_a_provider(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    voucher = world.issued()
    monkeypatch.setattr(contacts, "provider_addresses", frozenset)
    change(at_desk(app, world, "asha"), voucher.application, {**NORA, EMAIL: "pat@provider.example"})
    assert contact_of(voucher.application).email == "pat@provider.example"
    assert told("contact_named") == ["pat@provider.example"]


# What happens


def test_a_new_person_is_the_contact_from_now_on_and_both_are_told(app: Flask, world: World) -> None:
    voucher = world.issued()
    application = voucher.application
    before = contact_of(application).email
    asha = at_desk(app, world, "asha")
    page = asha.click(asha.get(f"/vouchers-desk/{voucher.reference}"), "Change the contact")
    assert before in page
    answer = asha.submit(page, NORA, button="Change the contact")
    assert "is now Nora New, nora@bakery.example. Both are told." in asha.follow(answer)
    assert (told("contact_changed"), told("contact_named")) == ([before], ["nora@bakery.example"])
    event = history("application", application.id)[-1]
    assert (event.action, event.reason) == ("application.contact_changed", "The first one has left")
    assert event.details == {"contact": [before, "nora@bakery.example"]}


def test_the_new_contact_is_asked_and_can_answer(app: Flask, world: World) -> None:
    voucher = world.issued()
    change(at_desk(app, world, "asha"), voucher.application, NORA)
    world.people["nora"] = contact_of(voucher.application)
    claim = world.claimed(session.merge(voucher))
    assert told("claim_made") == ["nora@bakery.example"]
    assert at_desk(app, world, "nora").get(f"/business/claims/{claim.public_id}").status == 200


def test_a_colleague_who_acts_for_the_business_already_keeps_the_own_name(app: Flask, world: World) -> None:
    first, second = world.offered(), world.offered()
    colleague = contact_of(second)
    change(at_desk(app, world, "asha"), first, {**NORA, EMAIL: colleague.email.upper()})
    assert contact_of(first).name == colleague.name != "Nora New"


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({EMAIL: "nora"}, "email", "in the form name@example.org"),
        ({NAME: ""}, "name", "Enter the person's name, too."),
        ({WHY: ""}, "reason", "Say why the contact is changed."),
    ],
)
def test_what_is_wrong_is_named_at_its_field_and_what_was_entered_is_kept(
    app: Flask, world: World, changes: dict[str, object], field: str, words: str
) -> None:
    page = change(at_desk(app, world, "asha"), world.offered(), {**NORA, **changes}, expect=422)
    assert page.title.startswith("Error: ")
    assert page.all("p", id=f"{field}-error")
    assert words in page
    assert 'value="nora' in page.text


def test_who_is_the_contact_already_is_not_told_again(world: World) -> None:
    offered = world.offered()
    with pytest.raises(DomainError, match="the contact already"):
        world.do("asha", change_contact, offered, email_text=contact_of(offered).email, reason="x")


def test_an_application_that_is_over_keeps_its_contact(app: Flask, world: World) -> None:
    offered = world.offered()
    world.do("asha", withdraw_application, offered, reason="closed down")
    asha = at_desk(app, world, "asha")
    assert "Change the contact" not in asha.get(f"/applications/{session.merge(offered).public_id}").links
    asha.get(path_of(session.merge(offered)), expect=409)
