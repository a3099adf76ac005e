"""A made-up language, in which every text of the catalogue stands in marks, and what stands on a page without them.

``Claim %(claim)s is late`` becomes ``⟦Claim ⟧%(claim)s⟦ is late⟧``: whatever fills a text must be data or carry marks
of its own. So a bare word is one that nobody can translate.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

from babel.dates import get_month_names
from babel.messages.catalog import Catalog
from sqlalchemy import JSON, String, select

from tests.harness.crawl import VOID
from voucher.platform.catalogue import as_file, language, take, template
from voucher.platform.db import session
from voucher.tables import METADATA

# Esperanto: Babel knows how to write its dates, and no page says anything in it.
MADE_UP = language("eo")
OPEN, CLOSE = "⟦", "⟧"
_PLACEHOLDER = re.compile(r"(%\(\w+\)[sd]|\{\w*\}|<[^>]+>)")
_MARKED = re.compile(f"{OPEN}[^{OPEN}{CLOSE}]*{CLOSE}")
_WORD = re.compile(r"[^\W\d_]{2,}")
# What no language has words for: the product's name, official and technical names, references, files, addresses.
_NAMES = re.compile(
    r"Tech Taster|GOV\.UK|\b[A-Z]{2,}[A-Z0-9]*\b|\b\S*\d\S*\b|\S+@\S+|https?://\S+|\S+/\S+\.\w+|\b\S+\.(pdf|xml|csv|json|toml)\b"
)
# A reference within a text is kept on one line, and belongs to the text.
_UNBROKEN = re.compile(r'<span class="reference">([^<]*)</span>')
# What a page shows beside its text.
_SAID = ("alt", "aria-label", "title", "placeholder", "data-head")
_SILENT = {"script", "style", "code", "pre", "template"}


def made_up() -> Catalog:
    """The whole catalogue in the made-up language."""
    found = template()
    found.locale = MADE_UP.code
    for message in found:
        if message.id:
            marked = tuple(map(_marked, (message.id,) if isinstance(message.id, str) else message.id))
            message.string = marked[0] if isinstance(message.id, str) else marked
    return found


def texts() -> list[str]:
    """Every text of the catalogue, with each plural."""
    return [text for each in template() if each.id for text in ((each.id,) if isinstance(each.id, str) else each.id)]


@cache
def _file() -> bytes:
    return as_file(made_up())


def speak(folder: Path) -> None:
    """Puts the made-up language among the translations of an installation."""
    take(MADE_UP.code, _file(), folder)


def _marked(text: str) -> str:
    parts = _PLACEHOLDER.split(text)
    return "".join(f"{OPEN}{part}{CLOSE}" if part and at % 2 == 0 else part for at, part in enumerate(parts))


def data_of_the_database(catalogue: Iterable[str]) -> frozenset[str]:
    """Every text that somebody entered or that was written down: what stands in a column and not in the catalogue."""
    known = {text.casefold() for text in catalogue}
    found: set[str] = set()
    for table in METADATA.sorted_tables:
        for column in table.columns:
            if isinstance(column.type, (String, JSON)):
                found |= {text for each in session.scalars(select(column)) for text in _texts_in(each)}
    found |= {
        name for width in ("wide", "abbreviated") for name in get_month_names(width, locale=MADE_UP.code).values()
    }
    return frozenset(each for each in found if each.casefold() not in known or any(map(str.isdigit, each)))


def _texts_in(value: object) -> Iterator[str]:
    if isinstance(value, str) and value.startswith("{"):
        yield from _texts_in(json.loads(value))  # a signed statement's data, which stay as they were signed
    elif isinstance(value, str) and value:
        yield value
    elif isinstance(value, (list, tuple)):
        for each in value:
            yield from _texts_in(each)
    elif isinstance(value, dict):
        yield from _texts_in(list(value.values()))


class _Reader(HTMLParser):
    """The texts of a page in their order; a text goes on in the next one of the same paragraph."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self._around: list[tuple[str, bool]] = []  # what is open, and whether it is silent, or English on purpose

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag not in VOID:
            english = bool(self._around) and given.get("lang") == "en-GB"
            self._around.append((tag, tag in _SILENT or english))
        names = (*_SAID, "value") if given.get("type") in ("submit", "button") else _SAID
        self.said += [given[name] or "" for name in names if name in given]

    def handle_endtag(self, tag: str) -> None:
        while tag in {name for name, _silent in self._around} and self._around.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if not any(silent for _name, silent in self._around):
            self.said.append(data)


def bare(html: str, data: Iterable[str]) -> Iterator[str]:
    """What the page says without marks, and what is no data: neither a figure nor anything that was entered."""
    reader = _Reader()
    reader.feed(_UNBROKEN.sub(r"\1", html))
    known = "|".join(re.escape(each) for each in sorted(data, key=len, reverse=True))
    entered = re.compile(rf"(?<!\w)(?:{known})(?!\w)", re.I) if known else None
    for said in reader.said:
        left = _outside(said)
        if not _WORD.search(left):
            continue
        left = entered.sub(" ", left) if entered else left
        left = _NAMES.sub(" ", left)
        if _WORD.search(left):
            yield " ".join(said.split())


def _outside(said: str) -> str:
    left, more = _MARKED.subn(" ", said)
    while more:
        left, more = _MARKED.subn(" ", left)
    return left
