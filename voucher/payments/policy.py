"""Pure: who may not approve a payment or match a line, by person and object (rules 29, 35)."""

from __future__ import annotations

from voucher.payments.models import BankLine, Batch, Payment
from voucher.payments.rules import Levels, LineSource
from voucher.platform.actor import Actor
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.i18n import said
from voucher.platform.money import Amount


def why_not_approve_batch(actor: Actor, batch: Batch) -> str | None:
    """Why this person cannot approve anything in the batch, or None."""
    if batch.prepared_by == actor.person_id:
        return _("You prepared this batch: another person must approve it.")
    if batch.first_approved_by == actor.person_id:
        return _("You approved this batch first: its sum takes a second person.")
    return None


def why_not_approve_payment(actor: Actor, payment: Payment) -> str | None:
    """Why this person cannot approve this payment, or None; the exclusion is for the payment, not for the batch."""
    if payment.payee_details.keyed_by == actor.person_id:
        return "you keyed the payee's bank details"
    if payment.supplier_number is not None and payment.supplier_number.keyed_by == actor.person_id:
        return "you keyed the payee's supplier number"
    if payment.provider.organisation_id in actor.organisation_ids:
        return "it pays your own organisation"
    for item in payment.items:
        claim = item.redemption
        if claim.voucher.application.decided_by == actor.person_id:
            return said("you decided the application behind claim %(claim)s", claim=claim.reference)
        if claim.verified_by == actor.person_id:
            return said("you verified claim %(claim)s", claim=claim.reference)
    return None


def why_above_level(actor: Actor, payment: Payment, levels: Levels) -> str | None:
    """Why the amount of this payment is beyond what this person may approve, or None; the level itself is allowed."""
    level = levels.of(actor.person_id)
    if level is not None and payment.pence > level:
        return said("it is above %(level)s, up to which you may approve a payment", level=Amount(level))
    return None


def why_line_is_no_evidence(line: BankLine, payment: Payment) -> str | None:
    """Why a typed line cannot prove this payment, or None: it takes a second person to type it (rule 35)."""
    batch = payment.batch
    if line.source == LineSource.TYPED and line.entered_by in (batch.prepared_by, batch.approved_by):
        return _(
            "This bank line was typed by somebody who prepared or approved the batch. Another person must type it."
        )
    return None
