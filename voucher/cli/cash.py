"""Cash by funding line."""

from __future__ import annotations

from datetime import date

import click

from voucher.cli.common import Answer, Run, reading
from voucher.cli.options import DAY
from voucher.platform.authz import Permission
from voucher.reports.cash import BEGINNING, CashLine, cash_by_line, cash_checks
from voucher.reports.ledger_side import Period


def _facts(each: CashLine) -> dict[str, object]:
    return {
        "agreement": each.line.agreement.reference,
        "line": each.line.code,
        "asked_for_pence": each.requested,
        "opening_pence": each.opening,
        "drawdown_received_pence": each.drawn,
        "payments_pence": each.paid,
        "bank_returns_pence": each.came_back,
        "recoveries_pence": each.recovered,
        "returned_to_funder_pence": each.returned,
        "borne_by_authority_pence": each.borne,
        "closing_pence": each.closing,
        "owed_by_funder_pence": each.owed_by_the_funder,
    }


@click.command("cash")
@click.option("--from", "first", type=DAY, help="The first day; without it, from the beginning.")
@click.option("--to", "last", type=DAY, help="The last day; without it, today.")
@reading
def cash(run: Run, first: date | None, last: date | None) -> Answer:
    """Show the cash of each funding line; exit status 1 when a side of it does not agree."""
    run.need(Permission.FUNDING_LINES_READ)
    until = last or run.act.today
    if first is not None and first > until:
        raise click.UsageError("--from lies after --to, which is today when it is not given.")
    period = Period(min(first or BEGINNING, until), until)
    lines = cash_by_line(run.scheme, period)
    checks = cash_checks(run.scheme, period, lines)
    wrong = [each for each in checks if not each["holds"]]
    data = {"lines": [_facts(each) for each in lines], "checks": checks}
    return Answer("\n".join(str(each["name"]) for each in wrong), data, failed=bool(wrong))


COMMANDS = (cash,)
