"""Rounds on pages: opened over lines with shares and a budget that is there."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from flask import Flask

from tests.harness.clock import FixedClock
from tests.harness.page import Page
from tests.harness.world import World, build_world
from tests.integration.payments.pages import browser_of, stranger
from tests.integration.redemptions.pages import rows
from voucher.schemes.models import Round

GIVEN = {
    "Code": "R2",
    "Name": "Second round",
    "Voucher type": "TASTER: Tech taster",
    "First day": "2026-06-01",
    "Last day": "2026-12-31",
    "Budget": "750.00",
    "Share of LGF-1 L1 (Line 1) in percent": "33.33",
    "Share of LGF-1 L2 (Line 2) in percent": "66.67",
}

SHORT = "The round would draw £6,000.30 from line L2, which has £3,334.00 unallocated."


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    return build_world(clock)


def enter(app: Flask, world: World, changes: Mapping[str, str], *, expect: int = 302) -> Page:
    client = browser_of(app, world, "shay")
    return client.submit(client.get("/rounds/new"), {**GIVEN, **changes}, button="Open the round", expect=expect)


def test_outsiders_see_no_rounds_and_readers_open_none(app: Flask, world: World) -> None:
    browser_of(app, world, "pat").get("/rounds", expect=403)
    stranger(world)
    assert "R1" not in browser_of(app, world, "stan").get("/rounds")
    fred = browser_of(app, world, "fred")
    assert "Open a round" not in fred.get("/rounds").links
    fred.get("/rounds/new", expect=403)


def test_a_round_is_opened_over_lines(app: Flask, world: World) -> None:
    enter(app, world, {})
    page = browser_of(app, world, "fred").get("/rounds")
    assert "L1: 33.33% L2: 66.67%" in page
    assert "£750.00" in page


@pytest.mark.rule(23)
@pytest.mark.parametrize(
    ("changes", "words", "field"),
    [
        ({"Budget": "9000.00"}, SHORT, "#budget"),
        ({"Share of LGF-1 L2 (Line 2) in percent": "60"}, "The lines' shares must come to 100%.", "#share_0"),
        ({"Last day": "2026-05-31"}, "The last day lies before the first day.", "#closes_on"),
        ({"Code": "R1"}, "Round R1 is there already", "#code"),
        ({"Budget": "0"}, "A round cannot open without a budget", "#budget"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_round_is_said_at_its_field(
    app: Flask, world: World, changes: dict[str, str], words: str, field: str
) -> None:
    page = enter(app, world, changes, expect=422)
    assert page.links[words] == field
    assert 'value="Second round"' in page.text
    assert rows(Round) == 1
