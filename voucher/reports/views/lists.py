"""The columns of the lists of statements, of vouchers that would count after a year's end, and of rows of figures."""

from __future__ import annotations

from datetime import date
from typing import Any, NamedTuple

from voucher.applications.models import Application
from voucher.funding.models import Agreement, Entry, Posting
from voucher.organisations.models import Organisation
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.lists import Column, Kind, Listing
from voucher.reports.models import Statement
from voucher.reports.postings import about
from voucher.subsidies.models import Assistance
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
        Column(_("Voucher"), lambda row: row.Voucher.reference, "reference", Voucher.reference),
        Column(_("State"), lambda row: row.Voucher.state, "state", Voucher.state, Kind.STATE),
        Column(_("Business"), lambda row: row.Voucher.business.name, "business", Organisation.name),
        Column(_("Last day"), lambda row: row.Voucher.last_day, "last-day", Voucher.last_day),
        Column(_("Left on it"), lambda row: row.Voucher.remaining_pence, "left", Voucher.remaining_pence, Kind.MONEY),
        Column(_("Held by support"), lambda row: row.held, "held", "held", Kind.MONEY),
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

MOVEMENTS = Listing(
    "movements",
    (
        Column(_("Counts on"), lambda row: row.Posting.effective_on, "day", Posting.effective_on),
        Column(_("What"), lambda row: row.Entry.kind, "what", Entry.kind, Kind.STATE),
        Column(_("From"), lambda row: row.Posting.from_account, "from", Posting.from_account, Kind.STATE),
        Column(_("To"), lambda row: row.Posting.to_account, "to", Posting.to_account, Kind.STATE),
        Column(_("About"), lambda row: about(row)),
        Column(_("Why"), lambda row: row.Entry.reason),
        Column(_("Amount"), lambda row: row.moved, "amount", "moved", Kind.MONEY),
    ),
    usual="-day",
    tie=Posting.id,
    dated="day",
)


class PaymentRow(NamedTuple):
    """A row of a statement's annex, and what it adds to a figure."""

    data: dict[str, Any]
    counted: int


# The rows of the annex as the statement's data have them.
ANNEX = Listing(
    "payments",
    (
        Column(_("Day at the bank"), lambda row: date.fromisoformat(row.data["bank_on"]), "day"),
        Column(_("Payment or return"), lambda row: row.data["kind"], "kind", kind=Kind.STATE),
        Column(_("Payment"), lambda row: row.data["payment"], "payment"),
        Column(_("Voucher"), lambda row: row.data["voucher"], "voucher"),
        Column(_("Business"), lambda row: row.data["business"], "business"),
        Column(_("Provider"), lambda row: row.data["provider"], "provider"),
        Column(_("Gross"), lambda row: row.data["gross"], "gross", kind=Kind.MONEY),
        Column(_("Grant"), lambda row: row.data["grant"], "grant", kind=Kind.MONEY),
        Column(_("Own contribution"), lambda row: row.data["own_contribution"], "own", kind=Kind.MONEY),
        Column(_("Counts here"), lambda row: row.counted, "counts", kind=Kind.MONEY),
    ),
    usual="day",
    tie=None,
    dated="day",
)


class ClaimRow(NamedTuple):
    """A claim behind line 14, and what it adds to a figure."""

    reference: str
    voucher: str
    provider: str
    grant: int
    own: int
    elsewhere: int
    counted: int


MATCH = Listing(
    "claims",
    (
        Column(_("Claim"), lambda row: row.reference, "claim"),
        Column(_("Voucher"), lambda row: row.voucher, "voucher"),
        Column(_("Provider"), lambda row: row.provider, "provider"),
        Column(_("Grant"), lambda row: row.grant, "grant", kind=Kind.MONEY),
        Column(_("Own contribution"), lambda row: row.own, "own", kind=Kind.MONEY),
        Column(_("Counts elsewhere"), lambda row: row.elsewhere, "elsewhere", kind=Kind.MONEY),
        Column(_("Counts here"), lambda row: row.counted, "counts", kind=Kind.MONEY),
    ),
    usual="claim",
    tie=None,
)

SUBSIDIES = Listing(
    "subsidies",
    (
        Column(_("Given on"), lambda row: row.Assistance.given_on, "day", Assistance.given_on),
        Column(_("Application"), lambda row: row.Application.reference, "application", Application.reference),
        Column(_("Business"), lambda row: row.business, "business", Organisation.name),
        Column(_("Amount"), lambda row: row.Assistance.pence, "amount", Assistance.pence, Kind.MONEY),
    ),
    usual="-day",
    tie=Assistance.id,
    dated="day",
)
