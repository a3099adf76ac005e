"""The tags of a table: one table whatever its length, a body for each page, rows, and cells that name their marks.

Cells are numbered in a row after it, so that nothing needs to be remembered of them: a table of 50,000 rows has more
than half a million elements.
"""

from __future__ import annotations

from collections.abc import Sequence

from voucher.platform.annex.objects import ObjectFile, listed

LEAF = 64  # Pages whose marks stand together in a leaf of the parent tree.


class Tags:
    """Writes the elements of one table and remembers, for each page, which element its marks belong to."""

    def __init__(self, file: ObjectFile, section: int, *, first_key: int) -> None:
        """``section`` is the number of the element that all of it goes into; ``first_key`` that of its first page."""
        self._file, self._section = file, section
        self._first_key = self._key = first_key
        self._table = file.reserve()
        self._kids: list[int] = []
        self._parts: list[int] = []
        self._leaf: list[str] = []
        self._leaves: list[int] = []
        self._of_page: list[str] = []
        # What a title of a column and the header of a row say of themselves is the same each time, so it stands once.
        self._column, self._row = file.reserve(), file.reserve()
        file.put(self._column, "<</O/Table/Scope/Column>>")
        file.put(self._row, "<</O/Table/Scope/Row>>")

    def text(self, kind: str, page: int, mark: int | None) -> None:
        """A heading or a paragraph before the table."""
        number = self._file.reserve()
        self._file.put(number, f"<</S/{kind}/P {self._section} 0 R/Pg {page} 0 R/K {mark}>>")
        self._kids.append(number)
        self._of_page.append(listed([number]))

    def head(self, page: int, marks: Sequence[int | None]) -> None:
        """The row of the columns' titles."""
        part = self._file.reserve()
        kinds = [f"TH/A {self._column} 0 R"] * len(marks)
        row = self.row(part, page, kinds, marks)
        self._file.put(part, f"<</S/THead/P {self._table} 0 R/K[{row} 0 R]>>")
        self._parts.append(part)

    def body(self, page: int, rows: Sequence[tuple[Sequence[str], Sequence[int | None]]]) -> None:
        """The rows of one page: of each the kinds of its cells and their marks."""
        part = self._file.reserve()
        numbers = [self.row(part, page, kinds, marks) for kinds, marks in rows]
        self._file.put(part, f"<</S/TBody/P {self._table} 0 R/K[{listed(numbers)}]>>")
        self._parts.append(part)

    def kinds(self, count: int, header: int, *, span: int = 1) -> list[str]:
        """The cells of a row with their attributes: one is its header, which may go over several columns."""
        if span == 1:
            return ["TD"] * header + [f"TH/A {self._row} 0 R"] + ["TD"] * (count - header - 1)
        return [f"TH/A<</O/Table/Scope/Row/ColSpan {span}>>"] + ["TD"] * (count - 1)

    def row(self, part: int, page: int, kinds: Sequence[str], marks: Sequence[int | None]) -> int:
        """One row; gives its number."""
        count = len(kinds)
        number = self._file.reserve(1 + count)
        named = [f"{cell} 0 R" for cell in range(number + 1, number + 1 + count)]
        tail = f"/P {number} 0 R/Pg {page} 0 R/K "
        bodies = [f"<</S/TR/P {part} 0 R/K[{' '.join(named)}]>>"]
        bodies += [
            f"<</S/{kind}/P {number} 0 R>>" if mark is None else f"<</S/{kind}{tail}{mark}>>"
            for kind, mark in zip(kinds, marks, strict=True)
        ]
        self._file.put_all(range(number, number + 1 + count), bodies)
        if None in marks:
            named = [cell for cell, mark in zip(named, marks, strict=True) if mark is not None]
        self._of_page += named
        return number

    def end_page(self) -> int:
        """Closes a page and gives its key, by which readers find the elements of its marks."""
        key, self._key = self._key, self._key + 1
        self._leaf.append(f"{key}[{' '.join(self._of_page)}]")
        self._of_page = []
        if len(self._leaf) == LEAF:
            self._end_leaf()
        return key

    def close(self, document: int, tree: int) -> None:
        """The table, its section, and the branch of the parent tree with the number ``tree``."""
        if self._leaf:
            self._end_leaf()
        if self._parts:
            self._file.put(self._table, f"<</S/Table/P {self._section} 0 R/K[{listed(self._parts)}]>>")
            self._kids.append(self._table)
        self._file.put(self._section, f"<</S/Sect/P {document} 0 R/K[{listed(self._kids)}]>>")
        self._file.put(tree, f"<</Kids[{listed(self._leaves)}]/Limits[{self._first_key} {self._key - 1}]>>")

    def _end_leaf(self) -> None:
        number = self._file.reserve()
        limits = f"{self._key - len(self._leaf)} {self._key - 1}"
        self._file.put(number, f"<</Nums[{' '.join(self._leaf)}]/Limits[{limits}]>>")
        self._leaves.append(number)
        self._leaf = []
