"""Periods follow one another without a gap, and each says when claims are cut off and when its statement is due."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest

from voucher.reports.periods import Due, Rhythm, Standing, periods, standing

QUARTERS = Rhythm(months=3, due_days=30, cut_off_days=14)
FIRST = Due(date(2026, 4, 1), date(2026, 6, 30), date(2026, 6, 16), date(2026, 7, 30), date(2026, 6, 9))


@pytest.mark.rule(58)
@pytest.mark.parametrize("months", [1, 3, 6, 12])
def test_periods_cover_an_agreement_day_by_day(months: int) -> None:
    starts_on, ends_on = date(2026, 4, 16), date(2027, 9, 20)
    found = list(periods(starts_on, ends_on, Rhythm(months, 30, 14)))
    assert (found[0].first, found[-1].last) == (starts_on, ends_on)
    assert all(after.first == before.last + timedelta(days=1) for before, after in pairwise(found))
    assert all((each.last + timedelta(days=1)).day == 1 for each in found[:-1])


def test_quarters_end_with_months_and_say_their_days() -> None:
    assert next(iter(periods(date(2026, 4, 1), date(2027, 3, 31), QUARTERS))) == FIRST
    assert [each.last for each in periods(date(2026, 11, 5), date(2027, 3, 31), QUARTERS)] == [
        date(2027, 1, 31),
        date(2027, 3, 31),
    ]


def test_a_cut_off_does_not_lie_before_its_period() -> None:
    short = next(iter(periods(date(2026, 4, 28), date(2026, 4, 30), QUARTERS)))
    assert short.cut_off_on == date(2026, 4, 28)


def test_people_are_reminded_from_some_days_before_the_cut_off_to_its_own_day() -> None:
    days = (date(2026, 6, 8), date(2026, 6, 9), date(2026, 6, 16), date(2026, 6, 17))
    assert [FIRST.is_near(day) for day in days] == [False, True, True, False]
    never = Rhythm(months=3, due_days=30, cut_off_days=14, remind_days=0)
    assert not next(iter(periods(FIRST.first, FIRST.last, never))).is_near(FIRST.cut_off_on)


@pytest.mark.parametrize(
    ("today", "known", "stands"),
    [
        (date(2026, 3, 31), {}, Standing.TO_COME),
        (date(2026, 4, 1), {}, Standing.RUNNING),
        (date(2026, 6, 30), {}, Standing.RUNNING),
        (date(2026, 7, 1), {}, Standing.TO_PREPARE),
        (date(2026, 7, 1), {"in_hand": True}, Standing.IN_HAND),
        (date(2026, 7, 30), {"signed": True, "in_hand": True}, Standing.SIGNED),
        (date(2026, 7, 31), {"signed": True, "in_hand": True}, Standing.OVERDUE),
        (date(2026, 7, 31), {"signed": True, "in_hand": True, "sent": True}, Standing.SENT),
    ],
)
def test_a_statement_is_overdue_until_it_was_sent(today: date, known: dict[str, bool], stands: Standing) -> None:
    given = {"signed": False, "sent": False, "in_hand": False, **known}
    assert standing(FIRST, today, **given) == stands
