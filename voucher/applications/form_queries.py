"""Finding rounds to apply in, and forms: one's own, and those that wait for an officer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import joinedload

from voucher.applications.models import ApplicationForm
from voucher.applications.rules import OPEN_FORMS, FormState
from voucher.platform.actor import Actor
from voucher.platform.authz import Permission
from voucher.platform.db import session
from voucher.platform.errors import NotFound
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.paging import Listed, page_of
from voucher.schemes.models import Round, Scheme, VoucherType

MOST_ROUNDS = 200
_NO_FORM = _("There is no such application here. It may have been deleted.")


def open_rounds(day: date, *, without_forms_of: int | None = None) -> Sequence[Round]:
    """The rounds that take applications on the day and whose voucher type is open, with their schemes.

    Those in which this person has begun an application already are left out.
    """
    begun = select(ApplicationForm.round_id).where(
        ApplicationForm.person_id == without_forms_of,
        ApplicationForm.state.in_([str(state) for state in OPEN_FORMS]),
    )
    return session.scalars(
        select(Round)
        .join(Scheme, Scheme.id == Round.scheme_id)
        .join(VoucherType, VoucherType.id == Round.voucher_type_id)
        .where(Round.opens_on <= day, Round.closes_on >= day, VoucherType.open, Round.id.not_in(begun))
        .options(joinedload(Round.scheme), joinedload(Round.voucher_type))
        .order_by(Scheme.name, Round.closes_on, Round.id)
        .limit(MOST_ROUNDS)
    ).all()


def own_forms(person_id: int, number: int) -> Listed[ApplicationForm]:
    """What a person has applied for or begun to, the newest first."""
    return page_of(
        select(ApplicationForm)
        .where(ApplicationForm.person_id == person_id)
        .options(
            joinedload(ApplicationForm.scheme),
            joinedload(ApplicationForm.application),
            joinedload(ApplicationForm.round).joinedload(Round.voucher_type),
        )
        .order_by(ApplicationForm.id.desc()),
        number,
    )


def taken_by_phone(person_id: int, number: int) -> Listed[ApplicationForm]:
    """What an officer took by phone, the newest first."""
    return page_of(
        select(ApplicationForm)
        .where(ApplicationForm.entered_by == person_id)
        .options(joinedload(ApplicationForm.person), joinedload(ApplicationForm.application))
        .order_by(ApplicationForm.id.desc()),
        number,
    )


def own_form(actor: Actor, public_id: str, *, lock: bool = False) -> ApplicationForm:
    """The actor's own form, or one that the actor is entering for a business by phone; raises NotFound."""
    query = select(ApplicationForm).where(
        ApplicationForm.public_id == public_id,
        or_(
            ApplicationForm.person_id == actor.person_id,
            and_(ApplicationForm.entered_by == actor.person_id, ApplicationForm.state == FormState.DRAFT),
        ),
    )
    return _one(query, lock)


def held_form(actor: Actor, public_id: str, *, lock: bool = False) -> ApplicationForm:
    """A form that an officer who decides in its scheme may look at; raises NotFound."""
    found = _one(select(ApplicationForm).where(ApplicationForm.public_id == public_id), lock)
    if found.business_id is None or not actor.may(Permission.OFFERS_DECIDE, scheme_id=found.scheme_id):
        raise NotFound("no_form", _NO_FORM)
    return found


def held_forms(actor: Actor, number: int) -> Listed[ApplicationForm]:
    """The forms that wait for an officer in the schemes in which the actor decides, the oldest first."""
    return page_of(
        select(ApplicationForm)
        .where(ApplicationForm.state == FormState.NEEDS_A_PERSON, *_decided_by(actor))
        .options(
            joinedload(ApplicationForm.person),
            joinedload(ApplicationForm.business),
            joinedload(ApplicationForm.scheme),
        )
        .order_by(ApplicationForm.sent_at, ApplicationForm.id),
        number,
    )


def other_funding_declared(actor: Actor, number: int, *, text: str = "") -> Listed[ApplicationForm]:
    """Sent forms that declare other public money for the same support, the newest first (rule 49).

    Over all schemes in which the actor decides; ``text`` is part of the business's name or of what was declared.
    """
    answers = ApplicationForm.answers
    query = select(ApplicationForm).where(
        ApplicationForm.sent_at.is_not(None), answers["other_funding"].as_string() == "yes", *_decided_by(actor)
    )
    if text:
        found = (func.lower(answers[name].as_string()) for name in ("name", "other_funding_details"))
        query = query.where(or_(*(each.contains(text.lower(), autoescape=True) for each in found)))
    return page_of(
        query.options(joinedload(ApplicationForm.scheme), joinedload(ApplicationForm.application)).order_by(
            ApplicationForm.sent_at.desc(), ApplicationForm.id.desc()
        ),
        number,
    )


def _decided_by(actor: Actor) -> list[ColumnElement[bool]]:
    """Narrows to the schemes in which the actor decides on applications."""
    schemes = [grant.scheme_id for grant in actor.grants if grant.permission == Permission.OFFERS_DECIDE]
    return [] if None in schemes else [ApplicationForm.scheme_id.in_([each for each in schemes if each is not None])]


def form_of(application_id: int) -> ApplicationForm | None:
    """The answers that an application is made of; None for one that an officer entered as an offer."""
    return session.scalar(select(ApplicationForm).where(ApplicationForm.application_id == application_id))


def _one(query: Select[ApplicationForm], lock: bool) -> ApplicationForm:
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    found = session.scalar(query)
    if found is None:
        raise NotFound("no_form", _NO_FORM)
    return found
