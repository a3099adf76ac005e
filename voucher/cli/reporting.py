"""When statements are due, what to chase before a cut-off, and funders' own forms."""

from __future__ import annotations

import click

from voucher.cli.agreements import AGREEMENT
from voucher.cli.common import Answer, Run, changing, reading
from voucher.cli.lists import agreement_named
from voucher.cli.options import FILE, GivenFile
from voucher.platform.authz import Permission
from voucher.reports.due import calendar_of, running, set_rhythm, to_chase
from voucher.reports.funder_forms import add_form
from voucher.reports.periods import Rhythm


@click.group("reporting")
def reporting_group() -> None:
    """When statements are due, and funders' own forms."""


@reporting_group.command("rhythm")
@AGREEMENT
@click.option("--months", type=int, required=True, help="Months of a period: 1, 3, 6 or 12.")
@click.option("--due-days", type=int, required=True, help="Days after the period in which its statement is due.")
@click.option("--cut-off-days", type=int, default=14, show_default=True, help="Days before its end for claims.")
@click.option("--remind-days", type=int, default=7, show_default=True, help="Days before that for reminders; 0: none.")
@changing
def rhythm_command(
    run: Run, agreement: str | None, months: int, due_days: int, cut_off_days: int, remind_days: int
) -> Answer:
    """Say how often an agreement reports; the calendar follows from it."""
    target = agreement_named(run.scheme, agreement)
    rhythm = Rhythm(months, due_days, cut_off_days, remind_days)
    set_rhythm(run.act, target, rhythm)
    facts = {"agreement": target.reference, **vars(rhythm)}
    return Answer(f"Agreement {target.reference} reports every {months} months.", facts)


@reporting_group.command("calendar")
@reading
def calendar_command(run: Run) -> Answer:
    """List the statements that are not with the funder yet, the running period and the next two."""
    run.need(Permission.STATEMENTS_READ)
    facts = [
        {
            "agreement": each.agreement.reference,
            "period_from": each.due.first,
            "period_to": each.due.last,
            "cut_off_on": each.due.cut_off_on,
            "due_on": each.due.due_on,
            "standing": each.standing,
            "statement": each.statement.reference if each.statement else None,
        }
        for each in calendar_of(run.scheme.id, run.act.today)
    ]
    return Answer("" if facts else "No agreement says how often it reports yet.", facts)


@reporting_group.command("chase")
@AGREEMENT
@reading
def chase(run: Run, agreement: str | None) -> Answer:
    """List what has to go on before the cut-off to count in the period, the oldest first."""
    run.need(Permission.STATEMENTS_READ)
    target = agreement_named(run.scheme, agreement)
    due = running(target, run.act.today)
    facts = {
        "agreement": target.reference,
        "cut_off_on": due.cut_off_on if due else None,
        "waiting": [vars(each) for each in to_chase(target)],
    }
    return Answer("" if facts["waiting"] else "Nothing has to be chased.", facts)


@reporting_group.command("form")
@click.argument("template", type=FILE)
@click.option("--cells", type=FILE, required=True, help="CSV with the columns cell and figure.")
@AGREEMENT
@changing
def form(run: Run, template: GivenFile, cells: GivenFile, agreement: str | None) -> Answer:
    """Keep a funder's own form (XLSX) with the figures that go into its cells; the newest counts.

    A figure is a line (7a), a line on one funding line (7@CAP), an indicator (E12.to_date) or header.period_from.
    """
    target = agreement_named(run.scheme, agreement)
    made = add_form(run.act, target, template=template.data, name=template.name, cells=cells.data)
    facts = {"agreement": target.reference, "version": made.version, "cells": made.cells}
    return Answer(f"Version {made.version} of the form fills {len(made.cells)} cells.", facts)


COMMANDS = (reporting_group,)
