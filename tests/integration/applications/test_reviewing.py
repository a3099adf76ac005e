"""Between arrival and decision: a question to the business, the waiting list, an appeal that somebody else decides."""

from __future__ import annotations

import pytest
from flask import Flask

from tests.harness.client import PageClient
from tests.harness.clock import FixedClock
from tests.harness.reconciled import assert_reconciled
from tests.harness.world import World, build_world
from tests.integration.desk import at_desk, gains, outsider
from tests.integration.redemptions.pages import told
from tests.integration.workspace.business import owner
from voucher.accounts.rules import Role
from voucher.applications import reviewing
from voucher.applications.commands import approve, decline, submit
from voucher.applications.models import Application
from voucher.applications.reviewing import answer_office, appeal, ask_business, put_on_waiting_list
from voucher.audit.queries import history
from voucher.platform.db import read_anew, session
from voucher.platform.errors import Conflict, Forbidden, InvalidTransition

QUESTION = "What do you need to know? The business reads this."
WAITS = "Why does it have to wait? The business reads this."
SAYS = "What does the business say was not known or not right?"


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    return build_world(clock)


def sent(world: World) -> Application:
    return world.do("asha", submit, world.round, *world.business())


def declined(world: World) -> Application:
    application = sent(world)
    world.do("asha", decline, application, reason="outside the area")
    return application


def desk(application: Application, step: str) -> str:
    return f"/applications/{application.public_id}/{step}"


def own(application: Application, more: str = "") -> str:
    return f"/business/applications/{application.public_id}{more}"


def state_of(application: Application) -> str:
    read_anew()
    return session.merge(application).state


# Who may not


def test_only_an_officer_who_decides_asks_or_puts_on_the_list(app: Flask, world: World) -> None:
    application = sent(world)
    for name in ("vera", "shay", "pat", world.owner_of(application)):
        for step in ("ask", "wait", "appeal"):
            at_desk(app, world, name).get(desk(application, step), expect=403)
        for command, words in ((ask_business, {"question": "x"}), (put_on_waiting_list, {"reason": "x"})):
            with pytest.raises(Forbidden):
                world.do(name, command, application, **words)
    at_desk(app, world, outsider(world, Role.ASSESSOR)).get(desk(application, "ask"), expect=404)
    assert state_of(application) == "submitted"


def test_nobody_but_the_business_answers_for_it(app: Flask, world: World) -> None:
    application = sent(world)
    world.do("asha", ask_business, application, question="which shop?")
    stranger = owner(app, world, world.offered())
    for more in ("/reply", "/appeal"):
        PageClient(app).get(own(application, more), expect=302)
        at_desk(app, world, "pat").get(own(application, more), expect=403)
        stranger.get(own(application, more), expect=404)
    for name in ("asha", "pat", "vera"):
        with pytest.raises(Forbidden):
            world.do(name, answer_office, application, answer="the one in Mill Street")
    assert state_of(application) == "information requested"


@pytest.mark.rule(65)
def test_whoever_declined_does_not_decide_the_appeal(app: Flask, world: World) -> None:
    application = declined(world)
    world.do(world.owner_of(application), appeal, application, reason="Mill Street is inside")
    for command, words in (
        (approve, {}),
        (decline, {"reason": "as before"}),
        (put_on_waiting_list, {"reason": "as before"}),
        (ask_business, {"question": "what?"}),
    ):
        with pytest.raises(Forbidden, match="another person must decide the appeal"):
            world.do("asha", command, application, **words)
    assert "another person must decide the appeal" in at_desk(app, world, "asha").get(
        f"/applications/{application.public_id}"
    )
    gains(world, "sam", Role.ASSESSOR)
    world.do("sam", approve, application)
    assert (state_of(application), session.merge(application).decided_by) == ("approved", world.people["sam"].id)


@pytest.mark.rule(65)
def test_control_without_the_look_the_same_person_decides_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    application = declined(world)
    world.do(world.owner_of(application), appeal, application, reason="Mill Street is inside")
    monkeypatch.setattr(reviewing, "why_not_decide", lambda *_args: None)
    world.do("asha", decline, application, reason="as before")
    assert state_of(application) == "declined"


# A question


def test_an_officer_asks_the_business_answers_and_somebody_decides(app: Flask, world: World) -> None:
    application = sent(world)
    officer = at_desk(app, world, "asha")
    page = officer.get(desk(application, "ask"))
    page = officer.submit(page, {QUESTION: ""}, button="Ask the business", expect=422)
    assert "Write what you need to know" in page
    page = officer.follow(officer.submit(page, {QUESTION: "Which shop is it for?"}, button="Ask the business"))
    assert "The business is asked" in page
    assert told("application_asked") == [world.people[world.owner_of(application)].email]
    with pytest.raises(InvalidTransition):
        world.do("asha", approve, application)

    business = owner(app, world, application)
    assert "Send what the scheme's office has asked for" in business.get("/business")
    page = business.click(business.get(own(application)), "Answer the office")
    assert "Which shop is it for?" in page
    page = business.submit(page, {"Your answer": " "}, button="Send the answer", expect=422)
    assert "Write the answer." in page
    page = business.follow(business.submit(page, {"Your answer": "The one in Mill Street"}, button="Send the answer"))
    assert "Your answer is with the scheme's office." in page
    business.get(own(application, "/reply"), expect=302)  # pressing the button again leads back
    with pytest.raises(Conflict):
        world.do(world.owner_of(application), answer_office, application, answer="again")

    assert "The one in Mill Street" in officer.get(f"/applications/{application.public_id}")
    world.do("asha", approve, application)
    assert [event.action for event in history("application", application.id)][-4:] == [
        "application.review_began", "application.asked", "application.answered", "application.approved",
    ]  # fmt: skip
    assert_reconciled(world)


# The waiting list


def test_what_waits_for_money_is_told_so_and_can_be_approved(app: Flask, world: World) -> None:
    application = sent(world)
    officer = at_desk(app, world, "asha")
    page = officer.submit(
        officer.get(desk(application, "wait")), {WAITS: "The round is spent"}, button="Put it on the list"
    )
    assert "is on the waiting list and the business is told why" in officer.follow(page)
    assert told("application_waitlisted") == [world.people[world.owner_of(application)].email]
    page = owner(app, world, application).get(own(application))
    assert "Why it waits: The round is spent" in page
    assert application.reference in officer.get("/applications?state=waitlisted")
    world.do("asha", approve, application)
    assert state_of(application) == "approved"
    assert_reconciled(world)


# An appeal


def test_a_business_appeals_on_its_page_once(app: Flask, world: World) -> None:
    application = declined(world)
    business = owner(app, world, application)
    page = business.click(business.get(own(application)), "Ask for another decision")
    assert "Why it was declined: outside the area" in page
    words = {"What was not known, or is not right?": "Mill Street is inside"}
    page = business.follow(business.submit(page, words, button="Ask for another decision"))
    assert "is looked at again" in page
    assert state_of(application) == "in review"
    assert told("application_appealed") == [world.people[world.owner_of(application)].email]
    business.get(own(application, "/appeal"), expect=302)
    with pytest.raises(InvalidTransition):
        world.do(world.owner_of(application), appeal, application, reason="again")


def test_an_officer_enters_what_the_business_said(app: Flask, world: World) -> None:
    application = declined(world)
    officer = at_desk(app, world, "asha")
    page = officer.submit(officer.get(desk(application, "appeal")), {SAYS: "It is inside"}, button="Enter the appeal")
    assert "is looked at again" in officer.follow(page)
    assert state_of(application) == "in review"


@pytest.mark.rule(45)
def test_no_appeal_beside_another_application_of_the_business(app: Flask, world: World) -> None:
    application = declined(world)
    other = world.do("asha", submit, world.round, application.business, application.contact)
    business = owner(app, world, application)
    page = business.get(own(application, "/appeal"))
    words = {"What was not known, or is not right?": "It is inside"}
    page = business.submit(page, words, button="Ask for another decision", expect=409)
    assert f"There is application {other.reference} by now" in page
    assert state_of(application) == "declined"
