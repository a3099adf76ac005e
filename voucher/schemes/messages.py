"""What is written in a scheme's name to people who were asked to act for an organisation."""

from __future__ import annotations

from voucher.accounts.invitations import join_address
from voucher.accounts.models import Invitation
from voucher.accounts.rules import Role
from voucher.notifications.delivery import Mail, written
from voucher.notifications.models import OutboxMessage
from voucher.notifications.worker import Renderer
from voucher.platform.act import Act
from voucher.platform.clock import london_date
from voucher.platform.db import session
from voucher.schemes.models import Scheme


def invited(act: Act, message: OutboxMessage) -> Mail:
    """The link to join an organisation with, for as long as it is good."""
    invitation = session.get_one(Invitation, message.subject_ids["invitation_id"])
    is_open = invitation.used_at is None and invitation.withdrawn_at is None and invitation.expires_at > act.now
    return written(
        message.kind,
        scheme=session.get_one(Scheme, invitation.scheme_id),
        organisation=invitation.organisation.name,
        part=invitation.role.removeprefix("provider "),
        for_a_business=invitation.role == Role.BUSINESS_MEMBER,
        link=join_address(act.ring, act.base_url, invitation) if is_open else None,
        link_until=london_date(invitation.expires_at),
    )


RENDERERS: dict[str, Renderer] = {"invited": invited}
