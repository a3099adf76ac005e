"""Providers, what their vetting found, their packages and their payee details."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from voucher.documents.models import Document
from voucher.organisations.models import Organisation
from voucher.platform.db import Base, another_person, in_list, new_public_id, unique_where
from voucher.providers.rules import (
    ApplicationState,
    InsuranceKind,
    Modulus,
    PayeeCheck,
    ProviderState,
    VettingCheck,
)
from voucher.schemes.models import VoucherType


class Provider(Base):
    """An organisation's standing as provider in one scheme. Approval ends on a day.

    Once it is approved, everybody reads its address, telephone and services in the list of providers.
    """

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
    phone: Mapped[str] = mapped_column(default="")
    services: Mapped[str] = mapped_column(Text, default="")
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
    voucher_type: Mapped[VoucherType] = relationship()


class PayeeDetails(Base):
    """Bank details of a provider, encrypted with a key outside the database; the newest unsuperseded ones are current.

    ``fingerprint`` is a keyed hash by which the same account is found again without being read; ``modulus_tables_on``
    is the day of the tables that the account was checked by, and ``contact_email`` where the firm was reached when it
    was keyed.
    """

    __tablename__ = "payee_details"
    __table_args__ = (
        CheckConstraint(in_list("modulus", list(Modulus)), name="modulus_known"),
        CheckConstraint("payee_check IS NULL OR " + in_list("payee_check", list(PayeeCheck)), name="payee_check_known"),
        CheckConstraint("confirmed_by IS NULL OR confirmed_by <> keyed_by", name="two_people"),
        CheckConstraint(
            "confirmed_at IS NULL OR cooling_ends_at IS NULL OR confirmed_at >= cooling_ends_at", name="has_cooled"
        ),
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
    modulus_tables_on: Mapped[date | None]
    cooling_ends_at: Mapped[datetime | None]
    contact_email: Mapped[str | None]
    payee_check: Mapped[str | None]
    payee_check_note: Mapped[str] = mapped_column(Text, default="")
    payee_checked_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    payee_checked_at: Mapped[datetime | None]
    evidence_id: Mapped[int | None] = mapped_column(ForeignKey("document.id"))
    confirmed_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    confirmed_at: Mapped[datetime | None]
    superseded_at: Mapped[datetime | None]

    provider: Mapped[Provider] = relationship()
    evidence: Mapped[Document | None] = relationship()

    @property
    def reference(self) -> str:
        """Payee details are known by the last four digits of the account."""
        return f"account ending {self.last_four}"


class SupplierNumber(Base):
    """The number by which the authority's finance system knows a provider; the newest unsuperseded one is current.

    Whoever holds that number is paid, so it takes two people as bank details do.
    """

    __tablename__ = "supplier_number"
    __table_args__ = (
        CheckConstraint("number <> ''", name="number_given"),
        CheckConstraint("confirmed_by IS NULL OR confirmed_by <> keyed_by", name="two_people"),
        unique_where("uq_supplier_number_current", "provider_id", where="superseded_at IS NULL"),
    )

    scheme_id: Mapped[int] = mapped_column(ForeignKey("scheme.id"))
    provider_id: Mapped[int] = mapped_column(ForeignKey("provider.id"))
    number: Mapped[str]
    keyed_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    keyed_at: Mapped[datetime]
    confirmed_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    confirmed_at: Mapped[datetime | None]
    superseded_at: Mapped[datetime | None]

    provider: Mapped[Provider] = relationship()

    @property
    def reference(self) -> str:
        """It is known by itself."""
        return f"supplier number {self.number}"


class ProviderApplication(Base):
    """What a firm says of itself when it asks to be a provider, kept as it was given for whoever vets it.

    The numbers are normalised. An empty ``conflicts`` means that none was declared. ``provider_id`` is set once the
    application is taken up: at once for a firm that nobody knew, by staff when one of its numbers is on file.
    """

    __tablename__ = "provider_application"
    __table_args__ = (
        UniqueConstraint("public_id"),
        CheckConstraint(in_list("state", list(ApplicationState)), name="state_known"),
        CheckConstraint(
            "state = 'draft' OR (sent_at IS NOT NULL AND terms_version IS NOT NULL)", name="sent_with_the_terms"
        ),
        CheckConstraint("(state = 'taken up') = (provider_id IS NOT NULL)", name="taken_up_as_a_provider"),
        CheckConstraint("settled_by IS NULL OR settled_by <> applicant_id", name="settled_by_somebody_else"),
        unique_where(
            "uq_provider_application_open", "scheme_id", "applicant_id", where="state IN ('draft', 'waiting')"
        ),
    )

    public_id: Mapped[str] = mapped_column(default=new_public_id)
    scheme_id: Mapped[int] = mapped_column(ForeignKey("scheme.id"))
    state: Mapped[str]
    applicant_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    provider_id: Mapped[int | None] = mapped_column(ForeignKey("provider.id"), index=True)
    name: Mapped[str]
    legal_form: Mapped[str]
    company_number: Mapped[str] = mapped_column(default="")
    charity_number: Mapped[str] = mapped_column(default="")
    vat_number: Mapped[str] = mapped_column(default="")
    utr: Mapped[str] = mapped_column(default="")
    address_line_1: Mapped[str]
    town: Mapped[str]
    postcode: Mapped[str]
    contact_email: Mapped[str]
    services: Mapped[str] = mapped_column(Text)
    referees: Mapped[str] = mapped_column(Text)
    conflicts: Mapped[str] = mapped_column(Text)
    terms_version: Mapped[str | None]
    made_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    settled_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))

    insurances: Mapped[list[Insurance]] = relationship(order_by="Insurance.id", back_populates="application")

    @property
    def reference(self) -> str:
        """An application is known by the firm's name."""
        return self.name


class Insurance(Base):
    """A policy with the certificate that shows it; of an application, and of its provider once there is one."""

    __tablename__ = "insurance"
    __table_args__ = (
        UniqueConstraint("public_id"),
        CheckConstraint(in_list("kind", list(InsuranceKind)), name="kind_known"),
        CheckConstraint("cover_pence > 0", name="cover_above_zero"),
        CheckConstraint("provider_id IS NOT NULL OR application_id IS NOT NULL", name="of_somebody"),
    )

    public_id: Mapped[str] = mapped_column(default=new_public_id)
    scheme_id: Mapped[int] = mapped_column(ForeignKey("scheme.id"))
    provider_id: Mapped[int | None] = mapped_column(ForeignKey("provider.id"), index=True)
    application_id: Mapped[int | None] = mapped_column(ForeignKey("provider_application.id"), index=True)
    kind: Mapped[str]
    insurer: Mapped[str]
    policy_number: Mapped[str]
    cover_pence: Mapped[int]
    ends_on: Mapped[date]
    document_id: Mapped[int] = mapped_column(ForeignKey("document.id"))
    added_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    added_at: Mapped[datetime]

    application: Mapped[ProviderApplication | None] = relationship(back_populates="insurances")
    document: Mapped[Document] = relationship(lazy="joined")

    @property
    def reference(self) -> str:
        """A policy is known by its kind and number."""
        return f"{self.kind} {self.policy_number}"
