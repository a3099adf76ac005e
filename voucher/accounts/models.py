"""People, their roles with dates, the sessions they signed in to, and one-time links."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from voucher.accounts.rules import Purpose, Role
from voucher.platform.db import Base, in_list, new_public_id


class Person(Base):
    """Somebody who can act. A person without a password acts by one-time link only."""

    __tablename__ = "person"
    __table_args__ = (UniqueConstraint("public_id"), UniqueConstraint("email"))

    public_id: Mapped[str] = mapped_column(default=new_public_id)
    name: Mapped[str]
    email: Mapped[str]
    phone: Mapped[str] = mapped_column(default="")
    password_hash: Mapped[str | None]
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]

    @property
    def reference(self) -> str:
        """A person is known by e-mail address."""
        return self.email


class Membership(Base):
    """A role held from one moment to another, so that who held which role on any date can be told."""

    __tablename__ = "membership"
    __table_args__ = (
        CheckConstraint(in_list("role", list(Role)), name="role_known"),
        CheckConstraint("ended_at IS NULL OR ended_at >= began_at", name="ends_after_it_began"),
    )

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    role: Mapped[str]
    scheme_id: Mapped[int | None] = mapped_column(ForeignKey("scheme.id"))
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"), index=True)
    began_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    granted_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))

    @property
    def reference(self) -> str:
        """A membership is known by its role."""
        return self.role


class SignInSession(Base):
    """A signed-in browser; sign-out, suspension and a changed password end it. Only a keyed hash is stored."""

    __tablename__ = "sign_in_session"
    __table_args__ = (UniqueConstraint("token_hash"),)

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    token_hash: Mapped[str]
    began_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    address: Mapped[str] = mapped_column(default="")


class SignInAttempt(Base):
    """A failed sign-in, from which the limits are counted."""

    __tablename__ = "sign_in_attempt"

    email: Mapped[str] = mapped_column(index=True)
    address: Mapped[str] = mapped_column(index=True)
    at: Mapped[datetime]


class OneTimeLink(Base):
    """A link to one page with one purpose for one person. The token follows from the key ring and ``public_id``."""

    __tablename__ = "one_time_link"
    __table_args__ = (
        UniqueConstraint("public_id"),
        UniqueConstraint("token_hash"),
        CheckConstraint(in_list("purpose", list(Purpose)), name="purpose_known"),
    )

    public_id: Mapped[str] = mapped_column(default=new_public_id)
    token_hash: Mapped[str]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    purpose: Mapped[str]
    subject_id: Mapped[int]
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
