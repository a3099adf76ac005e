"""How long claims take to be paid, and who lost how many days: the list and its file (rule 38)."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from voucher.organisations.models import Organisation
from voucher.payments.forms import DaysFilters
from voucher.payments.pay_days import Asked, PayDays, claims_in, pay_days, summarise
from voucher.payments.rules import LIMIT_DAYS
from voucher.platform.authz import Permission
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.lists import Column, Kind, Listing
from voucher.platform.web import current_act, requires
from voucher.redemptions.models import Redemption
from voucher.redemptions.waiting import THE_BUSINESS, THE_OFFICE, THE_PROVIDER
from voucher.schemes.workplace import working_in

blueprint = Blueprint("pay_days", __name__)

DAYS = Listing(
    "days-to-payment",
    (
        Column(_("Claim"), lambda row: row.claim.reference, "reference", Redemption.reference),
        Column(_("Provider"), lambda row: row.claim.provider.organisation.name, "provider", Organisation.name),
        Column(_("State"), lambda row: row.claim.state, "state", Redemption.state, Kind.STATE),
        Column(_("Handed in"), lambda row: row.handed_in_on, "handed-in", Redemption.submitted_at),
        Column(_("Valid since"), lambda row: row.valid_on),
        Column(_("Paid on"), lambda row: row.paid_on),
        Column(_("Days"), lambda row: row.days, kind=Kind.NUMBER),
        Column(_("Lost by the provider"), lambda row: row.lost[THE_PROVIDER], kind=Kind.NUMBER),
        Column(_("Lost by the business"), lambda row: row.lost[THE_BUSINESS], kind=Kind.NUMBER),
        Column(_("Lost by the scheme"), lambda row: row.lost[THE_OFFICE], kind=Kind.NUMBER),
    ),
    usual="-handed-in",
    tie=Redemption.id,
)


@blueprint.get("/days-to-payment")
@requires(Permission.CLAIMS_READ, task=_("Days to payment"))
def days_page() -> ResponseReturnValue:
    at, today = working_in(Permission.CLAIMS_READ), current_act().today
    form = DaysFilters(request.args)
    asked = Asked(days=form.days.data or Asked.days, show=form.show.data or "")

    def fared(claims: Sequence[Redemption]) -> list[PayDays[Redemption]]:
        return pay_days(claims, today)

    return DAYS.answer(
        claims_in(at.scheme.id, asked, today),
        "payments/days.html",
        then=fared,
        at=at,
        form=form,
        asked=asked,
        summary=summarise(at.scheme.id, asked, today),
        limit=LIMIT_DAYS,
        parties=(THE_PROVIDER, THE_BUSINESS, THE_OFFICE),
    )
