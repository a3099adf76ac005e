"""A table as it stands on pages: its columns, the texts of its cells, and where its pages end. Knows no PDF.

Lengths are points, from the lower left corner of the page.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from voucher.platform.annex.faces import Broken, Face

MM = 72 / 25.4


# Texts of one style in one column that are remembered, because names and days come again and again.
KEPT = 1_000


@dataclass(frozen=True, eq=False)
class Style:
    """How a text looks: a key of the table's faces, its size, the height of its lines, and its colour as #rrggbb.

    A text in this style takes so many ``lines`` at most. ``box`` is the colour behind it, if there is one. A style is
    equal to itself alone, so that it is looked up at no cost for each of a million texts; so is a column.
    """

    face: str
    size: float
    leading: float
    colour: str
    lines: int = 1
    box: str | None = None


Text = tuple[str, Style]
Cell = tuple[Text, ...]
Row = Sequence[Cell]


@dataclass(frozen=True, eq=False)
class Column:
    """Where a column stands, whether its texts end at its right side, and whether one may never be cut (``exact``)."""

    title: str
    left: float
    width: float
    ends: bool = False
    exact: bool = False


@dataclass(frozen=True)
class Sheet:
    """A page: its size, between which lines the table stands, and what stands in the margins of each page.

    Each text of the ``margins`` comes with its place: x, y, and whether x is where it ends. ``rule`` is how high the
    line above the foot stands. ``numbered`` says where "Page 3 of 9" ends on a page of some width and height, so that
    the front's pages, which may be of another shape, get their numbers too.
    """

    width: float
    height: float
    left: float
    right: float
    top: float
    bottom: float
    margins: Sequence[tuple[Text, float, float, bool]]
    rule: float
    number: Style
    number_words: str  # With {page} and {pages}.
    numbered: Callable[[float, float], tuple[float, float]]
    watermark: Text | None = None


@dataclass(frozen=True)
class Table:
    """What follows the front: a heading, some lines of text, and ``count`` rows, of which each is made when it is due.

    ``row`` makes the row of a number from 0 on; it is asked twice for each. ``row_header`` is the column whose cell
    names its row. ``ledes`` is told how many names had to be cut and which characters have no glyph. The first cell of
    ``total`` goes over ``total_span`` columns. Without rows there is no table.
    """

    heading: Text
    ledes: Callable[[int, frozenset[str]], Sequence[Text]]
    columns: Sequence[Column]
    head: Style
    count: int
    row: Callable[[int], Row]
    row_header: int
    total: Row
    total_span: int
    bookmark: str  # Of every thousand rows, with {first} and {last}.
    padding: float  # Above and below the texts of a row.


class CutFigure(ValueError):
    """An amount is wider than its column. Nothing is drawn, because a cut figure is a wrong figure."""


class Slot:
    """One style in one column, where texts are broken into lines."""

    def __init__(self, face: Face, style: Style, column: Column) -> None:
        self.face, self.style, self.column = face, style, column
        self._width = column.width * 1000 / style.size
        self.surely = face.surely_fit(self._width)  # So many plain characters need no measuring.
        self._kept: dict[str, Broken] = {}

    def broken(self, words: str) -> Broken:
        """A text in the lines that it takes. Raises CutFigure for a figure that does not fit into its column."""
        found = self._kept.get(words)
        if found is None:
            found = self.face.broken(words, self._width, self.style.lines)
            if self.column.exact and (found.instead is not None or len(found.lines) > 1):
                raise CutFigure(f"{words} does not fit into the column {self.column.title!r}")
            if len(self._kept) >= KEPT:
                self._kept.clear()
            self._kept[words] = found
        return found


class Measure:
    """Says how high the rows of a table are, and counts what is not shown as it is."""

    def __init__(self, faces: Mapping[str, Face]) -> None:
        self._faces = faces
        self._slots: dict[Column, dict[Style, Slot]] = {}
        self.cut = 0
        self.missing: frozenset[str] = frozenset()

    def slot(self, style: Style, column: Column) -> Slot:
        """The one of a style in a column."""
        slots = self._slots.setdefault(column, {})
        found = slots.get(style)
        if found is None:
            found = slots[style] = Slot(self._faces[style.face], style, column)
        return found

    def height(self, row: Row, columns: Sequence[Column]) -> float:
        """How high the highest cell of a row is, without padding. Raises CutFigure for an amount that does not fit.

        It is asked for every text of a long table, so it looks at plain figures itself.
        """
        highest, known = 0.0, self._slots
        for cell, column in zip(row, columns, strict=True):
            height = 0.0
            for words, style in cell:
                try:
                    slot = known[column][style]
                except KeyError:
                    slot = self.slot(style, column)
                if len(words) <= slot.surely and slot.face.is_plain(words):
                    height += style.leading
                else:
                    height += self._height(slot, words)
            if height > highest:
                highest = height
        return highest

    def _height(self, slot: Slot, words: str) -> float:
        broken = slot.broken(words)
        if broken.instead is not None:
            self._note(broken.instead, slot.style)
        return len(broken.lines) * slot.style.leading

    def _note(self, whole: str, style: Style) -> None:
        missing = self._faces[style.face].missing(whole)
        self.missing |= missing
        self.cut += not missing


def page_breaks(heights: Iterable[float], *, first: float, room: float, last: float) -> list[int]:
    """How many rows stand on each page: ``first`` is the room of the first page, ``room`` that of each other one.

    ``last`` is how high what must follow the last row is; it never stands on a page alone. Raises ValueError for a row
    that is higher than a page.
    """
    pages: list[int] = [0]
    left, height = first, 0.0
    for height in heights:
        if height > left:
            pages.append(0)
            left = room
        if height > left:
            raise ValueError("a row is higher than a page")
        pages[-1] += 1
        left -= height
    if last > left and pages[-1]:
        if pages[-1] > 1:
            pages[-1] -= 1
            pages.append(1)
        else:
            pages.append(0)
    return pages
