"""Agreements with their lines, the append-only ledger, and what a round draws on.

A posting is one movement on one funding line and names both accounts, so that no row can be out of balance: the
database itself could not hold one that is. Triggers refuse UPDATE and DELETE, and a posting dated in a closed period.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from voucher.accounts.rules import ProposalState
from voucher.funding.conditions import CapBase, YearBy
from voucher.funding.rules import Account, ChangeKind, ChangeState, EntryKind, LineKind, OpeningKind
from voucher.organisations.models import Organisation
from voucher.platform.db import Base, in_list, new_public_id, unique_where


class Agreement(Base):
    """A funder's contract. ``closed_through`` is the end of its last signed statement."""

    __tablename__ = "agreement"
    __table_args__ = (
        UniqueConstraint("public_id"),
        UniqueConstraint("scheme_id", "reference"),
        CheckConstraint("starts_on <= ends_on", name="starts_before_it_ends"),
    )

    public_id: Mapped[str] = mapped_column(default=new_public_id)
    scheme_id: Mapped[int] = mapped_column(ForeignKey("scheme.id"))
    funder_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    reference: Mapped[str]
    version: Mapped[int]
    signed_on: Mapped[date]
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    closed_through: Mapped[date | None]
    intervention_rate_bp: Mapped[int | None]
    recoveries_reusable: Mapped[bool]
    signer_title: Mapped[str]
    signer_statute: Mapped[str]
    signer_wording: Mapped[str] = mapped_column(Text)

    funder: Mapped[Organisation] = relationship()
    lines: Mapped[list[FundingLine]] = relationship(order_by="FundingLine.position", back_populates="agreement")


class AgreementChange(Base):
    """A version of the award: each line's change, why, who proposed it, and whether it could be applied."""

    __tablename__ = "agreement_change"
    __table_args__ = (
        UniqueConstraint("agreement_id", "version"),
        CheckConstraint(in_list("state", list(ChangeState)), name="state_known"),
        CheckConstraint("proposed_by <> by_id", name="confirmed_by_a_second_person"),
    )

    agreement_id: Mapped[int] = mapped_column(ForeignKey("agreement.id"))
    version: Mapped[int]
    state: Mapped[str]
    reason: Mapped[str] = mapped_column(Text)
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime]
    changes: Mapped[dict[str, int]] = mapped_column(JSON)
    applied_at: Mapped[datetime | None]
    proposed_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))

    agreement: Mapped[Agreement] = relationship()


class AgreementConditions(Base):
    """What an agreement says beside its award, from one of its versions on; append-only.

    ``profile`` has pence by the code of a line and the first day of a quarter, as ISO dates.
    """

    __tablename__ = "agreement_conditions"
    __table_args__ = (
        UniqueConstraint("agreement_id", "version"),
        CheckConstraint("admin_cap_bp BETWEEN 0 AND 10000", name="cap_is_a_share"),
        CheckConstraint(in_list("admin_cap_of", list(CapBase)), name="admin_cap_of_known"),
        CheckConstraint(in_list("year_by", list(YearBy)), name="year_by_known"),
        CheckConstraint("sign_off_steps BETWEEN 2 AND 3", name="two_or_three_sign_off"),
        CheckConstraint("tolerance_bp >= 0", name="tolerance_not_negative"),
        CheckConstraint("proposed_by <> by_id", name="confirmed_by_a_second_person"),
    )

    agreement_id: Mapped[int] = mapped_column(ForeignKey("agreement.id"))
    version: Mapped[int]
    admin_cap_bp: Mapped[int | None]
    admin_cap_of: Mapped[str]
    year_by: Mapped[str]
    sign_off_steps: Mapped[int]
    tolerance_bp: Mapped[int | None]
    profile: Mapped[dict[str, dict[str, int]]] = mapped_column(JSON)
    reason: Mapped[str] = mapped_column(Text)
    proposed_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime]


class AgreementProposal(Base):
    """A change of an agreement that one person proposes and another confirms."""

    __tablename__ = "agreement_proposal"
    __table_args__ = (
        UniqueConstraint("public_id"),
        CheckConstraint(in_list("kind", list(ChangeKind)), name="kind_known"),
        CheckConstraint(in_list("state", list(ProposalState)), name="state_known"),
        CheckConstraint(
            "state <> 'confirmed' OR (decided_by IS NOT NULL AND decided_by <> proposed_by)",
            name="confirmed_by_a_second_person",
        ),
        unique_where("uq_agreement_proposal_waiting", "agreement_id", "kind", where="state = 'proposed'"),
    )

    public_id: Mapped[str] = mapped_column(default=new_public_id)
    scheme_id: Mapped[int] = mapped_column(ForeignKey("scheme.id"))
    agreement_id: Mapped[int] = mapped_column(ForeignKey("agreement.id"))
    kind: Mapped[str]
    content: Mapped[dict[str, object]] = mapped_column(JSON)
    reason: Mapped[str] = mapped_column(Text)
    state: Mapped[str]
    proposed_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    proposed_at: Mapped[datetime]
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    decided_at: Mapped[datetime | None]

    agreement: Mapped[Agreement] = relationship()

    @property
    def reference(self) -> str:
        """A proposal is known by its agreement and what it changes."""
        return f"{self.agreement.reference} {self.kind}"


class FundingLine(Base):
    """One pot of an agreement. ``unallocated_pence`` is a guard that only the ledger changes."""

    __tablename__ = "funding_line"
    __table_args__ = (
        UniqueConstraint("agreement_id", "code"),
        CheckConstraint("unallocated_pence >= 0", name="unallocated_not_negative"),
        CheckConstraint(in_list("kind", list(LineKind)), name="kind_known"),
    )

    scheme_id: Mapped[int] = mapped_column(ForeignKey("scheme.id"))
    agreement_id: Mapped[int] = mapped_column(ForeignKey("agreement.id"))
    code: Mapped[str]
    name: Mapped[str]
    kind: Mapped[str]
    position: Mapped[int]
    unallocated_pence: Mapped[int] = mapped_column(default=0)

    agreement: Mapped[Agreement] = relationship(back_populates="lines")


class RoundLine(Base):
    """A line that a round draws on, and its fixed share of each voucher in ten-thousandths."""

    __tablename__ = "round_line"
    __table_args__ = (
        UniqueConstraint("round_id", "line_id"),
        UniqueConstraint("round_id", "position"),
        CheckConstraint("share_bp BETWEEN 1 AND 10000", name="share_is_a_share"),
    )

    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"))
    line_id: Mapped[int] = mapped_column(ForeignKey("funding_line.id"))
    share_bp: Mapped[int]
    position: Mapped[int]

    line: Mapped[FundingLine] = relationship()


class Entry(Base):
    """One event that moved money: its kind, who, why and when it was written down."""

    __tablename__ = "entry"
    __table_args__ = (CheckConstraint(in_list("kind", list(EntryKind)), name="kind_known"),)

    scheme_id: Mapped[int] = mapped_column(ForeignKey("scheme.id"))
    kind: Mapped[str]
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    reason: Mapped[str] = mapped_column(Text)
    recorded_at: Mapped[datetime]
    happened_on: Mapped[date]
    reverses_id: Mapped[int | None] = mapped_column(ForeignKey("entry.id"))

    @property
    def reference(self) -> str:
        """An entry is known by its number."""
        return f"entry {self.id}"


class Posting(Base):
    """One movement on one line, from an account to another, in whole pence.

    ``effective_on`` is the day it counts on; where the day it happened lies in a closed period of its agreement, it
    counts on the first open day and ``relates_to_on`` keeps the other.
    """

    __tablename__ = "posting"
    __table_args__ = (
        CheckConstraint("pence > 0", name="pence_above_zero"),
        CheckConstraint("from_account <> to_account", name="two_accounts"),
        CheckConstraint(in_list("from_account", list(Account)), name="from_account_known"),
        CheckConstraint(in_list("to_account", list(Account)), name="to_account_known"),
        CheckConstraint("relates_to_on IS NULL OR relates_to_on < effective_on", name="relates_to_an_earlier_day"),
        Index("ix_posting_line_day", "line_id", "effective_on"),
        Index("ix_posting_line_accounts", "line_id", "from_account", "to_account", "effective_on", "pence"),
        Index("ix_posting_line_to", "line_id", "to_account", "pence"),
        Index("ix_posting_application", "application_id"),
        Index("ix_posting_voucher", "voucher_id"),
        Index("ix_posting_redemption", "redemption_id"),
        Index("ix_posting_entry", "entry_id"),
    )

    entry_id: Mapped[int] = mapped_column(ForeignKey("entry.id"))
    line_id: Mapped[int] = mapped_column(ForeignKey("funding_line.id"))
    from_account: Mapped[str]
    to_account: Mapped[str]
    pence: Mapped[int]
    effective_on: Mapped[date]
    relates_to_on: Mapped[date | None]
    application_id: Mapped[int | None] = mapped_column(ForeignKey("application.id"))
    voucher_id: Mapped[int | None] = mapped_column(ForeignKey("voucher.id"))
    redemption_id: Mapped[int | None] = mapped_column(ForeignKey("redemption.id"))
    payment_id: Mapped[int | None] = mapped_column(ForeignKey("payment.id"))
    debt_id: Mapped[int | None] = mapped_column(ForeignKey("debt.id"))


class Takeover(Base):
    """A file with the opening figures of an agreement that ran elsewhere: one person proposes it, another approves it.

    ``signed_through`` is the last day of the last statement signed elsewhere: the day on which its figures count here.
    """

    __tablename__ = "takeover"
    __table_args__ = (
        UniqueConstraint("sha256"),
        UniqueConstraint("scheme_id", "agreement_reference"),
        CheckConstraint("approved_by <> proposed_by", name="two_people"),
        CheckConstraint("(approved_by IS NULL) = (approved_at IS NULL)", name="approved_by_somebody"),
    )

    scheme_id: Mapped[int] = mapped_column(ForeignKey("scheme.id"))
    agreement_reference: Mapped[str]
    sha256: Mapped[str]
    signed_through: Mapped[date]
    proposed_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    proposed_at: Mapped[datetime]
    approved_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    approved_at: Mapped[datetime | None]

    @property
    def reference(self) -> str:
        """A takeover is known by its agreement."""
        return self.agreement_reference


class OpeningItem(Base):
    """A payment or drawdown of before the takeover, on one line: what the opening postings rest on; append-only.

    ``happened_on`` is the bank's own day, which lies in a period that was signed elsewhere.
    """

    __tablename__ = "opening_item"
    __table_args__ = (
        CheckConstraint(in_list("kind", list(OpeningKind)), name="kind_known"),
        CheckConstraint("pence > 0", name="pence_above_zero"),
        unique_where("uq_opening_item_payment", "takeover_id", "old_reference", "line_id", where="kind = 'payment'"),
        Index("ix_opening_item_line", "line_id", "kind"),
    )

    takeover_id: Mapped[int] = mapped_column(ForeignKey("takeover.id"))
    line_id: Mapped[int] = mapped_column(ForeignKey("funding_line.id"))
    kind: Mapped[str]
    old_reference: Mapped[str]
    counterparty: Mapped[str]
    pence: Mapped[int]
    happened_on: Mapped[date]

    takeover: Mapped[Takeover] = relationship()
