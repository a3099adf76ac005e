"""A browser without JavaScript that inspects every page it is given."""

from __future__ import annotations

import contextvars
from collections.abc import Mapping
from typing import Any

from flask import Flask, has_app_context

from tests.harness.page import Page
from tests.harness.page_checks import faults
from voucher.platform.db import read_anew, session


class PageClient:
    """One person's browser: cookies of its own, the status named by the test, each response looked at.

    Each request runs outside the test's own app context, as a real one does: it has its own database session and its
    own ``g``. Before it, the test's session is rolled back, so that on SQLite the request need not wait for the test;
    afterwards the test reads what the request wrote. Commit what a page is to see.
    """

    def __init__(self, app: Flask, *, address: str = "127.0.0.1") -> None:
        self._client = app.test_client()
        self._address = address
        self._token: object = None

    def carry(self, token: str) -> None:
        """Makes this the browser of whoever has the session of this token."""
        with self._client.session_transaction() as cookie:
            cookie["_user_id"] = token

    def get(self, path: str, *, expect: int = 200, query: Mapping[str, str] | None = None) -> Page:
        """Asks for a page; AssertionError when it answers with another status, or has a fault."""
        return self._open("GET", path, expect, query_string=query)

    def post(
        self, path: str, data: Mapping[str, object] | None = None, *, expect: int = 302, csrf: bool = True
    ) -> Page:
        """Sends fields by their names, with the CSRF token of the last page that had one unless that is left out."""
        token = {"csrf_token": self._token} if csrf and self._token else {}
        return self._open("POST", path, expect, data={**token, **(data or {})})

    def submit(
        self, page: Page, answers: Mapping[str, object] | None = None, *, button: str | None = None, expect: int = 302
    ) -> Page:
        """Fills a page's form by labels and legends and presses its button, named where the page has several forms."""
        form = page.form(button)
        form.fill(answers or {})
        if button is not None:
            form.press(button)
        return self._open("POST", form.action or page.path, expect, data=form.data)

    def follow(self, page: Page, *, expect: int = 200) -> Page:
        """Goes where a redirect leads."""
        assert page.location is not None, f"{page.path} answered {page.status}, which leads nowhere"
        return self.get(page.location, expect=expect)

    def click(self, page: Page, words: str, *, expect: int = 200) -> Page:
        """Follows the link with these words."""
        assert words in page.links, f"{page.path} has no link {words!r}; it has {list(page.links)}"
        return self.get(page.links[words], expect=expect)

    def _open(self, method: str, path: str, expect: int, **more: Any) -> Page:
        if has_app_context():
            pending = [*session.new, *session.dirty, *session.deleted]
            assert not pending, f"commit before asking for a page: {pending}"
            read_anew()
        environ = {"REMOTE_ADDR": self._address}
        response = contextvars.Context().run(self._client.open, path, method=method, environ_overrides=environ, **more)
        page = Page(path, response)
        self._inspect(method, page, expect)
        return page

    def _inspect(self, method: str, page: Page, expect: int) -> None:
        name = f"{method} {page.path}"
        if page.status != expect:
            words = f"{page.heading}: {page.words[:600]}" if page.is_html else page.location or page.text[:600]
            raise AssertionError(f"{name} answered {page.status}, not {expect}: {words}")
        found = faults(page)
        if found:
            raise AssertionError(f"{name} has faults: " + "; ".join(found))
        if page.is_html:
            tokens = [value for form in page.forms for value in form.data.get("csrf_token", []) if value]
            self._token = next(iter(tokens), self._token)
