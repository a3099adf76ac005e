"""What firms and the colleagues whom they invite are told on their way in."""

from __future__ import annotations

from voucher.notifications.delivery import Mail, written
from voucher.notifications.models import OutboxMessage
from voucher.platform.act import Act
from voucher.platform.clock import london_date
from voucher.platform.db import session
from voucher.providers.colleagues import join_address
from voucher.providers.models import Provider, ProviderApplication, ProviderInvitation
from voucher.schemes.models import Scheme


def invited(act: Act, message: OutboxMessage) -> Mail:
    """The link to join a firm with, for as long as it is good."""
    invitation = session.get_one(ProviderInvitation, message.subject_ids["invitation_id"])
    is_open = invitation.used_at is None and invitation.withdrawn_at is None and invitation.expires_at > act.now
    return written(
        message.kind,
        scheme=session.get_one(Scheme, invitation.scheme_id),
        provider=invitation.provider.organisation.name,
        part=invitation.role.removeprefix("provider "),
        link=join_address(act.ring, act.base_url, invitation) if is_open else None,
        link_until=london_date(invitation.expires_at),
    )


def decided(act: Act, message: OutboxMessage) -> Mail:
    """How vetting ended; why is said to those who ask."""
    provider = session.get_one(Provider, message.subject_ids["provider_id"])
    return written(
        message.kind,
        scheme=session.get_one(Scheme, provider.scheme_id),
        provider=provider.organisation.name,
        base_url=act.base_url,
    )


def refused(_act: Act, message: OutboxMessage) -> Mail:
    """That an application in the name of a firm on file was not taken up."""
    application = session.get_one(ProviderApplication, message.subject_ids["application_id"])
    return written(message.kind, scheme=session.get_one(Scheme, application.scheme_id), firm=application.name)


RENDERERS = {
    "provider_invited": invited,
    "provider_approved": decided,
    "provider_declined": decided,
    "provider_application_refused": refused,
}
