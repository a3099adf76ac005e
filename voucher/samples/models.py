"""Samples with their items, and findings. Triggers refuse to change an item or a finding."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from voucher.funding.models import Agreement
from voucher.payments.models import BankLine
from voucher.platform.db import Base, in_list, new_public_id
from voucher.redemptions.models import Redemption
from voucher.samples.rules import Method, Outcome, Side


class AuditSample(Base):
    """What an auditor drew from an agreement's payments of a period, and by what it can be drawn again (rule 62).

    ``size`` is the number of draws. ``counts_on`` is the day on which a statement counts its result, once concluded.
    """

    __tablename__ = "audit_sample"
    __table_args__ = (
        UniqueConstraint("public_id"),
        UniqueConstraint("reference"),
        CheckConstraint(in_list("side", list(Side)), name="side_known"),
        CheckConstraint(in_list("method", list(Method)), name="method_known"),
        CheckConstraint("period_from <= period_to", name="period_has_days"),
        CheckConstraint("size > 0", name="size_above_zero"),
        CheckConstraint("population_count > 0 AND population_pence > 0", name="drawn_from_something"),
        CheckConstraint("(confidence_bp IS NULL) = (tolerable_bp IS NULL)", name="confidence_of_a_rate"),
        CheckConstraint("(concluded_by IS NULL) = (counts_on IS NULL)", name="counts_once_concluded"),
        Index("ix_audit_sample_agreement", "agreement_id", "counts_on"),
    )

    public_id: Mapped[str] = mapped_column(default=new_public_id)
    reference: Mapped[str]
    scheme_id: Mapped[int] = mapped_column(ForeignKey("scheme.id"))
    agreement_id: Mapped[int] = mapped_column(ForeignKey("agreement.id"))
    side: Mapped[str]
    method: Mapped[str]
    period_from: Mapped[date]
    period_to: Mapped[date]
    seed: Mapped[str]
    population_count: Mapped[int]
    population_pence: Mapped[int]
    population_hash: Mapped[str]
    size: Mapped[int]
    confidence_bp: Mapped[int | None]
    tolerable_bp: Mapped[int | None]
    drawn_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    drawn_at: Mapped[datetime]
    concluded_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    concluded_at: Mapped[datetime | None]
    counts_on: Mapped[date | None]

    agreement: Mapped[Agreement] = relationship()
    items: Mapped[list[AuditSampleItem]] = relationship(order_by="AuditSampleItem.position", back_populates="sample")


class AuditSampleItem(Base):
    """A bank line or a claim that was drawn, with its pence in the population; append-only."""

    __tablename__ = "audit_sample_item"
    __table_args__ = (
        UniqueConstraint("sample_id", "position"),
        CheckConstraint("(redemption_id IS NULL) <> (bank_line_id IS NULL)", name="a_claim_or_a_bank_line"),
        CheckConstraint("pence > 0 AND hits > 0", name="drawn_for_an_amount"),
    )

    sample_id: Mapped[int] = mapped_column(ForeignKey("audit_sample.id"))
    position: Mapped[int]
    reference: Mapped[str]
    pence: Mapped[int]
    hits: Mapped[int]
    redemption_id: Mapped[int | None] = mapped_column(ForeignKey("redemption.id"))
    bank_line_id: Mapped[int | None] = mapped_column(ForeignKey("bank_line.id"))

    sample: Mapped[AuditSample] = relationship(back_populates="items")
    redemption: Mapped[Redemption | None] = relationship()
    bank_line: Mapped[BankLine | None] = relationship()


class Finding(Base):
    """What an auditor found about an item: the newest counts; append-only."""

    __tablename__ = "finding"
    __table_args__ = (
        CheckConstraint(in_list("outcome", list(Outcome)), name="outcome_known"),
        CheckConstraint("error_pence >= 0 AND (outcome = 'fail' OR error_pence = 0)", name="a_pass_has_no_error"),
        CheckConstraint("outcome = 'pass' OR note <> ''", name="a_failure_is_explained"),
        Index("ix_finding_item", "item_id"),
    )

    scheme_id: Mapped[int] = mapped_column(ForeignKey("scheme.id"))
    item_id: Mapped[int] = mapped_column(ForeignKey("audit_sample_item.id"))
    outcome: Mapped[str]
    error_pence: Mapped[int]
    note: Mapped[str] = mapped_column(Text)
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime]

    item: Mapped[AuditSampleItem] = relationship()
