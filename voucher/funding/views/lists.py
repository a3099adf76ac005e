"""The columns of the lists of funding lines and rounds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from voucher.funding.models import Agreement, FundingLine
from voucher.organisations.models import Organisation
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.languages import shown_percent
from voucher.platform.lists import Column, Kind, Listing
from voucher.schemes.models import Round, VoucherType

LINES = Listing(
    "funding-lines",
    (
        Column(_("Agreement"), lambda row: row.FundingLine.agreement.reference, "agreement", Agreement.reference),
        Column(_("Funder"), lambda row: row.FundingLine.agreement.funder.name, "funder", Organisation.name),
        Column(_("Ends"), lambda row: row.FundingLine.agreement.ends_on, "ends", Agreement.ends_on),
        Column(_("Line"), lambda row: f"{row.FundingLine.code}: {row.FundingLine.name}", "line", FundingLine.code),
        Column(_("Kind"), lambda row: row.FundingLine.kind, "kind", FundingLine.kind, Kind.STATE),
        Column(_("Award"), lambda row: row.award, "award", "award", Kind.MONEY),
        Column(_("Unallocated"), lambda row: row.unallocated, "unallocated", "unallocated", Kind.MONEY),
    ),
    usual="agreement",
    tie=FundingLine.id,
)


class OpenRound(NamedTuple):
    """A round, and the code and share in ten-thousandths of each line that it draws on."""

    round: Round
    shares: Sequence[tuple[str, int]]


ROUNDS = Listing(
    "rounds",
    (
        Column(_("Code"), lambda row: row.round.code, "code", Round.code),
        Column(_("Name"), lambda row: row.round.name, "name", Round.name),
        Column(_("Voucher type"), lambda row: row.round.voucher_type.name, "type", VoucherType.name),
        Column(_("Opens"), lambda row: row.round.opens_on, "opens", Round.opens_on),
        Column(_("Closes"), lambda row: row.round.closes_on, "closes", Round.closes_on),
        Column(_("Awarded"), lambda row: row.round.award_method, "awarded", Round.award_method, Kind.STATE),
        Column(_("Draws on"), lambda row: ", ".join(f"{code}: {shown_percent(share)}" for code, share in row.shares)),
        Column(_("Budget"), lambda row: row.round.budget_pence, "budget", Round.budget_pence, Kind.MONEY),
        Column(_("Still to offer"), lambda row: row.round.available_pence, "left", Round.available_pence, Kind.MONEY),
    ),
    usual="-opens",
    tie=Round.id,
)
