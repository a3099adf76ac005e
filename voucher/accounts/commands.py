"""Adding people, giving and ending roles."""

from __future__ import annotations

from sqlalchemy import func, select

from voucher.accounts.models import Membership, Person
from voucher.accounts.queries import holders, roles_held
from voucher.accounts.rules import EVERYWHERE, FOR_ORGANISATIONS, INVITED_ROLES, PASSWORD_MINIMUM, Role
from voucher.accounts.sign_in import end_sessions, hash_of
from voucher.audit.commands import record
from voucher.audit.rules import Override
from voucher.platform.act import Act
from voucher.platform.actor import WORKER, Actor
from voucher.platform.authz import Permission
from voucher.platform.db import session
from voucher.platform.errors import Conflict, DomainError, Forbidden
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.i18n import said


def create_first_administrator(act: Act, *, name: str, email: str, password: str) -> Person:
    """The first person of an installation; raises Conflict once there is anybody."""
    if session.scalar(select(func.count()).select_from(Person)):
        raise Conflict("not_the_first", _("There are people already: an administrator adds the next one."))
    person = _add(act, WORKER, name=name, email=email, password=password)
    _grant(act, WORKER, person, Role.SYSTEM_ADMINISTRATOR, None, None, "the first administrator")
    return person


def add_person(act: Act, *, name: str, email: str, password: str | None = None, phone: str = "") -> Person:
    """A new person, known by e-mail address; raises DomainError when the address is taken."""
    act.require(Permission.ADMIN_PEOPLE_MANAGE)
    return _add(act, act.actor, name=name, email=email, password=password, phone=phone)


def add_oneself(act: Act, *, name: str, email: str) -> Person:
    """Somebody who registers, with an address that a code has proven; raises DomainError when it is taken."""
    if not name.strip():
        raise DomainError("name_needed", _("Enter your name."), "name")
    return _add(act, act.actor, name=name, email=email, password=None)


def known_or_new_person(act: Act, *, name: str, email: str, phone: str) -> Person:
    """The person of this address, whom an officer who decides applications has spoken to; made when new."""
    person = session.scalar(select(Person).where(Person.email == email.strip().lower()))
    if person is None:
        return _add(act, act.actor, name=name, email=email, password=None, phone=phone)
    if not person.active:
        raise DomainError("person_suspended", _("This person is suspended. Enter another contact."), "email")
    return person


def contact_person(act: Act, *, name: str, email: str, phone: str, organisation_id: int) -> Person:
    """The person behind a business's contact address, made when new, as member of that business."""
    person = session.scalar(select(Person).where(Person.email == email.strip().lower()))
    if person is None:
        person = _add(act, act.actor, name=name, email=email, password=None, phone=phone)
    make_member(act, person, organisation_id)
    return person


def make_member(act: Act, person: Person, organisation_id: int) -> None:
    """Lets a person speak for a business from now on, once; whoever calls it knows that the person may."""
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


def person_at(act: Act, *, name: str, email: str) -> Person:
    """The active person with this address, made when new; whoever calls knows that the address is theirs."""
    person = session.scalar(select(Person).where(Person.email == email.strip().lower()))
    if person is None:
        return _add(act, act.actor, name=name, email=email, password=None)
    if not person.active:
        raise DomainError("person_suspended", _("This account is suspended. Ask the scheme's office."))
    return person


def admit(act: Act, person: Person, role: Role, *, organisation_id: int, reason: str) -> Membership:
    """Gives a person a part in an organisation, once; whoever calls has said that the organisation wants it."""
    if role not in INVITED_ROLES:
        raise DomainError(
            "not_by_invitation", said("The role %(role)s is given by an administrator.", role=role), "role"
        )
    for held in roles_held(person.id, act.now):
        if (held.role, held.organisation_id) == (role, organisation_id):
            return held
    return _grant(act, act.actor, person, role, None, organisation_id, reason)


def dismiss(act: Act, membership: Membership, *, reason: str) -> None:
    """Ends a part in an organisation now; whoever calls has said that the organisation wants it."""
    if membership.role not in INVITED_ROLES:
        raise DomainError(
            "not_by_invitation", said("The role %(role)s is ended by an administrator.", role=membership.role), "role"
        )
    membership.ended_at = act.now
    record(act.actor, "role.ended", membership, at=act.now, reason=reason)


def grant_role(
    act: Act, person: Person, role: Role, *, scheme_id: int | None = None, organisation_id: int | None = None
) -> Membership:
    """Gives a role from now on, once; counted on the statement as a role change.

    This is the operator's way. Pages go through ``voucher.accounts.appointments``, where a role with money duties
    takes two administrators.
    """
    act.require(Permission.ADMIN_PEOPLE_MANAGE)
    act.require_second_factor()
    check_place(role, scheme_id, organisation_id)
    for held in roles_held(person.id, act.now):
        if (held.role, held.scheme_id, held.organisation_id) == (role, scheme_id, organisation_id):
            return held
    return _grant(act, act.actor, person, role, scheme_id, organisation_id, "")


def check_place(role: Role, scheme_id: int | None, organisation_id: int | None) -> None:
    """Raises DomainError unless the role is held in the place that it needs: an organisation, a scheme or neither."""
    if role in FOR_ORGANISATIONS and organisation_id is None:
        raise DomainError(
            "organisation_needed", said("Say for which organisation the person is %(role)s.", role=role), "organisation"
        )
    if role not in FOR_ORGANISATIONS | EVERYWHERE and scheme_id is None:
        raise DomainError("scheme_needed", said("Say in which scheme the person is %(role)s.", role=role), "scheme")


def end_role(act: Act, membership: Membership, *, reason: str) -> None:
    """Ends a role now, before its last day or even its first; what was done under it stays done."""
    act.require(Permission.ADMIN_PEOPLE_MANAGE)
    act.require_second_factor()
    if not reason.strip():
        raise DomainError("reason_needed", _("Say why."), "reason")
    of_administrator = membership.role == Role.SYSTEM_ADMINISTRATOR
    left = administrators(act) if of_administrator else []
    session.refresh(membership, with_for_update=True)
    if membership.ended_at is not None and membership.ended_at <= act.now:
        raise DomainError("ended_already", _("This role has ended already."))
    if of_administrator and left == [membership.person_id]:
        raise Conflict("last_administrator", _("There is no other administrator: add one first."))
    membership.ended_at = max(act.now, membership.began_at)
    record(act.actor, "role.ended", membership, at=act.now, reason=reason, override=Override.ROLE_CHANGE)


def administrators(act: Act) -> list[int]:
    """Who is administrator, by id, locked: two who end each other's role take turns, so that one of them stays."""
    held = select(Membership).where(Membership.role == str(Role.SYSTEM_ADMINISTRATOR)).order_by(Membership.id)
    session.scalars(held.with_for_update().execution_options(populate_existing=True)).all()
    return [person.id for person in holders(Role.SYSTEM_ADMINISTRATOR, None, act.now)]


def suspend_person(act: Act, person: Person, *, reason: str) -> None:
    """Lets a person in no longer and ends their sessions at once; roles stay as they are and count for nothing."""
    act.require(Permission.ADMIN_PEOPLE_MANAGE)
    if person.id == act.person_id:
        raise Forbidden("suspends_itself", _("You cannot suspend yourself. Ask another administrator."))
    if not reason.strip():
        raise DomainError("reason_needed", _("Say why."), "reason")
    if administrators(act) == [person.id]:  # whoever suspends was ended or suspended meanwhile
        raise Conflict("last_administrator", _("There is no other administrator: add one first."))
    session.refresh(person)
    if not person.active:
        raise Conflict("suspended_already", _("This person is suspended already."))
    end_sessions(act, person)
    person.active = False
    record(act.actor, "person.suspended", person, at=act.now, reason=reason)


def reactivate_person(act: Act, person: Person, *, reason: str) -> None:
    """Lets a suspended person in again, with the roles that are still held; asks for the second factor."""
    act.require(Permission.ADMIN_PEOPLE_MANAGE)
    act.require_second_factor()
    if not reason.strip():
        raise DomainError("reason_needed", _("Say why."), "reason")
    if person.active:
        raise Conflict("active_already", _("This person is not suspended."))
    person.active = True
    record(act.actor, "person.reactivated", person, at=act.now, reason=reason)


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
            "password_too_short",
            said("Choose a password of at least %(password_minimum)s characters.", password_minimum=PASSWORD_MINIMUM),
            "password",
        )
    return hash_of(password)


def _add(act: Act, actor: Actor, *, name: str, email: str, password: str | None, phone: str = "") -> Person:
    address = email.strip().lower()
    if session.scalar(select(Person.id).where(Person.email == address)):
        raise DomainError("email_taken", said("Somebody is already known by %(address)s.", address=address), "email")
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
    return give(act, actor, membership, reason=reason)


def give(act: Act, actor: Actor, membership: Membership, *, reason: str) -> Membership:
    """Writes a role down with its audit row; who may do so is for the commands that compose with this to say."""
    session.add(membership)
    session.flush()
    staff = membership.role not in FOR_ORGANISATIONS
    record(
        actor,
        "role.granted",
        membership,
        at=act.now,
        reason=reason,
        override=Override.ROLE_CHANGE if staff else None,
        details={"person": session.get_one(Person, membership.person_id).email},
    )
    return membership
