"""Up to what amount people may approve payments: dated rows, each set by two people."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from voucher.accounts.models import Person
from voucher.accounts.rules import ProposalState
from voucher.platform.db import Base, in_list, new_public_id, unique_where
from voucher.schemes.models import Scheme


class ApprovalLevel(Base):
    """Up to what one person, or everybody with the role who has no level of their own, may approve a payment.

    Without ``person_id`` it is the role's. Without ``up_to_pence`` it lifts the limit. It counts from ``from_on`` on,
    once it is confirmed; of those that count the newest does.
    """

    __tablename__ = "approval_level"
    __table_args__ = (
        UniqueConstraint("public_id"),
        CheckConstraint(in_list("state", list(ProposalState)), name="state_known"),
        CheckConstraint("up_to_pence IS NULL OR up_to_pence > 0", name="level_above_zero"),
        CheckConstraint(
            "state <> 'confirmed' OR (decided_by IS NOT NULL AND decided_by <> proposed_by)",
            name="confirmed_by_a_second_person",
        ),
        CheckConstraint(
            "person_id IS NULL OR (proposed_by <> person_id AND (state <> 'confirmed' OR decided_by <> person_id))",
            name="nobody_sets_their_own",
        ),
        unique_where("uq_approval_level_waiting", "scheme_id", where="state = 'proposed'"),
    )

    public_id: Mapped[str] = mapped_column(default=new_public_id)
    scheme_id: Mapped[int] = mapped_column(ForeignKey("scheme.id"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    up_to_pence: Mapped[int | None]
    from_on: Mapped[date]
    state: Mapped[str]
    reason: Mapped[str] = mapped_column(Text)
    proposed_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    proposed_at: Mapped[datetime]
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    decided_at: Mapped[datetime | None]

    scheme: Mapped[Scheme] = relationship()
    person: Mapped[Person | None] = relationship(foreign_keys=[person_id])

    @property
    def reference(self) -> str:
        """A level is known by whose it is."""
        return self.person.name if self.person else "payments approvers"
