"""What the scheme's staff do with claims, and disputes, which either side may raise."""

from __future__ import annotations

from collections.abc import Mapping

import click

from voucher.accounts.queries import names_of, person_by_email
from voucher.cli.common import Answer, Run, changing, reading
from voucher.cli.lists import claims_in
from voucher.cli.options import EMAIL, PERHAPS_REASON, POUNDS, REASON, named, one_of, pair
from voucher.platform.authz import Permission
from voucher.platform.errors import NotFound
from voucher.platform.money import pounds
from voucher.redemptions import checks, decisions, owners
from voucher.redemptions.answers import dispute_claim
from voucher.redemptions.checks import Finding
from voucher.redemptions.likeness import alike_to
from voucher.redemptions.models import Redemption
from voucher.redemptions.queries import (
    answer_in_force,
    owners_now,
    redemption_by_reference,
    results_in_force,
    sessions_of,
)
from voucher.redemptions.rules import MANUAL, ContributionProof, RedemptionState, Task

CLAIM = click.argument("reference", metavar="CLAIM")
TASK_NOTE = pair("TASK=NOTE", named(task for task in Task if task in MANUAL), str)


def claim_of(run: Run, reference: str) -> Redemption:
    """A claim that this person may know of: the scheme's for its staff, their own for providers and businesses."""
    found = redemption_by_reference(run.scheme, reference)
    if not (run.may(Permission.CLAIMS_READ) or _is_party(run, found)):
        raise NotFound("no_claim", f"Scheme {run.scheme.reference} has no claim {reference}.", "claim")
    return found


def _is_party(run: Run, claim: Redemption) -> bool:
    return bool({claim.provider.organisation_id, claim.voucher.business_id} & run.act.actor.organisation_ids)


def claim_facts(claim: Redemption) -> dict[str, object]:
    """A claim in a few facts."""
    return {
        "claim": claim.reference,
        "state": str(claim.state),
        "version": claim.version,
        "voucher": claim.voucher.reference,
        "business": claim.voucher.business.name,
        "provider": claim.provider.organisation.name,
        "invoice": claim.invoice_number,
        "invoiced_on": claim.invoice_on,
        "net_pence": claim.net_pence,
        "vat_pence": claim.vat_pence,
        "grant_pence": claim.grant_pence,
        "own_pence": claim.own_pence,
        "answer_by": claim.answer_by,
        "on_hold": claim.on_hold,
    }


def _stands(claim: Redemption) -> Answer:
    return Answer(f"Claim {claim.reference} is {claim.state}.", claim_facts(claim))


@click.command("dispute")
@CLAIM
@REASON
@changing
def dispute(run: Run, reference: str, reason: str) -> Answer:
    """Dispute a claim, as either side or as the scheme; nothing disputed is paid."""
    claim = claim_of(run, reference)
    dispute_claim(run.act, claim, reason=reason)
    return _stands(claim)


@click.command("send-back")
@CLAIM
@REASON
@changing
def send_back(run: Run, reference: str, reason: str) -> Answer:
    """Send a claim back to its provider to be corrected."""
    claim = claim_of(run, reference)
    decisions.send_back(run.act, claim, reason=reason)
    return _stands(claim)


@click.command("verify")
@CLAIM
@click.option("--pass", "passed", multiple=True, type=TASK_NOTE, help="A check that is in order, and what was seen.")
@click.option("--fail", "failed", multiple=True, type=TASK_NOTE, help="A check that is not, and what was seen.")
@click.option(
    "--proof",
    type=one_of("proof", ContributionProof),
    help="business-bank or provider-bank: what shows the contribution paid. A provider's receipt alone does not.",
)
@changing
def verify(
    run: Run,
    reference: str,
    passed: tuple[tuple[Task, str], ...],
    failed: tuple[tuple[Task, str], ...],
    proof: ContributionProof | None,
) -> Answer:
    """Verify a confirmed claim. TASK is "contribution", "evidence" or "payee"; the others are made by themselves."""
    found = {task: Finding(True, note, proof if task == Task.CONTRIBUTION else None) for task, note in passed}
    for task, note in failed:
        if task in found:
            raise click.UsageError(f"“{task}” cannot both pass and fail.")
        found[task] = Finding(False, note)
    claim = claim_of(run, reference)
    still_open = checks.verify_claim(run.act, claim, found)
    return _verified(claim, still_open)


def _verified(claim: Redemption, still_open: Mapping[Task, Finding]) -> Answer:
    data = {**claim_facts(claim), "open": [{"task": str(t), "note": f.note} for t, f in still_open.items()]}
    if not still_open:
        return Answer(f"Claim {claim.reference} is verified.", data)
    lines = [f"{task}: {finding.note}" for task, finding in still_open.items()]
    return Answer("\n".join([f"Claim {claim.reference} is not verified yet. Open or failed:", *lines]), data)


@click.command("take-checks")
@CLAIM
@changing
def take(run: Run, reference: str) -> Answer:
    """Take the checks of a claim that are open for a person."""
    claim = claim_of(run, reference)
    owners.take_checks(run.act, claim)
    return _owned(claim)


@click.command("put-back-checks")
@CLAIM
@PERHAPS_REASON
@changing
def put_back(run: Run, reference: str, reason: str) -> Answer:
    """Put the checks of a claim back into the queue; with a reason, those that somebody else has taken."""
    claim = claim_of(run, reference)
    owners.give_back_checks(run.act, claim, reason=reason)
    return _owned(claim)


@click.command("hand-over-checks")
@CLAIM
@click.option("--to", "email", type=EMAIL, required=True, help="Somebody who verifies claims of the scheme.")
@REASON
@changing
def hand_over(run: Run, reference: str, email: str, reason: str) -> Answer:
    """Hand the checks of a claim over to somebody else who verifies claims."""
    claim = claim_of(run, reference)
    owners.hand_checks(run.act, claim, person_by_email(email), reason=reason)
    return _owned(claim)


def _owned(claim: Redemption) -> Answer:
    held = owners_now(claim)
    names = names_of(owner.person_id for owner in held.values())
    each = {str(task): names[owner.person_id] for task, owner in held.items()}
    said = "; ".join(f"{task}: {name}" for task, name in each.items()) or "Nobody has taken a check."
    return Answer(f"Claim {claim.reference}. {said}", {**claim_facts(claim), "owners": each})


@click.command("approve")
@CLAIM
@click.option("--amount", "pence", type=POUNDS, help="Less than was claimed; the rest goes back.")
@PERHAPS_REASON
@changing
def approve(run: Run, reference: str, pence: int | None, reason: str) -> Answer:
    """Approve a verified claim, wholly or, with a reason, in part."""
    claim = claim_of(run, reference)
    decisions.approve_claim(run.act, claim, pence=pence, reason=reason)
    return Answer(f"Claim {claim.reference} is approved: {pounds(claim.grant_pence)}.", claim_facts(claim))


@click.command("refuse")
@CLAIM
@REASON
@changing
def refuse(run: Run, reference: str, reason: str) -> Answer:
    """Refuse a claim; its money goes back."""
    claim = claim_of(run, reference)
    decisions.refuse_claim(run.act, claim, reason=reason)
    return _stands(claim)


@click.command("accept-other-evidence")
@CLAIM
@REASON
@changing
def accept_other_evidence(run: Run, reference: str, reason: str) -> Answer:
    """Accept a claim that the business did not confirm in time on other evidence; counted on the statement."""
    claim = claim_of(run, reference)
    checks.accept_on_other_evidence(run.act, claim, reason=reason)
    return _stands(claim)


@click.command("hold")
@CLAIM
@REASON
@changing
def hold(run: Run, reference: str, reason: str) -> Answer:
    """Bar a claim from approval and payment until the hold is lifted."""
    claim = claim_of(run, reference)
    checks.put_on_hold(run.act, claim, reason=reason)
    return Answer(f"Claim {claim.reference} is on hold.", claim_facts(claim))


@click.command("lift-hold")
@CLAIM
@REASON
@changing
def lift_hold(run: Run, reference: str, reason: str) -> Answer:
    """End a hold on a claim."""
    claim = claim_of(run, reference)
    checks.lift_hold(run.act, claim, reason=reason)
    return Answer(f"Claim {claim.reference} is on hold no longer; it is {claim.state}.", claim_facts(claim))


@click.command("claim-show")
@CLAIM
@reading
def claim_show(run: Run, reference: str) -> Answer:
    """Show a claim with its sessions, files, the business's answers and the checks."""
    claim = claim_of(run, reference)
    for_staff = run.may(Permission.CLAIMS_READ)
    found = claim_facts(claim) | _details(claim, for_staff=for_staff)
    return Answer(data=found | _told_to_staff(claim) if for_staff else found)


def _told_to_staff(claim: Redemption) -> dict[str, object]:
    """What the sides of a claim are not told: other claims and other firms stand in it."""
    return {
        "sampled": claim.sampled,
        "sample_reason": claim.sample_reason,
        "alike": [{"claim": each.claim.reference, "in": each.kind} for each in alike_to(claim)],
    }


def _details(claim: Redemption, *, for_staff: bool) -> dict[str, object]:
    answer = answer_in_force(claim)
    return {
        "state_reason": claim.state_reason,
        "hold_reason": claim.hold_reason,
        "disallowed_pence": claim.disallowed_pence,
        "sessions": [
            {
                "session": item.public_id,
                "state": item.state,
                "package": item.package.code if item.package else None,
                "delivered_on": item.delivered_on,
                "minutes": item.minutes,
                "answer": item.answer,
                "done": item.description,
            }
            for item in sessions_of(claim)
        ],
        "files": [{"shows": item.kind, "name": item.document.original_name} for item in claim.evidence],
        "business_says": None
        if answer is None
        else {"accepts": answer.accepts, "paid_pence": answer.paid_pence, "paid_on": answer.paid_on},
        "checks": [
            {"check": task, "passed": row.passed, "note": row.note, "proof": row.proof}
            for task, row in results_in_force(claim).items()
            if task != Task.PAYEE or for_staff
        ],
        "missing": checks.why_not_ready(claim),
    }


@click.command("claims")
@click.option(
    "--state", "states", multiple=True, type=one_of("state", RedemptionState), help="Any state when left out."
)
@reading
def claims(run: Run, states: tuple[RedemptionState, ...]) -> Answer:
    """List claims, oldest first: the scheme's for its staff, their own for providers and businesses."""
    found = claims_in(run.scheme, states or tuple(RedemptionState))
    if not run.may(Permission.CLAIMS_READ):
        found = [claim for claim in found if _is_party(run, claim)]
    return Answer(data=[claim_facts(claim) for claim in found])


COMMANDS = (
    dispute, send_back, take, put_back, hand_over, verify, approve, refuse, accept_other_evidence, hold, lift_hold,
    claim_show, claims,
)  # fmt: skip
