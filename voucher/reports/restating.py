"""What is found out late: entries that relate to an earlier period, and statements that replace others (rule 55)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from sqlalchemy import select

from voucher.funding.models import Entry, FundingLine, Posting
from voucher.platform.db import session
from voucher.reports.comparing import changes
from voucher.reports.ledger_side import Period
from voucher.reports.models import Statement

Row = dict[str, object]


def earlier_periods(lines: Sequence[FundingLine], period: Period) -> list[Row]:
    """Every movement that counts in this period and relates to a day that was signed before it, oldest first.

    They are in the lines already, and stand here so that nobody takes them for this period's own.
    """
    codes = {line.id: line.code for line in lines}
    rows = session.execute(
        select(Posting, Entry)
        .join(Entry, Entry.id == Posting.entry_id)
        .where(
            Posting.line_id.in_(codes),
            Posting.effective_on.between(period.first, period.last),
            Posting.relates_to_on < period.first,
        )
        .order_by(Posting.id)
    )
    return [
        {
            "kind": entry.kind,
            "funding_line": codes[posting.line_id],
            "from": posting.from_account,
            "to": posting.to_account,
            "pence": posting.pence,
            "relates_to": _day(posting),
            "counted_on": posting.effective_on.isoformat(),
            "reason": entry.reason,
        }
        for posting, entry in rows
    ]


def _day(posting: Posting) -> str | None:
    return posting.relates_to_on.isoformat() if posting.relates_to_on else None


def restated(old: Statement, data: Mapping[str, object], reason: str) -> Row:
    """Which figures differ from those of the statement that is replaced, and why."""
    found = changes(json.loads(old.data), data)
    return {
        "statement": old.reference,
        "data_hash": old.data_hash,
        "reason": reason,
        "changes": [
            {"code": each.code, "label": each.label, "unit": each.unit, "before": each.before, "after": each.after}
            for each in found.values()
        ],
    }
