"""Pure: who may carry out what another person has proposed (two people take a scheme over)."""

from __future__ import annotations

from voucher.funding.models import AgreementProposal, Takeover
from voucher.platform.actor import Actor
from voucher.platform.i18n import gettext_noop as _


def why_not_carry_out(actor: Actor, takeover: Takeover) -> str | None:
    """Why this person cannot carry the takeover out, or None."""
    if takeover.proposed_by == actor.person_id:
        return _("You proposed these opening figures: another person must give the same file with --commit.")
    return None


def why_not_confirm(actor: Actor, proposal: AgreementProposal) -> str | None:
    """Why this person cannot confirm the change of an agreement, or None."""
    if proposal.proposed_by == actor.person_id:
        return _("You proposed this change: another funding manager must confirm it.")
    return None
