"""The shell around every page: its lock, what browsers are told, and whether the app is up and ready."""

from __future__ import annotations

from contextvars import Context
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask, request
from werkzeug.test import TestResponse

from config import Config
from tests.harness.client import PageClient
from tests.harness.clock import FixedClock
from tests.integration.accounts.people import BRYN, begin_session, bryn, enter, olwen
from voucher.accounts.models import Membership
from voucher.app import create_app
from voucher.platform import schema
from voucher.platform.authz import Permission
from voucher.platform.db import atomic, session
from voucher.platform.web import Unguarded, public, requires

HTML = '<!doctype html><html lang="en"><title>Inside</title><h1>Inside</h1>'


def ask(
    app: Flask, path: str, *, method: str = "GET", base_url: str = "http://localhost", **headers: str
) -> TestResponse:
    """What the app answers, in a context of its own as a real request has."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Context().run(app.test_client().open, path, method=method, base_url=base_url, headers=named)


@pytest.fixture
def keys_page(app: Flask) -> None:
    @requires(Permission.ADMIN_KEYS_MANAGE)
    def keys() -> str:
        return HTML

    app.add_url_rule("/keys", "keys", keys)


@pytest.fixture
def secure(place: Config, clock: FixedClock) -> Flask:
    """An app that is reached over https."""
    return create_app(replace(place, base_url="https://vouchers.example.org"), clock=clock)


def test_a_view_that_does_not_say_who_may_open_it_is_open_to_nobody(app: Flask) -> None:
    app.add_url_rule("/open", "open", lambda: HTML)
    with pytest.raises(Unguarded, match="needs @requires"):
        ask(app, "/open")


def test_control_a_public_view_is_open_to_everybody(app: Flask) -> None:
    app.add_url_rule("/open", "open", public("for this test")(lambda: HTML))
    assert ask(app, "/open").status_code == 200


def test_a_guard_without_a_permission_is_refused_when_it_is_written() -> None:
    with pytest.raises(ValueError, match="name a permission"):
        requires()


def test_nobody_is_let_in_without_signing_in(app: Flask, client: PageClient, keys_page: None) -> None:
    assert client.get("/keys", expect=302).location == "/sign-in"
    answer = ask(app, "/keys", Accept="application/json")
    assert (answer.status_code, answer.get_json()["code"]) == (401, "not_signed_in")


def test_a_person_without_the_permission_is_told_whom_to_ask(app: Flask, client: PageClient, keys_page: None) -> None:
    bryn(olwen())
    enter(client, BRYN)
    page = client.get("/keys", expect=403)
    assert page.heading == "You may not do this"
    assert "Ask a system administrator for the role." in page


def test_control_who_holds_the_permission_is_let_in(app: Flask, client: PageClient, keys_page: None) -> None:
    olwen()
    enter(client)
    assert client.get("/keys").heading == "Inside"


def test_a_role_that_has_ended_opens_nothing(app: Flask, client: PageClient, keys_page: None) -> None:
    olwen()
    enter(client)
    with atomic():
        for membership in session.query(Membership):
            membership.ended_at = membership.began_at
    client.get("/keys", expect=403)


def test_a_form_without_its_token_changes_nothing_and_says_what_to_do(app: Flask, client: PageClient) -> None:
    olwen()
    enter(client)
    page = client.post("/sign-out", csrf=False, expect=400)
    assert page.heading == "This form is out of date"
    assert "Olwen Parry" in client.get("/")


def test_a_form_over_https_needs_no_referrer_because_voucher_pages_send_none(secure: Flask) -> None:
    browser = secure.test_client()
    base = "https://vouchers.example.org"
    with secure.app_context():
        olwen()
        token = begin_session()
    with browser.session_transaction(base_url=base) as cookie:
        cookie["_user_id"] = token
    page = Context().run(browser.get, "/", base_url=base).text
    csrf = page.partition('name="csrf_token" value="')[2].partition('"')[0]
    answer = Context().run(browser.post, "/sign-out", base_url=base, data={"csrf_token": csrf})
    assert answer.status_code == 302
    assert "Olwen" not in Context().run(browser.get, "/", base_url=base).text


def test_pages_run_no_inline_code_and_no_other_site_may_frame_them(app: Flask) -> None:
    headers = ask(app, "/").headers
    policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
    assert policy == {
        "default-src": "'self'",
        "img-src": "'self' data:",
        "object-src": "'none'",
        "base-uri": "'none'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
    }
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Permissions-Policy"].startswith("camera=(self)")


def test_over_https_browsers_are_told_to_stay_there_and_cookies_travel_nowhere_else(secure: Flask) -> None:
    answer = ask(secure, "/sign-in", base_url="https://vouchers.example.org")
    assert answer.headers["Strict-Transport-Security"] == "max-age=31556926"
    flags = answer.headers["Set-Cookie"].split("; ")
    assert flags[0].startswith("__Host-voucher=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(flags)


def test_over_http_a_secure_site_leads_to_https_except_for_whoever_asks_whether_it_is_up(secure: Flask) -> None:
    assert ask(secure, "/sign-in").location == "https://localhost/sign-in"
    assert ask(secure, "/healthz").status_code == 200
    assert ask(secure, "/readyz").status_code == 200


def test_on_a_laptop_nothing_demands_https(app: Flask) -> None:
    answer = ask(app, "/sign-in")
    assert answer.status_code == 200
    assert "Strict-Transport-Security" not in answer.headers
    assert "Secure" not in answer.headers["Set-Cookie"].split("; ")


@pytest.mark.parametrize("path", ["/V/SECRET", "/v/SECRET", "/L/SECRET"])
def test_an_address_with_a_secret_is_neither_kept_nor_passed_on(app: Flask, path: str) -> None:
    answer = ask(app, path)
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"] == "no-store"


def test_pages_are_not_kept_and_styles_may_be(app: Flask, client: PageClient) -> None:
    olwen()
    enter(client)
    assert client.get("/").headers["Cache-Control"] == "no-store"
    assert client.get("/").headers["Referrer-Policy"] == "same-origin"
    assert "no-store" not in client.get("/static/app.js").headers["Cache-Control"]


def test_a_typeface_is_served_where_there_is_one(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOUCHER_ASSETS", str(tmp_path))
    assert ask(app, "/fonts/a.ttf").status_code == 404
    (tmp_path / "fonts").mkdir()
    (tmp_path / "fonts" / "a.ttf").write_bytes(b"letters")
    (tmp_path / "private").write_text("nothing for the web")
    assert ask(app, "/fonts/a.ttf").data == b"letters"
    assert ask(app, "/fonts/../private").status_code == 404


def test_a_file_of_more_than_20_mb_is_refused_in_words(app: Flask, client: PageClient) -> None:
    page = client.post("/sign-in", {"email": "o" * (20 * 1024 * 1024 + 1)}, expect=413)
    assert "Send a file of at most 20 MB." in page


def test_control_an_upload_below_the_limit_is_read(app: Flask) -> None:
    @public("for this test")
    def upload() -> str:
        return str(len(request.get_data()))

    app.add_url_rule("/upload", "upload", upload, methods=["POST"])
    app.config["WTF_CSRF_ENABLED"] = False
    answer = Context().run(app.test_client().post, "/upload", data=b"o" * 20 * 1024 * 1024)
    assert answer.text == str(20 * 1024 * 1024)


def without_database(place: Config, clock: FixedClock) -> Flask:
    nowhere = f"sqlite:///{place.data / 'no folder' / 'voucher.sqlite3'}"
    return create_app(replace(place, database_url=nowhere), clock=clock)


def test_up_means_that_the_process_answers_even_without_a_database(place: Config, clock: FixedClock) -> None:
    assert ask(without_database(place, clock), "/healthz").get_json() == {"up": True}


def test_ready_means_that_nothing_is_missing(app: Flask) -> None:
    answer = ask(app, "/readyz")
    assert (answer.status_code, answer.get_json()) == (200, {"ready": True, "not_ready": []})


def test_without_a_database_the_app_is_not_ready(place: Config, clock: FixedClock) -> None:
    answer = ask(without_database(place, clock), "/readyz")
    assert answer.status_code == 503
    assert answer.get_json() == {"ready": False, "not_ready": ["the database does not answer"]}


def test_before_its_migrations_the_app_is_not_ready(app: Flask, place: Config) -> None:
    schema.downgrade(place.database_url)
    answer = ask(app, "/readyz")
    assert answer.status_code == 503
    assert answer.get_json()["not_ready"] == ["the database's migrations are not those of this version"]


def test_without_a_folder_to_write_to_the_app_is_not_ready(app: Flask, place: Config) -> None:
    place.data.rename(place.data.with_name("gone"))
    answer = ask(app, "/readyz")
    assert answer.status_code == 503
    assert answer.get_json()["not_ready"] == ["the data folder cannot be written to"]
