"""Pure: an application's states, and for how long a notice stays good (rule 8)."""

from __future__ import annotations

from datetime import datetime, timedelta

from voucher.platform.states import State, transitions


class ApplicationState(State):
    """Where an application stands."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    IN_REVIEW = "in review"
    INFORMATION_REQUESTED = "information requested"
    APPROVED = "approved"
    DECLINED = "declined"
    WAITLISTED = "waitlisted"
    ACCEPTED = "accepted"
    LAPSED = "lapsed"
    WITHDRAWN = "withdrawn"


S = ApplicationState
TRANSITIONS = transitions(
    {
        S.DRAFT: {S.SUBMITTED, S.WITHDRAWN},
        S.SUBMITTED: {S.IN_REVIEW, S.WITHDRAWN},
        S.IN_REVIEW: {S.INFORMATION_REQUESTED, S.APPROVED, S.DECLINED, S.WAITLISTED, S.WITHDRAWN},
        S.INFORMATION_REQUESTED: {S.IN_REVIEW, S.WITHDRAWN},
        S.WAITLISTED: {S.APPROVED, S.LAPSED, S.WITHDRAWN},
        S.DECLINED: {S.IN_REVIEW},
        S.APPROVED: {S.ACCEPTED, S.LAPSED, S.WITHDRAWN},
    }
)
LIVE = frozenset({S.DRAFT, S.SUBMITTED, S.IN_REVIEW, S.INFORMATION_REQUESTED, S.APPROVED, S.WAITLISTED, S.ACCEPTED})


def notice_still_good(sent_at: datetime, now: datetime, notice_days: int) -> bool:
    """Whether a subsidy notice is recent enough to be confirmed; an older one is sent again."""
    return now - sent_at <= timedelta(days=notice_days)
