"""Who may approve each payment of a batch, and who may not and why (rule 29): asked of the same policy as the act."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from voucher.accounts.queries import actor_for, holders
from voucher.accounts.rules import PERMISSIONS
from voucher.payments.levels import levels_on
from voucher.payments.models import Batch, Payment
from voucher.payments.policy import why_above_level, why_not_approve_batch, why_not_approve_payment
from voucher.payments.rules import Levels, PaymentState
from voucher.platform.actor import Actor, Channel
from voucher.platform.authz import Permission
from voucher.platform.clock import london_date


@dataclass(frozen=True)
class Approver:
    """Somebody with the permission, and why this payment is not for them; None where it is."""

    name: str
    why_not: str | None


@dataclass(frozen=True)
class Share:
    """What one person would approve of a batch, and what they may not, each with the reason."""

    mine: tuple[Payment, ...]
    excluded: Mapping[Payment, str]
    why_nothing: str | None = None

    @property
    def pence(self) -> int:
        """The sum that the person would approve."""
        return sum(payment.pence for payment in self.mine)


def planned(batch: Batch) -> list[Payment]:
    """The payments of a batch that wait to be approved or exported."""
    return [payment for payment in batch.payments if payment.state == PaymentState.PLANNED]


def why_not_approve(actor: Actor, payment: Payment, levels: Levels) -> str | None:
    """Why this person may not approve this payment: what they did with it, or its amount; None where they may."""
    return why_not_approve_payment(actor, payment) or why_above_level(actor, payment, levels)


def share_of(actor: Actor, batch: Batch, today: date) -> Share:
    """What the person would approve of the batch."""
    why_nothing = why_not_approve_batch(actor, batch)
    if why_nothing:
        return Share((), {}, why_nothing)
    levels = levels_on(batch.scheme_id, today)
    reasons = {payment: why_not_approve(actor, payment, levels) for payment in planned(batch)}
    excluded = {payment: reason for payment, reason in reasons.items() if reason}
    return Share(tuple(payment for payment in reasons if payment not in excluded), excluded)


def approvers(batch: Batch, now: datetime) -> Mapping[Payment, Sequence[Approver]]:
    """For each payment that waits, everybody with the permission in its scheme, by name."""
    roles = [role for role, held in PERMISSIONS.items() if Permission.BATCHES_APPROVE in held]
    people = {person for role in roles for person in holders(role, batch.scheme_id, now)}
    levels = levels_on(batch.scheme_id, london_date(now))
    actors = [actor_for(person, Channel.WEB, now) for person in sorted(people, key=lambda each: (each.name, each.id))]
    return {
        payment: [
            Approver(actor.name, why_not_approve_batch(actor, batch) or why_not_approve(actor, payment, levels))
            for actor in actors
        ]
        for payment in planned(batch)
    }
