"""A drawn front and a table of any length behind it, as one tagged file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from voucher.platform.annex.drawing import Furniture
from voucher.platform.annex.faces import Face
from voucher.platform.annex.fonts import write_font
from voucher.platform.annex.front import Front
from voucher.platform.annex.layout import Sheet, Table
from voucher.platform.annex.objects import ObjectFile, listed, text_string
from voucher.platform.annex.pages import Drawn, TablePages
from voucher.platform.annex.structure import Tags

BRANCH = 50  # Pages under one node of the page tree.
BOOKMARKED = 1_000  # Rows between two bookmarks.
MARGINS = "Margins"  # What stands around each page of the table, among its resources.


@dataclass(frozen=True)
class Appended:
    """What was written: how many pages in all, how many texts were cut, and the characters that have no glyph."""

    pages: int
    cut: int
    missing: frozenset[str]


def append_table(front: bytes, table: Table, sheet: Sheet, out: BinaryIO, *, faces: Mapping[str, Path]) -> Appended:
    """Writes the front with the table behind it; the same input makes the same bytes.

    ``faces`` are the font files that the styles name. It needs memory for a page of the table and some bytes for each
    cell. Raises UnknownFront for a front that is not as ``voucher.platform.pdf.render_archival`` draws it, and
    CutFigure when an amount does not fit into its column, both before anything is written.
    """
    return _Writer(front, table, sheet, out, {key: Face(path) for key, path in faces.items()}).write()


class _Writer:
    def __init__(self, front: bytes, table: Table, sheet: Sheet, out: BinaryIO, faces: Mapping[str, Face]) -> None:
        self._table, self._sheet, self._faces = table, sheet, faces
        self._names = {key: f"Annex{number}" for number, key in enumerate(faces)}
        self._furniture = Furniture(faces, self._names)
        self._pages = TablePages(table, sheet, faces, self._names)
        count = len(self._pages.counts)
        self._front = Front(front)
        self._before, self._last = self._front.pages, self._front.pages + count
        self._joint = self._front.join(list(self._names.values()), pages=count, foot=self._foot)
        self._file = ObjectFile(out, first=self._joint.free)
        self._numbers = self._file.reserve(count)
        self._branches = self._file.reserve(-(-count // BRANCH))
        self._tags = Tags(self._file, self._joint.section, first_key=self._joint.key)

    def write(self) -> Appended:
        """Everything in the order of the pages; the front comes last, because it is small and refers to the rest."""
        resources = self._write_margins()
        kinds = self._tags.kinds(len(self._table.columns), self._table.row_header)
        total = self._tags.kinds(len(self._table.total), 0, span=self._table.total_span)
        for at, rows in enumerate(self._rows()):
            foot = self._foot(self._before + at + 1, self._sheet.width, self._sheet.height)
            drawn = self._pages.draw(rows, kinds, total, foot, MARGINS)
            self._write_tags(self._numbers + at, drawn, kinds, total)
            self._write_page(at, drawn, resources)
        self._tags.close(self._joint.document, self._joint.branch)
        self._write_page_tree()
        self._write_bookmarks()
        for key, name in self._names.items():
            write_font(self._file, self._joint.fonts[name], self._faces[key].used())
        self._front.copy_into(self._file)
        return Appended(self._last, self._pages.cut, self._pages.missing)

    def _rows(self) -> Iterator[range]:
        """The rows of each page."""
        start = 0
        for count in self._pages.counts:
            yield range(start, start + count)
            start += count

    def _foot(self, number: int, width: float, height: float) -> str:
        words = self._sheet.number_words.format(page=number, pages=self._last)
        x, y = self._sheet.numbered(width, height)
        return self._furniture.line((words, self._sheet.number), x, y, ends=True)

    def _write_margins(self) -> int:
        """What is the same around each page; gives the number of the resources that all pages share."""
        around = self._file.reserve(2)
        fonts = "".join(f"/{name} {number} 0 R" for name, number in self._joint.fonts.items())
        box = f"/BBox[0 0 {self._sheet.width:.2f} {self._sheet.height:.2f}]/Resources<</Font<<{fonts}>>>>"
        content = self._furniture.margins(self._sheet)
        self._file.put_stream(around, f"/Type/XObject/Subtype/Form{box}", content)
        self._file.put(around + 1, f"<</Font<<{fonts}>>/XObject<</{MARGINS} {around} 0 R>>>>")
        return around + 1

    def _write_tags(self, page: int, drawn: Drawn, kinds: Sequence[str], total: Sequence[str]) -> None:
        for place, mark in enumerate(drawn.texts):
            self._tags.text("P" if place else "H2", page, mark)
        if drawn.titles:
            self._tags.head(page, drawn.titles)
        body = [(kinds, marks) for marks in drawn.rows]
        if drawn.total:
            body.append((total, drawn.total))
        if body:
            self._tags.body(page, body)

    def _write_page(self, at: int, drawn: Drawn, resources: int) -> None:
        content = self._file.reserve()
        self._file.put_stream(content, "", drawn.content)
        size = f"/MediaBox[0 0 {self._sheet.width:.2f} {self._sheet.height:.2f}]"
        place = f"/Parent {self._branches + at // BRANCH} 0 R/StructParents {self._tags.end_page()}/Tabs/S"
        drawing = f"/Resources {resources} 0 R/Contents {content} 0 R"
        self._file.put(self._numbers + at, f"<</Type/Page{place}{size}{drawing}>>")

    def _write_page_tree(self) -> None:
        """The table's node under the front's, branches under it, pages under these."""
        count = len(self._pages.counts)
        starts = range(0, count, BRANCH)
        node = self._joint.node
        for branch, start in enumerate(starts, start=self._branches):
            pages = range(self._numbers + start, self._numbers + min(start + BRANCH, count))
            kids = f"/Kids[{listed(pages)}]/Count {len(pages)}"
            self._file.put(branch, f"<</Type/Pages/Parent {node} 0 R{kids}>>")
        branches = range(self._branches, self._branches + len(starts))
        kids = f"/Kids[{listed(branches)}]/Count {count}"
        self._file.put(node, f"<</Type/Pages/Parent {self._joint.pages} 0 R{kids}>>")

    def _write_bookmarks(self) -> None:
        """One for the table under the front's last chapter, and one for every thousand rows of a long table."""
        joint, file = self._joint, self._file
        starts = list(range(0, self._table.count, BOOKMARKED)) if self._table.count > BOOKMARKED else []
        first = file.reserve(len(starts))
        own = f"<</Title{text_string(self._table.heading[0])}/Parent {joint.chapter} 0 R/Prev {joint.before} 0 R"
        kids = f"/First {first} 0 R/Last {first + len(starts) - 1} 0 R/Count {-len(starts)}" if starts else ""
        file.put(joint.bookmark, f"{own}{self._destination(0)}{kids}>>")
        for place, start in enumerate(starts):
            number = first + place
            end = min(start + BOOKMARKED, self._table.count)
            words = self._table.bookmark.format(first=f"{start + 1:,}", last=f"{end:,}")
            before = f"/Prev {number - 1} 0 R" if place else ""
            after = f"/Next {number + 1} 0 R" if end < self._table.count else ""
            parent = f"/Parent {joint.bookmark} 0 R"
            file.put(number, f"<</Title{text_string(words)}{parent}{before}{after}{self._destination(start)}>>")

    def _destination(self, row: int) -> str:
        """The top of the page that a row stands on."""
        at = next((at for at, rows in enumerate(self._rows()) if row in rows), 0)
        return f"/Dest[{self._numbers + at} 0 R/XYZ 0 {self._sheet.height:.2f} 0]"
