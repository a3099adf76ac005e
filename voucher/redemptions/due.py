"""What falls due by itself: each thing once, however often and by however many workers it is run (rules 12, 14).

A query finds only what is due; each thing is then read again under the lock that everybody takes, and left alone when
somebody was faster. One thing that fails does not keep the others back.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from voucher.accounts.queries import holders
from voucher.accounts.rules import Role
from voucher.applications.commands import lapse
from voucher.applications.models import Application
from voucher.applications.queries import lock_application
from voucher.applications.rules import ApplicationState
from voucher.audit.commands import record
from voucher.audit.models import AuditEvent
from voucher.funding.changes import apply_pending_changes
from voucher.funding.models import Agreement, AgreementChange
from voucher.funding.rules import ChangeState
from voucher.notifications.commands import tell
from voucher.platform.act import Act
from voucher.platform.clock import london_date
from voucher.platform.db import session
from voucher.redemptions.answers import mark_unconfirmed
from voucher.redemptions.models import DeliverySession, Redemption, RedemptionVersion
from voucher.redemptions.queries import lock_redemption, lock_session
from voucher.redemptions.rules import OPEN_HOURS, RedemptionState, SessionState, half_over
from voucher.redemptions.sessions import lapse_session
from voucher.schemes.models import Scheme
from voucher.vouchers.commands import expire
from voucher.vouchers.models import Voucher
from voucher.vouchers.queries import lock_voucher
from voucher.vouchers.rules import VoucherState, release_falls_due_on

HALFWAY = "claim.halfway_alert"
_EXPIRING = [str(state) for state in (VoucherState.ISSUED, VoucherState.SPENT, VoucherState.SUSPENDED)]


@dataclass
class DueReport:
    """What was done, counted; pence that went back to the lines; and what failed, by kind, row and error."""

    offers_lapsed: int = 0
    vouchers_expired: int = 0
    sessions_lapsed: int = 0
    claims_unconfirmed: int = 0
    halfway_alerts: int = 0
    cuts_applied: int = 0
    released_pence: int = 0
    failed: list[tuple[str, int, Exception]] = field(default_factory=list)

    @property
    def total(self) -> int:
        """How many things were done."""
        return (
            self.offers_lapsed
            + self.vouchers_expired
            + self.sessions_lapsed
            + self.claims_unconfirmed
            + self.halfway_alerts
            + self.cuts_applied
        )


def run_due(
    act: Act, scheme: Scheme, *, each: Callable[[], AbstractContextManager[object]] = session.begin_nested
) -> DueReport:
    """Does everything of the scheme that is due by the act's clock; run again at once, it finds nothing to do.

    ``each`` goes around every single thing: by default a savepoint in the caller's transaction, with the worker a
    transaction of its own, so that no lock is held for longer than one thing takes.
    """
    report = DueReport()
    for kind, due, settle in _JOBS:
        for row_id in session.scalars(due(act, scheme)).all():
            try:
                with each():
                    settle(act, row_id, report)
            except Exception as error:  # Kept in the report for the edge to log, which also decides what it is worth.
                report.failed.append((kind, row_id, error))
    return report


def _offers(act: Act, scheme: Scheme) -> Select[int]:
    return (
        select(Application.id)
        .where(
            Application.scheme_id == scheme.id,
            Application.state == str(ApplicationState.APPROVED),
            Application.offer_until < act.today,
        )
        .order_by(Application.id)
    )


def _lapse_offer(act: Act, application_id: int, report: DueReport) -> None:
    application = lock_application(application_id)
    unanswered = application.state == ApplicationState.APPROVED
    if unanswered and application.offer_until is not None and application.offer_until < act.today:
        lapse(act, application)
        report.offers_lapsed += 1


def _vouchers(act: Act, scheme: Scheme) -> Select[int]:
    return (
        select(Voucher.id)
        .where(
            Voucher.scheme_id == scheme.id,
            Voucher.state.in_(_EXPIRING),
            Voucher.released_on.is_(None),
            _over(act, scheme, Voucher.late_session_days),
        )
        .order_by(Voucher.id)
    )


def _over(act: Act, scheme: Scheme, days: InstrumentedAttribute[int]) -> ColumnElement[bool]:
    """Of vouchers whose last day lies further back than the days with which each of them was issued."""
    known = session.scalars(select(days).where(Voucher.scheme_id == scheme.id).distinct()).all()
    return or_(false(), *(and_(days == each, Voucher.last_day < act.today - timedelta(days=each)) for each in known))


def _expire_voucher(act: Act, voucher_id: int, report: DueReport) -> None:
    voucher = lock_voucher(voucher_id)
    due_on = release_falls_due_on(voucher.last_day, voucher.late_session_days)
    if voucher.released_on is None and voucher.state in _EXPIRING and due_on <= act.today:
        free = voucher.remaining_pence
        expire(act, voucher, due_on=due_on)
        report.vouchers_expired += 1
        report.released_pence += free


def _open_sessions(act: Act, scheme: Scheme) -> Select[int]:
    return (
        select(DeliverySession.id)
        .where(
            DeliverySession.scheme_id == scheme.id,
            DeliverySession.state == str(SessionState.OPEN),
            DeliverySession.opened_at < act.now - timedelta(hours=OPEN_HOURS),
        )
        .order_by(DeliverySession.id)
    )


def _unclaimed_sessions(act: Act, scheme: Scheme) -> Select[int]:
    return (
        select(DeliverySession.id)
        .join(Voucher, Voucher.id == DeliverySession.voucher_id)
        .where(
            Voucher.scheme_id == scheme.id,
            _over(act, scheme, Voucher.claim_window_days),
            DeliverySession.state == str(SessionState.RECORDED),
        )
        .order_by(DeliverySession.id)
    )


def _lapse_session(act: Act, session_id: int, report: DueReport) -> None:
    voucher = lock_voucher(session.get_one(DeliverySession, session_id).voucher_id)
    lapsing = lock_session(session_id)
    unrecorded = lapsing.state == SessionState.OPEN and act.now - lapsing.opened_at > timedelta(hours=OPEN_HOURS)
    window = timedelta(days=voucher.claim_window_days)
    unclaimed = lapsing.state == SessionState.RECORDED and voucher.last_day + window < act.today
    if unrecorded or unclaimed:
        to_the_lines = lapsing.held_pence if voucher.released_on is not None else 0
        lapse_session(act, lapsing)
        report.sessions_lapsed += 1
        report.released_pence += to_the_lines


def _unanswered_claims(act: Act, scheme: Scheme) -> Select[int]:
    return _submitted(scheme).where(Redemption.answer_by < act.today)


def _mark_unconfirmed(act: Act, redemption_id: int, report: DueReport) -> None:
    claim = lock_redemption(redemption_id)
    if claim.state == RedemptionState.SUBMITTED and claim.answer_by < act.today:
        mark_unconfirmed(act, claim)
        report.claims_unconfirmed += 1


def _halfway_claims(act: Act, scheme: Scheme, *of: ColumnElement[bool]) -> Select[int]:
    """Those whose time to answer is half over, by the days that the business was promised when it was asked."""
    told = select(AuditEvent.id).where(
        AuditEvent.object_kind == "redemption",
        AuditEvent.object_id == Redemption.id,
        AuditEvent.action == HALFWAY,
        AuditEvent.details["version"].as_integer() == Redemption.version,
    )
    asked_at = func.coalesce(RedemptionVersion.at, Redemption.submitted_at)
    in_this_version = and_(
        RedemptionVersion.redemption_id == Redemption.id, RedemptionVersion.version == Redemption.version
    )
    waiting = (
        _submitted(scheme)
        .where(Redemption.answer_by >= act.today, ~told.exists(), *of)
        .outerjoin(RedemptionVersion, in_this_version)
        .add_columns(Redemption.answer_by, asked_at)
    )
    due = [
        claim_id
        for claim_id, answer_by, at in session.execute(waiting)
        if half_over(london_date(at), answer_by, act.today)
    ]
    return _submitted(scheme).where(Redemption.id.in_(due))


def _alert_halfway(act: Act, redemption_id: int, report: DueReport) -> None:
    claim = lock_redemption(redemption_id)
    still_due = session.scalar(_halfway_claims(act, claim.voucher.scheme, Redemption.id == claim.id))
    if still_due is None:
        return
    record(act.actor, HALFWAY, claim, at=act.now, details={"version": claim.version})
    contact = claim.voucher.application.contact
    # The link of the first message has run out by now or soon will, so the business gets another.
    tell(
        act,
        "claim_reminder",
        email=contact.email,
        scheme_id=claim.scheme_id,
        person_id=contact.id,
        redemption_id=claim.id,
    )
    for person in holders(Role.VERIFIER, claim.scheme_id, act.now) or holders(
        Role.SCHEME_ADMINISTRATOR, claim.scheme_id, act.now
    ):
        tell(
            act,
            "claim_halfway",
            email=person.email,
            scheme_id=claim.scheme_id,
            person_id=person.id,
            redemption_id=claim.id,
        )
    report.halfway_alerts += 1


def _submitted(scheme: Scheme) -> Select[int]:
    return (
        select(Redemption.id)
        .where(Redemption.scheme_id == scheme.id, Redemption.state == str(RedemptionState.SUBMITTED))
        .order_by(Redemption.id)
    )


def _schemes_with_cuts(_act: Act, scheme: Scheme) -> Select[int]:
    waiting = (
        select(AgreementChange.id)
        .join(Agreement, Agreement.id == AgreementChange.agreement_id)
        .where(Agreement.scheme_id == Scheme.id, AgreementChange.state == str(ChangeState.PENDING))
    )
    return select(Scheme.id).where(Scheme.id == scheme.id, waiting.exists())


def _apply_cuts(act: Act, scheme_id: int, report: DueReport) -> None:
    report.cuts_applied += apply_pending_changes(act, session.get_one(Scheme, scheme_id))


_Job = tuple[str, Callable[[Act, Scheme], Select[int]], Callable[[Act, int, DueReport], None]]

# Vouchers before their sessions, as the days have it, and cuts last, when money has come back.
_JOBS: Sequence[_Job] = (
    ("offer", _offers, _lapse_offer),
    ("open session", _open_sessions, _lapse_session),
    ("voucher", _vouchers, _expire_voucher),
    ("recorded session", _unclaimed_sessions, _lapse_session),
    ("claim", _unanswered_claims, _mark_unconfirmed),
    ("half-way alert", _halfway_claims, _alert_halfway),
    ("agreement cut", _schemes_with_cuts, _apply_cuts),
)
