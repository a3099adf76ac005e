"""A business applies: who may not, one question a page, saved and come back to, checked, sent, or deleted."""

from __future__ import annotations

import pytest
from flask import Flask

from tests.harness.client import PageClient
from tests.harness.clock import FixedClock
from tests.harness.page import Page
from tests.harness.world import World, build_world
from tests.integration.applications.people import begun, browser_of, filled, newcomer, sent, with_rules
from tests.integration.redemptions.pages import rows, told
from voucher.applications import applying
from voucher.applications.commands import approve
from voucher.applications.models import Application, ApplicationForm
from voucher.audit.models import AuditEvent
from voucher.organisations.models import Organisation
from voucher.platform.db import session
from voucher.platform.errors import DomainError
from voucher.reports.reconcile import reconcile
from voucher.vouchers.commands import accept


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    return build_world(clock)


def page_of(form: ApplicationForm, rest: str = "") -> str:
    return f"/apply/{form.public_id}{rest}"


def save(client: PageClient, form: ApplicationForm, key: str, answers: dict[str, object], *, expect: int = 302) -> Page:
    page = client.get(page_of(form, f"/questions/{key}"))
    return client.submit(page, answers, button="Save and continue", expect=expect)


# Who may not


def test_without_signing_in_one_is_asked_to_sign_in_first(client: PageClient, world: World) -> None:
    form = begun(world)
    assert client.get("/apply", expect=302).location == "/sign-in?next=apply.own_page"
    assert client.get(page_of(form), expect=302).location == "/sign-in"


def test_nobody_sees_the_application_of_another(app: Flask, world: World) -> None:
    form = filled(world)
    other = browser_of(app, newcomer(world, "olu"))
    for rest in ("", "/questions/name", "/check", "/delete"):
        other.get(page_of(form, rest), expect=404)
    assert "Wharfe Bakery" not in other.get("/apply")
    officer = browser_of(app, world.people["asha"])
    officer.get(page_of(form), expect=404)


@pytest.mark.rule(15)
def test_nobody_who_works_for_a_provider_applies_for_a_business(app: Flask, world: World) -> None:
    browser = browser_of(app, world.people["pat"])
    page = browser.submit(browser.get("/apply"), button="Apply in Round R1", expect=422)
    assert "works for a provider" in page
    assert rows(ApplicationForm) == 0


# Answering


def test_the_first_answer_says_which_numbers_are_asked(app: Flask, world: World) -> None:
    browser = browser_of(app, newcomer(world))
    browser.follow(browser.submit(browser.get("/apply"), button="Apply in Round R1"))
    form = session.query(ApplicationForm).one()
    answer = save(browser, form, "legal-form", {"What kind of business is it?": "Sole trader"})
    assert answer.location == page_of(form, "/questions/vat-number")
    browser.get(page_of(form, "/questions/company-number"), expect=404)
    browser.get(page_of(form, "/questions/employees"), expect=404)


def test_applying_twice_in_one_round_goes_on_with_the_same_form(app: Flask, world: World) -> None:
    browser = browser_of(app, newcomer(world))
    page = browser.get("/apply")
    first, second = (browser.submit(page, button="Apply in Round R1").location for _time in range(2))
    assert first == second
    assert "There is no other round to apply in today." in browser.get("/apply")


@pytest.mark.rule(47)
def test_a_number_that_cannot_be_right_is_named_at_its_field_and_kept_as_entered(app: Flask, world: World) -> None:
    form = filled(world)
    browser = browser_of(app, world.people["nia"])
    answers: dict[str, object] = {"What is the VAT number?": "GB831495817"}
    page = save(browser, form, "vat-number", answers, expect=422)
    assert page.title.startswith("Error: What is the VAT number?")
    assert "#vat_number" in page.links.values()
    assert 'value="GB831495817"' in page.text


def test_what_was_answered_is_there_when_one_comes_back(app: Flask, world: World) -> None:
    form = begun(world)
    browser = browser_of(app, world.people["nia"])
    save(browser, form, "name", {"What is the business called?": "Wharfe Bakery Ltd"})
    later = browser_of(app, world.people["nia"])
    assert 'value="Wharfe Bakery Ltd"' in later.get(page_of(form, "/questions/name")).text
    assert page_of(form) in later.get("/apply").links.values()


def test_what_is_missing_keeps_an_application_from_being_sent(app: Flask, world: World) -> None:
    form = begun(world)
    browser = browser_of(app, world.people["nia"])
    assert browser.get(page_of(form, "/check"), expect=302).location == page_of(form)
    with pytest.raises(DomainError, match="Some questions are not answered"):
        world.do("nia", applying.send_form, form)


# Sending


def test_sending_makes_the_business_and_its_application_and_says_what_happens_next(app: Flask, world: World) -> None:
    form = filled(world)
    browser = browser_of(app, world.people["nia"])
    check = browser.get(page_of(form, "/check"))
    assert "LS21 1AA" in check
    page = browser.follow(browser.submit(check, button="Send the application"))
    [application] = session.query(Application)
    assert (application.state, application.business.name) == ("submitted", "Wharfe Bakery Ltd")
    assert application.reference in page
    assert "We look at applications in the order in which they come." in page
    assert told("application_received") == ["nia@baker.example"]


def test_after_the_decision_the_page_leads_to_the_offer_and_then_to_the_voucher(app: Flask, world: World) -> None:
    form = sent(world)
    browser = browser_of(app, world.people["nia"])
    application = session.merge(form).application
    world.do("asha", approve, application)
    assert browser.get(page_of(form)).links["Or answer it from your start page"] == "/"
    assert "Answer the offer of £750.00" in browser.follow(browser.get("/", expect=302))
    world.do("nia", accept, session.merge(application), declared_pence=0, terms_version="2026-1")
    assert browser.get(page_of(form)).links["See it on your start page"] == "/"


def test_the_books_hold_after_an_application_was_sent(app: Flask, world: World) -> None:
    sent(world)
    begun(world, "olu")
    assert reconcile(session.merge(world.scheme)).differences == []


def test_a_form_that_was_sent_cannot_be_changed_deleted_or_sent_again(app: Flask, world: World) -> None:
    form = sent(world)
    browser = browser_of(app, world.people["nia"])
    browser.get(page_of(form, "/questions/name"), expect=404)
    assert browser.get(page_of(form, "/check"), expect=302).location == page_of(form)
    for command in (applying.send_form, applying.delete_form):
        with pytest.raises(DomainError):
            world.do("nia", command, form)
    assert rows(Application) == 1


@pytest.mark.rule(45)
def test_the_own_business_cannot_have_two_applications(app: Flask, world: World) -> None:
    sent(world)
    form = filled(world)
    browser = browser_of(app, world.people["nia"])
    page = browser.submit(browser.get(page_of(form, "/check")), button="Send the application", expect=409)
    assert "has application" in page


def test_a_closed_round_takes_none(app: Flask, world: World, clock: FixedClock) -> None:
    form = filled(world)
    clock.advance(days=300)
    browser = browser_of(app, world.people["nia"])
    page = browser.submit(browser.get(page_of(form, "/check")), button="Send the application", expect=422)
    assert "takes applications from 1 April 2026 to 31 December 2026" in page
    assert "There is no other round to apply in today." in browser.get("/apply")


def test_a_rule_that_is_not_met_is_said_and_keeps_the_application_back(app: Flask, world: World) -> None:
    with_rules(world, postcode_areas=["HX"])
    form = filled(world)
    page = browser_of(app, world.people["nia"]).get(page_of(form, "/check"))
    assert "Not met The business's postcode begins with one of these: HX. The postcode is LS21 1AA." in page
    assert not [each for each in page.forms if "Send the application" in each.buttons]
    with pytest.raises(DomainError, match="does not meet every rule"):
        world.do("nia", applying.send_form, form)


def test_a_rule_asks_its_question_in_a_form_that_was_begun_before(app: Flask, world: World) -> None:
    form = filled(world)
    with_rules(world, most_employees=9)
    browser = browser_of(app, world.people["nia"])
    save(browser, form, "employees", {"How many people does it employ?": "9"})
    assert "Met The business has at most 9 employees." in browser.get(page_of(form, "/check"))


# Another's business


def test_the_number_of_a_known_business_gives_nothing_before_an_officer_has_looked(app: Flask, world: World) -> None:
    _business, _owner = world.business()
    taken = session.query(Organisation).filter_by(name=_business.name).one().identifiers[0].value
    before = rows(Organisation)
    form = sent(world, changes={"company-number": {"company_number": taken}})
    assert (form.state, form.business_id, rows(Application), rows(Organisation)) == (
        "needs a person", _business.id, 0, before,
    )  # fmt: skip
    page = browser_of(app, world.people["nia"]).get(page_of(form))
    assert "an officer looks at it first" in page
    assert _business.name not in page
    assert world.act("nia").actor.organisation_ids == frozenset()


def test_control_without_the_question_whose_it_is_anybody_would_speak_for_a_known_business(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    business, _owner = world.business()
    monkeypatch.setattr(applying, "_only_own", lambda _act, known: known[0] if known else None)
    sent(world, changes={"company-number": {"company_number": business.identifiers[0].value}})
    [application] = session.query(Application)
    assert (application.business_id, application.contact.email) == (business.id, "nia@baker.example")


def test_who_speaks_for_a_known_business_applies_for_it_at_once(app: Flask, world: World) -> None:
    business, owner = world.business()
    name = owner.email.split("@")[0]
    form = sent(world, name, {"company-number": {"company_number": business.identifiers[0].value}})
    assert form.application is not None
    assert form.application.business_id == business.id


# Taking back


def test_a_draft_is_deleted_with_its_answers_and_that_stays_in_the_trail(app: Flask, world: World) -> None:
    form = filled(world)
    browser = browser_of(app, world.people["nia"])
    path = page_of(form)
    browser.submit(browser.get(f"{path}/delete"), button="Delete the application")
    assert rows(ApplicationForm) == 0
    actions = [event.action for event in session.query(AuditEvent).filter_by(object_kind="application_form")]
    assert actions == ["application_form.begun", "application_form.deleted"]
    browser.get(path, expect=404)


def test_an_application_is_withdrawn_by_its_contact_until_it_is_decided(app: Flask, world: World) -> None:
    form = sent(world)
    browser = browser_of(app, world.people["nia"])
    page = browser.click(browser.get(page_of(form)), "Withdraw the application")
    assert session.query(Application).one().state == "submitted"
    browser.submit(page, button="Withdraw this application")
    assert session.query(Application).one().state == "withdrawn"
    assert "Withdraw the application" not in browser.get(page_of(form))
