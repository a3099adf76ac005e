"""Reading the outbox: which messages were sent about a record, and what became of them. Never their text."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, TypeAlias

from sqlalchemy import Select, SelectBase, func, select, union_all

from voucher.notifications.models import MessageSubject, OutboxMessage
from voucher.notifications.rules import MessageState, Reader, kinds_for, label_of, state_of
from voucher.platform.db import session

# What a record's page shows; whoever looks for an older one narrows the list of all messages.
LATEST = 20

# The records that messages are looked for by: for each kind their rows' numbers, or a query for these.
Subjects: TypeAlias = Mapping[str, Collection[int] | Select[int]]


class Told(NamedTuple):
    """One message as a record's page shows it.

    ``why`` is the last error, kept without anything that it may quote; ``tries`` counts how often it was tried and
    ``due_at`` is when it is tried next, both of use while it has not left.
    """

    at: datetime
    email: str
    label: str
    state: MessageState
    why: str
    tries: int
    due_at: datetime


class About(NamedTuple):
    """The latest messages about a record, newest first, and how many older ones there are."""

    rows: Sequence[Told]
    more: int


def messages_about(
    subjects: Subjects, *, reader: Reader | None = None, schemes: Collection[int] | None = None
) -> About:
    """The latest messages about any of these records, each once.

    With a reader those that are written to such a one, with schemes those that are sent in the name of one of them.
    One query, however many there are. Who may see them is who may see the record: the caller has loaded that.
    """
    message = OutboxMessage
    columns = (message.created_at, message.email, message.kind, message.done_at, message.needless, message.last_error)
    query = select(*columns, message.attempts, message.due_at, func.count().over())
    query = query.where(message.id.in_(_about(subjects)))
    if reader is not None:
        query = query.where(message.kind.in_(kinds_for(reader)))
    if schemes is not None:
        query = query.where(message.scheme_id.in_(schemes))
    rows = session.execute(query.order_by(message.created_at.desc(), message.id.desc()).limit(LATEST)).all()
    found = [
        Told(at, email, label_of(kind), state_of(done_at, needless=needless, last_error=why), why, tries, due_at)
        for at, email, kind, done_at, needless, why, tries, due_at, _total in rows
    ]
    return About(found, rows[0][-1] - len(found) if rows else 0)


def is_on_its_way(kind: str, *, person_id: int, voucher_id: int) -> bool:
    """Whether a message of this kind about the voucher has not left yet to this person."""
    query = select(OutboxMessage.id).where(
        OutboxMessage.id.in_(_about({"voucher": [voucher_id]})),
        OutboxMessage.kind == kind,
        OutboxMessage.person_id == person_id,
        OutboxMessage.done_at.is_(None),
    )
    return session.scalar(query.limit(1)) is not None


def _about(subjects: Subjects) -> SelectBase:
    # An arm for each kind and no OR between them, so that every one of them is looked up in the index.
    return union_all(
        *(
            select(MessageSubject.message_id).where(MessageSubject.kind == kind, MessageSubject.record_id.in_(which))
            for kind, which in subjects.items()
        )
    )
