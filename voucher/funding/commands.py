"""Agreements: signing, changing the award, virement; and opening a round over lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from voucher.audit.commands import record
from voucher.funding.ledger import Move, post
from voucher.funding.models import Agreement, AgreementChange, FundingLine, RoundLine
from voucher.funding.queries import line_by_code
from voucher.funding.rules import Account, ChangeState, EntryKind, LineKind, last_day_fits
from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.platform.db import session
from voucher.platform.errors import DomainError
from voucher.platform.money import pounds
from voucher.schemes.models import Round, Scheme


@dataclass(frozen=True)
class LineTerms:
    """A line as an agreement gives it: its code, name, kind and award in pence."""

    code: str
    name: str
    kind: LineKind
    pence: int


@dataclass(frozen=True)
class AgreementTerms:
    """What a funder's agreement says."""

    reference: str
    funder_id: int
    signed_on: date
    starts_on: date
    ends_on: date
    lines: tuple[LineTerms, ...]
    intervention_rate_bp: int | None
    recoveries_reusable: bool
    signer_title: str
    signer_statute: str
    signer_wording: str


def sign_agreement(act: Act, scheme: Scheme, terms: AgreementTerms, *, closed_through: date | None = None) -> Agreement:
    """Enters a funder's signed agreement: its award becomes unallocated money of its lines.

    ``closed_through`` is given when a scheme is taken over with figures already signed elsewhere.
    """
    act.require(Permission.FUNDING_AGREEMENTS_MANAGE, scheme_id=scheme.id)
    if terms.starts_on > terms.ends_on:
        raise DomainError("dates", "The agreement ends before it starts.", "ends_on")
    if not terms.lines:
        raise DomainError("no_lines", "An agreement has at least one funding line.", "lines")
    codes = [line.code for line in terms.lines]
    twice = next((code for code in codes if codes.count(code) > 1), None)
    if twice:
        raise DomainError("line_twice", f"Line {twice} is there twice: give each line a code of its own.", "lines")
    if session.scalar(
        select(Agreement.id).where(Agreement.scheme_id == scheme.id, Agreement.reference == terms.reference)
    ):
        raise DomainError("agreement_exists", f"Agreement {terms.reference} is there already.", "reference")
    agreement = Agreement(
        scheme_id=scheme.id,
        funder_id=terms.funder_id,
        reference=terms.reference,
        version=1,
        signed_on=terms.signed_on,
        starts_on=terms.starts_on,
        ends_on=terms.ends_on,
        closed_through=closed_through,
        intervention_rate_bp=terms.intervention_rate_bp,
        recoveries_reusable=terms.recoveries_reusable,
        signer_title=terms.signer_title,
        signer_statute=terms.signer_statute,
        signer_wording=terms.signer_wording,
    )
    session.add(agreement)
    session.flush()
    _add_lines(act, agreement, terms.lines)
    record(act.actor, "agreement.signed", agreement, at=act.now, pence=sum(line.pence for line in terms.lines))
    return agreement


def _add_lines(act: Act, agreement: Agreement, lines: Sequence[LineTerms]) -> None:
    for position, line in enumerate(lines, start=1):
        if line.pence < 0:
            raise DomainError("negative_award", f"Line {line.code}: an award is not below zero.", "pence")
        session.add(
            FundingLine(
                scheme_id=agreement.scheme_id,
                agreement_id=agreement.id,
                code=line.code,
                name=line.name,
                kind=str(line.kind),
                position=position,
            )
        )
    session.flush()
    session.refresh(agreement, ["lines"])
    awards = {line_by_code(agreement, line.code).id: line.pence for line in lines}
    _log_change(act, agreement, {line.code: line.pence for line in lines}, "agreement signed", ChangeState.APPLIED)
    raised = [Move(i, Account.AWARD, Account.UNALLOCATED, pence) for i, pence in awards.items() if pence]
    if raised:
        post(
            act,
            EntryKind.AGREEMENT_RAISED,
            agreement.scheme_id,
            raised,
            reason=f"agreement {agreement.reference} signed",
            happened_on=agreement.signed_on,
        )


def _log_change(
    act: Act, agreement: Agreement, changes: Mapping[str, int], reason: str, state: ChangeState
) -> AgreementChange:
    change = AgreementChange(
        agreement_id=agreement.id,
        version=agreement.version,
        state=str(state),
        reason=reason,
        by_id=act.person_id,
        at=act.now,
        changes=dict(changes),
        applied_at=act.now if state == ChangeState.APPLIED else None,
    )
    session.add(change)
    return change


def change_award(act: Act, agreement: Agreement, changes: Mapping[str, int], *, reason: str) -> AgreementChange:
    """Raises or lowers the award of lines by signed pence, as a new version of the agreement.

    A cut beyond what is unallocated is kept as pending, with its shortfall, until enough money has been released.
    """
    act.require(Permission.FUNDING_AGREEMENTS_MANAGE, scheme_id=agreement.scheme_id)
    _need_reason(reason)
    if not any(changes.values()):
        raise DomainError("no_change", "Say by how much the award of a line changes.", "changes")
    agreement = _lock(agreement)
    state = ChangeState.PENDING if shortfall(agreement, changes) else ChangeState.APPLIED
    agreement.version += 1
    change = _log_change(act, agreement, changes, reason, state)
    if state == ChangeState.APPLIED:
        _apply(act, agreement, changes, reason)
    record(
        act.actor,
        f"agreement.change_{state}",
        agreement,
        at=act.now,
        reason=reason,
        pence=sum(changes.values()),
        details=dict(changes),
    )
    return change


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


def move_between_lines(act: Act, agreement: Agreement, *, source: str, target: str, pence: int, reason: str) -> None:
    """Virement: moves unallocated money from one line of the agreement to another, as a new version."""
    act.require(Permission.FUNDING_AGREEMENTS_MANAGE, scheme_id=agreement.scheme_id)
    _need_reason(reason)
    if pence <= 0 or source == target:
        raise DomainError("virement", "A virement moves an amount above zero between two different lines.", "amount")
    agreement = _lock(agreement)
    giving, taking = line_by_code(agreement, source), line_by_code(agreement, target)
    agreement.version += 1
    _log_change(act, agreement, {source: -pence, target: pence}, reason, ChangeState.APPLIED)
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
    record(
        act.actor,
        "agreement.virement",
        agreement,
        at=act.now,
        reason=reason,
        pence=pence,
        details={"from": source, "to": target},
    )


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


def _still_pending(change: AgreementChange) -> bool:
    """Whether nobody was faster; asked under the agreement's lock."""
    session.refresh(change)
    return change.state == ChangeState.PENDING


def _need_reason(reason: str) -> None:
    if not reason.strip():
        raise DomainError("reason_needed", "Say why: the reason stands in the agreement's history.", "reason")


def draw_on(act: Act, target: Round, shares: Sequence[tuple[FundingLine, int]]) -> None:
    """Says which lines a round draws on, and with which fixed shares in ten-thousandths that sum to 10,000.

    Raises DomainError when the round has no budget, when a line has less unallocated than the round would draw from it,
    and when a voucher issued on the round's last day could not be claimed and paid before an agreement ends (rule 25).
    """
    if sum(share for _line, share in shares) != 10_000:
        raise DomainError("shares", "The lines' shares must come to 100%.", "shares")
    if target.budget_pence <= 0:
        raise DomainError("no_budget", "A round cannot open without a budget.", "budget")
    for position, (line, share_bp) in enumerate(shares, start=1):
        needed = target.budget_pence * share_bp // 10_000
        if line.kind == LineKind.ADMINISTRATION:
            raise DomainError("administration_line", f"Line {line.code} is for administration only.", "shares")
        if needed > line.unallocated_pence:
            raise DomainError(
                "budget_beyond_line",
                f"The round would draw {pounds(needed)} from line {line.code}, which has "
                f"{pounds(line.unallocated_pence)} unallocated.",
                "budget",
            )
        late = _late_last_day(target, line.agreement)
        if late:
            raise DomainError("too_late", late, "closes_on")
        session.add(RoundLine(round_id=target.id, line_id=line.id, share_bp=share_bp, position=position))
    session.flush()


def check_rounds_end_in_time(act: Act, scheme: Scheme) -> None:
    """Raises DomainError when settings let a voucher of a round that has not closed outlast what may be paid for it."""
    rounds = select(RoundLine, Round).join(Round, Round.id == RoundLine.round_id)
    still_open = rounds.where(Round.scheme_id == scheme.id, Round.closes_on >= act.today)
    for drawn, target in session.execute(still_open.order_by(Round.id, RoundLine.position)).all():
        late = _late_last_day(target, drawn.line.agreement)
        if late:
            raise DomainError("too_late", f"Round {target.code}: {late}")


def _late_last_day(target: Round, agreement: Agreement) -> str | None:
    """What to say of a round whose last voucher would leave no time to claim and pay; None for one in time."""
    scheme = target.scheme
    last_day = date.fromordinal(target.closes_on.toordinal() + scheme.offer_days + target.voucher_type.validity_days)
    last_day = min(last_day, scheme.ends_on)
    if last_day_fits(
        last_day,
        claim_window_days=scheme.claim_window_days,
        payment_days=scheme.payment_days,
        agreement_ends_on=agreement.ends_on,
    ):
        return None
    return (
        f"A voucher of this round could run to {last_day.isoformat()}; "
        f"{scheme.claim_window_days} days to claim and "
        f"{scheme.payment_days} to pay go beyond the end of agreement {agreement.reference}."
    )


def award_of(agreement: Agreement) -> int:
    """The sum of the agreement's applied versions, in pence: the domain's own word beside the ledger's."""
    applied = session.scalars(
        select(AgreementChange.changes).where(
            AgreementChange.agreement_id == agreement.id, AgreementChange.state == ChangeState.APPLIED
        )
    ).all()
    return sum(sum(change.values()) for change in applied)
