"""The rows behind a statement's figures come to them, whatever happened before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from sqlalchemy import func, select

from voucher.platform.db import session
from voucher.reports.behind import SUMS, rows_of_sum
from voucher.reports.commands import data_of
from voucher.reports.comparing import parts_of
from voucher.reports.ledger_side import Period
from voucher.reports.models import Statement


def come_to(statement: Statement, code: str, only: str = "") -> int:
    """The sum of the postings behind a figure, in pence."""
    period = Period(statement.period_from, statement.period_to)
    rows = rows_of_sum(statement.agreement, period, code, only=only).subquery()
    return int(session.scalar(select(func.coalesce(func.sum(rows.c.moved), 0))) or 0)


def assert_rows_come_to_figures(statement: Statement) -> None:
    """Every sum of postings, in total and on each funding line, is what its rows come to; something is not nothing."""
    found = {str(part["code"]): part for part in parts_of(data_of(statement)) if part["code"] in SUMS}
    assert found.keys() == SUMS
    for code, part in found.items():
        assert come_to(statement, code) == part["value"], code
        by_line = cast(Mapping[str, int], part["by_funding_line"])
        assert {line: come_to(statement, code, line) for line in by_line} == by_line, code
    assert any(part["value"] for part in found.values())
