"""Offers: approving, reserving the money, sending the notice; and what ends an offer."""

from __future__ import annotations

from datetime import date, timedelta

from voucher.accounts.models import Person
from voucher.applications.models import Application
from voucher.applications.queries import live_application, lock_application
from voucher.applications.reviewing import begin_review, deciding
from voucher.applications.rules import TRANSITIONS, TURNED_DOWN, ApplicationState, notice_still_good
from voucher.audit.commands import begin_state, change_state
from voucher.funding.ledger import About, moves, post
from voucher.funding.queries import agreements_of_round, round_shares, split_over, standing_of_application
from voucher.funding.rules import Account, EntryKind, last_day_fits
from voucher.notifications.commands import tell
from voucher.organisations.models import Organisation
from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.platform.db import session
from voucher.platform.errors import Conflict, DomainError
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.i18n import said
from voucher.platform.references import new_reference
from voucher.schemes.commands import give_back_to_round, take_from_round
from voucher.schemes.models import Round, VoucherType
from voucher.schemes.queries import held_still
from voucher.subsidies.commands import send_notice
from voucher.subsidies.models import SubsidyRecord
from voucher.subsidies.queries import latest_record
from voucher.subsidies.rules import RecordKind

S = ApplicationState


def offer(act: Act, target: Round, business: Organisation, contact: Person) -> Application:
    """Enters, reviews and approves an application in one sitting, reserves its money and sends the subsidy notice."""
    application = submit(act, target, business, contact)
    approve(act, application)
    return application


def submit(act: Act, target: Round, business: Organisation, contact: Person) -> Application:
    """Enters an application by an officer, as ``enter`` does."""
    act.require(Permission.OFFERS_DECIDE, scheme_id=target.scheme_id)
    return enter(act, target, business, contact)


def enter(act: Act, target: Round, business: Organisation, contact: Person) -> Application:
    """Enters an application in an open round; raises Conflict when the business has one, or a voucher, already.

    Whoever calls it knows that the actor may: an officer, or the contact who speaks for the business.
    """
    check_open(act, target)
    session.get_one(Organisation, business.id, with_for_update=True)  # two at once enter one application
    before = live_application(target.scheme_id, business.id)
    if before is not None:
        raise Conflict(
            "application_live",
            said(
                "%(business)s has application %(before)s in this scheme (%(state)s).",
                business=business.name,
                before=before.reference,
                state=said(before.state),
            ),
        )
    kind = held_still(target.voucher_type)
    application = Application(
        reference=new_reference(target.scheme.reference, "A"),
        scheme_id=target.scheme_id,
        round=target,
        business=business,
        contact=contact,
        state=S.SUBMITTED,
        face_pence=kind.face_pence,
        submitted_at=act.now,
    )
    _take_terms_of_offer(application, kind)
    session.add(application)
    begin_state(act.actor, "application.submitted", application, at=act.now)
    return application


def check_open(act: Act, target: Round) -> None:
    """Raises DomainError on a day on which the round takes no applications."""
    if not target.opens_on <= act.today <= target.closes_on:
        raise DomainError(
            "round_closed",
            said(
                "Round %(target)s takes applications from %(opens)s to %(closes)s.",
                target=target.code,
                opens=target.opens_on,
                closes=target.closes_on,
            ),
        )


def approve(act: Act, application: Application) -> None:
    """Approves: takes the amount from the round, reserves it on the round's lines by their shares, sends the notice."""
    application = deciding(act, application)
    begin_review(act, application)
    take_from_round(application.round, application.face_pence)
    parts = split_over(application.face_pence, round_shares(application.round_id))
    post(
        act,
        EntryKind.RESERVED,
        application.scheme_id,
        moves(parts, Account.UNALLOCATED, Account.RESERVED, About(application_id=application.id)),
        reason=f"application {application.reference} approved",
    )
    change_state(
        act.actor,
        "application.approved",
        application,
        S.APPROVED,
        TRANSITIONS,
        at=act.now,
        pence=application.face_pence,
    )
    application.decided_by, application.decided_at = act.person_id, act.now
    _take_terms_of_offer(application, held_still(application.round.voucher_type))
    application.offer_until = act.today + timedelta(days=application.scheme.offer_days)
    _check_can_be_paid(application, application.offer_until)
    notify(act, application)


def _check_can_be_paid(application: Application, offer_until: date) -> None:
    """Raises DomainError when a voucher, accepted on the offer's last day, could not be claimed and paid in time."""
    scheme = application.scheme
    last_day = min(offer_until + timedelta(days=application.validity_days), scheme.ends_on)
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
                    "A voucher of this offer could run to %(last_day)s, which leaves no time to claim and "
                    "pay before agreement %(agreement)s ends on %(ends)s.",
                    last_day=last_day,
                    agreement=agreement.reference,
                    ends=agreement.ends_on,
                ),
            )


def _take_terms_of_offer(application: Application, kind: VoucherType) -> None:
    """What is offered beside the amount, so that a later change of the voucher type reaches no offer that is out."""
    application.good_for = list(kind.good_for)
    application.validity_days = kind.validity_days
    application.minimum_own_pence = kind.minimum_own_pence
    application.notice_days = application.round.scheme.notice_days


def notify(act: Act, application: Application) -> SubsidyRecord:
    """Sends the subsidy notice to the contact of the decision, with the link by which it can answer."""
    notice = send_notice(
        act, scheme_id=application.scheme_id, application_id=application.id, pence=application.face_pence
    )
    tell(
        act,
        "offer",
        email=application.contact.email,
        scheme_id=application.scheme_id,
        person_id=application.contact_id,
        application_id=application.id,
    )
    return notice


def good_notice(act: Act, application: Application) -> SubsidyRecord:
    """The notice that a reply answers; raises DomainError when there is none, or only one that is too old."""
    notice = latest_record(application.id, RecordKind.NOTICE)
    if notice is None:
        raise DomainError("no_notice", _("No subsidy notice was sent for this application."))
    if not notice_still_good(notice.at, act.now, application.notice_days):
        raise DomainError(
            "notice_too_old",
            said(
                "The subsidy notice is older than %(notice_days)s days. Send it again with “voucher "
                "offer --again”, then confirm.",
                notice_days=application.notice_days,
            ),
        )
    return notice


def send_notice_again(act: Act, application: Application) -> SubsidyRecord:
    """Sends a fresh notice for an approved application whose first one has become too old."""
    application = deciding(act, application)
    if application.state != S.APPROVED:
        raise DomainError(
            "not_approved",
            said(
                "Application %(application)s is %(state)s.",
                application=application.reference,
                state=said(application.state),
            ),
        )
    return notify(act, application)


def decline(act: Act, application: Application, *, reason: str) -> None:
    """Declines an application that is in review; a reason is owed to the business."""
    application = deciding(act, application)
    if not reason.strip():
        raise DomainError("reason_needed", _("Say why: the business reads the reason."), "reason")
    begin_review(act, application)
    change_state(act.actor, "application.declined", application, S.DECLINED, TRANSITIONS, at=act.now, reason=reason)
    application.decided_by, application.decided_at = act.person_id, act.now
    tell(
        act,
        "application_declined",
        email=application.contact.email,
        scheme_id=application.scheme_id,
        person_id=application.contact_id,
        application_id=application.id,
    )


def withdraw_application(act: Act, application: Application, *, reason: str) -> None:
    """Ends an application before acceptance, by the business or by an officer; what it reserved goes back."""
    if not act.actor.may(Permission.BUSINESS_OFFERS_ACCEPT, organisation_id=application.business_id):
        act.require(Permission.OFFERS_DECIDE, scheme_id=application.scheme_id)
    _end(act, lock_application(application.id), S.WITHDRAWN, "application.withdrawn", reason)
    _tell_withdrawn(act, application)


def turn_down(act: Act, application: Application, *, reason: str = "") -> None:
    """The business does not want what it is offered: the offer ends, and what it reserved goes back.

    Raises Conflict when there is no offer to answer any more. The business need not say why.
    """
    act.require(Permission.BUSINESS_OFFERS_ACCEPT, organisation_id=application.business_id)
    application = lock_application(application.id)
    if application.state != S.APPROVED:
        raise Conflict("no_offer", _("This offer was answered or has ended meanwhile."))
    _end(act, application, S.WITHDRAWN, "application.turned_down", reason.strip() or TURNED_DOWN)
    _tell_withdrawn(act, application)


def _tell_withdrawn(act: Act, application: Application) -> None:
    tell(
        act,
        "application_withdrawn",
        email=application.contact.email,
        scheme_id=application.scheme_id,
        person_id=application.contact_id,
        application_id=application.id,
    )


def lapse(act: Act, application: Application) -> None:
    """Ends an offer that was not answered in time; run by the worker."""
    _end(act, lock_application(application.id), S.LAPSED, "application.lapsed", "the offer was not answered in time")


def _end(act: Act, application: Application, to: ApplicationState, action: str, reason: str) -> None:
    reserved = standing_of_application(application.id, Account.RESERVED)
    change_state(act.actor, action, application, to, TRANSITIONS, at=act.now, reason=reason)
    if reserved:
        give_back_to_round(application.round_id, application.face_pence)  # the round before its lines, as approval does
        post(
            act,
            EntryKind.RESERVATION_RELEASED,
            application.scheme_id,
            moves(reserved, Account.RESERVED, Account.UNALLOCATED, About(application_id=application.id)),
            reason=f"application {application.reference} {to}",
        )
