"""Where a provider's claims stand: whose turn it is, since when, and by which day they are paid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Select, func, select

from voucher.audit.models import AuditEvent
from voucher.platform.clock import london_date
from voucher.platform.db import session
from voucher.redemptions.models import Redemption, RedemptionVersion
from voucher.redemptions.rules import paid_by
from voucher.redemptions.waiting import Waiting, turn


@dataclass(frozen=True)
class Standing:
    """Whose turn it is with a claim, since which moment, and by which day it is paid when nothing goes wrong.

    ``late``: that day is over.
    """

    waiting: Waiting
    since: datetime
    paid_by: date | None
    late: bool

    @property
    def since_on(self) -> date:
        """The day of that moment, in London."""
        return london_date(self.since)


def standings(claims: Sequence[Redemption], today: date) -> dict[int, Standing]:
    """Where each of these claims stands, by its id: two queries, however many they are."""
    ids = [claim.id for claim in claims]
    since = _latest(
        select(AuditEvent.object_id, func.max(AuditEvent.at))
        .where(
            AuditEvent.object_kind == Redemption.__tablename__,
            AuditEvent.object_id.in_(ids),
            AuditEvent.to_state.is_not(None),
        )
        .group_by(AuditEvent.object_id)
    )
    handed_in = _latest(
        select(RedemptionVersion.redemption_id, func.max(RedemptionVersion.at))
        .where(RedemptionVersion.redemption_id.in_(ids))
        .group_by(RedemptionVersion.redemption_id)
    )
    found = {}
    for claim in claims:
        first = claim.submitted_at
        found[claim.id] = _standing(claim, since.get(claim.id, first), handed_in.get(claim.id, first), today)
    return found


def _latest(query: Select[int, datetime]) -> dict[int, datetime]:
    return {row[0]: row[1] for row in session.execute(query)}


def _standing(claim: Redemption, since: datetime, handed_in_at: datetime, today: date) -> Standing:
    waiting = turn(claim.state, on_hold=claim.on_hold, provider_state=claim.provider.state)
    due = paid_by(claim.state, london_date(handed_in_at), claim.voucher.payment_days)
    day = None if waiting.stopped else due
    return Standing(waiting, since, day, late=day is not None and day < today)
