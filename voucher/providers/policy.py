"""Pure: who may approve a provider, and who may confirm payee details (rules 30, 50)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from voucher.platform.actor import Actor
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.i18n import said
from voucher.providers.models import PayeeDetails, Provider
from voucher.providers.rules import VettingCheck


def why_not_touch(actor: Actor, provider: Provider) -> str | None:
    """Why this person may decide nothing about this provider, or None."""
    if provider.organisation_id in actor.organisation_ids:
        return _("You belong to this provider, so you cannot vet or approve it.")
    return None


def why_not_lift(actor: Actor, provider: Provider) -> str | None:
    """Why this person cannot end this provider's suspension, or None."""
    if provider.sponsor_id == actor.person_id:
        return _("You sponsored this provider: another person must reinstate it.")
    return why_not_touch(actor, provider)


def why_not_approve(
    actor: Actor, provider: Provider, vetting: Mapping[VettingCheck, bool], *, until: date, today: date
) -> str | None:
    """Why this person cannot approve this provider now, or None."""
    if provider.sponsor_id == actor.person_id:
        return _("You sponsored this provider: another person must approve it.")
    missing = [check for check in VettingCheck if not vetting.get(check)]
    if missing:
        return said("Vetting is not complete: %(missing)s.", missing=tuple(missing))
    if until <= today:
        return _("Approval must end on a day that is still to come.")
    return None


def why_not_confirm_details(actor: Actor, details: PayeeDetails) -> str | None:
    """Why this person cannot confirm these payee details, or None."""
    if details.keyed_by == actor.person_id:
        return _("You keyed these details: another person must confirm them.")
    if details.confirmed_by is not None:
        return _("These details are confirmed already.")
    return None
