"""Finding providers, their packages and current payee details."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import selectinload

from voucher.organisations.models import Organisation
from voucher.platform.actor import Actor
from voucher.platform.db import session
from voucher.platform.errors import NotFound
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.i18n import said
from voucher.platform.paging import Listed, page_of
from voucher.providers.models import Package, PayeeDetails, Provider, ProviderApplication, VettingResult
from voucher.providers.rules import ApplicationState, ProviderState, VettingCheck
from voucher.schemes.models import Scheme, VoucherType


def provider_by_reference(scheme: Scheme, reference: str, *, lock: bool = False) -> Provider:
    """The scheme's provider with this organisation reference; raises NotFound."""
    query = (
        select(Provider)
        .join(Organisation, Organisation.id == Provider.organisation_id)
        .where(Provider.scheme_id == scheme.id, Organisation.reference == reference.strip().upper())
    )
    if lock:
        query = query.with_for_update(of=Provider).execution_options(populate_existing=True)
    found = session.scalar(query)
    if found is None:
        raise NotFound(
            "no_provider",
            said("Scheme %(scheme)s has no provider %(reference)s.", scheme=scheme.reference, reference=reference),
            "provider",
        )
    return found


def provider_of(actor: Actor, scheme_id: int) -> Provider:
    """The provider that the actor works for in the scheme; raises NotFound."""
    found = session.scalar(
        select(Provider)
        .where(Provider.scheme_id == scheme_id, Provider.organisation_id.in_(sorted(actor.organisation_ids)))
        .order_by(Provider.id)
        .limit(1)
    )
    if found is None:
        raise NotFound("not_a_provider", said("%(actor)s works for no provider of this scheme.", actor=actor.name))
    return found


def package_by_code(provider: Provider, code: str) -> Package:
    """The provider's active package with this code; raises NotFound."""
    found = session.scalar(
        select(Package).where(Package.provider_id == provider.id, Package.code == code, Package.active)
    )
    if found is None:
        raise NotFound(
            "no_package",
            said("%(organisation)s has no package %(code)s.", organisation=provider.organisation.name, code=code),
            "package",
        )
    return found


def lock_package(package: Package) -> Package:
    """The package as it is now, locked until the end of the transaction."""
    return session.scalars(
        select(Package)
        .where(Package.id == package.id)
        .with_for_update(of=Package)
        .execution_options(populate_existing=True)
    ).one()


def lock_provider(provider: Provider) -> Provider:
    """The provider as it is now, locked until the end of the transaction."""
    return session.scalars(
        select(Provider)
        .where(Provider.id == provider.id)
        .with_for_update(of=Provider)
        .execution_options(populate_existing=True)
    ).one()


def open_application(person_id: int, scheme_id: int) -> ProviderApplication | None:
    """The person's application to the scheme that is being written or waits for staff."""
    return session.scalar(
        select(ProviderApplication).where(
            ProviderApplication.applicant_id == person_id,
            ProviderApplication.scheme_id == scheme_id,
            ProviderApplication.state.in_([str(ApplicationState.DRAFT), str(ApplicationState.WAITING)]),
        )
    )


def applications_since(person_id: int, moment: datetime) -> int:
    """How many applications the person has begun since then."""
    return (
        session.scalar(
            select(func.count()).where(
                ProviderApplication.applicant_id == person_id, ProviderApplication.made_at > moment
            )
        )
        or 0
    )


def has_applied_itself(provider: Provider) -> bool:
    """Whether the firm sent an application, and was not entered by staff."""
    found = select(ProviderApplication.id).where(ProviderApplication.provider_id == provider.id).limit(1)
    return session.scalar(found) is not None


def lock_application(application: ProviderApplication) -> ProviderApplication:
    """The application as it is now, locked until the end of the transaction."""
    return session.scalars(
        select(ProviderApplication)
        .where(ProviderApplication.id == application.id)
        .with_for_update(of=ProviderApplication)
        .execution_options(populate_existing=True)
    ).one()


def others_with_the_account(details: PayeeDetails) -> Sequence[Provider]:
    """Other firms whose details in force are the same account, in any scheme; the firm itself may work in several."""
    return session.scalars(
        select(Provider)
        .join(PayeeDetails, PayeeDetails.provider_id == Provider.id)
        .where(
            PayeeDetails.fingerprint == details.fingerprint,
            PayeeDetails.superseded_at.is_(None),
            Provider.organisation_id != details.provider.organisation_id,
        )
        .order_by(Provider.id)
    ).all()


def current_details(provider_id: int, *, lock: bool = False) -> PayeeDetails | None:
    """The payee details in force, usable or not."""
    query = select(PayeeDetails).where(PayeeDetails.provider_id == provider_id, PayeeDetails.superseded_at.is_(None))
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    return session.scalar(query)


def was_ever_confirmed(provider_id: int) -> bool:
    """Whether the provider has, or once had, details that could be paid to."""
    confirmed = select(PayeeDetails.id).where(
        PayeeDetails.provider_id == provider_id, PayeeDetails.confirmed_by.is_not(None)
    )
    return session.scalar(confirmed.limit(1)) is not None


def current_details_of(provider_ids: Collection[int]) -> Mapping[int, PayeeDetails]:
    """The payee details in force of several providers at once, usable or not."""
    found = session.scalars(
        select(PayeeDetails).where(
            PayeeDetails.provider_id.in_(sorted(provider_ids)), PayeeDetails.superseded_at.is_(None)
        )
    )
    return {details.provider_id: details for details in found}


def vetting_of(provider: Provider) -> dict[VettingCheck, bool]:
    """The latest result on each point of vetting that has one; what was found before it applied again is gone by."""
    rows = session.scalars(
        select(VettingResult)
        .where(VettingResult.provider_id == provider.id, VettingResult.at >= provider.applied_at)
        .order_by(VettingResult.id)
    )
    return {VettingCheck(row.check_name): row.passed for row in rows}


def directory(scheme_id: int, day: date, number: int, *, name: str = "", kind: str = "") -> Listed[Provider]:
    """The providers that a business may choose from, by name; ``name`` is part of theirs, ``kind`` a type's code."""
    query = _listed(scheme_id, day).join(Organisation, Organisation.id == Provider.organisation_id)
    if name:
        names = (func.lower(each) for each in (Organisation.name, Organisation.trading_name))
        query = query.where(or_(*(each.contains(name.lower(), autoescape=True) for each in names)))
    if kind:
        of_kind = select(Package.id).join(VoucherType, VoucherType.id == Package.voucher_type_id)
        query = query.where(
            of_kind.where(Package.provider_id == Provider.id, Package.active, VoucherType.code == kind).exists()
        )
    return page_of(query.order_by(Organisation.name, Provider.id), number)


def listed_provider(scheme: Scheme, public_id: str, day: date) -> Provider:
    """One of the providers that a business may choose from; raises NotFound."""
    found = session.scalar(_listed(scheme.id, day).where(Provider.public_id == public_id))
    if found is None:
        raise NotFound("no_provider", _("This provider is not listed. Choose another one."))
    return found


def _listed(scheme_id: int, day: date) -> Select[Provider]:
    """Approved today, with something to sell."""
    return (
        select(Provider)
        .where(
            Provider.scheme_id == scheme_id,
            Provider.state == ProviderState.APPROVED,
            Provider.approved_until >= day,
            Provider.packages.any(Package.active),
        )
        .options(selectinload(Provider.packages).joinedload(Package.voucher_type))
    )
