"""Who plays a part for an organisation, and who was asked to."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import joinedload

from voucher.accounts.models import Invitation, Membership, Person
from voucher.accounts.rules import Role
from voucher.platform.db import session
from voucher.platform.errors import NotFound
from voucher.platform.i18n import gettext_noop as _

NOT_GOOD = _("This invitation is not good any more: it was used, withdrawn, or is too old. Ask for another.")


def members(organisation_id: int, roles: Collection[Role], at: datetime) -> Sequence[tuple[Membership, Person]]:
    """Active people who hold one of the parts at that moment, by name."""
    rows = session.execute(
        select(Membership, Person)
        .join(Person, Person.id == Membership.person_id)
        .where(*_parts(organisation_id, roles), Membership.began_at <= at, Person.active)
        .order_by(Person.name, Membership.id)
    ).all()
    return [(row.Membership, row.Person) for row in rows]


def member(organisation_id: int, person_public_id: str, role: Role, at: datetime) -> tuple[Membership, Person]:
    """Somebody's part in the organisation; raises NotFound."""
    for held, person in members(organisation_id, [role], at):
        if person.public_id == person_public_id:
            return held, person
    raise NotFound("no_member", _("Nobody has that part any more. Go back to the list of people."))


def lock_parts(organisation_id: int, role: Role) -> Sequence[Membership]:
    """The part's holders as they are now, so that two who end each other's part at once leave one.

    Suspended people are left out: they cannot act, so nobody may be left alone with them.
    """
    return session.scalars(
        select(Membership)
        .join(Person, Person.id == Membership.person_id)
        .where(*_parts(organisation_id, [role]), Person.active)
        .order_by(Membership.id)
        .with_for_update(of=Membership)
        .execution_options(populate_existing=True)
    ).all()


def open_invitations(organisation_id: int, roles: Collection[Role]) -> Sequence[Invitation]:
    """Invitations into these parts that nobody has answered or withdrawn, newest first; old ones, too."""
    return session.scalars(
        _open()
        .where(Invitation.organisation_id == organisation_id, Invitation.role.in_(sorted(roles)))
        .order_by(Invitation.id.desc())
    ).all()


def open_invitation(organisation_id: int, roles: Collection[Role], public_id: str) -> Invitation:
    """One of them; raises NotFound."""
    found = next((each for each in open_invitations(organisation_id, roles) if each.public_id == public_id), None)
    if found is None:
        raise NotFound("no_invitation", _("This invitation was answered or withdrawn meanwhile."))
    return found


def invitation_at(token_hash: str, at: datetime) -> Invitation:
    """The invitation behind a link; raises one and the same NotFound for an unknown, used, withdrawn or old one."""
    found = session.scalar(
        _open()
        .where(Invitation.token_hash == token_hash, Invitation.expires_at > at)
        .options(joinedload(Invitation.organisation))
    )
    if found is None:
        raise NotFound("no_invitation", NOT_GOOD)
    return found


def _open() -> Select[Invitation]:
    return select(Invitation).where(Invitation.used_at.is_(None), Invitation.withdrawn_at.is_(None))


def _parts(organisation_id: int, roles: Collection[Role]) -> tuple[ColumnElement[bool], ...]:
    return (
        Membership.organisation_id == organisation_id,
        Membership.role.in_(sorted(roles)),
        Membership.ended_at.is_(None),
    )
