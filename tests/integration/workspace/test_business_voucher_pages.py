"""A business's voucher: on the screen, on paper, by e-mail, replaced, with what was done on it."""

from __future__ import annotations

from base64 import b64encode

import pytest
from flask import Flask

from tests.harness.client import PageClient
from tests.harness.clock import FixedClock
from tests.harness.page import Page
from tests.harness.world import World, add_package, build_world
from tests.integration.redemptions.pages import told, writes
from tests.integration.workspace.business import browser_of, owner
from tests.integration.workspace.test_business_offer_pages import new_terms
from voucher.app import office
from voucher.audit.models import AuditEvent
from voucher.notifications.models import OutboxMessage
from voucher.platform.actor import WORKER
from voucher.platform.db import session
from voucher.platform.errors import DomainError, Forbidden
from voucher.platform.qr import qr_svg
from voucher.redemptions.lookups import look_up
from voucher.redemptions.rules import Outcome
from voucher.schemes.models import Terms
from voucher.vouchers import credentials
from voucher.vouchers.commands import cancel, suspend
from voucher.vouchers.credentials import replace_own, send_copy, show
from voucher.vouchers.messages import with_paper
from voucher.vouchers.models import Voucher

REPLACE = "Replace this voucher"
WHY = {"What happened to the voucher?": "left on a train"}


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    return build_world(clock)


def at(voucher: Voucher, more: str = "") -> str:
    return f"/business/vouchers/{voucher.reference}{more}"


def test_its_figures_come_to_its_value(app: Flask, world: World) -> None:
    """What claims have taken stands beside what is held and what is left."""
    voucher = world.issued()
    world.claimed(voucher, 25_000)
    page = owner(app, world, voucher).get(at(voucher))
    assert "Value £750.00 Held for recorded support £0.00 Claimed or paid £200.00 Left £550.00" in page


def secrets(world: World, voucher: Voucher) -> tuple[str, str]:
    act = world.act("shay")
    shown = show(act.ring, act.base_url, voucher)
    return shown.qr_text, shown.typed_code


def outcome(world: World, presented: str) -> Outcome:
    return world.do("pat", look_up, world.scheme, presented).outcome


def replaced(client: PageClient, voucher: Voucher, *, expect: int = 302) -> Page:
    return client.submit(client.get(at(voucher, "/replace")), WHY, button=REPLACE, expect=expect)


# Who may not


@pytest.mark.rule(3, 15)
def test_nobody_else_sees_a_voucher_its_paper_or_its_code(app: Flask, client: PageClient, world: World) -> None:
    voucher, other = world.issued(), world.issued()
    for more in ("", "/voucher.pdf", "/replace"):
        client.get(at(voucher, more), expect=302)
        for name in ("pat", "shay"):
            browser_of(app, world, name).get(at(voucher, more), expect=403)
        owner(app, world, other).get(at(voucher, more), expect=404)


def test_nobody_else_replaces_a_voucher_or_gets_a_copy_of_it(app: Flask, world: World) -> None:
    voucher, other = world.issued(), world.issued()
    stranger = owner(app, world, other)
    stranger.get(at(other))
    stranger.post(at(voucher, "/replace"), {"generation": "1", "reason": "mine"}, expect=404)
    stranger.post(at(voucher, "/copy"), expect=404)
    for name in (world.owner_of(other), "pat", "shay"):
        with pytest.raises(Forbidden):
            world.do(name, replace_own, voucher, generation=1, reason="mine")
        with pytest.raises(Forbidden):
            world.do(name, send_copy, voucher)
    assert (voucher.generation, told("voucher_copy")) == (1, [])


# The voucher on the screen


def test_the_page_shows_value_last_day_picture_and_code(app: Flask, world: World) -> None:
    voucher = world.issued()
    text, code = secrets(world, voucher)
    page = owner(app, world, voucher).get(at(voucher))
    assert [["".join(each.itertext()) for each in page.all("p", class_="figure")]] == [["£750.00", code]]
    assert "Last day: 6 July 2026, in 90 days." in page
    [picture] = page.all("img", class_="qr")
    assert picture.get("src") == "data:image/svg+xml;base64," + b64encode(qr_svg(text, size_mm=38).encode()).decode()
    assert picture.get("alt")
    assert page.headers["Cache-Control"] == "no-store"


def test_the_paper_is_downloaded_and_looking_writes_nothing(app: Flask, world: World) -> None:
    voucher = world.issued()
    client = owner(app, world, voucher)
    page = client.get(at(voucher))
    paper = client.get(page.links["Download the voucher (PDF)"])
    assert paper.body.startswith(b"%PDF-")
    assert paper.headers["Content-Disposition"] == f"attachment; filename={voucher.reference}.pdf"
    assert writes(lambda: client.get(at(voucher))) == []


@pytest.mark.rule(9)
def test_the_page_shows_the_terms_of_its_issue_whatever_is_in_force_now(app: Flask, world: World) -> None:
    voucher = world.issued()
    new_terms(world)
    page = owner(app, world, voucher).get(at(voucher))
    assert "The terms of this voucher, version 2026-1" in page
    assert "It cannot be passed on." in page
    assert "2026-2" not in page


@pytest.mark.rule(9)
def test_control_a_voucher_whose_terms_were_changed_would_show_them(app: Flask, world: World) -> None:
    voucher = world.issued()
    new_terms(world)
    with world.by("ada"):
        voucher.terms = session.query(Terms).filter_by(version="2026-2").one()
    assert "The terms of this voucher, version 2026-2" in owner(app, world, voucher).get(at(voucher))


@pytest.mark.parametrize("ending", [cancel, suspend])
def test_a_voucher_that_is_stopped_says_so_and_not_why(app: Flask, world: World, ending: object) -> None:
    voucher = world.issued()
    world.do("shay", ending, voucher, reason="something about somebody else")  # type: ignore[arg-type]
    page = owner(app, world, voucher).get(at(voucher))
    assert "something about somebody else" not in page
    assert bool(page.all("img", class_="qr")) == (ending is suspend)


def test_a_voucher_that_has_ended_has_no_paper_copy_or_new_generation(app: Flask, world: World) -> None:
    voucher = world.issued()
    client = owner(app, world, voucher)
    page = client.get(at(voucher))
    world.do("shay", cancel, voucher, reason="closed")
    client.get(at(voucher, "/voucher.pdf"), expect=404)
    assert client.get(at(voucher, "/replace"), expect=302).location == at(voucher)
    client.submit(page, button="Send it to me by e-mail", expect=422)
    with pytest.raises(DomainError):
        world.do(world.owner_of(voucher), replace_own, voucher, generation=1, reason="lost")
    assert told("voucher_copy") == []


def test_a_voucher_whose_key_has_become_known_shows_no_code_until_it_has_a_new_one(app: Flask, world: World) -> None:
    voucher = world.issued()
    ring = office().ring
    ring.compromise(ring.active.kid, world.clock())
    client = owner(app, world, voucher)
    page = client.get(at(voucher))
    assert "A new code for this voucher is being made" in page
    assert page.all("img", class_="qr") == []
    client.get(at(voucher, "/voucher.pdf"), expect=404)
    replaced(client, voucher)
    assert client.get(at(voucher)).all("img", class_="qr")


# A copy by e-mail


def test_a_copy_goes_to_whoever_asks_and_once_while_it_is_on_its_way(app: Flask, world: World) -> None:
    voucher = world.issued()
    client = owner(app, world, voucher)
    for _time in range(2):
        after = client.submit(client.get(at(voucher)), button="Send it to me by e-mail")
    assert "We send the voucher to your e-mail address." in client.follow(after)
    assert told("voucher_copy") == [voucher.application.contact.email]
    message = session.query(OutboxMessage).filter_by(kind="voucher_copy").one()
    mail = with_paper(office().act(WORKER), message)
    assert mail.subject == f"Your voucher {voucher.reference}, as you asked"
    assert [attached.name for attached in mail.attachments] == [f"{voucher.reference}.pdf"]
    assert "£750.00 are left to use" in mail.text


# Replacing a lost one


@pytest.mark.rule(1, 3)
def test_the_business_replaces_its_own_voucher_and_the_old_paper_is_refused(app: Flask, world: World) -> None:
    voucher = world.issued()
    old = secrets(world, voucher)
    client = owner(app, world, voucher)
    page = client.follow(replaced(client, voucher))
    new = secrets(world, voucher)
    assert new[1] in page
    assert [outcome(world, each) for each in old] == [Outcome.REPLACED, Outcome.REPLACED]
    assert [outcome(world, each) for each in new] == [Outcome.GOOD, Outcome.GOOD]
    [event] = session.query(AuditEvent).filter_by(action="voucher.replaced")
    assert (event.reason, event.actor_id, event.channel) == ("left on a train", voucher.application.contact_id, "web")
    assert told("voucher_replaced") == [voucher.application.contact.email]


@pytest.mark.rule(1, 3)
def test_control_without_a_new_generation_the_lost_paper_would_be_good(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    voucher = world.issued()
    old, _typed = secrets(world, voucher)
    monkeypatch.setattr(credentials, "_renew", lambda *_args: None)
    client = owner(app, world, voucher)
    replaced(client, voucher)
    assert outcome(world, old) == Outcome.GOOD


def test_a_button_pressed_twice_replaces_once(app: Flask, world: World) -> None:
    voucher = world.issued()
    client = owner(app, world, voucher)
    page = client.get(at(voucher, "/replace"))
    for _time in range(2):
        client.submit(page, WHY, button=REPLACE)
    assert (voucher.generation, len(told("voucher_replaced"))) == (2, 1)


def test_what_happened_must_be_said(app: Flask, world: World) -> None:
    voucher = world.issued()
    client = owner(app, world, voucher)
    page = client.submit(client.get(at(voucher, "/replace")), button=REPLACE, expect=422)
    assert page.links["Say what happened to the voucher."] == "#reason"
    with pytest.raises(DomainError):
        world.do(world.owner_of(voucher), replace_own, voucher, generation=1, reason=" ")
    assert voucher.generation == 1


# What was done on it


def test_deliveries_stand_there_with_one_button_where_an_answer_is_needed(app: Flask, world: World) -> None:
    voucher = world.issued()
    world.recorded(voucher, add_package(world, world.provider, "SMALL", 100_00))
    page = owner(app, world, voucher).get(at(voucher))
    assert "The voucher holds £50.00 for it." in page
    assert "You have not said yet whether it was delivered." in page
    assert "Say whether it was delivered" in page.links
    assert "£700.00" in page
    assert "Questions about the work: pat@provider.example" in page
