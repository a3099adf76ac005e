"""What a phone's camera opens: a page that tells the public nothing, and gives an approved provider one button."""

from __future__ import annotations

from contextvars import Context
from urllib.parse import urlsplit

import pytest
from flask import Flask

from tests.harness.client import PageClient
from tests.harness.clock import FixedClock
from tests.harness.page import Page
from tests.harness.world import PASSWORD, World, build_world
from tests.integration.redemptions.pages import colleague, rows, second_scheme, signed_in, writes
from voucher.redemptions.models import DeliverySession, LookUp
from voucher.vouchers.commands import suspend

BUTTON = "Look up this voucher"


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    return build_world(clock)


def path_of(world: World) -> str:
    return urlsplit(world.code_of(world.issued())).path


def same(page: Page) -> str:
    """The page without the token of its forms."""
    text = page.text
    for element in page.all("input", name="csrf_token"):
        text = text.replace(element.get("value", ""), "")
    return text


@pytest.mark.rule(3)
def test_the_public_sees_one_page_whatever_the_address(app: Flask, client: PageClient, world: World) -> None:
    genuine = path_of(world)
    forged = genuine[:-1] + ("A" if genuine[-1] != "A" else "B")
    with second_scheme(world):
        pass
    pages = [client.get(path) for path in (genuine, genuine.lower(), forged, "/V/x", "/v/" + "9" * 3000)]
    assert len({same(page) for page in pages}) == 1
    assert "Only an approved provider can use it" in pages[0]
    assert not pages[0].forms
    assert "Aire Valley Bakery" not in pages[0]


@pytest.mark.rule(3)
def test_who_is_signed_in_and_no_provider_sees_no_button(app: Flask, world: World) -> None:
    colleague(world, "nell")
    nell = signed_in(app, "nell")
    genuine = path_of(world)
    assert same(nell.get(genuine)) == same(nell.get("/V/x"))
    assert BUTTON not in nell.get(genuine)


def test_the_page_names_the_scheme_where_there_is_one_and_offers_to_sign_in(
    app: Flask, client: PageClient, world: World
) -> None:
    page = client.get(path_of(world))
    assert "Vouchers of Northern Tech Tasters pay part of the price" in page
    sign_in = client.click(page, "Sign in")
    answers = {"E-mail address": "pat@provider.example", "Password": PASSWORD}
    assert client.follow(client.submit(sign_in, answers, button="Sign in")).heading == "Scan a voucher"


def test_opening_the_address_looks_nothing_up_and_leaves_no_trace(app: Flask, world: World) -> None:
    path, pat = path_of(world), signed_in(app)
    assert writes(lambda: pat.get(path)) == []
    headers = pat.get(path).headers
    assert (headers["Cache-Control"], headers["Referrer-Policy"]) == ("no-store", "no-referrer")
    browser = app.test_client()
    assert writes(lambda: Context().run(browser.head, path)) == []


def test_a_provider_presses_one_button_and_has_the_answer(app: Flask, world: World) -> None:
    path, pat = path_of(world), signed_in(app)
    page = pat.submit(pat.get(path), button=BUTTON, expect=200)
    assert page.heading == "Good"
    assert "£750.00" in page
    assert (rows(LookUp), rows(DeliverySession)) == (1, 1)


def test_the_address_works_in_small_letters_too(app: Flask, world: World) -> None:
    path, pat = path_of(world).lower(), signed_in(app)
    assert pat.submit(pat.get(path), button=BUTTON, expect=200).heading == "Good"


@pytest.mark.rule(3)
def test_a_providers_page_before_the_button_is_the_same_for_a_forged_address(app: Flask, world: World) -> None:
    voucher = world.issued()
    genuine = urlsplit(world.code_of(voucher)).path
    world.do("shay", suspend, voucher, reason="a question")
    forged = genuine[:-1] + ("A" if genuine[-1] != "A" else "B")
    pat = signed_in(app)
    pages = [same(pat.get(path)).replace(path.removeprefix("/V/"), "") for path in (genuine, forged)]
    assert pages[0] == pages[1]


def test_the_address_printed_for_typing_leads_to_the_look_up(app: Flask, client: PageClient, world: World) -> None:
    for path in ("/v", "/V", "/v/", "/V/"):
        assert client.get(path, expect=302).location == "/look-up"
    assert signed_in(app).get("/look-up").heading == "Look up a voucher"


@pytest.mark.parametrize("path", ["/V/x/y", "/V/x?code=1"])
def test_what_is_no_voucher_address_shows_nothing_else(app: Flask, client: PageClient, path: str) -> None:
    page = client.get(path, expect=404 if path.count("/") == 3 else 200)
    assert not page.forms
