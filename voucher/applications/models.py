"""Applications, with the money that an approved one reserves."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from voucher.accounts.models import Person
from voucher.applications.rules import ApplicationState
from voucher.organisations.models import Organisation
from voucher.platform.db import Base, in_list, new_public_id, unique_where
from voucher.schemes.models import Round, Scheme


class Application(Base):
    """One business, one round. ``contact_id`` is the contact there was at the decision: confirmations go to it."""

    __tablename__ = "application"
    __table_args__ = (
        UniqueConstraint("public_id"),
        UniqueConstraint("reference"),
        CheckConstraint(in_list("state", list(ApplicationState)), name="state_known"),
        CheckConstraint("face_pence > 0", name="face_above_zero"),
        unique_where(
            "uq_application_live",
            "scheme_id",
            "business_id",
            where="state NOT IN ('declined', 'lapsed', 'withdrawn') AND NOT voucher_ended",
        ),
        Index("ix_application_round", "round_id", "state"),
    )

    public_id: Mapped[str] = mapped_column(default=new_public_id)
    reference: Mapped[str]
    scheme_id: Mapped[int] = mapped_column(ForeignKey("scheme.id"))
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"))
    business_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    contact_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    state: Mapped[str]
    face_pence: Mapped[int]
    submitted_at: Mapped[datetime]
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    decided_at: Mapped[datetime | None]
    offer_until: Mapped[date | None]
    voucher_ended: Mapped[bool] = mapped_column(default=False)

    scheme: Mapped[Scheme] = relationship()
    round: Mapped[Round] = relationship()
    business: Mapped[Organisation] = relationship()
    contact: Mapped[Person] = relationship(foreign_keys=[contact_id])
