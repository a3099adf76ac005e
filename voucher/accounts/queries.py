"""Reading people and roles; making the actor that a person is right now."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import BindParameter, ColumnElement, and_, or_, select

from voucher.accounts.models import Membership, Person
from voucher.accounts.rules import PERMISSIONS, Role
from voucher.platform.actor import Actor, Channel, Grant
from voucher.platform.authz import Permission
from voucher.platform.db import session
from voucher.platform.errors import NotFound
from voucher.platform.i18n import said


def person_by_email(email: str) -> Person:
    """The active person with this address; raises NotFound."""
    person = session.scalar(select(Person).where(Person.email == email.strip().lower(), Person.active))
    if person is None:
        raise NotFound(
            "no_person", said("Nobody is known by %(email)s. Check the address.", email=email.strip()), "email"
        )
    return person


def roles_held(person_id: int, at: datetime) -> Sequence[Membership]:
    """The roles that the person held at that moment."""
    return session.scalars(
        select(Membership).where(Membership.person_id == person_id, held_at(at)).order_by(Membership.id)
    ).all()


def held_at(at: datetime | BindParameter[datetime]) -> ColumnElement[bool]:
    """Whether a role was held at that moment."""
    return and_(Membership.began_at <= at, or_(Membership.ended_at.is_(None), Membership.ended_at > at))


def actor_for(person: Person, channel: Channel, at: datetime, address: str = "") -> Actor:
    """The person as an actor, with the grants of the roles held at that moment."""
    return actor_with(roles_held(person.id, at), person, channel, address)


def actor_with(held: Sequence[Membership], person: Person, channel: Channel, address: str = "") -> Actor:
    """The person as an actor, with the grants of these roles."""
    grants = frozenset(
        Grant(permission, membership.scheme_id, membership.organisation_id)
        for membership in held
        for permission in PERMISSIONS[Role(membership.role)]
    )
    organisations = frozenset(m.organisation_id for m in held if m.organisation_id is not None)
    return Actor(person.id, person.name, channel, grants, organisations, address)


def members_of(organisation_id: int, at: datetime, *roles: Role) -> Sequence[Person]:
    """Active people who held one of these roles for the organisation at that moment."""
    return session.scalars(
        select(Person)
        .join(Membership, Membership.person_id == Person.id)
        .where(
            Membership.organisation_id == organisation_id,
            Membership.role.in_([str(role) for role in roles]),
            Membership.began_at <= at,
            or_(Membership.ended_at.is_(None), Membership.ended_at > at),
            Person.active,
        )
        .order_by(Person.id)
        .distinct()
    ).all()


def holders(role: Role, scheme_id: int | None, at: datetime) -> Sequence[Person]:
    """Active people who held the role in the scheme (or everywhere) at that moment."""
    return session.scalars(
        select(Person)
        .join(Membership, Membership.person_id == Person.id)
        .where(
            Membership.role == str(role),
            or_(Membership.scheme_id.is_(None), Membership.scheme_id == scheme_id),
            Membership.began_at <= at,
            or_(Membership.ended_at.is_(None), Membership.ended_at > at),
            Person.active,
        )
        .order_by(Person.id)
        .distinct()
    ).all()


def names_of(person_ids: Iterable[int | None]) -> dict[int | None, str]:
    """People's names by their rows; nobody, where the system itself acted, is an empty name."""
    wanted = {each for each in person_ids if each is not None}
    rows = session.execute(select(Person.id, Person.name).where(Person.id.in_(sorted(wanted))))
    return {None: "", **{person_id: name for person_id, name in rows}}  # noqa: C416 - rows are no pairs to a checker


def holders_of_permissions(scheme_id: int, at: datetime) -> tuple[dict[int, str], dict[Permission, set[int]]]:
    """Active people's names, and who of them holds each permission in the scheme (or everywhere) at that moment."""
    rows = session.execute(
        select(Person.id, Person.name, Membership.role)
        .join(Membership, Membership.person_id == Person.id)
        .where(
            or_(Membership.scheme_id.is_(None), Membership.scheme_id == scheme_id),
            Membership.organisation_id.is_(None),
            Membership.began_at <= at,
            or_(Membership.ended_at.is_(None), Membership.ended_at > at),
            Person.active,
        )
        .order_by(Person.id)
    )
    names: dict[int, str] = {}
    found: dict[Permission, set[int]] = {}
    for person_id, name, role in rows:
        names[person_id] = name
        for permission in PERMISSIONS[Role(role)]:
            found.setdefault(permission, set()).add(person_id)
    return names, found
