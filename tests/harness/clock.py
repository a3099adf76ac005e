"""A clock that stands still until a test moves it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

START = datetime(2026, 4, 7, 9, 0, tzinfo=UTC)


class FixedClock:
    """What a test gives wherever a clock is asked for; ``at`` is the moment it shows, in UTC."""

    def __init__(self, at: datetime = START) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def advance(self, *, days: int = 0, hours: int = 0, minutes: int = 0) -> datetime:
        """Moves the clock on and gives the new moment."""
        return self.set(self.at + timedelta(days=days, hours=hours, minutes=minutes))

    def set(self, at: datetime) -> datetime:
        """Moves the clock to a moment; ValueError for one without a time zone."""
        if at.tzinfo is None:
            raise ValueError("a clock needs a moment with a time zone")
        self.at = at.astimezone(UTC)
        return self.at
