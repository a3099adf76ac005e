"""A statement as files beside its PDF: the same data as CSV, as XLSX and as the published JSON (rule 54)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

from voucher.platform import csv as csv_files
from voucher.platform.act import Act
from voucher.platform.csv import Cell
from voucher.platform.errors import NotFound
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.money import in_pounds
from voucher.platform.xlsx import Sheet, write_book
from voucher.reports.commands import data_of, statement_paper
from voucher.reports.models import Statement
from voucher.reports.queries import paper_of
from voucher.reports.transactions import COLUMNS as TRANSACTION_COLUMNS
from voucher.reports.transactions import MONEY
from voucher.reports.transactions import transactions_csv as annex_csv

Row = Mapping[str, object]
Table = tuple[list[str], list[list[Cell]]]
# The other lists of the data that the spreadsheet has, each with its columns.
COLUMNS = {
    "providers": ("provider", "org_id", "vouchers", "claims", "claimed", "approved", "defrayed"),
    "exceptions": ("kind", "reference", "detail", "on", "pence"),
    "overrides": ("kind", "reference", "at", "who", "reason", "pence"),
    "outputs": (
        "code", "wording", "definition", "version", "unit", "target", "this_period", "to_date", "evidenced",
        "unevidenced",
    ),
    "irregularities": ("reference", "kind", "state", "pence", "opened_on", "closed_on"),
    "samples": (
        "reference", "drawn_from", "method", "period_from", "period_to", "seed", "population_hash", "population_count",
        "population", "draws", "items", "failed", "failed_amount", "error_rate", "extrapolated",
    ),
    "large_subsidies": ("application", "pence", "given_on", "due_on", "database_number"),
}  # fmt: skip
AMOUNTS = {"claimed", "approved", "defrayed", "pence", "population", "failed_amount", "extrapolated"}
COUNTED = {"target", "this_period", "to_date"}


def statement_json(statement: Statement) -> bytes:
    """The canonical text whose SHA-256 is the statement's data hash."""
    return statement.data.encode()


def lines_csv(statement: Statement) -> bytes:
    """Every part of every line, with its amount by funding line; each row names the statement and its hash."""
    return csv_files.write_table(*_lines(statement))


def _lines(statement: Statement) -> Table:
    data = data_of(statement)
    codes = [str(line["code"]) for line in cast(Sequence[Row], data["funding_lines"])]
    rows: list[list[Cell]] = []
    for line in cast(Sequence[Row], data["lines"]):
        for part in cast(Sequence[Row], line["parts"]):
            by_line = cast(Mapping[str, int], part["by_funding_line"] or {})
            unit = str(part["unit"])
            rows.append(
                [
                    statement.reference,
                    statement.data_hash,
                    str(part["code"]),
                    str(part["label"]),
                    WRITTEN_IN.get(unit, unit),
                    _value(part["value"], unit),
                    *[_value(by_line.get(code), unit) for code in codes],
                    str(part["note"] or ""),
                ]
            )
    return ["statement", "data_hash", "line", "label", "unit", "value", *codes, "note"], rows


# Units of the data that a file writes as numbers with two decimal places.
WRITTEN_IN = {"pence": "pounds", "hundredths": "full-time posts"}


def _value(value: object, unit: str) -> Cell:
    """A figure as a number: one below zero is no formula, so nothing is put before its sign."""
    if not isinstance(value, int):
        return None
    return in_pounds(value) if unit in WRITTEN_IN else value


def transactions_csv(statement: Statement) -> bytes:
    """The annex, a row for each payment or return."""
    return annex_csv(data_of(statement))


def _transactions(statement: Statement) -> Table:
    transactions = cast(Sequence[Row], data_of(statement)["transactions"])
    rows = [
        [_value(row[name], "pence") if name in MONEY else str(row[name]) for name in TRANSACTION_COLUMNS]
        for row in transactions
    ]
    return ["statement", *TRANSACTION_COLUMNS], [[statement.reference, *row] for row in rows]


def statement_xlsx(statement: Statement) -> bytes:
    """The same figures as a spreadsheet: lines, transactions, and each of the data's lists that has rows of its own."""
    data = data_of(statement)
    sheets = [("Lines", _lines(statement)), ("Transactions", _transactions(statement))]
    sheets += [
        (name.replace("_", " ").capitalize(), _listed(cast(Sequence[Row], data.get(name) or []), COLUMNS[name]))
        for name in COLUMNS
    ]
    return write_book([Sheet(name, header, rows) for name, (header, rows) in sheets])


def _listed(rows: Sequence[Row], columns: Sequence[str]) -> Table:
    """Rows of one of the data's lists; amounts in pounds, full-time equivalents with two decimals."""
    return list(columns), [[_cell(row, name) for name in columns] for row in rows]


def _cell(row: Row, name: str) -> Cell:
    value = row.get(name)  # a statement of before a column was kept has none
    if name in AMOUNTS or (row.get("unit") == "hundredths" and name in COUNTED):
        return _value(value, "pence")
    return value if isinstance(value, int) else str(value or "")


def statement_pdf_bytes(act: Act, statement: Statement) -> bytes:
    """The PDF: of a signed statement as it is stored, of another drawn now; raises NotFound until there is one."""
    paper = paper_of(statement)
    if paper is None:
        return statement_paper(statement)
    if paper.document is None:
        raise NotFound("paper_not_drawn", _("The PDF of this statement is still being drawn. Look again in a minute."))
    return act.files.get(paper.document.sha256)
