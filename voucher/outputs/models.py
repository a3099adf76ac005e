"""Indicators by version, the enterprises and posts that count towards them. Triggers keep a version as it was entered.

What counts is never taken back in a period that was reported: it is withdrawn from a later day on.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from voucher.documents.models import Document
from voucher.funding.models import Agreement
from voucher.organisations.models import Organisation
from voucher.outputs.rules import Measure
from voucher.platform.db import Base, in_list, new_public_id, unique_where


class IndicatorSet(Base):
    """The indicators that an agreement reports, as one version of their definitions; append-only.

    ``name`` is the funder's own name of that version. It counts from a day in an open period on.
    """

    __tablename__ = "indicator_set"
    __table_args__ = (UniqueConstraint("agreement_id", "version"),)

    scheme_id: Mapped[int] = mapped_column(ForeignKey("scheme.id"))
    agreement_id: Mapped[int] = mapped_column(ForeignKey("agreement.id"))
    version: Mapped[int]
    agreement_version: Mapped[int]
    name: Mapped[str]
    in_force_from: Mapped[date]
    reason: Mapped[str] = mapped_column(Text)
    entered_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    entered_at: Mapped[datetime]

    agreement: Mapped[Agreement] = relationship()
    indicators: Mapped[list[Indicator]] = relationship(order_by="Indicator.position", back_populates="set")


class Indicator(Base):
    """One indicator under the funder's own code; append-only.

    ``threshold`` is in minutes or pence, ``target`` in enterprises or in hundredths of a full-time post.
    """

    __tablename__ = "indicator"
    __table_args__ = (
        UniqueConstraint("set_id", "code"),
        UniqueConstraint("set_id", "position"),
        CheckConstraint(in_list("measure", list(Measure)), name="measure_known"),
        CheckConstraint(
            "(measure IN ('minutes of support', 'grant paid')) = (threshold IS NOT NULL)",
            name="measured_to_a_threshold",
        ),
        CheckConstraint("threshold IS NULL OR threshold > 0", name="threshold_above_zero"),
        CheckConstraint("target >= 0", name="target_not_negative"),
    )

    set_id: Mapped[int] = mapped_column(ForeignKey("indicator_set.id"))
    position: Mapped[int]
    code: Mapped[str]
    wording: Mapped[str] = mapped_column(Text)
    measure: Mapped[str]
    threshold: Mapped[int | None]
    evidence: Mapped[str] = mapped_column(Text)
    target: Mapped[int]

    set: Mapped[IndicatorSet] = relationship(back_populates="indicators")


class Output(Base):
    """An enterprise that counts towards an indicator, once for each agreement (rule 59).

    ``amount`` is what met the threshold, in minutes or pence. Without evidence it is recorded and does not count: only
    with ``counts_on`` is it achieved (rule 60).
    """

    __tablename__ = "output"
    __table_args__ = (
        UniqueConstraint("public_id"),
        unique_where("uq_output_standing", "agreement_id", "code", "enterprise_id", where="withdrawn_on IS NULL"),
        CheckConstraint(
            "counts_on IS NULL OR amount IS NOT NULL OR document_id IS NOT NULL", name="counts_with_evidence"
        ),
        CheckConstraint("withdrawn_on IS NULL OR withdrawn_reason <> ''", name="withdrawn_for_a_reason"),
        CheckConstraint(
            "withdrawn_on IS NULL OR counts_on IS NULL OR withdrawn_on >= counts_on", name="withdrawn_after_it_counted"
        ),
        Index("ix_output_agreement", "agreement_id", "code"),
    )

    public_id: Mapped[str] = mapped_column(default=new_public_id)
    scheme_id: Mapped[int] = mapped_column(ForeignKey("scheme.id"))
    agreement_id: Mapped[int] = mapped_column(ForeignKey("agreement.id"))
    indicator_id: Mapped[int] = mapped_column(ForeignKey("indicator.id"))
    code: Mapped[str]
    enterprise_id: Mapped[int] = mapped_column(ForeignKey("enterprise.id"))
    business_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    amount: Mapped[int | None]
    document_id: Mapped[int | None] = mapped_column(ForeignKey("document.id"))
    counts_on: Mapped[date | None]
    recorded_on: Mapped[date]
    recorded_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    note: Mapped[str] = mapped_column(Text, default="")
    withdrawn_on: Mapped[date | None]
    withdrawn_reason: Mapped[str] = mapped_column(Text, default="")

    indicator: Mapped[Indicator] = relationship()
    business: Mapped[Organisation] = relationship()
    document: Mapped[Document | None] = relationship()

    @property
    def reference(self) -> str:
        """An output is known by its public id."""
        return self.public_id


class Job(Base):
    """A post that was created or safeguarded, in hundredths of a full-time post; never both (rule 61).

    ``baseline_hundredths`` are all posts of the enterprise before its support. It counts only with evidence and when it
    is to last twelve months or longer.
    """

    __tablename__ = "job"
    __table_args__ = (
        UniqueConstraint("public_id"),
        unique_where("uq_job_post", "agreement_id", "enterprise_id", "post_key", where="withdrawn_on IS NULL"),
        CheckConstraint("fte_hundredths BETWEEN 1 AND 100", name="at_most_one_post"),
        CheckConstraint("baseline_hundredths >= 0", name="baseline_not_negative"),
        CheckConstraint("baseline_on <= begins_on", name="baseline_before_it_begins"),
        CheckConstraint("counts_on IS NULL OR (permanent AND document_id IS NOT NULL)", name="counts_with_evidence"),
        CheckConstraint("withdrawn_on IS NULL OR withdrawn_reason <> ''", name="withdrawn_for_a_reason"),
        CheckConstraint(
            "withdrawn_on IS NULL OR counts_on IS NULL OR withdrawn_on >= counts_on", name="withdrawn_after_it_counted"
        ),
        Index("ix_job_agreement", "agreement_id", "code"),
    )

    public_id: Mapped[str] = mapped_column(default=new_public_id)
    scheme_id: Mapped[int] = mapped_column(ForeignKey("scheme.id"))
    agreement_id: Mapped[int] = mapped_column(ForeignKey("agreement.id"))
    indicator_id: Mapped[int] = mapped_column(ForeignKey("indicator.id"))
    code: Mapped[str]
    enterprise_id: Mapped[int] = mapped_column(ForeignKey("enterprise.id"))
    business_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    post: Mapped[str]
    post_key: Mapped[str]
    fte_hundredths: Mapped[int]
    baseline_hundredths: Mapped[int]
    baseline_on: Mapped[date]
    begins_on: Mapped[date]
    permanent: Mapped[bool]
    document_id: Mapped[int | None] = mapped_column(ForeignKey("document.id"))
    counts_on: Mapped[date | None]
    recorded_on: Mapped[date]
    recorded_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    withdrawn_on: Mapped[date | None]
    withdrawn_reason: Mapped[str] = mapped_column(Text, default="")

    indicator: Mapped[Indicator] = relationship()
    business: Mapped[Organisation] = relationship()
    document: Mapped[Document | None] = relationship()

    @property
    def reference(self) -> str:
        """A job is known by its public id."""
        return self.public_id
