"""One statement drawn one way, in a process that loads nothing else: ``python -m scripts.benchmarks.drawing``.

Each module beside this one is a way and has ``draw``, which makes a PDF of a statement's data.
"""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]
COLUMNS = ("voucher", "business", "provider", "delivered_on", "claimed_on", "net", "vat", "gross", "grant",
           "own_contribution", "paid_by_business", "payment")  # fmt: skip
MONEY = frozenset(COLUMNS[5:11])


def texts_of(row: Json) -> list[str]:
    """A transaction as the simple ways show it: a line of text for each column."""
    return [f"£{row[name] / 100:,.2f}" if name in MONEY else str(row[name]) for name in COLUMNS]
