"""Funders' agreements: signing, changing the award, virement, asking for money."""

from __future__ import annotations

from collections.abc import Mapping

import click

from voucher.cli.common import Answer, Run, changing, reading
from voucher.cli.lists import agreement_named, pending_changes
from voucher.cli.options import POUNDS, REASON, SET_UP_FILE, GivenFile, change_in_pounds, pair
from voucher.funding.agreement_file import read_agreement, terms_of
from voucher.funding.commands import (
    award_of,
    change_award,
    move_between_lines,
    shortfall,
    sign_agreement,
)
from voucher.funding.models import Agreement, FundingLine
from voucher.funding.queries import agreements_of, balances, line_by_code
from voucher.funding.rules import Account, ChangeState
from voucher.payments.bank import request_drawdown
from voucher.platform import toml
from voucher.platform.authz import Permission
from voucher.platform.clock import london_date
from voucher.platform.money import pounds
from voucher.platform.toml import refuse_faults

AGREEMENT = click.option("--agreement", metavar="REF", help="Needed when the scheme has several.")
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

    The file has sections [agreement], [agreement.signer] and one [[agreement.line]] or more. A funder that is not
    known yet by name or reference is added.
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
    """Raise or lower the award of lines. A cut beyond what is unallocated waits until money is released."""
    if len(dict(changes)) != len(changes):
        raise click.UsageError("Name each line once.")
    target = agreement_named(run.scheme, agreement)
    made = change_award(run.act, target, dict(changes), reason=reason)
    if made.state == ChangeState.PENDING:
        missing = pounds(shortfall(target, dict(changes)))
        words = f"The change waits: {missing} more must be released on the lines before they can be cut."
    else:
        words = f"Agreement {target.reference} is at version {target.version}; the award is {_award(target)}."
    return Answer(words, {"state": made.state, **facts_of(target)})


def _award(agreement: Agreement) -> str:
    return pounds(award_of(agreement))


@agreement_group.command("virement")
@click.option("--from", "source", required=True, metavar="CODE")
@click.option("--to", "target", required=True, metavar="CODE")
@click.option("--amount", "pence", type=POUNDS, required=True)
@AGREEMENT
@REASON
@changing
def virement(run: Run, source: str, target: str, pence: int, agreement: str | None, reason: str) -> Answer:
    """Move unallocated money from one line of an agreement to another."""
    changed = agreement_named(run.scheme, agreement)
    move_between_lines(run.act, changed, source=source, target=target, pence=pence, reason=reason)
    return Answer(f"{pounds(pence)} went from line {source} to line {target}.", facts_of(changed))


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
