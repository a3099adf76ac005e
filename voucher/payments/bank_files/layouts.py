"""Pure: which column of a CSV file holds what; saved under a name, so that each bank's file is described once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date
from enum import StrEnum

from voucher.payments.bank_files.reading import Unreadable, day_of, london_day, plain_pence
from voucher.platform.errors import DomainError
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.i18n import said


class DayForm(StrEnum):
    """How days are written, shown by the last day of March 2026."""

    DAY_FIRST = "31/03/2026"
    MONTH_FIRST = "03/31/2026"
    YEAR_FIRST = "2026-03-31"
    NAMED = "31 Mar 2026"


class Encoding(StrEnum):
    """How letters are written. Another one than the layout's is refused: names would come out as other letters."""

    UTF_8 = "UTF-8"
    WINDOWS = "Windows-1252"

    @classmethod
    def _missing_(cls, value: object) -> Encoding | None:
        """Layouts that were saved when a file's encoding was guessed ask for UTF-8 now."""
        return cls.UTF_8 if value == "detect" else None


class Delimiter(StrEnum):
    """What stands between two cells."""

    COMMA = "comma"
    SEMICOLON = "semicolon"
    TAB = "tab"
    BAR = "bar"

    @property
    def sign(self) -> str:
        """The character."""
        return {"comma": ",", "semicolon": ";", "tab": "\t", "bar": "|"}[self.value]


@dataclass(frozen=True)
class Layout:
    """A CSV file's columns by name, or by number where it has no header; the day and an amount are always needed.

    An amount is one column with a sign, or one of money out and one of money in. ``out_is_plain`` says that amounts
    without a sign went out, as payment-run reports have them.
    """

    date: str
    amount: str = ""
    money_out: str = ""
    money_in: str = ""
    balance: str = ""
    reference: str = ""
    more_reference: str = ""
    counterparty: str = ""
    own_id: str = ""
    account: str = ""
    currency: str = ""
    day_form: DayForm = DayForm.DAY_FIRST
    delimiter: Delimiter = Delimiter.COMMA
    encoding: Encoding = Encoding.UTF_8
    decimal_comma: bool = False
    out_is_plain: bool = False
    has_header: bool = True
    skip_rows: int = 0

    @property
    def columns(self) -> list[str]:
        """Every column that it names."""
        return [name for name in (getattr(self, each) for each in COLUMNS) if name]

    def as_json(self) -> dict[str, object]:
        """The layout as it is saved."""
        return asdict(self)


COLUMNS = (
    "date", "amount", "money_out", "money_in", "balance", "reference", "more_reference", "counterparty", "own_id",
    "account", "currency",
)  # fmt: skip


def layout_of(saved: Mapping[str, object]) -> Layout:
    """The layout that was saved; raises DomainError for one that no file can be read by."""
    kinds = {"day_form": DayForm, "delimiter": Delimiter, "encoding": Encoding}
    known = {each.name for each in fields(Layout)}
    values = {name: kinds[name](str(value)) if name in kinds else value for name, value in saved.items()}
    return checked(Layout(**{name: value for name, value in values.items() if name in known}))  # type: ignore[arg-type]


def checked(layout: Layout) -> Layout:
    """The layout itself; raises DomainError, with the field that is wrong, for one that no file can be read by."""
    if not layout.date:
        raise DomainError("date", _("Name the column of the day."), "date")
    if bool(layout.amount) == bool(layout.money_out or layout.money_in):
        words = _("Name one column of amounts with a sign, or the columns of money out and of money in.")
        raise DomainError("amount", words, "amount")
    if not layout.reference:
        raise DomainError("reference", _("Name the column of the reference: payments are found by it."), "reference")
    if not layout.has_header and not all(name.isdigit() and int(name) for name in layout.columns):
        words = _("Columns of a file without a header are named by their numbers, the first one 1.")
        raise DomainError("has_header", words, "has_header")
    twice = [name for name in layout.columns if layout.columns.count(name) > 1]
    if twice:
        words = _("The column %(name)s is named for two things. Name it for one.")
        raise DomainError("twice", said(words, name=twice[0]), "date")
    return layout


_PARTS = {
    DayForm.DAY_FIRST: r"(?P<d>\d{1,2})[/.-](?P<m>\d{1,2})[/.-](?P<y>\d{4}|\d\d)",
    DayForm.MONTH_FIRST: r"(?P<m>\d{1,2})[/.-](?P<d>\d{1,2})[/.-](?P<y>\d{4}|\d\d)",
    DayForm.YEAR_FIRST: r"(?P<y>\d{4})[/.-]?(?P<m>\d\d)[/.-]?(?P<d>\d\d)",
    DayForm.NAMED: r"(?P<d>\d{1,2})[ -](?P<m>[A-Za-z]{3,9})[ -](?P<y>\d{4}|\d\d)",
}
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_ZONED = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:\.\d+)? ?(Z|[+-]\d\d:?\d\d)")


def day_in(text: str, form: DayForm) -> date:
    """The day of a cell, in London where it has a moment with a zone; raises Unreadable."""
    zoned = _ZONED.fullmatch(text)
    if zoned:
        return london_day("{}T{}{}".format(*zoned.groups()))
    found = re.fullmatch(_PARTS[form] + r"(?:[T ]\d\d:\d\d(?::\d\d)?)?", text)
    if not found:
        raise Unreadable(said("Enter a day as the layout says, like %(form)s.", form=form))
    month = found["m"]
    if form is DayForm.NAMED:
        if month[:3].lower() not in _MONTHS:
            raise Unreadable(said("There is no month %(month)s.", month=month))
        month = str(_MONTHS.index(month[:3].lower()) + 1)
    return day_of(found["y"], month, found["d"])


def amount_in(text: str, layout: Layout) -> int:
    """Pence of a cell, with its sign: a minus on either side, or brackets; raises Unreadable."""
    plain = re.sub(r"[£\s]|GBP", "", text).replace("\u2212", "-")
    bracketed = re.fullmatch(r"\((.+)\)", plain)
    below = bool(bracketed) or plain.startswith("-") or plain.endswith("-")
    digits = (bracketed[1] if bracketed else plain).removeprefix("-").removesuffix("-").removeprefix("+")
    point, group = (",", ".") if layout.decimal_comma else (".", ",")
    if re.fullmatch(rf"\d{{1,3}}(?:[{group}]\d{{3}})+(?:[{point}]\d*)?", digits):
        digits = digits.replace(group, "")
    pence = plain_pence(digits, point=point)
    return -pence if below else pence
