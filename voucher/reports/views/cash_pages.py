"""Cash by funding line: the table with its identity, as a page and as a file; each figure leads to its postings."""

from __future__ import annotations

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from voucher.funding.rules import Account
from voucher.platform.authz import Permission
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.web import current_act, requires
from voucher.reports.cash import BEGINNING, cash_by_line, cash_checks
from voucher.reports.forms import CashFilters
from voucher.reports.ledger_side import Period
from voucher.reports.views.lists import CASH
from voucher.schemes.workplace import working_in

blueprint = Blueprint("cash", __name__)

P = Permission
# The figures in the order of the columns, with the accounts whose postings make them up.
FIGURES = (
    ("requested", None),
    ("opening", Account.CASH),
    ("drawn", Account.CASH_DRAWN),
    ("paid", Account.CASH_PAID),
    ("came_back", Account.CASH_BANK_RETURNS),
    ("recovered", Account.CASH_RECOVERED),
    ("returned", Account.CASH_RETURNED),
    ("borne", Account.CASH_BORNE),
    ("closing", Account.CASH),
)


@blueprint.get("/cash")
@requires(P.FUNDING_LINES_READ, task=_("Cash by funding line"))
def cash_page() -> ResponseReturnValue:
    at = working_in(P.FUNDING_LINES_READ)
    form = CashFilters(request.args)
    form.validate()
    last = form.last.data or current_act().today
    period = Period(min(form.first.data or BEGINNING, last), last)
    lines = cash_by_line(at.scheme, period)
    return CASH.answer_read(
        lines,
        "reports/cash.html",
        at=at,
        form=form,
        figures=FIGURES,
        last=last,
        totals=[sum(getattr(each, name) for each in lines) for name, _account in FIGURES],
        heads_of_totals=[column.head for column in CASH.columns if column.numeric],
        checks=cash_checks(at.scheme, period, lines),
    )
