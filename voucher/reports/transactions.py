"""The transactions of a statement (line 25) as a file of their own, from the statement's data and nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

from voucher.platform import csv as csv_files
from voucher.platform.csv import Cell
from voucher.platform.money import in_pounds

MONEY = ("net", "vat", "gross", "grant", "own_contribution", "paid_by_business")
COLUMNS = (
    "voucher", "business", "business_id", "provider", "provider_id", "delivered_on", "claimed_on", *MONEY,
    "payment", "bank_on", "evidence", "kind",
)  # fmt: skip

Row = Mapping[str, object]


def transactions_csv(data: Mapping[str, object]) -> bytes:
    """The annex as CSV, a row for each payment or return, amounts in pounds; ``data`` is that of the statement."""
    statement = str(cast(Row, data["header"])["statement"])
    rows = (
        [statement, *[amount(row[name]) if name in MONEY else str(row[name]) for name in COLUMNS]]
        for row in cast(Sequence[Row], data["transactions"])
    )
    return csv_files.write_table(["statement", *COLUMNS], rows)


def amount(pence: object) -> Cell:
    """Pence as a number of pounds: one below zero is no formula, so nothing is put before its sign."""
    return in_pounds(pence) if isinstance(pence, int) else None
