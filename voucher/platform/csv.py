"""CSV files in and out: one strict reader that names every fault by row and column, one writer that is safe to open.

Rows are counted as a spreadsheet counts them: the header is row 1, a cell that holds a line break does not start a new
row, and blank rows are left out but counted.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import TypeVar

from voucher.platform.errors import Fault, FileRefused
from voucher.platform.i18n import Number, said, together
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.money import parse_pounds

MAX_BYTES = 20_000_000
MAX_ROWS = 100_000
MAX_COLUMNS = 1_000

# A spreadsheet may take a cell that begins with one of these for a formula. The last five are the true minus sign
# and the full-width forms, which some languages' spreadsheets read as the plain ones.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "−", "＝", "＋", "－", "＠")

# One cell: quoted, with its closing mark where a cell ends, or plain. A badly quoted cell matches neither.
_CELL = re.compile(r'"(?:[^"]|"")*+"(?=[,\r\n]|\Z)|(?!")[^,\r\n]*+')

_DAY = re.compile(r"(?P<d>[0-9]{1,2})/(?P<m>[0-9]{1,2})/(?P<y>[0-9]{4})")

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)
Cell = str | int | Decimal | None


class CellError(ValueError):
    """A cell that cannot be read; the message says what to enter."""


@dataclass(frozen=True)
class Table:
    """A file's column names, without surrounding spaces, and its rows as (row number, cells by column name)."""

    header: list[str]
    rows: list[tuple[int, dict[str, str]]]


@dataclass
class Row:
    """One row whose cells are being read, with the faults found in it so far."""

    number: int
    cells: dict[str, str]
    faults: list[Fault] = field(default_factory=list)

    def text(self, column: str) -> str | None:
        """The cell on one line, without outer or doubled spaces; None when it is empty or there is no such column."""
        return " ".join(restore(self.cells.get(column, "").strip()).split()) or None

    def read(self, column: str, reader: Callable[[str], T]) -> T | None:
        """What the reader makes of the cell; None when the cell is empty, or when a ValueError became its fault."""
        text = self.text(column)
        if text is None:
            return None
        try:
            return reader(text)
        except ValueError as error:
            self.fault(column, str(error))
            return None

    def require(self, column: str, reader: Callable[[str], T]) -> T | None:
        """As ``read``, and an empty cell is a fault too."""
        if self.text(column) is None:
            self.fault(column, _("This cell is empty and must be filled in."))
        return self.read(column, reader)

    def fault(self, column: str, message: str) -> None:
        """Keeps a fault of this row."""
        self.faults.append(Fault(self.number, column, message))


def whole_number(text: str) -> int:
    """A whole number of zero or more; raises CellError."""
    if not re.fullmatch(r"[0-9]{1,9}|[0-9]{1,3}(?:,[0-9]{3}){1,2}", text):
        raise CellError(_("Enter a whole number, like 12."))
    return int(text.replace(",", ""))


def amount(text: str) -> int:
    """Pence of zero or more from text in pounds; raises CellError, or MoneyError for what is no amount."""
    pence = parse_pounds(text)
    if pence < 0:
        raise CellError(_("Enter an amount of zero or more."))
    return pence


def day(text: str) -> date:
    """A day written as 31/03/2026 or 2026-03-31; raises CellError."""
    found = _DAY.fullmatch(text) or re.fullmatch(r"(?P<y>[0-9]{4})-(?P<m>[0-9]{2})-(?P<d>[0-9]{2})", text)
    try:
        if found:
            return date(int(found["y"]), int(found["m"]), int(found["d"]))
    except ValueError:
        found = None
    raise CellError(_("Enter a day that exists, like 31/03/2026 or 2026-03-31."))


def choice(options: type[E]) -> Callable[[str], E]:
    """A reader of one of an enumeration's values, in capitals or not; it raises CellError."""

    def read(text: str) -> E:
        for option in options:
            if option.value == text.lower():
                return option
        raise CellError(said("Enter one of: %(values)s.", values=tuple(map(str, options))))

    return read


def scan_table(data: bytes, *, max_bytes: int = MAX_BYTES, max_rows: int = MAX_ROWS) -> tuple[Table, list[Fault]]:
    """The sound rows of a CSV file and the faults of its shape; never raises for what the file holds.

    It is for readers that check the cells too and report all faults of a file in one pass. A fault that stops the
    reading keeps the rows above it; a header that cannot be used comes back empty.
    """
    header: list[str] = []
    rows: list[tuple[int, dict[str, str]]] = []
    faults: list[Fault] = []
    try:
        records = _records(_decode(data, max_bytes))
        header = _header(records)
        for row, cells in records:
            if row > max_rows + 1:
                raise _refused(
                    row, "", _("The file has more than %(n)s rows. Split it and import the parts."), n=Number(max_rows)
                )
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) == len(header):
                rows.append((row, dict(zip(header, cells, strict=True))))
            else:
                faults.append(_ragged(row, len(cells), header))
    except FileRefused as refused:
        faults += refused.faults
    return Table(header, rows), faults


def write_table(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """A CSV file in UTF-8 without a byte order mark, with CRLF line ends.

    Text is made harmless in a spreadsheet by ``neutralise``. A number given as int or Decimal stays a number, and
    None is an empty cell. Raises ValueError for a row that has not as many cells as the header.
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([neutralise(name) for name in header])
    for cells in rows:
        if len(cells) != len(header):
            raise ValueError(f"a row of {len(cells)} cells does not fit a header of {len(header)}")
        writer.writerow([neutralise(cell) if isinstance(cell, str) else cell for cell in cells])
    return out.getvalue().encode()


def neutralise(cell: str) -> str:
    """The text with an apostrophe in front when a spreadsheet might run it as a formula (rule 70)."""
    return f"'{cell}" if cell.startswith(_FORMULA_STARTS) else cell


def restore(cell: str) -> str:
    """The text without the apostrophe that ``neutralise`` gave it, so that an exported ``'+44…`` can be imported."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(_FORMULA_STARTS) else cell


def _refused(row: int, column: str, message: str, **values: object) -> FileRefused:
    return FileRefused([Fault(row, column, said(message, **values) if values else message)])


def _decode(data: bytes, max_bytes: int) -> str:
    if len(data) > max_bytes:
        raise _refused(
            1, "", _("The file is larger than %(n)s bytes. Split it and import the parts."), n=Number(max_bytes)
        )
    body = data.removeprefix(codecs.BOM_UTF8)
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _not_utf8(body, error.start) from error
    before, nul, _after = text.partition("\0")
    if nul:
        message = _('This cell holds a NUL byte, which no text has. Save the file again as "CSV UTF-8".')
        raise _refused(*_place(before), message)
    if not text.strip():
        raise _refused(1, "", _("The file is empty. Put the column names in the first row."))
    return text


def _not_utf8(body: bytes, start: int) -> FileRefused:
    """The refusal of a file in another encoding, at the first byte that cannot be read."""
    byte = body[start : start + 1]
    guess = byte.decode("cp1252", errors="ignore")
    if guess and not body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        what = _('The file is not in UTF-8: the byte 0x%(byte)s here looks like "%(guess)s" in Windows-1252.')
    else:
        what = _("The file is not in UTF-8: the byte 0x%(byte)s here cannot be read.")
    todo = _('In your spreadsheet, choose Save as and "CSV UTF-8", then import the new file.')
    return _refused(
        *_place(body[:start].decode("utf-8")), together((said(what, byte=byte.hex().upper(), guess=guess), todo))
    )


def _records(text: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        yield from enumerate(reader, start=1)
    except csv.Error as error:
        message = _(
            "This cell cannot be read: its quotation marks do not pair up, or it has more than %(n)s characters. "
            'Close the quotation marks, and write a mark inside the text twice, as in "5"" pipe".'
        )
        raise _refused(*_place(text), message, n=Number(csv.field_size_limit())) from error


def _header(records: Iterator[tuple[int, list[str]]]) -> list[str]:
    _row, cells = next(records)
    names = [cell.strip() for cell in cells]
    if not any(names):
        raise _refused(1, "", _("The first row is blank. Put the column names in it."))
    if len(names) > MAX_COLUMNS:
        raise _refused(
            1, "", _("The file has more than %(n)s columns. Delete those without a use."), n=Number(MAX_COLUMNS)
        )
    faults = []
    for number, name in enumerate(names, start=1):
        if not name:
            faults.append(Fault(1, str(number), _("This column has no name. Name it, or delete the column.")))
        elif (first := names.index(name) + 1) != number:
            message = _("Columns %(first)s and %(number)s have the same name. Rename or delete one of them.")
            faults.append(Fault(1, name, said(message, first=first, number=number)))
    if faults:
        raise FileRefused(faults)
    return names


def _ragged(row: int, cells: int, header: list[str]) -> Fault:
    width = len(header)
    if cells < width:
        message = _(
            "The row ends before this column: it has %(cells)s cells and the header has %(width)s. Add the others."
        )
        column = header[cells]
    else:
        message = _(
            "The row has %(cells)s cells and the header has %(width)s. Put quotation marks around a cell with a comma."
        )
        column = str(width + 1)
    return Fault(row, column, said(message, cells=cells, width=width))


def _place(text: str) -> tuple[int, str]:
    """The row and column in which the text ends, or in which its first cell stands that cannot be read.

    The column is its name, or its number in the header row and beyond the header's last column.
    """
    row, cell = _last_cell(text)
    names = next(csv.reader(io.StringIO(text, newline=""))) if row > 1 else []
    return row, names[cell - 1].strip() if cell <= len(names) else str(cell)


def _last_cell(text: str) -> tuple[int, int]:
    at, row, cell = 0, 1, 1
    longest = csv.field_size_limit() + 2
    while (found := _CELL.match(text, at)) and found.end() - at <= longest:
        at = found.end()
        if at == len(text):
            break
        if text[at] == ",":
            cell += 1
            at += 1
        else:
            row += 1
            cell = 1
            at += 2 if text.startswith("\r\n", at) else 1
    return row, cell
