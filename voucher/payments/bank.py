"""What really left and reached the bank: typed lines, and what each was found to be (rules 35, 37).

Only a match here makes a payment *defrayed*. A return reverses that on the bank's own day and re-opens the claims.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import update

from voucher.audit.commands import change_state, record
from voucher.audit.rules import Override
from voucher.funding.ledger import About, Move, moves, post
from voucher.funding.models import Agreement, FundingLine
from voucher.funding.queries import balances, standing_of_redemption
from voucher.funding.rules import Account, EntryKind
from voucher.payments.models import BankLine, BankMatch, Batch, Drawdown, Payment
from voucher.payments.policy import why_line_is_no_evidence
from voucher.payments.queries import lock_bank_line, lock_batch, lock_payment
from voucher.payments.rules import (
    BATCH_TRANSITIONS,
    PAYMENT_TRANSITIONS,
    BatchState,
    LineSource,
    MatchKind,
    PaymentState,
    in_window,
    names_payment,
)
from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.platform.db import changed_one, session
from voucher.platform.errors import Conflict, DomainError, Forbidden
from voucher.platform.money import pounds
from voucher.platform.references import new_reference
from voucher.redemptions.models import Redemption
from voucher.redemptions.queries import lock_redemption
from voucher.redemptions.rules import REDEMPTION_TRANSITIONS, RedemptionState
from voucher.schemes.models import Scheme

R = RedemptionState


def type_bank_line(
    act: Act, scheme: Scheme, *, booked_on: date, pence: int, bank_reference: str, counterparty: str
) -> BankLine:
    """A line typed from the bank's own statement; money in is above zero. It is counted as typed on statements."""
    act.require(Permission.BANK_LINES_TYPE, scheme_id=scheme.id)
    if pence == 0:
        raise DomainError("amount", "A bank line moves money: enter its amount, with a minus for money out.", "amount")
    if booked_on > act.today:
        raise DomainError("booked_on", "The bank's day lies in the future.", "booked_on")
    line = BankLine(
        scheme_id=scheme.id,
        source=str(LineSource.TYPED),
        booked_on=booked_on,
        pence=pence,
        open_pence=abs(pence),
        bank_reference=bank_reference.strip(),
        counterparty=counterparty.strip(),
        entered_by=act.person_id,
        entered_at=act.now,
    )
    session.add(line)
    session.flush()
    record(act.actor, "bank_line.typed", line, at=act.now, pence=pence)
    return line


def match_payments(act: Act, line: BankLine, payments: Sequence[Payment], *, reason: str = "") -> None:
    """Matches money out to one payment or several that it paid in one sum: they are defrayed on the bank's day.

    Raises DomainError unless the amounts agree to the penny and the day lies in the window after the export; a line
    that does not carry the payments' references needs a reason, and is counted.
    """
    line = open_line(act, line, out=True)
    for batch in sorted({payment.batch for payment in payments}, key=lambda each: each.id):
        lock_batch(batch)  # before its payments, as a recall does, so that the two never wait for each other
    payments = [lock_payment(payment) for payment in payments]
    if not payments or len({payment.id for payment in payments}) != len(payments):
        raise DomainError("payments", "Name each payment that the line paid, once.", "payment")
    total = sum(payment.pence for payment in payments)
    if total != line.open_pence:
        raise DomainError(
            "amounts_differ", f"The line has {pounds(line.open_pence)} open; the payments come to {pounds(total)}."
        )
    unnamed = [p for p in payments if not _named(line, p)]
    if unnamed and not reason.strip():
        raise DomainError(
            "reference_differs",
            f"The line does not carry the reference {unnamed[0].reference}. Say why it is that payment all the same.",
            "reason",
        )
    scheme = session.get_one(Scheme, line.scheme_id)
    for payment in payments:
        _refuse_weak_evidence(line, payment, scheme)
        take_from_line(line, payment.pence)
        _defray(act, line, payment)
        note_match(act, line, MatchKind.PAYMENT, payment.pence, payment_id=payment.id, reason=reason)
        record(
            act.actor,
            "payment.matched",
            payment,
            at=act.now,
            reason=reason,
            override=Override.MATCH_WITHOUT_REFERENCE if payment in unnamed else None,
            pence=payment.pence,
            details={"bank_line": line.public_id},
        )
    for batch in {payment.batch_id: payment.batch for payment in payments}.values():
        _settle(act, lock_batch(batch))


def _named(line: BankLine, payment: Payment) -> bool:
    return names_payment(line.bank_reference, payment.reference) or names_payment(
        line.bank_reference, payment.batch.reference
    )


def _refuse_weak_evidence(line: BankLine, payment: Payment, scheme: Scheme) -> None:
    if payment.state != PaymentState.EXPORTED:
        raise DomainError("not_exported", f"Payment {payment.reference} is {payment.state}; it cannot have been paid.")
    refusal = why_line_is_no_evidence(line, payment)
    if refusal:
        raise Forbidden("bank_line_duty", refusal)
    exported_on = payment.batch.exported_on
    if exported_on is None or not in_window(line.booked_on, exported_on, scheme.match_days):
        raise DomainError(
            "out_of_window",
            f"The bank's day must lie between the export ({exported_on}) and {scheme.match_days} days after it.",
        )


def open_line(act: Act, line: BankLine, *, out: bool) -> BankLine:
    """The line under lock; raises DomainError when it is explained already or goes the other way."""
    act.require(Permission.BANK_LINES_MATCH, scheme_id=line.scheme_id)
    line = lock_bank_line(line)
    if line.open_pence == 0:
        raise DomainError("line_matched", "This bank line is explained already.")
    if (line.pence < 0) != out:
        words = "money out" if line.pence < 0 else "money in"
        raise DomainError("direction", f"This bank line is {words}: it cannot be that.")
    return line


def take_from_line(line: BankLine, pence: int) -> None:
    """Takes pence out of what is open on the line; raises Conflict when somebody was faster."""
    guarded = (
        update(BankLine)
        .where(BankLine.id == line.id, BankLine.open_pence >= pence)
        .values(open_pence=BankLine.open_pence - pence)
    )
    if not changed_one(session.execute(guarded, execution_options={"synchronize_session": False})):
        raise Conflict("line_matched", "This bank line was explained by somebody else in the meantime.")
    session.refresh(line)


def note_match(
    act: Act,
    line: BankLine,
    kind: MatchKind,
    pence: int,
    *,
    payment_id: int | None = None,
    drawdown_id: int | None = None,
    debt_id: int | None = None,
    admin_cost_id: int | None = None,
    line_id: int | None = None,
    reason: str = "",
) -> None:
    """Writes down what (part of) a line was found to be."""
    session.add(
        BankMatch(
            scheme_id=line.scheme_id,
            bank_line_id=line.id,
            kind=str(kind),
            pence=pence,
            payment_id=payment_id,
            drawdown_id=drawdown_id,
            debt_id=debt_id,
            admin_cost_id=admin_cost_id,
            line_id=line_id,
            by_id=act.person_id,
            at=act.now,
            reason=reason,
        )
    )
    session.flush()


def _defray(act: Act, line: BankLine, payment: Payment) -> None:
    movements: list[Move] = []
    for item in payment.items:
        claim = lock_redemption(item.redemption_id)
        about = About(voucher_id=claim.voucher_id, redemption_id=claim.id, payment_id=payment.id)
        parts = standing_of_redemption(claim.id, Account.APPROVED)
        movements += moves(parts, Account.APPROVED, Account.DEFRAYED, about)
        movements += moves(parts, Account.CASH, Account.CASH_PAID, about)
        change_state(act.actor, "claim.paid", claim, R.PAID, REDEMPTION_TRANSITIONS, at=act.now, pence=item.pence)
    post(
        act,
        EntryKind.DEFRAYED,
        payment.scheme_id,
        movements,
        reason=f"payment {payment.reference} matched to bank line {line.public_id}",
        happened_on=line.booked_on,
    )
    change_state(act.actor, "payment.defrayed", payment, PaymentState.DEFRAYED, PAYMENT_TRANSITIONS, at=act.now)


def _settle(act: Act, batch: Batch) -> None:
    waiting = any(payment.state == PaymentState.EXPORTED for payment in batch.payments)
    to = BatchState.PARTLY_SETTLED if waiting else BatchState.SETTLED
    if batch.state != to:
        change_state(act.actor, f"batch.{to.replace(' ', '_')}", batch, to, BATCH_TRANSITIONS, at=act.now)


def match_return(act: Act, line: BankLine, payment: Payment, *, reason: str) -> None:
    """Matches money in to a payment that the bank returned: reversed on the bank's day, claims approved again."""
    line = open_line(act, line, out=False)
    payment = lock_payment(payment)
    if payment.state != PaymentState.DEFRAYED:
        raise DomainError("not_defrayed", f"Payment {payment.reference} is {payment.state}; it cannot be returned.")
    if payment.pence != line.open_pence:
        raise DomainError(
            "amounts_differ", f"The line has {pounds(line.open_pence)} open; the payment was {pounds(payment.pence)}."
        )
    take_from_line(line, payment.pence)
    movements: list[Move] = []
    for item in payment.items:
        claim = lock_redemption(item.redemption_id)
        _undo_disallowance(act, line, claim)
        about = About(voucher_id=claim.voucher_id, redemption_id=claim.id, payment_id=payment.id)
        parts = standing_of_redemption(claim.id, Account.DEFRAYED)
        movements += moves(parts, Account.DEFRAYED, Account.APPROVED, about)
        movements += moves(parts, Account.CASH_BANK_RETURNS, Account.CASH, about)
        change_state(
            act.actor, "claim.payment_returned", claim, R.RETURNED, REDEMPTION_TRANSITIONS, at=act.now, reason=reason
        )
        change_state(act.actor, "claim.payable_again", claim, R.APPROVED, REDEMPTION_TRANSITIONS, at=act.now)
        item.live = False
    post(
        act,
        EntryKind.PAYMENT_RETURNED,
        payment.scheme_id,
        movements,
        reason=reason or f"payment {payment.reference} returned by the bank",
        happened_on=line.booked_on,
    )
    change_state(
        act.actor, "payment.returned", payment, PaymentState.RETURNED, PAYMENT_TRANSITIONS, at=act.now, reason=reason
    )
    note_match(act, line, MatchKind.RETURN, payment.pence, payment_id=payment.id, reason=reason)


def _undo_disallowance(act: Act, line: BankLine, claim: Redemption) -> None:
    """What the authority bore of a payment that came back was never spent: the bearing is undone on the bank's day."""
    parts = standing_of_redemption(claim.id, Account.DISALLOWED)
    if not parts:
        return
    about = About(voucher_id=claim.voucher_id, redemption_id=claim.id)
    post(
        act,
        EntryKind.DISALLOWANCE_UNDONE,
        line.scheme_id,
        [
            *moves(parts, Account.DISALLOWED, Account.DEFRAYED, about),
            *moves(parts, Account.CASH, Account.CASH_BORNE, about),
        ],
        reason=f"the payment of claim {claim.reference} was returned by the bank",
        happened_on=line.booked_on,
    )
    claim.disallowed_pence = 0


def request_drawdown(act: Act, line: FundingLine, pence: int) -> Drawdown:
    """Notes that money was asked of the funder for one line."""
    act.require(Permission.FUNDING_AGREEMENTS_MANAGE, scheme_id=line.scheme_id)
    if pence <= 0:
        raise DomainError("amount", "A drawdown is above zero.", "amount")
    scheme = session.get_one(Scheme, line.scheme_id)
    drawdown = Drawdown(
        reference=new_reference(scheme.reference, "D"),
        scheme_id=scheme.id,
        line_id=line.id,
        pence=pence,
        requested_on=act.today,
        requested_by=act.person_id,
    )
    session.add(drawdown)
    session.flush()
    record(act.actor, "drawdown.requested", drawdown, at=act.now, pence=pence)
    return drawdown


def match_drawdown(act: Act, line: BankLine, drawdown: Drawdown) -> None:
    """Matches money in to a drawdown: received on the bank's day."""
    line = open_line(act, line, out=False)
    drawdown = session.get_one(Drawdown, drawdown.id, with_for_update=True, populate_existing=True)
    if drawdown.received_on is not None:
        raise DomainError("received", f"Drawdown {drawdown.reference} was received on {drawdown.received_on}.")
    if drawdown.pence != line.open_pence:
        raise DomainError(
            "amounts_differ", f"The line has {pounds(line.open_pence)} open; the drawdown is {pounds(drawdown.pence)}."
        )
    take_from_line(line, drawdown.pence)
    post(
        act,
        EntryKind.DRAWDOWN_RECEIVED,
        line.scheme_id,
        [Move(drawdown.line_id, Account.CASH_DRAWN, Account.CASH, drawdown.pence)],
        reason=f"drawdown {drawdown.reference} received",
        happened_on=line.booked_on,
    )
    drawdown.received_on = line.booked_on
    note_match(act, line, MatchKind.DRAWDOWN, drawdown.pence, drawdown_id=drawdown.id)
    record(act.actor, "drawdown.received", drawdown, at=act.now, pence=drawdown.pence)


def match_funder_repayment(act: Act, line: BankLine, funding_line: FundingLine, *, reason: str) -> None:
    """Matches money out to a repayment of recovered money to the funder of one line."""
    line = open_line(act, line, out=True)
    session.get_one(Agreement, funding_line.agreement_id, with_for_update=True, populate_existing=True)
    owed = balances([funding_line.id])[funding_line.id][Account.REPAYABLE]
    pence = line.open_pence
    if pence > owed:
        raise DomainError("more_than_owed", f"{pounds(owed)} is repayable on line {funding_line.code}.", "amount")
    take_from_line(line, pence)
    post(
        act,
        EntryKind.RETURNED_TO_FUNDER,
        line.scheme_id,
        [
            Move(funding_line.id, Account.REPAYABLE, Account.RETURNED, pence),
            Move(funding_line.id, Account.CASH, Account.CASH_RETURNED, pence),
        ],
        reason=reason or "recovered money repaid to the funder",
        happened_on=line.booked_on,
    )
    note_match(act, line, MatchKind.FUNDER_REPAYMENT, pence, line_id=funding_line.id, reason=reason)
