"""The three years and the limit of Minimal Financial Assistance."""

from __future__ import annotations

from datetime import date

import pytest

from voucher.subsidies.rules import PUBLISHED_ABOVE_PENCE, is_published, publish_by, window_starts_on, within_limit

LIMIT = 315_000_00


@pytest.mark.rule(39)
@pytest.mark.parametrize(
    ("today", "start"),
    [
        (date(2026, 4, 7), date(2024, 4, 1)),
        (date(2026, 4, 1), date(2024, 4, 1)),
        (date(2026, 3, 31), date(2023, 4, 1)),
        (date(2026, 1, 1), date(2023, 4, 1)),
        (date(2026, 12, 31), date(2024, 4, 1)),
    ],
)
def test_the_window_is_this_financial_year_so_far_and_the_two_before(today: date, start: date) -> None:
    assert window_starts_on(today) == start


@pytest.mark.rule(39)
def test_exactly_the_limit_is_allowed_and_a_penny_more_is_not() -> None:
    assert within_limit(LIMIT - 75_000, 75_000, LIMIT)
    assert not within_limit(LIMIT - 75_000 + 1, 75_000, LIMIT)
    assert within_limit(0, LIMIT, LIMIT)


@pytest.mark.rule(42)
def test_a_subsidy_is_published_from_a_penny_above_the_amount_and_within_three_months_of_its_decision() -> None:
    assert PUBLISHED_ABOVE_PENCE == 100_000_00
    assert not is_published(PUBLISHED_ABOVE_PENCE)
    assert is_published(PUBLISHED_ABOVE_PENCE + 1)
    assert publish_by(date(2026, 3, 14)) == date(2026, 6, 14)
    assert publish_by(date(2026, 11, 30)) == date(2027, 2, 28)
    assert publish_by(date(2026, 12, 31)) == date(2027, 3, 31)
