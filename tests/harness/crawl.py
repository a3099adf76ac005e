"""Walking to every page that a person can reach by links, without a browser, to find those that are worth a look."""

from __future__ import annotations

import fcntl
import json
import re
from collections.abc import Iterator, Mapping
from contextvars import Context
from dataclasses import dataclass
from functools import lru_cache
from html.parser import HTMLParser
from pathlib import Path
from types import MappingProxyType
from urllib.parse import urldefrag, urlencode, urljoin, urlsplit

from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from tests.harness.site import Site

# What the address answers is a file and not a page.
NO_PAGE = re.compile(r"\.(pdf|csv|json|xlsx|svg|toml|eml)$|/assets/|/static/|/fonts/")
FIELD = re.compile(r'<(?:input|select|textarea)\b[^>]*\bname="([^"]+)"')
OF_ONE_RECORD = re.compile(r"_[0-9a-z]{16}$")  # a field that is there once for each of some records
VISITS = 2  # for lists would otherwise be walked to their ends
# What can be done wrong on one page and right on another: names, labels and the way that the keyboard takes.
# What the keyboard comes to, and what scripts do something with.
HANDLES = {"a", "button", "input", "script", "select", "summary", "textarea"}
CONTROLS = {"button", "fieldset", "form", "iframe", "input", "select", "table", "textarea", "video"}
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}


@dataclass
class Visited:
    """A page as it came: its address, the view that made it, its status, and its source."""

    path: str
    endpoint: str
    status: int
    html: str


class _Reader(HTMLParser):
    """The links of a page, which kinds of element it is made of, which of them stand in which, what can be pressed.

    A form that only asks for another page leads there, too, with the first of its boxes ticked.
    """

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.kinds: set[str] = set()
        self.nests: set[str] = set()
        self.handles: set[str] = set()
        self._around: list[tuple[str, str]] = []
        self._asks: str | None = None  # the address of the form around, whose boxes are not ticked yet

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "a" and given.get("href"):
            self.links.append(given["href"] or "")
        if tag == "form":
            self._asks = given.get("action") if given.get("method") == "get" else None
        if tag == "input" and given.get("type") == "checkbox" and self._asks:
            ticked = {given.get("name") or "": given.get("value") or "on"}
            self.links.append(f"{self._asks}?{urlencode(ticked)}")
            self._asks = None
        kind = f"{tag} {given.get('class') or ''} {given.get('role') or ''} {given.get('type') or ''}"
        self.kinds.add(kind)
        self.nests.add(f"{self._around[-1][1] if self._around else ''} > {kind}")
        marks = [name for name in given if name in ("tabindex", "disabled", "hidden") or name.startswith("data-")]
        if marks or tag in HANDLES:
            self.handles.add(f"{kind} {given.get('src') or ''} {sorted(marks)}")
        if tag not in VOID:
            self._around.append((tag, kind))

    def handle_endtag(self, tag: str) -> None:
        if tag in {around for around, _kind in self._around}:
            while self._around.pop()[0] != tag:
                pass


class Seen:
    """What pages are made of, so that a page like one that was looked at before is not looked at again.

    It lies in a file, which all processes of a run share.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        file.touch()

    def is_new(self, page: Visited) -> bool:
        """Whether the page's endpoint is new, or a control on it, or anything on it that stood on no page yet."""
        kinds = _read(page.html).kinds
        if not kinds:
            return False  # It is a file.
        controls = {kind for kind in kinds if kind.split()[0] in CONTROLS}
        new_here, new_anywhere = self._add(page.endpoint, {"page"} | controls), self._add("every page", kinds)
        return new_here or new_anywhere

    def wears_anew(self, page: Visited) -> bool:
        """Whether something stands on the page in something else as on no page yet, so that colours may meet anew."""
        return self._add("looks", _read(page.html).nests)

    def is_handled_anew(self, page: Visited) -> bool:
        """Whether there is something on the page that is pressed or run as nothing was on any page yet."""
        return self._add("handles", _read(page.html).handles)

    def asks_anew(self, page: Visited) -> bool:
        """Whether the page asks for something that no page of its endpoint asked for."""
        return self._add(page.endpoint, {OF_ONE_RECORD.sub("", name) for name in FIELD.findall(page.html)})

    def _add(self, endpoint: str, found: set[str]) -> bool:
        with self._file.open("r+") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            kinds = json.loads(file.read() or "{}")
            known = set(kinds.get(endpoint, ()))
            kinds[endpoint] = sorted(known | found)
            file.seek(0)
            file.write(json.dumps(kinds))
            return not found <= known


def every_page(
    site: Site, cookie: str, *, most: int = VISITS, others: Mapping[str, int] = MappingProxyType({})
) -> Iterator[Visited]:
    """Every page behind the links from the home page on, for whoever has this session's cookie.

    ``most`` is how often one endpoint is visited, what ``others`` visited already included.
    """
    client = site.app.test_client()
    if cookie:
        client.set_cookie(site.app.config["SESSION_COOKIE_NAME"], cookie)
    waiting, known, visits = ["/"], {"/"}, dict(others)
    while waiting:
        path = waiting.pop(0)
        endpoint = endpoint_of(site, path)
        if endpoint is None or visits.get(endpoint, 0) >= most:
            continue
        visits[endpoint] = visits.get(endpoint, 0) + 1
        # Outside the test's own app context, which would remember who was signed in.
        answer = Context().run(client.get, path)
        if answer.location:
            links = [urljoin(path, answer.location)]
        else:
            yield Visited(path, endpoint, answer.status_code, answer.text)
            links = _read(answer.text).links
        for link in links:
            address = urlsplit(urldefrag(urljoin(site.url + path, link)).url)
            inside = address.path + (f"?{address.query}" if address.query else "")
            if f"{address.scheme}://{address.netloc}" == site.url and inside not in known:
                known.add(inside)
                waiting.append(inside)


def endpoint_of(site: Site, path: str) -> str | None:
    """Which view answers an address; None when that is a file."""
    if NO_PAGE.search(urlsplit(path).path) or "as=csv" in urlsplit(path).query:
        return None
    try:
        found, _parts = site.app.url_map.bind("127.0.0.1").match(urlsplit(path).path, method="GET")
    except RequestRedirect as elsewhere:
        return endpoint_of(site, urlsplit(elsewhere.new_url).path)
    except HTTPException:
        return "nowhere"
    return str(found)


@lru_cache(maxsize=256)
def _read(html: str) -> _Reader:
    """Kept for the next question about the same page: those of a whole walk, which are looked at when it is over."""
    reader = _Reader()
    reader.feed(html)
    return reader
