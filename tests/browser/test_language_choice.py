"""Choosing a language at the foot of a page: the same page comes back in it, with what was entered so far."""

from __future__ import annotations

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page

from config import Config
from tests.browser.phone import PHONE
from tests.harness.clock import FixedClock
from tests.unit.platform.test_catalogue import po
from voucher.app import create_app
from voucher.platform.catalogue import take

pytestmark = pytest.mark.browser

WELSH = po(("Sign in", "Mewngofnodi"), ("Sign out", "Allgofnodi"), ("Language", "Iaith"))


@pytest.fixture
def app(place: Config, clock: FixedClock) -> Flask:
    """An installation that speaks Welsh as well; it is served, so no context of the test's is needed."""
    take("cy", WELSH, place.translations)
    return create_app(place, clock=clock)


def filled_in(browser: Browser, address: str, *, scripts: bool = True) -> Page:
    """The page to sign in at, with both fields filled in, after its language was changed."""
    page = browser.new_context(viewport=PHONE, java_script_enabled=scripts).new_page()
    page.goto(f"{address}/sign-in")
    page.get_by_label("E-mail address").fill("pat@people.example")
    page.locator("#password").fill("correct horse")
    page.get_by_role("navigation", name="Language").get_by_role("link", name="Cymraeg").click()
    page.get_by_role("heading", name="Mewngofnodi", level=1).wait_for()
    return page


def test_what_was_entered_is_there_in_the_other_language_and_no_password(chromium: Browser, address: str) -> None:
    page = filled_in(chromium, address)
    assert page.url == f"{address}/sign-in"
    assert page.locator("html").get_attribute("lang") == "cy"
    assert page.locator("#email").input_value() == "pat@people.example"
    assert page.locator("#password").input_value() == ""
    assert page.evaluate("sessionStorage.length") == 0
    page.goto(f"{address}/sign-in")
    assert page.locator("#email").input_value() == ""
    page.context.close()


def test_control_without_scripts_the_language_changes_and_nothing_is_carried(chromium: Browser, address: str) -> None:
    page = filled_in(chromium, address, scripts=False)
    assert page.locator("#email").input_value() == ""
    page.context.close()
