"""What an agreement says beside its award, in words, and its profile by quarter as a table."""

from __future__ import annotations

from datetime import date

from flask_babel import gettext as translate

from voucher.funding.conditions import CapBase, Conditions, YearBy
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.languages import shown_day, shown_percent, shown_pounds

CAPS = {CapBase.AWARD: _("%(share)s of the award"), CapBase.SPEND: _("%(share)s of all spending")}
YEARS = {
    YearBy.DELIVERY: _("By the day on which the support was delivered"),
    YearBy.DEFRAYAL: _("By the day on which it left the bank"),
}


def condition_facts(said: Conditions) -> list[tuple[str, str]]:
    """Pairs of a name and what the agreement says."""
    none = translate(_("None"))
    cap = none
    if said.admin_cap_bp is not None:
        cap = translate(CAPS[said.admin_cap_of], share=shown_percent(said.admin_cap_bp))
    three = said.sign_off_steps == 3
    steps = _("Three people") if three else _("Two people, or three where the scheme's duties ask for a reviewer")
    return [
        (translate(_("Administration cap")), cap),
        (translate(_("Financial year of a payment")), translate(YEARS[said.year_by])),
        (translate(_("Sign-off of statements")), translate(steps)),
        (
            translate(_("Tolerance of the profile")),
            none if said.tolerance_bp is None else shown_percent(said.tolerance_bp),
        ),
    ]


def profile_table(said: Conditions) -> tuple[list[tuple[str, bool]], list[list[str]]]:
    """Heads and rows of the profile: a quarter in each row, a line in each column; no rows without a profile."""
    heads = [(translate(_("Quarter from")), False)]
    heads += [(translate(_("Line %(code)s"), code=code), True) for code in said.profile]
    days = sorted({day for quarters in said.profile.values() for day in quarters})
    rows = [
        [
            shown_day(date.fromisoformat(day)),
            *(shown_pounds(quarters[day]) if day in quarters else "" for quarters in said.profile.values()),
        ]
        for day in days
    ]
    return heads, rows
