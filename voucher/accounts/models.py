"""People, their roles with dates, the sessions they signed in to, and one-time links."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from voucher.accounts.rules import CODE_TRIES, INVITED_ROLES, ProposalState, Purpose, Role
from voucher.organisations.models import Organisation
from voucher.platform.db import Base, in_list, new_public_id, unique_where


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
        Index("ix_membership_role", "role"),
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


class Deputy(Base):
    """For whom somebody holds a role from one day to another."""

    __tablename__ = "deputy"
    __table_args__ = (UniqueConstraint("membership_id"),)

    membership_id: Mapped[int] = mapped_column(ForeignKey("membership.id"))
    stands_in_for: Mapped[int] = mapped_column(ForeignKey("person.id"))


class RoleProposal(Base):
    """A role with money duties that one administrator proposes and another confirms.

    ``begins_on`` is empty for a role that begins when it is confirmed; only a deputy's has a last day.
    """

    __tablename__ = "role_proposal"
    __table_args__ = (
        UniqueConstraint("public_id"),
        CheckConstraint(in_list("role", list(Role)), name="role_known"),
        CheckConstraint(in_list("state", list(ProposalState)), name="state_known"),
        CheckConstraint("person_id <> proposed_by", name="nobody_proposes_themselves"),
        CheckConstraint(
            "state <> 'confirmed' OR (decided_by IS NOT NULL AND decided_by <> proposed_by "
            "AND decided_by <> person_id AND membership_id IS NOT NULL)",
            name="confirmed_by_a_second_person",
        ),
        CheckConstraint("(stands_in_for IS NULL) = (ends_on IS NULL)", name="a_deputy_has_a_last_day"),
        CheckConstraint(
            "ends_on IS NULL OR (begins_on IS NOT NULL AND begins_on <= ends_on)", name="begins_before_it_ends"
        ),
    )

    public_id: Mapped[str] = mapped_column(default=new_public_id)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    role: Mapped[str]
    scheme_id: Mapped[int | None] = mapped_column(ForeignKey("scheme.id"))
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"))
    stands_in_for: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    begins_on: Mapped[date | None]
    ends_on: Mapped[date | None]
    reason: Mapped[str] = mapped_column(Text)
    state: Mapped[str]
    proposed_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    proposed_at: Mapped[datetime]
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    decided_at: Mapped[datetime | None]
    membership_id: Mapped[int | None] = mapped_column(ForeignKey("membership.id"))

    @property
    def reference(self) -> str:
        """A proposal is known by its role."""
        return self.role


class Invitation(Base):
    """Somebody who was asked to join an organisation, by a link that follows from the key ring.

    Only the link's keyed hash is stored. ``scheme_id`` is the scheme in whose name the mail is written.
    """

    __tablename__ = "invitation"
    __table_args__ = (
        UniqueConstraint("public_id"),
        UniqueConstraint("token_hash"),
        CheckConstraint(in_list("role", sorted(INVITED_ROLES)), name="role_known"),
        CheckConstraint("used_at IS NULL OR withdrawn_at IS NULL", name="used_or_withdrawn"),
        unique_where(
            "uq_invitation_open", "organisation_id", "email", where="used_at IS NULL AND withdrawn_at IS NULL"
        ),
    )

    public_id: Mapped[str] = mapped_column(default=new_public_id)
    token_hash: Mapped[str]
    scheme_id: Mapped[int] = mapped_column(ForeignKey("scheme.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    email: Mapped[str]
    role: Mapped[str]
    invited_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    invited_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]

    organisation: Mapped[Organisation] = relationship()

    @property
    def reference(self) -> str:
        """An invitation is known by the address that it was sent to."""
        return self.email


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


class KeptForm(Base):
    """What somebody sent after the session had ended, to be shown to the same person after signing in again.

    ``address`` names the form's page and ``fields`` holds what was entered, both as JSON encrypted under the key ring;
    a person has one at most.
    """

    __tablename__ = "kept_form"
    __table_args__ = (UniqueConstraint("public_id"), UniqueConstraint("person_id"))

    public_id: Mapped[str] = mapped_column(default=new_public_id)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    address: Mapped[str] = mapped_column(Text)
    fields: Mapped[str] = mapped_column(Text)
    kept_at: Mapped[datetime]


class SignInAttempt(Base):
    """A failed sign-in, from which the limits are counted."""

    __tablename__ = "sign_in_attempt"

    email: Mapped[str] = mapped_column(index=True)
    address: Mapped[str] = mapped_column(index=True)
    at: Mapped[datetime]


class SignInCode(Base):
    """A code sent by e-mail to sign in or register with. It follows from the key ring; only a keyed hash is stored."""

    __tablename__ = "sign_in_code"
    __table_args__ = (
        UniqueConstraint("public_id"),
        CheckConstraint(f"tries BETWEEN 0 AND {CODE_TRIES}", name="five_tries"),
    )

    public_id: Mapped[str] = mapped_column(default=new_public_id)
    email: Mapped[str] = mapped_column(index=True)
    code_hash: Mapped[str]
    address: Mapped[str] = mapped_column(index=True)
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    tries: Mapped[int] = mapped_column(default=0)
    used_at: Mapped[datetime | None]


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


class SecondFactor(Base):
    """A person's authenticator app. ``secret`` is encrypted under the key ring; ``last_step`` is never used twice."""

    __tablename__ = "second_factor"
    __table_args__ = (
        CheckConstraint("last_step IS NULL OR confirmed_at IS NOT NULL", name="used_only_when_confirmed"),
        CheckConstraint("ended_at IS NULL OR ended_at >= made_at", name="ends_after_it_was_made"),
        unique_where("uq_second_factor_live", "person_id", where="ended_at IS NULL"),
    )

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    secret: Mapped[str]
    made_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    last_step: Mapped[int | None]
    ended_at: Mapped[datetime | None]


class RecoveryCode(Base):
    """A code that stands in once for an authenticator app that was lost. Only a keyed hash is stored."""

    __tablename__ = "recovery_code"
    __table_args__ = (UniqueConstraint("code_hash"),)

    second_factor_id: Mapped[int] = mapped_column(ForeignKey("second_factor.id"), index=True)
    code_hash: Mapped[str]
    used_at: Mapped[datetime | None]


class SecondFactorFailure(Base):
    """A wrong code, from which the limit is counted."""

    __tablename__ = "second_factor_failure"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    at: Mapped[datetime]
