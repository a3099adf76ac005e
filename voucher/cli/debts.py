"""Money to be got back after it was paid."""

from __future__ import annotations

from enum import StrEnum

import click

from voucher.cli.claims import claim_facts, claim_of
from voucher.cli.common import Answer, Run, changing, reading
from voucher.cli.options import POUNDS, REASON, one_of
from voucher.organisations.models import Organisation
from voucher.payments import debts
from voucher.payments.models import Debt
from voucher.payments.queries import bank_line_by_public_id, by_reference
from voucher.platform.authz import Permission
from voucher.platform.money import pounds
from voucher.redemptions.models import Redemption


class OwedBy(StrEnum):
    """Who owes a debt."""

    PROVIDER = "provider"
    BUSINESS = "business"


@click.group("debt")
def debt_group() -> None:
    """Debts on claims that were paid."""


def debt_facts(debt: Debt) -> dict[str, object]:
    """A debt as it is shown."""
    return {
        "debt": debt.reference,
        "state": str(debt.state),
        "claim": debt.redemption.reference,
        "owed_by": _debtor(debt).name,
        "amount_pence": debt.pence,
        "outstanding_pence": debt.outstanding_pence,
        "reason": debt.reason,
        "raised_at": debt.raised_at,
        "write_off_asked": debt.write_off_asked_by is not None,
    }


def _debtor(debt: Debt) -> Organisation:
    claim = debt.redemption
    return next(party for party in (_party(claim, each) for each in OwedBy) if party.id == debt.owed_by_id)


def _party(claim: Redemption, owed_by: OwedBy) -> Organisation:
    return claim.provider.organisation if owed_by is OwedBy.PROVIDER else claim.voucher.business


@debt_group.command("raise")
@click.argument("reference", metavar="CLAIM")
@click.option("--amount", "pence", type=POUNDS, required=True)
@click.option("--owed-by", type=one_of("debtor", OwedBy), required=True, help="provider or business.")
@REASON
@changing
def raise_debt(run: Run, reference: str, pence: int, owed_by: OwedBy, reason: str) -> Answer:
    """Raise a debt for a paid claim, up to what was paid."""
    claim = claim_of(run, reference)
    debt = debts.raise_debt(run.act, claim, owed_by=_party(claim, owed_by), pence=pence, reason=reason)
    return Answer(f"Debt {debt.reference}: {_debtor(debt).name} owes {pounds(pence)}.", debt_facts(debt))


@debt_group.command("write-off")
@click.argument("reference", metavar="DEBT")
@REASON
@changing
def write_off(run: Run, reference: str, reason: str) -> Answer:
    """Write off what is outstanding on a debt; it takes two people."""
    debt = by_reference(Debt, run.scheme, reference)
    if debts.write_off(run.act, debt, reason=reason):
        return Answer(f"Debt {debt.reference} is written off.", debt_facts(debt))
    words = f"The write-off of debt {debt.reference} is asked for: a second person must give the same command."
    return Answer(words, debt_facts(debt))


@debt_group.command("show")
@click.argument("reference", metavar="DEBT")
@reading
def show(run: Run, reference: str) -> Answer:
    """Show a debt."""
    run.need(Permission.FUNDING_DEBTS_MANAGE, Permission.CLAIMS_READ)
    return Answer(data=debt_facts(by_reference(Debt, run.scheme, reference)))


@click.command("recover")
@click.argument("line_id", metavar="LINE")
@click.option("--debt", required=True, metavar="REF")
@changing
def recover(run: Run, line_id: str, debt: str) -> Answer:
    """Say that a bank line is money got back for a debt."""
    line = bank_line_by_public_id(run.scheme, line_id)
    owed = by_reference(Debt, run.scheme, debt)
    debts.match_recovery(run.act, line, owed)
    return Answer(f"{pounds(owed.outstanding_pence)} is left of debt {owed.reference}.", debt_facts(owed))


@click.command("disallow")
@click.argument("reference", metavar="CLAIM")
@click.option("--amount", "pence", type=POUNDS, required=True)
@REASON
@changing
def disallow(run: Run, reference: str, pence: int, reason: str) -> Answer:
    """Note that the funder disallowed part of a paid claim; the authority bears it."""
    claim = claim_of(run, reference)
    debts.disallow_claim(run.act, claim, pence=pence, reason=reason)
    data = {**claim_facts(claim), "disallowed_pence": claim.disallowed_pence}
    return Answer(f"{pounds(pence)} of claim {claim.reference} is disallowed.", data)


COMMANDS = (debt_group, recover, disallow)
