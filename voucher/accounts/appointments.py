"""Giving roles on pages: ordinary ones at once, those with money duties by two administrators, deputies by dates.

``voucher role grant`` gives any role at once, for an installation must begin with somebody; whoever does so at the
machine is counted on the statement (line 28), as every change of a role is.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time

from sqlalchemy import select

from voucher.accounts.commands import check_place, give
from voucher.accounts.models import Deputy, Membership, Person, RoleProposal
from voucher.accounts.queries import roles_held
from voucher.accounts.rules import FOR_ORGANISATIONS, MONEY_ROLES, PROPOSALS, ProposalState, Role
from voucher.audit.commands import begin_state, change_state
from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.platform.clock import LONDON, end_of_london_day
from voucher.platform.db import session
from voucher.platform.errors import Conflict, DomainError, Forbidden
from voucher.platform.i18n import gettext_noop as _

S = ProposalState
ITSELF = _("Nobody gives a role to themselves. Ask another administrator.")


@dataclass(frozen=True)
class StandIn:
    """For whom somebody stands in, from which day to which, both included."""

    person: Person
    first: date
    last: date


@dataclass(frozen=True)
class Appointment:
    """A role for a person: in a scheme, for an organisation or everywhere; for good, or as somebody's deputy."""

    person: Person
    role: Role
    scheme_id: int | None = None
    organisation_id: int | None = None
    stand_in: StandIn | None = None


def appoint(act: Act, wanted: Appointment, *, reason: str) -> Membership:
    """Gives a role without money duties from now on, or a deputy from day to day.

    Raises Forbidden ``role_takes_two`` for a role with money duties: propose that one.
    """
    _check(act, wanted, reason)
    if wanted.role in MONEY_ROLES:
        raise Forbidden("role_takes_two", _("This role can move money: it is proposed, and another confirms it."))
    return _carry_out(act, wanted, reason)


def propose_role(act: Act, wanted: Appointment, *, reason: str) -> RoleProposal:
    """Proposes a role with money duties, for another administrator to confirm."""
    _check(act, wanted, reason)
    if wanted.role not in MONEY_ROLES:
        raise DomainError("role_needs_one", _("This role needs no second administrator."), "role")
    stand_in = wanted.stand_in
    waiting = session.scalar(
        select(RoleProposal.id).where(
            RoleProposal.person_id == wanted.person.id,
            RoleProposal.role == str(wanted.role),
            RoleProposal.scheme_id.is_not_distinct_from(wanted.scheme_id),
            RoleProposal.state == S.PROPOSED,
        )
    )
    if waiting is not None:
        raise Conflict("proposed_already", _("This role is proposed for this person already."), "role")
    proposal = RoleProposal(
        person_id=wanted.person.id,
        role=str(wanted.role),
        scheme_id=wanted.scheme_id,
        organisation_id=wanted.organisation_id,
        stands_in_for=stand_in.person.id if stand_in else None,
        begins_on=stand_in.first if stand_in else None,
        ends_on=stand_in.last if stand_in else None,
        reason=reason.strip(),
        state=S.PROPOSED,
        proposed_by=act.person_id,
        proposed_at=act.now,
    )
    session.add(proposal)
    begin_state(act.actor, "role.proposed", proposal, at=act.now, reason=reason, person=wanted.person.email)
    return proposal


def confirm_role(act: Act, proposal: RoleProposal) -> Membership:
    """A second administrator confirms; the role is held from now on, or from its first day.

    Raises Forbidden for whoever proposed it and for the person whose role it is.
    """
    _need_administrator(act)
    proposal = _locked(proposal)
    refusal = why_not_confirm(act, proposal)
    if refusal:
        raise Forbidden("role_duty", refusal)
    # Locked, so that of two proposals for one person that are confirmed at once the second finds the role held.
    person = session.get_one(Person, proposal.person_id, with_for_update=True, populate_existing=True)
    wanted = _wanted(proposal, person)
    _check_person(act, wanted)
    membership = _carry_out(act, wanted, proposal.reason)
    proposal.decided_by, proposal.decided_at, proposal.membership_id = act.person_id, act.now, membership.id
    change_state(act.actor, "role.confirmed", proposal, S.CONFIRMED, PROPOSALS, at=act.now, reason=proposal.reason)
    return membership


def end_proposal(act: Act, proposal: RoleProposal, *, reason: str) -> None:
    """Whoever proposed a role withdraws it, or another administrator declines it, with a reason."""
    act.require(Permission.ADMIN_PEOPLE_MANAGE)
    _need_reason(reason)
    proposal = _locked(proposal)
    to = S.WITHDRAWN if proposal.proposed_by == act.person_id else S.DECLINED
    change_state(act.actor, f"role.{to}", proposal, to, PROPOSALS, at=act.now, reason=reason)
    proposal.decided_by, proposal.decided_at = act.person_id, act.now


def why_not_confirm(act: Act, proposal: RoleProposal) -> str | None:
    """Why this person cannot confirm the proposal, or None."""
    if proposal.proposed_by == act.actor.person_id:
        return _("You proposed this role: another administrator must confirm it.")
    if proposal.person_id == act.actor.person_id:
        return ITSELF
    return None


def _check(act: Act, wanted: Appointment, reason: str) -> None:
    _need_administrator(act)
    if wanted.person.id == act.person_id:
        raise Forbidden("own_role", ITSELF)
    check_place(wanted.role, wanted.scheme_id, wanted.organisation_id)
    _need_reason(reason)
    _check_person(act, wanted)
    if wanted.stand_in is not None:
        _check_stand_in(act, wanted, wanted.stand_in)


def _check_person(act: Act, wanted: Appointment) -> None:
    """Raises unless the person is not suspended and, but for deputies, does not hold the role yet."""
    if not wanted.person.active:
        raise DomainError("suspended", _("This person is suspended. Reactivate the person first."))
    held = [] if wanted.stand_in else roles_held(wanted.person.id, act.now)
    place = (str(wanted.role), wanted.scheme_id, wanted.organisation_id)
    if any((each.role, each.scheme_id, each.organisation_id) == place for each in held):
        raise Conflict("held_already", _("The person holds this role already."), "role")


def _check_stand_in(act: Act, wanted: Appointment, stand_in: StandIn) -> None:
    if wanted.role in FOR_ORGANISATIONS:
        raise DomainError("no_deputies", _("A firm's own people have no deputies here."), "stands_in_for")
    if stand_in.person.id == wanted.person.id:
        raise DomainError("stands_in_for_itself", _("Nobody is their own deputy."), "stands_in_for")
    held = {(each.role, each.scheme_id) for each in roles_held(stand_in.person.id, act.now)}
    if (str(wanted.role), wanted.scheme_id) not in held:
        words = _("The person stood in for does not hold this role.")
        raise DomainError("nothing_to_stand_in_for", words, "stands_in_for")
    if stand_in.first < act.today:
        raise DomainError("deputy_in_the_past", _("The first day must be today or later."), "first")
    if stand_in.last < stand_in.first:
        raise DomainError("deputy_period", _("The last day must not be before the first."), "last")


def _carry_out(act: Act, wanted: Appointment, reason: str) -> Membership:
    stand_in = wanted.stand_in
    begins, ends = (act.now, None) if stand_in is None else _moments(act, stand_in)
    membership = Membership(
        person_id=wanted.person.id,
        role=str(wanted.role),
        scheme_id=wanted.scheme_id,
        organisation_id=wanted.organisation_id,
        began_at=begins,
        ended_at=ends,
        granted_by=act.person_id,
    )
    give(act, act.actor, membership, reason=reason)
    if stand_in is not None:
        session.add(Deputy(membership_id=membership.id, stands_in_for=stand_in.person.id))
    return membership


def _moments(act: Act, stand_in: StandIn) -> tuple[datetime, datetime]:
    """From the first day's beginning, but not before now, to the end of the last day."""
    if stand_in.last < act.today:
        raise DomainError("deputy_over", _("The last day has passed: decline this proposal and propose another."))
    return max(act.now, datetime.combine(stand_in.first, time(), LONDON)), end_of_london_day(stand_in.last)


def _wanted(proposal: RoleProposal, person: Person) -> Appointment:
    stand_in = None
    if proposal.stands_in_for is not None and proposal.begins_on is not None and proposal.ends_on is not None:
        stand_in = StandIn(session.get_one(Person, proposal.stands_in_for), proposal.begins_on, proposal.ends_on)
    return Appointment(person, Role(proposal.role), proposal.scheme_id, proposal.organisation_id, stand_in)


def _locked(proposal: RoleProposal) -> RoleProposal:
    return session.get_one(RoleProposal, proposal.id, with_for_update=True, populate_existing=True)


def _need_administrator(act: Act) -> None:
    act.require(Permission.ADMIN_PEOPLE_MANAGE)
    act.require_second_factor()


def _need_reason(reason: str) -> None:
    if not reason.strip():
        raise DomainError("reason_needed", _("Say why."), "reason")
