"""A business answers an offer by the link in its mail, and gets its voucher there and then."""

from __future__ import annotations

from contextvars import Context
from datetime import date
from functools import partial

import pytest
from flask import Flask
from sqlalchemy import select

from tests.harness.client import PageClient
from tests.harness.clock import FixedClock
from tests.harness.page import Page
from tests.harness.world import World, build_world
from tests.integration.redemptions.pages import link_to, rows, signed_in, told, writes
from voucher.accounts.models import OneTimeLink
from voucher.accounts.rules import Purpose
from voucher.app import office
from voucher.applications.commands import withdraw_application
from voucher.applications.messages import offer as offer_mail
from voucher.applications.models import Application
from voucher.audit.commands import transaction
from voucher.audit.models import AuditEvent
from voucher.notifications.models import OutboxMessage
from voucher.platform.actor import WORKER
from voucher.platform.db import atomic, session
from voucher.schemes.models import Terms
from voucher.subsidies.models import SubsidyRecord
from voucher.vouchers import views
from voucher.vouchers.models import Voucher

BUTTON = "Confirm, accept and get the voucher"
DECLARED = "Assistance that your enterprise has received"


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    return build_world(clock)


def offered(world: World) -> tuple[Application, str]:
    """An offer, and the path of the link in its mail."""
    application = world.offered()
    return application, link_to(world, application.contact, Purpose.ANSWER_OFFER, application.id)


def ticks(page: Page) -> dict[str, object]:
    """The answer of a business that has received nothing: each box ticked, whatever is beside it."""
    boxes = [label for label in page.labels.values() if label.startswith("I ")]
    assert len(boxes) == 2
    return {DECLARED: "0", **dict.fromkeys(boxes, True)}


def accepted(client: PageClient, path: str) -> Page:
    page = client.get(path)
    return client.submit(page, ticks(page), button=BUTTON)


# Who may not


@pytest.mark.rule(15)
def test_a_provider_who_is_signed_in_does_not_reach_the_offer(app: Flask, world: World) -> None:
    _application, path = offered(world)
    assert "This link is not good any more" in signed_in(app).get(path, expect=404)


def test_only_the_browser_in_which_it_was_accepted_gets_the_voucher_and_for_an_hour(
    app: Flask, client: PageClient, world: World, clock: FixedClock
) -> None:
    _application, path = offered(world)
    stranger = PageClient(app)
    stranger.get(path)
    accepted(client, path)
    for address in ("/offers/accepted", "/offers/accepted/voucher.pdf"):
        assert "Your voucher was sent to you by e-mail." in stranger.get(address, expect=404)
    client.get("/offers/accepted")
    clock.advance(minutes=61)
    client.get("/offers/accepted", expect=404)


def test_looking_at_an_offer_writes_nothing(app: Flask, world: World) -> None:
    _application, path = offered(world)
    browser = app.test_client()
    visits = [partial(Context().run, method, path) for method in (browser.get, browser.head)]
    assert [writes(visit) for visit in visits] == [[], []]


# The page


def test_the_notice_is_word_for_word_that_of_the_mail(app: Flask, client: PageClient, world: World) -> None:
    _application, path = offered(world)
    with transaction(WORKER, world.clock):
        message = session.scalars(select(OutboxMessage).where(OutboxMessage.kind == "offer")).one()
        text = offer_mail(office().act(WORKER), message).text
    notice = text.partition("SUBSIDY NOTICE OF")[2].partition("TERMS IN BRIEF")[0].splitlines()[1:]
    lines = [line.removeprefix("- ").strip() for line in notice if line.strip()]
    page = client.get(path)
    assert len(lines) == 9
    assert [line for line in lines if line not in page] == []


def test_the_page_shows_value_terms_and_version(client: PageClient, world: World) -> None:
    _application, path = offered(world)
    page = client.get(path)
    assert page.heading.startswith("A voucher of up to £750.00 for Aire Valley Bakery")
    for words in ("80% of the price", "Terms in brief (version 2026-1)", "It cannot be passed on.", "MFA-2026-1"):
        assert words in page


# Accepting


@pytest.mark.rule(8)
def test_confirming_and_accepting_issues_the_voucher(client: PageClient, world: World) -> None:
    application, path = offered(world)
    page = client.follow(accepted(client, path))
    assert page.heading == "Your voucher is issued"
    [voucher] = session.query(Voucher)
    assert (voucher.application_id, voucher.state) == (application.id, "issued")
    paper = client.get(page.links["Download the voucher (PDF)"])
    assert paper.body.startswith(b"%PDF-")
    assert paper.headers["Content-Disposition"] == f"attachment; filename={voucher.reference}.pdf"
    assert paper.headers["Cache-Control"] == "no-store"
    assert told("voucher_issued") == [application.contact.email]


@pytest.mark.rule(15)
def test_the_acceptance_is_recorded_as_given_through_a_link_by_the_contact(client: PageClient, world: World) -> None:
    application, path = offered(world)
    accepted(client, path)
    [event] = session.query(AuditEvent).filter_by(action="application.accepted")
    assert (event.channel, event.actor_id) == ("one-time link", application.contact_id)


@pytest.mark.rule(8)
def test_nothing_is_issued_unless_everything_is_answered(client: PageClient, world: World) -> None:
    _application, path = offered(world)
    page = client.submit(client.get(path), button=BUTTON, expect=422)
    assert page.links["Enter the total in pounds. If there was none, enter 0."] == "#declared"
    assert page.links["Accept the terms. Without that the voucher is not issued."] == "#accepts"
    for box in [name for name in ticks(page) if name != DECLARED]:
        client.submit(page, {**ticks(page), box: False}, button=BUTTON, expect=422)
    client.submit(page, {**ticks(page), DECLARED: "much"}, button=BUTTON, expect=422)
    assert rows(Voucher) == 0


@pytest.mark.rule(39)
def test_more_than_the_limit_is_refused_at_the_total_and_the_link_stays_good(client: PageClient, world: World) -> None:
    _application, path = offered(world)
    page = client.get(path)
    refused = client.submit(page, {**ticks(page), DECLARED: "314,250.01"}, button=BUTTON, expect=422)
    [link] = [href for words, href in refused.links.items() if "would exceed the limit of £315,000.00" in words]
    assert link == "#declared"
    assert rows(Voucher) == 0
    client.submit(refused, {**ticks(refused), DECLARED: "314,250.00"}, button=BUTTON)


@pytest.mark.rule(9)
def test_terms_that_changed_since_the_page_was_opened_must_be_read_again(client: PageClient, world: World) -> None:
    _application, path = offered(world)
    page = client.get(path)
    with atomic():
        session.add(
            Terms(
                scheme_id=world.scheme.id,
                version="2026-2",
                in_force_from=date(2026, 4, 7),
                brief=["Stricter."],
                body="More.",
                created_at=world.clock(),
            )
        )
    refused = client.submit(page, ticks(page), button=BUTTON, expect=422)
    assert refused.links["The terms have changed since you opened this page. Read them again, then accept them."]
    assert "version 2026-2" in refused
    assert rows(Voucher) == 0
    client.submit(refused, ticks(refused), button=BUTTON)
    assert session.query(Voucher).one().terms.version == "2026-2"


def test_a_button_pressed_twice_leads_to_the_same_voucher(app: Flask, client: PageClient, world: World) -> None:
    _application, path = offered(world)
    page = client.get(path)
    for _time in range(2):
        assert client.submit(page, ticks(page), button=BUTTON).location == "/offers/accepted"
    assert (rows(Voucher), rows(SubsidyRecord)) == (1, 3)
    client.get(path, expect=404)


def test_control_without_using_the_link_up_it_would_stay_good(
    app: Flask, client: PageClient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    _application, path = offered(world)
    monkeypatch.setattr(views, "use_link", lambda *_anything: None)
    page = client.get(path)
    client.submit(page, ticks(page), button=BUTTON)
    assert client.get(path).heading == "This offer has been accepted"


def test_an_offer_that_has_ended_is_not_accepted(client: PageClient, world: World) -> None:
    application, path = offered(world)
    page = client.get(path)
    world.do("asha", withdraw_application, application, reason="asked for")
    assert client.get(path).heading == "This offer has ended"
    client.submit(page, ticks(page), button=BUTTON, expect=200)
    assert (rows(Voucher), session.query(OneTimeLink).one().used_at) == (0, None)
