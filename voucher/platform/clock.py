"""Time: UTC in the database, Europe/London for dates and on the page.

A clock is a parameter of rules and commands, so that a test can stand on any day.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")

Clock = Callable[[], datetime]


def system_clock() -> datetime:
    """Now, in UTC."""
    return datetime.now(UTC)


def london_date(at: datetime) -> date:
    """The calendar day in London at that moment (a day ends at local midnight, in GMT and BST: rule 10)."""
    return at.astimezone(LONDON).date()


def end_of_london_day(day: date) -> datetime:
    """The first moment after the day, in UTC."""
    return datetime.combine(day + timedelta(days=1), time(), LONDON).astimezone(UTC)


def long_date(day: date) -> str:
    """``14 March 2026``."""
    return f"{day.day} {day:%B %Y}"


def long_time(at: datetime) -> str:
    """``14 March 2026, 2:05pm`` in London."""
    local = at.astimezone(LONDON)
    hour = local.hour % 12 or 12
    return f"{long_date(local.date())}, {hour}:{local:%M}{'am' if local.hour < 12 else 'pm'}"


def days_since(at: datetime, today: date) -> int:
    """Whole days in London from that moment to today."""
    return (today - london_date(at)).days
