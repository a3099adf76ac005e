"""Pure: Subsidy Control Act 2022, sections 36 and 37 (rules 39 and 40)."""

from __future__ import annotations

import calendar
from datetime import date
from enum import StrEnum

WORDING_VERSION = "MFA-2026-1"
# Above this a subsidy is entered in the public database, whatever it was given as (section 33, rule 42).
PUBLISHED_ABOVE_PENCE = 100_000_00
PUBLISHED_WITHIN_MONTHS = 3
# The database numbers its awards; letters before the digits are the number of a scheme.
AWARD_NUMBER_DIGITS = range(3, 19)


class RecordKind(StrEnum):
    """The dated records of a subsidy, in the order in which the law wants them; issue stands before the letter."""

    NOTICE = "notice"
    REPLY = "reply"
    LETTER = "letter"


class Source(StrEnum):
    """Where a figure of assistance comes from."""

    DECLARED = "declared"
    SYSTEM = "system"


def window_starts_on(day: date) -> date:
    """1 April of the financial year two before the one that ``day`` falls in (section 36: the applicable period)."""
    this_year = day.year if (day.month, day.day) >= (4, 1) else day.year - 1
    return date(this_year - 2, 4, 1)


def within_limit(received_pence: int, new_pence: int, limit_pence: int) -> bool:
    """Whether the total does not exceed the limit; exactly the limit is allowed (rule 39)."""
    return received_pence + new_pence <= limit_pence


def is_published(pence: int) -> bool:
    """Whether a subsidy of this amount is entered in the public database; exactly the amount is not (rule 42)."""
    return pence > PUBLISHED_ABOVE_PENCE


def publish_by(decided_on: date) -> date:
    """The last day for the entry of a large subsidy: three months from its decision (rule 42).

    The same day of the month, or the last day of a month that has no such day.
    """
    years, month = divmod(decided_on.month - 1 + PUBLISHED_WITHIN_MONTHS, 12)
    year = decided_on.year + years
    return date(year, month + 1, min(decided_on.day, calendar.monthrange(year, month + 1)[1]))


def award_number(text: str) -> str | None:
    """An award's number in the public database, without the spaces that it was typed with; None for anything else."""
    number = "".join(text.split())
    return number if number.isascii() and number.isdigit() and len(number) in AWARD_NUMBER_DIGITS else None
