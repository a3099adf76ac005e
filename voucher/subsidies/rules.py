"""Pure: Subsidy Control Act 2022, sections 36 and 37 (rules 39 and 40)."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

WORDING_VERSION = "MFA-2026-1"


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
