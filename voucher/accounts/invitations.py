"""An organisation's own people: one invites a colleague by mail, who joins by the link's button; a part is ended.

The link's token follows from the key ring and the invitation's public id, so that neither the database nor its outbox
lets anybody join. Whoever invites never sees it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from sqlalchemy import select, update

from voucher.accounts.business_import import provider_addresses
from voucher.accounts.commands import admit, dismiss, person_at, set_password
from voucher.accounts.invitation_queries import NOT_GOOD, invitation_at, lock_parts, members, open_invitations
from voucher.accounts.models import Invitation, Membership, Person
from voucher.accounts.queries import actor_for
from voucher.accounts.rules import INVITATION_DAYS, OPEN_INVITATIONS, Role
from voucher.audit.commands import record
from voucher.notifications.commands import tell
from voucher.organisations.identifiers import IdentifierError
from voucher.organisations.identifiers import email as well_formed
from voucher.organisations.models import Organisation
from voucher.platform.act import Act
from voucher.platform.actor import Channel
from voucher.platform.authz import Permission
from voucher.platform.db import changed_one, new_public_id, session
from voucher.platform.errors import Conflict, DomainError, Forbidden, NotFound
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.keyring import KeyRing

_WORKS_FOR_A_PROVIDER = _("Somebody at this address works for a provider, and so cannot speak for a business.")
_LAST = _("Nobody else could do this for the organisation. Invite a colleague first, then end this part.")


@dataclass(frozen=True)
class Team:
    """People who play one kind of part for an organisation, and who of them say who else does.

    ``lasting`` is the part that somebody always holds; messages are written in the name of the scheme.
    """

    organisation: Organisation
    scheme_id: int
    roles: frozenset[Role]
    lasting: Role
    permission: Permission

    def require(self, act: Act) -> None:
        """Raises Forbidden unless the actor looks after the team."""
        act.require(self.permission, organisation_id=self.organisation.id)


def invite(act: Act, team: Team, *, email: str, role: Role) -> Invitation:
    """Asks somebody to join; an earlier invitation to the same address stops being good."""
    team.require(act)
    if role not in team.roles:
        raise DomainError("not_a_part", _("Choose what your colleague may do."), "role")
    address = _invitable(act, team, email, role)
    _make_room(act, team, address)
    public_id = new_public_id()
    invitation = Invitation(
        public_id=public_id,
        token_hash=token_hash(act.ring, act.ring.link_token(public_id)),
        scheme_id=team.scheme_id,
        organisation=team.organisation,
        email=address,
        role=str(role),
        invited_by=act.person_id,
        invited_at=act.now,
        expires_at=act.now + timedelta(days=INVITATION_DAYS),
    )
    session.add(invitation)
    session.flush()
    record(act.actor, "invitation.sent", invitation, at=act.now, details={"role": str(role)})
    tell(act, "invited", email=address, scheme_id=team.scheme_id, invitation_id=invitation.id)
    return invitation


def withdraw_invitation(act: Act, team: Team, invitation: Invitation) -> None:
    """Makes an invitation good for nothing."""
    team.require(act)
    if not _use(invitation, withdrawn_at=act.now):
        raise Conflict("invitation_over", _("This invitation was answered or withdrawn meanwhile."))
    record(act.actor, "invitation.withdrawn", invitation, at=act.now)


def join(act: Act, token: str, *, name: str, password: str | None) -> Person:
    """Whoever holds the link takes the part, once; raises one and the same NotFound for a link that is not good.

    A new person of a provider, or one without a password, chooses one; a business's people sign in by mailed code.
    ``act`` is made at the edge for somebody who follows a link.
    """
    invitation = invitation_at(token_hash(act.ring, token), act.now)
    _check_speaks_for_businesses(invitation.email, Role(invitation.role))
    if not _use(invitation, used_at=act.now):
        raise NotFound("no_invitation", NOT_GOOD)
    person = person_at(act, name=name, email=invitation.email)
    act = replace(act, actor=actor_for(person, Channel.LINK, act.now, act.actor.address))
    if person.password_hash is None and needs_password(invitation):
        set_password(act, person, password or "")
    inviter = session.get_one(Person, invitation.invited_by)
    role, organisation = Role(invitation.role), invitation.organisation
    admit(act, person, role, organisation_id=organisation.id, reason=f"invited by {inviter.name}")
    record(act.actor, "organisation.joined", organisation, at=act.now, details={"role": invitation.role})
    return person


def end_part(act: Act, team: Team, membership: Membership, *, reason: str) -> None:
    """Ends a colleague's part, and with it the invitations of theirs; the last holder of the lasting part stays."""
    team.require(act)
    lasting = lock_parts(team.organisation.id, team.lasting)
    session.refresh(membership)
    if membership.organisation_id != team.organisation.id or membership.ended_at is not None:
        raise NotFound("no_member", _("Nobody has that part any more. Go back to the list of people."))
    if membership.role not in team.roles:
        raise Forbidden("not_a_part", _("This part is ended by an administrator."))
    if membership.role == team.lasting and not {each.person_id for each in lasting} - {membership.person_id}:
        raise DomainError("last_of_its_kind", _LAST)
    if not reason.strip():
        raise DomainError("reason_needed", _("Say why the part is ended."), "reason")
    dismiss(act, membership, reason=reason)
    for invitation in open_invitations(team.organisation.id, team.roles):
        if invitation.invited_by == membership.person_id and membership.role == team.lasting:
            invitation.withdrawn_at = act.now
    details = {"role": membership.role, "person": session.get_one(Person, membership.person_id).email}
    record(act.actor, "organisation.part_ended", team.organisation, at=act.now, reason=reason, details=details)


def needs_password(invitation: Invitation) -> bool:
    """Whether whoever joins signs in with a password; the people of a business get a code by mail each time."""
    return invitation.role != Role.BUSINESS_MEMBER


def join_address(ring: KeyRing, base_url: str, invitation: Invitation) -> str:
    """The address that goes into a mail and nowhere else."""
    return f"{base_url.rstrip('/')}/L/join/{ring.link_token(invitation.public_id)}"


def token_hash(ring: KeyRing, token: str) -> str:
    """How a token is stored; read without regard to case and spaces around it."""
    return ring.lookup_hash(f"invitation {token.strip().upper()}")


def _invitable(act: Act, team: Team, email: str, role: Role) -> str:
    """The address, when somebody there may be asked."""
    try:
        address = well_formed(email).lower()
    except IdentifierError as wrong:
        raise DomainError("email", str(wrong), "email") from wrong
    _check_speaks_for_businesses(address, role)
    found = members(team.organisation.id, team.roles, act.now)
    if any((person.email, held.role) == (address, role) for held, person in found):
        raise Conflict("member_already", _("This person has that part already."), "email")
    return address


def _check_speaks_for_businesses(address: str, role: Role) -> None:
    """Nobody who works for a provider speaks for a business, for only that confirms deliveries (rule 15)."""
    if role == Role.BUSINESS_MEMBER and address in provider_addresses():
        raise DomainError("works_for_a_provider", _WORKS_FOR_A_PROVIDER, "email")


def _make_room(act: Act, team: Team, address: str) -> None:
    """Ends an earlier invitation to the address; raises DomainError when too many others are open."""
    # Two at once to one address leave one open, and no team goes beyond its number.
    session.scalars(select(Organisation.id).where(Organisation.id == team.organisation.id).with_for_update()).one()
    still_open = open_invitations(team.organisation.id, frozenset(Role))
    for before in still_open:
        if before.email == address:
            before.withdrawn_at = act.now
    session.flush()
    waiting = [each for each in still_open if each.withdrawn_at is None and each.expires_at > act.now]
    if len(waiting) >= OPEN_INVITATIONS:
        raise DomainError("invitations", _("20 invitations wait for an answer. Wait until some are answered."), "email")


def _use(invitation: Invitation, **moment: object) -> bool:
    """Answers or withdraws an invitation, if nobody has done either; of two at once one does."""
    guarded = (
        update(Invitation)
        .where(Invitation.id == invitation.id, Invitation.used_at.is_(None), Invitation.withdrawn_at.is_(None))
        .values(**moment)
    )
    return changed_one(session.execute(guarded))
