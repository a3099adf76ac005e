"""The funder's statement. A trigger refuses any change of what a signed one says."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from voucher.documents.models import Document
from voucher.funding.models import Agreement
from voucher.platform.db import Base, in_list, new_public_id
from voucher.reports.rules import Party, StatementState


class Statement(Base):
    """The reconciliation of one agreement for one period; ``data`` is the canonical JSON."""

    __tablename__ = "statement"
    __table_args__ = (
        UniqueConstraint("public_id"),
        UniqueConstraint("reference"),
        UniqueConstraint("agreement_id", "sequence"),
        CheckConstraint(in_list("state", list(StatementState)), name="state_known"),
        CheckConstraint("period_from <= period_to", name="period_has_days"),
        CheckConstraint("signed_by IS NULL OR signed_by <> prepared_by", name="signer_is_not_the_preparer"),
        CheckConstraint(
            "reviewed_by IS NULL OR (reviewed_by <> prepared_by AND (signed_by IS NULL OR signed_by <> reviewed_by))",
            name="reviewer_is_independent",
        ),
        CheckConstraint(
            "state NOT IN ('signed', 'sent', 'accepted', 'queried') OR signed_by IS NOT NULL",
            name="signed_by_somebody",
        ),
    )

    public_id: Mapped[str] = mapped_column(default=new_public_id)
    reference: Mapped[str]
    scheme_id: Mapped[int] = mapped_column(ForeignKey("scheme.id"))
    agreement_id: Mapped[int] = mapped_column(ForeignKey("agreement.id"))
    sequence: Mapped[int]
    period_from: Mapped[date]
    period_to: Mapped[date]
    supersedes_id: Mapped[int | None] = mapped_column(ForeignKey("statement.id"))
    supersedes_reason: Mapped[str] = mapped_column(Text, default="", server_default="")
    state: Mapped[str]
    data: Mapped[str] = mapped_column(Text)
    data_hash: Mapped[str]
    ledger_balance_pence: Mapped[int]
    ledger_evidence_id: Mapped[int | None] = mapped_column(ForeignKey("document.id"))
    ledger_explanation: Mapped[str] = mapped_column(Text, default="")
    variance_explanation: Mapped[str] = mapped_column(Text, default="")
    reprofile_request: Mapped[str] = mapped_column(Text, default="")
    prepared_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    prepared_at: Mapped[datetime]
    reviewed_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    reviewed_at: Mapped[datetime | None]
    signed_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    signed_at: Mapped[datetime | None]
    comments: Mapped[str] = mapped_column(Text, default="")

    agreement: Mapped[Agreement] = relationship()


class StatementPaper(Base):
    """The paper of a signed statement: ordered with the signature, drawn by a worker, frozen once it is drawn.

    The row is the job and its result. ``holder`` names the process that draws it now, until ``lease_until`` at least.
    ``lines`` are the rows of its annex. What the signer has signed (``mandate``) and the address on the cover never
    change; papers that were drawn while signing have neither, and the oldest of them no signature.
    """

    __tablename__ = "statement_paper"
    __table_args__ = (
        UniqueConstraint("statement_id"),
        CheckConstraint("(holder IS NULL) = (lease_until IS NULL)", name="held_until_a_moment"),
        CheckConstraint("lines_done BETWEEN 0 AND lines", name="no_more_lines_than_there_are"),
        CheckConstraint("(drawn_at IS NULL) = (document_id IS NULL)", name="drawn_with_its_document"),
        CheckConstraint("drawn_at IS NULL OR holder IS NULL", name="nobody_holds_what_is_drawn"),
        CheckConstraint(
            "drawn_at IS NOT NULL OR (mandate IS NOT NULL AND check_at IS NOT NULL)", name="ordered_by_its_signer"
        ),
        CheckConstraint(
            "CASE WHEN drawn_at IS NULL THEN signature IS NULL ELSE mandate IS NULL OR signature IS NOT NULL END",
            name="signed_when_it_is_drawn",
        ),
    )

    scheme_id: Mapped[int] = mapped_column(ForeignKey("scheme.id"))
    statement_id: Mapped[int] = mapped_column(ForeignKey("statement.id"))
    ordered_at: Mapped[datetime]
    mandate: Mapped[str | None] = mapped_column(Text)
    check_at: Mapped[str | None]
    lines: Mapped[int]
    lines_done: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    holder: Mapped[str | None]
    lease_until: Mapped[datetime | None]
    last_error: Mapped[str] = mapped_column(Text, default="")
    document_id: Mapped[int | None] = mapped_column(ForeignKey("document.id"))
    # The file signature.json as it is in the PDF.
    signature: Mapped[str | None] = mapped_column(Text)
    drawn_at: Mapped[datetime | None]

    statement: Mapped[Statement] = relationship()
    document: Mapped[Document | None] = relationship()


class StatementVersion(Base):
    """What a statement said each time it was prepared; append-only, so that a change since then can be shown."""

    __tablename__ = "statement_version"
    __table_args__ = (UniqueConstraint("statement_id", "number"),)

    statement_id: Mapped[int] = mapped_column(ForeignKey("statement.id"))
    number: Mapped[int]
    data: Mapped[str] = mapped_column(Text)
    data_hash: Mapped[str]
    prepared_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    prepared_at: Mapped[datetime]


class StatementCheck(Base):
    """That somebody had a file checked on the public page: counted against floods, and forgotten after a while.

    The network's address is kept as a keyed hash, and of the file nothing at all.
    """

    __tablename__ = "statement_check"
    __table_args__ = (Index("ix_statement_check_at", "at"),)

    address_hash: Mapped[str]
    at: Mapped[datetime]


class StatementLook(Base):
    """That somebody said to have read a version, or acted on it."""

    __tablename__ = "statement_look"
    __table_args__ = (UniqueConstraint("version_id", "person_id"),)

    version_id: Mapped[int] = mapped_column(ForeignKey("statement_version.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime]


class ReportingRhythm(Base):
    """How often an agreement reports, and until when claims can still count: the calendar follows from it."""

    __tablename__ = "reporting_rhythm"
    __table_args__ = (
        UniqueConstraint("agreement_id"),
        CheckConstraint("months IN (1, 3, 6, 12)", name="months_of_a_period"),
        CheckConstraint("due_days BETWEEN 0 AND 365 AND cut_off_days BETWEEN 0 AND 60", name="days_in_reason"),
        CheckConstraint("remind_days BETWEEN 0 AND 60", name="reminds_in_reason"),
    )

    scheme_id: Mapped[int] = mapped_column(ForeignKey("scheme.id"))
    agreement_id: Mapped[int] = mapped_column(ForeignKey("agreement.id"))
    months: Mapped[int]
    due_days: Mapped[int]
    cut_off_days: Mapped[int]
    remind_days: Mapped[int] = mapped_column(default=7, server_default="7")
    # The day on which the worker last looked whom to remind, so that it looks once a day.
    looked_on: Mapped[date | None]


class CutOffReminder(Base):
    """That somebody was reminded of a cut-off: the row that keeps everybody from being told twice."""

    __tablename__ = "cut_off_reminder"
    __table_args__ = (
        UniqueConstraint("scheme_id", "cut_off_on", "party", "email"),
        CheckConstraint(in_list("party", list(Party)), name="party_known"),
    )

    scheme_id: Mapped[int] = mapped_column(ForeignKey("scheme.id"))
    cut_off_on: Mapped[date]
    party: Mapped[str]
    email: Mapped[str]
    at: Mapped[datetime]


class PublicResult(Base):
    """A scheme's results at a month's end, as its public page tells them, with how many businesses each is made of."""

    __tablename__ = "public_result"
    __table_args__ = (UniqueConstraint("scheme_id", "as_of"),)

    scheme_id: Mapped[int] = mapped_column(ForeignKey("scheme.id"))
    as_of: Mapped[date]
    vouchers: Mapped[int]
    issued_to: Mapped[int]
    sessions: Mapped[int]
    minutes: Mapped[int]
    supported: Mapped[int]
    paid_pence: Mapped[int]
    paid_for: Mapped[int]
    taken_at: Mapped[datetime]


class FunderForm(Base):
    """A funder's own form: a spreadsheet, and which of its cells holds which figure; append-only, the newest counts."""

    __tablename__ = "funder_form"
    __table_args__ = (UniqueConstraint("agreement_id", "version"),)

    scheme_id: Mapped[int] = mapped_column(ForeignKey("scheme.id"))
    agreement_id: Mapped[int] = mapped_column(ForeignKey("agreement.id"))
    version: Mapped[int]
    document_id: Mapped[int] = mapped_column(ForeignKey("document.id"))
    cells: Mapped[dict[str, str]] = mapped_column(JSON)
    added_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    added_at: Mapped[datetime]

    agreement: Mapped[Agreement] = relationship()
    document: Mapped[Document] = relationship()
