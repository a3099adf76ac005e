"""The register of irregularities and suspected fraud."""

from __future__ import annotations

import click

from voucher.assurance import irregularities
from voucher.assurance.models import Irregularity
from voucher.assurance.queries import events_of, irregularity_by_reference
from voucher.assurance.queries import irregularities as register
from voucher.assurance.rules import CLOSED, IrregularityKind, IrregularityState
from voucher.cli.claims import claim_of
from voucher.cli.common import Answer, Run, changing, reading
from voucher.cli.options import POUNDS, one_of
from voucher.platform.authz import Permission
from voucher.platform.db import session
from voucher.platform.money import pounds

IRREGULARITY = click.argument("reference", metavar="IRREGULARITY")
KIND = click.option(
    "--kind", type=one_of("kind", IrregularityKind), required=True, help="irregularity or suspected-fraud."
)
AMOUNT = click.option("--amount", "pence", type=POUNDS, default="0.00", help="0.00 while nobody knows.")
FOUND = click.option("--note", required=True, help="What was found; it stands in the history, never on a statement.")


@click.group("irregularity")
def irregularity_group() -> None:
    """Irregularities and suspected fraud, as statements count them."""


@irregularity_group.command("register")
@KIND
@AMOUNT
@click.option("--claim", metavar="CLAIM", help="The claim that it is about; register it once for each of several.")
@FOUND
@changing
def register_one(run: Run, kind: IrregularityKind, pence: int, claim: str | None, note: str) -> Answer:
    """Register an irregularity or a suspected fraud; it moves no money."""
    about = claim_of(run, claim) if claim else None
    found = irregularities.register_irregularity(run.act, run.scheme, kind=kind, pence=pence, note=note, claim=about)
    return _stands(found)


@irregularity_group.command("change")
@IRREGULARITY
@KIND
@AMOUNT
@FOUND
@changing
def change(run: Run, reference: str, kind: IrregularityKind, pence: int, note: str) -> Answer:
    """Say anew what an open irregularity is, and about how much."""
    found = irregularity_by_reference(run.scheme, reference)
    irregularities.change_irregularity(run.act, found, kind=kind, pence=pence, note=note)
    return _stands(found)


@irregularity_group.command("close")
@IRREGULARITY
@click.option("--outcome", type=one_of("outcome", CLOSED), required=True, help="proved or unfounded.")
@FOUND
@changing
def close(run: Run, reference: str, outcome: IrregularityState, note: str) -> Answer:
    """Close an irregularity; another person than who registered it."""
    found = irregularity_by_reference(run.scheme, reference)
    irregularities.close_irregularity(run.act, found, outcome=outcome, note=note)
    return _stands(found)


@irregularity_group.command("reopen")
@IRREGULARITY
@FOUND
@changing
def reopen(run: Run, reference: str, note: str) -> Answer:
    """Open a closed irregularity again."""
    found = irregularity_by_reference(run.scheme, reference)
    irregularities.reopen_irregularity(run.act, found, note=note)
    return _stands(found)


@irregularity_group.command("show")
@IRREGULARITY
@reading
def show(run: Run, reference: str) -> Answer:
    """Show an irregularity, with how it stood from when on."""
    run.need(Permission.CLAIMS_READ)
    found = irregularity_by_reference(run.scheme, reference)
    events = [
        {"from": each.at, "kind": each.kind, "state": each.state, "pence": each.pence, "note": each.note}
        for each in events_of(found)
    ]
    return Answer(data={**_facts(found), "events": events})


@irregularity_group.command("list")
@click.option("--state", type=one_of("state", IrregularityState), help="Any state when left out.")
@reading
def list_them(run: Run, state: IrregularityState | None) -> Answer:
    """List the register, the oldest first."""
    run.need(Permission.CLAIMS_READ)
    rows = session.execute(register(run.scheme.id, state=str(state or "")).order_by(Irregularity.id))
    return Answer(data=[_facts(row.Irregularity) for row in rows])


def _stands(found: Irregularity) -> Answer:
    words = f"{found.reference}, {found.kind}, {pounds(found.pence)}: {found.state}."
    return Answer(words, _facts(found))


def _facts(found: Irregularity) -> dict[str, object]:
    return {
        "irregularity": found.reference,
        "kind": found.kind,
        "state": str(found.state),
        "amount_pence": found.pence,
        "claim": found.redemption.reference if found.redemption else None,
        "note": found.note,
        "opened_at": found.opened_at,
        "closed_at": found.closed_at,
    }


COMMANDS = (irregularity_group,)
