"""A scheme's settings, terms and voucher types on pages."""

from __future__ import annotations

import pytest
from flask import Flask

from tests.harness.clock import FixedClock
from tests.harness.world import World, build_world
from tests.integration.payments.pages import browser_of, stranger
from tests.integration.redemptions.pages import rows
from voucher.platform.db import session
from voucher.schemes.models import Terms, VoucherType


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    return build_world(clock)


def test_outsiders_see_no_settings_and_readers_change_none(app: Flask, world: World) -> None:
    browser_of(app, world, "pat").get("/scheme", expect=403)
    stranger(world)
    assert "Northern Tech Tasters" not in browser_of(app, world, "stan").get("/scheme")
    vera = browser_of(app, world, "vera")
    assert "Close TASTER" not in vera.get("/scheme").links
    for at in ("/scheme/terms/new", "/scheme/voucher-types/TASTER/close", "/scheme/voucher-types/TASTER/open"):
        vera.post(at, {"reason": "x"}, expect=403)


def test_the_settings_that_the_rules_go_by_are_shown_in_words(app: Flask, world: World) -> None:
    page = browser_of(app, world, "vera").get("/scheme")
    assert "Days that an offer stays open 30" in page
    assert "A reviewer stands between preparer and signer Yes" in page
    assert "TASTER Tech taster A first website; Stock control 80% £750.00" in page


def test_a_voucher_type_is_closed_and_opened_with_a_reason(app: Flask, world: World) -> None:
    client = browser_of(app, world, "shay")
    page = client.click(client.get("/scheme"), "Close TASTER")
    shown = client.follow(client.submit(page, {"Reason": "spent"}, button="Close it"))
    assert not session.query(VoucherType).one().open
    client.submit(client.click(shown, "Open TASTER"), {"Reason": "more money"}, button="Open it")
    session.expire_all()
    assert session.query(VoucherType).one().open


@pytest.mark.rule(9)
def test_a_new_version_of_the_terms_stands_beside_the_old_one(app: Flask, world: World) -> None:
    client = browser_of(app, world, "shay")
    page = client.get("/scheme/terms/new")
    answers = {
        "Version": "2026-1",
        "In force from": "2026-05-01",
        "The terms in brief": "One.\n\nTwo.",
        "The terms in full": "All of them.",
    }
    again = client.submit(page, answers, button="Add these terms", expect=422)
    assert again.links["Terms 2026-1 are there already."] == "#version"
    client.submit(again, {"Version": "2026-2"}, button="Add these terms")
    assert session.query(Terms).order_by(Terms.id.desc()).first().brief == ["One.", "Two."]  # type: ignore[union-attr]
    assert "All of them." in client.get("/scheme/terms/2026-2")
    assert "Terms and conditions of Northern Tech Tasters." in client.get("/scheme/terms/2026-1")
    assert rows(Terms) == 2
