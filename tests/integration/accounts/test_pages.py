"""Signing in and out, and the home page, as people meet them."""

from __future__ import annotations

import pytest
from flask import Flask

from tests.harness.client import PageClient
from tests.harness.clock import FixedClock
from tests.integration.accounts.people import BRYN, OLWEN, PASSWORD, bryn, enter, kept_attempts, olwen
from voucher.accounts.rules import Role
from voucher.platform.authz import Permission
from voucher.platform.db import atomic
from voucher.platform.web import requires


@pytest.fixture
def keys_page(app: Flask) -> None:
    """A page from which system administrators may start."""

    @requires(Permission.ADMIN_KEYS_MANAGE, task="Look after the keys")
    def keys() -> str:
        return '<!doctype html><html lang="en"><title>Keys</title><h1>Keys</h1>'

    app.add_url_rule("/keys", "keys", keys)


def test_a_wrong_password_lets_nobody_in(app: Flask, client: PageClient) -> None:
    olwen()
    page = enter(client, password="another lantern", expect=422)
    assert page.title.startswith("Error: Sign in")
    assert page.links["The e-mail address or the password is not right. Check both and try again."] == "#email"
    assert kept_attempts() == 1
    assert "Sign in" in client.get("/").links


def test_without_signing_in_the_home_page_names_nobody_and_offers_to_sign_in(app: Flask, client: PageClient) -> None:
    olwen()
    page = client.get("/")
    assert "Olwen" not in page
    assert client.click(page, "Sign in").heading == "Sign in"


def test_signing_in_leads_to_a_home_page_that_says_who_one_is(app: Flask, client: PageClient) -> None:
    olwen()
    page = client.follow(enter(client))
    assert page.path == "/"
    assert "You are signed in as Olwen Parry." in page


def test_the_password_is_never_sent_back(app: Flask, client: PageClient) -> None:
    page = enter(client, password="a very private lantern", expect=422)
    assert "a very private lantern" not in page.text
    assert f'value="{OLWEN}"' in page.text


@pytest.mark.parametrize(
    ("email", "password", "words"),
    [
        ("", PASSWORD, "Enter your e-mail address."),
        (OLWEN, "", "Enter your password."),
        ("olwen", PASSWORD, "Enter an e-mail address, like name@example.org."),
        ("o" * 250 + "@s.example", PASSWORD, "Enter an e-mail address of at most 254 characters."),
        (OLWEN, "l" * 1001, "Enter a password of at most 1,000 characters."),
    ],
)
def test_what_cannot_be_right_is_named_at_its_field(
    app: Flask, client: PageClient, email: str, password: str, words: str
) -> None:
    page = enter(client, email, password, expect=422)
    anchor = page.links[words].removeprefix("#")
    [field] = page.all("input", id=anchor)
    assert words in page.text.split(f'id="{field.get("aria-describedby")}"')[1]
    assert kept_attempts() == 0


def test_an_address_may_be_entered_with_spaces_around_it_and_stray_characters(app: Flask, client: PageClient) -> None:
    olwen()
    enter(client, f" {OLWEN}\0 ")


def test_after_five_failures_the_page_says_how_long_to_wait(app: Flask, client: PageClient, clock: FixedClock) -> None:
    olwen()
    for _time in range(5):
        enter(client, password="another lantern", expect=422)
    assert "Wait 15 minutes, then try again." in enter(client, expect=429)
    clock.advance(minutes=15)
    enter(client)


def test_a_person_is_offered_only_what_the_roles_allow(app: Flask, client: PageClient, keys_page: None) -> None:
    bryn(olwen())
    enter(client, BRYN)
    page = client.get("/")
    assert "Look after the keys" not in page
    assert "There is no page for your roles." in page
    client.get("/keys", expect=403)
    administrator = PageClient(app)
    enter(administrator)
    assert administrator.click(administrator.get("/"), "Look after the keys").heading == "Keys"


def test_a_new_role_counts_from_the_next_page_on(app: Flask, client: PageClient, keys_page: None) -> None:
    administrator = olwen()
    enter(client)
    assert "Look after the keys" in client.get("/")
    bryn(administrator, Role.SYSTEM_ADMINISTRATOR)
    other = PageClient(app)
    enter(other, BRYN)
    assert "Look after the keys" in other.get("/")


def test_a_page_that_needs_signing_in_is_come_back_to(app: Flask, client: PageClient, keys_page: None) -> None:
    olwen()
    sent_away = client.get("/keys", expect=302)
    page = client.follow(sent_away)
    answer = client.submit(page, {"E-mail address": OLWEN, "Password": PASSWORD}, button="Sign in")
    assert answer.location == "/keys"


@pytest.mark.parametrize(
    "wanted", ["https://elsewhere.example", "//elsewhere.example", "/readyz", "platform.readyz", ""]
)
def test_no_other_place_is_gone_to_after_signing_in(app: Flask, client: PageClient, wanted: str) -> None:
    olwen()
    page = client.get("/sign-in", query={"next": wanted})
    answer = client.submit(page, {"E-mail address": OLWEN, "Password": PASSWORD}, button="Sign in")
    assert answer.location == "/"


def test_signing_in_leaves_nothing_of_the_browsers_former_session(app: Flask, client: PageClient) -> None:
    olwen()
    before = client.get("/sign-in").form("Sign in").data["csrf_token"]
    enter(client)
    client.post("/sign-out", {"csrf_token": before[0]}, expect=400)
    assert "You are signed in as Olwen Parry." in client.get("/")


def test_signing_out_ends_the_session_even_for_who_kept_the_cookie(app: Flask, client: PageClient) -> None:
    olwen()
    kept = enter(client).headers["Set-Cookie"].partition(";")[0].partition("=")[2]
    page = client.submit(client.get("/"), button="Sign out")
    assert "You have signed out." in client.follow(page)
    thief = app.test_client()
    thief.set_cookie("voucher", kept)
    assert b"Olwen" not in thief.get("/").data


def test_control_a_kept_cookie_is_good_until_signing_out(app: Flask, client: PageClient) -> None:
    olwen()
    kept = enter(client).headers["Set-Cookie"].partition(";")[0].partition("=")[2]
    other_browser = app.test_client()
    other_browser.set_cookie("voucher", kept)
    assert b"Olwen" in other_browser.get("/").data


def test_following_a_link_signs_nobody_out(app: Flask, client: PageClient) -> None:
    olwen()
    enter(client)
    client.get("/sign-out", expect=405)
    client.post("/sign-out", csrf=False, expect=400)
    assert "You are signed in as Olwen Parry." in client.get("/")


def test_a_suspended_person_is_out_at_the_next_page(app: Flask, client: PageClient) -> None:
    person = olwen()
    enter(client)
    with atomic():
        person.active = False
    assert "Olwen" not in client.get("/")
