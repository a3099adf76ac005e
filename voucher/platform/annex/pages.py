"""The pages of a table: measured once, so that it is known how many there are, and then drawn one by one."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from voucher.platform.annex.drawing import DARK, LIGHT, THICK, THIN, Lettering, Page
from voucher.platform.annex.faces import Face
from voucher.platform.annex.layout import Cell, Column, Measure, Row, Sheet, Table, page_breaks

UNDER_HEADING, UNDER_LEDES = 9.0, 11.3
Marks = Sequence[int | None]


@dataclass(frozen=True)
class Drawn:
    """A page's content, and the numbers of its marks: of the texts above, the titles, each row, and the total."""

    content: bytes
    texts: Marks
    titles: Marks
    rows: Sequence[Marks]
    total: Marks


class TablePages:
    """``counts`` says how many rows stand on each page; ``cut`` and ``missing`` what is not shown as it is."""

    def __init__(self, table: Table, sheet: Sheet, faces: Mapping[str, Face], names: Mapping[str, str]) -> None:
        """``names`` are the faces' names among a page's resources. Raises CutFigure when an amount is too wide."""
        self._table, self._sheet = table, sheet
        self._measure = Measure(faces)
        self._lettering = Lettering(self._measure, names)
        self._titles: Row = [((column.title, table.head),) for column in table.columns]
        self._heads = [replace(column, exact=False) for column in table.columns]
        self._head = self._height(self._titles, self._heads)
        self._across = [Column("", sheet.left, sheet.right - sheet.left)]
        first, last = table.columns[0], table.columns[table.total_span - 1]
        spanned = replace(first, width=last.left + last.width - first.left)
        self._sums = [spanned, *table.columns[table.total_span :]]
        self.counts = self._planned()

    def _planned(self) -> Sequence[int]:
        table = self._table
        rows = map(table.row, range(table.count))
        self._heights = array("f", (self._height(row, table.columns) for row in rows))
        total = self._height(table.total, self._sums) if table.count else 0.0
        self.cut, self.missing = self._measure.cut, self._measure.missing
        self._above: list[Cell] = [(text,) for text in table.ledes(self.cut, self.missing)]
        ledes = sum(self._measure.height([cell], self._across) for cell in self._above)
        above = table.heading[1].leading + UNDER_HEADING + ledes + UNDER_LEDES
        room = self._sheet.top - self._sheet.bottom - self._head
        return page_breaks(self._heights, first=room - above, room=room, last=total)

    def _height(self, row: Row, columns: Sequence[Column]) -> float:
        return self._measure.height(row, columns) + 2 * self._table.padding

    def draw(self, rows: range, kinds: Sequence[str], total_kinds: Sequence[str], foot: str, form: str) -> Drawn:
        """The page of these rows: with the heading when they are the first, with the total when they are the last."""
        page = Page(self._lettering)
        page.form(form)
        y = self._sheet.top
        first, last = rows.start == 0, rows.stop == self._table.count
        texts: Marks = ()
        if first:
            texts, y = self._draw_above(page, y)
        if not self._table.count:
            return Drawn(page.content(foot), texts, (), (), ())
        titles = self._draw_titles(page, y, tagged=first)
        y -= self._head
        marks = []
        for number in rows:
            row = self._table.row(number)
            marks.append(page.row(kinds, row, self._table.columns, y - self._table.padding))
            y -= self._heights[number]
            page.rule(self._sheet.left, self._sheet.right, y, THIN, LIGHT)
        total: Marks = ()
        if last:
            page.rule(self._sheet.left, self._sheet.right, y, THICK, DARK)
            total = page.row(total_kinds, self._table.total, self._sums, y - self._table.padding)
        return Drawn(page.content(foot), texts, titles, marks, total)

    def _draw_above(self, page: Page, y: float) -> tuple[Marks, float]:
        heading = self._table.heading
        marks = [page.tag("H2", [heading], self._across[0], y)]
        y -= heading[1].leading + UNDER_HEADING
        for cell in self._above:
            marks.append(page.tag("P", cell, self._across[0], y))
            y -= self._measure.height([cell], self._across)
        return marks, y - UNDER_LEDES

    def _draw_titles(self, page: Page, y: float, *, tagged: bool) -> Marks:
        """The titles stand at the lower edge; on a further page they repeat what the structure has already."""
        bottom = y - self._head
        page.rule(self._sheet.left, self._sheet.right, bottom, THICK, DARK)
        marks = []
        for cell, column in zip(self._titles, self._heads, strict=True):
            top = bottom + self._table.padding + self._measure.height([cell], [column])
            if tagged:
                marks.append(page.tag("TH", cell, column, top))
            else:
                page.artifact(cell, column, top)
        return marks
