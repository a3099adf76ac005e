"""Pure: an application's states, and for how long a notice stays good (rule 8)."""

from __future__ import annotations

from datetime import datetime, timedelta

from voucher.platform.i18n import gettext_noop as _
from voucher.platform.states import State, transitions
from voucher.subsidies.rules import is_published


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
TO_DECIDE = (S.SUBMITTED, S.IN_REVIEW, S.INFORMATION_REQUESTED, S.WAITLISTED)
TURNED_DOWN = _("The business does not want the voucher.")
WITHDRAWN_BY_BUSINESS = _("Withdrawn by the business.")
APPROVABLE = frozenset({S.SUBMITTED, S.IN_REVIEW, S.WAITLISTED})
LIVE = frozenset({S.DRAFT, S.SUBMITTED, S.IN_REVIEW, S.INFORMATION_REQUESTED, S.APPROVED, S.WAITLISTED, S.ACCEPTED})
HAS_A_CONTACT = LIVE - {S.DRAFT}
# An application that stands so and was decided before is one that the business appealed for.
APPEALED = frozenset({S.IN_REVIEW, S.INFORMATION_REQUESTED, S.WAITLISTED})
# What a decision can be made of. Whoever was asked for more is waited for.
DECIDABLE = frozenset({S.SUBMITTED, S.IN_REVIEW})


def has_large_subsidy(state: str, face_pence: int) -> bool:
    """Whether a subsidy was given on an application that is entered in the public database (rule 42)."""
    return state == S.ACCEPTED and is_published(face_pence)


class FormState(State):
    """Where the answers of a business that applies stand, until they are an application."""

    DRAFT = "draft"
    TO_CONFIRM = "to confirm"  # taken by phone, and not yet said by the business itself
    NEEDS_A_PERSON = "needs a person"  # names a business that is known here and that the applicant does not speak for
    SENT = "sent"
    REFUSED = "refused"


F = FormState
FORM_TRANSITIONS = transitions(
    {
        F.DRAFT: {F.TO_CONFIRM, F.SENT, F.NEEDS_A_PERSON},
        F.TO_CONFIRM: {F.SENT, F.NEEDS_A_PERSON},
        F.NEEDS_A_PERSON: {F.SENT, F.REFUSED},
    }
)
# What its person may still change, and what stands in the way of another one in the same round.
UNSENT_FORMS = frozenset({F.DRAFT, F.TO_CONFIRM})
OPEN_FORMS = UNSENT_FORMS | {F.NEEDS_A_PERSON}


def notice_still_good(sent_at: datetime, now: datetime, notice_days: int) -> bool:
    """Whether a subsidy notice is recent enough to be confirmed; an older one is sent again."""
    return now - sent_at <= timedelta(days=notice_days)
