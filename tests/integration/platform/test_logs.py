"""What a log line holds, and above all what it does not."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from contextvars import Context
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from tests.harness.client import PageClient
from tests.integration.accounts.people import OLWEN, enter, olwen
from voucher.platform.errors import NotFound
from voucher.platform.logs import LOG, fault, formatter, masked, written_to
from voucher.platform.web import public

SECRET = "AEBAGBAFAYDQQCIK"


class Lines(io.StringIO):
    """The lines of the log so far."""

    @property
    def read_back(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.getvalue().splitlines()]


@pytest.fixture
def log() -> Iterator[Lines]:
    stream = Lines()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter())
    logging.getLogger().addHandler(handler)
    yield stream
    logging.getLogger().removeHandler(handler)


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/V/AEBAGBAFAYDQQCIK", "/V/…"),
        ("/v/aebagbaf/more", "/v/…"),
        ("/L/AEBAGBAF\nAYDQ", "/L/…"),
        ("//V/AEBAGBAF", "//V/…"),
        ("/en/V/AEBAGBAF", "/en/V/…"),
        ("/V/", "/V/"),
        ("/api/v1/claims/x", "/api/v1/claims/x"),
        ("/claims/" + "x" * 500, "/claims/" + "x" * 192),
    ],
)
def test_what_follows_a_secret_address_is_masked(path: str, shown: str) -> None:
    assert masked(path) == shown


def test_a_request_is_one_line_without_its_secret_query_or_sender(app: Flask, log: Lines) -> None:
    browser = app.test_client()
    answer = Context().run(browser.get, f"/V/{SECRET}?email={OLWEN}", headers={"Referer": f"/V/{SECRET}"})
    [line] = log.read_back
    assert line.pop("milliseconds") >= 0
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "request",
        "level": "info",
        "method": "GET",
        "path": "/V/…",
        "status": 200,
        "request_id": answer.headers["X-Request-ID"],
    }


def test_each_request_has_a_number_of_its_own(app: Flask, client: PageClient) -> None:
    numbers = {client.get("/", expect=200).headers["X-Request-ID"] for _time in range(3)}
    assert len(numbers) == 3


def test_signing_in_names_nobody_in_the_log(app: Flask, client: PageClient, log: Lines) -> None:
    olwen()
    enter(client, password="a private lantern", expect=422)
    enter(client)
    client.get("/")
    written = log.getvalue()
    assert len(log.read_back) == 5
    assert not [word for word in (OLWEN, "Olwen", "lantern", "127.0.0.1") if word in written]


def test_a_fault_is_logged_by_kind_and_place_without_its_words(app: Flask, log: Lines) -> None:
    app.config["PROPAGATE_EXCEPTIONS"] = False

    @public("for this test")
    def broken(token: str) -> str:
        try:
            raise KeyError(SECRET)
        except KeyError as error:
            raise LookupError(f"no payee {OLWEN}") from error

    app.add_url_rule("/V/<token>/broken", "broken", broken)
    Context().run(app.test_client().get, f"/V/{SECRET}/broken")
    line = next(line for line in log.read_back if line["event"] == "fault")
    assert line["kinds"] == ["builtins.LookupError", "builtins.KeyError"]
    assert line["frames"][-1].endswith(" broken")
    assert SECRET not in log.getvalue()
    assert OLWEN not in log.getvalue()


def test_a_librarys_traceback_is_reduced_to_kind_and_place(app: Flask, log: Lines) -> None:
    try:
        raise LookupError(SECRET)
    except LookupError:
        logging.getLogger("some.library").exception("it did not work")
    [line] = log.read_back
    assert (line["event"], line["logger"]) == ("it did not work", "some.library")
    assert line["kinds"] == ["builtins.LookupError"]
    assert SECRET not in log.getvalue()


def test_a_refusal_is_logged_by_its_code(app: Flask, log: Lines) -> None:
    @public("for this test")
    def view() -> str:
        raise NotFound("no_voucher", f"There is no voucher {SECRET}.")

    app.add_url_rule("/refusing", "refusing", view)
    Context().run(app.test_client().get, "/refusing")
    [line] = log.read_back
    assert (line["status"], line["refusal"]) == (404, "no_voucher")
    assert SECRET not in log.getvalue()


def test_what_is_told_of_an_exception_has_an_end() -> None:
    first = error = ValueError("first")
    for _step in range(100):
        error.__cause__ = ValueError("behind it")
        error = error.__cause__
    assert fault(first)["kinds"] == ["builtins.ValueError"] * 15


def test_our_lines_go_to_a_file_while_they_are_sent_there_and_to_the_log_again_after_it(
    app: Flask, log: Lines, tmp_path: Path
) -> None:
    file = tmp_path / "log.jsonl"
    with written_to(file):
        LOG.info("settled", things=3)
        logging.getLogger("weasyprint").warning("of a library")
    LOG.info("after it")
    [line] = [json.loads(each) for each in file.read_text().splitlines()]
    assert (line["event"], line["things"], line["level"]) == ("settled", 3, "info")
    assert [each["event"] for each in log.read_back] == ["of a library", "after it"]


def test_where_nothing_is_logged_no_file_is_made(tmp_path: Path) -> None:
    with written_to(tmp_path / "log.jsonl"):
        pass
    assert list(tmp_path.iterdir()) == []
