"""What everybody reads of a provider in the list of providers, which the firm's managers change by themselves."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace

from voucher.audit.commands import record
from voucher.notifications.commands import tell
from voucher.organisations.details import change_facts, read
from voucher.organisations.identifiers import email, phone
from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.platform.errors import DomainError
from voucher.platform.i18n import gettext_noop as _
from voucher.providers.models import Provider
from voucher.providers.queries import lock_provider


@dataclass(frozen=True)
class PublicDetails:
    """How a firm is known, what it offers and how it is reached."""

    trading_name: str
    services: str
    contact_email: str
    phone: str


def change_public_details(act: Act, provider: Provider, details: PublicDetails) -> bool:
    """Changes them; whether anything was other than before. Raises DomainError at the field for what cannot be right.

    A new e-mail address, to which the scheme's messages go from now on, is told to the one before it.
    """
    act.require(Permission.PROVIDER_DETAILS_CHANGE, organisation_id=provider.organisation_id)
    details = _well_formed(details)
    provider = lock_provider(provider)
    renamed = change_facts(act, provider.organisation, {"trading_name": details.trading_name})
    facts = {name: value for name, value in asdict(details).items() if name != "trading_name"}
    changed = {name: value for name, value in facts.items() if getattr(provider, name) != value}
    if not changed:
        return renamed
    before = {name: getattr(provider, name) for name in changed}
    for name, value in changed.items():
        setattr(provider, name, value)
    record(act.actor, "provider.details_changed", provider, at=act.now, details={"before": before, "after": changed})
    if "contact_email" in changed:
        tell(
            act,
            "provider_contact_changed",
            email=before["contact_email"],
            scheme_id=provider.scheme_id,
            provider_id=provider.id,
        )
    return True


def _well_formed(details: PublicDetails) -> PublicDetails:
    if not details.services.strip():
        raise DomainError("services_needed", _("Describe the support that you offer."), "services")
    return replace(
        details,
        trading_name=" ".join(details.trading_name.split()),
        services=details.services.strip(),
        contact_email=read(email, details.contact_email, "contact_email"),
        phone=read(phone, details.phone, "phone") if details.phone.strip() else "",
    )
