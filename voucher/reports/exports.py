"""A statement as files beside its PDF: the same data as CSV and as the published JSON (rule 54)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

from voucher.documents.models import Document
from voucher.platform import csv as csv_files
from voucher.platform.act import Act
from voucher.platform.csv import Cell
from voucher.platform.db import session
from voucher.platform.money import in_pounds
from voucher.reports.commands import data_of, statement_paper
from voucher.reports.models import Statement
from voucher.reports.transactions import transactions_csv as annex_csv

Row = Mapping[str, object]


def statement_json(statement: Statement) -> bytes:
    """The canonical text whose SHA-256 is the statement's data hash."""
    return statement.data.encode()


def lines_csv(statement: Statement) -> bytes:
    """Every part of every line, with its amount by funding line; the first rows name the statement and its hash."""
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
                    unit if unit != "pence" else "pounds",
                    _value(part["value"], unit),
                    *[_value(by_line.get(code), unit) for code in codes],
                    str(part["note"] or ""),
                ]
            )
    header = ["statement", "data_hash", "line", "label", "unit", "value", *codes, "note"]
    return csv_files.write_table(header, rows)


def _value(value: object, unit: str) -> Cell:
    """A figure as a number: one below zero is no formula, so nothing is put before its sign."""
    if not isinstance(value, int):
        return None
    return in_pounds(value) if unit == "pence" else value


def transactions_csv(statement: Statement) -> bytes:
    """The annex, a row for each payment or return."""
    return annex_csv(data_of(statement))


def statement_pdf_bytes(act: Act, statement: Statement) -> bytes:
    """The PDF: as it was stored when signed, or drawn now for one that is not signed."""
    if statement.pdf_id is not None:
        return act.files.get(session.get_one(Document, statement.pdf_id).sha256)
    return statement_paper(statement)
