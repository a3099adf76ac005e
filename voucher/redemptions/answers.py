"""The business's own word: was it delivered, what did it pay, and disputes (rules 14 to 16)."""

from __future__ import annotations

from datetime import date, timedelta

from voucher.accounts.rules import Strength
from voucher.audit.commands import change_state, record
from voucher.notifications.commands import tell
from voucher.platform.act import Act
from voucher.platform.actor import Channel
from voucher.platform.authz import Permission
from voucher.platform.db import session
from voucher.platform.errors import Conflict, DomainError, Forbidden
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.i18n import said
from voucher.redemptions.automatic import run_automatic
from voucher.redemptions.giving_back import undo_approval
from voucher.redemptions.models import ClaimAnswer, DeliverySession, Redemption
from voucher.redemptions.policy import why_not_answer
from voucher.redemptions.queries import answer_in_force, lock_redemption, lock_session, sessions_of
from voucher.redemptions.rules import (
    DISPUTABLE,
    REDEMPTION_TRANSITIONS,
    UNDER_CHECK,
    Delivered,
    RedemptionState,
    SessionState,
)
from voucher.redemptions.sampling import draw
from voucher.vouchers.models import Voucher

R = RedemptionState
# A business may have paid some of the price in advance; a day long before is a slip.
A_YEAR = timedelta(days=365)
ANSWERABLE = UNDER_CHECK | {R.APPROVED}
STRENGTHS = {Channel.WEB: Strength.ORDINARY, Channel.LINK: Strength.WEAK, Channel.COMMAND_LINE: Strength.WEAK}
NOT_ALL_DELIVERED = _("The business says that not all of it was delivered.")
CLAIM_IS_WRONG = _("The business says that something in the claim is wrong.")


def _strength(act: Act) -> Strength:
    return STRENGTHS.get(act.actor.channel, Strength.WEAK)


def _as_the_business(act: Act, voucher: Voucher, provider_organisation_id: int) -> None:
    act.require(Permission.BUSINESS_CLAIMS_CONFIRM, organisation_id=voucher.business_id)
    refusal = why_not_answer(act.actor, voucher, provider_organisation_id)
    if refusal:
        raise Forbidden("not_the_business", refusal)


def answer_session(act: Act, asked: DeliverySession, delivered: Delivered, *, note: str = "") -> None:
    """The business says whether one session was delivered; a changed answer is recorded beside the first.

    Anything but *yes* puts a claim for the session in dispute; a *yes* may complete its confirmation.
    """
    _as_the_business(act, asked.voucher, asked.provider.organisation_id)
    if delivered != Delivered.YES and not note.strip():
        raise DomainError("note_needed", _("Say what was not delivered."), "note")
    claim = lock_redemption(asked.redemption_id) if asked.redemption_id else None
    answered = lock_session(asked.id)
    if answered.state not in (SessionState.RECORDED, SessionState.CLAIMED):
        raise DomainError(
            "session_ended", said("This session is %(state)s; there is nothing to confirm.", state=said(answered.state))
        )
    _check_claim(claim, answered)
    answered.answer, answered.answer_note = str(delivered), note.strip()
    answered.answered_by, answered.answered_at = act.person_id, act.now
    answered.answer_strength = str(_strength(act))
    record(
        act.actor,
        "session.answered",
        answered,
        at=act.now,
        reason=note,
        details={"delivered": str(delivered), "strength": answered.answer_strength},
    )
    session.flush()
    if claim is not None:
        _settle_confirmation(act, claim)


def _check_claim(claim: Redemption | None, answered: DeliverySession) -> None:
    """Refuses a word on a delivery that was paid for by now, or claimed a moment ago."""
    if answered.redemption_id != (claim.id if claim else None):
        raise Conflict("claimed_meanwhile", _("This delivery was claimed for a moment ago. Answer again."))
    if claim is not None:
        _check_answerable(claim)


def _check_answerable(claim: Redemption) -> None:
    if claim.state not in ANSWERABLE:
        raise DomainError(
            "claim_ended",
            said(
                "Claim %(claim)s is %(state)s; there is nothing to answer.",
                claim=claim.reference,
                state=said(claim.state),
            ),
        )


def answer_claim(
    act: Act,
    asked: Redemption,
    *,
    accepts: bool,
    paid_pence: int | None = None,
    paid_on: date | None = None,
    paid_by: str = "",
    note: str = "",
) -> None:
    """The business says whether a claim's figures are right and what it has paid, VAT included; or not yet.

    Answering again later (the payment came after) adds an answer; the newest one counts.
    """
    _as_the_business(act, asked.voucher, asked.provider.organisation_id)
    _check_answer(act, accepts, paid_pence, paid_on, note)
    if paid_on is not None and paid_on < asked.voucher.issued_on - A_YEAR:
        words = _("That is more than a year before the voucher was issued. Check the year.")
        raise DomainError("paid_on", words, "paid_on")
    claim = lock_redemption(asked.id)
    _check_answerable(claim)
    session.add(
        ClaimAnswer(
            redemption_id=claim.id,
            version=claim.version,
            accepts=accepts,
            paid_pence=paid_pence,
            paid_on=paid_on,
            paid_by=paid_by,
            note=note.strip(),
            person_id=act.person_id,
            at=act.now,
            strength=str(_strength(act)),
        )
    )
    record(
        act.actor,
        "claim.answered",
        claim,
        at=act.now,
        reason=note,
        pence=paid_pence,
        details={"accepts": accepts, "strength": str(_strength(act))},
    )
    session.flush()
    _settle_confirmation(act, claim)


def _check_answer(act: Act, accepts: bool, paid_pence: int | None, paid_on: date | None, note: str) -> None:
    if not accepts and not note.strip():
        raise DomainError("note_needed", _("Say what is wrong with the claim."), "note")
    if (paid_pence is None) != (paid_on is None):
        raise DomainError("paid", _("Give both what was paid and the day it was paid."), "paid")
    if paid_on is not None and paid_on > act.today:
        raise DomainError("paid_on", _("The day of the payment lies in the future."), "paid_on")
    if paid_pence is not None and paid_pence <= 0:
        raise DomainError("paid", _("Enter what was paid, above zero; or say that it is not paid yet."), "paid")


def _settle_confirmation(act: Act, claim: Redemption) -> None:
    """Moves a claim to *confirmed* or *disputed* as far as the business's answers go."""
    answer = answer_in_force(claim)
    deliveries = [s.answer for s in sessions_of(claim)]
    undelivered = any(a in (Delivered.PARTLY, Delivered.NO) for a in deliveries)
    if undelivered or (answer is not None and not answer.accepts):
        if claim.state in DISPUTABLE:
            # The business's own words go to the office, and not to the provider, who reads this.
            _to_disputed(act, claim, NOT_ALL_DELIVERED if undelivered else CLAIM_IS_WRONG)
        return
    complete = answer is not None and answer.accepts and all(a == Delivered.YES for a in deliveries)
    if complete and claim.state in (R.SUBMITTED, R.DISPUTED, R.UNCONFIRMED):
        change_state(act.actor, "claim.confirmed", claim, R.CONFIRMED, REDEMPTION_TRANSITIONS, at=act.now)
        draw(claim)
        run_automatic(act, claim)


def dispute_claim(act: Act, claim: Redemption, *, reason: str) -> None:
    """Either side, or the scheme, disputes a claim; nothing disputed is paid (rule 16)."""
    sides = (
        (Permission.BUSINESS_CLAIMS_CONFIRM, claim.voucher.business_id),
        (Permission.PROVIDER_CLAIMS_MAKE, claim.provider.organisation_id),
    )
    if not any(act.actor.may(permission, organisation_id=side) for permission, side in sides):
        act.require(Permission.CLAIMS_VERIFY, scheme_id=claim.scheme_id)
    if not reason.strip():
        raise DomainError("reason_needed", _("Say what the dispute is about."), "reason")
    claim = lock_redemption(claim.id)
    _to_disputed(act, claim, reason)


def _to_disputed(act: Act, claim: Redemption, reason: str) -> None:
    if claim.state == R.APPROVED:
        undo_approval(act, claim, reason=f"claim {claim.reference} disputed")
    change_state(act.actor, "claim.disputed", claim, R.DISPUTED, REDEMPTION_TRANSITIONS, at=act.now, reason=reason)
    claim.state_reason = reason
    tell(act, "claim_disputed", email=claim.provider.contact_email, scheme_id=claim.scheme_id, redemption_id=claim.id)


def mark_unconfirmed(act: Act, claim: Redemption) -> None:
    """The window for the business's word has passed; it is never approved by itself (rule 14). Run by the worker."""
    claim = lock_redemption(claim.id)
    if claim.state == R.SUBMITTED and act.today > claim.answer_by:
        change_state(act.actor, "claim.unconfirmed", claim, R.UNCONFIRMED, REDEMPTION_TRANSITIONS, at=act.now)
