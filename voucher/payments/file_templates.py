"""Templates of payment files: which columns a CSV file has and what stands in each (rule 32).

A template is TOML, so that an operator can write one for a bank or a finance system that the product does not know::

    name = "Northmoor ledger, creditor payments"
    route = "accounts payable"      # or: bank file
    rows = "funding line"           # one row for each line that pays; or: payment
    delimiter = "semicolon"         # comma unless it says otherwise; or: bar, tab
    heads = true                    # the first row names the columns
    encoding = "windows-1252"       # utf-8 unless it says otherwise; or: ascii
    contra = false                  # bank files: a last row that takes the sum from the scheme's own account

    [[column]]
    head = "Amount"
    value = "amount"                # or text = "BP" for what is the same in every row
    form = "pence"                  # amounts: pounds or pence; days: 2026-03-31, 31/03/2026 or 310326
    length = 11                     # text is cut there
    pad = 11                        # numbers are filled up with zeros
    bank = true                     # text in capitals, with the 18 legal characters of the bank's fields at most
    contra = "17"                   # what stands here in the contra row
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from voucher.payments.rules import Route, bank_text
from voucher.platform.csv import neutralise
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.i18n import said
from voucher.platform.money import parse_pounds, plain_pounds
from voucher.platform.toml import Section


class Value(StrEnum):
    """What a column can show of a payment."""

    PAYMENT = "payment"
    BATCH = "batch"
    PROVIDER = "provider"
    SUPPLIER_NUMBER = "supplier number"
    ACCOUNT_NAME = "account name"
    SORT_CODE = "sort code"
    ACCOUNT_NUMBER = "account number"
    OWN_NAME = "own name"
    OWN_SORT_CODE = "own sort code"
    OWN_ACCOUNT_NUMBER = "own account number"
    AMOUNT = "amount"
    LINE = "funding line"
    COST_CODE = "cost code"
    CLAIMS = "claims"
    INVOICES = "invoices"
    DAY = "day"


V = Value
# Whole accounts leave in the bank file alone: a finance system knows its suppliers' accounts by itself.
ACCOUNTS = frozenset({V.ACCOUNT_NAME, V.SORT_CODE, V.ACCOUNT_NUMBER, V.OWN_SORT_CODE, V.OWN_ACCOUNT_NUMBER})
OF_A_LINE = frozenset({V.LINE, V.COST_CODE})
NEEDED = {
    Route.BANK_FILE: frozenset({V.SORT_CODE, V.ACCOUNT_NUMBER, V.AMOUNT}),
    Route.ACCOUNTS_PAYABLE: frozenset({V.SUPPLIER_NUMBER, V.AMOUNT}),
}
DAYS = {"2026-03-31": "%Y-%m-%d", "31/03/2026": "%d/%m/%Y", "310326": "%d%m%y"}
DELIMITERS = {"comma": ",", "semicolon": ";", "bar": "|", "tab": "\t"}
ENCODINGS = ("utf-8", "windows-1252", "ascii")
ROWS = ("payment", "funding line")
MOST_COLUMNS = 60

# A payment that nobody gets, for a look at a template before it is kept.
SAMPLE_PENCE = 1_234_56
SAMPLE: dict[Value, str] = {
    V.PAYMENT: "NTT-P0001-7K",
    V.BATCH: "NTT-B0001",
    V.PROVIDER: "Sample & Daughters Ltd",
    V.SUPPLIER_NUMBER: "S-000042",
    V.ACCOUNT_NAME: "Sample & Daughters Ltd",
    V.SORT_CODE: "000000",
    V.ACCOUNT_NUMBER: "00000000",
    V.OWN_NAME: "The scheme's own account",
    V.OWN_SORT_CODE: "000000",
    V.OWN_ACCOUNT_NUMBER: "00000001",
    V.LINE: "CAPITAL",
    V.COST_CODE: "R400-1",
    V.CLAIMS: "NTT-R0001 NTT-R0002",
    V.INVOICES: "INV-1 INV-2",
}


class TotalsDiffer(ValueError):
    """A file that was read back does not hold what it was made of."""


@dataclass(frozen=True)
class FileRow:
    """One row of a file: a payment, or the part of it that one funding line pays."""

    pence: int
    day: date
    values: Mapping[Value, str]


@dataclass(frozen=True)
class Totals:
    """What a file holds: the number of its payments' rows, their sum in pence, and that of the contra row if any."""

    rows: int
    pence: int
    contra_pence: int | None = None


@dataclass(frozen=True)
class Column:
    """One column of a file."""

    head: str
    value: Value | None
    text: str = ""
    form: str = ""
    length: int = 0
    pad: int = 0
    bank: bool = False
    contra: str = ""

    def cell(self, row: FileRow) -> str:
        """What stands in this column for a row."""
        if self.value is None:
            return self.text
        if self.value is V.AMOUNT:
            return (str(row.pence) if self.form == "pence" else plain_pounds(row.pence)).zfill(self.pad)
        if self.value is V.DAY:
            return row.day.strftime(DAYS[self.form])
        text = row.values[self.value]
        # A bank's field must not begin with a sign that a spreadsheet takes for a formula: no mark may stand before it.
        made = bank_text(text).lstrip("-") if self.bank else neutralise(" ".join(text.split()))
        return (made[: self.length] if self.length else made).zfill(self.pad)


@dataclass(frozen=True)
class Template:
    """How a file looks. It has one column with the amount, so that a file can be read back and counted."""

    name: str
    route: Route
    by_line: bool
    delimiter: str
    heads: bool
    encoding: str
    contra: bool
    columns: tuple[Column, ...]

    @property
    def values(self) -> frozenset[Value]:
        """What it shows of a payment."""
        return frozenset(column.value for column in self.columns if column.value is not None)

    @property
    def needs_own_account(self) -> bool:
        """Whether it shows the scheme's own account."""
        return bool(self.values & {V.OWN_NAME, V.OWN_SORT_CODE, V.OWN_ACCOUNT_NUMBER}) or self.contra

    def write(self, rows: Sequence[FileRow], contra: FileRow | None = None) -> bytes:
        """The file; ``contra`` is the row that takes the sum from the scheme's own account."""
        out = io.StringIO(newline="")
        writer = csv.writer(out, delimiter=self.delimiter, lineterminator="\r\n")
        if self.heads:
            writer.writerow([column.head for column in self.columns])
        writer.writerows([column.cell(row) for column in self.columns] for row in rows)
        if self.contra and contra is not None:
            writer.writerow([column.contra or column.cell(contra) for column in self.columns])
        return out.getvalue().encode(self.encoding, errors="replace")

    def totals(self, content: bytes) -> Totals:
        """What a file of this template holds, read back from its bytes; raises TotalsDiffer for another shape."""
        lines = list(csv.reader(io.StringIO(content.decode(self.encoding), newline=""), delimiter=self.delimiter))
        body = lines[1:] if self.heads else lines
        if any(len(cells) != len(self.columns) for cells in body):
            raise TotalsDiffer(_("A row of the file has not as many cells as the template has columns."))
        at = next(number for number, column in enumerate(self.columns) if column.value is V.AMOUNT)
        amounts = [self._pence(cells[at]) for cells in body]
        if not self.contra:
            return Totals(len(amounts), sum(amounts))
        return Totals(len(amounts) - 1, sum(amounts[:-1]), amounts[-1])

    def _pence(self, cell: str) -> int:
        form = next(column.form for column in self.columns if column.value is V.AMOUNT)
        return int(cell) if form == "pence" else parse_pounds(cell)


def sample_of(template: Template, day: date) -> bytes:
    """The file that one made-up payment would become, so that whoever wrote a template sees what it does.

    Nobody's account is in it: sort code and account are those that banks print on specimens.
    """
    rows = [FileRow(pence, day, SAMPLE | line) for pence, line in _sample_parts(template)]
    total = sum(row.pence for row in rows)
    own = {V.ACCOUNT_NAME: SAMPLE[V.OWN_NAME], V.SORT_CODE: SAMPLE[V.OWN_SORT_CODE]}
    account = own | {V.ACCOUNT_NUMBER: SAMPLE[V.OWN_ACCOUNT_NUMBER], V.PAYMENT: SAMPLE[V.BATCH]}
    content = template.write(rows, FileRow(total, day, SAMPLE | account))
    found = template.totals(content)
    if (found.rows, found.pence) != (len(rows), total):
        raise TotalsDiffer(_("A file of this template cannot be read back to its amounts."))
    return content


def _sample_parts(template: Template) -> list[tuple[int, dict[Value, str]]]:
    """The made-up payment whole, or in the two parts that two funding lines pay of it."""
    if not template.by_line:
        return [(SAMPLE_PENCE, {})]
    return [
        (SAMPLE_PENCE // 3, {V.LINE: "CAPITAL", V.COST_CODE: "R400-1"}),
        (SAMPLE_PENCE - SAMPLE_PENCE // 3, {V.LINE: "REVENUE", V.COST_CODE: "R400-2"}),
    ]


def read_template(file: Section) -> Template:
    """The template in a TOML file; its faults are noted by key."""
    template = Template(
        name=file.text("name"),
        route=Route(_one_of(file, "route", list(Route), str(Route.BANK_FILE))),
        by_line=_one_of(file, "rows", ROWS, "payment") == "funding line",
        delimiter=DELIMITERS[_one_of(file, "delimiter", tuple(DELIMITERS), "comma")],
        heads=file.flag("heads", True),
        encoding=_one_of(file, "encoding", ENCODINGS, "utf-8"),
        contra=file.flag("contra", False),
        columns=tuple(_column(each) for each in file.sections("column")[:MOST_COLUMNS]),
    )
    file.done()
    _refuse_what_cannot_be(file, template)
    return template


def _refuse_what_cannot_be(file: Section, template: Template) -> None:
    """What a template of its route must show, and must not."""
    missing = NEEDED[template.route] - template.values
    if missing:
        file.fault("column", said("must show: %(missing)s", missing=sorted(map(str, missing))))
    if sum(column.value is V.AMOUNT for column in template.columns) > 1:
        file.fault("column", _("must show the amount once"))
    if template.route is Route.ACCOUNTS_PAYABLE and template.values & ACCOUNTS:
        file.fault("column", _("must show no bank account: only a bank file holds one"))
    if template.values & OF_A_LINE and not template.by_line:
        file.fault("rows", _('must be "funding line" where a column shows the funding line or its cost code'))
    if template.contra and template.route is not Route.BANK_FILE:
        file.fault("contra", _("is only for bank files"))
    if template.contra and any(column.contra for column in template.columns if column.value is V.AMOUNT):
        file.fault("column", _("must leave the amount's column to the sum: it can have no contra of its own"))
    if template.by_line and template.route is Route.BANK_FILE:
        file.fault("rows", _('must be "payment" in a bank file: a payee is paid once'))


def _column(part: Section) -> Column:
    value = _one_of(part, "value", list(Value), "") if part.has("value") else ""
    if bool(value) is part.has("text"):
        part.fault("value", _("give either value or text"))
    column = Column(
        head=part.text("head"),
        value=Value(value) if value else None,
        text=part.text("text", ""),
        form=_form(part, value),
        length=part.whole("length", 0, most=200),
        pad=part.whole("pad", 0, most=40),
        bank=part.flag("bank", False),
        contra=part.text("contra", ""),
    )
    part.done()
    return column


def _form(part: Section, value: str) -> str:
    if value == V.AMOUNT:
        return _one_of(part, "form", ("pounds", "pence"), "pounds")
    if value == V.DAY:
        return _one_of(part, "form", tuple(DAYS), "31/03/2026")
    return ""


def _one_of(part: Section, key: str, known: Sequence[str], usual: str) -> str:
    """The text of a key if it is one of these; a fault, and the usual one, if it is not."""
    given = part.text(key, usual)
    if given in known:
        return str(given)
    part.fault(key, said("must be one of: %(known)s", known=tuple(map(str, known))))
    return usual
