"""Python's search for cycles waits while a paper is drawn, and goes on after it."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from typing import Any

import pytest

from voucher.platform import pdf
from voucher.platform.collector import collector_paused
from voucher.platform.pdf import TEMPLATES, PdfError, render_pdf

PAGE = "<html lang=en-GB><title>A page</title><body><h1>A page</h1>"


@pytest.fixture
def searches() -> Iterator[list[str]]:
    """What the collector did meanwhile."""
    seen: list[str] = []

    def note(phase: str, _info: dict[str, int]) -> None:
        seen.append(phase)

    gc.callbacks.append(note)
    yield seen
    gc.callbacks.remove(note)


def make_many() -> list[list[int]]:
    return [[number] for number in range(200_000)]


def test_nothing_is_searched_meanwhile(searches: list[str]) -> None:
    with collector_paused():
        before = len(searches)
        make_many()
        assert len(searches) == before
    make_many()  # The control: as many objects make it search otherwise.
    assert len(searches) > before


def break_off() -> None:
    with collector_paused():
        assert not gc.isenabled()
        raise ValueError("broken")


def test_it_goes_on_after_an_error() -> None:
    with pytest.raises(ValueError, match="broken"):
        break_off()
    assert gc.isenabled()


def test_an_inner_pause_does_not_end_the_outer_one() -> None:
    with collector_paused():
        with collector_paused():
            pass
        assert not gc.isenabled()
    assert gc.isenabled()


def test_a_paper_is_drawn_without_a_search(monkeypatch: pytest.MonkeyPatch) -> None:
    meanwhile: list[bool] = []
    lay_out = pdf._lay_out

    def seen(*given: Any) -> Any:
        meanwhile.append(gc.isenabled())
        return lay_out(*given)

    monkeypatch.setattr(pdf, "_lay_out", seen)
    render_pdf(PAGE, base=TEMPLATES)
    assert meanwhile == [False]
    assert gc.isenabled()


def test_a_paper_that_cannot_be_drawn_leaves_it_on() -> None:
    with pytest.raises(PdfError):
        render_pdf(PAGE + '<img src="http://elsewhere.example/a.png">', base=TEMPLATES)
    assert gc.isenabled()
