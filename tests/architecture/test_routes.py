"""Every address says who may open it, and looking at a page changes nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import Context

import pytest
from flask import Flask
from sqlalchemy import event
from werkzeug.routing import Rule

from tests.integration.accounts.people import begin_session, olwen
from voucher.accounts.models import SignInAttempt
from voucher.accounts.rules import PERMISSIONS, Role
from voucher.app import office
from voucher.platform.authz import Permission
from voucher.platform.db import atomic, engine, read_anew, session
from voucher.platform.web import Unguarded, guard_of, requires

WRITES = re.compile(r"\s*(INSERT|UPDATE|DELETE|REPLACE|MERGE|WITH\b.*\b(INSERT|UPDATE|DELETE)\b)", re.I | re.S)


# Routes and guards are the same on both engines; that each page answers on PostgreSQL has a test of its own.
pytestmark = pytest.mark.parametrize("engine_kind", ["sqlite"], indirect=True)


def unmarked(app: Flask) -> list[str]:
    """Endpoints that do not say who may open them."""
    found = []
    for endpoint, view in app.view_functions.items():
        try:
            guard_of(view)
        except Unguarded:
            found.append(endpoint)
    return found


def pages(app: Flask) -> list[Rule]:
    return [rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or set())]


def address(app: Flask, rule: Rule) -> str:
    """An address of the rule, its parts filled in with whatever fits."""
    parts = {name: 1 if "Int" in type(rule._converters[name]).__name__ else "x" for name in rule.arguments}
    return app.url_map.bind("localhost").build(rule.endpoint, parts)


@contextmanager
def written() -> Iterator[list[str]]:
    """Every statement that writes, sent to the database meanwhile."""
    found: list[str] = []

    def look(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        if WRITES.match(statement):
            found.append(statement)

    event.listen(engine(), "before_cursor_execute", look)
    yield found
    event.remove(engine(), "before_cursor_execute", look)


def test_every_address_says_who_may_open_it(app: Flask) -> None:
    assert unmarked(app) == []


def test_control_an_address_that_does_not_say_so_is_noticed(app: Flask) -> None:
    app.add_url_rule("/open", "open", lambda: "anybody")
    assert unmarked(app) == ["open"]


def test_a_page_is_public_for_a_reason(app: Flask) -> None:
    guards = {endpoint: guard_of(view) for endpoint, view in app.view_functions.items()}
    ways = {name: (guard.permissions, guard.why_public, guard.anybody_signed_in) for name, guard in guards.items()}
    assert [name for name, found in ways.items() if sum(map(bool, found)) != 1] == []


def test_a_page_that_people_start_from_needs_nothing_filled_in(app: Flask) -> None:
    starts = {endpoint for endpoint, view in app.view_functions.items() if guard_of(view).task}
    assert starts == {rule.endpoint for rule in pages(app) if rule.endpoint in starts and not rule.arguments}


def visit(app: Flask, rules: list[Rule], monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """What these pages answer to a system administrator who is let in everywhere, so that each shows what it has."""
    olwen()
    monkeypatch.setitem(PERMISSIONS, Role.SYSTEM_ADMINISTRATOR, frozenset(Permission))
    browser = app.test_client()
    with browser.session_transaction() as cookie:
        cookie["_user_id"] = begin_session()
    read_anew()
    paths = [address(app, rule) for rule in rules]
    with written() as statements:
        found = {path: Context().run(browser.get, path).status_code for path in paths}
    assert statements == []
    return found


def test_looking_at_a_page_writes_nothing(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    found = visit(app, pages(app), monkeypatch)
    assert found["/account"] == 200
    assert set(found.values()) <= {200, 302, 404}


def test_control_a_page_that_writes_is_noticed(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    @requires(Permission.ADMIN_SYSTEM_RUN)
    def careless() -> str:
        with atomic():
            session.add(SignInAttempt(email="", address="", at=office().clock()))
        return "written"

    app.add_url_rule("/careless", "careless", careless)
    with pytest.raises(AssertionError, match="INSERT INTO sign_in_attempt"):
        visit(app, [rule for rule in pages(app) if rule.endpoint == "careless"], monkeypatch)
