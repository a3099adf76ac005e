"""Finding providers, their packages and current payee details."""

from __future__ import annotations

from sqlalchemy import select

from voucher.organisations.models import Organisation
from voucher.platform.actor import Actor
from voucher.platform.db import session
from voucher.platform.errors import NotFound
from voucher.providers.models import Package, PayeeDetails, Provider, VettingResult
from voucher.providers.rules import VettingCheck
from voucher.schemes.models import Scheme


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
        raise NotFound("no_provider", f"Scheme {scheme.reference} has no provider {reference}.", "provider")
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
        raise NotFound("not_a_provider", f"{actor.name} works for no provider of this scheme.")
    return found


def package_by_code(provider: Provider, code: str) -> Package:
    """The provider's active package with this code; raises NotFound."""
    found = session.scalar(
        select(Package).where(Package.provider_id == provider.id, Package.code == code, Package.active)
    )
    if found is None:
        raise NotFound("no_package", f"{provider.organisation.name} has no package {code}.", "package")
    return found


def current_details(provider_id: int, *, lock: bool = False) -> PayeeDetails | None:
    """The payee details in force, usable or not."""
    query = select(PayeeDetails).where(PayeeDetails.provider_id == provider_id, PayeeDetails.superseded_at.is_(None))
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    return session.scalar(query)


def vetting_of(provider_id: int) -> dict[VettingCheck, bool]:
    """The latest result on each point of vetting that has one."""
    rows = session.scalars(
        select(VettingResult).where(VettingResult.provider_id == provider_id).order_by(VettingResult.id)
    )
    return {VettingCheck(row.check_name): row.passed for row in rows}
