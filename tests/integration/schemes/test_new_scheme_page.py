"""A scheme that is set up by a form: who may, what is wrong at its field, and what it needs next."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select

from tests.harness.clock import FixedClock
from tests.harness.page import Page
from tests.harness.world import SCHEME, World, build_world
from tests.integration.payments.pages import browser_of
from tests.integration.redemptions.pages import rows
from voucher.audit.models import AuditEvent
from voucher.platform.db import session
from voucher.platform.toml import read
from voucher.schemes.models import Scheme, Terms, VoucherType
from voucher.schemes.set_up_file import read_scheme

BUTTON = "Set up this scheme"
ANSWERS = {
    "Reference of the scheme": "wyt",
    "Name of the scheme": "West Yorkshire Tech",
    "Owner": "West Yorkshire Combined Authority",
    "Contact line": "tech@wy.example, 0113 496 0000",
    "First day": "2026-05-01",
    "Last day": "2027-12-31",
    "Version": "1",
    "In force from": "2026-05-01",
    "The terms in brief": "It pays part of the price.\nIt cannot be passed on.",
    "The terms in full": "All of the terms.",
    "Code of the voucher type": "TASTER",
    "Name of the voucher type": "Tech taster",
    "What it is good for": "A first website\nStock control",
    "Rate in percent": "80",
    "Face value": "750.00",
    "Days that a voucher is good": "90",
}


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    return build_world(clock)


def enter(app: Flask, world: World, *, expect: int = 302, **changes: str) -> Page:
    client = browser_of(app, world, "ada")
    entered = {**ANSWERS, **{key.replace("_", " "): value for key, value in changes.items()}}
    page = client.submit(client.get("/scheme/new"), entered, button=BUTTON, expect=expect)
    return client.follow(page) if expect == 302 else page


def test_nobody_but_a_system_administrator_sets_a_scheme_up(app: Flask, world: World) -> None:
    for name in ("shay", "vera", "pat"):
        client = browser_of(app, world, name)
        client.get("/scheme/new", expect=403)
        client.get("/scheme/new/NTT", expect=403)
    assert rows(Scheme) == 1


def test_a_scheme_is_set_up_with_terms_and_a_voucher_type(app: Flask, world: World) -> None:
    enter(app, world)
    made = session.scalars(select(Scheme).where(Scheme.reference == "WYT")).one()
    assert (made.owner.name, made.claim_window_days, made.reviewer_needed) == (ANSWERS["Owner"], 28, True)
    terms = session.scalars(select(Terms).where(Terms.scheme_id == made.id)).one()
    assert terms.brief == ["It pays part of the price.", "It cannot be passed on."]
    kind = session.scalars(select(VoucherType).where(VoucherType.scheme_id == made.id)).one()
    assert (kind.rate_bp, kind.face_pence, kind.cap_pence, kind.minimum_own_pence) == (8000, 75_000, 75_000, 0)
    done = session.scalars(select(AuditEvent).where(AuditEvent.action == "scheme.set_up")).all()
    assert [each.object_reference for each in done] == ["NTT", "WYT"]


def test_what_a_new_scheme_needs_next_is_said_with_who_does_it(app: Flask, world: World) -> None:
    page = enter(app, world)
    assert "Scheme West Yorkshire Tech is set up." in page
    assert page.heading == "What scheme West Yorkshire Tech needs next"
    assert "Enter the funder's signed agreement with its lines A funding manager To do" in page
    assert "See the scheme as the public sees it" in page.links
    assert "A funding manager Done" in browser_of(app, world, "ada").get("/scheme/new/NTT")


@pytest.mark.parametrize(
    ("field", "entered", "words", "at"),
    [
        ("Reference_of_the_scheme", "NTT", "Another scheme has this reference. Choose another one.", "reference"),
        ("Reference_of_the_scheme", "W-Y", "Enter one to six letters and digits, like NTT.", "reference"),
        ("Last_day", "2026-04-30", "The last day must not be before the first.", "ends_on"),
        ("Code_of_the_voucher_type", "a/b", "Enter 1 to 40 letters, digits and hyphens, like WEB-750.", "code"),
        (
            "Most_for_one_claim",
            "800.00",
            "The most for one claim must be above zero and at most the face value.",
            "cap",
        ),
        ("Rate_in_percent", "101", "Enter a whole number from 1 to 100.", "rate"),
        ("Owner", "", "Enter the name of the public body.", "owner"),
    ],
)
def test_what_is_wrong_is_named_at_its_field_and_kept(
    app: Flask, world: World, field: str, entered: str, words: str, at: str
) -> None:
    page = enter(app, world, expect=422, **{field: entered})
    assert page.links[words] == f"#{at}"
    assert ANSWERS["The terms in full"] in page
    assert rows(Scheme) == 1


def test_what_is_missing_is_listed_in_the_order_of_the_page(app: Flask, world: World) -> None:
    client = browser_of(app, world, "ada")
    page = client.submit(client.get("/scheme/new"), button=BUTTON, expect=422)
    listed = [at for at in page.links.values() if at.startswith("#") and at != "#main"]
    assert listed[:7] == ["#reference", "#name", "#owner", "#contact_line", "#starts_on", "#ends_on", "#version"]
    assert listed.index("#code") < listed.index("#kind_name") < listed.index("#validity_days")


def test_a_file_fills_the_same_as_a_form(app: Flask, world: World) -> None:
    new = read_scheme(read(SCHEME))
    assert new.reference == "NTT"
    assert new.days["claim_window_days"] == 28
    assert [each.code for each in new.voucher_types] == ["TASTER"]
