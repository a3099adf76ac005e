"""A provider's way in: application, vetting, approval by a second person, packages, suspension (rules 50, 51, 53)."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select

from voucher.audit.commands import begin_state, change_state, record
from voucher.notifications.commands import tell
from voucher.organisations.models import Organisation
from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.platform.db import session
from voucher.platform.errors import Conflict, DomainError, Forbidden
from voucher.providers.models import Package, Provider, VettingResult
from voucher.providers.policy import why_not_approve
from voucher.providers.queries import vetting_of
from voucher.providers.rules import TRANSITIONS, ProviderState, VettingCheck
from voucher.schemes.models import Scheme, VoucherType

S = ProviderState


def apply_as_provider(act: Act, scheme: Scheme, organisation: Organisation, *, contact_email: str) -> Provider:
    """A firm asks to be a provider of the scheme; entered by itself or by the staff who sponsor it."""
    act.require(Permission.PROVIDERS_SPONSOR, scheme_id=scheme.id)
    if session.scalar(
        select(Provider.id).where(Provider.scheme_id == scheme.id, Provider.organisation_id == organisation.id)
    ):
        raise Conflict("provider_exists", f"{organisation.name} has applied to this scheme already.")
    provider = Provider(
        scheme_id=scheme.id,
        organisation=organisation,
        state=S.APPLIED,
        contact_email=contact_email,
        applied_at=act.now,
    )
    session.add(provider)
    begin_state(act.actor, "provider.applied", provider, at=act.now)
    return provider


def sponsor(act: Act, provider: Provider) -> None:
    """Takes a provider into vetting; whoever does so may not approve it (rule 50)."""
    act.require(Permission.PROVIDERS_SPONSOR, scheme_id=provider.scheme_id)
    _not_their_own(act, provider)
    change_state(act.actor, "provider.sponsored", provider, S.IN_VETTING, TRANSITIONS, at=act.now)
    provider.sponsor_id = act.person_id


def record_vetting(act: Act, provider: Provider, check: VettingCheck, *, passed: bool, note: str) -> None:
    """What was found on one point of vetting; a note says on what evidence."""
    act.require(Permission.PROVIDERS_SPONSOR, scheme_id=provider.scheme_id)
    _not_their_own(act, provider)
    if not note.strip():
        raise DomainError("note_needed", f"Write down what was seen for the check of {check}.", "note")
    session.add(
        VettingResult(
            provider_id=provider.id, check_name=str(check), passed=passed, note=note, by_id=act.person_id, at=act.now
        )
    )
    record(
        act.actor,
        "provider.vetted",
        provider,
        at=act.now,
        reason=note,
        details={"check": str(check), "passed": passed},
    )


def approve_provider(act: Act, provider: Provider, *, until: date) -> None:
    """Approves a fully vetted provider until a day, or renews its approval; never by its sponsor (rule 50)."""
    act.require(Permission.PROVIDERS_APPROVE, scheme_id=provider.scheme_id)
    _not_their_own(act, provider)
    reason = why_not_approve(act.actor, provider, vetting_of(provider.id), until=until, today=act.today)
    if reason:
        raise Forbidden("provider_approval", reason)
    if provider.state == S.SUSPENDED:
        raise DomainError("suspended", "A suspended provider is reinstated, not approved anew.")
    provider.approved_by, provider.approved_until = act.person_id, until
    if provider.state == S.APPROVED:
        record(act.actor, "provider.renewed", provider, at=act.now, details={"until": until.isoformat()})
        return
    change_state(
        act.actor,
        "provider.approved",
        provider,
        S.APPROVED,
        TRANSITIONS,
        at=act.now,
        details={"until": until.isoformat()},
    )


def suspend_provider(act: Act, provider: Provider, *, reason: str) -> None:
    """Stops a provider at once: no look-ups, sessions or claims, and nothing of it is paid (rule 51)."""
    act.require(Permission.PROVIDERS_APPROVE, scheme_id=provider.scheme_id)
    if not reason.strip():
        raise DomainError("reason_needed", "Say why the provider is suspended.", "reason")
    change_state(act.actor, "provider.suspended", provider, S.SUSPENDED, TRANSITIONS, at=act.now, reason=reason)
    tell(act, "provider_suspended", email=provider.contact_email, scheme_id=provider.scheme_id, provider_id=provider.id)


def reinstate_provider(act: Act, provider: Provider, *, reason: str) -> None:
    """Ends a suspension; by another person than its sponsor."""
    act.require(Permission.PROVIDERS_APPROVE, scheme_id=provider.scheme_id)
    _not_their_own(act, provider)
    if provider.sponsor_id == act.person_id:
        raise Forbidden("provider_approval", "You sponsored this provider: another person must reinstate it.")
    change_state(act.actor, "provider.reinstated", provider, S.APPROVED, TRANSITIONS, at=act.now, reason=reason)


def list_package(
    act: Act,
    provider: Provider,
    kind: VoucherType,
    *,
    code: str,
    name: str,
    description: str,
    net_pence: int,
    minutes: int,
) -> Package:
    """Lists a package with its price before VAT; only listed packages can be redeemed (rule 53)."""
    act.require(
        Permission.PROVIDER_PACKAGES_LIST, scheme_id=provider.scheme_id, organisation_id=provider.organisation_id
    )
    if net_pence <= 0 or minutes <= 0:
        raise DomainError("package", "A package has a price and a length above zero.", "price")
    if session.scalar(select(Package.id).where(Package.provider_id == provider.id, Package.code == code)):
        raise Conflict("package_exists", f"Package {code} is listed already.", "code")
    package = Package(
        provider_id=provider.id,
        voucher_type_id=kind.id,
        code=code,
        name=name,
        description=description,
        net_pence=net_pence,
        minutes=minutes,
    )
    session.add(package)
    session.flush()
    record(act.actor, "package.listed", provider, at=act.now, pence=net_pence, details={"package": code})
    return package


def _not_their_own(act: Act, provider: Provider) -> None:
    if provider.organisation_id in act.actor.organisation_ids:
        raise Forbidden("own_organisation", "You belong to this provider, so you cannot vet or approve it.")
