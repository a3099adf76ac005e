"""Administration costs, match that counts elsewhere, and where each line's money stands."""

from __future__ import annotations

from datetime import date

import click

from voucher.cli.agreements import AGREEMENT
from voucher.cli.claims import claim_of
from voucher.cli.common import Answer, Run, changing, reading
from voucher.cli.lists import agreement_named
from voucher.cli.options import DAY, FILE, PERHAPS_REASON, POUNDS, REASON, GivenFile
from voucher.documents.commands import RETAINED_STATEMENT, keep_document
from voucher.documents.models import Document
from voucher.funding.queries import agreements_of, line_by_code
from voucher.payments import costs
from voucher.payments.cost_models import AdminCost
from voucher.payments.cost_queries import administration_cap, cost_by_reference
from voucher.payments.cost_rules import CostState
from voucher.payments.queries import bank_line_by_public_id
from voucher.platform.authz import Permission
from voucher.platform.money import pounds
from voucher.redemptions.other_match import declare_other_match
from voucher.reports.commitment import LineCommitment, commitments

COST = click.argument("reference", metavar="COST")
LINE = click.argument("line_id", metavar="LINE")


@click.group("admin-cost")
def cost_group() -> None:
    """Administration costs: one person prepares, another approves, within the agreement's cap."""


def cost_facts(cost: AdminCost) -> dict[str, object]:
    """A cost with how its agreement's cap stands now."""
    cap = administration_cap(cost.line.agreement)
    return {
        "cost": cost.reference,
        "state": str(cost.state),
        "line": cost.line.code,
        "amount_pence": cost.pence,
        "description": cost.description,
        "incurred_on": cost.incurred_on,
        "consent": cost.consent_reason,
        "beyond_pence": cost.beyond_pence,
        "cap_bp": cap.cap_bp,
        "administration_pence": cap.used,
        "beyond_cap_pence": cap.beyond(cost.pence if cost.state == CostState.PREPARED else 0),
    }


@cost_group.command("prepare")
@AGREEMENT
@click.option("--line", "code", required=True, metavar="CODE", help="An administration line of the agreement.")
@click.option("--amount", "pence", type=POUNDS, required=True)
@click.option("--for", "description", required=True, help="What the cost is for.")
@click.option("--on", "incurred_on", type=DAY, required=True, help="The day on which it was incurred.")
@click.option("--evidence", type=FILE, help="Its invoice or time sheet (PDF or picture).")
@changing
def prepare(
    run: Run,
    agreement: str | None,
    code: str,
    pence: int,
    description: str,
    incurred_on: date,
    evidence: GivenFile | None,
) -> Answer:
    """Note a cost that an administration line is to bear."""
    line = line_by_code(agreement_named(run.scheme, agreement), code)
    document = _kept(run, evidence) if evidence else None
    cost = costs.prepare_cost(
        run.act, line, pence=pence, description=description, incurred_on=incurred_on, document=document
    )
    return Answer(f"Cost {cost.reference} of {pounds(pence)} waits for another person's approval.", cost_facts(cost))


def _kept(run: Run, file: GivenFile) -> Document:
    return keep_document(
        run.act,
        scheme_id=run.scheme.id,
        data=file.data,
        name=file.name,
        retention_class=RETAINED_STATEMENT,
    )


@cost_group.command("consent")
@COST
@click.option("--letter", type=FILE, required=True, help="The funder's consent (PDF or picture).")
@REASON
@changing
def consent(run: Run, reference: str, letter: GivenFile, reason: str) -> Answer:
    """Record that the funder consents to a cost beyond the cap; the statement counts it."""
    cost = cost_by_reference(run.scheme, reference)
    costs.record_consent(run.act, cost, _kept(run, letter), reason=reason)
    return Answer(f"The funder's consent to cost {cost.reference} is recorded.", cost_facts(cost))


@cost_group.command("approve")
@COST
@changing
def approve(run: Run, reference: str) -> Answer:
    """Approve a cost that somebody else prepared; beyond the cap it takes the funder's consent."""
    cost = cost_by_reference(run.scheme, reference)
    costs.approve_cost(run.act, cost)
    return Answer(f"Cost {cost.reference} of {pounds(cost.pence)} is approved.", cost_facts(cost))


@cost_group.command("withdraw")
@COST
@REASON
@changing
def withdraw(run: Run, reference: str, reason: str) -> Answer:
    """Take a cost back that is not paid."""
    cost = cost_by_reference(run.scheme, reference)
    costs.withdraw_cost(run.act, cost, reason=reason)
    return Answer(f"Cost {cost.reference} is withdrawn.", cost_facts(cost))


@cost_group.command("match")
@LINE
@click.option("--cost", "reference", required=True, metavar="COST")
@click.option("--returned", is_flag=True, help="The line is money that came back.")
@PERHAPS_REASON
@changing
def match(run: Run, line_id: str, reference: str, returned: bool, reason: str) -> Answer:
    """Say that a bank line paid a cost; only this makes it defrayed."""
    line = bank_line_by_public_id(run.scheme, line_id)
    cost = cost_by_reference(run.scheme, reference)
    do = costs.match_cost_return if returned else costs.match_cost
    do(run.act, line, cost, reason=reason)
    return Answer(f"Cost {cost.reference} is {cost.state}.", cost_facts(cost))


@cost_group.command("show")
@COST
@reading
def show(run: Run, reference: str) -> Answer:
    """Show a cost and how its agreement's cap stands."""
    run.need(Permission.CLAIMS_READ)
    return Answer(data=cost_facts(cost_by_reference(run.scheme, reference)))


@click.command("other-match")
@click.argument("reference", metavar="CLAIM")
@click.option("--amount", "pence", type=POUNDS, required=True)
@click.option("--programme", required=True, help="Who else counts it.")
@REASON
@changing
def other_match(run: Run, reference: str, pence: int, programme: str, reason: str) -> Answer:
    """Note that part of what a business paid towards a claim is match of another programme."""
    claim = claim_of(run, reference)
    declare_other_match(run.act, claim, pence=pence, programme=programme, reason=reason)
    data = {"claim": claim.reference, "pence": pence, "programme": programme}
    return Answer(f"{pounds(pence)} of the match of claim {claim.reference} no longer counts here.", data)


@click.command("commitment")
@AGREEMENT
@reading
def commitment(run: Run, agreement: str | None) -> Answer:
    """Show where each line's money stands, what expiry will release, and what dies at the year's end."""
    run.need(Permission.FUNDING_LINES_READ)
    chosen = [agreement_named(run.scheme, agreement)] if agreement else agreements_of(run.scheme.id)
    found = [_commitment_facts(each) for each in commitments(chosen, run.act.today)]
    return Answer("" if found else "There is no agreement yet.", found)


def _commitment_facts(each: LineCommitment) -> dict[str, object]:
    return {
        "agreement": each.agreement.reference,
        "line": each.line.code,
        "kind": each.line.kind,
        **{f"{account.name.lower()}_pence": pence for account, pence in each.figures.items()},
        "releases": [{"month": f"{month:%Y-%m}", "pence": pence} for month, pence in each.releases.items()],
        "years_end": {
            "on": each.years_end.on,
            "unallocated_pence": each.years_end.unallocated,
            "offered_pence": each.years_end.offered,
            "on_vouchers_pence": each.years_end.on_vouchers,
        },
    }


COMMANDS = (cost_group, other_match, commitment)
