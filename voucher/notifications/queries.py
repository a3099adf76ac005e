"""Reading the outbox: which messages were sent about a record, and what became of them. Never their text."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, TypeAlias

from sqlalchemy import ColumnElement, Select, SelectBase, and_, func, or_, select, union_all

from voucher.notifications.models import MessageSubject, OutboxMessage
from voucher.notifications.rules import MessageState, Reader, kinds_for, label_of, state_of
from voucher.platform.db import session

# What a record's page shows; whoever looks for an older one narrows the list of all messages.
LATEST = 20

# The records that messages are looked for by: for each kind their rows' numbers, or a query for these.
Subjects: TypeAlias = Mapping[str, Collection[int] | Select[int]]

# Row numbers of schemes; None stands for what is sent in no scheme's name, such as a code to sign in with.
Schemes: TypeAlias = Collection[int | None]


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


class Numbers(NamedTuple):
    """How many messages of one kind were sent since a day, wait, and could not be sent yet."""

    sent: int
    waiting: int
    failed: int


def numbers_by_kind(schemes: Schemes, since: datetime) -> dict[str, Numbers]:
    """For each kind that has any: those that were written since that moment and sent, and all that have not left."""
    message, inside = OutboxMessage, of_schemes(schemes)
    recent = select(message.kind, func.count()).where(inside, message.created_at >= since, is_in(MessageState.SENT))
    failing = func.count().filter(message.last_error != "")
    unsent = select(message.kind, func.count(), failing).where(inside, message.done_at.is_(None))
    sent: dict[str, int] = dict(session.execute(recent.group_by(message.kind)).all())
    waiting = {kind: (number, failed) for kind, number, failed in session.execute(unsent.group_by(message.kind))}
    found = {}
    for kind in {*sent, *waiting}:
        number, failed = waiting.get(kind, (0, 0))
        found[kind] = Numbers(sent.get(kind, 0), number - failed, failed)
    return found


def messages(schemes: Schemes, *, kind: str = "", state: str = "", words: str = "") -> Select[OutboxMessage]:
    """The messages of these schemes; an empty text narrows nothing, ``words`` are a part of the address."""
    query = select(OutboxMessage).where(of_schemes(schemes))
    if kind:
        query = query.where(OutboxMessage.kind == kind)
    if state in MessageState.__members__:
        query = query.where(is_in(MessageState[state]))
    if words:
        query = query.where(OutboxMessage.email.icontains(words, autoescape=True))
    return query


def of_schemes(schemes: Schemes) -> ColumnElement[bool]:
    """The condition that a message is sent in the name of one of them, or of none where None is among them."""
    named = OutboxMessage.scheme_id.in_([each for each in schemes if each is not None])
    return or_(named, OutboxMessage.scheme_id.is_(None)) if None in schemes else named


def is_in(state: MessageState) -> ColumnElement[bool]:
    """The condition that ``state_of`` gives this state."""
    done = OutboxMessage.done_at.is_not(None)
    return {
        MessageState.SENT: and_(done, ~OutboxMessage.needless),
        MessageState.NEEDLESS: and_(done, OutboxMessage.needless),
        MessageState.FAILED: and_(~done, OutboxMessage.last_error != ""),
        MessageState.WAITING: and_(~done, OutboxMessage.last_error == ""),
    }[state]


def last_sent_at() -> datetime | None:
    """When the last message left; None before the first."""
    return session.scalar(select(func.max(OutboxMessage.done_at)))


def oldest_due(now: datetime) -> datetime | None:
    """Since when the oldest message waits that could be sent now; None when none waits."""
    waits = OutboxMessage.done_at.is_(None), OutboxMessage.due_at <= now
    return session.scalar(select(func.min(OutboxMessage.due_at)).where(*waits))
