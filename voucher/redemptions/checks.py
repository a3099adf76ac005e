"""Verification: named checks, automatic ones by themselves, the rest by a person (rules 11, 20 to 22, 53)."""

from __future__ import annotations

from collections.abc import Mapping

from voucher.audit.commands import change_state, record
from voucher.audit.rules import Override
from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.platform.db import session
from voucher.platform.errors import Conflict, DomainError, Forbidden
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.i18n import on_record, said
from voucher.redemptions.automatic import Finding as Finding
from voucher.redemptions.automatic import (
    contribution_on_the_business_word,
    note_result,
    run_automatic,
    why_nobody_can_be_paid,
)
from voucher.redemptions.likeness import compare
from voucher.redemptions.models import Redemption
from voucher.redemptions.owners import refuse_taken
from voucher.redemptions.policy import (
    duties_relaxed,
    why_frozen,
    why_not_accept_other_evidence,
    why_not_decide_claim,
    why_not_verify,
)
from voucher.redemptions.queries import lock_redemption, results_in_force, sessions_of
from voucher.redemptions.rules import (
    MANUAL,
    REDEMPTION_TRANSITIONS,
    SOUND_PROOFS,
    VERIFIABLE,
    ContributionProof,
    Delivered,
    EvidenceKind,
    RedemptionState,
    Task,
)
from voucher.redemptions.sampling import draw, draw_always

R = RedemptionState


# What is written down as a record, and told again from it.
_OTHER_EVIDENCE = on_record("It was accepted on other evidence.")
_DECIDED_TOO = on_record("The verifier also decided the application.")


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
        raise Conflict(
            "claim_changed",
            said("Claim %(redemption)s was corrected after you opened this page.", redemption=redemption.reference),
        )
    if redemption.state not in VERIFIABLE:
        raise DomainError(
            "not_confirmed",
            said(
                "Claim %(redemption)s is %(state)s; it is verified once confirmed.",
                redemption=redemption.reference,
                state=said(redemption.state),
            ),
        )
    made = {task: finding for task, finding in found.items() if task in MANUAL}
    refuse_taken(act, redemption, made)
    if duties_relaxed(act.actor, redemption):
        draw_always(redemption, _DECIDED_TOO)
    if not redemption.sample_reason:
        draw(redemption)
    compare(act, redemption)  # Two claims that came in the same moment did not see each other.
    run_automatic(act, redemption)
    _record(act, redemption, made)
    latest = results_in_force(redemption)
    still_open = {
        task: Finding(False, latest[task].note if task in latest else _("Nobody has looked at this yet."))
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


def _record(act: Act, redemption: Redemption, found: Mapping[Task, Finding]) -> None:
    for task, finding in found.items():
        if not finding.note.strip():
            raise DomainError(
                "note_needed", said("Write down what was seen for the check “%(task)s”.", task=task), "note"
            )
        hindrance = _why_not_pass(redemption, task, finding) if finding.passed else None
        if hindrance:
            raise hindrance
        note_result(act, redemption, task, finding, by_id=act.person_id)
    session.flush()


def _why_not_pass(redemption: Redemption, task: Task, finding: Finding) -> DomainError | None:
    """Why a person cannot find that a check passes, or None."""
    if task == Task.PAYEE:
        words = why_nobody_can_be_paid(redemption)
        return DomainError("payee", words) if words else None
    return why_no_proof(finding.proof) if task == Task.CONTRIBUTION else None


def why_no_proof(proof: ContributionProof | None) -> DomainError | None:
    """Why this does not show that the business paid, or None; a provider's receipt alone never does (rule 21)."""
    if proof is None:
        return DomainError("proof_needed", _("Say what shows that the business paid."), "proof")
    if proof not in SOUND_PROOFS:
        words = _("A receipt of the provider alone does not show that the business paid. Ask for a bank record.")
        return DomainError("receipt_alone", words, "proof")
    return None


def why_not_ready(redemption: Redemption) -> str | None:
    """What is missing before approval: invoice, confirmed delivery, contribution shown paid, no hold (rule 21)."""
    if redemption.on_hold:
        return said("The claim is on hold: %(hold_reason)s", hold_reason=redemption.hold_reason)
    if EvidenceKind.INVOICE not in {item.kind for item in redemption.evidence}:
        return _("The invoice is missing. Send the claim back for it.")
    if redemption.other_evidence_by is not None:
        proven = _shown_by_a_paper(redemption)
        return None if proven else _("Proof that the business paid its contribution is missing.")
    if any(s.answer != Delivered.YES for s in sessions_of(redemption)):
        return _("The business has not confirmed every session.")
    paid = contribution_on_the_business_word(redemption)
    if (paid is None or not paid.passed) and not _shown_by_a_paper(redemption):
        return _("Neither the business's word nor a proof shows that its contribution and the VAT were paid.")
    return None


def _shown_by_a_paper(redemption: Redemption) -> bool:
    """Whether a file is there that a verifier took for a bank's record of the payment, and not for a receipt alone.

    Results from before verifiers were asked what they saw name no proof; those count as they did then.
    """
    result = results_in_force(redemption).get(Task.CONTRIBUTION)
    found = result is not None and result.passed and (result.proof is None or result.proof in SOUND_PROOFS)
    return found and any(item.kind == EvidenceKind.CONTRIBUTION for item in redemption.evidence)


def accept_on_other_evidence(act: Act, redemption: Redemption, *, reason: str) -> None:
    """Accepts an unconfirmed claim on other evidence, after reminders and a call; always sampled, counted (rule 14)."""
    act.require(Permission.CLAIMS_VERIFY, scheme_id=redemption.scheme_id)
    redemption = lock_redemption(redemption.id)
    refusal = why_not_accept_other_evidence(act.actor, redemption)
    if refusal:
        raise Forbidden("verification_duty", refusal)
    if not reason.strip():
        raise DomainError("reason_needed", _("Write down the reminders, the call and the evidence."), "reason")
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
    draw_always(redemption, _OTHER_EVIDENCE)
    run_automatic(act, redemption)


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
        raise DomainError("reason_needed", _("Say why the claim is put on hold."), "reason")
    redemption = _not_their_own(act, redemption)
    redemption.on_hold, redemption.hold_reason = True, reason
    record(act.actor, "claim.put_on_hold", redemption, at=act.now, reason=reason)


def lift_hold(act: Act, redemption: Redemption, *, reason: str) -> None:
    """Ends a hold, for a reason, too."""
    act.require(Permission.CLAIMS_VERIFY, scheme_id=redemption.scheme_id)
    if not reason.strip():
        raise DomainError("reason_needed", _("Say why the hold is lifted."), "reason")
    redemption = _not_their_own(act, redemption)
    if not redemption.on_hold:
        raise DomainError("not_on_hold", said("Claim %(redemption)s is not on hold.", redemption=redemption.reference))
    redemption.on_hold, redemption.hold_reason = False, ""
    record(act.actor, "claim.hold_lifted", redemption, at=act.now, reason=reason)
