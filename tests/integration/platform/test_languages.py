"""In which language a page comes: who chooses, what is kept of the choice, and where it leads."""

from __future__ import annotations

from collections.abc import Iterator
from contextvars import Context
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import NoReturn

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_babel import get_locale
from werkzeug.test import TestResponse

from config import Config
from tests.harness.clock import FixedClock
from tests.unit.platform.test_catalogue import po
from voucher.app import create_app
from voucher.platform.catalogue import take
from voucher.platform.errors import DomainError, Fault, FileRefused, InvalidTransition
from voucher.platform.i18n import Number, on_record, said
from voucher.platform.languages import recorded, shown_day, shown_percent, shown_pounds, shown_time
from voucher.platform.money import Amount, Share
from voucher.platform.web import public, translated
from voucher.redemptions.rules import RedemptionState

WELSH = po(
    ("Privacy", "Preifatrwydd"),
    ("Sign in", "Mewngofnodi"),
    ("%(kind)s %(reference)s is %(now)s; it cannot become %(to)s.", "%(reference)s: %(now)s, nid %(to)s"),
    ("approved", "cymeradwywyd"),
    ("%(left)s is left until %(day)s.", "Mae %(left)s ar ôl tan %(day)s."),
)
COUNTED = (
    'msgid "The file has %(num)s fault."\nmsgid_plural "The file has %(num)s faults."\n'
    'msgstr[0] "Die Datei hat %(num)s Fehler (einen)."\nmsgstr[1] "Die Datei hat %(num)s Fehler."\n'
)
GERMAN = (
    po(
        ("Privacy", "Datenschutz"),
        ("approved", "bewilligt"),
        ("%(name)s has %(share)s since %(day)s, %(pence)s.", "Seit %(day)s hat %(name)s %(share)s: %(pence)s."),
        ("%(left)s is left until %(day)s.", "Bis %(day)s bleiben %(left)s."),
        ("%(what)s at %(at)s: %(share)s of %(items)s", "%(what)s, %(at)s: %(share)s von %(items)s"),
    ).replace(b"Language: cy", b"Language: de")
    + b"\n"
    + COUNTED.encode()
)


def ask(client: FlaskClient, path: str, *, accept: str = "", data: dict[str, str] | None = None) -> TestResponse:
    """What the app answers to a browser that prefers these languages."""
    headers = {"Accept-Language": accept} if accept else {}
    method = "GET" if data is None else "POST"
    return Context().run(client.open, path, method=method, data=data, headers=headers)


@pytest.fixture
def spoken(place: Config, clock: FixedClock) -> Flask:
    """An installation with two translations."""
    take("cy", WELSH, place.translations)
    take("de", GERMAN, place.translations)
    return create_app(place, clock=clock)


@pytest.fixture
def browser(spoken: Flask) -> FlaskClient:
    return spoken.test_client()


def test_with_english_alone_there_is_nothing_to_choose(app: Flask) -> None:
    page = ask(app.test_client(), "/privacy?language=cy", accept="cy")
    assert page.status_code == 200
    assert '<html lang="en-GB"' in page.text
    assert "hreflang" not in page.text
    assert 'name="language"' not in page.text
    assert "Set-Cookie" not in page.headers or "language" not in page.headers["Set-Cookie"]


def test_a_browsers_preference_counts_until_somebody_chooses(browser: FlaskClient) -> None:
    page = ask(browser, "/privacy", accept="fr, cy-GB;q=0.8, en;q=0.5")
    assert '<html lang="cy"' in page.text
    assert "<h1>Preifatrwydd</h1>" in page.text
    assert '<html lang="en-GB"' in ask(browser, "/privacy", accept="fr").text
    ask(browser, "/privacy?language=en", accept="cy")
    assert "<h1>Privacy</h1>" in ask(browser, "/privacy", accept="cy").text


def test_every_page_offers_each_language_by_its_own_name(browser: FlaskClient) -> None:
    page = ask(browser, "/nowhere/at/all")
    assert page.status_code == 404
    assert ">Cymraeg</a>" in page.text
    assert ">Deutsch</a>" in page.text
    assert '<span aria-current="true">English</span>' in page.text


def test_the_choice_is_kept_in_a_cookie_that_holds_nothing_else(browser: FlaskClient) -> None:
    answer = ask(browser, "/privacy?language=cy&page=2")
    assert (answer.status_code, answer.location) == (302, "/privacy?page=2")
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("language=cy; ")
    assert {"HttpOnly", "Path=/", "SameSite=Lax", "Max-Age=31536000"} <= set(cookie.split("; "))
    page = ask(browser, "/privacy")
    assert "<h1>Preifatrwydd</h1>" in page.text
    assert '<span class="mono">language</span>' in page.text


def test_over_https_the_cookie_is_for_https_only(place: Config, clock: FixedClock) -> None:
    take("cy", WELSH, place.translations)
    app = create_app(replace(place, base_url="https://vouchers.example.org"), clock=clock)
    answer = Context().run(app.test_client().get, "/privacy?language=cy", base_url="https://vouchers.example.org")
    assert "Secure" in answer.headers["Set-Cookie"].split("; ")


@pytest.mark.parametrize("wanted", ["xx", "../cy", "", "CY", "fr"])
def test_a_language_that_is_not_offered_changes_nothing(browser: FlaskClient, wanted: str) -> None:
    page = ask(browser, f"/privacy?language={wanted}")
    assert page.status_code == 200
    assert "language" not in page.headers.get("Set-Cookie", "")
    browser.set_cookie("language", wanted or "-")
    assert '<html lang="en-GB"' in ask(browser, "/privacy").text


def test_a_choice_leads_nowhere_but_to_the_same_page(browser: FlaskClient) -> None:
    """Parts of an address that Flask would take as orders, and addresses of others, stay what they are: a query."""
    asked = "language=cy&_external=1&_scheme=javascript&_anchor=x&next=https://elsewhere.example"
    location = ask(browser, f"/privacy?{asked}").location or ""
    assert location.startswith("/privacy?_external=1")
    answer = ask(browser, "//elsewhere.example/privacy?language=cy")
    assert (answer.location or "/").startswith(("/", "http://localhost/"))
    assert ask(browser, "/nowhere?language=cy").status_code == 404


def test_a_form_that_came_back_with_a_fault_offers_its_page(browser: FlaskClient) -> None:
    answer = ask(browser, "/sign-in", data={"email": "x"})
    assert answer.status_code == 400
    assert 'href="/sign-in?language=cy"' in answer.text


def test_amounts_days_and_times_are_written_as_the_language_writes_them(spoken: Flask) -> None:
    def shown(code: str) -> list[str]:
        with spoken.test_request_context(headers={"Cookie": f"language={code}"}):
            moment = datetime(2026, 7, 14, 13, 5, tzinfo=UTC)
            return [
                text.replace("\xa0", " ").replace("\u202f", " ")
                for text in (
                    shown_pounds(-123_450), shown_percent(3_333), shown_percent(8_000), shown_day(date(2026, 3, 14)),
                    shown_time(moment),
                )
            ]  # fmt: skip

    assert shown("en") == ["-£1,234.50", "33.33%", "80%", "14 March 2026", "14 July 2026, 2:05pm"]
    assert shown("cy") == ["-£1,234.50", "33.33%", "80%", "14 Mawrth 2026", "14 Gorffennaf 2026, 14:05"]
    assert shown("de") == ["-1.234,50 £", "33,33 %", "80 %", "14. März 2026", "14. Juli 2026, 14:05"]


def test_what_fills_a_sentence_is_written_as_the_language_writes_it(spoken: Flask) -> None:
    left = said("%(left)s is left until %(day)s.", left=Amount(123_450), day=date(2026, 3, 14))
    more = said(
        "%(what)s at %(at)s: %(share)s of %(items)s",
        what=(RedemptionState.APPROVED, "X-1"),
        at=datetime(2026, 7, 14, 13, 5, tzinfo=UTC),
        share=Share(3_333),
        items=Number(1_234),
    )

    def told(code: str, words: str) -> str:
        with spoken.test_request_context(headers={"Cookie": f"language={code}"}):
            return translated(words).replace("\xa0", " ")

    assert told("en", left) == "£1,234.50 is left until 14 March 2026."
    assert told("cy", left) == "Mae £1,234.50 ar ôl tan 14 Mawrth 2026."
    assert told("de", left) == "Bis 14. März 2026 bleiben 1.234,50 £."
    assert told("en", more) == "approved, X-1 at 14 July 2026, 2:05pm: 33.33% of 1,234"
    assert told("de", more) == "bewilligt, X-1, 14. Juli 2026, 14:05: 33,33 % von 1.234"
    # A text that was put together before the page is told as it is.
    assert told("de", str.__str__(left)) == "£1,234.50 is left until 14 March 2026."


ON_RECORD = on_record("%(name)s has %(share)s since %(day)s, %(pence)s.")


def test_a_record_is_told_in_the_language_and_stays_what_it_is_in_our_own(spoken: Flask) -> None:
    values = {"name": "Müller", "share": Share(3_333), "day": date(2026, 3, 14), "pence": Amount(123_450)}
    record = str.__str__(said(ON_RECORD, **values))

    def shown(code: str, text: str) -> str:
        with spoken.test_request_context(headers={"Cookie": f"language={code}"}):
            return recorded(text).replace("\xa0", " ")

    assert shown("en", record) == "Müller has 33.33% since 14 March 2026, £1,234.50."
    assert shown("de", record) == "Seit 14. März 2026 hat Müller 33,33 %: 1.234,50 £."
    assert shown("de", "Privacy") == "Privacy"  # What a person wrote is no text of ours, whatever it says.


def test_a_sentence_that_counts_takes_the_form_and_the_figures_of_the_language(spoken: Flask) -> None:
    fault = Fault(2, "net", "Enter an amount.")
    with spoken.test_request_context(headers={"Cookie": "language=de"}):
        assert translated(FileRefused([fault]).message) == "Die Datei hat 1 Fehler (einen)."
        assert translated(FileRefused([fault] * 1_234).message) == "Die Datei hat 1.234 Fehler."


def test_a_refusal_is_said_in_the_pages_language_with_all_that_fills_it(spoken: Flask) -> None:
    refusal = InvalidTransition("claim", "<C-1>", "approved", "paid")
    _refuse_at_a_page(spoken, refusal)
    browser = spoken.test_client()
    assert "claim &lt;C-1&gt; is approved; it cannot become paid." in ask(browser, "/refused").text
    assert "&lt;C-1&gt;: cymeradwywyd, nid paid" in ask(browser, "/refused", accept="cy").text


def _refuse_at_a_page(app: Flask, refusal: DomainError) -> None:
    @public("for this test")
    def refused() -> NoReturn:
        raise refusal

    app.add_url_rule("/refused", "refused", refused)


def test_control_a_refusal_that_was_filled_before_cannot_be_translated(spoken: Flask) -> None:
    refusal = DomainError("late", str.__str__(InvalidTransition("claim", "C-1", "approved", "paid").message))
    _refuse_at_a_page(spoken, refusal)
    assert "claim C-1 is approved" in ask(spoken.test_client(), "/refused", accept="cy").text


@pytest.fixture
def worker(spoken: Flask) -> Iterator[Flask]:
    """What sends letters: it has an app and answers nobody's request."""
    with spoken.app_context():
        yield spoken


def test_letters_are_in_english(worker: Flask) -> None:
    """Also where the machine that sends them speaks otherwise, for nobody asked."""
    assert str(get_locale()) == "en"
    assert worker.extensions["voucher_languages"].named("cy")
