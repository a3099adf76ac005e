"""The tables of the modulus check, which whoever runs the server supplies."""

from __future__ import annotations

from datetime import date

import click

from voucher.cli.common import Answer, Run, changing_installation, reading_installation
from voucher.cli.options import DAY, FILE, GivenFile
from voucher.platform.clock import long_date
from voucher.platform.modulus import Tables
from voucher.providers.modulus_loading import load_tables


@click.group("modulus-tables")
def modulus_group() -> None:
    """The tables that sort codes and account numbers are checked by. They are Vocalink's and come with no edition."""


@modulus_group.command("load")
@click.option("--weights", required=True, type=FILE, help="The file valacdos.txt.")
@click.option("--substitutes", type=FILE, help="The file scsubtab.txt of the same issue.")
@click.option("--dated", type=DAY, required=True, help="The day of the issue, which is shown with each check.")
@changing_installation
def load(run: Run, weights: GivenFile, substitutes: GivenFile | None, dated: date) -> Answer:
    """Take tables in. They count from the next account that is keyed, confirmed or paid."""
    given = substitutes.data if substitutes else None
    return _answer(load_tables(run.act, weights=weights.data, substitutes=given, dated=dated))


@modulus_group.command("show")
@reading_installation
def show(run: Run) -> Answer:
    """Say of which day the tables are."""
    found = run.act.modulus.tables()
    if found is None:
        return Answer("No tables are loaded: every account is recorded as not checkable.", {"dated": None})
    return _answer(found)


def _answer(found: Tables) -> Answer:
    lines, codes = len(found.weights), len(found.substitutes)
    words = f"The tables of {long_date(found.dated)} are in use: {lines} lines of weights, {codes} substitutes."
    return Answer(words, {"dated": found.dated, "weights": lines, "substitutes": codes})


COMMANDS = (modulus_group,)
