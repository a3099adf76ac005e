"""Tables of the audit trail. Triggers refuse UPDATE and DELETE on all three."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from voucher.platform.db import Base


class AuditEvent(Base):
    """One thing that happened, written in the transaction that made it happen."""

    __tablename__ = "audit_event"
    __table_args__ = (
        Index("ix_audit_event_object", "object_kind", "object_id", "id"),
        # Since when a thing is in its state is asked of every row of a queue.
        Index(
            "ix_audit_event_state",
            "object_kind",
            "object_id",
            "to_state",
            "at",
            sqlite_where=text("to_state IS NOT NULL"),
            postgresql_where=text("to_state IS NOT NULL"),
        ),
    )

    at: Mapped[datetime]
    scheme_id: Mapped[int | None] = mapped_column(ForeignKey("scheme.id"), index=True)
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    actor_name: Mapped[str]
    channel: Mapped[str]
    action: Mapped[str] = mapped_column(index=True)
    object_kind: Mapped[str]
    object_id: Mapped[int]
    object_reference: Mapped[str]
    reason: Mapped[str] = mapped_column(Text)
    from_state: Mapped[str | None]
    to_state: Mapped[str | None]
    override: Mapped[str | None] = mapped_column(index=True)
    pence: Mapped[int | None]
    details: Mapped[dict[str, object]] = mapped_column(JSON)


class AuditSeal(Base):
    """A batch of audit rows, closed under one root and chained to the seal before it."""

    __tablename__ = "audit_seal"
    __table_args__ = (UniqueConstraint("number"),)

    number: Mapped[int]
    sealed_at: Mapped[datetime]
    member_count: Mapped[int]
    root: Mapped[str]
    previous: Mapped[str]
    digest: Mapped[str]


class AuditSealMember(Base):
    """Which row a seal covers. A row that became visible late is a member of a later seal, and of one only."""

    __tablename__ = "audit_seal_member"
    __table_args__ = (UniqueConstraint("event_id"), UniqueConstraint("seal_id", "position"))

    seal_id: Mapped[int] = mapped_column(ForeignKey("audit_seal.id"))
    position: Mapped[int]
    event_id: Mapped[int] = mapped_column(ForeignKey("audit_event.id"))
    leaf: Mapped[str]
