"""Match that was declared to serve another programme, too: it is left out of statements from then on (rule 27)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from sqlalchemy import func, select

from voucher.audit.commands import record
from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.platform.db import session
from voucher.platform.errors import DomainError
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.i18n import said
from voucher.platform.money import Amount
from voucher.redemptions.match_models import OtherMatch
from voucher.redemptions.models import Redemption
from voucher.redemptions.queries import lock_redemption
from voucher.redemptions.rules import ENDED


def declare_other_match(act: Act, claim: Redemption, *, pence: int, programme: str, reason: str) -> OtherMatch:
    """Notes that part of what the business paid towards a claim is match of another programme.

    Raises DomainError beyond what is left of the claim's own contribution: the same pound serves one funder only.
    """
    act.require(Permission.CLAIMS_VERIFY, scheme_id=claim.scheme_id)
    if not programme.strip():
        raise DomainError("programme", _("Enter the programme that counts this match."), "programme")
    if not reason.strip():
        raise DomainError("reason_needed", _("Say how this became known."), "reason")
    claim = lock_redemption(claim.id)
    if claim.state in ENDED:
        raise DomainError(
            "claim_ended",
            said("Claim %(claim)s is %(state)s: it has no match.", claim=claim.reference, state=said(claim.state)),
        )
    left = match_left(claim)
    if not 0 < pence <= left:
        words = said(
            "%(left)s of the own contribution to claim %(claim)s is not declared elsewhere yet.",
            left=Amount(left),
            claim=claim.reference,
        )
        raise DomainError("amount", words, "amount")
    made = OtherMatch(
        scheme_id=claim.scheme_id,
        redemption_id=claim.id,
        pence=pence,
        programme=programme.strip(),
        reason=reason.strip(),
        declared_on=act.today,
        by_id=act.person_id,
        at=act.now,
    )
    session.add(made)
    record(
        act.actor,
        "claim.match_declared_elsewhere",
        claim,
        at=act.now,
        reason=made.reason,
        pence=pence,
        details={"programme": made.programme},
    )
    session.flush()
    return made


def match_left(claim: Redemption) -> int:
    """Pence of the business's own contribution to a claim that nobody declared to count elsewhere."""
    return claim.own_pence - declared_elsewhere([claim.id]).get(claim.id, 0)


def declared_elsewhere(claim_ids: Collection[int], through: date | None = None) -> dict[int, int]:
    """Pence of each claim's own contribution that were declared elsewhere, up to a day when one is given."""
    query = select(OtherMatch.redemption_id, func.sum(OtherMatch.pence)).where(OtherMatch.redemption_id.in_(claim_ids))
    if through is not None:
        query = query.where(OtherMatch.declared_on <= through)
    rows = session.execute(query.group_by(OtherMatch.redemption_id))
    return {claim_id: int(pence) for claim_id, pence in rows}
