"""Taking over an agreement that runs elsewhere, from a file that two people give."""

from __future__ import annotations

import click

from voucher.cli.common import Answer, Run, changing
from voucher.cli.imports import COMMIT, NOT_DONE, import_group, template_group
from voucher.cli.options import FILE, GivenFile
from voucher.platform.clock import long_date
from voucher.platform.money import pounds
from voucher.vouchers.opening import Standing, TakenOver, commit_opening, try_opening
from voucher.vouchers.opening_template import TEMPLATE

NEXT = {
    Standing.TRIED: NOT_DONE,
    Standing.PROPOSED: "It is proposed. Another person must give the very same file with --commit before it counts.",
    Standing.CARRIED_OUT: "It is carried out. The first statement here begins on the day after.",
}


@import_group.command("opening")
@click.argument("file", type=FILE)
@COMMIT
@changing
def opening(run: Run, file: GivenFile, commit: bool) -> Answer:
    """Take over an agreement that runs elsewhere: its award, its living vouchers, what was paid and drawn.

    The file's rows must come to the figures of the last statement signed elsewhere. With --commit the first person
    proposes it, and a second one who gives the very same file carries it out.
    """
    found = (commit_opening if commit else try_opening)(run.act, run.scheme, file.data)
    return Answer(f"{_in_words(found)}\n{NEXT[found.standing]}", vars(found))


def _in_words(found: TakenOver) -> str:
    return (
        f"Agreement {found.agreement}, signed elsewhere through {long_date(found.signed_through)}. "
        f"Award: {pounds(found.award_pence)}. "
        f"Vouchers: {found.vouchers}, with {pounds(found.vouchers_pence)} left. "
        f"Payments: {found.payments}, {pounds(found.payments_pence)}. "
        f"Drawdowns: {found.drawdowns}, {pounds(found.drawdowns_pence)}. "
        f"Unallocated: {pounds(found.unallocated_pence)}. Cash: {pounds(found.cash_pence)}."
    )


@template_group.command("opening")
def opening_template() -> None:
    """A TOML file that takes a running agreement over, with comments."""
    click.echo(TEMPLATE, nl=False)
    click.echo("Change it, keep it, and give it to: voucher import opening FILE", err=True)


COMMANDS: tuple[click.Command, ...] = ()  # they belong to the groups of imports and of templates
