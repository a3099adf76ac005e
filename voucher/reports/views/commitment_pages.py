"""The commitment view: where each line's money stands, what expiry will release, what the year's end takes away."""

from __future__ import annotations

import codecs
from collections import defaultdict
from collections.abc import Sequence
from datetime import date

from flask import Blueprint, Response, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as translate

from voucher.funding.models import Agreement
from voucher.funding.queries import agreements_of
from voucher.platform import csv as csv_files
from voucher.platform.authz import Permission
from voucher.platform.csv import Cell
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.lists import wants_file
from voucher.platform.money import in_pounds
from voucher.platform.web import current_act, requires
from voucher.reports.commitment import (
    STAGES,
    LineCommitment,
    commitments,
    funders_agreements,
    vouchers_past_years_end,
)
from voucher.reports.commitment_plot import Plot, release_plot
from voucher.reports.views.bars import bar_in_words
from voucher.reports.views.lists import PAST_YEARS_END
from voucher.schemes.workplace import working_in

blueprint = Blueprint("commitment", __name__)
blueprint.add_app_template_filter(bar_in_words)

P = Permission
ACCOUNTS = [account for account, _number in STAGES]


@blueprint.get("/funding/commitment")
@requires(P.FUNDING_LINES_READ, task=_("Commitment by funding line"))
def commitment_page() -> ResponseReturnValue:
    at = working_in(P.FUNDING_LINES_READ)
    return _answer(agreements_of(at.scheme.id), f"{at.scheme.reference}-commitment", at=at)


@blueprint.get("/funder/commitment")
@requires(P.FUNDER_STATEMENTS_READ, task=_("Commitment of your agreements"))
def own_commitment_page() -> ResponseReturnValue:
    return _answer(funders_agreements(current_act().actor), "commitment", at=None)


@blueprint.get("/funding/commitment/year-end")
@requires(P.FUNDING_LINES_READ)
def years_end_page() -> ResponseReturnValue:
    at = working_in(P.FUNDING_LINES_READ)
    query = vouchers_past_years_end(at.scheme, current_act().today)
    return PAST_YEARS_END.answer(query, "reports/years_end.html", at=at)


def _answer(agreements: Sequence[Agreement], name: str, *, at: object) -> ResponseReturnValue:
    today = current_act().today
    found = commitments(agreements, today)
    if wants_file():
        return _file(found, f"{name}-{today.isoformat()}.csv")
    return render_template(
        "reports/commitment.html",
        at=at,
        found=found,
        accounts=ACCOUNTS,
        months=sorted({month for each in found for month in each.releases}),
        plot=_plot(found),
    )


def _plot(found: Sequence[LineCommitment]) -> Plot | None:
    """All lines together; each line's own figures are in the table."""
    total: dict[date, int] = defaultdict(int)
    for each in found:
        for month, pence in each.releases.items():
            total[month] += pence
    return release_plot(translate(_("Released at most, by month")), total) if total else None


def _file(found: Sequence[LineCommitment], filename: str) -> Response:
    """The same as a file: a row for each line, with a column for each month in which something is released."""
    months = sorted({month for each in found for month in each.releases})
    header = ["agreement", "line", "kind", *(account.name.lower() for account in ACCOUNTS)]
    header += [f"released_{month:%Y_%m}" for month in months]
    header += ["year_ends_on", "dies_unallocated", "dies_offered", "dies_on_vouchers"]
    rows: list[list[Cell]] = [
        [
            each.agreement.reference,
            each.line.code,
            each.line.kind,
            *(in_pounds(each.figures[account]) for account in ACCOUNTS),
            *(in_pounds(each.releases.get(month, 0)) for month in months),
            each.years_end.on.isoformat(),
            *(in_pounds(p) for p in (each.years_end.unallocated, each.years_end.offered, each.years_end.on_vouchers)),
        ]
        for each in found
    ]
    answer = Response(codecs.BOM_UTF8 + csv_files.write_table(header, rows), mimetype="text/csv")
    answer.headers.set("Content-Disposition", "attachment", filename=filename)
    return answer
