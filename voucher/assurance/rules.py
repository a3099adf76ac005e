"""Pure: what an irregularity is and where it stands (rule 63), and what counts as concentrated (rule 52)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from voucher.platform.states import State, transitions


class IrregularityKind(StrEnum):
    """What somebody found, as funders tell the two apart."""

    IRREGULARITY = "irregularity"
    SUSPECTED_FRAUD = "suspected fraud"


class IrregularityState(State):
    """Where an irregularity stands: under investigation, or closed with what came of it."""

    OPEN = "open"
    PROVED = "proved"
    UNFOUNDED = "unfounded"


N = IrregularityState
IRREGULARITY_TRANSITIONS = transitions(
    {
        N.OPEN: {N.PROVED, N.UNFOUNDED},
        N.PROVED: {N.OPEN},
        N.UNFOUNDED: {N.OPEN},
    }
)
CLOSED = frozenset({N.PROVED, N.UNFOUNDED})


class CaseState(State):
    """Where a case of concentration stands."""

    OPEN = "open"
    CLOSED = "closed"


CASE_TRANSITIONS = transitions({CaseState.OPEN: {CaseState.CLOSED}})


class Measure(StrEnum):
    """What may be concentrated in few hands, or out of the ordinary (rule 52)."""

    MONEY = "share of the money"
    VOUCHERS = "share of the vouchers"
    DAY = "claims on one day"
    HOURS = "claims outside office hours"
    CONTACT = "businesses sharing contact details"


@dataclass(frozen=True)
class Thresholds:
    """From what on a case is raised; shares are ten-thousandths, hours are those of a clock in London.

    A provider's share says nothing while the scheme has had fewer than ``least_claims``. ``window_days`` is how far
    back claims are looked at.
    """

    share_bp: int = 5000
    least_claims: int = 10
    claims_a_day: int = 10
    outside_hours: int = 5
    opens_at: int = 7
    closes_at: int = 20
    sharing: int = 2
    window_days: int = 90


def is_outside_hours(at: datetime, thresholds: Thresholds) -> bool:
    """Whether a moment in local time lies at a weekend, or before the office opens or after it closes."""
    return at.weekday() >= 5 or not thresholds.opens_at <= at.hour < thresholds.closes_at


def share_bp(part: int, whole: int) -> int:
    """A part in ten-thousandths of the whole, rounded down; nothing of nothing."""
    return part * 10_000 // whole if whole else 0
