"""Delivery sessions: recorded in half a minute, they hold their estimated grant until the claim (DESIGN 7)."""

from __future__ import annotations

from datetime import date, timedelta

from voucher.audit.commands import change_state
from voucher.notifications.commands import tell
from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.platform.errors import DomainError, Forbidden
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.i18n import said
from voucher.providers.models import Package
from voucher.redemptions.lookups import why_provider_cannot
from voucher.redemptions.models import DeliverySession
from voucher.redemptions.queries import held_on, lock_session
from voucher.redemptions.rules import OPEN_HOURS, SESSION_TRANSITIONS, SessionState, grant, refusal_in_words
from voucher.vouchers.balances import hold, let_go, settle_state
from voucher.vouchers.models import Voucher
from voucher.vouchers.queries import lock_voucher
from voucher.vouchers.rules import VoucherState, delivered_in_date, recordable_until

S = SessionState
LONGEST_MINUTES = 24 * 60


def record_session(
    act: Act,
    opened: DeliverySession,
    package: Package,
    *,
    delivered_on: date,
    minutes: int,
    description: str,
    late_reason: str = "",
) -> DeliverySession:
    """Records what was done under an open session; recording the same again changes nothing.

    Raises DomainError, with the field, when the work is out of date, the package is not this provider's for this kind
    of voucher (rule 53), nothing is left, or the provider is not approved at the moment (rule 51).
    """
    act.require(Permission.PROVIDER_SESSIONS_RECORD, organisation_id=opened.provider.organisation_id)
    voucher = lock_voucher(opened.voucher_id)
    recorded = lock_session(opened.id)
    if recorded.state == S.RECORDED and (recorded.package_id, recorded.delivered_on) == (package.id, delivered_on):
        return recorded
    _check(act, recorded, voucher, package, delivered_on, late_reason)
    if not 1 <= minutes <= LONGEST_MINUTES:
        raise DomainError("minutes", _("Enter how many minutes the support took, up to a whole day."), "minutes")
    if not description.strip():
        raise DomainError("description", _("Say in a few words what was done."), "description")
    estimate = grant(
        net_pence=package.net_pence,
        rate_bp=voucher.rate_bp,
        cap_pence=voucher.cap_pence,
        minimum_own_pence=voucher.minimum_own_pence,
        available_pence=voucher.remaining_pence,
    )
    if not estimate:
        raise DomainError("nothing_left", _("Nothing is left on this voucher. The business pays further work in full."))
    change_state(act.actor, "session.recorded", recorded, S.RECORDED, SESSION_TRANSITIONS, at=act.now, pence=estimate)
    recorded.package_id, recorded.delivered_on = package.id, delivered_on
    recorded.minutes, recorded.description, recorded.late_reason = minutes, description.strip(), late_reason.strip()
    recorded.recorded_by, recorded.recorded_at = act.person_id, act.now
    recorded.held_pence = estimate
    hold(voucher, estimate)
    _tell_business(act, "session_recorded", recorded)
    return recorded


def _check(
    act: Act, opened: DeliverySession, voucher: Voucher, package: Package, delivered_on: date, late_reason: str
) -> None:
    cannot = why_provider_cannot(act, opened.provider)
    if cannot is not None:
        raise Forbidden(str(cannot), refusal_in_words(cannot))
    if opened.state != S.OPEN:
        raise DomainError(
            "session_not_open", said("This session is %(state)s. Look the voucher up again.", state=said(opened.state))
        )
    if act.now - opened.opened_at > timedelta(hours=OPEN_HOURS):
        raise DomainError(
            "session_lapsed",
            said(
                "More than %(open_hours)s hours have passed since the look-up. Look the voucher up again.",
                open_hours=OPEN_HOURS,
            ),
        )
    if voucher.state != VoucherState.ISSUED:
        raise DomainError(
            "voucher_not_good", said("The voucher is %(state)s by now. Look it up again.", state=said(voucher.state))
        )
    ours = package.provider_id == opened.provider_id and package.voucher_type_id == voucher.voucher_type_id
    if not (ours and package.active):
        raise DomainError("package", _("This package cannot be used with this voucher. Choose another one."), "package")
    _check_dates(act, voucher, delivered_on, late_reason)


def _check_dates(act: Act, voucher: Voucher, delivered_on: date, late_reason: str) -> None:
    if act.today > recordable_until(voucher.last_day, voucher.late_session_days):
        raise DomainError("expired", _("The days for recording work on this voucher are over."))
    if delivered_on > act.today:
        raise DomainError("delivered_on", _("The day of the support lies in the future."), "delivered_on")
    if not delivered_in_date(delivered_on, voucher.issued_on, voucher.last_day):
        raise DomainError(
            "out_of_date",
            said(
                "The voucher is good for work from %(issued)s to %(last_day)s.",
                issued=voucher.issued_on,
                last_day=voucher.last_day,
            ),
            "delivered_on",
        )
    if act.today > voucher.last_day and not late_reason.strip():
        raise DomainError(
            "late_reason", _("The last day has passed: say why the work is recorded only now."), "late_reason"
        )


def undo_session(act: Act, recorded: DeliverySession, *, reason: str) -> None:
    """Takes a recorded session back: by whoever recorded it, until the business has answered."""
    act.require(Permission.PROVIDER_SESSIONS_RECORD, organisation_id=recorded.provider.organisation_id)
    if not reason.strip():
        raise DomainError("reason_needed", _("Say why the session is taken back."), "reason")
    voucher, recorded = lock_voucher(recorded.voucher_id), lock_session(recorded.id)
    if recorded.recorded_by != act.person_id:
        raise Forbidden("not_the_recorder", _("Only the person who recorded this session can take it back."))
    if recorded.answer is not None:
        raise DomainError("answered", _("The business has answered already. Ask the scheme's office to correct it."))
    _end(act, voucher, recorded, S.UNDONE, "session.undone", reason)
    _tell_business(act, "session_undone", recorded)


def lapse_session(act: Act, lapsing: DeliverySession) -> None:
    """Ends a session that was not recorded within a day, or not claimed within the window; run by the worker."""
    voucher, lapsing = lock_voucher(lapsing.voucher_id), lock_session(lapsing.id)
    if lapsing.state in (S.OPEN, S.RECORDED):
        _end(act, voucher, lapsing, S.LAPSED, "session.lapsed", "its time ran out")


def _end(act: Act, voucher: Voucher, ending: DeliverySession, to: SessionState, action: str, reason: str) -> None:
    held, ending.held_pence = ending.held_pence, 0
    change_state(act.actor, action, ending, to, SESSION_TRANSITIONS, at=act.now, reason=reason, pence=held or None)
    let_go(act, voucher, held)
    if voucher.released_on is None:
        settle_state(act, voucher, held_on)


def _tell_business(act: Act, kind: str, about: DeliverySession) -> None:
    contact = about.voucher.application.contact
    tell(act, kind, email=contact.email, scheme_id=about.scheme_id, person_id=contact.id, session_id=about.id)
