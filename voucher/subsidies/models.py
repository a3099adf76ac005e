"""Subsidy records, kept apart from what they led to. Triggers refuse UPDATE and DELETE on records and assistance."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from voucher.platform.db import Base, in_list, unique_where
from voucher.subsidies.rules import RecordKind, Source


class SubsidyLimit(Base):
    """The limit in force from a day on; data, for Parliament may change it."""

    __tablename__ = "subsidy_limit"
    __table_args__ = (UniqueConstraint("in_force_from"),)

    in_force_from: Mapped[date]
    pence: Mapped[int]
    source: Mapped[str]


class Assistance(Base):
    """One amount of assistance that counts towards an enterprise's limit: declared by it, or given by us."""

    __tablename__ = "assistance"
    __table_args__ = (
        CheckConstraint("pence >= 0", name="not_negative"),
        CheckConstraint(in_list("source", list(Source)), name="source_known"),
        Index("ix_assistance_enterprise", "enterprise_id", "given_on"),
    )

    enterprise_id: Mapped[int] = mapped_column(ForeignKey("enterprise.id"))
    scheme_id: Mapped[int | None] = mapped_column(ForeignKey("scheme.id"))
    source: Mapped[str]
    pence: Mapped[int]
    given_on: Mapped[date]
    application_id: Mapped[int | None] = mapped_column(ForeignKey("application.id"))


class SubsidyPublication(Base):
    """The number under which a large subsidy stands in the public database; append-only, the newest counts (rule 42).

    ``reason`` says why an earlier number was wrong.
    """

    __tablename__ = "subsidy_publication"
    __table_args__ = (
        CheckConstraint("number <> ''", name="number_given"),
        Index("ix_subsidy_publication_application", "application_id"),
    )

    scheme_id: Mapped[int] = mapped_column(ForeignKey("scheme.id"))
    application_id: Mapped[int] = mapped_column(ForeignKey("application.id"))
    number: Mapped[str]
    reason: Mapped[str] = mapped_column(Text)
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime]


class SubsidyRecord(Base):
    """A notice sent, a reply received or a letter sent, with its wording's version."""

    __tablename__ = "subsidy_record"
    __table_args__ = (
        CheckConstraint(in_list("kind", list(RecordKind)), name="kind_known"),
        CheckConstraint("(kind = 'reply') = (declared_pence IS NOT NULL)", name="a_reply_declares"),
        Index("ix_subsidy_record_application", "application_id", "kind"),
        unique_where("uq_subsidy_record_letter", "application_id", where="kind = 'letter'"),
    )

    scheme_id: Mapped[int] = mapped_column(ForeignKey("scheme.id"))
    application_id: Mapped[int] = mapped_column(ForeignKey("application.id"))
    kind: Mapped[str]
    at: Mapped[datetime]
    pence: Mapped[int]
    declared_pence: Mapped[int | None]
    wording_version: Mapped[str]
    answers_id: Mapped[int | None] = mapped_column(ForeignKey("subsidy_record.id"))
    document_id: Mapped[int | None] = mapped_column(ForeignKey("document.id"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
