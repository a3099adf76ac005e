"""The outbox. Rows hold ids and never a body or a secret; texts are rendered at sending."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from voucher.platform.db import Base


class OutboxMessage(Base):
    """One message to one address. ``lease_until`` is how a worker holds it; a dead worker's lease runs out.

    ``needless`` marks one that was not sent, for there was nothing to say any more when its turn came.
    """

    __tablename__ = "outbox_message"
    __table_args__ = (
        CheckConstraint("NOT needless OR done_at IS NOT NULL", name="needless_is_done"),
        Index("ix_outbox_message_due", "done_at", "due_at"),
        Index("ix_outbox_message_scheme", "scheme_id", "created_at"),
    )

    scheme_id: Mapped[int | None] = mapped_column(ForeignKey("scheme.id"))
    kind: Mapped[str]
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    email: Mapped[str]
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]
    lease_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str] = mapped_column(Text, default="")
    done_at: Mapped[datetime | None]
    needless: Mapped[bool] = mapped_column(default=False, server_default=false())

    subjects: Mapped[list[MessageSubject]] = relationship(order_by="MessageSubject.id")

    @property
    def subject_ids(self) -> dict[str, int]:
        """The row numbers of the records that it is about, as ``tell`` was given them."""
        return {f"{each.kind}_id": each.record_id for each in self.subjects}


class MessageSubject(Base):
    """One record that a message is about: its kind, such as ``voucher``, and its row's number.

    What kinds there are follows from who tells, so no table is named: a form that its person deletes takes its row
    away, and the message about that stays.
    """

    __tablename__ = "message_subject"
    __table_args__ = (
        UniqueConstraint("message_id", "kind"),
        Index("ix_message_subject_record", "kind", "record_id", "message_id"),
    )

    message_id: Mapped[int] = mapped_column(ForeignKey("outbox_message.id"))
    kind: Mapped[str]
    record_id: Mapped[int]
