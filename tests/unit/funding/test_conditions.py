"""What an agreement says beside its award: quarters, years, cap, tolerance and profile, without a database."""

from __future__ import annotations

from datetime import date

import pytest

from voucher.funding.conditions import (
    Conditions,
    beyond_tolerance,
    cap_pence,
    conditions_from,
    planned,
    profile_faults,
    profile_sums,
    quarters_within,
    year_end,
    year_start,
)

FIRST, LAST = date(2026, 4, 1), date(2027, 3, 31)
PROFILE = {"CAP": {"2026-04-01": 300, "2026-07-01": 200, "2027-01-01": 500}}


def test_conditions_come_out_of_json_as_they_went_in() -> None:
    given = Conditions(400, sign_off_steps=3, tolerance_bp=1_000, profile=PROFILE)
    assert conditions_from(given.plain()) == given


def test_the_quarters_of_an_agreement_begin_in_january_april_july_and_october() -> None:
    found = quarters_within(date(2026, 5, 12), date(2027, 1, 1))
    assert [each.isoformat() for each in found] == ["2026-04-01", "2026-07-01", "2026-10-01", "2027-01-01"]


@pytest.mark.rule(25)
@pytest.mark.parametrize("day", [date(2026, 4, 1), date(2026, 12, 31), date(2027, 3, 31)])
def test_a_day_lies_in_one_financial_year(day: date) -> None:
    assert (year_start(day), year_end(day)) == (date(2026, 4, 1), date(2027, 3, 31))


@pytest.mark.rule(26)
def test_a_cap_is_rounded_down_to_the_penny() -> None:
    assert cap_pence(400, 99_999) == 3_999
    assert cap_pence(400, -1) == 0


@pytest.mark.parametrize(
    ("wanted", "actual", "tolerance", "beyond"),
    [(1_000, 1_100, 1_000, False), (1_000, 1_101, 1_000, True), (1_000, 899, 1_000, True), (0, 1, 1_000, True),
     (1_000, 0, None, False)],
)  # fmt: skip
def test_a_variance_at_the_tolerance_passes_and_a_penny_more_does_not(
    wanted: int, actual: int, tolerance: int | None, beyond: bool
) -> None:
    assert beyond_tolerance(wanted, actual, tolerance) == beyond


def test_a_profile_counts_quarters_that_are_over() -> None:
    assert planned(PROFILE, "CAP", FIRST, date(2026, 9, 29)) == 300
    assert planned(PROFILE, "CAP", FIRST, date(2026, 9, 30)) == 500
    assert planned(PROFILE, "CAP", date(2026, 7, 1), LAST) == 700
    assert planned(PROFILE, "REV", FIRST, LAST) == 0


def test_what_is_wrong_with_a_profile_is_named() -> None:
    assert profile_faults(PROFILE, {"CAP": 1_000}, FIRST, LAST) == []
    assert profile_sums(PROFILE, {"CAP": 1_000}) == []
    assert profile_sums(PROFILE, {"CAP": 1_001}) == [("CAP", 1_000, 1_001)]
    assert "has no line CAP" in profile_faults(PROFILE, {"REV": 1}, FIRST, LAST)[0]
    assert "2026-05-01 begins no quarter" in profile_faults({"CAP": {"2026-05-01": 1}}, {"CAP": 1}, FIRST, LAST)[0]
    assert "below zero" in profile_faults({"CAP": {"2026-04-01": -1}}, {"CAP": 1}, FIRST, LAST)[0]
