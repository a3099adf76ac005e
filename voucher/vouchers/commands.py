"""A voucher's life: accepted and issued, suspended, extended, cancelled, released (rules 8 to 13)."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import select

from voucher.applications.commands import good_notice
from voucher.applications.models import Application
from voucher.applications.queries import lock_application
from voucher.applications.rules import TRANSITIONS as APPLICATION_TRANSITIONS
from voucher.applications.rules import ApplicationState
from voucher.audit.commands import begin_state, change_state, record
from voucher.audit.rules import Override
from voucher.funding.ledger import About, moves, post
from voucher.funding.queries import agreements_of_round, standing_of_application, standing_of_voucher
from voucher.funding.rules import Account, EntryKind, last_day_fits
from voucher.notifications.commands import tell
from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.platform.clock import london_date
from voucher.platform.db import session
from voucher.platform.errors import DomainError, Forbidden
from voucher.platform.i18n import Said, said
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.references import new_reference
from voucher.schemes.models import Scheme, Terms
from voucher.schemes.queries import held_still, terms_in_force
from voucher.subsidies.commands import receive_reply, send_letter
from voucher.subsidies.models import SubsidyRecord
from voucher.vouchers.balances import post_release
from voucher.vouchers.credential import new_voucher_public_id
from voucher.vouchers.credentials import make_credential
from voucher.vouchers.models import Voucher
from voucher.vouchers.policy import why_not_manage
from voucher.vouchers.queries import lock_voucher
from voucher.vouchers.rules import TRANSITIONS, CancelReason, ReleaseReason, VoucherState, why_no_extension

S = VoucherState


def accept(act: Act, application: Application, *, declared_pence: int, terms_version: str) -> Voucher:
    """The business itself confirms the subsidy notice and accepts the terms: its voucher is issued.

    Accepting again gives the voucher that the first acceptance made.
    """
    if act.person_id != application.contact_id:
        act.require(Permission.BUSINESS_OFFERS_ACCEPT, organisation_id=application.business_id)
    return _accept(act, application, declared_pence, terms_version, None, None)


def enter_acceptance(
    act: Act,
    application: Application,
    *,
    declared_pence: int,
    terms_version: str,
    confirmed_on: date,
    document_id: int,
) -> Voucher:
    """A named officer enters an acceptance that the business gave on paper, with its day and the document."""
    act.require(Permission.OFFERS_EVIDENCE_ENTER, scheme_id=application.scheme_id)
    if application.business_id in act.actor.organisation_ids:
        raise Forbidden("own_application", _("You belong to this business: another person must enter its acceptance."))
    return _accept(act, application, declared_pence, terms_version, confirmed_on, document_id)


def _accept(
    act: Act,
    application: Application,
    declared_pence: int,
    terms_version: str,
    confirmed_on: date | None,
    document_id: int | None,
) -> Voucher:
    application = lock_application(application.id)
    before = voucher_of(application)
    if before is not None:
        return before
    if application.offer_until is not None and act.today > application.offer_until:
        words = said("The offer could be accepted until %(day)s.", day=application.offer_until)
        raise DomainError("offer_ended", words)
    notice = good_notice(act, application)
    noticed_on = london_date(notice.at)
    if confirmed_on is not None and not noticed_on <= confirmed_on <= act.today:
        words = said(
            "The confirmation is dated %(confirmed)s; it must lie between the notice (%(noticed)s) and today.",
            confirmed=confirmed_on,
            noticed=noticed_on,
        )
        raise DomainError("confirmed_on", words, "confirmed_on")
    terms = terms_in_force(application.scheme, act.today)
    if terms_version != terms.version:
        others = _("Terms %(now)s are in force, not %(given)s: they must be accepted.")
        raise DomainError("terms_changed", said(others, now=terms.version, given=terms_version), "terms")
    reply = receive_reply(
        act,
        notice,
        enterprise_id=application.business.enterprise_id,
        declared_pence=declared_pence,
        document_id=document_id,
    )
    change_state(
        act.actor,
        "application.accepted",
        application,
        ApplicationState.ACCEPTED,
        APPLICATION_TRANSITIONS,
        at=act.now,
        override=Override.EVIDENCE_ENTERED if document_id else None,
        pence=application.face_pence if document_id else None,
        details={"terms": terms.version, "declared_pence": declared_pence},
    )
    return _issue(act, application, reply, terms)


def voucher_of(application: Application) -> Voucher | None:
    """The voucher that came of the application, if any."""
    return session.scalar(select(Voucher).where(Voucher.application_id == application.id))


def _issue(act: Act, application: Application, reply: SubsidyRecord, terms: Terms) -> Voucher:
    kind, scheme = application.round.voucher_type, held_still(application.scheme)
    if not kind.open:
        words = said("Voucher type %(kind)s is closed: nothing is issued of it.", kind=kind.code)
        raise DomainError("voucher_type_closed", words)
    reserved = standing_of_application(application.id, Account.RESERVED)
    if sum(reserved.values()) != application.face_pence:
        words = said("No money is reserved for application %(application)s.", application=application.reference)
        raise DomainError("not_reserved", words)
    last_day = _last_day(act, application, scheme)
    voucher = Voucher(
        public_id=new_voucher_public_id().hex(),
        reference=new_reference(scheme.reference, "V"),
        scheme=scheme,
        round_id=application.round_id,
        application=application,
        business=application.business,
        voucher_type=kind,
        terms=terms,
        subsidy_reply_id=reply.id,
        state=S.ISSUED,
        face_pence=application.face_pence,
        remaining_pence=application.face_pence,
        rate_bp=kind.rate_bp,
        cap_pence=kind.cap_pence,
        minimum_own_pence=application.minimum_own_pence,
        good_for=list(application.good_for),
        late_session_days=scheme.late_session_days,
        claim_window_days=scheme.claim_window_days,
        payment_days=scheme.payment_days,
        issued_at=act.now,
        issued_on=act.today,
        last_day=last_day,
        generation=1,
    )
    session.add(voucher)
    begin_state(act.actor, "voucher.issued", voucher, at=act.now, details={"terms": terms.version})
    make_credential(act, voucher)
    about = About(application_id=application.id, voucher_id=voucher.id)
    post(
        act,
        EntryKind.ISSUED,
        scheme.id,
        moves(reserved, Account.RESERVED, Account.COMMITTED, about),
        reason=f"voucher {voucher.reference} issued",
    )
    _send_out(act, voucher)
    return voucher


def _send_out(act: Act, voucher: Voucher) -> None:
    """The letter that the law wants (rule 40), and the voucher itself."""
    send_letter(
        act,
        scheme_id=voucher.scheme_id,
        application_id=voucher.application_id,
        enterprise_id=voucher.business.enterprise_id,
        pence=voucher.face_pence,
    )
    tell_business(act, "voucher_issued", voucher)


def _last_day(act: Act, application: Application, scheme: Scheme) -> date:
    last_day = min(act.today + timedelta(days=application.validity_days), scheme.ends_on)
    for agreement in agreements_of_round(application.round_id):
        if not last_day_fits(
            last_day,
            claim_window_days=scheme.claim_window_days,
            payment_days=scheme.payment_days,
            agreement_ends_on=agreement.ends_on,
        ):
            raise DomainError(
                "too_late",
                said(
                    "A voucher to %(last_day)s leaves no time to claim and pay before agreement "
                    "%(agreement)s ends on %(ends)s.",
                    last_day=last_day,
                    agreement=agreement.reference,
                    ends=agreement.ends_on,
                ),
            )
    return last_day


def tell_business(act: Act, kind: str, voucher: Voucher) -> None:
    contact = voucher.application.contact
    tell(act, kind, email=contact.email, scheme_id=voucher.scheme_id, person_id=contact.id, voucher_id=voucher.id)


def suspend(act: Act, voucher: Voucher, *, reason: str) -> None:
    """Stops look-ups of a voucher while something is looked into."""
    _manage(act, voucher, reason)
    voucher = lock_voucher(voucher.id)
    change_state(act.actor, "voucher.suspended", voucher, S.SUSPENDED, TRANSITIONS, at=act.now, reason=reason)
    voucher.suspension_reason = reason
    tell_business(act, "voucher_suspended", voucher)


def _told(voucher: Voucher, words: str) -> Said:
    return said(words, voucher=voucher.reference, state=said(voucher.state))


def resume(act: Act, voucher: Voucher, *, reason: str) -> None:
    """Ends a suspension."""
    _manage(act, voucher, reason)
    voucher = lock_voucher(voucher.id)
    if voucher.state != S.SUSPENDED:
        raise DomainError("not_suspended", _told(voucher, _("Voucher %(voucher)s is %(state)s, not suspended.")))
    left = sum(standing_of_voucher(voucher.id, Account.COMMITTED).values())
    to = S.ISSUED if left else S.SPENT
    change_state(act.actor, "voucher.resumed", voucher, to, TRANSITIONS, at=act.now, reason=reason)
    voucher.suspension_reason = ""
    tell_business(act, "voucher_resumed", voucher)


def extend(act: Act, voucher: Voucher, *, last_day: date, reason: str) -> None:
    """Moves the last day, within the scheme's limits and before it has passed (rule 13); counted on the statement."""
    _manage(act, voucher, reason)
    voucher = lock_voucher(voucher.id)
    scheme = held_still(voucher.scheme)
    if voucher.state not in (S.ISSUED, S.SUSPENDED):
        raise DomainError(
            "voucher_ended", _told(voucher, _("Voucher %(voucher)s is %(state)s; it cannot be extended."))
        )
    refusal = why_no_extension(
        today=act.today,
        last_day=voucher.last_day,
        new_last_day=last_day,
        used=voucher.extensions,
        limit=scheme.extension_limit,
        days_limit=scheme.extension_days,
        scheme_ends_on=scheme.ends_on,
    )
    if refusal:
        raise DomainError("extension", refusal, "last_day")
    for agreement in agreements_of_round(voucher.round_id):
        if not last_day_fits(
            last_day,
            claim_window_days=voucher.claim_window_days,
            payment_days=voucher.payment_days,
            agreement_ends_on=agreement.ends_on,
        ):
            words = said("Agreement %(agreement)s ends too soon for that.", agreement=agreement.reference)
            raise DomainError("too_late", words, "last_day")
    before, voucher.last_day = voucher.last_day, last_day
    voucher.extensions += 1
    record(
        act.actor,
        "voucher.extended",
        voucher,
        at=act.now,
        reason=reason,
        override=Override.EXTENSION,
        pence=voucher.remaining_pence,
        details={"last_day": [before.isoformat(), last_day.isoformat()]},
    )
    tell_business(act, "voucher_extended", voucher)


def cancel(act: Act, voucher: Voucher, *, reason: str, code: CancelReason = CancelReason.OTHER) -> None:
    """Cancels a voucher: what no session or claim holds goes back to the lines at once (rule 12).

    ``code`` is the cause by which cancellations are counted; ``reason`` says it in somebody's own words.
    """
    _manage(act, voucher, reason)
    voucher = lock_voucher(voucher.id)
    change_state(
        act.actor,
        "voucher.cancelled",
        voucher,
        S.CANCELLED,
        TRANSITIONS,
        at=act.now,
        reason=reason,
        details={"code": str(code)},
    )
    _release(act, voucher, ReleaseReason.CANCELLED, act.today)
    tell_business(act, "voucher_cancelled", voucher)


def expire(act: Act, voucher: Voucher, *, due_on: date) -> None:
    """Ends a voucher whose late-session days are over; run by the worker, once (rule 12)."""
    voucher = lock_voucher(voucher.id)
    if voucher.released_on is not None:
        return
    change_state(act.actor, "voucher.expired", voucher, S.EXPIRED, TRANSITIONS, at=act.now)
    _release(act, voucher, ReleaseReason.EXPIRED, due_on)


def _release(act: Act, voucher: Voucher, reason: ReleaseReason, day: date) -> None:
    free = voucher.remaining_pence
    voucher.remaining_pence = 0
    voucher.released_on, voucher.release_reason = day, str(reason)
    voucher.application.voucher_ended = True
    session.flush()
    if free:
        kind = EntryKind.RELEASED_EXPIRED if reason == ReleaseReason.EXPIRED else EntryKind.RELEASED_CANCELLED
        post_release(act, voucher, kind, free, day)


def _manage(act: Act, voucher: Voucher, reason: str) -> None:
    act.require(Permission.VOUCHERS_MANAGE, scheme_id=voucher.scheme_id)
    refusal = why_not_manage(act.actor, voucher)
    if refusal:
        raise Forbidden("own_voucher", refusal)
    if not reason.strip():
        raise DomainError("reason_needed", _("Say why: the reason stands in the voucher's history."), "reason")
