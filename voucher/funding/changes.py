"""Changes of a signed agreement, which take two people: its award, money between its lines, what it says beside them.

A change never edits a version, it adds one. Only a confirmed proposal moves money here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from sqlalchemy import select

from voucher.accounts.rules import PROPOSALS
from voucher.accounts.rules import ProposalState as S
from voucher.audit.commands import begin_state, change_state, record
from voucher.funding.conditions import Conditions, conditions_from
from voucher.funding.ledger import Move, post, refuse_short
from voucher.funding.models import Agreement, AgreementChange, AgreementProposal
from voucher.funding.policy import why_not_confirm
from voucher.funding.queries import awards_by_code, conditions_of, line_by_code
from voucher.funding.rules import Account, ChangeKind, ChangeState, EntryKind
from voucher.funding.versions import check_conditions, keep_conditions, log_change
from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.platform.db import session
from voucher.platform.errors import Conflict, DomainError, Forbidden
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.i18n import said
from voucher.platform.money import Amount
from voucher.schemes.models import Scheme


def propose_award(act: Act, agreement: Agreement, changes: Mapping[str, int], *, reason: str) -> AgreementProposal:
    """Proposes to raise or lower the award of lines by signed pence."""
    _may_propose(act, agreement, reason)
    wanted = {line_by_code(agreement, code).code: pence for code, pence in changes.items() if pence}
    if not wanted:
        raise DomainError("no_change", _("Say by how much the award of a line changes."), "changes")
    _check_cuts(agreement, wanted)
    return _propose(act, agreement, ChangeKind.AWARD, {"changes": wanted}, reason)


def _check_cuts(agreement: Agreement, changes: Mapping[str, int]) -> None:
    """Refuses a cut of more than a line was awarded, which could never be applied."""
    awards = awards_by_code(agreement)
    for code, pence in changes.items():
        if awards[code] + pence < 0:
            raise DomainError(
                "award_negative",
                said("Line %(line)s was awarded %(award)s: cut it by no more.", line=code, award=Amount(awards[code])),
                "changes",
            )


def propose_virement(
    act: Act, agreement: Agreement, *, source: str, target: str, pence: int, reason: str
) -> AgreementProposal:
    """Proposes to move unallocated money from one line to another; raises Conflict when the line has less."""
    _may_propose(act, agreement, reason)
    if pence <= 0 or source == target:
        words = _("A virement moves an amount above zero between two different lines.")
        raise DomainError("virement", words, "amount")
    giving, taking = line_by_code(agreement, source), line_by_code(agreement, target)
    if giving.unallocated_pence < pence:
        refuse_short(giving.id, pence)
    content = {"source": giving.code, "target": taking.code, "pence": pence}
    return _propose(act, agreement, ChangeKind.VIREMENT, content, reason)


def propose_conditions(act: Act, agreement: Agreement, conditions: Conditions, *, reason: str) -> AgreementProposal:
    """Proposes what the agreement is to say beside its award, its profile by quarter with it."""
    _may_propose(act, agreement, reason)
    if conditions.plain() == conditions_of(agreement.id).plain():
        raise DomainError("no_change", _("This is what the agreement says already."))
    check_conditions(agreement, conditions, awards_by_code(agreement))
    return _propose(act, agreement, ChangeKind.CONDITIONS, conditions.plain(), reason)


def _may_propose(act: Act, agreement: Agreement, reason: str) -> None:
    act.require(Permission.FUNDING_AGREEMENTS_MANAGE, scheme_id=agreement.scheme_id)
    _need_reason(reason)


def _propose(
    act: Act, agreement: Agreement, kind: ChangeKind, content: Mapping[str, object], reason: str
) -> AgreementProposal:
    agreement = _lock(agreement)
    if session.scalar(
        select(AgreementProposal.id).where(
            AgreementProposal.agreement_id == agreement.id,
            AgreementProposal.kind == str(kind),
            AgreementProposal.state == S.PROPOSED,
        )
    ):
        words = _("Such a change waits for a second person already: it is confirmed or ended before another.")
        raise Conflict("proposed_already", words)
    proposal = AgreementProposal(
        scheme_id=agreement.scheme_id,
        agreement=agreement,
        kind=str(kind),
        content=dict(content),
        reason=reason.strip(),
        state=S.PROPOSED,
        proposed_by=act.person_id,
        proposed_at=act.now,
    )
    session.add(proposal)
    begin_state(act.actor, "agreement.change_proposed", proposal, at=act.now, reason=reason, content=dict(content))
    return proposal


def confirm_change(act: Act, proposal: AgreementProposal) -> AgreementChange | None:
    """A second person confirms: the change is carried out as a new version of the agreement.

    Gives the version of the award, which may wait for money; None where only the conditions changed. Raises Forbidden
    for whoever proposed it, and Conflict when a line has too little unallocated money by now.
    """
    act.require(Permission.FUNDING_AGREEMENTS_MANAGE, scheme_id=proposal.scheme_id)
    act.require_second_factor()
    agreement = _lock(proposal.agreement)
    proposal = _lock_proposal(proposal)
    refusal = why_not_confirm(act.actor, proposal)
    if refusal:
        raise Forbidden("agreement_duty", refusal)
    change_state(
        act.actor, "agreement.change_confirmed", proposal, S.CONFIRMED, PROPOSALS, at=act.now, reason=proposal.reason
    )
    proposal.decided_by, proposal.decided_at = act.person_id, act.now
    agreement.version += 1
    return CARRY_OUT[ChangeKind(proposal.kind)](act, agreement, proposal)


def end_proposal(act: Act, proposal: AgreementProposal, *, reason: str) -> None:
    """Whoever proposed it withdraws it, or another funding manager declines it, with a reason."""
    act.require(Permission.FUNDING_AGREEMENTS_MANAGE, scheme_id=proposal.scheme_id)
    _need_reason(reason)
    proposal = _lock_proposal(proposal)
    to = S.WITHDRAWN if proposal.proposed_by == act.actor.person_id else S.DECLINED
    change_state(act.actor, f"agreement.change_{to}", proposal, to, PROPOSALS, at=act.now, reason=reason.strip())
    proposal.decided_by, proposal.decided_at = act.person_id, act.now


def _change_award(act: Act, agreement: Agreement, proposal: AgreementProposal) -> AgreementChange:
    """A cut beyond what is unallocated is kept as pending, with its shortfall, until enough has been released."""
    changes = cast(Mapping[str, int], proposal.content["changes"])
    _check_cuts(agreement, changes)
    state = ChangeState.PENDING if shortfall(agreement, changes) else ChangeState.APPLIED
    change = log_change(act, agreement, changes, proposal.reason, state, proposed_by=proposal.proposed_by)
    if state == ChangeState.APPLIED:
        _apply(act, agreement, changes, proposal.reason)
    record(
        act.actor,
        f"agreement.change_{state}",
        agreement,
        at=act.now,
        reason=proposal.reason,
        pence=sum(changes.values()),
        details=dict(changes),
    )
    return change


def _move_between_lines(act: Act, agreement: Agreement, proposal: AgreementProposal) -> AgreementChange:
    content, reason = proposal.content, proposal.reason
    pence = cast(int, content["pence"])
    giving, taking = (line_by_code(agreement, str(content[key])) for key in ("source", "target"))
    changes = {giving.code: -pence, taking.code: pence}
    change = log_change(act, agreement, changes, reason, ChangeState.APPLIED, proposed_by=proposal.proposed_by)
    post(
        act,
        EntryKind.VIREMENT,
        agreement.scheme_id,
        [
            Move(giving.id, Account.UNALLOCATED, Account.AWARD, pence),
            Move(taking.id, Account.AWARD, Account.UNALLOCATED, pence),
        ],
        reason=reason,
    )
    details = {"from": giving.code, "to": taking.code}
    record(act.actor, "agreement.virement", agreement, at=act.now, reason=reason, pence=pence, details=details)
    return change


def _change_conditions(act: Act, agreement: Agreement, proposal: AgreementProposal) -> None:
    before = conditions_of(agreement.id).plain()
    after = conditions_from(proposal.content)
    keep_conditions(
        act,
        agreement,
        after,
        awards_by_code(agreement),
        reason=proposal.reason,
        proposed_by=proposal.proposed_by,
    )
    details = {name: [before[name], value] for name, value in after.plain().items() if before[name] != value}
    record(act.actor, "agreement.conditions_changed", agreement, at=act.now, reason=proposal.reason, details=details)


CARRY_OUT = {
    ChangeKind.AWARD: _change_award,
    ChangeKind.VIREMENT: _move_between_lines,
    ChangeKind.CONDITIONS: _change_conditions,
}


def shortfall(agreement: Agreement, changes: Mapping[str, int]) -> int:
    """By how many pence the cuts exceed what is unallocated on their lines."""
    return sum(
        max(0, -pence - line_by_code(agreement, code).unallocated_pence) for code, pence in changes.items() if pence < 0
    )


def apply_pending_changes(act: Act, scheme: Scheme) -> int:
    """Applies the cuts that waited for money and now have it; gives their number."""
    waiting = session.scalars(
        select(AgreementChange)
        .join(Agreement)
        .where(Agreement.scheme_id == scheme.id, AgreementChange.state == ChangeState.PENDING)
        .order_by(AgreementChange.agreement_id, AgreementChange.id)  # agreements are locked in the order of their rows
    ).all()
    applied = 0
    for change in waiting:
        agreement = _lock(change.agreement)
        if not _still_pending(change) or shortfall(agreement, change.changes):
            continue
        _apply(act, agreement, change.changes, change.reason)
        change.state, change.applied_at = str(ChangeState.APPLIED), act.now
        record(act.actor, "agreement.pending_change_applied", agreement, at=act.now, reason=change.reason)
        applied += 1
    return applied


def _apply(act: Act, agreement: Agreement, changes: Mapping[str, int], reason: str) -> None:
    for kind, source, target, sign in (
        (EntryKind.AGREEMENT_RAISED, Account.AWARD, Account.UNALLOCATED, 1),
        (EntryKind.AGREEMENT_LOWERED, Account.UNALLOCATED, Account.AWARD, -1),
    ):
        movements = [
            Move(line_by_code(agreement, code).id, source, target, sign * pence)
            for code, pence in changes.items()
            if sign * pence > 0
        ]
        if movements:
            post(act, kind, agreement.scheme_id, movements, reason=reason)


def _lock(agreement: Agreement) -> Agreement:
    """The agreement and its lines, read again under lock."""
    found = session.get_one(Agreement, agreement.id, with_for_update=True, populate_existing=True)
    for line in found.lines:
        session.refresh(line)
    return found


def _lock_proposal(proposal: AgreementProposal) -> AgreementProposal:
    return session.get_one(AgreementProposal, proposal.id, with_for_update=True, populate_existing=True)


def _still_pending(change: AgreementChange) -> bool:
    """Whether nobody was faster; asked under the agreement's lock."""
    session.refresh(change)
    return change.state == ChangeState.PENDING


def _need_reason(reason: str) -> None:
    if not reason.strip():
        raise DomainError("reason_needed", _("Say why: the reason stands in the agreement's history."), "reason")
