"""What firms are told on their way in, and about their own details."""

from __future__ import annotations

from voucher.notifications.delivery import Mail, written
from voucher.notifications.models import OutboxMessage
from voucher.platform.act import Act
from voucher.platform.db import session
from voucher.providers.models import Provider, ProviderApplication
from voucher.schemes.models import Scheme


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
    application = session.get_one(ProviderApplication, message.subject_ids["provider_application_id"])
    return written(message.kind, scheme=session.get_one(Scheme, application.scheme_id), firm=application.name)


def contact_changed(_act: Act, message: OutboxMessage) -> Mail:
    """To the address that was on file before: that messages go to another one from now on, which is not named."""
    provider = session.get_one(Provider, message.subject_ids["provider_id"])
    return written(
        message.kind,
        scheme=session.get_one(Scheme, provider.scheme_id),
        provider=provider.organisation.name,
        at=message.created_at,
    )


RENDERERS = {
    "provider_contact_changed": contact_changed,
    "provider_approved": decided,
    "provider_declined": decided,
    "provider_application_refused": refused,
}
