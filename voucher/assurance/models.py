"""The register of irregularities."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from voucher.assurance.rules import IrregularityKind, IrregularityState
from voucher.platform.db import Base, in_list, new_public_id
from voucher.redemptions.models import Redemption


class Irregularity(Base):
    """Something that should not have happened to public money, or is suspected; shown gross (rule 63).

    ``pence`` is what it is about as known today, 0 while that is unknown. It names one claim at most, so that its
    pence lie on that claim's funding lines; what concerns several claims is registered once for each. ``note`` is for
    staff and never part of a statement.
    """

    __tablename__ = "irregularity"
    __table_args__ = (
        UniqueConstraint("public_id"),
        UniqueConstraint("reference"),
        CheckConstraint(in_list("kind", list(IrregularityKind)), name="kind_known"),
        CheckConstraint(in_list("state", list(IrregularityState)), name="state_known"),
        CheckConstraint("pence >= 0", name="not_negative"),
        CheckConstraint(
            "(state = 'open') = (closed_at IS NULL) AND (closed_at IS NULL) = (closed_by IS NULL)",
            name="closed_by_somebody_at_some_time",
        ),
        CheckConstraint("closed_by IS NULL OR closed_by <> opened_by", name="another_person_closes_it"),
        Index("ix_irregularity_scheme_state", "scheme_id", "state"),
    )

    public_id: Mapped[str] = mapped_column(default=new_public_id)
    reference: Mapped[str]
    scheme_id: Mapped[int] = mapped_column(ForeignKey("scheme.id"))
    redemption_id: Mapped[int | None] = mapped_column(ForeignKey("redemption.id"), index=True)
    kind: Mapped[str]
    pence: Mapped[int]
    state: Mapped[str]
    note: Mapped[str] = mapped_column(Text)
    opened_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    opened_at: Mapped[datetime]
    closed_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    closed_at: Mapped[datetime | None]

    redemption: Mapped[Redemption | None] = relationship()


class IrregularityEvent(Base):
    """How an irregularity stood from a moment on, and why; append-only, so that any past day can be told again."""

    __tablename__ = "irregularity_event"
    __table_args__ = (
        CheckConstraint(in_list("kind", list(IrregularityKind)), name="kind_known"),
        CheckConstraint(in_list("state", list(IrregularityState)), name="state_known"),
        CheckConstraint("pence >= 0", name="not_negative"),
        Index("ix_irregularity_event_irregularity", "irregularity_id", "at"),
    )

    scheme_id: Mapped[int] = mapped_column(ForeignKey("scheme.id"))
    irregularity_id: Mapped[int] = mapped_column(ForeignKey("irregularity.id"))
    kind: Mapped[str]
    state: Mapped[str]
    pence: Mapped[int]
    note: Mapped[str] = mapped_column(Text)
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime]
