"""Pure: bank statements, payment runs and ledger extracts in CSV, by a saved layout; every fault in one pass."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TypeVar

from voucher.payments.bank_files.layouts import Encoding, Layout, amount_in, day_in
from voucher.payments.bank_files.reading import (
    CURRENCY,
    NOTHING_GIVEN,
    BankFile,
    Given,
    Movement,
    ReadStatement,
    Unreadable,
    decoded,
    of_days,
    one_line,
)
from voucher.payments.bank_files.running import CheckedRow, running_balance
from voucher.platform.csv import MAX_ROWS
from voucher.platform.i18n import Number
from voucher.platform.i18n import gettext_noop as _

T = TypeVar("T")


@dataclass(frozen=True)
class _Row:
    """One row of a file: its number, its cells by column or none when they do not fit, and where its faults go."""

    number: int
    cells: dict[str, str]
    file: BankFile

    def read(self, column: str, reader: Callable[[str], T]) -> T | None:
        """What the reader makes of the cell; None for an empty one, and for one that became a fault."""
        text = self.text(column)
        if not text:
            return None
        try:
            return reader(text)
        except Unreadable as wrong:
            self.file.fault(self.number, column, str(wrong))
            return None

    def text(self, column: str) -> str:
        """The cell on one line."""
        return " ".join(self.cells.get(column, "").split())


def read_csv(data: bytes, layout: Layout, given: Given = NOTHING_GIVEN, *, balances: bool = True) -> BankFile:
    """The statement in a CSV file. Without ``balances`` it is a payment run or a ledger extract.

    A file without a column of balances needs them given, for without them nothing says that it is whole.
    """
    file = BankFile()
    rows = [_row_read(row, layout) if row.cells else _damaged(row) for row in _rows(data, layout, file)]
    if not rows and not file.faults:
        file.fault(0, "", _("The file holds no movement. Get the statement from the bank again."))
    sound = [row for row in rows if row.movement is not None]
    if not sound:
        return file
    account = _one_account(sound, layout, file)
    if not balances:
        _add(file, sound, account, None, None)
    elif layout.balance:
        ordered, opening, closing = running_balance(rows, layout.balance, file)
        _compare_given(file, given, opening, closing)
        _add(file, ordered, account, opening, closing)
    elif given.opening is None or given.closing is None:
        words = _("The layout names no column of balances: give the balance before the first row and after the last.")
        file.fault(0, "", words)
    else:
        _add(file, _oldest_first(sound), account, given.opening, given.closing)
    return file


def _rows(data: bytes, layout: Layout, file: BankFile) -> Iterator[_Row]:
    """The rows with their cells by column name; a fault that stops the reading ends them."""
    try:
        text = _text(data, layout, file)
    except Unreadable as wrong:
        file.fault(0, "", str(wrong))
        return
    names: list[str] = []
    for number, cells in _records(text, layout, file):
        if number <= layout.skip_rows or not any(cell.strip() for cell in cells):
            continue
        if not names:
            names = _names(number, cells, layout, file)
            if not names:
                return
            if layout.has_header:
                continue
        if number > MAX_ROWS + layout.skip_rows + 1:
            file.fault(
                number, "", _("The file has more than %(n)s rows. Split it and import the parts."), n=Number(MAX_ROWS)
            )
            return
        fits = _fits(number, cells, names, file)
        yield _Row(number, dict(zip(names, cells, strict=False)) if fits else {}, file)


def _text(data: bytes, layout: Layout, file: BankFile) -> str:
    text, encoding = decoded(data)
    if layout.encoding is Encoding.WINDOWS:
        file.notes.append(_("The file was read as Windows-1252. Look whether names with accents are right."))
        return data.decode("cp1252", errors="replace")
    if encoding != Encoding.UTF_8:
        words = _(
            "The file is not in UTF-8 but looks like Windows-1252. "
            'Save it again as "CSV UTF-8", or choose Windows-1252 in the layout if the bank always sends it so.'
        )
        raise Unreadable(words)
    return text


def _records(text: str, layout: Layout, file: BankFile) -> Iterator[tuple[int, list[str]]]:
    number = 0
    try:
        for number, cells in enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=layout.delimiter.sign), 1):
            yield number, cells
    except csv.Error:
        words = _("This row cannot be read: its quotation marks do not pair up. Get the file from the bank again.")
        file.fault(number + 1, "", words)


def _names(number: int, cells: Sequence[str], layout: Layout, file: BankFile) -> list[str]:
    """The columns' names; empty, with a fault for each, when the file lacks one that the layout names."""
    names = [cell.strip() for cell in cells] if layout.has_header else [str(i) for i in range(1, len(cells) + 1)]
    for column in layout.columns:
        if column not in names:
            words = _("The file has no such column. Its columns are: %(names)s. Is it the right layout?")
            file.fault(number, column, words, names=tuple(filter(None, names)))
    return [] if file.faults else names


def _fits(number: int, cells: Sequence[str], names: Sequence[str], file: BankFile) -> bool:
    """Whether the row has a cell for each column; empty ones beyond the last are nothing."""
    width = len(names)
    if len(cells) >= width and not any(cell.strip() for cell in cells[width:]):
        return True
    column = names[len(cells)] if len(cells) < width else str(width + 1)
    words = _("The row has %(cells)s cells and the header has %(width)s. The bank's file has as many in each row.")
    file.fault(number, column, words, cells=len(cells), width=width)
    return False


def _damaged(row: _Row) -> CheckedRow:
    """A row without its cells: whatever it moved, the next balance cannot be compared with the one before it."""
    return CheckedRow(row.number, None, None, "")


def _row_read(row: _Row, layout: Layout) -> CheckedRow:
    """The movement of a row, or none with its faults kept; and the balance after it, where the row has one."""
    booked_on = _day(row, layout)
    pence = _pence(row, layout)
    currency = row.text(layout.currency)
    if currency and currency.upper() != CURRENCY:
        words = _("This is in %(currency)s. The scheme's account is in pounds: get the statement of that account.")
        row.file.fault(row.number, layout.currency, words, currency=currency)
    balance = row.read(layout.balance, lambda text: amount_in(text, layout))
    movement = None
    if booked_on is not None and pence is not None:
        reference = one_line(row.text(layout.reference), row.text(layout.more_reference))
        counterparty, own_id = row.text(layout.counterparty), row.text(layout.own_id)
        movement = Movement(row.number, booked_on, pence, reference, counterparty, own_id)
    return CheckedRow(row.number, movement, balance, row.text(layout.account))


def _day(row: _Row, layout: Layout) -> date | None:
    if not row.text(layout.date):
        row.file.fault(row.number, layout.date, _("This cell is empty and must hold the day."))
    return row.read(layout.date, lambda text: day_in(text, layout.day_form))


def _pence(row: _Row, layout: Layout) -> int | None:
    """What the row moved, money in above zero; None, with a fault, where that cannot be read."""
    if layout.amount:
        if not row.text(layout.amount):
            row.file.fault(row.number, layout.amount, _("This cell is empty and must hold the amount."))
        signed = row.read(layout.amount, lambda text: amount_in(text, layout))
        return -signed if signed is not None and layout.out_is_plain else signed
    before = len(row.file.faults)
    out = row.read(layout.money_out, lambda text: amount_in(text, layout))
    came = row.read(layout.money_in, lambda text: amount_in(text, layout))
    if len(row.file.faults) > before:
        return None
    column = layout.money_out or layout.money_in
    if out and came:
        row.file.fault(row.number, column, _("Money went out and came in on one row. One of the two must be empty."))
        return None
    if out is None and came is None:
        row.file.fault(row.number, column, _("The row has neither money out nor money in."))
        return None
    # Some banks write what went out with a minus in its own column, and mean the same by it.
    return -abs(out) if out else (came or 0)


def _one_account(rows: Sequence[CheckedRow], layout: Layout, file: BankFile) -> str:
    """The account that the rows name; a row of another account is a fault."""
    first = next((row.account for row in rows if row.account), "")
    for row in rows:
        if row.account and row.account != first:
            words = _("This row is of another account than the rows above. Import the statement of one account.")
            file.fault(row.number, layout.account, words)
    return first


def _compare_given(file: BankFile, given: Given, opening: int | None, closing: int | None) -> None:
    for said, found in ((given.opening, opening), (given.closing, closing)):
        if said is not None and found is not None and said != found:
            file.fault(0, "", _("The balances that you gave are not those of the file. Leave them empty."))
            return


def _oldest_first(rows: Sequence[CheckedRow]) -> list[CheckedRow]:
    """The rows turned round when the file begins with its newest day."""
    days = [row.movement.booked_on for row in rows if row.movement]
    return list(reversed(rows)) if days and days[0] > days[-1] else list(rows)


def _add(file: BankFile, rows: Sequence[CheckedRow], account: str, opening: int | None, closing: int | None) -> None:
    """Keeps the statement; a row that moved nothing is left out."""
    movements = [row.movement for row in rows if row.movement is not None]
    if not movements:
        return
    last = max(each.booked_on for each in movements)
    moved = tuple(each for each in movements if each.pence)
    statement = of_days(ReadStatement(_("Statement"), account, opening, closing, last, last, moved), last)
    # A fault in a row is the reason why the sums do not fit; saying both would only confuse.
    if file.faults:
        file.statements.append(replace(statement, opening=None, closing=None))
    else:
        file.add(statement)
