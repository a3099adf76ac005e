"""Officers take applications by phone, which the business confirms itself, and look at those that need a person."""

from __future__ import annotations

from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from flask import Flask

from config import Config
from tests.harness.client import PageClient
from tests.harness.clock import FixedClock
from tests.harness.page import Page
from tests.harness.world import World, build_world
from tests.integration.applications.people import COMPANY, browser_of, filled, newcomer, sent
from tests.integration.redemptions.pages import rows, second_scheme, told
from voucher.accounts.commands import grant_role
from voucher.accounts.rules import Role
from voucher.app import office
from voucher.applications.applying import answer_question, delete_form, hand_over, let_in, send_form
from voucher.applications.models import Application, ApplicationForm
from voucher.organisations.models import Identifier, Organisation
from voucher.platform.db import session
from voucher.platform.errors import DomainError, Forbidden
from voucher.worker import run_worker

LIST = "/applications/needing-a-person"


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    return build_world(clock)


def taken(app: Flask, world: World) -> ApplicationForm:
    """An application that asha takes from Nia by phone, with every answer written down."""
    browser = browser_of(app, world.people["asha"])
    answers = {
        "Name of the person who speaks for the business": "Nia Baker",
        "E-mail address": "Nia@Baker.example",
        "Telephone": "0113 496 0001",
    }
    page = browser.get("/applications/by-phone")
    browser.follow(browser.submit(page, answers, button="Go on to the questions"))
    form = session.query(ApplicationForm).one()
    world.people["nia"] = form.person
    for key, given in COMPANY.items():
        world.do("asha", answer_question, form, key, given)
    return form


def mails(place: Config) -> list[EmailMessage]:
    assert run_worker(office(), once=True, environ={}).failed == 0
    return [message_from_bytes(path.read_bytes(), policy=policy.default) for path in sorted(place.mail.iterdir())]


def held(world: World, name: str = "nia") -> tuple[ApplicationForm, Organisation]:
    """An application under the number of a business that is known here, and that business."""
    business, _owner = world.business()
    number = {"company_number": business.identifiers[0].value}
    return sent(world, name, {"company-number": number}), business


def decide(client: PageClient, form: ApplicationForm, words: str, reason: str, *, expect: int = 302) -> Page:
    answers = {"Does this person speak for the business?": words, "How you found out": reason}
    return client.submit(client.get(f"{LIST}/{form.public_id}"), answers, button="Save this decision", expect=expect)


YES, NO = "Yes: take the application for this business", "No, or I could not find out: refuse it"


# Who may not


@pytest.mark.parametrize("path", ["/applications/by-phone", "/applications/other-funding", LIST])
def test_only_officers_who_decide_open_these_pages(app: Flask, world: World, path: str) -> None:
    for name in ("vera", "pat", "fred"):
        browser_of(app, world.people[name]).get(path, expect=403)
    browser_of(app, world.people["asha"]).get(path)


def test_an_officer_of_another_scheme_sees_none_of_this_one(app: Flask, world: World) -> None:
    form, _business = held(world)
    newcomer(world, "oda")
    with second_scheme(world), world.by("ada") as act:
        grant_role(act, session.merge(world.people["oda"]), Role.ASSESSOR, scheme_id=world.scheme.id)
    browser = browser_of(app, world.people["oda"])
    assert "Nothing waits." in browser.get(LIST)
    browser.get(f"{LIST}/{form.public_id}", expect=404)


@pytest.mark.rule(65)
def test_nobody_decides_on_an_application_for_the_own_business(world: World) -> None:
    form, business = held(world)
    with world.by("ada") as act:
        grant_role(
            act, session.merge(world.people["asha"]), Role.BUSINESS_MEMBER, organisation_id=session.merge(business).id
        )
    with pytest.raises(Forbidden, match="another person must decide"):
        world.do("asha", let_in, form, reason="it is mine")


# By phone


def test_what_was_taken_by_phone_counts_only_when_the_business_has_sent_it(
    app: Flask, world: World, place: Config
) -> None:
    form = taken(app, world)
    officer = browser_of(app, world.people["asha"])
    page = officer.get(f"/apply/{form.public_id}/check")
    officer.submit(page, button="Ask the business to confirm")
    assert (session.get_one(ApplicationForm, form.id).state, rows(Application)) == ("to confirm", 0)
    assert told("application_to_confirm") == ["nia@baker.example"]
    assert f"/apply/{form.public_id}" in str(mails(place)[0].get_content())
    business = browser_of(app, world.people["nia"])
    assert "wrote these answers down when you called us" in business.get(f"/apply/{form.public_id}")
    business.submit(business.get(f"/apply/{form.public_id}/check"), button="Send the application")
    assert session.query(Application).one().contact.email == "nia@baker.example"


def test_the_officer_cannot_send_it_for_the_business_nor_change_it_afterwards(app: Flask, world: World) -> None:
    form = taken(app, world)
    with pytest.raises(Forbidden, match="Only the business itself"):
        world.do("asha", send_form, form)
    world.do("asha", hand_over, form)
    for command in (send_form, delete_form):
        with pytest.raises(DomainError, match="no such application"):
            world.do("asha", command, form)
    browser_of(app, world.people["asha"]).get(f"/apply/{form.public_id}", expect=404)


def test_nothing_incomplete_is_handed_over(app: Flask, world: World) -> None:
    form = taken(app, world)
    world.do("asha", answer_question, form, "legal-form", {"legal_form": "charity"})
    with pytest.raises(DomainError, match="Some questions are not answered"):
        world.do("asha", hand_over, form)


@pytest.mark.rule(15)
def test_a_provider_is_not_taken_for_a_business_by_phone(app: Flask, world: World) -> None:
    browser = browser_of(app, world.people["asha"])
    answers = {
        "Name of the person who speaks for the business": "Pat",
        "E-mail address": "pat@provider.example",
        "Telephone": "12",
    }
    page = browser.get("/applications/by-phone")
    page = browser.submit(page, answers, button="Go on to the questions", expect=422)
    assert "#phone" in page.links.values()
    page = browser.submit(page, {**answers, "Telephone": ""}, button="Go on to the questions", expect=422)
    assert "#email" in page.links.values()


# Those that need a person


def test_letting_somebody_in_enters_the_application_for_the_known_business(app: Flask, world: World) -> None:
    form, business = held(world)
    officer = browser_of(app, world.people["asha"])
    assert business.name in officer.click(officer.get(LIST), "Wharfe Bakery Ltd")
    decide(officer, form, YES, "Called the number on their shop's door; Mr Hall says yes.")
    [application] = session.query(Application)
    assert (application.business_id, application.state) == (business.id, "submitted")
    assert business.id in world.act("nia").actor.organisation_ids
    assert "Nothing waits." in officer.get(LIST)


def test_refusing_tells_the_person_why(app: Flask, world: World, place: Config) -> None:
    form, business = held(world)
    officer = browser_of(app, world.people["asha"])
    decide(officer, form, NO, "The bakery has never heard of you.")
    assert business.id not in world.act("nia").actor.organisation_ids
    assert "never heard of you" in browser_of(app, world.people["nia"]).get(f"/apply/{form.public_id}")
    assert "Why: The bakery has never heard of you." in str(mails(place)[-1].get_content())
    assert rows(Application) == 0


def test_a_decision_says_how_it_was_found_out_and_is_taken_once(app: Flask, world: World) -> None:
    form, _business = held(world)
    officer = browser_of(app, world.people["asha"])
    page = decide(officer, form, YES, " ", expect=422)
    assert page.links["Say how you found out."] == "#reason"
    late = officer.get(f"{LIST}/{form.public_id}")
    decide(officer, form, NO, "Nobody answered.")
    answers = {"Does this person speak for the business?": YES, "How you found out": "They called back."}
    officer.submit(late, answers, button="Save this decision", expect=404)


def test_numbers_of_two_businesses_are_never_let_in(world: World) -> None:
    first, _one = world.business()
    form, _second = held(world)
    with world.by("ada"):
        row = session.get_one(ApplicationForm, form.id)
        row.answers = {**row.answers, "vat_number": "GB831495816"}
        session.merge(first).identifiers.append(Identifier(kind="vat_number", value="GB831495816"))
    with pytest.raises(DomainError, match="more than one business"):
        world.do("asha", let_in, form, reason="they say so")


# Other funding

ELSEWHERE = {"other_funding": "yes", "other_funding_details": "A 50% grant of the Borough for the same shop."}


@pytest.mark.rule(49)
def test_declarations_of_other_funding_are_found_by_business_and_by_words(app: Flask, world: World) -> None:
    sent(world, changes={"other-funding": ELSEWHERE})
    officer = browser_of(app, world.people["asha"])
    path = "/applications/other-funding"
    for words in ("", "wharfe", "BOROUGH", "50%"):
        assert len(officer.get(path, query={"text": words}).rows) == 1, words
    assert "No application declares this." in officer.get(path, query={"text": "5%0"})


@pytest.mark.rule(49)
def test_declarations_are_those_of_sent_applications_in_schemes_in_which_one_decides(app: Flask, world: World) -> None:
    sent(world)
    filled(world, "olu", {"other-funding": ELSEWHERE})
    officer = browser_of(app, world.people["asha"])
    assert officer.get("/applications/other-funding").rows == []
    number = {"company_number": "08000002"}
    sent(world, "uma", {"other-funding": ELSEWHERE, "company-number": number})
    newcomer(world, "oda")
    with second_scheme(world), world.by("ada") as act:
        grant_role(act, session.merge(world.people["oda"]), Role.ASSESSOR, scheme_id=world.scheme.id)
    assert len(officer.get("/applications/other-funding").rows) == 1
    assert browser_of(app, world.people["oda"]).get("/applications/other-funding").rows == []
