"""A provider's people: a manager invites a colleague by mail, who joins by the link's button; a part is ended.

The link's token follows from the key ring and the invitation's public id, so that neither the database nor its outbox
lets anybody join. The manager who invites never sees it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import update

from voucher.accounts.commands import admit, dismiss, person_at, set_password
from voucher.accounts.models import Membership, Person
from voucher.accounts.queries import actor_for
from voucher.accounts.rules import PROVIDER_ROLES, Role
from voucher.audit.commands import record
from voucher.notifications.commands import tell
from voucher.organisations.identifiers import IdentifierError
from voucher.organisations.identifiers import email as well_formed
from voucher.platform.act import Act
from voucher.platform.actor import Channel
from voucher.platform.authz import Permission
from voucher.platform.db import changed_one, new_public_id, session
from voucher.platform.errors import Conflict, DomainError, NotFound
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.keyring import KeyRing
from voucher.providers.firm_queries import NOT_GOOD, invitation_at, lock_managers, members, open_invitations
from voucher.providers.models import Provider, ProviderInvitation
from voucher.providers.rules import INVITATION_DAYS, OPEN_INVITATIONS


def invite(act: Act, provider: Provider, *, email: str, role: Role) -> ProviderInvitation:
    """Asks somebody to join the firm; an earlier invitation to the same address stops being good."""
    _may_manage(act, provider)
    if role not in PROVIDER_ROLES:
        raise DomainError("not_a_provider_role", _("Choose manager or scanner."), "role")
    try:
        address = well_formed(email)
    except IdentifierError as wrong:
        raise DomainError("email", str(wrong), "email") from wrong
    if any((person.email, held.role) == (address, role) for held, person in members(provider, act.now)):
        raise Conflict("member_already", _("This person has that part in your firm already."), "email")
    still_open = open_invitations(provider)
    for before in still_open:
        if before.email == address:
            before.withdrawn_at = act.now
    session.flush()
    if len([each for each in still_open if each.expires_at > act.now]) >= OPEN_INVITATIONS:
        raise DomainError("invitations", _("20 invitations wait for an answer. Wait until some are answered."), "email")
    public_id = new_public_id()
    invitation = ProviderInvitation(
        public_id=public_id,
        token_hash=token_hash(act.ring, act.ring.link_token(public_id)),
        scheme_id=provider.scheme_id,
        provider=provider,
        email=address,
        role=str(role),
        invited_by=act.person_id,
        invited_at=act.now,
        expires_at=act.now + timedelta(days=INVITATION_DAYS),
    )
    session.add(invitation)
    session.flush()
    record(act.actor, "provider.invited", invitation, at=act.now, details={"role": str(role)})
    tell(act, "provider_invited", email=address, scheme_id=provider.scheme_id, invitation_id=invitation.id)
    return invitation


def withdraw_invitation(act: Act, provider: Provider, invitation: ProviderInvitation) -> None:
    """Makes an invitation good for nothing."""
    act.require(Permission.PROVIDER_PEOPLE_MANAGE, organisation_id=provider.organisation_id)
    guarded = (
        update(ProviderInvitation)
        .where(
            ProviderInvitation.id == invitation.id,
            ProviderInvitation.used_at.is_(None),
            ProviderInvitation.withdrawn_at.is_(None),
        )
        .values(withdrawn_at=act.now)
    )
    if not changed_one(session.execute(guarded)):
        raise Conflict("invitation_over", _("This invitation was answered or withdrawn meanwhile."))
    record(act.actor, "provider.invitation_withdrawn", invitation, at=act.now)


def join(act: Act, token: str, *, name: str, password: str | None) -> Person:
    """Whoever holds the link takes the part, once; raises one and the same NotFound for a link that is not good.

    A new person, or one without a password, chooses one; ``act`` is made at the edge for somebody who follows a link.
    """
    invitation = invitation_at(token_hash(act.ring, token), act.now)
    guarded = (
        update(ProviderInvitation)
        .where(
            ProviderInvitation.id == invitation.id,
            ProviderInvitation.used_at.is_(None),
            ProviderInvitation.withdrawn_at.is_(None),
        )
        .values(used_at=act.now)
    )
    if not changed_one(session.execute(guarded)):
        raise NotFound("no_invitation", NOT_GOOD)
    person = person_at(act, name=name, email=invitation.email)
    act = replace(act, actor=actor_for(person, Channel.LINK, act.now, act.actor.address))
    if person.password_hash is None:
        set_password(act, person, password or "")
    inviter = session.get_one(Person, invitation.invited_by)
    admit(
        act,
        person,
        Role(invitation.role),
        organisation_id=invitation.provider.organisation_id,
        reason=f"invited by {inviter.name}",
    )
    record(act.actor, "provider.joined", invitation.provider, at=act.now, details={"role": invitation.role})
    return person


def end_part(act: Act, provider: Provider, membership: Membership, *, reason: str) -> None:
    """Ends a colleague's part in the firm, and with it the invitations of theirs; the last manager's stays."""
    _may_manage(act, provider)
    managers = lock_managers(provider.organisation_id)
    session.refresh(membership)
    if membership.organisation_id != provider.organisation_id or membership.ended_at is not None:
        raise NotFound("no_member", _("Nobody has that part in your firm any more."))
    if membership.role == Role.PROVIDER_MANAGER and len({each.person_id for each in managers}) < 2:
        raise DomainError(
            "last_manager", _("This is the firm's last manager. Invite another manager first, then end this one.")
        )
    if not reason.strip():
        raise DomainError("reason_needed", _("Say why the part is ended."), "reason")
    dismiss(act, membership, reason=reason)
    for invitation in open_invitations(provider):
        if invitation.invited_by == membership.person_id and membership.role == Role.PROVIDER_MANAGER:
            invitation.withdrawn_at = act.now
    record(act.actor, "provider.part_ended", provider, at=act.now, reason=reason, details={"role": membership.role})


def join_address(ring: KeyRing, base_url: str, invitation: ProviderInvitation) -> str:
    """The address that goes into a mail and nowhere else."""
    return f"{base_url.rstrip('/')}/L/join/{ring.link_token(invitation.public_id)}"


def token_hash(ring: KeyRing, token: str) -> str:
    """How a token is stored; read without regard to case and spaces around it."""
    return ring.lookup_hash(f"invitation {token.strip().upper()}")


def _may_manage(act: Act, provider: Provider) -> None:
    act.require(Permission.PROVIDER_PEOPLE_MANAGE, organisation_id=provider.organisation_id)
    act.require_second_factor()
