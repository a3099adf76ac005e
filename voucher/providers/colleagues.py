"""A provider's people: its managers invite colleagues and end their parts, with a second factor at the act."""

from __future__ import annotations

from voucher.accounts import invitations
from voucher.accounts.invitations import Team
from voucher.accounts.models import Invitation, Membership
from voucher.accounts.rules import PROVIDER_ROLES, Role
from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.providers.models import Provider


def team_of(provider: Provider) -> Team:
    """The firm's managers and scanners, of whom one manager always stays."""
    return Team(
        provider.organisation,
        provider.scheme_id,
        PROVIDER_ROLES,
        Role.PROVIDER_MANAGER,
        Permission.PROVIDER_PEOPLE_MANAGE,
    )


def invite(act: Act, provider: Provider, *, email: str, role: Role) -> Invitation:
    """Asks somebody to join the firm; an earlier invitation to the same address stops being good."""
    team_of(provider).require(act)
    act.require_second_factor()
    return invitations.invite(act, team_of(provider), email=email, role=role)


def end_part(act: Act, provider: Provider, membership: Membership, *, reason: str) -> None:
    """Ends a colleague's part in the firm, and with it the invitations of theirs; the last manager's stays."""
    team_of(provider).require(act)
    act.require_second_factor()
    invitations.end_part(act, team_of(provider), membership, reason=reason)
