"""Parties: businesses, providers, funders and the schemes' owners are all organisations."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from voucher.organisations.identifiers import IdentifierKind
from voucher.platform.db import Base, new_public_id


class Enterprise(Base):
    """An organisation with all that is under common control: what subsidy limits are counted over."""

    __tablename__ = "enterprise"
    __table_args__ = (UniqueConstraint("group_name"),)

    group_name: Mapped[str | None]


class Organisation(Base):
    """A party, once, whatever parts it plays.

    ``name`` is the registered one, which letters and vouchers carry. The other name, the address, the telephone and
    the language are what the party says of itself and may change by itself.
    """

    __tablename__ = "organisation"
    __table_args__ = (UniqueConstraint("public_id"), UniqueConstraint("reference"))

    public_id: Mapped[str] = mapped_column(default=new_public_id)
    reference: Mapped[str]
    enterprise_id: Mapped[int] = mapped_column(ForeignKey("enterprise.id"), index=True)
    name: Mapped[str]
    trading_name: Mapped[str] = mapped_column(default="")
    legal_form: Mapped[str]
    address_line_1: Mapped[str] = mapped_column(default="")
    address_line_2: Mapped[str] = mapped_column(default="")
    town: Mapped[str] = mapped_column(default="")
    postcode: Mapped[str] = mapped_column(default="")
    phone: Mapped[str] = mapped_column(default="")
    sic_code: Mapped[str | None]
    employees: Mapped[int | None]
    turnover_pence: Mapped[int | None]
    balance_sheet_pence: Mapped[int | None]
    language: Mapped[str] = mapped_column(default="en")
    created_at: Mapped[datetime]

    enterprise: Mapped[Enterprise] = relationship()
    identifiers: Mapped[list[Identifier]] = relationship(order_by="Identifier.id", back_populates="organisation")

    @property
    def natural_person(self) -> bool:
        """Whether the party is a person, whose name is left out of what is published."""
        return self.legal_form in ("sole trader", "partnership")


class Identifier(Base):
    """A well-formed official number of a party; one number belongs to one party."""

    __tablename__ = "identifier"
    __table_args__ = (UniqueConstraint("kind", "value"),)

    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    kind: Mapped[str]
    value: Mapped[str]

    organisation: Mapped[Organisation] = relationship(back_populates="identifiers")

    @property
    def label(self) -> str:
        """What people call such a number."""
        return IdentifierKind(self.kind).label
