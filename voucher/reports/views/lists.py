"""The columns of the lists of statements, and of vouchers that would count after a year's end."""

from __future__ import annotations

from voucher.funding.models import Agreement
from voucher.organisations.models import Organisation
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.lists import Column, Kind, Listing
from voucher.reports.models import Statement
from voucher.vouchers.models import Voucher


def _period(statement: Statement) -> str:
    return f"{statement.period_from.isoformat()}/{statement.period_to.isoformat()}"


STATEMENTS = Listing(
    "statements",
    (
        Column(_("Statement"), lambda each: each.reference, "reference", Statement.reference),
        Column(_("Agreement"), lambda each: each.agreement.reference, "agreement", Agreement.reference),
        Column(_("Funder"), lambda each: each.agreement.funder.name, "funder", Organisation.name),
        Column(_("Period"), _period, "period", Statement.period_to),
        Column(_("State"), lambda each: each.state, "state", Statement.state, Kind.STATE),
    ),
    usual="-period",
    tie=Statement.id,
    dated="period",
)

PAST_YEARS_END = Listing(
    "years-end",
    (
        Column(_("Voucher"), lambda each: each.reference, "reference", Voucher.reference),
        Column(_("State"), lambda each: each.state, "state", Voucher.state, Kind.STATE),
        Column(_("Business"), lambda each: each.business.name, "business", Organisation.name),
        Column(_("Last day"), lambda each: each.last_day, "last-day", Voucher.last_day),
        Column(_("Left on it"), lambda each: each.remaining_pence, "left", Voucher.remaining_pence, Kind.MONEY),
    ),
    usual="-last-day",
    tie=Voucher.id,
)

CASH = Listing(
    "cash",
    (
        Column(_("Agreement"), lambda each: each.line.agreement.reference, "agreement"),
        Column(_("Line"), lambda each: f"{each.line.code}: {each.line.name}", "line"),
        Column(_("Asked for"), lambda each: each.requested, "asked", kind=Kind.MONEY),
        Column(_("Opening cash"), lambda each: each.opening, "opening", kind=Kind.MONEY),
        Column(_("Drawdown received"), lambda each: each.drawn, "drawn", kind=Kind.MONEY),
        Column(_("Payments"), lambda each: each.paid, "paid", kind=Kind.MONEY),
        Column(_("Bank returns"), lambda each: each.came_back, "returns", kind=Kind.MONEY),
        Column(_("Recoveries"), lambda each: each.recovered, "recovered", kind=Kind.MONEY),
        Column(_("Returned to the funder"), lambda each: each.returned, "returned", kind=Kind.MONEY),
        Column(_("Borne by the authority"), lambda each: each.borne, "borne", kind=Kind.MONEY),
        Column(_("Closing cash"), lambda each: each.closing, "closing", kind=Kind.MONEY),
        Column(_("Owed by the funder"), lambda each: each.owed_by_the_funder, "owed", kind=Kind.MONEY),
    ),
    usual="agreement",
    tie=None,
)
