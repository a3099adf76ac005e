"""What staff read of applications: those of the schemes that they work in. Anything else is a 404."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import contains_eager

from voucher.applications.models import Application
from voucher.applications.rules import TO_DECIDE
from voucher.organisations.models import Organisation
from voucher.platform.actor import Actor
from voucher.platform.authz import Permission
from voucher.platform.db import session
from voucher.platform.errors import NotFound
from voucher.platform.i18n import gettext_noop as _
from voucher.schemes.models import Round, Scheme
from voucher.schemes.queries import schemes_with

READERS = (Permission.CLAIMS_READ, Permission.OFFERS_DECIDE)


@dataclass(frozen=True)
class Wanted:
    """What narrows the queue; what is empty narrows nothing. ``states`` are values of the state."""

    states: Sequence[str] = ()
    round: str = ""
    text: str = ""


class Queue(NamedTuple):
    """How many applications stand in one state, for how much, and since when the oldest was sent."""

    number: int
    pence: int
    oldest: datetime


def application_for_staff(actor: Actor, public_id: str) -> Application:
    """An application of a scheme in which the actor may read; raises NotFound for any other."""
    found = session.scalar(_applications(schemes_with(actor, *READERS)).where(Application.public_id == public_id))
    if found is None:
        raise NotFound("no_application", _("There is no such application. Look for it in the list of applications."))
    return found


def applications_for_staff(actor: Actor, public_ids: Sequence[str]) -> list[Application]:
    """Applications of those schemes, each once, oldest first; raises NotFound unless all are there."""
    wanted = list(dict.fromkeys(public_ids))
    query = _applications(schemes_with(actor, *READERS)).where(Application.public_id.in_(wanted))
    found = list(session.scalars(query.order_by(Application.submitted_at, Application.id)))
    if len(found) != len(wanted):
        raise NotFound("no_application", _("One of these applications is not there. Go back to the list."))
    return found


def applications_in(schemes: Sequence[Scheme], wanted: Wanted) -> Select[Application]:
    """The queue, in no order."""
    query = _applications(schemes)
    if wanted.states:
        query = query.where(Application.state.in_(wanted.states))
    if wanted.round:
        query = query.where(Scheme.reference + "." + Round.code == wanted.round)
    if wanted.text:
        query = query.where(
            or_(
                Application.reference.icontains(wanted.text, autoescape=True),
                Organisation.name.icontains(wanted.text, autoescape=True),
            )
        )
    return query


def application_queues(schemes: Sequence[Scheme]) -> dict[str, Queue]:
    """How the schemes' applications stand, by state; a state with none is left out."""
    rows = session.execute(
        select(Application.state, func.count(), func.sum(Application.face_pence), func.min(Application.submitted_at))
        .where(Application.scheme_id.in_([scheme.id for scheme in schemes]))
        .group_by(Application.state)
    )
    return {state: Queue(number, int(pence), oldest) for state, number, pence, oldest in rows}


def to_decide(queues: dict[str, Queue]) -> Queue | None:
    """The queues that wait for a decision, together; None when nothing waits."""
    waiting = [queues[state] for state in TO_DECIDE if state in queues]
    if not waiting:
        return None
    return Queue(sum(q.number for q in waiting), sum(q.pence for q in waiting), min(q.oldest for q in waiting))


def rounds_in(schemes: Sequence[Scheme]) -> Sequence[Round]:
    """The rounds of these schemes, newest first."""
    return session.scalars(
        select(Round)
        .join(Round.scheme)
        .options(contains_eager(Round.scheme))
        .where(Round.scheme_id.in_([scheme.id for scheme in schemes]))
        .order_by(Round.opens_on.desc(), Round.id.desc())
    ).all()


def _applications(schemes: Sequence[Scheme]) -> Select[Application]:
    return (
        select(Application)
        .join(Application.business)
        .join(Application.round)
        .join(Application.scheme)
        .options(
            contains_eager(Application.business),
            contains_eager(Application.round),
            contains_eager(Application.scheme),
        )
        .where(Application.scheme_id.in_([scheme.id for scheme in schemes]))
    )
