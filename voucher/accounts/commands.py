"""Adding people, giving and ending roles."""

from __future__ import annotations

from sqlalchemy import func, select

from voucher.accounts.models import Membership, Person
from voucher.accounts.queries import roles_held
from voucher.accounts.rules import EVERYWHERE, FOR_ORGANISATIONS, PASSWORD_MINIMUM, Role
from voucher.accounts.sign_in import HASHER, end_sessions
from voucher.audit.commands import record
from voucher.audit.rules import Override
from voucher.platform.act import Act
from voucher.platform.actor import WORKER, Actor
from voucher.platform.authz import Permission
from voucher.platform.db import session
from voucher.platform.errors import Conflict, DomainError


def create_first_administrator(act: Act, *, name: str, email: str, password: str) -> Person:
    """The first person of an installation; raises Conflict once there is anybody."""
    if session.scalar(select(func.count()).select_from(Person)):
        raise Conflict("not_the_first", "There are people already: an administrator adds the next one.")
    person = _add(act, WORKER, name=name, email=email, password=password)
    _grant(act, WORKER, person, Role.SYSTEM_ADMINISTRATOR, None, None, "the first administrator")
    return person


def add_person(act: Act, *, name: str, email: str, password: str | None = None, phone: str = "") -> Person:
    """A new person, known by e-mail address; raises DomainError when the address is taken."""
    act.require(Permission.ADMIN_PEOPLE_MANAGE)
    return _add(act, act.actor, name=name, email=email, password=password, phone=phone)


def contact_person(act: Act, *, name: str, email: str, phone: str, organisation_id: int) -> Person:
    """The person behind a business's contact address, made when new, as member of that business."""
    person = session.scalar(select(Person).where(Person.email == email.strip().lower()))
    if person is None:
        person = _add(act, act.actor, name=name, email=email, password=None, phone=phone)
    held = session.scalar(
        select(Membership.id).where(
            Membership.person_id == person.id,
            Membership.organisation_id == organisation_id,
            Membership.role == Role.BUSINESS_MEMBER,
            Membership.ended_at.is_(None),
        )
    )
    if held is None:
        _grant(act, act.actor, person, Role.BUSINESS_MEMBER, None, organisation_id, "contact of the business")
    return person


def grant_role(
    act: Act, person: Person, role: Role, *, scheme_id: int | None = None, organisation_id: int | None = None
) -> Membership:
    """Gives a role from now on, once; counted on the statement as a role change."""
    act.require(Permission.ADMIN_PEOPLE_MANAGE)
    if role in FOR_ORGANISATIONS and organisation_id is None:
        raise DomainError("organisation_needed", f"Say for which organisation the person is {role}.", "organisation")
    if role not in FOR_ORGANISATIONS | EVERYWHERE and scheme_id is None:
        raise DomainError("scheme_needed", f"Say in which scheme the person is {role}.", "scheme")
    for held in roles_held(person.id, act.now):
        if (held.role, held.scheme_id, held.organisation_id) == (role, scheme_id, organisation_id):
            return held
    return _grant(act, act.actor, person, role, scheme_id, organisation_id, "")


def end_role(act: Act, membership: Membership, *, reason: str) -> None:
    """Ends a role now; what was done under it stays done."""
    act.require(Permission.ADMIN_PEOPLE_MANAGE)
    membership.ended_at = act.now
    record(act.actor, "role.ended", membership, at=act.now, reason=reason, override=Override.ROLE_CHANGE)


def set_password(act: Act, person: Person, password: str) -> None:
    """A new password of twelve characters or more, by the person or an administrator; it ends their sessions."""
    if act.actor.person_id != person.id:
        act.require(Permission.ADMIN_PEOPLE_MANAGE)
    person.password_hash = _hash(password)
    end_sessions(act, person)
    record(act.actor, "person.password_set", person, at=act.now)


def _hash(password: str) -> str:
    if len(password) < PASSWORD_MINIMUM:
        raise DomainError(
            "password_too_short", f"Choose a password of at least {PASSWORD_MINIMUM} characters.", "password"
        )
    return HASHER.hash(password)


def _add(act: Act, actor: Actor, *, name: str, email: str, password: str | None, phone: str = "") -> Person:
    address = email.strip().lower()
    if session.scalar(select(Person.id).where(Person.email == address)):
        raise DomainError("email_taken", f"Somebody is already known by {address}.", "email")
    hashed = _hash(password) if password is not None else None
    person = Person(name=name.strip(), email=address, phone=phone, password_hash=hashed, created_at=act.now)
    session.add(person)
    session.flush()
    record(actor, "person.added", person, at=act.now)
    return person


def _grant(
    act: Act, actor: Actor, person: Person, role: Role, scheme_id: int | None, organisation_id: int | None, reason: str
) -> Membership:
    membership = Membership(
        person_id=person.id,
        role=str(role),
        scheme_id=scheme_id,
        organisation_id=organisation_id,
        began_at=act.now,
        granted_by=actor.person_id,
    )
    session.add(membership)
    session.flush()
    staff = role not in FOR_ORGANISATIONS
    record(
        actor,
        "role.granted",
        membership,
        at=act.now,
        reason=reason,
        override=Override.ROLE_CHANGE if staff else None,
        details={"person": person.email},
    )
    return membership
