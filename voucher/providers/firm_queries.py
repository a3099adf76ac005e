"""What a provider's managers read of their own firm, and applicants of their own application. All else is a 404."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import joinedload

from voucher.accounts.models import Membership, Person
from voucher.accounts.rules import PROVIDER_ROLES, Role
from voucher.documents.commands import RETAINED_PROVIDER
from voucher.documents.models import Document
from voucher.platform.act import Act
from voucher.platform.actor import Actor
from voucher.platform.authz import Permission
from voucher.platform.db import session
from voucher.platform.errors import NotFound
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.paging import Listed, page_of
from voucher.providers.models import Insurance, Package, Provider, ProviderApplication, ProviderInvitation

NOT_GOOD = _("This invitation is not good any more: it was used, withdrawn, or is too old. Ask for another.")


def own_firms(actor: Actor, permission: Permission) -> Sequence[Provider]:
    """The actor's firm in each of its schemes, for which the actor holds the permission."""
    held = [each for each in actor.organisation_ids if actor.may(permission, organisation_id=each)]
    return session.scalars(
        select(Provider).where(Provider.organisation_id.in_(sorted(held))).order_by(Provider.id)
    ).all()


def own_firm(actor: Actor, public_id: str, permission: Permission) -> Provider:
    """One of the actor's own firms; raises NotFound for another's, too."""
    found = next((each for each in own_firms(actor, permission) if each.public_id == public_id), None)
    if found is None:
        raise NotFound("no_firm", _("You manage no such firm. Start again from your firm's page."))
    return found


def own_applications(person_id: int) -> Sequence[ProviderApplication]:
    """A person's own applications, newest first."""
    return session.scalars(
        select(ProviderApplication)
        .where(ProviderApplication.applicant_id == person_id)
        .order_by(ProviderApplication.id.desc())
    ).all()


def own_application(person_id: int, public_id: str) -> ProviderApplication:
    """One of a person's own applications; raises NotFound for another's, too."""
    found = next((each for each in own_applications(person_id) if each.public_id == public_id), None)
    if found is None:
        raise NotFound("no_application", _("You have no such application."))
    return found


def own_certificate(act: Act, scheme_id: int, public_id: str) -> Document | None:
    """A file that this person handed in for an insurance of this scheme."""
    return session.scalar(
        select(Document).where(
            Document.public_id == public_id,
            Document.scheme_id == scheme_id,
            Document.uploaded_by == act.person_id,
            Document.retention_class == RETAINED_PROVIDER,
        )
    )


def packages_of(provider: Provider, number: int) -> Listed[Package]:
    """A firm's packages, those on the list first."""
    return page_of(
        select(Package)
        .where(Package.provider_id == provider.id)
        .order_by(Package.active.desc(), Package.code, Package.id),
        number,
    )


def package_of(provider: Provider, code: str) -> Package:
    """A package of the firm, on the list or off it; raises NotFound."""
    found = session.scalar(select(Package).where(Package.provider_id == provider.id, Package.code == code))
    if found is None:
        raise NotFound("no_package", _("Your firm has no such package."))
    return found


def insurances_of(provider_id: int) -> Sequence[Insurance]:
    """What a provider has shown, the latest end first."""
    return session.scalars(
        select(Insurance).where(Insurance.provider_id == provider_id).order_by(Insurance.ends_on.desc(), Insurance.id)
    ).all()


def members(provider: Provider, at: datetime) -> Sequence[tuple[Membership, Person]]:
    """Who holds a part in the firm at that moment, by name."""
    rows = session.execute(
        select(Membership, Person)
        .join(Person, Person.id == Membership.person_id)
        .where(*_parts(provider.organisation_id), Membership.began_at <= at, Person.active)
        .order_by(Person.name, Membership.id)
    ).all()
    return [(row.Membership, row.Person) for row in rows]


def member(provider: Provider, person_public_id: str, role: str, at: datetime) -> tuple[Membership, Person]:
    """Somebody's part in the firm; raises NotFound."""
    for held, person in members(provider, at):
        if (person.public_id, held.role) == (person_public_id, role):
            return held, person
    raise NotFound("no_member", _("Nobody has that part in your firm any more."))


def lock_managers(organisation_id: int) -> Sequence[Membership]:
    """The firm's managers as they are now, so that two who end each other's part at once leave one."""
    return session.scalars(
        select(Membership)
        .where(*_parts(organisation_id), Membership.role == str(Role.PROVIDER_MANAGER))
        .order_by(Membership.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()


def open_invitations(provider: Provider) -> Sequence[ProviderInvitation]:
    """The firm's invitations that nobody has answered or withdrawn, newest first; old ones, too."""
    return session.scalars(
        _open().where(ProviderInvitation.provider_id == provider.id).order_by(ProviderInvitation.id.desc())
    ).all()


def own_invitation(provider: Provider, public_id: str) -> ProviderInvitation:
    """An open invitation of the firm; raises NotFound."""
    found = next((each for each in open_invitations(provider) if each.public_id == public_id), None)
    if found is None:
        raise NotFound("no_invitation", _("This invitation was answered or withdrawn meanwhile."))
    return found


def invitation_at(token_hash: str, at: datetime) -> ProviderInvitation:
    """The invitation behind a link; raises one and the same NotFound for an unknown, used, withdrawn or old one."""
    found = session.scalar(
        _open()
        .where(ProviderInvitation.token_hash == token_hash, ProviderInvitation.expires_at > at)
        .options(joinedload(ProviderInvitation.provider))
    )
    if found is None:
        raise NotFound("no_invitation", NOT_GOOD)
    return found


def _open() -> Select[ProviderInvitation]:
    return select(ProviderInvitation).where(
        ProviderInvitation.used_at.is_(None), ProviderInvitation.withdrawn_at.is_(None)
    )


def _parts(organisation_id: int) -> tuple[ColumnElement[bool], ...]:
    return (
        Membership.organisation_id == organisation_id,
        Membership.role.in_(sorted(PROVIDER_ROLES)),
        Membership.ended_at.is_(None),
    )
