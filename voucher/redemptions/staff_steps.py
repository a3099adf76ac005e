"""What staff can do with a claim, as data: who, in which state, and what else stands in the way."""

from __future__ import annotations

from voucher.accounts.steps import Step
from voucher.platform.actor import Actor
from voucher.platform.authz import Permission as P
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.states import allowed
from voucher.redemptions.checks import why_not_ready
from voucher.redemptions.models import Redemption
from voucher.redemptions.policy import (
    why_frozen,
    why_not_accept_other_evidence,
    why_not_decide_claim,
    why_not_verify,
)
from voucher.redemptions.queries import owners_now
from voucher.redemptions.rules import ENDED, REDEMPTION_TRANSITIONS, UNDER_CHECK, VERIFIABLE, RedemptionState
from voucher.vouchers.rules import ReleaseReason

R = RedemptionState


def _can_become(claim: Redemption, to: RedemptionState) -> bool:
    return allowed(REDEMPTION_TRANSITIONS, claim.state, to)


def _why_not_verify(actor: Actor, claim: Redemption) -> str | None:
    return why_not_verify(actor, claim) or why_frozen(claim)


def _why_not_approve(actor: Actor, claim: Redemption) -> str | None:
    return why_not_decide_claim(actor, claim) or why_frozen(claim) or why_not_ready(claim)


def _is_to_verify(claim: Redemption) -> bool:
    return claim.state in VERIFIABLE


def _is_taken(claim: Redemption) -> bool:
    return _is_to_verify(claim) and bool(owners_now(claim))


def _is_free(claim: Redemption) -> bool:
    return _is_to_verify(claim) and not owners_now(claim)


CLAIM_STEPS: tuple[Step[Redemption], ...] = (
    Step("verify", _("Verify"), P.CLAIMS_VERIFY, _is_to_verify, _why_not_verify),
    Step("take-checks", _("Take the checks"), P.CLAIMS_VERIFY, _is_free, why_not_verify),
    Step("put-back-checks", _("Put the checks back"), P.CLAIMS_VERIFY, _is_taken, why_not_verify),
    Step(
        "hand-over-checks", _("Hand the checks over"), P.CLAIMS_VERIFY, lambda c: c.state in VERIFIABLE, why_not_verify
    ),
    Step("approve", _("Approve"), P.CLAIMS_APPROVE, lambda c: c.state == R.VERIFIED, _why_not_approve),
    Step("approve-part", _("Approve in part"), P.CLAIMS_APPROVE, lambda c: c.state == R.VERIFIED, _why_not_approve),
    Step(
        "accept-other-evidence",
        _("Accept other evidence"),
        P.CLAIMS_VERIFY,
        lambda c: c.state == R.UNCONFIRMED,
        why_not_accept_other_evidence,
    ),
    Step("send-back", _("Send back"), P.CLAIMS_APPROVE, lambda c: _can_become(c, R.SENT_BACK), why_not_decide_claim),
    Step("refuse", _("Refuse"), P.CLAIMS_APPROVE, lambda c: _can_become(c, R.REFUSED), why_not_decide_claim),
    Step("dispute", _("Dispute"), P.CLAIMS_VERIFY, lambda c: _can_become(c, R.DISPUTED)),
    Step(
        "hold",
        _("Put on hold"),
        P.CLAIMS_VERIFY,
        lambda c: not c.on_hold and c.state in UNDER_CHECK | {R.APPROVED},
        why_not_decide_claim,
    ),
    Step("lift-hold", _("Lift the hold"), P.CLAIMS_VERIFY, lambda c: c.on_hold, why_not_decide_claim),
    Step(
        "other-match",
        _("Note match that counts elsewhere"),
        P.CLAIMS_VERIFY,
        lambda c: c.state not in ENDED and c.own_pence > 0,
    ),
    Step(
        "reinstate",
        _("Bring the voucher back"),
        P.VOUCHERS_MANAGE,
        lambda c: c.state == R.REFUSED and c.voucher.release_reason == ReleaseReason.EXPIRED,
        why_not_decide_claim,
    ),
)
