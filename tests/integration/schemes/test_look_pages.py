"""A scheme's own colour and logo: who sets them, what can be read, and what its public pages load."""

from __future__ import annotations

from base64 import b64decode
from io import BytesIO

import pytest
from flask import Flask

from tests.harness.client import PageClient
from tests.harness.clock import FixedClock
from tests.harness.page import Page
from tests.harness.world import World, build_world
from tests.integration.payments.pages import browser_of
from voucher.audit.queries import history
from voucher.platform.db import session
from voucher.schemes import look
from voucher.schemes.models import SchemeLook
from voucher.vouchers.papers import paper_of

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40
PAGE = "/scheme/look"


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    return build_world(clock)


def change(app: Flask, world: World, answers: dict[str, object], *, expect: int = 302) -> Page:
    client = browser_of(app, world, "shay")
    return client.submit(client.get(PAGE), answers, button="Change the looks", expect=expect)


def logo(data: bytes, name: str = "logo.png") -> tuple[BytesIO, str]:
    return BytesIO(data), name


def test_only_a_scheme_administrator_of_the_scheme_changes_its_looks(app: Flask, world: World) -> None:
    for name in ("vera", "ada", "pat"):
        client = browser_of(app, world, name)
        client.get(PAGE, expect=403)
        client.post(PAGE, {"colour": "#000000"}, expect=403)


def test_the_colour_reaches_the_public_pages_by_a_stylesheet(app: Flask, world: World, client: PageClient) -> None:
    assert "look.css" not in client.get("/schemes/NTT").text
    change(app, world, {"Action colour": "#5B2A86"})
    page = client.get("/schemes/NTT")
    assert "/schemes/NTT/look.css?v=" in page.text
    style = client.get("/schemes/NTT/look.css")
    assert "background-color: #5b2a86" in style.text
    assert style.headers["Content-Type"].startswith("text/css")
    assert style.headers["Cache-Control"] == "public, max-age=86400"
    event = history("scheme", world.scheme.id)[-1]
    assert (event.action, event.details) == ("scheme.colour_set", {"colour": [None, "#5b2a86"]})


@pytest.mark.parametrize(("colour", "words"), [("#ffbf47", "is 1.5"), ("#767676", "is 4.1"), ("red", "six digits")])
def test_a_colour_that_cannot_be_read_is_named_at_its_field(app: Flask, world: World, colour: str, words: str) -> None:
    page = change(app, world, {"Action colour": colour}, expect=422)
    assert [at for said, at in page.links.items() if words in said] == ["#colour"]
    assert session.query(SchemeLook).count() == 0


def test_control_without_the_check_white_text_would_stand_on_amber(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(look, "least_contrast", lambda _colour: 21.0)
    change(app, world, {"Action colour": "#ffbf47"})
    assert session.query(SchemeLook).one().colour == "#ffbf47"


def test_a_logo_is_shown_with_headers_that_lock_it_up(app: Flask, world: World, client: PageClient) -> None:
    client.get("/schemes/NTT/logo", expect=404)
    change(app, world, {"Logo": logo(PNG)})
    shown = client.get("/schemes/NTT/logo")
    assert (shown.headers["Content-Type"], shown.headers["X-Content-Type-Options"]) == ("image/png", "nosniff")
    assert "default-src 'none'" in shown.headers["Content-Security-Policy"]
    assert "sandbox" in shown.headers["Content-Security-Policy"]
    assert f'alt="{world.scheme.owner.name}"' in client.get("/schemes/NTT").text


def test_the_logo_stands_on_every_public_page_of_the_scheme(app: Flask, world: World, client: PageClient) -> None:
    pages = ["", "/providers", f"/providers/{world.provider.public_id}", "/terms/2026-1", "/check"]
    assert [path for path in pages if "/schemes/NTT/logo" in client.get(f"/schemes/NTT{path}").text] == []
    change(app, world, {"Logo": logo(PNG)})
    assert [path for path in pages if "/schemes/NTT/logo" not in client.get(f"/schemes/NTT{path}").text] == []


def test_the_logo_stands_on_the_voucher(app: Flask, world: World) -> None:
    voucher = world.issued()
    assert paper_of(world.act("shay"), voucher).logo == ""
    change(app, world, {"Logo": logo(PNG)})
    found = paper_of(world.act("shay"), session.merge(voucher)).logo
    assert b64decode(found.removeprefix("data:image/png;base64,")) == PNG


def test_what_is_no_picture_or_too_large_is_no_logo(app: Flask, world: World) -> None:
    page = change(app, world, {"Logo": logo(b"<svg onload='alert(1)'/>")}, expect=422)
    assert page.links["The logo must be a PNG or JPEG file."] == "#logo"
    page = change(app, world, {"Logo": logo(PNG + b"\0" * 300_000)}, expect=422)
    assert page.links["The logo is larger than 300 kB."] == "#logo"


def test_one_can_go_back_to_the_products_own_looks(app: Flask, world: World, client: PageClient) -> None:
    change(app, world, {"Action colour": "#5b2a86", "Logo": logo(PNG)})
    browser_of(app, world, "shay").post(PAGE, {"colour": "#5b2a86", "reset": "y"}, expect=400, csrf=False)
    change(app, world, {"Go back to the product's own colour, without a logo": True})
    assert "look.css" not in client.get("/schemes/NTT").text
    client.get("/schemes/NTT/logo", expect=404)
