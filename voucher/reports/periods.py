"""Pure: the periods that an agreement reports, when each statement is due, and until when claims can still count."""

from __future__ import annotations

import calendar
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from voucher.platform.i18n import gettext_noop as _


class Standing(StrEnum):
    """How the statement of a period stands on a day."""

    TO_COME = _("to come")
    RUNNING = _("running")
    TO_PREPARE = _("to prepare")
    IN_HAND = _("in hand")
    OVERDUE = _("overdue")
    SIGNED = _("signed")
    SENT = _("sent")


@dataclass(frozen=True)
class Rhythm:
    """How often an agreement reports: every so many months, so many days after each period's end.

    Claims count in a period when they can be paid by its end, so they must be through ``cut_off_days`` before it.
    Whoever something waits for is reminded from ``remind_days`` before the cut-off on; with none nobody is.
    """

    months: int
    due_days: int
    cut_off_days: int
    remind_days: int = 7


@dataclass(frozen=True)
class Due:
    """One period with the last day for claims that are to count in it, and the day on which its statement is due.

    ``remind_on`` is the day from which people are reminded of the cut-off; None when nobody is.
    """

    first: date
    last: date
    cut_off_on: date
    due_on: date
    remind_on: date | None = None

    def is_near(self, today: date) -> bool:
        """Whether people are reminded of the cut-off on a day; its own day is the last on which they are."""
        return self.remind_on is not None and self.remind_on <= today <= self.cut_off_on


def periods(starts_on: date, ends_on: date, rhythm: Rhythm) -> Iterator[Due]:
    """Every period of an agreement in order: each ends with a month, the last with the agreement."""
    first = starts_on
    while first <= ends_on:
        last = min(_end_of_month(first, rhythm.months - 1), ends_on)
        cut_off = max(first, last - timedelta(days=rhythm.cut_off_days))
        remind_on = cut_off - timedelta(days=rhythm.remind_days) if rhythm.remind_days else None
        yield Due(first, last, cut_off, last + timedelta(days=rhythm.due_days), remind_on)
        first = last + timedelta(days=1)


def _end_of_month(day: date, months_later: int) -> date:
    years, month = divmod(day.month - 1 + months_later, 12)
    return date(day.year + years, month + 1, calendar.monthrange(day.year + years, month + 1)[1])


def standing(due: Due, today: date, *, signed: bool, sent: bool, in_hand: bool) -> Standing:
    """How the statement of a period stands; one that is signed is overdue, too, until it was sent."""
    if sent:
        return Standing.SENT
    if today > due.due_on:
        return Standing.OVERDUE
    if signed:
        return Standing.SIGNED
    if today <= due.last:
        return Standing.RUNNING if today >= due.first else Standing.TO_COME
    return Standing.IN_HAND if in_hand else Standing.TO_PREPARE
