"""The outbox. Rows hold ids and never a body or a secret; texts are rendered at sending."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from voucher.platform.db import Base


class OutboxMessage(Base):
    """One message to one address. ``lease_until`` is how a worker holds it; a dead worker's lease runs out."""

    __tablename__ = "outbox_message"
    __table_args__ = (Index("ix_outbox_message_due", "done_at", "due_at"),)

    scheme_id: Mapped[int | None] = mapped_column(ForeignKey("scheme.id"))
    kind: Mapped[str]
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    email: Mapped[str]
    subject_ids: Mapped[dict[str, int]] = mapped_column(JSON)
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]
    lease_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str] = mapped_column(Text, default="")
    done_at: Mapped[datetime | None]
