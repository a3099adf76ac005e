"""Writing the audit trail, changing states through their tables, sealing what was written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Protocol

from sqlalchemy import func, select, text

from voucher.audit.models import AuditEvent, AuditSeal, AuditSealMember
from voucher.audit.queries import event_fields, unsealed_events
from voucher.audit.rules import GENESIS, Override, leaf_hash, merkle_root, seal_digest
from voucher.platform.actor import Actor
from voucher.platform.clock import Clock
from voucher.platform.db import atomic, engine, session
from voucher.platform.errors import DomainError, InvalidTransition
from voucher.platform.states import S, Transitions, allowed

SEAL_LOCK = 7_461_001  # an advisory lock number of our own, so that two workers never make the same seal


class Recorded(Protocol):
    """What can be the object of an audit row."""

    __tablename__: str
    id: int

    @property
    def reference(self) -> str:
        """The name by which people know it."""


class Stateful(Recorded, Protocol):
    """What has a state column."""

    state: str


def record(
    actor: Actor,
    action: str,
    thing: Recorded,
    *,
    at: datetime,
    reason: str = "",
    override: Override | None = None,
    pence: int | None = None,
    details: Mapping[str, object] | None = None,
) -> AuditEvent:
    """Writes one audit row in the current transaction."""
    event = AuditEvent(
        at=at,
        scheme_id=thing.id if thing.__tablename__ == "scheme" else getattr(thing, "scheme_id", None),
        actor_id=actor.person_id,
        actor_name=actor.name,
        channel=str(actor.channel),
        action=action,
        object_kind=thing.__tablename__,
        object_id=thing.id,
        object_reference=thing.reference,
        reason=reason,
        override=str(override) if override else None,
        pence=pence,
        details=dict(details or {}),
    )
    session.add(event)
    return event


def begin_state(
    actor: Actor, action: str, thing: Stateful, *, at: datetime, reason: str = "", **details: object
) -> None:
    """Records that a thing came to be in its first state, so that its history is complete."""
    session.flush()
    record(actor, action, thing, at=at, reason=reason, details=details).to_state = thing.state


def change_state(
    actor: Actor,
    action: str,
    thing: Stateful,
    to: S,
    table: Transitions[S],
    *,
    at: datetime,
    reason: str = "",
    override: Override | None = None,
    pence: int | None = None,
    details: Mapping[str, object] | None = None,
) -> None:
    """Moves a thing to another state and writes its event row; InvalidTransition when the table has no such step."""
    before = thing.state
    if not allowed(table, before, to):
        raise InvalidTransition(thing.__tablename__.replace("_", " "), thing.reference, before, to)
    thing.state = to
    event = record(actor, action, thing, at=at, reason=reason, override=override, pence=pence, details=details)
    event.from_state, event.to_state = before, str(to)


@contextmanager
def transaction(actor: Actor, clock: Clock) -> Iterator[None]:
    """atomic() for the edges; a refusal that must leave a trace is recorded after the rollback (rule 7)."""
    try:
        with atomic():
            yield
    except DomainError as refusal:
        if refusal.audited:
            with atomic():
                _record_refusal(actor, refusal, clock())
        raise


def _record_refusal(actor: Actor, refusal: DomainError, at: datetime) -> None:
    session.add(
        AuditEvent(
            at=at,
            scheme_id=None,
            actor_id=actor.person_id,
            actor_name=actor.name,
            channel=str(actor.channel),
            action=f"refused.{refusal.code}",
            object_kind="refusal",
            object_id=0,
            object_reference="",
            reason=refusal.message,
            details={},
        )
    )


def seal(clock: Clock, *, roots_file: Path) -> AuditSeal | None:
    """Seals every row that no seal lists yet and writes the new digest to a file outside the database.

    None when there is nothing to seal. The file's line is appended before the commit: a line without its seal (after a
    crash) is harmless, a seal without its line would not be.
    """
    if engine().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": SEAL_LOCK})
    events = unsealed_events()
    if not events:
        return None
    last = session.scalar(select(AuditSeal).order_by(AuditSeal.number.desc()).limit(1))
    leaves = [leaf_hash(event_fields(event)) for event in events]
    number = (last.number if last else 0) + 1
    sealed_at, root, previous = clock(), merkle_root(leaves), last.digest if last else GENESIS
    digest = seal_digest(number, sealed_at.isoformat(), len(leaves), root, previous)
    new = AuditSeal(
        number=number, sealed_at=sealed_at, member_count=len(leaves), root=root, previous=previous, digest=digest
    )
    session.add(new)
    session.flush()
    session.add_all(
        AuditSealMember(seal_id=new.id, position=i, event_id=event.id, leaf=leaf)
        for i, (event, leaf) in enumerate(zip(events, leaves, strict=True))
    )
    roots_file.parent.mkdir(parents=True, exist_ok=True)
    with roots_file.open("a", encoding="utf-8") as file:
        file.write(f"{number} {sealed_at.isoformat()} {len(leaves)} {digest}\n")
    return new


def highest_seal() -> int:
    """The number of the last seal, 0 before the first."""
    return session.scalar(select(func.max(AuditSeal.number))) or 0


def changes(before: Mapping[str, object], after: Mapping[str, object]) -> dict[str, object]:
    """What a change did, as the details of an audit row: each differing field with both values."""
    return {name: [before[name], after[name]] for name in before if before[name] != after[name]}
