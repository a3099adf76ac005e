"""Reading people with the roles that they hold or held, in which scheme and for which organisation."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date, datetime, time
from typing import NamedTuple

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.orm import aliased, lazyload

from voucher.accounts.models import Deputy, Membership, Person, RoleProposal
from voucher.accounts.rules import FOR_ORGANISATIONS, ProposalState
from voucher.organisations.models import Organisation
from voucher.platform.clock import LONDON, end_of_london_day
from voucher.platform.db import session
from voucher.platform.errors import NotFound
from voucher.platform.i18n import gettext_noop as _
from voucher.schemes.models import Scheme

HeldRows = Select[Membership, Person, Scheme, Organisation, str, str, str]
# Who gave a role, as a list of roles is ordered by it.
GIVER = aliased(Person)
OF_FIRMS = [str(role) for role in FOR_ORGANISATIONS]


class Held(NamedTuple):
    """A role with who held it, in which scheme, for which organisation, given by whom, and for whom as a deputy."""

    membership: Membership
    person: Person
    scheme: Scheme | None
    organisation: Organisation | None
    granted_by: str | None
    stands_in_for: str | None
    confirmed_by: str | None


class Proposed(NamedTuple):
    """A proposed role with the names that stand behind its rows."""

    proposal: RoleProposal
    person: Person
    scheme: Scheme | None
    proposed_by: str
    decided_by: str | None
    stands_in_for: str | None


def _held() -> HeldRows:
    absent, second = aliased(Person), aliased(Person)
    return (
        select(
            Membership,
            Person,
            Scheme,
            Organisation,
            GIVER.name,
            absent.name.label("absent"),
            second.name,
        )
        .join(Person, Person.id == Membership.person_id)
        .outerjoin(Scheme, Scheme.id == Membership.scheme_id)
        .outerjoin(Organisation, Organisation.id == Membership.organisation_id)
        .outerjoin(GIVER, GIVER.id == Membership.granted_by)
        .outerjoin(Deputy, Deputy.membership_id == Membership.id)
        .outerjoin(absent, absent.id == Deputy.stands_in_for)
        .outerjoin(RoleProposal, RoleProposal.membership_id == Membership.id)
        .outerjoin(second, second.id == RoleProposal.proposed_by)
        .options(lazyload(Organisation.enterprise))  # Its inner join would drop roles without an organisation.
    )


def held_roles(day: date, scheme_ids: Collection[int] | None) -> HeldRows:
    """Roles held at any moment of a London day, in no order; of these schemes, and those of none, when given."""
    query = _held().where(held_on(day))
    if scheme_ids is None:
        return query
    return query.where(or_(Membership.scheme_id.in_(scheme_ids), Membership.scheme_id.is_(None)))


def roles_on(day: date, scheme_id: int | None) -> Sequence[Held]:
    """The same as a list, of one scheme when given."""
    query = held_roles(day, None if scheme_id is None else {scheme_id})
    rows = session.execute(query.order_by(Membership.role, Person.email, Membership.id))
    return [Held(*row) for row in rows]


def held_on(day: date) -> ColumnElement[bool]:
    """The condition that a role was held at any moment of a London day."""
    begins = datetime.combine(day, time(), LONDON)
    return and_(
        Membership.began_at < end_of_london_day(day),
        or_(Membership.ended_at.is_(None), Membership.ended_at > begins),
    )


def roles_of(person: Person) -> Sequence[Held]:
    """Every role that the person ever held or will hold, newest first."""
    query = _held().where(Membership.person_id == person.id)
    rows = session.execute(query.order_by(Membership.began_at.desc(), Membership.id.desc()))
    return [Held(*row) for row in rows]


def roles_now(person_ids: Sequence[int], at: datetime) -> dict[int, list[str]]:
    """The roles that each of these people holds, in one query."""
    found: dict[int, list[str]] = defaultdict(list)
    rows = session.execute(
        select(Membership.person_id, Membership.role)
        .where(
            Membership.person_id.in_(person_ids),
            Membership.began_at <= at,
            or_(Membership.ended_at.is_(None), Membership.ended_at > at),
        )
        .order_by(Membership.role)
        .distinct()
    )
    for person_id, role in rows:
        found[person_id].append(role)
    return found


def people(*, words: str = "", whose: str = "staff") -> Select[Person]:
    """People by name: ``staff`` who hold or held a role of a scheme, or none yet; ``suspended``; or ``everybody``."""
    query = select(Person).order_by(Person.name, Person.id)
    if words:
        found = (each.icontains(words, autoescape=True) for each in (Person.email, Person.name))
        query = query.where(or_(*found))
    if whose == "suspended":
        return query.where(Person.active.is_(False))
    if whose == "staff":
        of_person = Membership.person_id == Person.id
        in_office = select(Membership.id).where(of_person, Membership.role.not_in(OF_FIRMS)).exists()
        any_role = select(Membership.id).where(of_person).exists()
        return query.where(or_(in_office, ~any_role))
    return query


def person_by_public_id(public_id: str, *, lock: bool = False) -> Person:
    """The person with this address; raises NotFound."""
    query = select(Person).where(Person.public_id == public_id)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    found = session.scalar(query)
    if found is None:
        raise NotFound("no_person", _("There is no such person."))
    return found


def proposals(*, waiting: bool) -> Select[RoleProposal, Person, Scheme, str, str, str]:
    """Proposed roles: those that wait for a second administrator, oldest first, or those decided, newest first."""
    proposer, decider, absent = aliased(Person), aliased(Person), aliased(Person)
    found = (
        select(RoleProposal, Person, Scheme, proposer.name, decider.name, absent.name)
        .join(Person, Person.id == RoleProposal.person_id)
        .join(proposer, proposer.id == RoleProposal.proposed_by)
        .outerjoin(Scheme, Scheme.id == RoleProposal.scheme_id)
        .outerjoin(decider, decider.id == RoleProposal.decided_by)
        .outerjoin(absent, absent.id == RoleProposal.stands_in_for)
    )
    if waiting:
        found = found.where(RoleProposal.state == ProposalState.PROPOSED).order_by(RoleProposal.id)
    else:
        found = found.where(RoleProposal.state != ProposalState.PROPOSED).order_by(RoleProposal.id.desc())
    return found


def proposal_by_public_id(public_id: str) -> Proposed:
    """The proposal with this address; raises NotFound."""
    for waiting in (True, False):
        row = session.execute(proposals(waiting=waiting).where(RoleProposal.public_id == public_id)).first()
        if row is not None:
            return Proposed(*row)
    raise NotFound("no_proposal", _("There is no such proposal."))


def schemes() -> Sequence[Scheme]:
    """Every scheme by name."""
    return session.scalars(select(Scheme).order_by(Scheme.name, Scheme.id)).all()
