"""Batches with their payments, lines of bank evidence, matches, drawdowns, debts."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from voucher.payments.rules import (
    NO_LONGER_IN,
    OF_LINES,
    BatchState,
    DebtState,
    ExceptionKind,
    LineSource,
    MatchKind,
    Outcome,
    PaymentState,
    Route,
)
from voucher.platform.db import Base, another_person, in_list, new_public_id, unique_where
from voucher.providers.models import PayeeDetails, Provider, SupplierNumber
from voucher.redemptions.models import Redemption

OPEN = text("open_pence > 0")


class Batch(Base):
    """Payments that one person prepares and another approves; its file is made once and kept (rule 33).

    ``first_approved_by`` has approved a sum that takes two approvers; ``route`` is the way that the file went.
    """

    __tablename__ = "batch"
    __table_args__ = (
        UniqueConstraint("public_id"),
        UniqueConstraint("reference"),
        CheckConstraint(in_list("state", list(BatchState)), name="state_known"),
        CheckConstraint("approved_by IS NULL OR approved_by <> prepared_by", name="approver_is_not_the_preparer"),
        CheckConstraint(
            "state NOT IN ('approved', 'exported', 'settled', 'partly settled') OR approved_by IS NOT NULL",
            name="approved_by_somebody",
        ),
        CheckConstraint(
            another_person("recall_confirmed_by", "recall_asked_by"),
            name="recall_takes_two",
        ),
        CheckConstraint(
            "first_approved_by IS NULL OR (first_approved_by <> prepared_by "
            "AND (approved_by IS NULL OR first_approved_by <> approved_by))",
            name="first_approver_is_another",
        ),
        CheckConstraint(in_list("route", list(Route)), name="route_known"),
    )

    public_id: Mapped[str] = mapped_column(default=new_public_id)
    reference: Mapped[str]
    scheme_id: Mapped[int] = mapped_column(ForeignKey("scheme.id"))
    state: Mapped[str]
    prepared_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    prepared_at: Mapped[datetime]
    first_approved_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    first_approved_at: Mapped[datetime | None]
    approved_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    approved_at: Mapped[datetime | None]
    route: Mapped[str] = mapped_column(default=str(Route.BANK_FILE), server_default=str(Route.BANK_FILE))
    exported_at: Mapped[datetime | None]
    exported_on: Mapped[date | None]
    exported_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    file_id: Mapped[int | None] = mapped_column(ForeignKey("document.id"))
    file_sha256: Mapped[str | None]
    control_pence: Mapped[int | None]
    recall_asked_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    recall_confirmed_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))

    payments: Mapped[list[Payment]] = relationship(order_by="Payment.id", back_populates="batch")

    @property
    def standing(self) -> list[Payment]:
        """The payments that are in it still: not taken out, nor recalled with it."""
        return [each for each in self.payments if each.state not in NO_LONGER_IN]


class Payment(Base):
    """What one provider is paid for its approved claims, to the details that were current when it was prepared."""

    __tablename__ = "payment"
    __table_args__ = (
        UniqueConstraint("reference"),
        CheckConstraint(in_list("state", list(PaymentState)), name="state_known"),
        CheckConstraint("pence > 0", name="pence_above_zero"),
        Index("ix_payment_batch", "batch_id"),
        Index("ix_payment_scheme_state", "scheme_id", "state"),
    )

    public_id: Mapped[str] = mapped_column(default=new_public_id)
    reference: Mapped[str]
    scheme_id: Mapped[int] = mapped_column(ForeignKey("scheme.id"))
    batch_id: Mapped[int] = mapped_column(ForeignKey("batch.id"))
    provider_id: Mapped[int] = mapped_column(ForeignKey("provider.id"))
    payee_details_id: Mapped[int] = mapped_column(ForeignKey("payee_details.id"))
    supplier_number_id: Mapped[int | None] = mapped_column(ForeignKey("supplier_number.id"))
    state: Mapped[str]
    pence: Mapped[int]

    batch: Mapped[Batch] = relationship(back_populates="payments")
    provider: Mapped[Provider] = relationship()
    payee_details: Mapped[PayeeDetails] = relationship()
    supplier_number: Mapped[SupplierNumber | None] = relationship()
    items: Mapped[list[PaymentItem]] = relationship(order_by="PaymentItem.id", back_populates="payment")


class PaymentItem(Base):
    """A claim in a payment. ``live`` until the payment fails; a claim is live in one payment at most (rule 33)."""

    __tablename__ = "payment_item"
    __table_args__ = (
        UniqueConstraint("payment_id", "redemption_id"),
        CheckConstraint("pence > 0", name="pence_above_zero"),
        unique_where("uq_payment_item_live", "redemption_id", where="live"),
    )

    payment_id: Mapped[int] = mapped_column(ForeignKey("payment.id"))
    redemption_id: Mapped[int] = mapped_column(ForeignKey("redemption.id"))
    pence: Mapped[int]
    live: Mapped[bool] = mapped_column(default=True)

    payment: Mapped[Payment] = relationship(back_populates="items")
    redemption: Mapped[Redemption] = relationship()


class BankLine(Base):
    """One movement on the scheme's bank account; money in is above zero. ``open_pence`` is unexplained yet.

    ``identity`` is what an imported line is known by when another statement shows it again (rule 35).
    """

    __tablename__ = "bank_line"
    __table_args__ = (
        UniqueConstraint("public_id"),
        CheckConstraint("pence <> 0", name="not_nothing"),
        CheckConstraint("open_pence BETWEEN 0 AND abs(pence)", name="open_within_the_line"),
        CheckConstraint(in_list("source", list(LineSource)), name="source_known"),
        CheckConstraint("(source = 'imported') = (statement_id IS NOT NULL)", name="imported_from_a_statement"),
        CheckConstraint("(statement_id IS NULL) = (identity IS NULL)", name="identity_with_the_statement"),
        Index("ix_bank_line_scheme_day", "scheme_id", "booked_on"),
        Index("ix_bank_line_statement", "statement_id"),
        Index("uq_bank_line_identity", "scheme_id", "identity", unique=True),
        Index("ix_bank_line_open", "scheme_id", "booked_on", sqlite_where=OPEN, postgresql_where=OPEN),
    )

    public_id: Mapped[str] = mapped_column(default=new_public_id)
    scheme_id: Mapped[int] = mapped_column(ForeignKey("scheme.id"))
    source: Mapped[str]
    booked_on: Mapped[date]
    pence: Mapped[int]
    open_pence: Mapped[int]
    bank_reference: Mapped[str]
    counterparty: Mapped[str]
    entered_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    entered_at: Mapped[datetime]
    statement_id: Mapped[int | None] = mapped_column(ForeignKey("bank_statement.id"))
    identity: Mapped[str | None]

    @property
    def reference(self) -> str:
        """A bank line is known by its public id."""
        return self.public_id


class BankMatch(Base):
    """What (part of) a bank line was found to be; append-only. A trigger holds a payment's matches within its sum."""

    __tablename__ = "bank_match"
    __table_args__ = (
        CheckConstraint(in_list("kind", list(MatchKind)), name="kind_known"),
        CheckConstraint("pence > 0", name="pence_above_zero"),
        CheckConstraint("(kind IN ('payment', 'return')) = (payment_id IS NOT NULL)", name="payment_named"),
        CheckConstraint("(kind = 'drawdown') = (drawdown_id IS NOT NULL)", name="drawdown_named"),
        CheckConstraint("(kind = 'recovery') = (debt_id IS NOT NULL)", name="debt_named"),
        CheckConstraint(
            "(kind IN ('administration', 'administration returned')) = (admin_cost_id IS NOT NULL)",
            name="administration_named",
        ),
        Index("uq_bank_match_payment", "payment_id", "kind", "bank_line_id", unique=True),
        Index("uq_bank_match_drawdown", "drawdown_id", unique=True),
        Index("ix_bank_match_line", "bank_line_id"),
        Index("ix_bank_match_admin_cost", "admin_cost_id"),
    )

    scheme_id: Mapped[int] = mapped_column(ForeignKey("scheme.id"))
    bank_line_id: Mapped[int] = mapped_column(ForeignKey("bank_line.id"))
    kind: Mapped[str]
    pence: Mapped[int]
    payment_id: Mapped[int | None] = mapped_column(ForeignKey("payment.id"))
    drawdown_id: Mapped[int | None] = mapped_column(ForeignKey("drawdown.id"))
    debt_id: Mapped[int | None] = mapped_column(ForeignKey("debt.id"))
    admin_cost_id: Mapped[int | None] = mapped_column(ForeignKey("admin_cost.id"))
    line_id: Mapped[int | None] = mapped_column(ForeignKey("funding_line.id"))
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(Text, default="")

    bank_line: Mapped[BankLine] = relationship()
    payment: Mapped[Payment | None] = relationship()


class ExceptionResolution(Base):
    """What a person found an exception to be, and why; append-only.

    It holds while the facts stay as they were: the same kind, and the same ``pence`` open on the line or due on the
    payment; what waits for the bank is looked at again on a day.
    """

    __tablename__ = "exception_resolution"
    __table_args__ = (
        CheckConstraint(in_list("kind", list(ExceptionKind)), name="kind_known"),
        CheckConstraint(in_list("outcome", list(Outcome)), name="outcome_known"),
        CheckConstraint("pence > 0", name="pence_above_zero"),
        CheckConstraint("length(trim(reason)) > 0", name="a_reason_is_given"),
        CheckConstraint(
            f"({in_list('kind', sorted(OF_LINES))}) = (bank_line_id IS NOT NULL)", name="a_line_for_its_kinds"
        ),
        CheckConstraint("(bank_line_id IS NULL) <> (payment_id IS NULL)", name="about_one_thing"),
        CheckConstraint("(outcome = 'waits for the bank') = (again_on IS NOT NULL)", name="what_waits_has_a_day"),
        Index("ix_exception_resolution_line", "bank_line_id"),
        Index("ix_exception_resolution_payment", "payment_id"),
    )

    scheme_id: Mapped[int] = mapped_column(ForeignKey("scheme.id"))
    kind: Mapped[str]
    bank_line_id: Mapped[int | None] = mapped_column(ForeignKey("bank_line.id"))
    payment_id: Mapped[int | None] = mapped_column(ForeignKey("payment.id"))
    pence: Mapped[int]
    outcome: Mapped[str]
    reason: Mapped[str] = mapped_column(Text)
    again_on: Mapped[date | None]
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime]


class Drawdown(Base):
    """Money asked of a funder on one line of its agreement; received when a bank line is matched to it."""

    __tablename__ = "drawdown"
    __table_args__ = (UniqueConstraint("reference"), CheckConstraint("pence > 0", name="pence_above_zero"))

    public_id: Mapped[str] = mapped_column(default=new_public_id)
    reference: Mapped[str]
    scheme_id: Mapped[int] = mapped_column(ForeignKey("scheme.id"))
    line_id: Mapped[int] = mapped_column(ForeignKey("funding_line.id"))
    pence: Mapped[int]
    requested_on: Mapped[date]
    requested_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    received_on: Mapped[date | None]


class Debt(Base):
    """Money to be got back after it was paid. ``outstanding_pence`` is a guard; shown gross (rule 63)."""

    __tablename__ = "debt"
    __table_args__ = (
        UniqueConstraint("reference"),
        CheckConstraint(in_list("state", list(DebtState)), name="state_known"),
        CheckConstraint("outstanding_pence BETWEEN 0 AND pence", name="outstanding_within_the_debt"),
        CheckConstraint(
            another_person("write_off_approved_by", "write_off_asked_by"),
            name="two_people",
        ),
        CheckConstraint("state <> 'written off' OR write_off_approved_by IS NOT NULL", name="written_off_by_two"),
    )

    public_id: Mapped[str] = mapped_column(default=new_public_id)
    reference: Mapped[str]
    scheme_id: Mapped[int] = mapped_column(ForeignKey("scheme.id"))
    redemption_id: Mapped[int] = mapped_column(ForeignKey("redemption.id"), index=True)
    owed_by_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    state: Mapped[str]
    pence: Mapped[int]
    outstanding_pence: Mapped[int]
    reason: Mapped[str] = mapped_column(Text)
    raised_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    raised_at: Mapped[datetime]
    write_off_asked_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    write_off_approved_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))

    redemption: Mapped[Redemption] = relationship()
