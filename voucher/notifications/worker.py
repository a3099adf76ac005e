"""The outbox's worker: one row at a time under a lease, drawn at sending, handed over, marked as done.

Three short transactions, so that a death between any two lines loses nothing: (1) the lease, (2) drawing, which makes
the one-time links, (3) done. Handing over happens between the last two, with nothing locked. A row whose worker died
comes due again when its lease runs out; it is then drawn the same and put in the same place.
"""

from __future__ import annotations

import smtplib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from sqlalchemy import ColumnElement, and_, or_, select, update

from voucher.notifications.delivery import Delivery, Envelope, Mail
from voucher.notifications.models import OutboxMessage
from voucher.platform.act import Act
from voucher.platform.db import atomic, changed_one, session
from voucher.platform.errors import DomainError
from voucher.platform.logs import log_fault

# None where there is nothing to say any more by the time at which the message is sent.
Renderer = Callable[[Act, OutboxMessage], Mail | None]

# Longer than drawing a voucher and the longest silence of a mail server, so that a living worker keeps its row.
LEASE = timedelta(minutes=5)
FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=6)


class UnknownKind(LookupError):
    """Nobody draws messages of this kind: a programming error; the row waits for a version that does."""


@dataclass(frozen=True)
class PostOffice:
    """With what messages are drawn, and how they leave."""

    renderers: Mapping[str, Renderer]
    delivery: Delivery
    sender: str


@dataclass(frozen=True)
class Leased:
    """A row that this worker holds until a moment, which is also how it knows that it still does."""

    message_id: int
    until: datetime


def deliver_one(act: Act, post: PostOffice) -> bool | None:
    """Delivers the oldest row that is due: True when it left or had nothing to say any more, False when it could not.

    None when none is due.
    """
    leased = take(act)
    if leased is None:
        return None
    try:
        drawn = draw(act, post, leased)
        if drawn is not None:
            post.delivery.send(*drawn)
    except Exception as error:  # Whatever went wrong with one message, the others go on.
        log_fault(error)
        put_back(act, leased, error)
        return False
    if drawn is None:
        mark_needless(act, leased)
    else:
        mark_done(act, leased)
    return True


def take(act: Act) -> Leased | None:
    """Leases the oldest due row in a transaction of its own; of two workers at once each gets another row."""
    now = act.now
    with atomic():
        message_id = session.scalar(
            select(OutboxMessage.id)
            .where(_due(now))
            .order_by(OutboxMessage.due_at, OutboxMessage.id)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        if message_id is None:
            return None
        leased = Leased(message_id, now + LEASE)
        session.execute(
            update(OutboxMessage)
            .where(OutboxMessage.id == message_id, _due(now))
            .values(lease_until=leased.until, attempts=OutboxMessage.attempts + 1),
            execution_options={"synchronize_session": False},
        )
    return leased


def draw(act: Act, post: PostOffice, leased: Leased) -> tuple[Envelope, Mail] | None:
    """Makes the message out of its row; the links that it carries are saved before it leaves.

    None when its renderer finds that there is nothing to say any more.
    """
    with atomic():
        message = session.get_one(OutboxMessage, leased.message_id)
        renderer = post.renderers.get(message.kind)
        if renderer is None:
            raise UnknownKind(message.kind)
        mail = renderer(act, message)
        if mail is None:
            return None
        host = urlsplit(act.base_url).hostname or "localhost"
        envelope = Envelope(
            outbox_id=message.id,
            sender=post.sender,
            to=message.email,
            # A keyed hash, for the plain number would tell every receiver how many messages there are.
            message_id=f"<{act.ring.lookup_hash(f'message {message.id}')[:32]}@{host}>",
            at=message.created_at,
        )
    return envelope, mail


def mark_done(act: Act, leased: Leased) -> None:
    """Ends a row that was delivered; its last error, if it had one, is history."""
    _settle(leased, {"done_at": act.now, "lease_until": None, "last_error": ""})


def mark_needless(act: Act, leased: Leased) -> None:
    """Ends a row that was not sent, for there was nothing to say any more."""
    _settle(leased, {"done_at": act.now, "lease_until": None, "last_error": "", "needless": True})


def put_back(act: Act, leased: Leased, error: Exception) -> None:
    """Lets a row wait before it is tried again, longer each time, without limit to the number of times."""
    with atomic():
        attempts = session.get_one(OutboxMessage, leased.message_id).attempts
    wait = min(FIRST_WAIT * 2 ** min(attempts - 1, 20), LONGEST_WAIT)
    _settle(leased, {"due_at": act.now + wait, "lease_until": None, "last_error": why(error)})


def why(error: Exception) -> str:
    """What may be kept of an error: its kind and code. Its text may quote the message, a link or a mail server."""
    kind = type(error).__name__
    if isinstance(error, DomainError):
        return f"{kind}: {error.code}"
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{kind}: {error.smtp_code}"
    if isinstance(error, OSError) and error.strerror:
        return f"{kind}: {error.strerror}"
    return kind


def _settle(leased: Leased, values: Mapping[str, object]) -> bool:
    """Changes a row that this worker still holds; one whose lease ran out belongs to whoever took it then."""
    held = and_(
        OutboxMessage.id == leased.message_id,
        OutboxMessage.lease_until == leased.until,
        OutboxMessage.done_at.is_(None),
    )
    change = update(OutboxMessage).where(held).values(**values)
    with atomic():
        return changed_one(session.execute(change, execution_options={"synchronize_session": False}))


def _due(now: datetime) -> ColumnElement[bool]:
    free = or_(OutboxMessage.lease_until.is_(None), OutboxMessage.lease_until <= now)
    return and_(OutboxMessage.done_at.is_(None), OutboxMessage.due_at <= now, free)
