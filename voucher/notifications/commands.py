"""Putting messages into the outbox, in the transaction of what they tell about."""

from __future__ import annotations

from voucher.notifications.models import OutboxMessage
from voucher.platform.act import Act
from voucher.platform.db import session


def tell(
    act: Act,
    kind: str,
    *,
    email: str,
    scheme_id: int | None,
    person_id: int | None = None,
    **subject_ids: int,
) -> OutboxMessage:
    """Queues one message; a worker renders and delivers it after the commit."""
    message = OutboxMessage(
        scheme_id=scheme_id,
        kind=kind,
        person_id=person_id,
        email=email,
        subject_ids=subject_ids,
        created_at=act.now,
        due_at=act.now,
    )
    session.add(message)
    return message
