"""Pure: who may not do what to a claim, by person and object (rules 15, 16, 65)."""

from __future__ import annotations

from voucher.platform.actor import Actor
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.i18n import said
from voucher.providers.rules import ProviderState
from voucher.redemptions.models import Redemption
from voucher.vouchers.models import Voucher

OWN_CLAIM = _("This claim is of your own organisation: another person must decide it.")


def why_not_answer(actor: Actor, voucher: Voucher, provider_organisation_id: int) -> str | None:
    """Why this person cannot give the business's word on its voucher, or None (rule 15)."""
    if provider_organisation_id in actor.organisation_ids:
        return _("You work for the provider: only the business itself can confirm.")
    if voucher.business_id not in actor.organisation_ids:
        return _("Only the business that the voucher names can confirm.")
    return None


def why_not_verify(actor: Actor, redemption: Redemption) -> str | None:
    """Why this person cannot verify the claim, or None; the relaxed duty is a setting of the scheme."""
    if _own(actor, redemption):
        return _("This claim is of your own organisation: another person must verify it.")
    if redemption.other_evidence_by is not None and redemption.other_evidence_by == actor.person_id:
        return _("You accepted this claim on other evidence: another person must verify it.")
    decider = redemption.voucher.application.decided_by
    if decider == actor.person_id and not redemption.voucher.scheme.decider_may_verify:
        return _("You decided the application for this voucher: another person must verify its claims.")
    return None


def why_not_accept_other_evidence(actor: Actor, redemption: Redemption) -> str | None:
    """Why this person cannot accept the claim on other evidence, or None."""
    if _own(actor, redemption):
        return OWN_CLAIM
    if redemption.verified_by is not None and redemption.verified_by == actor.person_id:
        return _("The verifier cannot accept the claim on other evidence.")
    return None


def why_frozen(redemption: Redemption) -> str | None:
    """Why nobody can verify or approve the claim for now, or None: what is in flight stays as it is (rule 51)."""
    if redemption.provider.state == ProviderState.SUSPENDED:
        return said(
            "Claim %(redemption)s is frozen: its provider is suspended at the moment.", redemption=redemption.reference
        )
    return None


def duties_relaxed(actor: Actor, redemption: Redemption) -> bool:
    """Whether the verifier also decided the application, which the scheme allows and then samples."""
    return redemption.voucher.application.decided_by == actor.person_id


def why_not_decide_claim(actor: Actor, redemption: Redemption) -> str | None:
    """Why this person cannot approve, refuse or send back the claim, or None."""
    if _own(actor, redemption):
        return OWN_CLAIM
    return None


def _own(actor: Actor, redemption: Redemption) -> bool:
    return bool({redemption.provider.organisation_id, redemption.voucher.business_id} & actor.organisation_ids)
