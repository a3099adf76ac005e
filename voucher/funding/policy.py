"""Pure: who may carry out what another person has proposed (two people take a scheme over)."""

from __future__ import annotations

from voucher.funding.models import Takeover
from voucher.platform.actor import Actor


def why_not_carry_out(actor: Actor, takeover: Takeover) -> str | None:
    """Why this person cannot carry the takeover out, or None."""
    if takeover.proposed_by == actor.person_id:
        return "You proposed these opening figures: another person must give the same file with --commit."
    return None
