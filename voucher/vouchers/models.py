"""Vouchers and the generations of their credential. No secret is stored: both follow from keys outside the database."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from voucher.applications.models import Application
from voucher.organisations.models import Organisation
from voucher.platform.db import Base, in_list
from voucher.schemes.models import Scheme, Terms, VoucherType
from voucher.vouchers.rules import ReleaseReason, VoucherState


class Voucher(Base):
    """A named business's right to part-paid support.

    ``remaining_pence`` is a guard: what no session holds and no claim has taken. ``released_on`` says that its money
    went back to the lines; what comes free after that goes there too. What it is good for, and the days after its last
    one, are those with which it was issued: settings that change later leave them alone.
    """

    __tablename__ = "voucher"
    __table_args__ = (
        UniqueConstraint("public_id"),
        UniqueConstraint("reference"),
        UniqueConstraint("application_id"),
        CheckConstraint("remaining_pence >= 0 AND remaining_pence <= face_pence", name="remaining_within_face"),
        CheckConstraint(in_list("state", list(VoucherState)), name="state_known"),
        CheckConstraint("issued_on <= last_day", name="issued_before_the_last_day"),
        CheckConstraint("(released_on IS NULL) = (release_reason IS NULL)", name="a_release_has_a_reason"),
        CheckConstraint(
            "release_reason IS NULL OR " + in_list("release_reason", list(ReleaseReason)), name="release_reason_known"
        ),
        CheckConstraint("released_on IS NULL OR remaining_pence = 0", name="nothing_remains_once_released"),
        Index("ix_voucher_scheme_state", "scheme_id", "state", "last_day"),
        Index("ix_voucher_scheme_day", "scheme_id", "issued_at", "id"),
        Index("ix_voucher_scheme_last", "scheme_id", "last_day", "id"),
    )

    public_id: Mapped[str]
    reference: Mapped[str]
    scheme_id: Mapped[int] = mapped_column(ForeignKey("scheme.id"))
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"))
    application_id: Mapped[int] = mapped_column(ForeignKey("application.id"))
    business_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    voucher_type_id: Mapped[int] = mapped_column(ForeignKey("voucher_type.id"))
    terms_id: Mapped[int] = mapped_column(ForeignKey("terms.id"))
    subsidy_reply_id: Mapped[int] = mapped_column(ForeignKey("subsidy_record.id"))
    state: Mapped[str]
    face_pence: Mapped[int]
    remaining_pence: Mapped[int]
    rate_bp: Mapped[int]
    cap_pence: Mapped[int]
    minimum_own_pence: Mapped[int]
    good_for: Mapped[list[str]] = mapped_column(JSON, server_default="[]")
    late_session_days: Mapped[int] = mapped_column(server_default="7")
    claim_window_days: Mapped[int] = mapped_column(server_default="28")
    payment_days: Mapped[int] = mapped_column(server_default="30")
    issued_at: Mapped[datetime]
    issued_on: Mapped[date]
    last_day: Mapped[date]
    generation: Mapped[int] = mapped_column(default=1)
    extensions: Mapped[int] = mapped_column(default=0)
    suspension_reason: Mapped[str] = mapped_column(Text, default="")
    released_on: Mapped[date | None]
    release_reason: Mapped[str | None]

    scheme: Mapped[Scheme] = relationship()
    application: Mapped[Application] = relationship()
    business: Mapped[Organisation] = relationship()
    voucher_type: Mapped[VoucherType] = relationship()
    terms: Mapped[Terms] = relationship()


class Credential(Base):
    """One generation of a voucher's credential: which key made it and the keyed hash of its typed code."""

    __tablename__ = "credential"
    __table_args__ = (UniqueConstraint("voucher_id", "generation"), UniqueConstraint("code_hash"))

    scheme_id: Mapped[int] = mapped_column(ForeignKey("scheme.id"))
    voucher_id: Mapped[int] = mapped_column(ForeignKey("voucher.id"))
    generation: Mapped[int]
    key_id: Mapped[int] = mapped_column(index=True)
    nonce: Mapped[int]
    code_hash: Mapped[str]
    made_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]

    voucher: Mapped[Voucher] = relationship()
