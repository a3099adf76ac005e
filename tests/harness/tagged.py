"""What a screen reader meets in a PDF: walks the structure of a file and reads the marks that each element names.

It shares nothing with the code that wrote the file: it knows the PDF standard and reads with pikepdf.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pikepdf

_PAIR = re.compile(rb"<([0-9A-Fa-f]{4})> <([0-9A-Fa-f]+)>")


@dataclass
class Cell:
    """A cell: its kind, scope, the columns that it goes over, and its text as it is read out."""

    kind: str
    scope: str | None
    span: int
    text: str


@dataclass
class PageText:
    """The marks of a page: the text of each by its number, what the eye sees of them, and text that has no tag."""

    read: dict[int, str] = field(default_factory=dict)
    seen: dict[int, str] = field(default_factory=dict)
    untagged: str = ""


class TaggedFile:
    """An open file; use it as a context."""

    def __init__(self, document: bytes) -> None:
        self.pdf = pikepdf.open(io.BytesIO(document))
        self._texts: dict[tuple[int, int], PageText] = {}

    def __enter__(self) -> TaggedFile:
        return self

    def __exit__(self, *_error: object) -> None:
        self.pdf.close()

    def section(self) -> Any:
        """The last section of the document, which is the annex."""
        return self.pdf.Root.StructTreeRoot.K[0].K[-1]

    def text_of(self, element: Any) -> str:
        """All that is read out in an element."""
        return "".join(self._pieces(element, seen=False))

    def seen_of(self, element: Any) -> str:
        """All glyphs of an element, as characters."""
        return "".join(self._pieces(element, seen=True))

    def _pieces(self, element: Any, *, seen: bool) -> Iterator[str]:
        for kid in _kids(element):
            if isinstance(kid, int):
                texts = self.page_text(element.Pg)
                yield (texts.seen if seen else texts.read)[kid]
            else:
                yield from self._pieces(kid, seen=seen)

    def rows(self, table: Any) -> Iterator[list[Cell]]:
        """Each row of a table, the titles first."""
        for part in _kids(table):
            for row in _kids(part):
                if row.S != "/TR" or row.P.objgen != part.objgen:
                    raise AssertionError("a row does not stand where it says")
                yield [self._cell(cell, row) for cell in _kids(row)]

    def _cell(self, cell: Any, row: Any) -> Cell:
        if cell.P.objgen != row.objgen:
            raise AssertionError("a cell names another row than the one it stands in")
        attributes = cell.get("/A", {})
        scope = attributes.get("/Scope")
        return Cell(str(cell.S), scope and str(scope), int(attributes.get("/ColSpan", 1)), self.text_of(cell))

    def page_text(self, page: Any) -> PageText:
        """What stands on a page, read once."""
        if page.objgen not in self._texts:
            self._texts[page.objgen] = _read(page)
        return self._texts[page.objgen]

    def wrong_parents(self) -> list[str]:
        """Marks whose page names another element for them than the one that names them."""
        owners: dict[tuple[tuple[int, int], int], tuple[int, int]] = {}
        for element in _elements(self.pdf.Root.StructTreeRoot.K[0]):
            for kid in _kids(element):
                if isinstance(kid, int):
                    owners[element.Pg.objgen, kid] = element.objgen
        parents = dict(_numbers(self.pdf.Root.StructTreeRoot.ParentTree))
        found = []
        for number, page in enumerate(self.pdf.pages, start=1):
            listed = parents.get(int(page.obj.StructParents), [])
            for mark, owner in enumerate(listed):
                if owner is not None and owners.pop((page.obj.objgen, mark), None) != owner.objgen:
                    found.append(f"page {number}, mark {mark}")
        return found + [f"mark {mark} of an element" for _page, mark in owners]


def _kids(element: Any) -> list[Any]:
    if "/K" not in element:
        return []
    kids = element.K
    return list(kids) if isinstance(kids, pikepdf.Array) else [kids]


def _elements(element: Any) -> Iterator[Any]:
    yield element
    for kid in _kids(element):
        if not isinstance(kid, int):
            yield from _elements(kid)


def _numbers(node: Any) -> Iterator[tuple[int, Any]]:
    """The entries of a number tree; those of a leaf must keep to the limits that it states."""
    for kid in node.get("/Kids", []):
        low, high = (int(limit) for limit in kid.Limits)
        for key, value in _numbers(kid):
            if not low <= key <= high:
                raise AssertionError(f"{key} stands outside of {low} to {high}")
            yield key, value
    entries = list(node.get("/Nums", []))
    yield from zip(map(int, entries[::2]), entries[1::2], strict=True)


def _read(page: Any) -> PageText:
    fonts = {name: _characters(font) for name, font in page.Resources.Font.items()}
    found, open_marks = PageText(), list[tuple[int | None, bool, bool]]()
    font: Mapping[str, str] = {}
    for instruction in pikepdf.parse_content_stream(page):
        operands: Any = instruction.operands
        match str(instruction.operator):
            case "Tf":
                font = fonts[str(operands[0])]
            case "BMC" | "BDC":
                open_marks.append(_opened(operands, open_marks, found))
            case "EMC":
                open_marks.pop()
            case "Tj":
                _add(found, _decoded(bytes(operands[0]), font), open_marks)
    return found


def _opened(
    operands: Any, above: list[tuple[int | None, bool, bool]], found: PageText
) -> tuple[int | None, bool, bool]:
    """The mark that text belongs to from here on, whether it is an artifact, and whether it is read out otherwise."""
    mark, artifact, otherwise = above[-1] if above else (None, False, False)
    properties: Any = operands[1] if len(operands) > 1 and isinstance(operands[1], pikepdf.Dictionary) else {}
    if "/MCID" in properties:
        mark = int(properties["/MCID"])
        found.read.setdefault(mark, "")
        found.seen.setdefault(mark, "")
    if "/ActualText" in properties and mark is not None:
        found.read[mark] += str(properties["/ActualText"])
        otherwise = True
    return mark, artifact or str(operands[0]) == "/Artifact", otherwise


def _add(found: PageText, text: str, open_marks: list[tuple[int | None, bool, bool]]) -> None:
    mark, artifact, otherwise = open_marks[-1] if open_marks else (None, False, False)
    if mark is not None:
        found.seen[mark] += text
        found.read[mark] += "" if otherwise else text
    elif not artifact:
        found.untagged += text


def _characters(font: Any) -> Mapping[str, str]:
    if "/ToUnicode" not in font:
        return {}
    pairs = _PAIR.findall(font.ToUnicode.read_bytes())
    return {code.decode().upper(): bytes.fromhex(text.decode()).decode("utf-16-be") for code, text in pairs}


def _decoded(data: bytes, font: Mapping[str, str]) -> str:
    return "".join(
        font.get(data[at : at + 2].hex().upper(), "\N{REPLACEMENT CHARACTER}") for at in range(0, len(data), 2)
    )
