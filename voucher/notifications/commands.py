"""Putting messages into the outbox, in the transaction of what they tell about."""

from __future__ import annotations

from voucher.notifications.models import MessageSubject, OutboxMessage
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
    """Queues one message; a worker renders and delivers it after the commit.

    ``subject_ids`` are the records that it is about, by which it is found on their pages: ``voucher_id=7``.
    """
    message = OutboxMessage(
        scheme_id=scheme_id,
        kind=kind,
        person_id=person_id,
        email=email,
        subjects=[
            MessageSubject(kind=name.removesuffix("_id"), record_id=record_id)
            for name, record_id in subject_ids.items()
        ],
        created_at=act.now,
        due_at=act.now,
    )
    session.add(message)
    return message
