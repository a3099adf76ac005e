"""Pure: bank statements in SWIFT MT940. Rows are the file's own lines; columns are its tags.

The fields of a tag are taken apart by the patterns of the mt-940 library; what they mean stands here, because a wrong
day, a currency or a sign has to be told with the line in which it stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from mt940.tags import FinalOpeningBalance, Statement, StatementASNB

from voucher.payments.bank_files.reading import (
    CURRENCY,
    BankFile,
    Movement,
    ReadStatement,
    Unreadable,
    day_of,
    decoded,
    in_order,
    of_days,
    one_line,
    plain_pence,
)
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.i18n import said

_TAG = re.compile(r":(\d\d[A-Z]?|NS):(.*)")
_BALANCE = FinalOpeningBalance().re
_MOVEMENTS = (Statement().re, StatementASNB().re)  # the second for banks that write long references
_SIGNS = {"C": 1, "D": -1, "RC": -1, "RD": 1}  # a reversed credit is money out, a reversed debit money in
_HALF_A_YEAR = 183
_NO_REFERENCE = re.compile(r"(NONREF|NOTPROVIDED|KREF\+?|EREF\+?)?")
_STRUCTURED = re.compile(r"\?(\d\d)")


@dataclass
class _Field:
    """One tag of a statement with all its lines."""

    row: int
    tag: str
    lines: list[str]

    @property
    def text(self) -> str:
        """What follows the tag."""
        return "\n".join(self.lines)


@dataclass
class _Block:
    """The tags of one statement."""

    row: int
    fields: list[_Field] = field(default_factory=list)

    def first(self, *tags: str) -> _Field | None:
        """The first of these tags."""
        return next((each for each in self.fields if each.tag in tags), None)


class _Balance(NamedTuple):
    pence: int
    on: date


def read_mt940(data: bytes) -> BankFile:
    """The statements of an MT940, in the order in which they follow each other."""
    file = BankFile()
    try:
        text, _encoding = decoded(data)
    except Unreadable as wrong:
        file.fault(0, "", str(wrong))
        return file
    blocks = _blocks(text, file)
    if not blocks and not file.faults:
        file.fault(1, ":20:", _("This is no MT940 statement: none begins with :20:. Choose what the file is."))
    read = [_statement(block, file) for block in blocks]
    for statement in in_order([each for each in read if each is not None]):
        file.add(statement)
    return file


def _blocks(text: str, file: BankFile) -> list[_Block]:
    blocks: list[_Block] = []
    for row, raw in enumerate(text.splitlines(), start=1):
        line = raw.strip("\x01\x03\x1a")  # some banks mark where a message begins and ends
        if line.startswith(("{", "-}")) or line.strip() in ("-", ""):
            continue
        found = _TAG.match(line.removeprefix("-"))
        if found and found[1] == "20":
            blocks.append(_Block(row))
        if not blocks:
            if found:
                words = _("The statement does not begin with :20:, so a part of it is missing. Get it again.")
                file.fault(row, f":{found[1]}:", words)
                return []
            continue
        if found:
            blocks[-1].fields.append(_Field(row, found[1], [found[2]]))
        elif blocks[-1].fields:
            blocks[-1].fields[-1].lines.append(line)
    return blocks


def _statement(block: _Block, file: BankFile) -> ReadStatement | None:
    before = len(file.faults)
    account, number = block.first("25", "25P"), block.first("28C", "28")
    if account is None:
        file.fault(block.row, ":25:", _("The statement names no account. Get the file from the bank again."))
    opening = _balance(block, ("60F", "60M"), file)
    closing = _balance(block, ("62F", "62M"), file)
    movements = tuple(_movements(block, file))
    if account is None or opening is None or closing is None or len(file.faults) > before:
        return None
    title = said("Statement %(number)s", number=one_line(number.text) if number else one_line(block.fields[0].text))
    plain = ReadStatement(
        title, one_line(account.text), opening.pence, closing.pence, closing.on, closing.on, movements, block.row
    )
    return of_days(plain, closing.on)


def _balance(block: _Block, tags: tuple[str, str], file: BankFile) -> _Balance | None:
    found = block.first(*tags)
    if found is None:
        words = _("The statement lacks this balance, without which nothing says that it is whole.")
        file.fault(block.row, f":{tags[0]}:", words)
        return None
    column = f":{found.tag}:"
    parts = _BALANCE.match(one_line(found.text))
    if not parts:
        file.fault(found.row, column, _("This balance cannot be read. Get the file from the bank again."))
        return None
    if parts["currency"] != CURRENCY:
        words = _("This is in %(currency)s. The scheme's account is in pounds: get the statement of that account.")
        file.fault(found.row, column, words, currency=parts["currency"])
        return None
    try:
        on = day_of(parts["year"], parts["month"], parts["day"])
        return _Balance(_signed(parts), on)
    except Unreadable as wrong:
        file.fault(found.row, column, str(wrong))
        return None


def _movements(block: _Block, file: BankFile) -> Iterator[Movement]:
    for i, found in enumerate(block.fields):
        if found.tag != "61":
            continue
        following = block.fields[i + 1] if i + 1 < len(block.fields) else None
        information = following.lines if following is not None and following.tag == "86" else []
        movement = _movement(found, information, file)
        if movement is not None and movement.pence:
            yield movement


def _movement(found: _Field, information: Sequence[str], file: BankFile) -> Movement | None:
    parts = next(filter(None, (each.match(found.text.rstrip()) for each in _MOVEMENTS)), None)
    if not parts:
        file.fault(found.row, ":61:", _("This movement cannot be read. Get the file from the bank again."))
        return None
    try:
        value_day = day_of(parts["year"], parts["month"], parts["day"])
        booked_on = _booked_on(value_day, (parts["entry_month"] or "").strip(), (parts["entry_day"] or "").strip())
        pence = _signed(parts)
    except Unreadable as wrong:
        file.fault(found.row, ":61:", str(wrong))
        return None
    own = (parts["customer_reference"] or "").strip()
    reference, counterparty = _information(information)
    given = "" if _NO_REFERENCE.fullmatch(own) else own
    more = parts["extra_details"] or ""
    bank_id = (parts["bank_reference"] or "").strip()
    return Movement(found.row, booked_on, pence, one_line(given, reference) or one_line(more), counterparty, bank_id)


def _signed(parts: re.Match[str]) -> int:
    """Pence with their sign; every amount has its comma, so that a damaged one is not read as a smaller one."""
    if "," not in parts["amount"]:
        raise Unreadable(_("This amount cannot be read. Get the file from the bank again."))
    return _SIGNS[parts["status"]] * plain_pence(parts["amount"], point=",")


def _booked_on(value_day: date, month: str, day: str) -> date:
    """The entry's day, which has no year: that of the value day or, round the new year, the one beside it."""
    if not month or not day:
        return value_day
    booked_on = day_of(str(value_day.year), month, day)
    apart = (booked_on - value_day).days
    if abs(apart) <= _HALF_A_YEAR:
        return booked_on
    return day_of(str(value_day.year + (1 if apart < 0 else -1)), month, day)


def _information(lines: Sequence[str]) -> tuple[str, str]:
    """The reference and the other party in ``:86:``: by its numbered parts where it has them, else as one text."""
    joined = "".join(lines)
    pieces = _STRUCTURED.split(joined)
    if len(pieces) < 3:
        text = one_line(" ".join(lines))
        named = re.search(r"/NAME/([^/]+)", text)
        return text, one_line(named[1]) if named else ""
    parts = [(int(code), text) for code, text in zip(pieces[1::2], pieces[2::2], strict=True)]
    said = "".join(text for code, text in parts if 20 <= code <= 29 or 60 <= code <= 63)
    return one_line(said), one_line("".join(text for code, text in parts if code in (32, 33)))
