"""The columns of the lists of irregularities, of providers' shares, and of cases of concentration."""

from __future__ import annotations

from voucher.assurance.models import ConcentrationCase, Irregularity
from voucher.assurance.rules import Measure
from voucher.organisations.models import Organisation
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.languages import shown_percent
from voucher.platform.lists import Column, Kind, Listing
from voucher.providers.models import Provider

IRREGULARITIES = Listing(
    "irregularities",
    (
        Column(_("Reference"), lambda row: row.Irregularity.reference, "reference", Irregularity.reference),
        Column(_("Kind"), lambda row: row.Irregularity.kind, "kind", Irregularity.kind, Kind.STATE),
        Column(_("State"), lambda row: row.Irregularity.state, "state", Irregularity.state, Kind.STATE),
        Column(_("Claim"), lambda row: row.claim or "", "claim", "claim"),
        Column(_("Amount"), lambda row: row.Irregularity.pence, "amount", Irregularity.pence, Kind.MONEY),
        Column(_("Registered"), lambda row: row.Irregularity.opened_at, "registered", Irregularity.opened_at),
        Column(_("By"), lambda row: row.by, "by", "by"),
        Column(_("Closed"), lambda row: row.Irregularity.closed_at, "closed", Irregularity.closed_at),
    ),
    usual="-registered",
    tie=Irregularity.id,
    dated="registered",
)

SHARES = Listing(
    "concentration",
    (
        Column(_("Provider"), lambda row: row.name, "provider", Organisation.name),
        Column(_("Claims"), lambda row: row.claims, "claims", "claims", Kind.NUMBER),
        Column(_("Vouchers"), lambda row: row.vouchers, "vouchers", "vouchers", Kind.NUMBER),
        Column(_("Of all vouchers"), lambda row: shown_percent(row.vouchers_bp)),
        Column(_("Grant"), lambda row: row.pence, "grant", "pence", Kind.MONEY),
        Column(_("Of all money"), lambda row: shown_percent(row.money_bp)),
        Column(_("Busiest day"), lambda row: row.busiest_on),
        Column(_("Claims on it"), lambda row: row.on_busiest, kind=Kind.NUMBER),
        Column(_("Outside office hours"), lambda row: row.outside_hours, kind=Kind.NUMBER),
    ),
    usual="-grant",
    tie=Provider.id,
)


def in_unit(measure: str, much: int) -> str:
    """What was found or is the threshold, in the measure's own unit."""
    return shown_percent(much) if measure in (Measure.MONEY, Measure.VOUCHERS) else f"{much:,}"


CASES = Listing(
    "concentration-cases",
    (
        Column(_("Case"), lambda case: case.reference, "reference", ConcentrationCase.reference),
        Column(_("What"), lambda case: case.measure, "what", ConcentrationCase.measure, Kind.STATE),
        Column(_("About"), lambda case: case.about),
        Column(_("Found"), lambda case: in_unit(case.measure, case.found)),
        Column(_("Threshold"), lambda case: in_unit(case.measure, case.threshold)),
        Column(_("State"), lambda case: case.state, "state", ConcentrationCase.state, Kind.STATE),
        Column(_("Raised"), lambda case: case.raised_at, "raised", ConcentrationCase.raised_at),
        Column(_("Last seen"), lambda case: case.seen_at, "seen", ConcentrationCase.seen_at),
        Column(_("Closed"), lambda case: case.closed_at, "closed", ConcentrationCase.closed_at),
        Column(_("Why"), lambda case: case.reason),
    ),
    usual="-raised",
    tie=ConcentrationCase.id,
    dated="raised",
)
