"""Verification: named checks, automatic ones by themselves, the rest by a person (rules 11, 20 to 22, 53)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from voucher.audit.commands import change_state, record
from voucher.audit.rules import Override
from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.platform.db import session
from voucher.platform.errors import Conflict, DomainError, Forbidden
from voucher.redemptions.models import DeliverySession, Redemption, TaskResult
from voucher.redemptions.policy import (
    duties_relaxed,
    why_frozen,
    why_not_accept_other_evidence,
    why_not_decide_claim,
    why_not_verify,
)
from voucher.redemptions.queries import (
    answer_in_force,
    claim_with_file,
    claim_with_invoice,
    lock_redemption,
    results_in_force,
    sessions_of,
)
from voucher.redemptions.rules import (
    REDEMPTION_TRANSITIONS,
    VERIFIABLE,
    Delivered,
    EvidenceKind,
    RedemptionState,
    Task,
    invoice_fault,
)
from voucher.vouchers.rules import delivered_in_date

R = RedemptionState
MANUAL = frozenset({Task.EVIDENCE, Task.CONTRIBUTION})


@dataclass(frozen=True)
class Finding:
    """What a check came to, and why."""

    passed: bool
    note: str


def verify_claim(
    act: Act, redemption: Redemption, found: Mapping[Task, Finding], *, version: int | None = None
) -> dict[Task, Finding]:
    """Runs the automatic checks, records a verifier's findings, and makes the claim *verified* when all pass.

    Gives the checks that are still open or failed; none when the claim is verified. Raises Forbidden when duties
    keep this person from verifying it, and Conflict when ``version``, whose figures the verifier looked at, is no
    longer the claim's.
    """
    act.require(Permission.CLAIMS_VERIFY, scheme_id=redemption.scheme_id)
    redemption = lock_redemption(redemption.id)
    refusal = why_not_verify(act.actor, redemption)
    if refusal:
        raise Forbidden("verification_duty", refusal)
    refuse_frozen(redemption)
    if version is not None and version != redemption.version:
        raise Conflict("claim_changed", f"Claim {redemption.reference} was corrected after you opened this page.")
    if redemption.state not in VERIFIABLE:
        raise DomainError(
            "not_confirmed", f"Claim {redemption.reference} is {redemption.state}; it is verified once confirmed."
        )
    _record(act, redemption, automatic_findings(redemption), automatic=True)
    _record(act, redemption, {task: finding for task, finding in found.items() if task in MANUAL}, automatic=False)
    session.flush()
    latest = results_in_force(redemption)
    still_open = {
        task: Finding(False, latest[task].note if task in latest else "Nobody has looked at this yet.")
        for task in Task
        if task not in latest or not latest[task].passed
    }
    if not still_open:
        _verified(act, redemption)
    return still_open


def refuse_frozen(redemption: Redemption) -> None:
    """Raises DomainError while the claim's provider is suspended: what is in flight stays as it is (rule 51)."""
    frozen = why_frozen(redemption)
    if frozen:
        raise DomainError("provider_suspended", frozen)


def _verified(act: Act, redemption: Redemption) -> None:
    relaxed = duties_relaxed(act.actor, redemption)
    change_state(
        act.actor,
        "claim.verified",
        redemption,
        R.VERIFIED,
        REDEMPTION_TRANSITIONS,
        at=act.now,
        override=Override.RELAXED_DUTIES if relaxed else None,
        pence=redemption.grant_pence,
    )
    redemption.verified_by = act.person_id
    redemption.sampled = redemption.sampled or relaxed


def _record(act: Act, redemption: Redemption, found: Mapping[Task, Finding], *, automatic: bool) -> None:
    for task, finding in found.items():
        if not automatic and not finding.note.strip():
            raise DomainError("note_needed", f"Write down what was seen for the check “{task}”.", "note")
        session.add(
            TaskResult(
                redemption_id=redemption.id,
                version=redemption.version,
                task=str(task),
                passed=finding.passed,
                automatic=automatic,
                note=finding.note,
                by_id=None if automatic else act.person_id,
                at=act.now,
            )
        )


def automatic_findings(redemption: Redemption) -> dict[Task, Finding]:
    """What the checks that need nobody come to. The contribution passes by itself on the business's own word only."""
    sessions = sessions_of(redemption)
    lines = tuple((int(net), int(rate)) for net, rate in redemption.vat_lines)
    fault = invoice_fault(redemption.net_pence, redemption.vat_pence, redemption.gross_pence, lines)
    hashes = [item.document.sha256 for item in redemption.evidence]
    same_invoice = claim_with_invoice(redemption.provider_id, redemption.invoice_key, redemption.id)
    same_file = claim_with_file(redemption.scheme_id, hashes, redemption.id) if hashes else None
    findings = {
        Task.INVOICE_ARITHMETIC: Finding(fault is None, fault or "Net, VAT and gross agree."),
        Task.DATES: _dates(redemption, sessions),
        Task.PRICE: _price(redemption, sessions),
        Task.DUPLICATE_INVOICE: _no_other(same_invoice, "invoice number"),
        Task.DUPLICATE_FILE: _no_other(same_file, "file"),
    }
    paid = contribution_on_the_business_word(redemption)
    if paid is not None:
        findings[Task.CONTRIBUTION] = paid
    return findings


def _dates(redemption: Redemption, sessions: Sequence[DeliverySession]) -> Finding:
    voucher = redemption.voucher
    outside = [
        s
        for s in sessions
        if s.delivered_on is None or not delivered_in_date(s.delivered_on, voucher.issued_on, voucher.last_day)
    ]
    return Finding(not outside, "A session lies outside the voucher's days." if outside else "All work is in date.")


def _price(redemption: Redemption, sessions: Sequence[DeliverySession]) -> Finding:
    listed = sum(s.package.net_pence for s in sessions if s.package)
    fits = redemption.net_pence <= listed
    return Finding(fits, "Within the packages' prices." if fits else "Above the packages' prices.")


def _no_other(other: Redemption | None, what: str) -> Finding:
    if other is None:
        return Finding(True, f"No other claim uses this {what}.")
    return Finding(False, f"Claim {other.reference} uses the same {what}.")


def contribution_on_the_business_word(redemption: Redemption) -> Finding | None:
    """Whether the business said that it paid its contribution and all VAT; None when it has not said (rule 21)."""
    answer = answer_in_force(redemption)
    if answer is None or answer.paid_pence is None:
        return None
    owed = redemption.own_pence + redemption.vat_pence
    if answer.paid_pence >= owed:
        return Finding(True, "The business says that it paid its contribution and the VAT.")
    return Finding(False, "The business says that it paid less than its contribution and the VAT.")


def why_not_ready(redemption: Redemption) -> str | None:
    """What is missing before approval: invoice, confirmed delivery, contribution shown paid, no hold (rule 21)."""
    if redemption.on_hold:
        return f"The claim is on hold: {redemption.hold_reason}"
    kinds = {item.kind for item in redemption.evidence}
    if EvidenceKind.INVOICE not in kinds:
        return "The invoice is missing. Send the claim back for it."
    if redemption.other_evidence_by is not None:
        proven = EvidenceKind.CONTRIBUTION in kinds
        return None if proven else "Proof that the business paid its contribution is missing."
    if any(s.answer != Delivered.YES for s in sessions_of(redemption)):
        return "The business has not confirmed every session."
    paid = contribution_on_the_business_word(redemption)
    if (paid is None or not paid.passed) and EvidenceKind.CONTRIBUTION not in kinds:
        return "Neither the business's word nor a proof shows that its contribution and the VAT were paid."
    return None


def accept_on_other_evidence(act: Act, redemption: Redemption, *, reason: str) -> None:
    """Accepts an unconfirmed claim on other evidence, after reminders and a call; always sampled, counted (rule 14)."""
    act.require(Permission.CLAIMS_VERIFY, scheme_id=redemption.scheme_id)
    redemption = lock_redemption(redemption.id)
    refusal = why_not_accept_other_evidence(act.actor, redemption)
    if refusal:
        raise Forbidden("verification_duty", refusal)
    if not reason.strip():
        raise DomainError("reason_needed", "Write down the reminders, the call and the evidence.", "reason")
    change_state(
        act.actor,
        "claim.accepted_on_other_evidence",
        redemption,
        R.OTHER_EVIDENCE,
        REDEMPTION_TRANSITIONS,
        at=act.now,
        reason=reason,
        override=Override.ACCEPTED_WITHOUT_CONFIRMATION,
        pence=redemption.grant_pence,
    )
    redemption.other_evidence_by = act.person_id
    redemption.sampled = True


def _not_their_own(act: Act, redemption: Redemption) -> Redemption:
    """The claim under lock, for somebody who belongs to neither side of it (rule 65)."""
    refusal = why_not_decide_claim(act.actor, redemption)
    if refusal:
        raise Forbidden("own_claim", refusal)
    return lock_redemption(redemption.id)


def put_on_hold(act: Act, redemption: Redemption, *, reason: str) -> None:
    """Bars a claim from approval and batching until the hold is lifted."""
    act.require(Permission.CLAIMS_VERIFY, scheme_id=redemption.scheme_id)
    if not reason.strip():
        raise DomainError("reason_needed", "Say why the claim is put on hold.", "reason")
    redemption = _not_their_own(act, redemption)
    redemption.on_hold, redemption.hold_reason = True, reason
    record(act.actor, "claim.put_on_hold", redemption, at=act.now, reason=reason)


def lift_hold(act: Act, redemption: Redemption, *, reason: str) -> None:
    """Ends a hold."""
    act.require(Permission.CLAIMS_VERIFY, scheme_id=redemption.scheme_id)
    redemption = _not_their_own(act, redemption)
    if not redemption.on_hold:
        raise DomainError("not_on_hold", f"Claim {redemption.reference} is not on hold.")
    redemption.on_hold, redemption.hold_reason = False, ""
    record(act.actor, "claim.hold_lifted", redemption, at=act.now, reason=reason)
