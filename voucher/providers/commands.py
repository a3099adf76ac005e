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
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.i18n import said
from voucher.providers.models import Package, Provider, VettingResult
from voucher.providers.policy import why_not_approve, why_not_lift, why_not_touch
from voucher.providers.queries import has_applied_itself, lock_package, vetting_of
from voucher.providers.rules import TRANSITIONS, ProviderState, VettingCheck
from voucher.schemes.models import Scheme, VoucherType

S = ProviderState


def apply_as_provider(act: Act, scheme: Scheme, organisation: Organisation, *, contact_email: str) -> Provider:
    """A firm asks to be a provider of the scheme; entered by itself or by the staff who sponsor it."""
    act.require(Permission.PROVIDERS_SPONSOR, scheme_id=scheme.id)
    return enter_provider(act, scheme.id, organisation, contact_email=contact_email)


def enter_provider(act: Act, scheme_id: int, organisation: Organisation, *, contact_email: str) -> Provider:
    """A firm's standing in its first state; whoever calls has said that the actor may apply for this firm.

    One that was declined may apply again and is vetted from the start. Raises Conflict when it has any other standing.
    """
    known = session.scalar(
        select(Provider)
        .where(Provider.scheme_id == scheme_id, Provider.organisation_id == organisation.id)
        .with_for_update(of=Provider)
    )
    if known is not None and known.state != S.DECLINED:
        raise Conflict(
            "provider_exists",
            said("%(organisation)s has applied to this scheme already.", organisation=organisation.name),
        )
    if known is not None:
        known.contact_email, known.applied_at, known.sponsor_id = contact_email, act.now, None
        change_state(act.actor, "provider.applied_again", known, S.APPLIED, TRANSITIONS, at=act.now)
        return known
    provider = Provider(
        scheme_id=scheme_id,
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
    require_not_their_own(act, provider)
    change_state(act.actor, "provider.sponsored", provider, S.IN_VETTING, TRANSITIONS, at=act.now)
    provider.sponsor_id = act.person_id


def record_vetting(act: Act, provider: Provider, check: VettingCheck, *, passed: bool, note: str) -> None:
    """What was found on one point of vetting; a note says on what evidence."""
    act.require(Permission.PROVIDERS_SPONSOR, scheme_id=provider.scheme_id)
    require_not_their_own(act, provider)
    if not note.strip():
        raise DomainError(
            "note_needed", said("Write down what was seen for the check of %(check)s.", check=check), "note"
        )
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
    require_not_their_own(act, provider)
    reason = why_not_approve(act.actor, provider, vetting_of(provider), until=until, today=act.today)
    if reason:
        raise Forbidden("provider_approval", reason)
    if provider.state == S.SUSPENDED:
        raise DomainError("suspended", _("A suspended provider is reinstated, not approved anew."))
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
    if has_applied_itself(provider):  # Whoever was entered by staff is told by them.
        tell(
            act,
            "provider_approved",
            email=provider.contact_email,
            scheme_id=provider.scheme_id,
            provider_id=provider.id,
        )


def suspend_provider(act: Act, provider: Provider, *, reason: str) -> None:
    """Stops a provider at once: no look-ups, sessions or claims, and nothing of it is paid (rule 51)."""
    act.require(Permission.PROVIDERS_APPROVE, scheme_id=provider.scheme_id)
    if not reason.strip():
        raise DomainError("reason_needed", _("Say why the provider is suspended."), "reason")
    change_state(act.actor, "provider.suspended", provider, S.SUSPENDED, TRANSITIONS, at=act.now, reason=reason)
    tell(act, "provider_suspended", email=provider.contact_email, scheme_id=provider.scheme_id, provider_id=provider.id)


def reinstate_provider(act: Act, provider: Provider, *, reason: str) -> None:
    """Ends a suspension; by another person than its sponsor."""
    act.require(Permission.PROVIDERS_APPROVE, scheme_id=provider.scheme_id)
    require_not_their_own(act, provider)
    reason_not = why_not_lift(act.actor, provider)
    if reason_not:
        raise Forbidden("provider_approval", reason_not)
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
        raise DomainError("package", _("A package has a price and a length above zero."), "price")
    if session.scalar(select(Package.id).where(Package.provider_id == provider.id, Package.code == code)):
        raise Conflict("package_exists", said("Package %(code)s is listed already.", code=code), "code")
    package = Package(
        provider=provider,
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


def retire_package(act: Act, package: Package) -> None:
    """Takes a package off the list from now on; what was recorded under it keeps its price."""
    provider = package.provider
    act.require(
        Permission.PROVIDER_PACKAGES_LIST, scheme_id=provider.scheme_id, organisation_id=provider.organisation_id
    )
    package = lock_package(package)
    if not package.active:
        raise Conflict(
            "package_retired", said("Package %(package)s is off the list already.", package=package.code), "code"
        )
    package.active = False
    record(act.actor, "package.retired", provider, at=act.now, details={"package": package.code})


def replace_package(act: Act, package: Package, *, code: str, net_pence: int, minutes: int) -> Package:
    """The same support at another price: a new package takes the place of the old one, whose price stays as it was."""
    retire_package(act, package)
    return list_package(
        act,
        package.provider,
        session.get_one(VoucherType, package.voucher_type_id),
        code=code,
        name=package.name,
        description=package.description,
        net_pence=net_pence,
        minutes=minutes,
    )


def require_not_their_own(act: Act, provider: Provider) -> None:
    """Raises Forbidden for whoever belongs to the provider."""
    reason = why_not_touch(act.actor, provider)
    if reason:
        raise Forbidden("own_organisation", reason)
