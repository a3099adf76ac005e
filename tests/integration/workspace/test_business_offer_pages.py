"""A signed-in business reads its offer, answers it in one sitting, and reads its letters afterwards."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask

from tests.harness.client import PageClient
from tests.harness.clock import FixedClock
from tests.harness.world import World, build_world
from tests.integration.redemptions.pages import rows, told, writes
from tests.integration.workspace.business import ACCEPT, DECLARED, browser_of, owner, ticks
from voucher.applications.models import Application
from voucher.audit.models import AuditEvent
from voucher.platform.db import atomic, session
from voucher.schemes.models import Terms
from voucher.subsidies.models import SubsidyRecord
from voucher.vouchers import commands
from voucher.vouchers.models import Voucher


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    return build_world(clock)


def at(application: Application, more: str = "") -> str:
    return f"/business/applications/{application.public_id}{more}"


def new_terms(world: World) -> None:
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


# Who may not


@pytest.mark.rule(15)
def test_nobody_else_reads_or_answers_an_offer(app: Flask, client: PageClient, world: World) -> None:
    application, other = world.offered(), world.offered()
    for path in (at(application), at(application, "/answer"), at(application, "/letters/1")):
        client.get(path, expect=302)
        browser_of(app, world, "pat").get(path, expect=403)
    stranger = owner(app, world, other)
    stranger.get("/business")
    stranger.get(at(application), expect=404)
    stranger.get(at(application, "/letters/1"), expect=404)
    stranger.post(at(application, "/answer"), {"declared": "0", "confirms": "y", "accepts": "y"}, expect=404)
    assert rows(Voucher) == 0


def test_looking_at_an_offer_writes_nothing(app: Flask, world: World) -> None:
    application = world.offered()
    client = owner(app, world, application)
    assert writes(lambda: client.get(at(application, "/answer"))) == []


# The answer


@pytest.mark.rule(8)
def test_notice_reply_and_terms_in_one_sitting_issue_the_voucher(app: Flask, world: World) -> None:
    application = world.offered()
    client = owner(app, world, application)
    page = client.click(client.get(at(application)), "Read the notice and answer")
    for words in ("Subsidy notice of 7 April 2026", "Terms in brief (version 2026-1)", "Sign out"):
        assert words in page
    after = client.follow(client.submit(page, ticks(page), button=ACCEPT))
    assert after.heading == f"Voucher {session.query(Voucher).one().reference}"
    assert "Your voucher is issued." in after
    assert told("voucher_issued") == [application.contact.email]
    [event] = session.query(AuditEvent).filter_by(action="application.accepted")
    assert (event.channel, event.actor_id) == ("web", application.contact_id)


@pytest.mark.rule(8)
def test_nothing_is_issued_unless_everything_is_answered(app: Flask, world: World) -> None:
    application = world.offered()
    client = owner(app, world, application)
    page = client.submit(client.get(at(application, "/answer")), button=ACCEPT, expect=422)
    assert page.title.startswith("Error: ")
    assert page.links["Enter the total in pounds. If there was none, enter 0."] == "#declared"
    page = client.submit(page, {**ticks(page), DECLARED: "314,250.01"}, button=ACCEPT, expect=422)
    assert any("would exceed the limit of £315,000.00" in words for words in page.links)
    assert rows(Voucher) == 0


def test_a_button_pressed_twice_leads_to_the_same_voucher(app: Flask, world: World) -> None:
    application = world.offered()
    client = owner(app, world, application)
    page = client.get(at(application, "/answer"))
    leads = {client.submit(page, ticks(page), button=ACCEPT).location for _time in range(2)}
    assert leads == {f"/business/vouchers/{session.query(Voucher).one().reference}"}
    assert rows(SubsidyRecord) == 3


def test_an_offer_that_has_run_out_is_not_answered(app: Flask, world: World, clock: FixedClock) -> None:
    application = world.offered()
    client = owner(app, world, application)
    page = client.get(at(application, "/answer"))
    clock.advance(days=31)
    assert client.submit(page, ticks(page), button=ACCEPT).location == at(application)
    assert "The offer could be answered until 7 May 2026." in client.get(at(application))
    assert rows(Voucher) == 0


@pytest.mark.rule(9)
def test_terms_that_changed_since_the_page_was_opened_must_be_read_again(app: Flask, world: World) -> None:
    application = world.offered()
    client = owner(app, world, application)
    page = client.get(at(application, "/answer"))
    new_terms(world)
    refused = client.submit(page, ticks(page), button=ACCEPT, expect=422)
    assert "The terms have changed since you opened this page. Read them again, then accept them." in refused.links
    assert rows(Voucher) == 0
    client.submit(refused, ticks(refused), button=ACCEPT)
    assert session.query(Voucher).one().terms.version == "2026-2"


@pytest.mark.rule(9)
def test_control_without_that_look_the_old_terms_would_be_bound(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    application = world.offered()
    client = owner(app, world, application)
    page = client.get(at(application, "/answer"))
    old_id = session.query(Terms).one().id
    new_terms(world)
    monkeypatch.setattr(commands, "terms_in_force", lambda *_when: session.get_one(Terms, old_id))
    client.submit(page, ticks(page), button=ACCEPT)
    assert session.query(Voucher).one().terms.version == "2026-1"


# The letters


def letter_titles(client: PageClient, application: Application) -> list[str]:
    page = client.get(at(application))
    [listed] = page.all("ol")
    return ["".join(item.itertext()).strip().partition(",")[0] for item in listed]


@pytest.mark.rule(40)
def test_notice_reply_voucher_and_letter_stand_in_their_order_and_each_is_read(app: Flask, world: World) -> None:
    voucher = world.issued()
    application = voucher.application
    client = owner(app, world, voucher)
    assert letter_titles(client, application) == [
        "Subsidy notice",
        "Your confirmation",
        f"Voucher {voucher.reference} issued",
        "Letter that confirms the subsidy",
    ]
    for number, words in ((1, "proposes to give"), (2, "Total declared £0.00"), (3, "has given")):
        page = client.get(at(application, f"/letters/{number}"))
        assert words in page
        assert "MFA-2026-1" in page
    client.get(at(application, "/letters/4"), expect=404)


@pytest.mark.rule(40)
def test_control_without_the_reply_the_page_would_lack_it(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    application = world.offered()
    client = owner(app, world, application)
    monkeypatch.setattr(commands, "receive_reply", lambda _act, notice, **_more: notice)
    monkeypatch.setattr(commands, "send_letter", lambda *_args, **_more: None)
    page = client.get(at(application, "/answer"))
    client.submit(page, ticks(page), button=ACCEPT)
    assert letter_titles(client, application) == ["Subsidy notice"]
    assert rows(Voucher) == 1
