"""Money got back after it was paid. A recovery is a new entry and never reverses defrayal (rule 63)."""

from __future__ import annotations

from sqlalchemy import update

from voucher.audit.commands import begin_state, change_state, record
from voucher.funding.ledger import About, Move, moves, post
from voucher.funding.models import FundingLine
from voucher.funding.queries import split_over, standing_of_debt, standing_of_redemption
from voucher.funding.rules import Account, EntryKind
from voucher.organisations.models import Organisation
from voucher.payments.models import BankLine, Debt
from voucher.payments.open_lines import note_match, open_line, take_from_line
from voucher.payments.queries import debts_of
from voucher.payments.rules import DEBT_TRANSITIONS, DebtState, MatchKind
from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.platform.db import changed_one, session
from voucher.platform.errors import Conflict, DomainError, Forbidden, InvalidTransition
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.i18n import said
from voucher.platform.money import Amount
from voucher.platform.references import new_reference
from voucher.platform.states import allowed
from voucher.redemptions.models import Redemption
from voucher.redemptions.queries import lock_redemption
from voucher.redemptions.rules import DEFRAYED, REDEMPTION_TRANSITIONS, RedemptionState

D = DebtState


def raise_debt(act: Act, redemption: Redemption, *, owed_by: Organisation, pence: int, reason: str) -> Debt:
    """Raises a debt for a paid claim against its provider or its business, up to what was paid."""
    act.require(Permission.FUNDING_DEBTS_MANAGE, scheme_id=redemption.scheme_id)
    _need_reason(reason)
    redemption = lock_redemption(redemption.id)
    if redemption.state not in DEFRAYED:
        raise DomainError(
            "not_paid",
            said(
                "Claim %(redemption)s is %(state)s: nothing was paid on it.",
                redemption=redemption.reference,
                state=said(redemption.state),
            ),
        )
    if owed_by.id not in (redemption.provider.organisation_id, redemption.voucher.business_id):
        raise DomainError("owed_by", _("A debt is owed by the claim's provider or its business."), "owed_by")
    most = redemption.grant_pence - debts_of(redemption.id)
    if not 0 < pence <= most:
        raise DomainError(
            "amount", said("A debt of up to %(most)s can be raised on this claim.", most=Amount(most)), "amount"
        )
    debt = Debt(
        reference=new_reference(redemption.voucher.scheme.reference, "R"),
        scheme_id=redemption.scheme_id,
        redemption_id=redemption.id,
        owed_by_id=owed_by.id,
        state=D.RAISED,
        pence=pence,
        outstanding_pence=pence,
        reason=reason,
        raised_by=act.person_id,
        raised_at=act.now,
    )
    session.add(debt)
    begin_state(act.actor, "debt.raised", debt, at=act.now, reason=reason)
    parts = split_over(pence, _paid_parts(redemption))
    about = About(voucher_id=redemption.voucher_id, redemption_id=redemption.id, debt_id=debt.id)
    post(
        act,
        EntryKind.DEBT_RAISED,
        debt.scheme_id,
        moves(parts, Account.DEBT, Account.RECEIVABLE, about),
        reason=reason,
    )
    return debt


def _paid_parts(redemption: Redemption) -> dict[int, int]:
    """What was paid on the claim by line, disallowed since or not."""
    paid = standing_of_redemption(redemption.id, Account.DEFRAYED)
    disallowed = standing_of_redemption(redemption.id, Account.DISALLOWED)
    return {line: paid.get(line, 0) + disallowed.get(line, 0) for line in sorted(paid.keys() | disallowed.keys())}


def match_recovery(act: Act, line: BankLine, debt: Debt) -> None:
    """Matches money in to a debt, wholly or in part: re-usable or owed to the funder, as each agreement says."""
    line = open_line(act, line, out=False)
    debt = session.get_one(Debt, debt.id, with_for_update=True, populate_existing=True)
    pence = line.open_pence
    _lower(debt, pence)
    take_from_line(line, pence)
    parts = split_over(pence, standing_of_debt(debt.id, Account.RECEIVABLE))
    about = About(redemption_id=debt.redemption_id, debt_id=debt.id)
    movements: list[Move] = []
    for line_id, part in parts.items():
        if part:
            agreement = session.get_one(FundingLine, line_id).agreement
            kept = Account.UNALLOCATED if agreement.recoveries_reusable else Account.REPAYABLE
            movements += [
                Move(line_id, Account.RECEIVABLE, Account.DEBT, part, about),
                Move(line_id, Account.RECOVERED, kept, part, about),
                Move(line_id, Account.CASH_RECOVERED, Account.CASH, part, about),
            ]
    post(
        act,
        EntryKind.DEBT_REPAID,
        debt.scheme_id,
        movements,
        reason=f"debt {debt.reference} repaid",
        happened_on=line.booked_on,
    )
    note_match(act, line, MatchKind.RECOVERY, pence, debt_id=debt.id)
    to = D.PART_REPAID if debt.outstanding_pence else D.REPAID
    if debt.state != to:
        change_state(act.actor, "debt.recovered", debt, to, DEBT_TRANSITIONS, at=act.now, pence=pence)
    claim = lock_redemption(debt.redemption_id)
    if claim.state == RedemptionState.PAID:
        change_state(act.actor, "claim.recovered", claim, RedemptionState.RECOVERED, REDEMPTION_TRANSITIONS, at=act.now)


def _lower(debt: Debt, pence: int) -> None:
    guarded = (
        update(Debt)
        .where(Debt.id == debt.id, Debt.outstanding_pence >= pence)
        .values(outstanding_pence=Debt.outstanding_pence - pence)
    )
    if not changed_one(session.execute(guarded, execution_options={"synchronize_session": False})):
        raise Conflict(
            "more_than_owed",
            said(
                "%(outstanding)s is outstanding on debt %(debt)s.",
                outstanding=Amount(debt.outstanding_pence),
                debt=debt.reference,
            ),
        )
    session.refresh(debt)


def write_off(act: Act, debt: Debt, *, reason: str) -> bool:
    """Writes off what is outstanding: asked by one person, done when a second agrees. True when it was done."""
    act.require(Permission.FUNDING_DEBTS_MANAGE, scheme_id=debt.scheme_id)
    _need_reason(reason)
    debt = session.get_one(Debt, debt.id, with_for_update=True, populate_existing=True)
    if not allowed(DEBT_TRANSITIONS, debt.state, D.WRITTEN_OFF):
        raise InvalidTransition("debt", debt.reference, debt.state, D.WRITTEN_OFF)
    if debt.write_off_asked_by is None:
        debt.write_off_asked_by = act.person_id
        record(act.actor, "debt.write_off_asked", debt, at=act.now, reason=reason, pence=debt.outstanding_pence)
        return False
    if debt.write_off_asked_by == act.person_id:
        raise Forbidden("write_off_duty", _("You asked for the write-off: a second person must agree to it."))
    pence = debt.outstanding_pence
    debt.write_off_approved_by = act.person_id
    change_state(
        act.actor, "debt.written_off", debt, D.WRITTEN_OFF, DEBT_TRANSITIONS, at=act.now, reason=reason, pence=pence
    )
    parts = split_over(pence, standing_of_debt(debt.id, Account.RECEIVABLE))
    about = About(redemption_id=debt.redemption_id, debt_id=debt.id)
    post(
        act,
        EntryKind.DEBT_WRITTEN_OFF,
        debt.scheme_id,
        moves(parts, Account.RECEIVABLE, Account.DEBT, about),
        reason=reason,
    )
    _lower(debt, pence)
    return True


def disallow_claim(act: Act, redemption: Redemption, *, pence: int, reason: str) -> None:
    """The funder disallows part of what was paid: the authority bears it, and the line's cash is made whole."""
    act.require(Permission.FUNDING_DEBTS_MANAGE, scheme_id=redemption.scheme_id)
    _need_reason(reason)
    redemption = lock_redemption(redemption.id)
    most = redemption.grant_pence - redemption.disallowed_pence if redemption.state in DEFRAYED else 0
    if not 0 < pence <= most:
        raise DomainError(
            "amount", said("Up to %(most)s of this claim can be disallowed.", most=Amount(most)), "amount"
        )
    redemption.disallowed_pence += pence
    parts = split_over(pence, standing_of_redemption(redemption.id, Account.DEFRAYED))
    about = About(voucher_id=redemption.voucher_id, redemption_id=redemption.id)
    post(
        act,
        EntryKind.DISALLOWED,
        redemption.scheme_id,
        [
            *moves(parts, Account.DEFRAYED, Account.DISALLOWED, about),
            *moves(parts, Account.CASH_BORNE, Account.CASH, about),
        ],
        reason=reason,
    )
    record(act.actor, "claim.disallowed", redemption, at=act.now, reason=reason, pence=pence)


def _need_reason(reason: str) -> None:
    if not reason.strip():
        raise DomainError("reason_needed", _("Say why: the reason stands in the history."), "reason")
