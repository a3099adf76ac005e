"""Turning a firm down: whoever applied as it loses every part in it, for it may not have been theirs to apply for."""

from __future__ import annotations

from sqlalchemy import select

from voucher.accounts.commands import dismiss
from voucher.accounts.invitation_queries import members, open_invitations
from voucher.accounts.rules import PROVIDER_ROLES
from voucher.audit.commands import change_state
from voucher.notifications.commands import tell
from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.platform.db import session
from voucher.platform.errors import DomainError
from voucher.platform.i18n import gettext_noop as _
from voucher.providers.commands import require_not_their_own
from voucher.providers.models import Provider
from voucher.providers.queries import current_details
from voucher.providers.rules import TRANSITIONS, ProviderState


def decline_provider(act: Act, provider: Provider, *, reason: str) -> None:
    """Turns a firm down before any approval; the reason is kept, and told to those who ask.

    Its bank details and invitations are good for nothing any more, and so are its people's parts, unless the firm has
    a standing in another scheme. Whoever applies for it later starts with nothing of what was there.
    """
    act.require(Permission.PROVIDERS_APPROVE, scheme_id=provider.scheme_id)
    require_not_their_own(act, provider)
    if not reason.strip():
        raise DomainError("reason_needed", _("Say why the provider is declined."), "reason")
    change_state(
        act.actor, "provider.declined", provider, ProviderState.DECLINED, TRANSITIONS, at=act.now, reason=reason
    )
    details = current_details(provider.id, lock=True)
    if details is not None:
        details.superseded_at = act.now
    for invitation in open_invitations(provider.organisation_id, PROVIDER_ROLES):
        if invitation.scheme_id == provider.scheme_id:
            invitation.withdrawn_at = act.now
    if not _stands_elsewhere(provider):
        for held, _person in members(provider.organisation_id, PROVIDER_ROLES, act.now):
            dismiss(act, held, reason="the firm was declined")
    tell(act, "provider_declined", email=provider.contact_email, scheme_id=provider.scheme_id, provider_id=provider.id)


def _stands_elsewhere(provider: Provider) -> bool:
    found = select(Provider.id).where(
        Provider.organisation_id == provider.organisation_id,
        Provider.id != provider.id,
        Provider.state != str(ProviderState.DECLINED),
    )
    return session.scalar(found.limit(1)) is not None
