"""What a provider's managers read of their own firm, and applicants of their own application. All else is a 404."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from voucher.documents.commands import RETAINED_PROVIDER
from voucher.documents.models import Document
from voucher.platform.act import Act
from voucher.platform.actor import Actor
from voucher.platform.authz import Permission
from voucher.platform.db import session
from voucher.platform.errors import NotFound
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.paging import Listed, page_of
from voucher.providers.models import Insurance, Package, Provider, ProviderApplication


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
