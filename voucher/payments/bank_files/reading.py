"""Pure: what a file of any kind comes to once it is read, and how the amounts and days in it are read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum

from voucher.platform.clock import LONDON
from voucher.platform.errors import Fault
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.i18n import said, together
from voucher.platform.money import Amount

CURRENCY = "GBP"


class FileKind(StrEnum):
    """What a file is; the last two are the authority's own papers, which have no balances to check."""

    CSV = "csv"
    CAMT = "camt.053"
    MT940 = "mt940"
    OFX = "ofx"
    PAYMENT_RUN = "payment run"
    LEDGER = "ledger extract"


STATEMENTS = frozenset({FileKind.CSV, FileKind.CAMT, FileKind.MT940, FileKind.OFX})
WITH_LAYOUT = frozenset({FileKind.CSV, FileKind.PAYMENT_RUN, FileKind.LEDGER})


@dataclass(frozen=True)
class Movement:
    """One movement in a file. ``row`` is where it stands; money in is above zero; ``own_id`` is the bank's own."""

    row: int
    booked_on: date
    pence: int
    reference: str
    counterparty: str = ""
    own_id: str = ""


@dataclass(frozen=True)
class ReadStatement:
    """One statement of one account, as its file has it; the movements are oldest first.

    A statement without balances is a payment run or a ledger extract, and names no account.
    """

    title: str
    account: str
    opening: int | None
    closing: int | None
    first_on: date
    last_on: date
    movements: Sequence[Movement] = ()
    row: int = 0

    @property
    def moved(self) -> int:
        """The sum of the movements."""
        return sum(each.pence for each in self.movements)


@dataclass
class BankFile:
    """What was read of a file, everything that is wrong with it, and what a person should know of how it was read."""

    statements: list[ReadStatement] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def fault(self, row: int, column: str, message: str, **values: object) -> None:
        """Keeps a fault."""
        self.faults.append(Fault(row, column, said(message, **values) if values else message))

    def add(self, statement: ReadStatement) -> None:
        """Keeps a statement, with the fault of its balances when they do not hold."""
        self.statements.append(statement)
        self.faults += balance_faults(statement)


@dataclass(frozen=True)
class Given:
    """What a person says of a file that does not say it: the balances of a statement, in pence."""

    opening: int | None = None
    closing: int | None = None


NOTHING_GIVEN = Given()


class Unreadable(ValueError):
    """An amount or a day that cannot be read; the message says what to do."""


def plain_pence(text: str, *, point: str = ".") -> int:
    """Pence of an amount without a sign: digits, and up to two decimals that are not nought; raises Unreadable."""
    found = re.fullmatch(rf"(\d{{1,12}})(?:[{point}](\d{{0,5}}))?", text)
    if not found or (found[2] or "")[2:].strip("0"):
        raise Unreadable(_("Enter an amount in pounds and pence, like 1234.50."))
    return int(found[1]) * 100 + int((found[2] or "")[:2].ljust(2, "0"))


def day_of(year: str, month: str, day: str) -> date:
    """The day; a year of two digits is one of this century. Raises Unreadable for a day that does not exist."""
    try:
        return date(int(year) + (2000 if len(year) == 2 else 0), int(month), int(day))
    except ValueError:
        words = _("There is no day %(day)s/%(month)s/%(year)s.")
        raise Unreadable(said(words, day=day, month=month, year=year)) from None


def london_day(text: str) -> date:
    """The day in London of an ISO 8601 day or moment; raises Unreadable."""
    try:
        if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
            return date.fromisoformat(text)
        moment = datetime.fromisoformat(text)
        return moment.astimezone(LONDON).date() if moment.tzinfo else moment.date()
    except (ValueError, OverflowError):  # The first and the last day of the calendar have none before and after them.
        raise Unreadable(said("There is no such day: %(text)s.", text=text)) from None


def one_line(*parts: str | None) -> str:
    """The parts on one line without doubled spaces; what another part says already is left out."""
    kept: list[str] = []
    for part in parts:
        text = " ".join((part or "").split())
        if text and not any(text in before for before in kept):
            kept = [before for before in kept if before not in text]
            kept.append(text)
    return " ".join(kept)


def decoded(data: bytes) -> tuple[str, str]:
    """The text of a file and its encoding: UTF-8, or Windows-1252 where it is not; raises Unreadable."""
    if b"\0" in data:
        raise Unreadable(_('The file holds NUL bytes, which no text has. Save it again as "CSV UTF-8".'))
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return data.decode(encoding), "UTF-8" if encoding == "utf-8-sig" else "Windows-1252"
        except UnicodeDecodeError:
            continue
    raise Unreadable(_('The file is neither in UTF-8 nor in Windows-1252. Save it again as "CSV UTF-8".'))


def balance_faults(statement: ReadStatement) -> list[Fault]:
    """What is wrong when opening balance and movements do not come to the closing balance (rule 36)."""
    if statement.opening is None or statement.closing is None:
        return []
    apart = statement.opening + statement.moved - statement.closing
    if not apart:
        return []
    words = _("%(opening)s at the beginning and movements of %(moved)s come to %(comes)s, but it ends at %(closing)s.")
    sums = said(
        words,
        opening=Amount(statement.opening),
        moved=Amount(statement.moved),
        comes=Amount(statement.opening + statement.moved),
        closing=Amount(statement.closing),
    )
    return [
        Fault(
            statement.row,
            "",
            said("%(title)s: %(why)s", title=statement.title, why=together((sums, _why_apart(statement, apart)))),
        )
    ]


def _why_apart(statement: ReadStatement, apart: int) -> str:
    turned = [each.row for each in statement.movements if 2 * each.pence == apart]
    if turned:
        words = _("It would hold if row %(row)s went the other way: look whether its sign is the wrong way round.")
        return said(words, row=turned[0])
    if statement.movements and 2 * statement.moved == apart:
        return _("It would hold if every movement went the other way: the signs are the wrong way round.")
    words = _("%(apart)s are missing or too many: get the whole statement from the bank again.")
    return said(words, apart=Amount(abs(apart)))


def in_order(statements: Sequence[ReadStatement]) -> list[ReadStatement]:
    """The statements as they follow each other, whatever their order in the file; pages of one day keep theirs."""
    return sorted(statements, key=lambda each: (each.account, each.last_on, each.first_on))


def of_days(statement: ReadStatement, *days: date) -> ReadStatement:
    """The statement with the days that it spans: those of its movements and those that are given."""
    every = [*days, *(each.booked_on for each in statement.movements)]
    return replace(statement, first_on=min(every), last_on=max(every))
