"""Claims: handed in once however often they are sent, corrected in versions, withdrawn (rules 18 to 22)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from voucher.applications.queries import contact_of
from voucher.audit.commands import begin_state, change_state, record
from voucher.funding.ledger import About, moves, post
from voucher.funding.queries import split_over, standing_of_voucher
from voucher.funding.rules import Account, EntryKind
from voucher.notifications.commands import tell
from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.platform.db import session
from voucher.platform.errors import DomainError
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.i18n import said
from voucher.platform.references import new_reference
from voucher.providers.models import Provider
from voucher.redemptions.alike import invoice_shape
from voucher.redemptions.automatic import run_automatic
from voucher.redemptions.claim_checks import Attached, Invoice, check_invoice, check_sessions, worked_out_grant
from voucher.redemptions.giving_back import give_back
from voucher.redemptions.likeness import compare, compare_new, note_refused_repeat
from voucher.redemptions.lookups import why_provider_cannot
from voucher.redemptions.models import DeliverySession, Evidence, Redemption, RedemptionVersion, RequestKey
from voucher.redemptions.queries import (
    answer_in_force,
    first_use,
    held_on,
    lock_redemption,
    lock_session,
    sessions_of,
)
from voucher.redemptions.rules import (
    REDEMPTION_TRANSITIONS,
    SESSION_TRANSITIONS,
    Delivered,
    RedemptionState,
    SessionState,
    normalise_invoice_number,
    refusal_in_words,
)
from voucher.redemptions.sampling import draw
from voucher.vouchers.balances import hold, let_go, settle_state
from voucher.vouchers.models import Voucher
from voucher.vouchers.queries import lock_voucher

R = RedemptionState


@dataclass(frozen=True)
class Accepted:
    """The receipt; ``repeated`` when the same request had been accepted before."""

    redemption: Redemption
    repeated: bool = False


@dataclass(frozen=True)
class Refused:
    """Why a rule refused the claim; the attempt is kept."""

    code: str
    message: str
    field: str | None = None


@dataclass(frozen=True)
class Sent:
    """What a provider sent: its invoice and files, for a claim that there is already when it is corrected."""

    provider: Provider
    invoice: Invoice
    evidence: Sequence[Attached]
    claim_id: int | None = None


def submit_claim(
    act: Act,
    provider: Provider,
    sessions: Sequence[DeliverySession],
    invoice: Invoice,
    evidence: Sequence[Attached] = (),
    *,
    request_key: str,
) -> Accepted | Refused:
    """Hands in a claim for recorded sessions on one voucher. The grant is worked out here and never typed.

    ``request_key`` is made once for the intent: the same key with the same body gets the first receipt, with another
    body it is refused. What a rule refuses is kept as an attempt and changes nothing else.
    """
    act.require(Permission.PROVIDER_CLAIMS_MAKE, organisation_id=provider.organisation_id)
    body = _body_hash([s.public_id for s in sessions], invoice, evidence)
    sent = Sent(provider, invoice, evidence)
    return _keeping_refusals(act, sent, lambda: _submit(act, sent, sessions, request_key, body))


def _keeping_refusals(act: Act, sent: Sent, attempt: Callable[[], Accepted]) -> Accepted | Refused:
    try:
        with session.begin_nested():
            return attempt()
    except IntegrityError as broken:
        if not _same_invoice(broken):
            raise
        # A claim on another voucher took the same invoice in the same moment.
        refusal = DomainError("invoice_used", _("This invoice supports another claim already."), "invoice_number")
    except DomainError as refused:
        refusal = refused
    record(act.actor, "claim.refused_at_submission", sent.provider, at=act.now, reason=refusal.message)
    if refusal.code in ("invoice_used", "file_used"):
        note_refused_repeat(
            act,
            sent.provider,
            invoice_key=normalise_invoice_number(sent.invoice.number),
            hashes=[item.document.sha256 for item in sent.evidence],
            other_than=sent.claim_id,
        )
    return Refused(refusal.code, refusal.message, refusal.field)


def _same_invoice(broken: IntegrityError) -> bool:
    """Whether the database refused because of the unique index over providers' invoices."""
    words = str(broken.orig)
    return "uq_redemption_invoice" in words or "redemption.invoice_key" in words


def _body_hash(session_ids: Sequence[str], invoice: Invoice, evidence: Sequence[Attached]) -> str:
    body = {
        "sessions": sorted(session_ids),
        "invoice": [invoice.number, invoice.invoiced_on.isoformat(), invoice.net_pence, invoice.vat_pence],
        "gross": invoice.gross_pence,
        "lines": invoice.vat_lines,
        "files": sorted([item.document.sha256, str(item.kind)] for item in evidence),
    }
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()


def _repeat(provider: Provider, operation: str, key: str, body: str) -> Accepted | None:
    before = first_use(provider.id, operation, key)
    if before is None:
        return None
    if before.body_hash != body:
        raise DomainError("key_reused", _("This request was sent before with other figures. Start the claim anew."))
    return Accepted(session.get_one(Redemption, before.result_id), repeated=True)


def _submit(act: Act, sent: Sent, sessions: Sequence[DeliverySession], key: str, body: str) -> Accepted:
    provider, invoice = sent.provider, sent.invoice
    if not sessions:
        raise DomainError("no_sessions", _("Choose the sessions that you claim for."), "sessions")
    voucher = lock_voucher(sessions[0].voucher_id)
    repeated = _repeat(provider, "claim", key, body)  # asked under the lock: fifty at once make one claim
    if repeated:
        return repeated
    sessions = [lock_session(s.id) for s in sessions]
    check_sessions(act, provider, voucher, sessions)
    check_invoice(act, provider, voucher, sessions, invoice, sent.evidence, other_than=None)
    held = sum(s.held_pence for s in sessions)
    granted = worked_out_grant(voucher, invoice, held + voucher.remaining_pence)
    redemption = _new_redemption(act, provider, voucher, invoice, granted)
    if granted > held:
        hold(voucher, granted - held)
    _claim_sessions(act, redemption, sessions)
    _attach(redemption, sent.evidence)
    _write_version(act, redemption, sessions)
    _post_claimed(act, redemption, granted)
    let_go(act, voucher, max(0, held - granted))
    settle_state(act, voucher, held_on)
    compare_new(act, redemption)
    _tell_business(act, redemption)
    _keep_key(act, provider, "claim", key, body, redemption)
    return Accepted(redemption)


def _new_redemption(act: Act, provider: Provider, voucher: Voucher, invoice: Invoice, granted: int) -> Redemption:
    redemption = Redemption(
        reference=new_reference(voucher.scheme.reference, "C"),
        scheme_id=voucher.scheme_id,
        voucher=voucher,
        provider=provider,
        state=R.SUBMITTED,
        submitted_by=act.person_id,
        submitted_at=act.now,
        answer_by=act.today + timedelta(days=voucher.scheme.confirmation_days),
    )
    _set_figures(redemption, invoice, granted)
    session.add(redemption)
    begin_state(act.actor, "claim.submitted", redemption, at=act.now)
    return redemption


def _set_figures(redemption: Redemption, invoice: Invoice, granted: int) -> None:
    redemption.invoice_number = invoice.number.strip()
    redemption.invoice_key = normalise_invoice_number(invoice.number)
    redemption.invoice_shape = invoice_shape(redemption.invoice_key)
    redemption.invoice_on = invoice.invoiced_on
    redemption.net_pence, redemption.vat_pence = invoice.net_pence, invoice.vat_pence
    redemption.gross_pence = invoice.gross_pence
    redemption.vat_lines = [list(line) for line in invoice.vat_lines]
    redemption.claimed_pence = redemption.grant_pence = granted
    redemption.own_pence = invoice.net_pence - granted


def _claim_sessions(act: Act, redemption: Redemption, sessions: Sequence[DeliverySession]) -> None:
    for item in sessions:
        item.held_pence = 0
        item.redemption_id = redemption.id
        change_state(act.actor, "session.claimed", item, SessionState.CLAIMED, SESSION_TRANSITIONS, at=act.now)


def _attach(redemption: Redemption, evidence: Sequence[Attached]) -> None:
    """Adds the files of this version; one that an earlier version rests on is there already."""
    earlier = select(Evidence).where(Evidence.redemption_id == redemption.id)
    before = {(item.document_id, item.kind) for item in session.scalars(earlier)} if redemption.version > 1 else set()
    session.add_all(
        Evidence(
            redemption_id=redemption.id,
            document_id=item.document.id,
            kind=str(item.kind),
            version=redemption.version,
        )
        for item in evidence
        if (item.document.id, str(item.kind)) not in before
    )


def _write_version(act: Act, redemption: Redemption, sessions: Sequence[DeliverySession]) -> None:
    session.add(
        RedemptionVersion(
            redemption_id=redemption.id,
            version=redemption.version,
            figures={
                "sessions": [s.public_id for s in sessions],
                "invoice_number": redemption.invoice_number,
                "invoice_on": redemption.invoice_on.isoformat(),
                "net_pence": redemption.net_pence,
                "vat_pence": redemption.vat_pence,
                "gross_pence": redemption.gross_pence,
                "grant_pence": redemption.grant_pence,
                "own_pence": redemption.own_pence,
            },
            by_id=act.person_id,
            at=act.now,
        )
    )


def _post_claimed(act: Act, redemption: Redemption, pence: int) -> None:
    parts = split_over(pence, standing_of_voucher(redemption.voucher_id, Account.COMMITTED))
    about = About(voucher_id=redemption.voucher_id, redemption_id=redemption.id)
    post(
        act,
        EntryKind.CLAIMED,
        redemption.scheme_id,
        moves(parts, Account.COMMITTED, Account.CLAIMED, about),
        reason=f"claim {redemption.reference}, version {redemption.version}",
    )


def _keep_key(act: Act, provider: Provider, operation: str, key: str, body: str, redemption: Redemption) -> None:
    session.add(
        RequestKey(
            provider_id=provider.id, operation=operation, key=key, body_hash=body, result_id=redemption.id, at=act.now
        )
    )


def _tell_business(act: Act, redemption: Redemption) -> None:
    contact = contact_of(redemption.voucher.application_id)
    tell(
        act,
        "claim_made",
        email=contact.email,
        scheme_id=redemption.scheme_id,
        person_id=contact.id,
        redemption_id=redemption.id,
    )


def resubmit_claim(
    act: Act,
    redemption: Redemption,
    invoice: Invoice,
    evidence: Sequence[Attached] = (),
    *,
    request_key: str,
) -> Accepted | Refused:
    """Hands a claim that was sent back in again, as a new version.

    The business is asked again only when its money or the invoice's day changed; it never exceeds what is there.
    """
    provider = redemption.provider
    act.require(Permission.PROVIDER_CLAIMS_MAKE, organisation_id=provider.organisation_id)
    body = _body_hash([redemption.reference], invoice, evidence)
    sent = Sent(provider, invoice, evidence, redemption.id)
    return _keeping_refusals(act, sent, lambda: _resubmit(act, sent, redemption.id, request_key, body))


def _asked_about(redemption: Redemption) -> tuple[int, int, int, date]:
    """What the business's answer was about: when any of it is another, it is asked again."""
    return redemption.net_pence, redemption.vat_pence, redemption.own_pence, redemption.invoice_on


def _resubmit(act: Act, sent: Sent, redemption_id: int, key: str, body: str) -> Accepted:
    invoice, evidence = sent.invoice, sent.evidence
    voucher = lock_voucher(session.get_one(Redemption, redemption_id).voucher_id)
    redemption = lock_redemption(redemption_id)
    provider = redemption.provider
    repeated = _repeat(provider, "resubmit", key, body)
    if repeated:
        return repeated
    _refuse_unless_sent_back(act, redemption)
    sessions = sessions_of(redemption)
    check_invoice(act, provider, voucher, sessions, invoice, evidence, other_than=redemption.id)
    before = _asked_about(redemption)
    granted = _granted_anew(act, voucher, redemption, invoice)
    redemption.version += 1
    _set_figures(redemption, invoice, granted)
    if before != _asked_about(redemption):
        redemption.material_version = redemption.version
    redemption.answer_by = act.today + timedelta(days=voucher.scheme.confirmation_days)
    answered = answer_in_force(redemption)
    redemption.other_evidence_by = None  # what was accepted without the business was the version before
    delivered = all(item.answer == Delivered.YES for item in sessions)
    to = R.CONFIRMED if delivered and answered is not None and answered.accepts else R.SUBMITTED
    change_state(act.actor, "claim.resubmitted", redemption, to, REDEMPTION_TRANSITIONS, at=act.now, pence=granted)
    _attach(redemption, evidence)
    _write_version(act, redemption, sessions)
    settle_state(act, voucher, held_on)
    compare(act, redemption)
    _keep_key(act, provider, "resubmit", key, body, redemption)
    if to == R.SUBMITTED:
        _tell_business(act, redemption)
    else:
        draw(redemption)
        run_automatic(act, redemption)
    return Accepted(redemption)


def _refuse_unless_sent_back(act: Act, redemption: Redemption) -> None:
    cannot = why_provider_cannot(act, redemption.provider)
    if cannot is not None:
        raise DomainError(str(cannot), refusal_in_words(cannot))
    if redemption.state != R.SENT_BACK:
        raise DomainError(
            "not_sent_back",
            said(
                "Claim %(redemption)s is %(state)s, not sent back.",
                redemption=redemption.reference,
                state=said(redemption.state),
            ),
        )


def _granted_anew(act: Act, voucher: Voucher, redemption: Redemption, invoice: Invoice) -> int:
    """What the voucher pays for the corrected invoice, in pence; the difference is held or given back at once."""
    granted = worked_out_grant(voucher, invoice, redemption.grant_pence + voucher.remaining_pence)
    difference = granted - redemption.grant_pence
    if difference > 0:
        hold(voucher, difference)
        _post_claimed(act, redemption, difference)
    elif difference < 0:
        give_back(act, voucher, redemption, -difference, reason=f"claim {redemption.reference} reduced")
    return granted


def withdraw_claim(act: Act, redemption: Redemption, *, reason: str) -> None:
    """The provider takes its claim back: the money returns, the sessions may be claimed again."""
    act.require(Permission.PROVIDER_CLAIMS_MAKE, organisation_id=redemption.provider.organisation_id)
    if not reason.strip():
        raise DomainError("reason_needed", _("Say why you take the claim back."), "reason")
    voucher, redemption = lock_voucher(redemption.voucher_id), lock_redemption(redemption.id)
    change_state(
        act.actor, "claim.withdrawn", redemption, R.WITHDRAWN, REDEMPTION_TRANSITIONS, at=act.now, reason=reason
    )
    redemption.state_reason = reason
    give_back(act, voucher, redemption, redemption.grant_pence, reason=f"claim {redemption.reference} withdrawn")
    for item in sessions_of(redemption):
        change_state(act.actor, "session.unclaimed", item, SessionState.RECORDED, SESSION_TRANSITIONS, at=act.now)
        item.redemption_id = None
    compare(act, redemption)
    settle_state(act, voucher, held_on)
