"""The harness itself: a good page passes, and each seeded fault is named."""

from __future__ import annotations

import pytest
from flask import Flask, Response, g, redirect, request

from tests.harness.client import PageClient

GOOD = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Your voucher</title></head>
<body><main><h1>Your voucher</h1>
<form method="post" action="/sent">
<input type="hidden" name="csrf_token" value="token">
<label for="name">Your name</label><input id="name" name="name" value="Ada">
<fieldset><legend>Was it delivered?</legend>
<input type="radio" id="yes" name="delivered" value="y"><label for="yes">Yes</label>
<input type="radio" id="no" name="delivered" value="n" checked><label for="no">No</label>
</fieldset>
<fieldset><legend>When?</legend>
<label for="day">Day</label><input id="day" name="day"><label for="month">Month</label><input id="month" name="month">
</fieldset>
<label for="size">Size</label><select id="size" name="size"><option value="s">Small</option>
<option value="m">Medium</option></select>
<button name="act" value="save">Save and continue</button>
</form></main></body></html>"""
HEADERS = {
    "Content-Security-Policy": "default-src 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}
FAULTS = [
    ("<title>Your voucher</title>", "<title></title>", "there is no title"),
    ("<h1>Your voucher</h1>", "<h2>Your voucher</h2>", "0 h1 headings"),
    ("<main>", "<main><h1>Another</h1>", "2 h1 headings"),
    ('<label for="name">Your name</label>', "Your name", "input 'name' has no label"),
    ('<label for="size">Size</label>', '<label for="size"></label>', "select 'size' has no label"),
    ('value="token"', 'value=""', "has no CSRF token"),
    ('id="day"', 'id="name"', "the id 'name' is used 2 times"),
    ('lang="en"', "", "does not say its language"),
    ("<!DOCTYPE html>", "", "expected-doctype"),
    ("</main>", "</main></section>", "end-tag-too-early"),
]


@pytest.fixture
def page_app() -> Flask:
    app = Flask(__name__)
    app.config.update(PAGE=GOOD, HEADERS=HEADERS, SECRET_KEY="only for this test")

    @app.get("/")
    def show() -> Response:
        return Response(app.config["PAGE"], headers=app.config["HEADERS"])

    @app.post("/sent")
    def take() -> Response:
        g.seen = sorted(request.form.items(multi=True))
        answer = redirect("/")
        answer.headers.extend({**HEADERS, "X-Sent": repr(g.seen)})
        return Response(answer.data, answer.status, answer.headers)

    return app


def test_a_good_page_passes_and_is_found_by_its_words(page_app: Flask) -> None:
    page = PageClient(page_app).get("/")
    assert (page.title, page.heading) == ("Your voucher", "Your voucher")
    assert "Was it delivered?" in page


@pytest.mark.parametrize(("good", "bad", "fault"), FAULTS)
def test_each_fault_of_a_page_is_named(page_app: Flask, good: str, bad: str, fault: str) -> None:
    assert good in GOOD
    page_app.config["PAGE"] = GOOD.replace(good, bad)
    with pytest.raises(AssertionError, match=fault):
        PageClient(page_app).get("/")


@pytest.mark.parametrize("header", HEADERS)
def test_each_missing_security_header_is_named(page_app: Flask, header: str) -> None:
    page_app.config["HEADERS"] = {name: value for name, value in HEADERS.items() if name != header}
    with pytest.raises(AssertionError, match=header):
        PageClient(page_app).get("/")


def test_inline_code_is_a_fault(page_app: Flask) -> None:
    page_app.config["HEADERS"] = {**HEADERS, "Content-Security-Policy": "default-src 'self' 'unsafe-inline'"}
    with pytest.raises(AssertionError, match="inline"):
        PageClient(page_app).get("/")


def test_another_status_than_the_expected_one_fails(page_app: Flask) -> None:
    with pytest.raises(AssertionError, match="answered 200, not 404: Your voucher"):
        PageClient(page_app).get("/", expect=404)


def test_a_form_is_filled_by_its_words_and_sends_what_a_browser_would(page_app: Flask) -> None:
    client = PageClient(page_app)
    answers = {
        "Was it delivered?": "Yes",
        "When?": {"Day": "7", "Month": "4"},
        "Size": "Medium",
    }
    sent = client.submit(client.get("/"), answers, button="Save and continue")
    assert sent.headers["X-Sent"] == repr(
        [
            ("act", "save"),
            ("csrf_token", "token"),
            ("day", "7"),
            ("delivered", "y"),
            ("month", "4"),
            ("name", "Ada"),
            ("size", "m"),
        ]
    )
    assert client.follow(sent).heading == "Your voucher"


def test_a_question_that_the_form_does_not_ask_fails(page_app: Flask) -> None:
    client = PageClient(page_app)
    with pytest.raises(AssertionError, match="0 controls are called 'Your age'"):
        client.submit(client.get("/"), {"Your age": "36"})


def test_a_request_runs_outside_the_context_of_the_test(page_app: Flask) -> None:
    client = PageClient(page_app)
    with page_app.app_context():
        g.seen = "the test's own"
        client.post("/sent", {"name": "Ada"})
        assert g.seen == "the test's own"
