"""Reading and verifying the audit trail."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from sqlalchemy import func, select

from voucher.audit.models import AuditEvent, AuditSeal, AuditSealMember
from voucher.audit.rules import GENESIS, leaf_hash, merkle_root, seal_digest
from voucher.platform.db import session

ROOT_LINE = re.compile(r"(?P<number>\d+) \S+ \d+ (?P<digest>[0-9a-f]{64})")


def event_fields(event: AuditEvent) -> dict[str, object]:
    """Every field of the row, as the leaf hash reads it."""
    return {
        "id": event.id,
        "at": event.at.isoformat(),
        "scheme_id": event.scheme_id,
        "actor_id": event.actor_id,
        "actor_name": event.actor_name,
        "channel": event.channel,
        "action": event.action,
        "object_kind": event.object_kind,
        "object_id": event.object_id,
        "object_reference": event.object_reference,
        "reason": event.reason,
        "from_state": event.from_state,
        "to_state": event.to_state,
        "override": event.override,
        "pence": event.pence,
        "details": event.details,
    }


def unsealed_events() -> Sequence[AuditEvent]:
    """Rows that no seal lists yet, in order."""
    listed = select(AuditSealMember.id).where(AuditSealMember.event_id == AuditEvent.id).exists()
    return session.scalars(select(AuditEvent).where(~listed).order_by(AuditEvent.id)).all()


def oldest_unsealed_at() -> datetime | None:
    """When the oldest row was written that no seal lists yet; None when every row is sealed."""
    listed = select(AuditSealMember.id).where(AuditSealMember.event_id == AuditEvent.id).exists()
    return session.scalar(select(AuditEvent.at).where(~listed).order_by(AuditEvent.id).limit(1))


def last_sealed_at() -> datetime | None:
    """When the newest seal was made; None before the first."""
    return session.scalar(select(AuditSeal.sealed_at).order_by(AuditSeal.number.desc()).limit(1))


def history(object_kind: str, object_id: int) -> Sequence[AuditEvent]:
    """Everything that happened to one thing, in order."""
    return session.scalars(
        select(AuditEvent)
        .where(AuditEvent.object_kind == object_kind, AuditEvent.object_id == object_id)
        .order_by(AuditEvent.id)
    ).all()


def head() -> tuple[int, str]:
    """The number and the digest of the newest seal, which stands for all rows sealed so far; 0 before the first."""
    newest = session.execute(
        select(AuditSeal.number, AuditSeal.digest).order_by(AuditSeal.number.desc()).limit(1)
    ).one_or_none()
    return (newest[0], newest[1]) if newest else (0, GENESIS)


@dataclass
class Verification:
    """What verifying the trail found; it holds when there are no faults."""

    seals: int = 0
    sealed: int = 0
    unsealed: int = 0
    faults: list[str] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        """True when every sealed row is as it was and no seal is missing."""
        return not self.faults


def verify(roots_file: Path) -> Verification:
    """Recomputes every leaf, root and link, and compares the chain with the file outside the database (rule 64)."""
    found = Verification()
    previous = GENESIS
    digests: dict[int, str] = {}
    for expected, seal in enumerate(session.scalars(select(AuditSeal).order_by(AuditSeal.number)), start=1):
        _verify_seal(seal, expected, previous, found)
        previous = digests[seal.number] = seal.digest
    found.unsealed = session.scalar(select(func.count()).select_from(AuditEvent)) or 0
    found.unsealed -= found.sealed
    _compare_with_file(roots_file, digests, found)
    return found


def _verify_seal(seal: AuditSeal, expected: int, previous: str, found: Verification) -> None:
    found.seals += 1
    if seal.number != expected:
        found.faults.append(f"seal {expected} is missing")
    if seal.previous != previous:
        found.faults.append(f"seal {seal.number} does not follow the seal before it")
    rows = session.execute(
        select(AuditSealMember, AuditEvent)
        .outerjoin(AuditEvent, AuditEvent.id == AuditSealMember.event_id)
        .where(AuditSealMember.seal_id == seal.id)
        .order_by(AuditSealMember.position)
        .execution_options(populate_existing=True)
    ).all()
    for member, joined in rows:
        event: AuditEvent | None = joined  # none when the row was removed
        found.sealed += 1
        if event is None:
            found.faults.append(f"audit row {member.event_id} was removed")
        elif leaf_hash(event_fields(event)) != member.leaf:
            found.faults.append(f"audit row {member.event_id} was altered")
    root = merkle_root([member.leaf for member, _ in rows])
    digest = seal_digest(seal.number, seal.sealed_at.isoformat(), len(rows), root, seal.previous)
    if (len(rows), root, digest) != (seal.member_count, seal.root, seal.digest):
        found.faults.append(f"seal {seal.number} does not fit its members")


def _compare_with_file(roots_file: Path, digests: dict[int, str], found: Verification) -> None:
    if not roots_file.exists():
        if digests:
            found.faults.append(f"the file of roots outside the database is missing: {roots_file}")
        return
    kept: dict[int, set[str]] = {}
    for at, line in enumerate(roots_file.read_text(encoding="utf-8", errors="replace").splitlines(), start=1):
        read = ROOT_LINE.fullmatch(line)
        if read is None:
            found.faults.append(f"line {at} of the file of roots is damaged")
        else:
            kept.setdefault(int(read["number"]), set()).add(read["digest"])
    for seal_number, choices in kept.items():
        if seal_number <= max(digests, default=0) and digests.get(seal_number) not in choices:
            found.faults.append(f"seal {seal_number} differs from the root kept outside the database")
    if max(kept, default=0) > max(digests, default=0) + 1:
        found.faults.append(f"the file of roots knows seal {max(kept)}; the database ends at {max(digests, default=0)}")
    for made in digests:
        if made not in kept:
            found.faults.append(f"seal {made} has no line in the file of roots")
