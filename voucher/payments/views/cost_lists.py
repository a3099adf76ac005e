"""The columns of the list of administration costs."""

from __future__ import annotations

from voucher.funding.models import Agreement, FundingLine
from voucher.payments.cost_models import AdminCost
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.lists import Column, Kind, Listing

COSTS = Listing(
    "administration-costs",
    (
        Column(_("Cost"), lambda row: row.AdminCost.reference, "reference", AdminCost.reference),
        Column(_("State"), lambda row: row.AdminCost.state, "state", AdminCost.state, Kind.STATE),
        Column(_("Agreement"), lambda row: row.agreement, "agreement", Agreement.reference),
        Column(_("Line"), lambda row: row.AdminCost.line.code, "line", FundingLine.code),
        Column(_("What for"), lambda row: row.AdminCost.description),
        Column(_("Incurred"), lambda row: row.AdminCost.incurred_on, "incurred", AdminCost.incurred_on),
        Column(_("Prepared by"), lambda row: row.preparer, "preparer", "preparer"),
        Column(_("Approved by"), lambda row: row.approver, "approver", "approver"),
        Column(_("Amount"), lambda row: row.AdminCost.pence, "amount", AdminCost.pence, Kind.MONEY),
    ),
    usual="-incurred",
    tie=AdminCost.id,
    dated="incurred",
)
