"""Administration costs of a scheme: prepared by one person, approved by another, paid when the bank shows it."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from voucher.funding.models import FundingLine
from voucher.payments.cost_rules import CostState
from voucher.platform.db import Base, another_person, in_list, new_public_id


class AdminCost(Base):
    """A cost that an administration line bears.

    ``beyond_pence`` is by how much its approval went beyond the agreement's cap, which takes the funder's consent: the
    document, who noted it, and why.
    """

    __tablename__ = "admin_cost"
    __table_args__ = (
        UniqueConstraint("public_id"),
        UniqueConstraint("reference"),
        CheckConstraint(in_list("state", list(CostState)), name="state_known"),
        CheckConstraint("pence > 0", name="pence_above_zero"),
        CheckConstraint(another_person("approved_by", "prepared_by"), name="approver_is_not_the_preparer"),
        CheckConstraint("state NOT IN ('approved', 'paid') OR approved_by IS NOT NULL", name="approved_by_somebody"),
        CheckConstraint(
            "(consent_document_id IS NULL) = (consent_by IS NULL) AND (consent_by IS NULL) = (consent_reason = '')",
            name="consent_in_full",
        ),
        CheckConstraint(
            "beyond_pence = 0 OR (beyond_pence > 0 AND consent_by IS NOT NULL)", name="beyond_the_cap_with_consent"
        ),
        Index("ix_admin_cost_scheme_state", "scheme_id", "state"),
        Index("ix_admin_cost_line", "line_id"),
    )

    public_id: Mapped[str] = mapped_column(default=new_public_id)
    reference: Mapped[str]
    scheme_id: Mapped[int] = mapped_column(ForeignKey("scheme.id"))
    line_id: Mapped[int] = mapped_column(ForeignKey("funding_line.id"))
    state: Mapped[str]
    pence: Mapped[int]
    description: Mapped[str] = mapped_column(Text)
    incurred_on: Mapped[date]
    document_id: Mapped[int | None] = mapped_column(ForeignKey("document.id"))
    prepared_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    prepared_at: Mapped[datetime]
    approved_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    approved_at: Mapped[datetime | None]
    consent_document_id: Mapped[int | None] = mapped_column(ForeignKey("document.id"))
    consent_reason: Mapped[str] = mapped_column(Text, default="")
    consent_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    beyond_pence: Mapped[int] = mapped_column(default=0)

    line: Mapped[FundingLine] = relationship()
