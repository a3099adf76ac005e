"""Applications, with the money that an approved one reserves; and the answers that they are made of."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from voucher.accounts.models import Person
from voucher.applications.rules import OPEN_FORMS, ApplicationState, FormState
from voucher.organisations.models import Organisation
from voucher.platform.db import Base, in_list, new_public_id, unique_where
from voucher.schemes.eligibility import Eligibility, from_stored
from voucher.schemes.models import Round, Scheme


class Application(Base):
    """One business, one round. ``contact_id`` is the contact there was at the decision: confirmations go to it.

    What the voucher will be good for, its days and its least own contribution are those of the voucher type when it was
    offered, until then when it was applied for; so are the days of the subsidy notice.
    """

    __tablename__ = "application"
    __table_args__ = (
        UniqueConstraint("public_id"),
        UniqueConstraint("reference"),
        CheckConstraint(in_list("state", list(ApplicationState)), name="state_known"),
        CheckConstraint("face_pence > 0", name="face_above_zero"),
        unique_where(
            "uq_application_live",
            "scheme_id",
            "business_id",
            where="state NOT IN ('declined', 'lapsed', 'withdrawn') AND NOT voucher_ended",
        ),
        Index("ix_application_round", "round_id", "state"),
        Index("ix_application_business", "business_id", "submitted_at"),
        Index("ix_application_scheme_day", "scheme_id", "submitted_at", "id"),
    )

    public_id: Mapped[str] = mapped_column(default=new_public_id)
    reference: Mapped[str]
    scheme_id: Mapped[int] = mapped_column(ForeignKey("scheme.id"))
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"))
    business_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    contact_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    state: Mapped[str]
    face_pence: Mapped[int]
    good_for: Mapped[list[str]] = mapped_column(JSON, server_default="[]")
    validity_days: Mapped[int] = mapped_column(server_default="90")
    minimum_own_pence: Mapped[int] = mapped_column(server_default="0")
    notice_days: Mapped[int] = mapped_column(server_default="30")
    submitted_at: Mapped[datetime]
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    decided_at: Mapped[datetime | None]
    offer_until: Mapped[date | None]
    voucher_ended: Mapped[bool] = mapped_column(default=False)

    scheme: Mapped[Scheme] = relationship()
    round: Mapped[Round] = relationship()
    business: Mapped[Organisation] = relationship()
    contact: Mapped[Person] = relationship(foreign_keys=[contact_id])


class ApplicationForm(Base):
    """What a business answers to apply, from its first answer on; ``entered_by`` took it by phone.

    ``person_id`` applies and is the contact of the application that comes of it. ``business_id`` is a business that is
    known here and over which the form waits for an officer. Answers: see ``questions.py``. ``rules`` are those that the
    answers were held to when they were sent; until then the scheme's own rules count.
    """

    __tablename__ = "application_form"
    __table_args__ = (
        UniqueConstraint("public_id"),
        UniqueConstraint("application_id"),
        CheckConstraint(in_list("state", list(FormState)), name="state_known"),
        CheckConstraint("(state = 'sent') = (application_id IS NOT NULL)", name="sent_is_an_application"),
        CheckConstraint(
            "state NOT IN ('needs a person', 'refused') OR (business_id IS NOT NULL AND sent_at IS NOT NULL)",
            name="held_over_a_business",
        ),
        unique_where(
            "uq_application_form_open",
            "person_id",
            "round_id",
            where=in_list("state", [state for state in FormState if state in OPEN_FORMS]),
        ),
        Index("ix_application_form_queue", "scheme_id", "state"),
    )

    public_id: Mapped[str] = mapped_column(default=new_public_id)
    scheme_id: Mapped[int] = mapped_column(ForeignKey("scheme.id"))
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    entered_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    state: Mapped[str]
    answers: Mapped[dict[str, object]] = mapped_column(JSON)
    rules: Mapped[dict[str, object]] = mapped_column(JSON, default=dict, server_default="{}")
    begun_at: Mapped[datetime]
    saved_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    business_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"))
    application_id: Mapped[int | None] = mapped_column(ForeignKey("application.id"))
    reason: Mapped[str] = mapped_column(Text, default="")

    scheme: Mapped[Scheme] = relationship()
    round: Mapped[Round] = relationship()
    person: Mapped[Person] = relationship(foreign_keys=[person_id])
    business: Mapped[Organisation | None] = relationship()
    application: Mapped[Application | None] = relationship()

    @property
    def eligibility(self) -> Eligibility:
        """Who may apply, as it counts for this form: once it was sent, a change of the rules does not reach it."""
        return from_stored(self.rules if self.sent_at else self.scheme.eligibility)

    @property
    def reference(self) -> str:
        """A form is known by the application that came of it, before that by its public id."""
        return self.application.reference if self.application else self.public_id
