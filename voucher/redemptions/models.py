"""Look-up attempts, delivery sessions, claims with their versions, evidence, answers and checks."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from voucher.documents.models import Document
from voucher.platform.db import Base, in_list, new_public_id, unique_where
from voucher.providers.models import Package, Provider
from voucher.redemptions.rules import (
    ContributionProof,
    Delivered,
    EvidenceKind,
    Likeness,
    RedemptionState,
    SessionState,
    Task,
    grant,
)
from voucher.vouchers.models import Voucher


class LookUp(Base):
    """Every attempt to look a voucher up, refused ones too: limits are counted from these rows (rule 4)."""

    __tablename__ = "look_up"
    __table_args__ = (
        Index("ix_look_up_person", "person_id", "at"),
        Index("ix_look_up_provider", "provider_id", "at"),
        Index("ix_look_up_address", "address", "at"),
    )

    scheme_id: Mapped[int] = mapped_column(ForeignKey("scheme.id"))
    at: Mapped[datetime]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    provider_id: Mapped[int] = mapped_column(ForeignKey("provider.id"))
    address: Mapped[str]
    outcome: Mapped[str]
    counted: Mapped[bool]
    code_hash: Mapped[str]
    voucher_id: Mapped[int | None] = mapped_column(ForeignKey("voucher.id"), index=True)


class DeliverySession(Base):
    """One dated piece of support. Once recorded it holds its estimated grant on the voucher until the claim."""

    __tablename__ = "delivery_session"
    __table_args__ = (
        UniqueConstraint("public_id"),
        CheckConstraint(in_list("state", list(SessionState)), name="state_known"),
        CheckConstraint("held_pence >= 0", name="held_not_negative"),
        CheckConstraint("state = 'recorded' OR held_pence = 0", name="only_recorded_sessions_hold"),
        CheckConstraint("state <> 'claimed' OR redemption_id IS NOT NULL", name="claimed_by_a_claim"),
        CheckConstraint(
            "state IN ('open', 'lapsed') OR (package_id IS NOT NULL AND delivered_on IS NOT NULL AND minutes > 0)",
            name="recorded_in_full",
        ),
        CheckConstraint("answer IS NULL OR " + in_list("answer", list(Delivered)), name="answer_known"),
        Index("ix_delivery_session_voucher", "voucher_id", "state"),
        Index("ix_delivery_session_provider", "provider_id", "state", "delivered_on", "id"),
        Index("ix_delivery_session_recorder", "recorded_by", "recorded_at", "id"),
    )

    public_id: Mapped[str] = mapped_column(default=new_public_id)
    scheme_id: Mapped[int] = mapped_column(ForeignKey("scheme.id"))
    voucher_id: Mapped[int] = mapped_column(ForeignKey("voucher.id"))
    provider_id: Mapped[int] = mapped_column(ForeignKey("provider.id"))
    state: Mapped[str]
    opened_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    opened_at: Mapped[datetime]
    package_id: Mapped[int | None] = mapped_column(ForeignKey("package.id"))
    delivered_on: Mapped[date | None]
    minutes: Mapped[int | None]
    description: Mapped[str] = mapped_column(Text, default="")
    late_reason: Mapped[str] = mapped_column(Text, default="")
    held_pence: Mapped[int] = mapped_column(default=0)
    recorded_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    recorded_at: Mapped[datetime | None]
    redemption_id: Mapped[int | None] = mapped_column(ForeignKey("redemption.id"), index=True)
    answer: Mapped[str | None]
    answer_note: Mapped[str] = mapped_column(Text, default="")
    answered_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    answered_at: Mapped[datetime | None]
    answer_strength: Mapped[str | None]

    voucher: Mapped[Voucher] = relationship()
    provider: Mapped[Provider] = relationship()
    package: Mapped[Package | None] = relationship()

    @property
    def reference(self) -> str:
        """A session is known by its public id."""
        return self.public_id

    @property
    def payable_pence(self) -> int:
        """What the voucher pays at most for recorded support: what it holds, or what it could hold now.

        Nothing is held once a claim was withdrawn: its money went back to the voucher (rule 20).
        """
        if self.held_pence or self.package is None or self.state != SessionState.RECORDED:
            return self.held_pence
        return grant(
            net_pence=self.package.net_pence,
            rate_bp=self.voucher.rate_bp,
            cap_pence=self.voucher.cap_pence,
            minimum_own_pence=self.voucher.minimum_own_pence,
            available_pence=self.voucher.remaining_pence,
        )


class Redemption(Base):
    """A provider's claim for recorded sessions on one voucher; its figures are those of its newest version."""

    __tablename__ = "redemption"
    __table_args__ = (
        UniqueConstraint("public_id"),
        UniqueConstraint("reference"),
        CheckConstraint(in_list("state", list(RedemptionState)), name="state_known"),
        CheckConstraint("grant_pence >= 0", name="grant_not_negative"),
        CheckConstraint("net_pence > 0 AND vat_pence >= 0", name="invoice_amounts"),
        CheckConstraint("gross_pence = net_pence + vat_pence", name="gross_is_net_and_vat"),
        CheckConstraint("own_pence = net_pence - claimed_pence", name="own_contribution_is_the_rest"),
        CheckConstraint("grant_pence <= claimed_pence", name="approved_within_the_claim"),
        CheckConstraint("disallowed_pence BETWEEN 0 AND grant_pence", name="disallowed_within_the_grant"),
        CheckConstraint("NOT on_hold OR hold_reason <> ''", name="a_hold_has_a_reason"),
        unique_where(
            "uq_redemption_invoice", "provider_id", "invoice_key", where="state NOT IN ('refused', 'withdrawn')"
        ),
        Index("ix_redemption_voucher", "voucher_id"),
        Index("ix_redemption_scheme_state", "scheme_id", "state"),
        Index("ix_redemption_scheme_day", "scheme_id", "submitted_at", "id"),
        Index("ix_redemption_provider_state", "provider_id", "state", "grant_pence"),
        Index("ix_redemption_provider_shape", "provider_id", "invoice_shape"),
        Index("ix_redemption_provider_gross", "provider_id", "gross_pence"),
    )

    public_id: Mapped[str] = mapped_column(default=new_public_id)
    reference: Mapped[str]
    scheme_id: Mapped[int] = mapped_column(ForeignKey("scheme.id"))
    voucher_id: Mapped[int] = mapped_column(ForeignKey("voucher.id"))
    provider_id: Mapped[int] = mapped_column(ForeignKey("provider.id"))
    state: Mapped[str]
    version: Mapped[int] = mapped_column(default=1)
    material_version: Mapped[int] = mapped_column(default=1)
    invoice_number: Mapped[str]
    invoice_key: Mapped[str]
    invoice_shape: Mapped[str] = mapped_column(default="", server_default="")
    invoice_on: Mapped[date]
    net_pence: Mapped[int]
    vat_pence: Mapped[int]
    gross_pence: Mapped[int]
    vat_lines: Mapped[list[list[int]]] = mapped_column(JSON)
    claimed_pence: Mapped[int]
    grant_pence: Mapped[int]
    own_pence: Mapped[int]
    disallowed_pence: Mapped[int] = mapped_column(default=0)
    submitted_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    submitted_at: Mapped[datetime]
    answer_by: Mapped[date]
    verified_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    approved_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    other_evidence_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    sampled: Mapped[bool] = mapped_column(default=False)
    sample_reason: Mapped[str] = mapped_column(Text, default="", server_default="")
    on_hold: Mapped[bool] = mapped_column(default=False)
    hold_reason: Mapped[str] = mapped_column(Text, default="")
    state_reason: Mapped[str] = mapped_column(Text, default="")

    voucher: Mapped[Voucher] = relationship()
    provider: Mapped[Provider] = relationship()
    sessions: Mapped[list[DeliverySession]] = relationship(
        order_by="DeliverySession.id", primaryjoin="Redemption.id == DeliverySession.redemption_id", viewonly=True
    )
    evidence: Mapped[list[Evidence]] = relationship(order_by="Evidence.id", back_populates="redemption")

    @property
    def business_pence(self) -> int:
        """What the business pays itself: its contribution and all VAT (rule 21)."""
        return self.own_pence + self.vat_pence


class RedemptionVersion(Base):
    """The figures of a claim as they were handed in; append-only."""

    __tablename__ = "redemption_version"
    __table_args__ = (UniqueConstraint("redemption_id", "version"),)

    redemption_id: Mapped[int] = mapped_column(ForeignKey("redemption.id"))
    version: Mapped[int]
    figures: Mapped[dict[str, object]] = mapped_column(JSON)
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime]


class RequestKey(Base):
    """An intent of a provider's device and what it led to: the same key with the same body gets the first receipt."""

    __tablename__ = "request_key"
    __table_args__ = (UniqueConstraint("provider_id", "operation", "key"),)

    provider_id: Mapped[int] = mapped_column(ForeignKey("provider.id"))
    operation: Mapped[str]
    key: Mapped[str]
    body_hash: Mapped[str]
    result_id: Mapped[int]
    at: Mapped[datetime]


class Evidence(Base):
    """A document that a version of a claim rests on."""

    __tablename__ = "evidence"
    __table_args__ = (
        UniqueConstraint("redemption_id", "document_id", "kind"),
        CheckConstraint(in_list("kind", list(EvidenceKind)), name="kind_known"),
    )

    redemption_id: Mapped[int] = mapped_column(ForeignKey("redemption.id"))
    document_id: Mapped[int] = mapped_column(ForeignKey("document.id"), index=True)
    kind: Mapped[str]
    version: Mapped[int]

    redemption: Mapped[Redemption] = relationship(back_populates="evidence")
    document: Mapped[Document] = relationship()


class ClaimAnswer(Base):
    """What the business, as itself, said about one version of a claim: accepted or not, and what it paid."""

    __tablename__ = "claim_answer"
    __table_args__ = (
        CheckConstraint("(paid_pence IS NULL) = (paid_on IS NULL)", name="a_payment_has_a_day"),
        Index("ix_claim_answer_redemption", "redemption_id", "version"),
    )

    redemption_id: Mapped[int] = mapped_column(ForeignKey("redemption.id"))
    version: Mapped[int]
    accepts: Mapped[bool]
    paid_pence: Mapped[int | None]
    paid_on: Mapped[date | None]
    paid_by: Mapped[str] = mapped_column(default="")
    note: Mapped[str] = mapped_column(Text, default="")
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime]
    strength: Mapped[str]


class TaskResult(Base):
    """What one check of one version of a claim came to; the latest counts.

    ``proof`` is what a person saw that shows the contribution paid; other checks and the business's word have none.
    """

    __tablename__ = "task_result"
    __table_args__ = (
        CheckConstraint(in_list("task", list(Task)), name="task_known"),
        CheckConstraint("proof IS NULL OR " + in_list("proof", list(ContributionProof)), name="proof_known"),
        Index("ix_task_result_redemption", "redemption_id", "version"),
    )

    redemption_id: Mapped[int] = mapped_column(ForeignKey("redemption.id"))
    version: Mapped[int]
    task: Mapped[str]
    passed: Mapped[bool]
    automatic: Mapped[bool]
    note: Mapped[str] = mapped_column(Text)
    proof: Mapped[str | None]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime]


class TaskOwner(Base):
    """Who has taken a check of a claim, until it is given back; a check that nobody has taken waits in the queue."""

    __tablename__ = "task_owner"
    __table_args__ = (
        CheckConstraint(in_list("task", list(Task)), name="task_known"),
        unique_where("uq_task_owner_now", "redemption_id", "task", where="given_back_at IS NULL"),
        Index("ix_task_owner_person", "person_id", "given_back_at"),
    )

    redemption_id: Mapped[int] = mapped_column(ForeignKey("redemption.id"))
    task: Mapped[str]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    given_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    taken_at: Mapped[datetime]
    given_back_at: Mapped[datetime | None]


class ClaimLikeness(Base):
    """Two claims that are alike, shown on both, until one of them is changed or ends (rule 22)."""

    __tablename__ = "claim_likeness"
    __table_args__ = (
        CheckConstraint(in_list("kind", list(Likeness)), name="kind_known"),
        CheckConstraint("other_id < redemption_id", name="the_later_claim_first"),
        unique_where("uq_claim_likeness_now", "redemption_id", "other_id", "kind", where="withdrawn_at IS NULL"),
        Index("ix_claim_likeness_other", "other_id"),
    )

    scheme_id: Mapped[int] = mapped_column(ForeignKey("scheme.id"))
    redemption_id: Mapped[int] = mapped_column(ForeignKey("redemption.id"))
    other_id: Mapped[int] = mapped_column(ForeignKey("redemption.id"))
    kind: Mapped[str]
    found_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]


class SamplingRule(Base):
    """How many claims a person looks at in a scheme, in ten-thousandths, from a moment on; append-only.

    The seed stands here so that every draw can be made again. Confirmations that are weak are sampled at least as much.
    """

    __tablename__ = "sampling_rule"
    __table_args__ = (
        CheckConstraint("rate_bp BETWEEN 0 AND 10000", name="a_rate"),
        CheckConstraint("weak_rate_bp BETWEEN rate_bp AND 10000", name="weak_ones_no_less"),
        CheckConstraint("seed <> ''", name="seeded"),
        Index("ix_sampling_rule_scheme", "scheme_id", "id"),
    )

    scheme_id: Mapped[int] = mapped_column(ForeignKey("scheme.id"))
    rate_bp: Mapped[int]
    weak_rate_bp: Mapped[int]
    seed: Mapped[str]
    reason: Mapped[str] = mapped_column(Text)
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime]
