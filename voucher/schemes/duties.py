"""Duties that a scheme may join for a small team: making one weaker takes two people, making it strict again one."""

from __future__ import annotations

from sqlalchemy import select

from voucher.accounts.rules import PROPOSALS
from voucher.accounts.rules import ProposalState as S
from voucher.audit.commands import begin_state, change_state, record
from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.platform.db import session
from voucher.platform.errors import Conflict, DomainError, Forbidden
from voucher.platform.i18n import gettext_noop as _
from voucher.schemes.models import DutyProposal, Scheme
from voucher.schemes.rules import WEAKER, Duty


def is_weak(scheme: Scheme, duty: Duty) -> bool:
    """Whether the duty asks for fewer people in this scheme."""
    return bool(getattr(scheme, duty) == WEAKER[duty])


def propose_weaker(act: Act, scheme: Scheme, duty: Duty, *, reason: str) -> DutyProposal:
    """Proposes to make a duty weaker, for the scheme's signer to confirm."""
    act.require(Permission.SCHEMES_SET_UP, scheme_id=scheme.id)
    act.require_second_factor()
    _need_reason(reason)
    scheme = _locked(scheme)
    if is_weak(scheme, duty):
        raise DomainError("weak_already", _("This is so already."))
    if session.scalar(
        select(DutyProposal.id).where(
            DutyProposal.scheme_id == scheme.id, DutyProposal.duty == str(duty), DutyProposal.state == S.PROPOSED
        )
    ):
        raise Conflict("proposed_already", _("This is proposed already and waits for the signer."))
    proposal = DutyProposal(
        scheme=scheme,
        duty=str(duty),
        reason=reason.strip(),
        state=S.PROPOSED,
        proposed_by=act.person_id,
        proposed_at=act.now,
    )
    session.add(proposal)
    begin_state(act.actor, "duty.proposed", proposal, at=act.now, reason=proposal.reason)
    return proposal


def confirm_weaker(act: Act, proposal: DutyProposal) -> None:
    """The signer confirms, and the duty is weaker from now on; raises Forbidden for whoever proposed it."""
    act.require(Permission.STATEMENTS_SIGN, scheme_id=proposal.scheme_id)
    act.require_second_factor()
    proposal = _locked_proposal(proposal)
    refusal = why_not_confirm(act, proposal)
    if refusal:
        raise Forbidden("duty_duty", refusal)
    change_state(act.actor, "duty.confirmed", proposal, S.CONFIRMED, PROPOSALS, at=act.now, reason=proposal.reason)
    proposal.decided_by, proposal.decided_at = act.person_id, act.now
    duty = Duty(proposal.duty)
    _set(act, _locked(proposal.scheme), duty, value=WEAKER[duty], reason=proposal.reason)


def end_duty_proposal(act: Act, proposal: DutyProposal, *, reason: str) -> None:
    """Whoever proposed it withdraws it, or the signer declines it, with a reason."""
    own = proposal.proposed_by == act.actor.person_id
    act.require(Permission.SCHEMES_SET_UP if own else Permission.STATEMENTS_SIGN, scheme_id=proposal.scheme_id)
    _need_reason(reason)
    proposal = _locked_proposal(proposal)
    to = S.WITHDRAWN if own else S.DECLINED
    change_state(act.actor, f"duty.{to}", proposal, to, PROPOSALS, at=act.now, reason=reason.strip())
    proposal.decided_by, proposal.decided_at = act.person_id, act.now


def make_strict(act: Act, scheme: Scheme, duty: Duty, *, reason: str) -> None:
    """Makes a duty strict again from now on, which takes one person."""
    act.require(Permission.SCHEMES_SET_UP, scheme_id=scheme.id)
    _need_reason(reason)
    scheme = _locked(scheme)
    if not is_weak(scheme, duty):
        raise DomainError("strict_already", _("This is so already."))
    _set(act, scheme, duty, value=not WEAKER[duty], reason=reason.strip())


def why_not_confirm(act: Act, proposal: DutyProposal) -> str | None:
    """Why this person cannot confirm the proposal, or None."""
    if proposal.proposed_by == act.actor.person_id:
        return _("You proposed this: the signer must confirm it, and must be somebody else.")
    if not act.actor.may(Permission.STATEMENTS_SIGN, scheme_id=proposal.scheme_id):
        return _("Only the signer of the scheme confirms this.")
    return None


def _set(act: Act, scheme: Scheme, duty: Duty, *, value: bool, reason: str) -> None:
    details = {str(duty): [getattr(scheme, duty), value]}
    setattr(scheme, duty, value)
    record(act.actor, "scheme.duty_changed", scheme, at=act.now, reason=reason, details=details)


def _locked(scheme: Scheme) -> Scheme:
    return session.get_one(Scheme, scheme.id, with_for_update=True, populate_existing=True)


def _locked_proposal(proposal: DutyProposal) -> DutyProposal:
    return session.get_one(DutyProposal, proposal.id, with_for_update=True, populate_existing=True)


def _need_reason(reason: str) -> None:
    if not reason.strip():
        raise DomainError("reason_needed", _("Say why."), "reason")
