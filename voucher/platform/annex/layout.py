"""A table as it stands on pages: its columns, the texts of its cells, and where its pages end. Knows no PDF.

Lengths are points, from the lower left corner of the page.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from voucher.platform.annex.faces import Broken, Face

MM = 72 / 25.4


@dataclass(frozen=True)
class Style:
    """How a text looks: a key of the table's faces, its size, the height of its lines, and its colour as #rrggbb.

    A text in this style takes so many ``lines`` at most. ``box`` is the colour behind it, if there is one.
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


@dataclass(frozen=True)
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


class Measure:
    """Breaks the texts of a table into lines, says how high its rows are, and counts what is not shown as it is."""

    def __init__(self, faces: Mapping[str, Face]) -> None:
        self._faces = faces
        self.cut = 0
        self.missing: frozenset[str] = frozenset()

    def broken(self, text: Text, column: Column) -> Broken:
        """A text in the lines that it takes in a column. Raises CutFigure for a figure that does not fit into one."""
        words, style = text
        broken = self._faces[style.face].broken(words, column.width * 1000 / style.size, style.lines)
        if column.exact and (broken.instead is not None or len(broken.lines) > 1):
            raise CutFigure(f"{words} does not fit into the column {column.title!r}")
        return broken

    def height(self, row: Row, columns: Sequence[Column]) -> float:
        """How high the highest cell of a row is, without padding."""
        highest = 0.0
        for cell, column in zip(row, columns, strict=True):
            height = 0.0
            for text in cell:
                broken = self.broken(text, column)
                height += len(broken.lines) * text[1].leading
                if broken.instead is not None:
                    self._note(broken.instead, text[1])
            highest = max(highest, height)
        return highest

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
