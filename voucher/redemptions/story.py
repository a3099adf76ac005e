"""What happened to a claim, in words for its provider: the steps that concern it, without names of staff."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from voucher.audit.queries import history
from voucher.platform.i18n import gettext_noop as _
from voucher.redemptions.models import Redemption

# ``%(who)s`` is one of the firm's own people, ``%(amount)s`` is money.
STEPS: Mapping[str, str] = {
    "claim.submitted": _("%(who)s sent the claim."),
    "claim.resubmitted": _("%(who)s sent the claim again, corrected."),
    "claim.withdrawn": _("%(who)s took the claim back."),
    "claim.answered": _("The business answered."),
    "claim.confirmed": _("The business had confirmed the support and the figures."),
    "claim.unconfirmed": _("The business did not answer in time."),
    "claim.disputed": _("The claim was disputed."),
    "claim.accepted_on_other_evidence": _("The scheme's office accepted other evidence than the business's word."),
    "claim.verified": _("The scheme's office finished its checks."),
    "claim.approved": _("The scheme's office approved %(amount)s."),
    "claim.refused": _("The scheme's office refused the claim."),
    "claim.sent_back": _("The scheme's office sent the claim back to be corrected."),
    "claim.put_on_hold": _("The scheme's office put the claim on hold."),
    "claim.hold_lifted": _("The scheme's office lifted the hold."),
    "claim.put_in_batch": _("The claim was put into a payment."),
    "claim.out_of_batch": _("The claim was taken out of the payment and waits for the next one."),
    "claim.paid": _("The payment of %(amount)s left the scheme's bank account."),
    "claim.payment_returned": _("The bank sent the payment back."),
    "claim.recovered": _("The payment was got back."),
}
# Both sides read these reasons; those of other steps are the office's own notes.
REASON_IS_SHARED = frozenset(
    {"claim.withdrawn", "claim.disputed", "claim.approved", "claim.refused", "claim.sent_back"}
)


class Step(NamedTuple):
    """One thing that happened to a claim: its words with what fills them, and the reason where both sides read it."""

    at: datetime
    words: str
    who: str
    pence: int
    reason: str


def story_of(claim: Redemption) -> list[Step]:
    """What happened to the claim, newest first."""
    return [
        Step(
            event.at,
            STEPS[event.action],
            event.actor_name,
            event.pence or 0,
            event.reason if event.action in REASON_IS_SHARED else "",
        )
        for event in reversed(history(Redemption.__tablename__, claim.id))
        if event.action in STEPS
    ]
