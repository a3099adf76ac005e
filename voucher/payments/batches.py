"""Batches: prepared by one person, approved by another, exported once, taken out of, recalled (rules 16, 29 to 33)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from voucher.audit.commands import begin_state, change_state, record
from voucher.documents.commands import RETAINED_PAYMENT, keep_own_document
from voucher.documents.models import Document
from voucher.payments.gathering import LeftOut, Ready, gather
from voucher.payments.levels import levels_on
from voucher.payments.models import Batch, Payment, PaymentItem
from voucher.payments.payment_files import MadeFile, make_file
from voucher.payments.policy import why_above_level, why_not_approve_batch, why_not_approve_payment
from voucher.payments.queries import claims_ready_to_pay, lock_batch, lock_payment
from voucher.payments.rules import (
    BATCH_TRANSITIONS,
    PAYMENT_TRANSITIONS,
    BatchState,
    PaymentState,
    Route,
)
from voucher.payments.ways import way_in_force
from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.platform.db import session
from voucher.platform.errors import Conflict, DomainError, Forbidden
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.i18n import said
from voucher.platform.money import Amount
from voucher.platform.references import new_reference
from voucher.providers.payees import why_modulus_fails, why_not_usable
from voucher.providers.rules import ProviderState
from voucher.providers.supplier_numbers import why_number_cannot_be_used
from voucher.redemptions.models import Redemption
from voucher.redemptions.queries import lock_redemption
from voucher.redemptions.rules import REDEMPTION_TRANSITIONS, RedemptionState
from voucher.schemes.models import Scheme

B = BatchState


@dataclass(frozen=True)
class Prepared:
    """A new batch, if anything could be paid, and what was left out of it."""

    batch: Batch | None
    left_out: tuple[LeftOut, ...]


def prepare_batch(act: Act, scheme: Scheme) -> Prepared:
    """Gathers approved claims into one payment per provider; claims that cannot be paid are named with the reason."""
    act.require(Permission.BATCHES_PREPARE, scheme_id=scheme.id)
    way = way_in_force(scheme.id)
    gathered = gather(claims_ready_to_pay(scheme.id), way.route)
    if not gathered.ready:
        return Prepared(None, gathered.left_out)
    batch = Batch(
        reference=new_reference(scheme.reference, "B"),
        scheme_id=scheme.id,
        state=B.DRAFT,
        route=str(way.route),
        prepared_by=act.person_id,
        prepared_at=act.now,
    )
    session.add(batch)
    begin_state(act.actor, "batch.prepared", batch, at=act.now)
    for each in gathered.ready:
        _add_payment(act, batch, each)
    session.refresh(batch, ["payments"])
    return Prepared(batch, gathered.left_out)


def _add_payment(act: Act, batch: Batch, ready: Ready) -> None:
    payment = Payment(
        reference=new_reference(batch.reference.split("-", 1)[0], "P"),
        scheme_id=batch.scheme_id,
        batch_id=batch.id,
        provider_id=ready.details.provider_id,
        payee_details_id=ready.details.id,
        supplier_number_id=ready.supplier_number.id if ready.supplier_number else None,
        state=PaymentState.PLANNED,
        pence=ready.pence,
        items=[PaymentItem(redemption_id=claim.id, pence=claim.grant_pence) for claim in ready.claims],
    )
    session.add(payment)
    begin_state(act.actor, "payment.planned", payment, at=act.now)
    for claim in ready.claims:
        _move_claim(act, claim, RedemptionState.IN_BATCH, "claim.put_in_batch", batch.reference)


def _move_claim(act: Act, claim: Redemption, to: RedemptionState, action: str, reason: str) -> None:
    change_state(act.actor, action, claim, to, REDEMPTION_TRANSITIONS, at=act.now, reason=reason)


def submit_batch(act: Act, batch: Batch) -> None:
    """Hands a draft batch over for approval."""
    act.require(Permission.BATCHES_PREPARE, scheme_id=batch.scheme_id)
    batch = lock_batch(batch)
    if not _planned(batch):
        raise DomainError("empty_batch", _("There is no payment left in this batch."))
    change_state(act.actor, "batch.submitted", batch, B.SUBMITTED, BATCH_TRANSITIONS, at=act.now)


def _planned(batch: Batch) -> list[Payment]:
    return [payment for payment in batch.payments if payment.state == PaymentState.PLANNED]


def approve_batch(act: Act, batch: Batch, *, seen_pence: int | None = None) -> Batch | None:
    """Approves a submitted batch. Payments that this person may not approve are split off into a batch of their own.

    Gives that other batch, which waits for another approver, or None. A sum above the scheme's level is approved once
    a second person has done the same. Raises Forbidden when nothing can be approved, and Conflict when what would be
    approved is no longer the sum that the person was shown.
    """
    act.require(Permission.BATCHES_APPROVE, scheme_id=batch.scheme_id)
    act.require_second_factor()
    batch = lock_batch(batch)
    refusal = why_not_approve_batch(act.actor, batch)
    if refusal:
        raise Forbidden("batch_duty", refusal)
    levels = levels_on(batch.scheme_id, act.today)
    reasons = {
        payment: why_not_approve_payment(act.actor, payment) or why_above_level(act.actor, payment, levels)
        for payment in _planned(batch)
    }
    excluded = {payment: reason for payment, reason in reasons.items() if reason}
    if len(excluded) == len(reasons):
        why = [
            said("payment %(payment)s: %(reason)s", payment=payment.reference, reason=said(reason))
            for payment, reason in excluded.items()
        ]
        raise Forbidden(
            "payment_duty",
            said("You may approve none of these payments (%(left)s).", left=why or said("there are none left")),
        )
    pence = sum(payment.pence for payment in reasons if payment not in excluded)
    if seen_pence not in (None, pence):
        raise Conflict(
            "batch_changed", said("You could now approve %(pence)s: look at the batch again.", pence=Amount(pence))
        )
    other = _split_off(act, batch, list(excluded)) if excluded else None
    if batch.first_approved_by is None and way_in_force(batch.scheme_id).takes_two_approvers(pence):
        batch.first_approved_by, batch.first_approved_at = act.person_id, act.now
        record(act.actor, "batch.first_approved", batch, at=act.now, pence=pence)
        return other
    change_state(
        act.actor,
        "batch.approved",
        batch,
        B.APPROVED,
        BATCH_TRANSITIONS,
        at=act.now,
        pence=pence,
    )
    batch.approved_by, batch.approved_at = act.person_id, act.now
    return other


def _split_off(act: Act, batch: Batch, payments: list[Payment]) -> Batch:
    other = Batch(
        reference=new_reference(batch.reference.split("-", 1)[0], "B"),
        scheme_id=batch.scheme_id,
        state=B.SUBMITTED,
        route=batch.route,
        prepared_by=batch.prepared_by,
        prepared_at=batch.prepared_at,
    )
    session.add(other)
    begin_state(act.actor, "batch.split_off", other, at=act.now, reason=f"split off {batch.reference}")
    for payment in payments:
        payment.batch_id = other.id
    session.flush()
    session.refresh(batch, ["payments"])
    session.refresh(other, ["payments"])
    return other


def reject_batch(act: Act, batch: Batch, *, reason: str) -> None:
    """Sends a batch back to its preparer, before it is exported."""
    act.require(Permission.BATCHES_APPROVE, scheme_id=batch.scheme_id)
    _need_reason(reason)
    batch = lock_batch(batch)
    change_state(act.actor, "batch.rejected", batch, B.DRAFT, BATCH_TRANSITIONS, at=act.now, reason=reason)
    batch.approved_by = batch.approved_at = batch.first_approved_by = batch.first_approved_at = None


def take_out(act: Act, payment: Payment, *, reason: str) -> None:
    """Takes a payment out of a batch that is not exported yet; its claims are approved and unpaid again."""
    act.require(Permission.BATCHES_PREPARE, scheme_id=payment.scheme_id)
    _need_reason(reason)
    batch = lock_batch(payment.batch)
    payment = lock_payment(payment)
    if batch.state not in (B.DRAFT, B.SUBMITTED, B.APPROVED):
        raise DomainError(
            "exported",
            said("Batch %(batch)s is %(state)s: recall it instead.", batch=batch.reference, state=said(batch.state)),
        )
    _end_payment(act, payment, PaymentState.TAKEN_OUT, "payment.taken_out", reason)


def _end_payment(act: Act, payment: Payment, to: PaymentState, action: str, reason: str) -> None:
    change_state(act.actor, action, payment, to, PAYMENT_TRANSITIONS, at=act.now, reason=reason)
    for item in payment.items:
        item.live = False
        _move_claim(act, lock_redemption(item.redemption_id), RedemptionState.APPROVED, "claim.out_of_batch", reason)


def export_batch(act: Act, batch: Batch) -> MadeFile:
    """The file of an approved batch: made once, kept encrypted, and given again byte for byte (rule 33)."""
    act.require(Permission.BATCHES_PREPARE, scheme_id=batch.scheme_id)
    batch = lock_batch(batch)
    if batch.file_id is not None:
        return _kept_file(act, batch)
    payments = _planned(batch)
    if not payments:
        raise DomainError("empty_batch", _("There is no payment left in this batch."))
    way = way_in_force(batch.scheme_id)
    for payment in payments:
        _refuse_unpayable(act, payment, way.route)
    change_state(
        act.actor, "batch.exported", batch, B.EXPORTED, BATCH_TRANSITIONS, at=act.now, details={"file": way.code}
    )
    made = make_file(act, way, batch, payments)
    _keep_file(act, batch, made)
    batch.route = str(way.route)
    batch.control_pence = sum(payment.pence for payment in payments)
    batch.exported_at, batch.exported_on, batch.exported_by = act.now, act.today, act.person_id
    for payment in payments:
        change_state(act.actor, "payment.exported", payment, PaymentState.EXPORTED, PAYMENT_TRANSITIONS, at=act.now)
    return made


def _refuse_unpayable(act: Act, payment: Payment, route: Route) -> None:
    """What has changed since the payment was planned: raises Conflict that says what to do."""
    refusal = why_not_usable(payment.payee_details) or why_modulus_fails(act, payment.payee_details)
    if refusal is None and route is Route.ACCOUNTS_PAYABLE:
        refusal = why_number_cannot_be_used(payment.supplier_number)
    if refusal:
        raise Conflict(
            "payee_unusable",
            said(
                "Payment %(payment)s: %(refusal)s Take it out of the batch first.",
                payment=payment.reference,
                refusal=said(refusal),
            ),
        )
    if payment.provider.state == ProviderState.SUSPENDED:
        raise Conflict(
            "provider_suspended", said("Payment %(payment)s: its provider is suspended.", payment=payment.reference)
        )


def _keep_file(act: Act, batch: Batch, made: MadeFile) -> None:
    """Kept encrypted: a bank file is the one place where whole accounts stand."""
    kept = keep_own_document(
        act,
        scheme_id=batch.scheme_id,
        data=act.ring.encrypt(made.content.decode("latin-1")).encode(),
        name=made.name,
        retention_class=RETAINED_PAYMENT,
        media_type=made.media_type,
        encrypted=True,
    )
    batch.file_id, batch.file_sha256 = kept.id, hashlib.sha256(made.content).hexdigest()


def _kept_file(act: Act, batch: Batch) -> MadeFile:
    document = session.get_one(Document, batch.file_id)
    content = act.ring.decrypt(act.files.get(document.sha256).decode()).encode("latin-1")
    if hashlib.sha256(content).hexdigest() != batch.file_sha256:
        raise Conflict(
            "file_changed",
            said("The kept file of batch %(batch)s is not the one that was exported.", batch=batch.reference),
        )
    record(act.actor, "batch.exported_again", batch, at=act.now)
    return MadeFile(content, document.original_name, document.media_type)


def recall_batch(act: Act, batch: Batch, *, reason: str) -> bool:
    """Recalls an exported file that was not sent to the bank: asked by one person, done when a second confirms.

    True when it was done. Refused once any payment of it was matched.
    """
    if not act.actor.may(Permission.BATCHES_PREPARE, scheme_id=batch.scheme_id):
        act.require(Permission.BATCHES_APPROVE, scheme_id=batch.scheme_id)
    _need_reason(reason)
    batch = lock_batch(batch)
    if batch.state != B.EXPORTED or any(p.state == PaymentState.DEFRAYED for p in batch.payments):
        raise DomainError(
            "not_recallable",
            said(
                "Batch %(batch)s is %(state)s; it cannot be recalled.", batch=batch.reference, state=said(batch.state)
            ),
        )
    if batch.recall_asked_by is None:
        batch.recall_asked_by = act.person_id
        record(act.actor, "batch.recall_asked", batch, at=act.now, reason=reason)
        return False
    if batch.recall_asked_by == act.person_id:
        raise Forbidden("recall_duty", _("You asked for the recall: a second person must confirm it."))
    batch.recall_confirmed_by = act.person_id
    change_state(act.actor, "batch.recalled", batch, B.RECALLED, BATCH_TRANSITIONS, at=act.now, reason=reason)
    for payment in batch.payments:
        if payment.state == PaymentState.EXPORTED:
            _end_payment(act, payment, PaymentState.RECALLED, "payment.recalled", reason)
    return True


def _need_reason(reason: str) -> None:
    if not reason.strip():
        raise DomainError("reason_needed", _("Say why: the reason stands in the batch's history."), "reason")
