"""What stands on a paper goes through the paper's own translator; its templates hold no bare word."""

from __future__ import annotations

import re

import pytest

from voucher.platform.catalogue import CHECKOUT

PAPERS = sorted((CHECKOUT / "templates").glob("**/*_pdf.html")) + sorted(
    (CHECKOUT / "templates").glob("**/*_pdf/*.html")
)
_FILLED = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}|<style>.*?</style>|<!DOCTYPE html>", re.S)
_TAG = re.compile(r"<[^>]*>")
_SHOWN = re.compile(r'\b(?:alt|title|aria-label|content)="([^"]*)"')
_WORD = re.compile(r"[^\W\d_]{2,}")
NAMES = ("Tech Taster",)


def bare(source: str) -> list[str]:
    """The texts of a template that nothing translates: between tags, and in what a tag shows."""
    plain = _FILLED.sub("", source)
    found = [*_TAG.split(plain), *_SHOWN.findall(plain)]
    return [" ".join(text.split()) for text in found if _WORD.search(text) and text.strip() not in NAMES]


@pytest.mark.parametrize("path", PAPERS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_no_word_of_a_paper_is_bare(path: object) -> None:
    assert bare((CHECKOUT / str(path)).read_text()) == []


def test_control_a_bare_word_is_noticed() -> None:
    assert bare('<p>{{ _("Paid") }} {{ sum }}</p>') == []
    assert bare('<p>Paid {{ sum }}</p><img alt="A bar">') == ["Paid", "A bar"]


def test_the_papers_are_found() -> None:
    assert {"statement_pdf", "remittance_pdf", "voucher_pdf"} <= {path.stem for path in PAPERS}
