"""Up to which day results are told."""

from __future__ import annotations

from datetime import date

from voucher.reports.public_results import last_month_end


def test_results_are_told_up_to_the_last_day_of_the_month_before() -> None:
    assert last_month_end(date(2026, 3, 1)) == date(2026, 2, 28)
    assert last_month_end(date(2026, 1, 31)) == date(2025, 12, 31)
