"""Pages of refusals and faults: words and a next step, never a traceback."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import Context
from dataclasses import replace

import pytest
from flask import Flask, abort
from werkzeug.test import TestResponse

from config import Config
from tests.harness.client import PageClient
from tests.harness.clock import FixedClock
from voucher.app import create_app
from voucher.platform.errors import Conflict, DomainError, Fault, FileRefused, Forbidden, InvalidTransition, NotFound
from voucher.platform.keyring import KeyRingError
from voucher.platform.refusals import WORDS
from voucher.platform.web import public

# No page of a refusal depends on the engine.
pytestmark = pytest.mark.parametrize("engine_kind", ["sqlite"], indirect=True)

SECRET = "sort code 12-34-56"


def refusing(app: Flask, act: Callable[[], object]) -> None:
    """A page at /refusing that ends in whatever the act raises."""

    @public("for this test")
    def view() -> str:
        act()
        return "not refused"

    app.add_url_rule("/refusing", "refusing", view)


def raising(app: Flask, error: Exception) -> None:
    def act() -> None:
        raise error

    refusing(app, act)


def as_json(app: Flask) -> TestResponse:
    return Context().run(app.test_client().get, "/refusing", headers={"Accept": "application/json"})


@pytest.mark.parametrize("status", [400, 403, 404, 405, 409, 413, 429, 500])
def test_every_kind_of_refusal_has_its_own_words_and_a_way_on(app: Flask, client: PageClient, status: int) -> None:
    refusing(app, lambda: abort(status, description=SECRET))
    page = client.get("/refusing", expect=status)
    assert (page.heading, page.title) == (WORDS[status].title, f"{WORDS[status].title} – Tech Taster")
    assert WORDS[status].text in page
    assert page.links["Go to the home page"] == "/"
    assert SECRET not in page


@pytest.mark.parametrize(("status", "words"), [(415, WORDS[400]), (503, WORDS[500])])
def test_a_status_without_words_of_its_own_borrows_those_of_its_kind(
    app: Flask, client: PageClient, status: int, words: tuple[str, str]
) -> None:
    refusing(app, lambda: abort(status))
    assert client.get("/refusing", expect=status).heading == words[0]


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (NotFound("no_voucher", "There is no such voucher."), 404),
        (Forbidden("own_claim", "You may not verify your own claim."), 403),
        (Conflict("changed", "Somebody else was faster."), 409),
        (InvalidTransition("voucher", "V-1", "spent", "issued"), 409),
        (DomainError("locked", "Wait 15 minutes."), 429),
        (DomainError("email_taken", "That address is taken."), 422),
    ],
)
def test_a_refusal_by_a_rule_is_told_with_its_reason(
    app: Flask, client: PageClient, error: DomainError, status: int
) -> None:
    raising(app, error)
    page = client.get("/refusing", expect=status)
    assert error.message in page
    assert page.heading == WORDS[status].title


def test_what_people_entered_is_shown_as_text_and_never_as_markup(app: Flask, client: PageClient) -> None:
    raising(app, NotFound("no_person", "Nobody is known by <b>100%</b>."))
    assert "Nobody is known by <b>100%</b>." in client.get("/refusing", expect=404)


def test_every_fault_of_a_file_is_listed(app: Flask, client: PageClient) -> None:
    raising(app, FileRefused([Fault(2, "Net", "Enter an amount."), Fault(3, "", "The row is too short.")]))
    page = client.get("/refusing", expect=422)
    assert "row 2, column Net: Enter an amount." in page
    assert "row 3: The row is too short." in page
    assert as_json(app).get_json()["faults"][0] == {"row": 2, "column": "Net", "message": "Enter an amount."}


def test_a_fault_shows_a_number_to_report_and_nothing_of_what_went_wrong(app: Flask, client: PageClient) -> None:
    app.config["PROPAGATE_EXCEPTIONS"] = False
    raising(app, LookupError(SECRET))
    page = client.get("/refusing", expect=500)
    assert page.heading == "Something went wrong on our side"
    assert page.headers["X-Request-ID"] in page
    assert not [told for told in (SECRET, "LookupError", "Traceback") if told in page.text]


def test_trouble_with_the_keys_does_not_name_the_servers_folders(app: Flask, client: PageClient) -> None:
    raising(app, KeyRingError("key_ring_missing", "There is no key ring at /srv/voucher/keys/ring.json."))
    page = client.get("/refusing", expect=500)
    assert page.heading == WORDS[500].title
    assert "/srv" not in page.text


def test_without_a_database_there_is_still_a_page_that_says_so(place: Config, clock: FixedClock) -> None:
    nowhere = f"sqlite:///{place.data / 'no folder' / 'voucher.sqlite3'}"
    app = create_app(replace(place, database_url=nowhere, testing=False), clock=clock)
    browser = app.test_client()
    with browser.session_transaction() as cookie:
        cookie["_user_id"] = "a token"
    answer = Context().run(browser.get, "/")
    assert answer.status_code == 500
    assert WORDS[500].title in answer.text


def test_an_address_that_does_not_take_a_method_says_which_it_takes(app: Flask, client: PageClient) -> None:
    assert set(client.get("/sign-out", expect=405).headers["Allow"].split(", ")) == {"OPTIONS", "POST"}


def test_a_program_is_told_the_same_as_json(app: Flask) -> None:
    raising(app, NotFound("no_voucher", "There is no such voucher."))
    answer = as_json(app)
    assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")
    told = answer.get_json()
    assert told.pop("request_id") == answer.headers["X-Request-ID"]
    assert told == {
        "title": "Page not found",
        "status": 404,
        "detail": "There is no such voucher.",
        "code": "no_voucher",
        "faults": [],
    }


@pytest.mark.parametrize("accepted", ["*/*", "text/html", "application/json, text/html;q=0.5", ""])
def test_whoever_takes_pages_gets_a_page(app: Flask, accepted: str) -> None:
    answer = Context().run(app.test_client().get, "/no-such-page", headers={"Accept": accepted})
    assert (answer.status_code, answer.mimetype) == (404, "text/html")
