"""The columns of the lists of claims and vouchers: staff's, and a provider's own."""

from __future__ import annotations

from typing import NamedTuple

from flask_babel import gettext as translate

from voucher.organisations.models import Organisation
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.lists import Column, Kind, Listing
from voucher.redemptions.models import Redemption
from voucher.redemptions.rules import to_outsiders
from voucher.redemptions.staff_queries import PROVIDER_PARTY
from voucher.redemptions.standing import Standing
from voucher.redemptions.waiting import waits_for
from voucher.vouchers.models import Voucher


def _state(claim: Redemption) -> str:
    words = str(translate(claim.state))
    return f"{words}, {translate('on hold')}" if claim.on_hold else words


CLAIMS = Listing(
    "claims",
    (
        Column(_("Claim"), lambda claim: claim.reference, "reference", Redemption.reference),
        Column(_("Provider"), lambda claim: claim.provider.organisation.name, "provider", PROVIDER_PARTY.name),
        Column(_("Business"), lambda claim: claim.voucher.business.name, "business", Organisation.name),
        Column(_("Invoice"), lambda claim: claim.invoice_number, "invoice", Redemption.invoice_number),
        Column(_("State"), _state, "state", Redemption.state),
        Column(_("Waits for"), lambda claim: str(translate(waits_for(claim.state)))),
        Column(_("Sent"), lambda claim: claim.submitted_at, "sent", Redemption.submitted_at),
        Column(_("The voucher pays"), lambda claim: claim.grant_pence, "pays", Redemption.grant_pence, Kind.MONEY),
    ),
    usual="sent",
    tie=Redemption.id,
    dated="sent",
)

VOUCHERS = Listing(
    "vouchers",
    (
        Column(_("Voucher"), lambda row: row.Voucher.reference, "reference", Voucher.reference),
        Column(_("Business"), lambda row: row.Voucher.business.name, "business", Organisation.name),
        Column(_("State"), lambda row: row.Voucher.state, "state", Voucher.state, Kind.STATE),
        Column(_("Last day"), lambda row: row.Voucher.last_day, "last-day", Voucher.last_day),
        Column(_("Face value"), lambda row: row.Voucher.face_pence, "face", Voucher.face_pence, Kind.MONEY),
        Column(_("Held by sessions"), lambda row: row.held, "held", "held", Kind.MONEY),
        Column(_("Left"), lambda row: row.Voucher.remaining_pence, "left", Voucher.remaining_pence, Kind.MONEY),
    ),
    usual="last-day",
    tie=Voucher.id,
    dated="last-day",
)


class OwnClaim(NamedTuple):
    """A provider's claim, and where it stands."""

    claim: Redemption
    standing: Standing


OWN_CLAIMS = Listing(
    "claims",
    (
        Column(_("Claim"), lambda row: row.claim.reference),
        Column(_("Business"), lambda row: row.claim.voucher.business.name),
        Column(_("Invoice"), lambda row: row.claim.invoice_number),
        Column(_("Date of the invoice"), lambda row: row.claim.invoice_on),
        Column(_("Price before VAT"), lambda row: row.claim.net_pence, kind=Kind.MONEY),
        Column(_("VAT"), lambda row: row.claim.vat_pence, kind=Kind.MONEY),
        Column(_("The business pays of the price"), lambda row: row.claim.own_pence, kind=Kind.MONEY),
        Column(_("The voucher pays"), lambda row: row.claim.grant_pence, "pays", Redemption.grant_pence, Kind.MONEY),
        Column(_("State"), lambda row: to_outsiders(row.claim.state), kind=Kind.STATE),
        Column(_("Sent"), lambda row: row.claim.submitted_at, "sent", Redemption.submitted_at),
        Column(_("Waits for"), lambda row: row.standing.waiting.whose_turn, kind=Kind.STATE),
        Column(_("Since"), lambda row: row.standing.since_on),
        Column(_("Expected to be paid by"), lambda row: row.standing.paid_by),
    ),
    usual="-sent",
    tie=Redemption.id,
    dated="sent",
)
