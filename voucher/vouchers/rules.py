"""Pure: a voucher's states and days (rules 7, 10, 12, 13)."""

from __future__ import annotations

from datetime import date, timedelta
from enum import StrEnum

from voucher.platform.i18n import gettext_noop as _
from voucher.platform.i18n import said, said_of
from voucher.platform.states import State, transitions


class VoucherState(State):
    """Where a voucher stands. *Spent* has nothing left; a refused claim may bring it back."""

    ISSUED = "issued"
    SPENT = "spent"
    SUSPENDED = "suspended"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


S = VoucherState
TRANSITIONS = transitions(
    {
        S.ISSUED: {S.SPENT, S.SUSPENDED, S.EXPIRED, S.CANCELLED},
        S.SPENT: {S.ISSUED, S.EXPIRED, S.CANCELLED},
        S.SUSPENDED: {S.ISSUED, S.SPENT, S.EXPIRED, S.CANCELLED},
        S.EXPIRED: {S.ISSUED},
    }
)


class ReleaseReason(StrEnum):
    """Why a voucher's money went back to its lines."""

    EXPIRED = "expired"
    CANCELLED = "cancelled"


class CancelReason(StrEnum):
    """Why a voucher is cancelled, so that cancellations can be counted by cause."""

    BUSINESS_ASKED = "the business asked for it"
    BUSINESS_CLOSED = "the business has stopped trading"
    NOT_ELIGIBLE = "the business is not eligible after all"
    MISUSE = "the voucher was misused"
    MISTAKE = "it was issued by mistake"
    OTHER = "another reason"


def delivered_in_date(delivered_on: date, issued_on: date, last_day: date) -> bool:
    """Whether work on a day in London counts: from the day of issue to the last day, both included (rules 10, 11)."""
    return issued_on <= delivered_on <= last_day


def recordable_until(last_day: date, late_session_days: int) -> date:
    """The last day on which work done in date may still be recorded."""
    return last_day + timedelta(days=late_session_days)


def claimable_until(last_day: date, claim_window_days: int) -> date:
    """The last day on which work done in date may still be claimed."""
    return last_day + timedelta(days=claim_window_days)


def release_falls_due_on(last_day: date, late_session_days: int) -> date:
    """The day on which what nothing holds is released: the day after the late-session days (rule 12)."""
    return recordable_until(last_day, late_session_days) + timedelta(days=1)


def why_no_extension(
    *, today: date, last_day: date, new_last_day: date, used: int, limit: int, days_limit: int, scheme_ends_on: date
) -> str | None:
    """Why the last day cannot move there, or None (rule 13)."""
    if today > last_day:
        return _("The voucher has expired. An extension must be asked for before the last day is over.")
    if used >= limit:
        return said_of(
            limit,
            "The scheme allows %(num)s extension and this voucher has had %(used)s.",
            "The scheme allows %(num)s extensions and this voucher has had %(used)s.",
            used=used,
        )
    if new_last_day <= last_day:
        return _("The new last day must be later than the present one.")
    if (new_last_day - last_day).days > days_limit:
        return said("An extension is at most %(days_limit)s days.", days_limit=days_limit)
    if new_last_day > scheme_ends_on:
        return _("The new last day lies after the end of the scheme.")
    return None
