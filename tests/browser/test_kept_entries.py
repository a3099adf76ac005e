"""A session that ends in the middle of a form, on every page that has one: nothing that was typed is lost."""

from __future__ import annotations

import re
from contextvars import Context
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update

from tests.browser.busy import ANYBODY, PEOPLE
from tests.browser.conftest import Walks
from tests.harness.crawl import Seen, Visited
from tests.harness.form import Form, controls
from tests.harness.page import Page
from tests.harness.site import Site
from voucher.accounts import keeping
from voucher.accounts.kept_forms import find_kept
from voucher.accounts.models import SignInSession
from voucher.app import office
from voucher.platform.db import atomic, read_anew, session
from voucher.platform.forms import SECRETS
from voucher.platform.web import guard_of

TYPES = {"text", "email", "tel", "url", "search", "number", "date"}
MAY_HAVE_ONE = re.compile(r'<form[^>]*method="post".*(<textarea|type="(text|email|tel|number|date)")', re.DOTALL)


@pytest.fixture(scope="session")
def seen(shared: Path) -> Seen:
    """The pages whose forms were sent in this run."""
    return Seen(shared / "sent-too-late.json")


@pytest.fixture
def browser(site: Site, cookie: str) -> FlaskClient:
    """The person's browser."""
    client = site.app.test_client()
    client.set_cookie(site.app.config["SESSION_COOKIE_NAME"], cookie)
    return client


def ask(browser: FlaskClient, method: str, path: str, **more: Any) -> Page:
    """One request, outside the test's own app context."""
    return Page(path, Context().run(browser.open, path, method=method, **more))


def typed(form: Element) -> list[str]:
    """The names of the controls into which somebody types, but for secrets."""
    fields = [each for each in controls(form) if each.tag == "textarea" or each.get("type", "text") in TYPES]
    names = [each.get("name", "") for each in fields if each.tag != "select"]
    return [name for name in names if name not in SECRETS]


def lost(site: Site, browser: FlaskClient, visited: Visited) -> list[str]:
    """What does not come back of the forms of a page, each sent when the session was over."""
    page = ask(browser, "GET", visited.path)
    found = []
    for element in page.all("form", method="post"):
        form, names = Form(element, page.labels), typed(element)
        address = form.action or visited.path
        if names and not opens_for_all(site, address):
            entered = {name: f"{number} words" for number, name in enumerate(names, 70)}
            back = comes_back(site, browser, visited.path, address, {**form.data, **entered})
            found += [
                f"{visited.path}: {name}" for name, words in entered.items() if back.get(name, "").lower() != words
            ]
    return found


def comes_back(site: Site, browser: FlaskClient, page_path: str, path: str, data: dict[str, object]) -> dict[str, str]:
    """What stands in the controls to which somebody is led who sends a form too late and then signs in."""
    read_anew()  # so that it sees what the server has written
    with browser.session_transaction() as cookie:
        sessions = SignInSession.token_hash == office().ring.lookup_hash(cookie["_user_id"])
        cookie.pop(keeping.KEPT, None)
    person_id = session.scalars(select(SignInSession.person_id).where(sessions)).one()
    with atomic():
        session.execute(update(SignInSession).where(sessions).values(ended_at=SignInSession.began_at))
    ask(browser, "POST", path, data=data, headers={"Referer": f"http://localhost{page_path}"})
    with atomic():
        session.execute(update(SignInSession).where(sessions).values(ended_at=None))
    with browser.session_transaction() as cookie:
        kept = find_kept(office().ring, cookie.get(keeping.KEPT, ""), person_id, office().clock())
    read_anew()
    if kept is None:
        return {}
    address = {**kept.page.query, **kept.page.parts, keeping.KEPT: kept.public_id}
    page = ask(browser, "GET", site.app.url_map.bind("127.0.0.1").build(kept.page.endpoint, address))
    return {each.get("name", ""): each.text or each.get("value") or "" for each in controls(page.tree)}


def opens_for_all(site: Site, path: str) -> bool:
    """Whether nobody has to be signed in to send a form there."""
    endpoint, _parts = site.app.url_map.bind("127.0.0.1").match(urlsplit(path).path, method="POST")
    return bool(guard_of(site.app.view_functions[endpoint]).why_public)


@pytest.mark.parametrize("name", [name for name in PEOPLE if name != ANYBODY])
def test_nothing_typed_is_lost_on_any_page(
    site: Site, name: str, walks: Walks, seen: Seen, browser: FlaskClient
) -> None:
    found = []
    for visited in walks.of(site, name):
        if MAY_HAVE_ONE.search(visited.html) and seen.asks_anew(visited):
            found += lost(site, browser, visited)
    assert not found, "\n".join(found)


def test_control_without_keeping_it_would_be_lost(site: Site, walks: Walks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "keep", lambda: None)
    client = site.app.test_client()
    client.set_cookie(site.app.config["SESSION_COOKIE_NAME"], walks.cookie(site, "ada"))
    [page] = [visited for visited in walks.of(site, "ada") if visited.path == "/people/new"]
    assert lost(site, client, page) == ["/people/new: name", "/people/new: email", "/people/new: phone"]
