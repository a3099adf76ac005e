"""Providers, what their vetting found, their packages and their payee details."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from voucher.organisations.models import Organisation
from voucher.platform.db import Base, another_person, in_list, new_public_id, unique_where
from voucher.providers.rules import Modulus, PayeeCheck, ProviderState, VettingCheck


class Provider(Base):
    """An organisation's standing as provider in one scheme. Approval ends on a day."""

    __tablename__ = "provider"
    __table_args__ = (
        UniqueConstraint("public_id"),
        UniqueConstraint("scheme_id", "organisation_id"),
        CheckConstraint(in_list("state", list(ProviderState)), name="state_known"),
        CheckConstraint(
            "state NOT IN ('approved', 'suspended') OR (approved_by IS NOT NULL AND approved_until IS NOT NULL)",
            name="approved_by_somebody_until_a_day",
        ),
        CheckConstraint(
            another_person("approved_by", "sponsor_id"),
            name="approver_is_not_the_sponsor",
        ),
    )

    public_id: Mapped[str] = mapped_column(default=new_public_id)
    scheme_id: Mapped[int] = mapped_column(ForeignKey("scheme.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    state: Mapped[str]
    contact_email: Mapped[str]
    applied_at: Mapped[datetime]
    sponsor_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    approved_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    approved_until: Mapped[date | None]

    organisation: Mapped[Organisation] = relationship(lazy="joined")
    packages: Mapped[list[Package]] = relationship(order_by="Package.code", back_populates="provider")

    @property
    def reference(self) -> str:
        """A provider is known by its organisation's reference."""
        return self.organisation.reference


class VettingResult(Base):
    """What somebody found on one point of vetting; the latest on each point counts."""

    __tablename__ = "vetting_result"
    __table_args__ = (CheckConstraint(in_list("check_name", list(VettingCheck)), name="check_known"),)

    provider_id: Mapped[int] = mapped_column(ForeignKey("provider.id"), index=True)
    check_name: Mapped[str]
    passed: Mapped[bool]
    note: Mapped[str] = mapped_column(Text)
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime]


class Package(Base):
    """A priced, described piece of support that a provider may redeem for one voucher type."""

    __tablename__ = "package"
    __table_args__ = (
        UniqueConstraint("provider_id", "code"),
        CheckConstraint("net_pence > 0", name="price_above_zero"),
        CheckConstraint("minutes > 0", name="takes_time"),
    )

    provider_id: Mapped[int] = mapped_column(ForeignKey("provider.id"))
    voucher_type_id: Mapped[int] = mapped_column(ForeignKey("voucher_type.id"))
    code: Mapped[str]
    name: Mapped[str]
    description: Mapped[str] = mapped_column(Text)
    net_pence: Mapped[int]
    minutes: Mapped[int]
    active: Mapped[bool] = mapped_column(default=True)

    provider: Mapped[Provider] = relationship(back_populates="packages")


class PayeeDetails(Base):
    """Bank details of a provider, encrypted with a key outside the database; the newest unsuperseded ones are current.

    ``fingerprint`` is a keyed hash by which the same account is found again without being read.
    """

    __tablename__ = "payee_details"
    __table_args__ = (
        CheckConstraint(in_list("modulus", list(Modulus)), name="modulus_known"),
        CheckConstraint("payee_check IS NULL OR " + in_list("payee_check", list(PayeeCheck)), name="payee_check_known"),
        CheckConstraint("confirmed_by IS NULL OR confirmed_by <> keyed_by", name="two_people"),
        unique_where("uq_payee_details_current", "provider_id", where="superseded_at IS NULL"),
    )

    scheme_id: Mapped[int] = mapped_column(ForeignKey("scheme.id"))
    provider_id: Mapped[int] = mapped_column(ForeignKey("provider.id"))
    account_name_encrypted: Mapped[str] = mapped_column(Text)
    sort_code_encrypted: Mapped[str] = mapped_column(Text)
    account_number_encrypted: Mapped[str] = mapped_column(Text)
    last_four: Mapped[str]
    fingerprint: Mapped[str] = mapped_column(index=True)
    keyed_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    keyed_at: Mapped[datetime]
    modulus: Mapped[str]
    payee_check: Mapped[str | None]
    payee_check_note: Mapped[str] = mapped_column(Text, default="")
    payee_checked_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    payee_checked_at: Mapped[datetime | None]
    confirmed_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    confirmed_at: Mapped[datetime | None]
    superseded_at: Mapped[datetime | None]

    provider: Mapped[Provider] = relationship()

    @property
    def reference(self) -> str:
        """Payee details are known by the last four digits of the account."""
        return f"account ending {self.last_four}"
