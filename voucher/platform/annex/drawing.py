"""The marks of a page of a table: text that belongs to a tag, and artifacts that belong to none.

Every text of a cell stands in marked content with a number, by which the structure finds it. Rules, boxes, column
titles that are repeated and whatever stands in the margins are artifacts, which a screen reader passes over.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache

from voucher.platform.annex.faces import Face, in_marks
from voucher.platform.annex.layout import KEPT, Column, Measure, Row, Sheet, Slot, Style, Text
from voucher.platform.annex.objects import text_string

RISE = 0.74  # How far below its top the baseline of a line stands, as a part of the line's height.
THIN, THICK = 0.57, 1.13
LIGHT, DARK, GREY = "#dde4e9", "#12263a", "#cbd5dc"
CAPITALS = 0.67  # How high a capital is, as a part of the type size.
BOX = 1.6  # How far a box goes beyond its text at each side.


@cache
def colour(name: str) -> str:
    """``#12263a`` as a page's marks name a colour for filling."""
    return " ".join(f"{int(name[at : at + 2], 16) / 255:.3f}" for at in (1, 3, 5)) + " rg"


# A text in its column: of each line the marks before and after its height on the page, then how wide the first is where
# a box stands behind it, then what is read out in place of the marks, where they do not show all of the text.
Lettered = tuple[Sequence[tuple[str, str]], float, str | None]


class Letters:
    """The marks of texts of one style in one column, the same on every page."""

    def __init__(self, slot: Slot, name: str) -> None:
        """``name`` is that of the typeface among the pages' resources."""
        style = slot.style
        self.select = f"/{name} {style.size:g} Tf {colour(style.colour)}\n"
        # Most texts of a table are figures, which are as wide as others of so many characters: these begin where the
        # number of their characters says, need no measuring, and are put on the page without asking further.
        self.surely = 0 if style.box else slot.surely
        self.is_plain = slot.face.is_plain
        self.starts = _Starts(self._start)
        self._slot = slot
        self._kept: dict[tuple[str, bool], Lettered] = {}

    def lettered(self, words: str, *, more: bool) -> Lettered:
        """A text's marks; ``more`` says that another text follows in its cell."""
        found = self._kept.get((words, more))
        if found is None:
            broken = self._slot.broken(words)
            joined = (*broken.joined[:-1], broken.joined[-1] or more)
            instead = None if broken.instead is None else broken.instead + " " * more
            if len(self._kept) >= KEPT:
                self._kept.clear()
            found = self._kept[words, more] = self._lettered(broken.lines, joined, instead)
        return found

    def _lettered(self, lines: Sequence[str], joined: Sequence[bool], instead: str | None) -> Lettered:
        """A space ends each line that another word follows, so that words stay apart when they are read out."""
        encoded = self._slot.face.encoded
        marks = [
            (self._start(line), f" Tm{encoded(line + ' ' if space else line)}Tj\n")
            for line, space in zip(lines, joined, strict=True)
        ]
        return marks, self._width(lines[0]) if self._slot.style.box else 0.0, instead

    def _start(self, line: str) -> str:
        """Where a line begins, from the left of the page."""
        column = self._slot.column
        left = column.left + (BOX if self._slot.style.box else 0)
        if column.ends:
            left = column.left + column.width - self._width(line)
        return f"1 0 0 1 {left:.2f} "

    def _width(self, line: str) -> float:
        return self._slot.face.width(line) * self._slot.style.size / 1000


class _Starts(dict[int, str]):
    """Where a line of so many characters begins, which are equally wide."""

    def __init__(self, start: Callable[[str], str]) -> None:
        self._start = start

    def __missing__(self, count: int) -> str:
        start = self[count] = self._start("0" * count)
        return start


class Lettering:
    """Makes the marks of the texts of all pages."""

    def __init__(self, measure: Measure, names: Mapping[str, str]) -> None:
        """``names`` are the faces' names among the page's resources."""
        self._measure, self._names = measure, names
        self._lanes: dict[Column, dict[Style, Letters]] = {}

    def lane(self, column: Column) -> dict[Style, Letters]:
        """Those of each style that was met in a column so far."""
        return self._lanes.setdefault(column, {})

    def add(self, style: Style, column: Column) -> Letters:
        """Those of a style that is met in a column for the first time."""
        letters = Letters(self._measure.slot(style, column), self._names[style.face])
        self.lane(column)[style] = letters
        return letters


class _Heights(dict[float, str]):
    """Heights on a page as its marks name them; most texts of a row share theirs."""

    def __missing__(self, y: float) -> str:
        text = self[y] = f"{y:.2f}"
        return text


class Page:
    """Collects the marks of one page, from its top to its bottom."""

    def __init__(self, lettering: Lettering) -> None:
        self._lettering = lettering
        self._below: list[str] = []
        self._marks: list[str] = []
        self._heights = _Heights()
        self._style: Style | None = None
        self.tagged = 0

    def content(self, foot: str) -> bytes:
        """All marks of the page, with those of its foot, which belong to no tag either."""
        below = ["/Artifact BMC\n", *self._below, "EMC\n"]
        footer = ["/Artifact<</Type/Pagination/Subtype/Footer>>BDC ", foot, "EMC\n"]
        return "".join([*below, *footer, "BT\n", *self._marks, "ET\n"]).encode("latin-1")

    def rule(self, left: float, right: float, y: float, thickness: float, shade: str) -> None:
        """A line from left to right, its middle at this height."""
        self.box(left, y - thickness / 2, right - left, thickness, shade)

    def box(self, left: float, bottom: float, width: float, height: float, shade: str) -> None:
        """A filled rectangle."""
        self._below.append(f"{colour(shade)} {left:.2f} {bottom:.2f} {width:.2f} {height:.2f} re f\n")

    def form(self, name: str) -> None:
        """What is the same on every page."""
        self._below.append(f"/{name} Do\n")

    def tag(self, kind: str, texts: Sequence[Text], column: Column, top: float) -> int | None:
        """A cell, or a paragraph, under this tag; gives its number on the page, or None when it is empty."""
        if not texts:
            return None
        number, self.tagged = self.tagged, self.tagged + 1
        self._marks.append(f"/{kind}<</MCID {number}>>BDC\n")
        self._texts(texts, column, top)
        self._marks.append("EMC\n")
        return number

    def row(self, kinds: Sequence[str], row: Row, columns: Sequence[Column], top: float) -> list[int | None]:
        """A row's cells, each under its tag; of a kind the tag counts and not its attributes."""
        return [self.tag(kind[:2], cell, column, top) for kind, cell, column in zip(kinds, row, columns, strict=True)]

    def artifact(self, texts: Sequence[Text], column: Column, top: float) -> None:
        """Text that is there for the eye only, because the structure has it elsewhere."""
        self._marks.append("/Artifact<</Type/Pagination>>BDC\n")
        self._texts(texts, column, top)
        self._marks.append("EMC\n")

    def _texts(self, texts: Sequence[Text], column: Column, top: float) -> None:
        """Most of a long file's time is spent here, so that a figure is written without a further call."""
        marks, lane, heights = self._marks, self._lettering.lane(column), self._heights
        last = len(texts) - 1
        for place, (words, style) in enumerate(texts):
            try:
                letters = lane[style]
            except KeyError:
                letters = self._lettering.add(style, column)
            if style is not self._style:
                self._style = style
                marks.append(letters.select)
            if len(words) <= letters.surely and letters.is_plain(words):
                start, y = letters.starts[len(words)], heights[top - style.leading * RISE]
                marks.append(f"{start}{y} Tm({in_marks(words if place == last else words + ' ')})Tj\n")
                top -= style.leading
            else:
                top = self._lines(letters.lettered(words, more=place < last), style, column, top)

    def _lines(self, lettered: Lettered, style: Style, column: Column, top: float) -> float:
        """A text in its lines, with its box and with what is read out in its place; gives where it ends."""
        lines, width, instead = lettered
        marks, heights = self._marks, self._heights
        if style.box:
            self.box(column.left, top - style.leading + 0.6, width + 2 * BOX, style.leading - 0.9, style.box)
        if instead is not None:
            marks.append(f"/Span<</ActualText{text_string(instead)}>>BDC\n")
        y = top - style.leading * RISE
        for before, after in lines:
            marks.append(f"{before}{heights[y]}{after}")
            y -= style.leading
        if instead is not None:
            marks.append("EMC\n")
        return top - style.leading * len(lines)


class Furniture:
    """What stands around the table, line by line: in the margins, and across a page that is not valid."""

    def __init__(self, faces: Mapping[str, Face], names: Mapping[str, str]) -> None:
        self._faces, self._names = faces, names

    def line(self, text: Text, x: float, y: float, *, ends: bool) -> str:
        """One line of text; ``ends`` says that x is where it ends and not where it begins."""
        words, style = text
        if ends:
            x -= self._faces[style.face].width(words) * style.size / 1000
        return self._shown(text, f"1 0 0 1 {x:.2f} {y:.2f}")

    def margins(self, sheet: Sheet) -> bytes:
        """What is the same on every page of the table, as the content of a form."""
        marks = [self._across(sheet.watermark, sheet)] if sheet.watermark else []
        marks += [self.line(text, x, y, ends=ends) for text, x, y, ends in sheet.margins]
        rule = f"{colour(GREY)} {sheet.left:.2f} {sheet.rule:.2f} {sheet.right - sheet.left:.2f} 0.71 re f\n"
        return "".join([*marks, rule]).encode("latin-1")

    def _across(self, text: Text, sheet: Sheet) -> str:
        """Through the middle of the page, rising by 38 degrees."""
        words, style = text
        cosine, sine = 0.788, 0.6157
        half = self._faces[style.face].width(words) * style.size / 2000
        low = style.size * CAPITALS / 2
        x = sheet.width / 2 - half * cosine + low * sine
        y = sheet.height / 2 - half * sine - low * cosine
        return self._shown(text, f"{cosine} {sine} {-sine} {cosine} {x:.2f} {y:.2f}")

    def _shown(self, text: Text, place: str) -> str:
        words, style = text
        face, name = self._faces[style.face], self._names[style.face]
        set_in = f"/{name} {style.size:g} Tf {colour(style.colour)} {place} Tm"
        return f"BT {set_in}{face.encoded(words)}Tj ET\n"
