"""A response as a person meets it: headings, words, links and forms found by what is written on them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any
from xml.etree.ElementTree import Element, TreeBuilder

import html5lib
from lxml.etree import HTMLParser
from werkzeug.test import TestResponse

from tests.harness.form import Form, label_texts, words_of

# Of the source, what a fault of the parser can come of: the tags, their attributes' names, and what opens neither.
SHAPE = re.compile(r"</?[a-z][a-z0-9]*|\s[a-z-]+(?==)|>|<[^a-z/]|&(?!(?:#\d+|#x[0-9a-f]+|[a-z]+);)", re.IGNORECASE)
_faultless = set[int]()


class _Builder(TreeBuilder):
    """Takes the attributes as the lenient parser gives them."""

    def start(self, tag: str, attrs: Mapping[str, str], /) -> Element:
        return super().start(tag, dict(attrs))


class Page:
    """One response. Its shape is parsed as a browser does, and faults of the parser are kept in ``parse_errors``.

    That parser takes ten times as long as the one which the tree comes of, so it is not asked about a shape again.
    """

    def __init__(self, path: str, response: TestResponse) -> None:
        self.path = path
        self.status = response.status_code
        self.headers = response.headers
        self.body = response.get_data()
        self.mimetype = response.mimetype
        self.parse_errors: list[str] = []

    @property
    def is_html(self) -> bool:
        """Whether a person sees it: HTML, and not the note that goes with a redirect."""
        return self.mimetype == "text/html" and self.location is None

    @property
    def location(self) -> str | None:
        """Where a redirect leads."""
        return self.headers.get("Location")

    @property
    def text(self) -> str:
        """The source."""
        return self.body.decode()

    @cached_property
    def tree(self) -> Element:
        """The document, with tag names as written."""
        self.parse_errors = _faults(self.text)
        parser = HTMLParser(target=_Builder(), remove_comments=True)
        parser.feed(self.text)
        tree: Element = parser.close()
        return tree

    def all(self, tag: str, **attributes: str) -> list[Element]:
        """Elements of that tag whose attributes have these values; ``class_`` means one of the classes."""
        return list(self._matching(tag, attributes))

    def _matching(self, tag: str, attributes: dict[str, str]) -> Iterator[Element]:
        wanted_class = attributes.pop("class_", None)
        for element in self.tree.iter(tag):
            if wanted_class and wanted_class not in element.get("class", "").split():
                continue
            if all(element.get(name) == value for name, value in attributes.items()):
                yield element

    @property
    def title(self) -> str:
        """The words of the title."""
        return " ".join(words_of(element) for element in self.tree.findall("head/title"))

    @property
    def heading(self) -> str:
        """The words of the first h1."""
        return next((words_of(element) for element in self.all("h1")), "")

    @property
    def words(self) -> str:
        """Every word of the page's body, with single spaces."""
        body = self.tree.find("body")
        return words_of(body) if body is not None else ""

    @property
    def links(self) -> dict[str, str]:
        """Addresses by the words of their links; of two with the same words, the first."""
        found: dict[str, str] = {}
        for element in self.all("a"):
            found.setdefault(words_of(element), element.get("href", ""))
        return found

    @property
    def rows(self) -> list[list[str]]:
        """The words of every table's body rows, cell by cell."""
        bodies = [row for table in self.all("table") for row in table.iter("tr") if row.find("td") is not None]
        return [[words_of(cell) for cell in row if cell.tag in ("td", "th")] for row in bodies]

    @cached_property
    def labels(self) -> dict[int, str]:
        """What each control is called, by the ``id()`` of its element; a control without a name is missing."""
        return label_texts(self.tree)

    @property
    def forms(self) -> list[Form]:
        """Every form, filled as the page came."""
        return [Form(element, self.labels) for element in self.all("form")]

    def form(self, button: str | None = None) -> Form:
        """The one form that POSTs, or the one with that button; AssertionError when there is none or several."""
        found = [form for form in self.forms if form.posts and (button is None or button in form.buttons)]
        if len(found) != 1:
            names = [list(form.buttons) for form in self.forms]
            raise AssertionError(f"{self.path}: {len(found)} forms for {button!r}; the page's buttons are {names}")
        return found[0]

    @property
    def json(self) -> Any:
        """A JSON response's data."""
        return json.loads(self.body)

    def __contains__(self, words: str) -> bool:
        return words in self.words


def _faults(text: str) -> list[str]:
    """What a browser's parser finds wrong with a page."""
    shape = hash(tuple(SHAPE.findall(text)))
    if shape in _faultless:
        return []
    parser = html5lib.HTMLParser(html5lib.getTreeBuilder("etree"))
    parser.parse(text)
    found = [f"line {where[0]}: {code} {more or ''}".strip() for where, code, more in parser.errors]
    if not found:
        _faultless.add(shape)
    return found
