"""What staff read of claims and vouchers: those of the schemes that they work in. Anything else is a 404."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import aliased, contains_eager, joinedload, selectinload

from voucher.applications.models import Application
from voucher.notifications.queries import Subjects
from voucher.organisations.models import Organisation
from voucher.platform.actor import Actor
from voucher.platform.authz import Permission
from voucher.platform.db import session
from voucher.platform.errors import NotFound
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.paging import Rows
from voucher.providers.models import Provider
from voucher.redemptions.models import ClaimAnswer, DeliverySession, Evidence, Redemption, TaskOwner
from voucher.schemes.models import Scheme
from voucher.schemes.queries import schemes_with
from voucher.vouchers.models import Voucher
from voucher.vouchers.rules import VoucherState

READER = Permission.CLAIMS_READ
PROVIDER_PARTY = aliased(Organisation)


class Queue(NamedTuple):
    """How many records stand in one state, for how much, and since when the oldest does."""

    number: int
    pence: int
    oldest: datetime | None


@dataclass(frozen=True)
class WantedClaims:
    """What narrows the queue of claims; what is empty narrows nothing.

    ``taken_by`` keeps those of whose checks this person has taken one, ``untaken`` those of which nobody has.
    """

    states: Sequence[str] = ()
    provider: str = ""
    text: str = ""
    taken_by: int | None = None
    untaken: bool = False


@dataclass(frozen=True)
class WantedVouchers:
    """What narrows the queue of vouchers; ``expiring_by`` keeps those whose last day lies between today and then."""

    state: str = ""
    text: str = ""
    today: date = date.min
    expiring_by: date | None = None


def claim_for_staff(actor: Actor, public_id: str) -> Redemption:
    """A claim of a scheme in which the actor may read; raises NotFound for any other."""
    query = _claims(schemes_with(actor, READER)).options(selectinload(Redemption.evidence))
    found = session.scalar(query.where(Redemption.public_id == public_id))
    if found is None:
        raise NotFound("no_claim", _("There is no such claim. Look for it in the list of claims."))
    return found


def claims_in(schemes: Sequence[Scheme], wanted: WantedClaims) -> Select[Redemption]:
    """The queue of claims, in no order."""
    query = _claims(schemes)
    if wanted.states:
        query = query.where(Redemption.state.in_(wanted.states))
    if wanted.provider:
        query = query.where(Provider.public_id == wanted.provider)
    taken = select(TaskOwner.id).where(TaskOwner.redemption_id == Redemption.id, TaskOwner.given_back_at.is_(None))
    if wanted.taken_by is not None:
        query = query.where(taken.where(TaskOwner.person_id == wanted.taken_by).exists())
    if wanted.untaken:
        query = query.where(~taken.exists())
    if wanted.text:
        columns = (Redemption.reference, Redemption.invoice_number, Voucher.reference, Organisation.name)
        query = query.where(or_(*(column.icontains(wanted.text, autoescape=True) for column in columns)))
    return query


def claim_queues(schemes: Sequence[Scheme]) -> dict[str, Queue]:
    """How the schemes' claims stand, by state; a state with none is left out."""
    rows = session.execute(
        select(Redemption.state, func.count(), func.sum(Redemption.grant_pence), func.min(Redemption.submitted_at))
        .where(Redemption.scheme_id.in_([scheme.id for scheme in schemes]))
        .group_by(Redemption.state)
    )
    return {state: Queue(number, int(pence), oldest) for state, number, pence, oldest in rows}


def providers_in(schemes: Sequence[Scheme]) -> Sequence[Provider]:
    """The providers of these schemes, by name."""
    return session.scalars(
        select(Provider)
        .join(Provider.organisation)
        .options(contains_eager(Provider.organisation))
        .where(Provider.scheme_id.in_([scheme.id for scheme in schemes]))
        .order_by(Organisation.name, Provider.id)
    ).all()


def files_of_claim(claim: Redemption) -> Sequence[Evidence]:
    """What every version of the claim rests on, newest version first."""
    return session.scalars(
        select(Evidence)
        .where(Evidence.redemption_id == claim.id)
        .options(joinedload(Evidence.document))
        .order_by(Evidence.version.desc(), Evidence.id)
    ).all()


def answers_of(claim: Redemption) -> Sequence[ClaimAnswer]:
    """Everything that the business said about the claim's figures, in order."""
    return session.scalars(
        select(ClaimAnswer).where(ClaimAnswer.redemption_id == claim.id).order_by(ClaimAnswer.id)
    ).all()


def voucher_for_staff(actor: Actor, reference: str) -> Voucher:
    """A voucher of a scheme in which the actor may read, by its reference, which opens nothing; or NotFound."""
    return _one_voucher(actor, Voucher.reference == reference)


def vouchers_for_staff(actor: Actor, references: Sequence[str]) -> list[Voucher]:
    """Vouchers of those schemes, each once, the next to end first; raises NotFound unless all are there."""
    wanted = list(dict.fromkeys(references))
    query = (
        select(Voucher)
        .options(joinedload(Voucher.business), joinedload(Voucher.scheme))
        .where(
            Voucher.scheme_id.in_([scheme.id for scheme in schemes_with(actor, READER)]), Voucher.reference.in_(wanted)
        )
    )
    found = list(session.scalars(query.order_by(Voucher.last_day, Voucher.id)))
    if len(found) != len(wanted):
        raise NotFound("no_voucher", _("One of these vouchers is not there. Go back to the list."))
    return found


def voucher_of_application(actor: Actor, public_id: str) -> Voucher:
    """The voucher that came of an application of such a scheme; raises NotFound."""
    return _one_voucher(actor, Voucher.application.has(Application.public_id == public_id))


def vouchers_in(schemes: Sequence[Scheme], wanted: WantedVouchers) -> Rows:
    """The queue of vouchers, each with the pence that sessions hold on it, in no order."""
    held = (
        select(func.coalesce(func.sum(DeliverySession.held_pence), 0))
        .where(DeliverySession.voucher_id == Voucher.id)
        .correlate(Voucher)
        .scalar_subquery()
    )
    query: Rows = (
        select(Voucher, held.label("held"))
        .join(Voucher.business)
        .options(contains_eager(Voucher.business))
        .where(Voucher.scheme_id.in_([scheme.id for scheme in schemes]))
    )
    if wanted.state:
        query = query.where(Voucher.state == wanted.state)
    if wanted.expiring_by is not None:
        query = query.where(*_expiring(wanted.today, wanted.expiring_by))
    if wanted.text:
        columns = (Voucher.reference, Organisation.name)
        query = query.where(or_(*(column.icontains(wanted.text, autoescape=True) for column in columns)))
    return query


def voucher_queues(schemes: Sequence[Scheme]) -> dict[str, Queue]:
    """How the schemes' vouchers stand, by state, with what remains on them; a state with none is left out."""
    rows = session.execute(
        select(Voucher.state, func.count(), func.sum(Voucher.remaining_pence))
        .where(Voucher.scheme_id.in_([scheme.id for scheme in schemes]))
        .group_by(Voucher.state)
    )
    return {state: Queue(number, int(pence), None) for state, number, pence in rows}


def expiring_soon(schemes: Sequence[Scheme], today: date, days: int) -> Queue:
    """How many living vouchers end within so many days, and what remains on them."""
    number, pence = session.execute(
        select(func.count(), func.coalesce(func.sum(Voucher.remaining_pence), 0)).where(
            Voucher.scheme_id.in_([scheme.id for scheme in schemes]), *_expiring(today, today + timedelta(days=days))
        )
    ).one()
    return Queue(number, int(pence), None)


def sessions_on(voucher: Voucher) -> Sequence[DeliverySession]:
    """Every session that was opened on the voucher, in order."""
    return session.scalars(
        select(DeliverySession)
        .where(DeliverySession.voucher_id == voucher.id)
        .options(
            joinedload(DeliverySession.package),
            joinedload(DeliverySession.provider).joinedload(Provider.organisation),
        )
        .order_by(DeliverySession.id)
    ).all()


def claims_on(voucher: Voucher) -> Sequence[Redemption]:
    """Every claim on the voucher, in order."""
    return session.scalars(
        select(Redemption)
        .where(Redemption.voucher_id == voucher.id)
        .options(joinedload(Redemption.provider).joinedload(Provider.organisation))
        .order_by(Redemption.id)
    ).all()


def subjects_of_voucher(voucher_id: int) -> Subjects:
    """By what the messages about a voucher are found: its own, and those about the work and the claims on it."""
    return {
        "voucher": [voucher_id],
        "session": select(DeliverySession.id).where(DeliverySession.voucher_id == voucher_id),
        "redemption": select(Redemption.id).where(Redemption.voucher_id == voucher_id),
    }


def subjects_of_claim(claim_id: int) -> Subjects:
    """By what the messages about a claim are found: its own, and those about the work that it is for."""
    sessions = select(DeliverySession.id).where(DeliverySession.redemption_id == claim_id)
    return {"redemption": [claim_id], "session": sessions}


def _one_voucher(actor: Actor, which: ColumnElement[bool]) -> Voucher:
    schemes = [scheme.id for scheme in schemes_with(actor, READER)]
    found = session.scalar(select(Voucher).where(Voucher.scheme_id.in_(schemes), which))
    if found is None:
        raise NotFound("no_voucher", _("There is no such voucher. Look for it in the list of vouchers."))
    return found


def _expiring(today: date, by: date) -> tuple[ColumnElement[bool], ...]:
    living = [str(VoucherState.ISSUED), str(VoucherState.SUSPENDED)]
    return Voucher.state.in_(living), Voucher.last_day.between(today, by)


def _claims(schemes: Sequence[Scheme]) -> Select[Redemption]:
    return (
        select(Redemption)
        .join(Redemption.voucher)
        .join(Voucher.business)
        .join(Redemption.provider)
        .join(PROVIDER_PARTY, Provider.organisation)
        .options(
            contains_eager(Redemption.voucher).contains_eager(Voucher.business),
            contains_eager(Redemption.provider).contains_eager(Provider.organisation.of_type(PROVIDER_PARTY)),
        )
        .where(Redemption.scheme_id.in_([scheme.id for scheme in schemes]))
    )
