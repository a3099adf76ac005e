"""The scanner's page: who opens it, what its browser may do, and what it offers without a camera."""

from __future__ import annotations

import pytest
from flask import Flask

from tests.harness.clock import FixedClock
from tests.harness.page import Page
from tests.harness.world import World, build_world
from tests.integration.redemptions.pages import colleague, signed_in, typed_code
from voucher.accounts.rules import Role

WASM = "'wasm-unsafe-eval'"


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    return build_world(clock)


def policy(page: Page) -> dict[str, str]:
    parts = page.headers["Content-Security-Policy"].split("; ")
    return dict(part.split(" ", 1) for part in parts)


def test_only_people_of_a_provider_open_it(app: Flask, world: World) -> None:
    colleague(world, "nell")
    colleague(world, "sid", Role.PROVIDER_SCANNER)
    signed_in(app, "nell").get("/scan", expect=403)
    assert signed_in(app, "sid").get("/scan").heading == "Scan a voucher"


def test_its_browser_may_compile_the_reader_and_no_other_pages_may(app: Flask, world: World) -> None:
    pat = signed_in(app)
    assert policy(pat.get("/scan"))["script-src"] == f"'self' {WASM}"
    for path in ("/provider", "/look-up", "/claims", "/sign-in"):
        assert WASM not in pat.get(path).headers["Content-Security-Policy"]
        assert "script-src" not in policy(pat.get(path))


def test_the_reader_comes_from_this_site_and_may_be_kept(app: Flask, world: World) -> None:
    pat = signed_in(app)
    page = pat.get("/scan")
    [box] = page.all("div", id="camera")
    assert box.get("hidden") is not None  # without JavaScript there is no camera, and no word of one
    address = box.get("data-wasm") or ""
    assert address.startswith("/assets/zxing_reader.wasm?v=")
    reader = pat.get(address)
    assert reader.mimetype == "application/wasm"
    assert "no-store" not in reader.headers["Cache-Control"]


def test_without_javascript_the_code_is_typed_on_the_same_page(app: Flask, world: World) -> None:
    code, pat = typed_code(world, world.issued()), signed_in(app)
    page = pat.submit(pat.get("/scan"), {"Voucher code": code}, button="Look up", expect=200)
    assert page.heading == "Good"


def test_a_scanned_path_is_looked_up_like_the_address(app: Flask, world: World) -> None:
    path = "/V/" + world.code_of(world.issued()).rpartition("/")[2]
    pat = signed_in(app)
    assert pat.submit(pat.get("/scan"), {"Voucher code": path}, button="Look up", expect=200).heading == "Good"
