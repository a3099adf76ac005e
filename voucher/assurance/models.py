"""The register of irregularities; from what on something is concentrated, and the cases that it raised."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from voucher.assurance.rules import CaseState, IrregularityKind, IrregularityState, Measure
from voucher.platform.db import Base, in_list, new_public_id, unique_where
from voucher.providers.models import Provider
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


class ConcentrationRule(Base):
    """From what on cases are raised in a scheme, from a moment on; append-only. The columns are those of Thresholds."""

    __tablename__ = "concentration_rule"
    __table_args__ = (
        CheckConstraint("share_bp BETWEEN 1 AND 10000", name="a_share"),
        CheckConstraint("0 <= opens_at AND opens_at < closes_at AND closes_at <= 24", name="hours_of_a_day"),
        CheckConstraint(
            "least_claims > 0 AND claims_a_day > 0 AND outside_hours > 0 AND sharing > 1 AND window_days > 0",
            name="numbers_above_zero",
        ),
        Index("ix_concentration_rule_scheme", "scheme_id", "id"),
    )

    scheme_id: Mapped[int] = mapped_column(ForeignKey("scheme.id"))
    share_bp: Mapped[int]
    least_claims: Mapped[int]
    claims_a_day: Mapped[int]
    outside_hours: Mapped[int]
    opens_at: Mapped[int]
    closes_at: Mapped[int]
    sharing: Mapped[int]
    window_days: Mapped[int]
    reason: Mapped[str] = mapped_column(Text)
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime]


class ConcentrationCase(Base):
    """Something concentrated that a person looks into; by itself it stops nothing (rule 73).

    ``subject`` tells two cases of a measure apart: a provider, or a shared detail by its hash, never the detail itself.
    ``found`` and ``threshold`` are in the measure's own unit. One that no longer holds is closed by nobody.
    """

    __tablename__ = "concentration_case"
    __table_args__ = (
        UniqueConstraint("public_id"),
        UniqueConstraint("reference"),
        CheckConstraint(in_list("measure", list(Measure)), name="measure_known"),
        CheckConstraint(in_list("state", list(CaseState)), name="state_known"),
        CheckConstraint("(state = 'open') = (closed_at IS NULL)", name="closed_at_some_time"),
        CheckConstraint("state = 'open' OR reason <> ''", name="closed_for_a_reason"),
        CheckConstraint("found >= threshold", name="found_at_the_threshold"),
        unique_where("uq_concentration_case_open", "scheme_id", "measure", "subject", where="state = 'open'"),
    )

    public_id: Mapped[str] = mapped_column(default=new_public_id)
    reference: Mapped[str]
    scheme_id: Mapped[int] = mapped_column(ForeignKey("scheme.id"))
    measure: Mapped[str]
    subject: Mapped[str]
    provider_id: Mapped[int | None] = mapped_column(ForeignKey("provider.id"), index=True)
    about: Mapped[str] = mapped_column(Text)
    found: Mapped[int]
    threshold: Mapped[int]
    state: Mapped[str]
    reason: Mapped[str] = mapped_column(Text, default="")
    raised_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))

    provider: Mapped[Provider | None] = relationship()


class ConcentrationRun(Base):
    """A day on which the worker looked for what is concentrated, so that it does so once a day."""

    __tablename__ = "concentration_run"
    __table_args__ = (UniqueConstraint("scheme_id", "on_day"),)

    scheme_id: Mapped[int] = mapped_column(ForeignKey("scheme.id"))
    on_day: Mapped[date]
    at: Mapped[datetime]
