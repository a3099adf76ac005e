"""A voucher's days: midnight in London, late days, claim window, extensions."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest

from voucher.platform.clock import LONDON, end_of_london_day, london_date
from voucher.vouchers.rules import (
    claimable_until,
    delivered_in_date,
    recordable_until,
    release_falls_due_on,
    why_no_extension,
)

IN_WINTER, IN_SUMMER = date(2026, 1, 14), date(2026, 7, 14)
CLOCKS_GO_FORWARD, CLOCKS_GO_BACK = date(2026, 3, 29), date(2026, 10, 25)
DAYS = [IN_WINTER, IN_SUMMER, CLOCKS_GO_FORWARD, CLOCKS_GO_BACK]


def london(day: date, at: str) -> datetime:
    return datetime.combine(day, time.fromisoformat(at), LONDON).astimezone(UTC)


def counts(at: datetime, issued_on: date, last_day: date) -> bool:
    """Whether work at a moment counts: it is known by its day in London."""
    return delivered_in_date(london_date(at), issued_on, last_day)


@pytest.mark.rule(10)
@pytest.mark.parametrize("last_day", DAYS)
def test_the_last_second_of_the_last_day_counts_and_the_next_does_not(last_day: date) -> None:
    issued_on = last_day - timedelta(days=90)
    assert counts(london(last_day, "23:59:59"), issued_on, last_day)
    assert not counts(london(last_day + timedelta(days=1), "00:00:00"), issued_on, last_day)


@pytest.mark.rule(10)
def test_a_day_by_utc_would_let_an_hour_of_the_next_summer_day_in() -> None:
    """The control: by UTC, half past midnight of the day after still has the last day's date."""
    after = london(IN_SUMMER + timedelta(days=1), "00:30:00")
    assert after.date() == IN_SUMMER
    assert not counts(after, IN_SUMMER - timedelta(days=90), IN_SUMMER)


@pytest.mark.rule(10)
@pytest.mark.parametrize(("day", "hours"), [(IN_WINTER, 24), (CLOCKS_GO_FORWARD, 23), (CLOCKS_GO_BACK, 25)])
def test_a_london_day_is_as_long_as_it_is(day: date, hours: int) -> None:
    assert end_of_london_day(day) - london(day, "00:00:00") == timedelta(hours=hours)
    assert london_date(end_of_london_day(day)) == day + timedelta(days=1)


@pytest.mark.rule(11)
@pytest.mark.parametrize("issued_on", DAYS)
def test_work_from_the_first_moment_of_the_day_of_issue_counts_and_none_before(issued_on: date) -> None:
    last_day = issued_on + timedelta(days=90)
    assert counts(london(issued_on, "00:00:00"), issued_on, last_day)
    assert not counts(london(issued_on, "00:00:00") - timedelta(seconds=1), issued_on, last_day)


@pytest.mark.rule(11)
def test_days_count_from_issue_to_the_last_day_both_included() -> None:
    issued_on, last_day = date(2026, 4, 7), date(2026, 7, 6)
    for day, counts in ((issued_on, True), (last_day, True)):
        assert delivered_in_date(day, issued_on, last_day) is counts
    for day in (issued_on - timedelta(days=1), last_day + timedelta(days=1)):
        assert not delivered_in_date(day, issued_on, last_day)


@pytest.mark.rule(10, 12)
def test_late_days_end_before_the_release_and_the_claim_window_after_it() -> None:
    last_day = date(2026, 7, 6)
    assert recordable_until(last_day, 7) == date(2026, 7, 13)
    assert release_falls_due_on(last_day, 7) == date(2026, 7, 14)
    assert claimable_until(last_day, 28) == date(2026, 8, 3)


ALLOWED = {
    "today": date(2026, 7, 6),
    "last_day": date(2026, 7, 6),
    "new_last_day": date(2026, 8, 5),
    "used": 0,
    "limit": 1,
    "days_limit": 30,
    "scheme_ends_on": date(2026, 8, 5),
}
NOT_ALLOWED = [
    ({"today": date(2026, 7, 7)}, "has expired"),
    ({"used": 1}, "allows 1 extension and"),
    ({"new_last_day": date(2026, 7, 6)}, "later than the present one"),
    ({"new_last_day": date(2026, 8, 6), "scheme_ends_on": date(2027, 3, 31)}, "at most 30 days"),
    ({"scheme_ends_on": date(2026, 8, 4)}, "after the end of the scheme"),
]


@pytest.mark.rule(13)
def test_an_extension_at_every_limit_at_once_is_allowed() -> None:
    assert why_no_extension(**ALLOWED) is None  # type: ignore[arg-type]


@pytest.mark.rule(13)
@pytest.mark.parametrize(("change", "reason"), NOT_ALLOWED)
def test_an_extension_beyond_one_limit_is_refused_with_its_reason(change: dict[str, object], reason: str) -> None:
    assert reason in (why_no_extension(**{**ALLOWED, **change}) or "")  # type: ignore[arg-type]
