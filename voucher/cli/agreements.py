"""Funders' agreements: signing, changing the award, virement, asking for money."""

from __future__ import annotations

from collections.abc import Mapping

import click

from voucher.cli.common import Answer, Run, changing, reading
from voucher.cli.lists import agreement_named, pending_changes
from voucher.cli.options import POUNDS, REASON, SET_UP_FILE, GivenFile, change_in_pounds, pair
from voucher.funding.agreement_file import read_agreement, read_conditions, terms_of
from voucher.funding.changes import (
    confirm_change,
    end_proposal,
    propose_award,
    propose_conditions,
    propose_virement,
    shortfall,
)
from voucher.funding.commands import sign_agreement
from voucher.funding.models import Agreement, AgreementProposal, FundingLine
from voucher.funding.queries import (
    agreements_of,
    award_of,
    balances,
    conditions_of,
    line_by_code,
    proposal_by_public_id,
    proposals_of,
)
from voucher.funding.rules import Account, ChangeState
from voucher.payments.bank import request_drawdown
from voucher.platform import toml
from voucher.platform.authz import Permission
from voucher.platform.clock import london_date
from voucher.platform.money import pounds
from voucher.platform.toml import refuse_faults

AGREEMENT = click.option("--agreement", metavar="REF", help="Needed when the scheme has several.")
PROPOSAL = click.argument("public_id", metavar="PROPOSAL")
SHOWN = (
    Account.UNALLOCATED, Account.RESERVED, Account.COMMITTED, Account.CLAIMED, Account.APPROVED, Account.DEFRAYED,
    Account.DISALLOWED, Account.RECEIVABLE, Account.REPAYABLE, Account.CASH,
)  # fmt: skip


@click.group("agreement")
def agreement_group() -> None:
    """Funders' agreements and their lines."""


@agreement_group.command("sign")
@SET_UP_FILE
@changing
def sign(run: Run, file: GivenFile) -> Answer:
    """Enter a funder's signed agreement; its award can be offered from then on.

    The file has sections [agreement], [agreement.signer] and one [[agreement.line]] or more, each with its profile by
    quarter where the agreement has one. A funder that is not known yet by name or reference is added.
    """
    whole = toml.read(file.data)
    part = whole.section("agreement")
    closed_through = part.day("closed_through") if part.has("closed_through") else None
    given = read_agreement(part)
    whole.done()
    refuse_faults(whole)
    agreement = sign_agreement(run.act, run.scheme, terms_of(run.act, given), closed_through=closed_through)
    words = f"Agreement {agreement.reference} of {agreement.funder.name} is entered, with {pounds(given.award_pence)}."
    return Answer(words, facts_of(agreement))


def facts_of(agreement: Agreement) -> dict[str, object]:
    """An agreement as it is shown, each line with what stands on its accounts."""
    standing = balances([line.id for line in agreement.lines])
    return {
        "agreement": agreement.reference,
        "funder": agreement.funder.name,
        "funder_reference": agreement.funder.reference,
        "version": agreement.version,
        "signed_on": agreement.signed_on,
        "starts_on": agreement.starts_on,
        "ends_on": agreement.ends_on,
        "closed_through": agreement.closed_through,
        "intervention_rate_bp": agreement.intervention_rate_bp,
        "recoveries_reusable": agreement.recoveries_reusable,
        "award_pence": award_of(agreement),
        "lines": [_line_facts(line, standing[line.id]) for line in agreement.lines],
        "pending_changes": [
            {"asked_on": london_date(change.at), "reason": change.reason, "change_pence": sum(change.changes.values())}
            for change in pending_changes(agreement)
        ],
        "conditions": conditions_of(agreement.id).plain(),
        "proposals": [_proposal_facts(each) for each in proposals_of(agreement.id)],
    }


def _line_facts(line: FundingLine, standing: Mapping[Account, int]) -> dict[str, object]:
    amounts = {f"{account.name.lower()}_pence": standing.get(account, 0) for account in SHOWN}
    return {
        "line": line.code,
        "name": line.name,
        "kind": line.kind,
        "award_pence": -standing.get(Account.AWARD, 0),
        **amounts,
    }


@agreement_group.command("change")
@click.option(
    "--line",
    "changes",
    multiple=True,
    required=True,
    type=pair("CODE=±POUNDS", str, change_in_pounds),
    help="By how much the award of a line changes; once for each line.",
)
@AGREEMENT
@REASON
@changing
def change(run: Run, changes: tuple[tuple[str, int], ...], agreement: str | None, reason: str) -> Answer:
    """Propose to raise or lower the award of lines; another funding manager confirms it."""
    if len(dict(changes)) != len(changes):
        raise click.UsageError("Name each line once.")
    return _proposed(propose_award(run.act, agreement_named(run.scheme, agreement), dict(changes), reason=reason))


@agreement_group.command("virement")
@click.option("--from", "source", required=True, metavar="CODE")
@click.option("--to", "target", required=True, metavar="CODE")
@click.option("--amount", "pence", type=POUNDS, required=True)
@AGREEMENT
@REASON
@changing
def virement(run: Run, source: str, target: str, pence: int, agreement: str | None, reason: str) -> Answer:
    """Propose to move unallocated money from one line of an agreement to another."""
    changed = agreement_named(run.scheme, agreement)
    return _proposed(propose_virement(run.act, changed, source=source, target=target, pence=pence, reason=reason))


@agreement_group.command("conditions")
@SET_UP_FILE
@AGREEMENT
@REASON
@changing
def conditions(run: Run, file: GivenFile, agreement: str | None, reason: str) -> Answer:
    """Propose what a file's section [conditions] names: the administration cap, the year, sign-off, the profile.

    A profile by quarter is a section [conditions.profile.CODE] for each line that it changes.
    """
    changed = agreement_named(run.scheme, agreement)
    whole = toml.read(file.data)
    wanted = read_conditions(whole.section("conditions"), conditions_of(changed.id))
    whole.done()
    refuse_faults(whole)
    return _proposed(propose_conditions(run.act, changed, wanted, reason=reason))


def _proposed(proposal: AgreementProposal) -> Answer:
    words = f"The change of {proposal.agreement.reference} is proposed. It counts once another person confirms it: "
    return Answer(f"{words}voucher agreement confirm {proposal.public_id}", _proposal_facts(proposal))


def _proposal_facts(proposal: AgreementProposal) -> dict[str, object]:
    return {
        "proposal": proposal.public_id,
        "agreement": proposal.agreement.reference,
        "kind": proposal.kind,
        "state": proposal.state,
        "content": proposal.content,
        "reason": proposal.reason,
    }


@agreement_group.command("confirm")
@PROPOSAL
@changing
def confirm(run: Run, public_id: str) -> Answer:
    """Confirm a change that somebody else proposed. A cut beyond what is unallocated waits until money is released."""
    proposal = proposal_by_public_id(run.scheme.id, public_id)
    made = confirm_change(run.act, proposal)
    agreement = proposal.agreement
    if made is not None and made.state == ChangeState.PENDING:
        missing = pounds(shortfall(agreement, made.changes))
        words = f"The change waits: {missing} more must be released on the lines before they can be cut."
    else:
        words = f"Agreement {agreement.reference} is at version {agreement.version}; the award is {_award(agreement)}."
    return Answer(words, {"state": made.state if made else str(ChangeState.APPLIED), **facts_of(agreement)})


@agreement_group.command("end-proposal")
@PROPOSAL
@REASON
@changing
def end(run: Run, public_id: str, reason: str) -> Answer:
    """Withdraw one's own proposed change, or decline another person's."""
    proposal = proposal_by_public_id(run.scheme.id, public_id)
    end_proposal(run.act, proposal, reason=reason)
    return Answer(f"The proposal is {proposal.state}. The agreement stays as it is.", _proposal_facts(proposal))


def _award(agreement: Agreement) -> str:
    return pounds(award_of(agreement))


@agreement_group.command("show")
@AGREEMENT
@reading
def show(run: Run, agreement: str | None) -> Answer:
    """Show agreements with what stands on each line."""
    run.need(Permission.FUNDING_LINES_READ)
    found = [agreement_named(run.scheme, agreement)] if agreement else agreements_of(run.scheme.id)
    return Answer("" if found else "There is no agreement yet.", [facts_of(each) for each in found])


@click.group("drawdown")
def drawdown_group() -> None:
    """Money asked of funders."""


@drawdown_group.command("request")
@AGREEMENT
@click.option("--line", "code", required=True, metavar="CODE")
@click.option("--amount", "pence", type=POUNDS, required=True)
@changing
def request(run: Run, agreement: str | None, code: str, pence: int) -> Answer:
    """Note that money was asked of the funder of a line; it is received when a bank line is matched to it."""
    line = line_by_code(agreement_named(run.scheme, agreement), code)
    asked = request_drawdown(run.act, line, pence)
    data = {"drawdown": asked.reference, "line": line.code, "amount_pence": pence, "requested_on": asked.requested_on}
    return Answer(f"Drawdown {asked.reference}: {pounds(pence)} was asked for on line {line.code}.", data)


COMMANDS = (agreement_group, drawdown_group)
