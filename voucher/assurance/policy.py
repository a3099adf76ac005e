"""Pure: who may not register or close an irregularity, or close a case, by person and object."""

from __future__ import annotations

from voucher.assurance.models import ConcentrationCase, Irregularity
from voucher.platform.actor import Actor
from voucher.platform.i18n import gettext_noop as _
from voucher.redemptions.models import Redemption


def why_not_look_into(actor: Actor, claim: Redemption | None) -> str | None:
    """Why this person keeps out of what a claim is suspected of, or None (rule 65)."""
    if claim is None:
        return None
    sides = {claim.provider.organisation_id, claim.voucher.business_id}
    if sides & actor.organisation_ids:
        return _("This is about your own organisation: another person must look into it.")
    return None


def why_not_close_case(actor: Actor, case: ConcentrationCase) -> str | None:
    """Why this person cannot say what was found of a case, or None: it is about a firm of theirs."""
    if case.provider is not None and case.provider.organisation_id in actor.organisation_ids:
        return _("This is about your own organisation: another person must look into it.")
    return None


def why_not_close(actor: Actor, irregularity: Irregularity) -> str | None:
    """Why this person cannot close it, or None: whoever registered it does not judge it."""
    if irregularity.opened_by == actor.person_id:
        return _("You registered it: another person must close it.")
    return why_not_look_into(actor, irregularity.redemption)
