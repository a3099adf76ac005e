"""A scheme with its settings, versioned terms, voucher types and rounds; weaker duties that are proposed."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Text, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from voucher.accounts.rules import ProposalState
from voucher.organisations.models import Organisation
from voucher.platform.db import Base, in_list, new_public_id, unique_where
from voucher.schemes.rules import AwardMethod, Duty


class Scheme(Base):
    """A programme. Its settings are columns, so that each has a type, a name and a check."""

    __tablename__ = "scheme"
    __table_args__ = (
        UniqueConstraint("public_id"),
        UniqueConstraint("reference"),
        UniqueConstraint("number"),
        CheckConstraint("starts_on <= ends_on", name="starts_before_it_ends"),
        CheckConstraint("number BETWEEN 1 AND 16777215", name="number_fits_the_credential"),
    )

    public_id: Mapped[str] = mapped_column(default=new_public_id)
    number: Mapped[int]
    reference: Mapped[str]
    name: Mapped[str]
    owner_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    contact_line: Mapped[str]
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    offer_days: Mapped[int] = mapped_column(default=30)
    notice_days: Mapped[int] = mapped_column(default=30)
    confirmation_days: Mapped[int] = mapped_column(default=28)
    late_session_days: Mapped[int] = mapped_column(default=7)
    claim_window_days: Mapped[int] = mapped_column(default=28)
    payment_days: Mapped[int] = mapped_column(default=30)
    extension_limit: Mapped[int] = mapped_column(default=1)
    extension_days: Mapped[int] = mapped_column(default=30)
    reinstatement_days: Mapped[int] = mapped_column(default=28)
    match_days: Mapped[int] = mapped_column(default=30)
    exception_days: Mapped[int] = mapped_column(default=3, server_default="3")
    payee_cooling_days: Mapped[int] = mapped_column(default=2, server_default="2")
    lookup_limit_person: Mapped[int] = mapped_column(default=10)
    lookup_limit_provider: Mapped[int] = mapped_column(default=30)
    lookup_limit_address: Mapped[int] = mapped_column(default=30)
    decider_may_verify: Mapped[bool] = mapped_column(default=False)
    reviewer_needed: Mapped[bool] = mapped_column(default=True)
    shows_results: Mapped[bool] = mapped_column(default=False, server_default=false())
    vat_funded_for_unregistered: Mapped[bool] = mapped_column(default=False)
    eligibility: Mapped[dict[str, object]] = mapped_column(JSON, default=dict, server_default="{}")
    created_at: Mapped[datetime]

    owner: Mapped[Organisation] = relationship()


class Terms(Base):
    """One version of a scheme's terms; never changed, a new version follows."""

    __tablename__ = "terms"
    __table_args__ = (UniqueConstraint("scheme_id", "version"),)

    scheme_id: Mapped[int] = mapped_column(ForeignKey("scheme.id"))
    version: Mapped[str]
    in_force_from: Mapped[date]
    brief: Mapped[list[str]] = mapped_column(JSON)
    body: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]


class VoucherType(Base):
    """What kind of support a voucher part-pays, at what rate and up to what value."""

    __tablename__ = "voucher_type"
    __table_args__ = (
        UniqueConstraint("scheme_id", "code"),
        CheckConstraint("rate_bp BETWEEN 1 AND 10000", name="rate_is_a_share"),
        CheckConstraint("face_pence > 0", name="face_above_zero"),
        CheckConstraint("cap_pence > 0 AND cap_pence <= face_pence", name="cap_within_face"),
        CheckConstraint("minimum_own_pence >= 0", name="own_contribution_not_negative"),
    )

    scheme_id: Mapped[int] = mapped_column(ForeignKey("scheme.id"))
    code: Mapped[str]
    name: Mapped[str]
    good_for: Mapped[list[str]] = mapped_column(JSON)
    rate_bp: Mapped[int]
    face_pence: Mapped[int]
    cap_pence: Mapped[int]
    minimum_own_pence: Mapped[int]
    validity_days: Mapped[int]
    open: Mapped[bool] = mapped_column(default=True)

    @property
    def reference(self) -> str:
        """A voucher type is known by its code."""
        return self.code


class Round(Base):
    """An opening window with a budget. ``available_pence`` is a guard: what may still be offered."""

    __tablename__ = "round"
    __table_args__ = (
        UniqueConstraint("scheme_id", "code"),
        CheckConstraint("available_pence >= 0 AND available_pence <= budget_pence", name="available_within_budget"),
        CheckConstraint("opens_on <= closes_on", name="opens_before_it_closes"),
        CheckConstraint(in_list("award_method", list(AwardMethod)), name="award_method_known"),
    )

    scheme_id: Mapped[int] = mapped_column(ForeignKey("scheme.id"))
    voucher_type_id: Mapped[int] = mapped_column(ForeignKey("voucher_type.id"))
    code: Mapped[str]
    name: Mapped[str]
    opens_on: Mapped[date]
    closes_on: Mapped[date]
    award_method: Mapped[str]
    budget_pence: Mapped[int]
    available_pence: Mapped[int]

    scheme: Mapped[Scheme] = relationship()
    voucher_type: Mapped[VoucherType] = relationship()

    @property
    def reference(self) -> str:
        """A round is known by its code."""
        return self.code


class DutyProposal(Base):
    """A weaker duty that one person proposes and another confirms."""

    __tablename__ = "duty_proposal"
    __table_args__ = (
        UniqueConstraint("public_id"),
        CheckConstraint(in_list("duty", list(Duty)), name="duty_known"),
        CheckConstraint(in_list("state", list(ProposalState)), name="state_known"),
        CheckConstraint(
            "state <> 'confirmed' OR (decided_by IS NOT NULL AND decided_by <> proposed_by)",
            name="confirmed_by_a_second_person",
        ),
        unique_where("uq_duty_proposal_waiting", "scheme_id", "duty", where="state = 'proposed'"),
    )

    public_id: Mapped[str] = mapped_column(default=new_public_id)
    scheme_id: Mapped[int] = mapped_column(ForeignKey("scheme.id"))
    duty: Mapped[str]
    reason: Mapped[str] = mapped_column(Text)
    state: Mapped[str]
    proposed_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    proposed_at: Mapped[datetime]
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    decided_at: Mapped[datetime | None]

    scheme: Mapped[Scheme] = relationship()

    @property
    def reference(self) -> str:
        """A proposal is known by its duty."""
        return self.duty


class SchemeLook(Base):
    """What a scheme's public pages look like; what is empty looks like the product's own."""

    __tablename__ = "scheme_look"
    __table_args__ = (
        UniqueConstraint("scheme_id"),
        CheckConstraint("colour IS NULL OR (length(colour) = 7 AND colour LIKE '#%')", name="colour_in_full"),
    )

    scheme_id: Mapped[int] = mapped_column(ForeignKey("scheme.id"))
    colour: Mapped[str | None]
    logo_id: Mapped[int | None] = mapped_column(ForeignKey("document.id"))
    set_at: Mapped[datetime]
