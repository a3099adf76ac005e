"""Where a table breaks: between pages, and in the lines of its cells."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voucher.platform.annex.faces import ELLIPSIS, Face
from voucher.platform.annex.layout import Column, Slot, Style, page_breaks
from voucher.platform.pdf import font_files

WORDS = st.lists(st.text(st.sampled_from("abcŵŁ–W."), min_size=1, max_size=30), min_size=1, max_size=12)


@cache
def face(key: str = "text") -> Face:
    return Face(font_files()[key])


def test_a_table_without_rows_has_one_page() -> None:
    assert page_breaks([], first=100, room=200, last=0) == [0]


def test_rows_go_to_the_next_page_when_they_do_not_fit() -> None:
    assert page_breaks([40, 40, 40, 100, 100], first=100, room=200, last=0) == [2, 2, 1]


def test_the_first_page_may_have_no_room_for_a_row() -> None:
    assert page_breaks([120], first=100, room=200, last=10) == [0, 1]


def test_a_row_that_is_higher_than_a_page_is_refused() -> None:
    with pytest.raises(ValueError, match="higher than a page"):
        page_breaks([40, 201], first=100, room=200, last=0)


def test_a_total_never_stands_on_a_page_alone() -> None:
    assert page_breaks([50, 50], first=110, room=200, last=20) == [1, 1]
    assert page_breaks([50, 50], first=120, room=200, last=20) == [2]


@given(st.lists(st.integers(10, 30), max_size=60), st.integers(0, 20))
def test_every_row_stands_on_a_page_and_no_page_is_too_full(heights: list[int], last: int) -> None:
    pages = page_breaks(heights, first=60, room=100, last=last)
    assert sum(pages) == len(heights)
    start = 0
    for number, count in enumerate(pages):
        used = sum(heights[start : start + count]) + (last if number == len(pages) - 1 else 0)
        assert used <= (60 if number == 0 else 100)
        start += count


@given(WORDS, st.integers(1, 3), st.integers(3, 40))
def test_lines_keep_to_their_width_and_say_when_they_do_not_show_all(words: list[str], most: int, ems: int) -> None:
    text, width = " ".join(words), ems * 1000.0
    broken = face().broken(text, width, most)
    assert 1 <= len(broken.lines) <= most
    assert all(face().width(line) <= width for line in broken.lines)
    shown = "".join(line + " " * joined for line, joined in zip(broken.lines, broken.joined, strict=True))
    if broken.instead is None:
        assert shown == text
    else:
        assert broken.instead == text
        assert shown.endswith(ELLIPSIS)
        assert text.startswith(shown.removesuffix(ELLIPSIS))


def taken_whole(slot: Slot, words: str) -> bool:
    """Whether rows put a text on its line without breaking it."""
    return len(words) <= slot.surely and slot.face.is_plain(words) is not None


@given(st.text("£0123456789,.-PŵŁ ", max_size=12), st.integers(1, 8))
def test_a_figure_that_is_taken_whole_needs_no_more_than_its_line(words: str, ems: int) -> None:
    slot = Slot(face("mono"), Style("mono", 10, 12, "#000000"), Column("Net", 0, ems * 10.0))
    if taken_whole(slot, words):
        assert slot.broken(words) == ((words,), (False,), None)


def test_figures_are_taken_whole_where_they_fit_and_names_never() -> None:
    column = Column("Net", 0, 60)
    figures, names = (Slot(face(key), Style(key, 10, 12, "#000000"), column) for key in ("mono", "text"))
    assert taken_whole(figures, "£1,204")
    assert not taken_whole(figures, "£1,204,500.00")
    assert not taken_whole(figures, "£1  204")
    assert not taken_whole(names, "Ltd")


def test_spaces_and_composed_letters_do_not_count_twice() -> None:
    assert face().broken("  Dw\N{COMBINING CIRCUMFLEX ACCENT}r \n Digital ", 99_000, 1).lines == ("Dŵr Digital",)


def test_a_character_that_the_font_lacks_is_shown_as_another_and_said() -> None:
    found = face("mono").broken("NTT-北", 99_000, 1)
    assert found.instead == "NTT-北"
    assert face("mono").encoded("北") == face("mono").encoded("?")
