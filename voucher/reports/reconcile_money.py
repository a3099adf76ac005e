"""Proving the books from two sides, where money moves: the bank, cash, administration costs, debts."""

from __future__ import annotations

from sqlalchemy import case, func, select

from voucher.funding.models import Entry, FundingLine, Posting
from voucher.funding.queries import balances
from voucher.funding.rules import Account, EntryKind, OpeningKind
from voucher.payments.cost_models import AdminCost
from voucher.payments.cost_rules import CostState
from voucher.payments.models import BankLine, BankMatch, Debt, Drawdown, Payment, PaymentItem
from voucher.payments.rules import MatchKind, PaymentState
from voucher.platform.db import session
from voucher.platform.money import pounds
from voucher.reports import domain_side
from voucher.reports.reconciliation import Reconciliation, referenced, standing
from voucher.schemes.models import Scheme


def bank(scheme: Scheme, found: Reconciliation) -> None:
    """What is open on bank lines, and that payments are defrayed exactly when a match says so (rule 35)."""
    matched = func.coalesce(
        select(func.sum(BankMatch.pence))
        .where(BankMatch.bank_line_id == BankLine.id)
        .correlate(BankLine)
        .scalar_subquery(),
        0,
    )
    lines = session.execute(
        select(BankLine.public_id, BankLine.open_pence, func.abs(BankLine.pence) - matched).where(
            BankLine.scheme_id == scheme.id
        )
    ).all()
    wrong = [
        f"{name} has {pounds(left)} open, {pounds(int(by))} by its matches" for name, left, by in lines if left != by
    ]
    found.each("bank line", wrong, len(lines))
    sign = case((BankMatch.kind == MatchKind.PAYMENT, 1), else_=-1)
    net = func.coalesce(
        select(func.sum(sign * BankMatch.pence))
        .where(BankMatch.payment_id == Payment.id)
        .correlate(Payment)
        .scalar_subquery(),
        0,
    )
    items = (
        select(func.sum(PaymentItem.pence))
        .where(PaymentItem.payment_id == Payment.id)
        .correlate(Payment)
        .scalar_subquery()
    )
    payments = session.execute(
        select(Payment.reference, Payment.state, Payment.pence, net, items).where(Payment.scheme_id == scheme.id)
    ).all()
    faults = [
        f"{reference} is {state} at {pounds(pence)}; its matches come to {pounds(int(at_bank))}"
        for reference, state, pence, at_bank, _items in payments
        if at_bank != (pence if state == PaymentState.DEFRAYED else 0)
    ]
    faults += [f"{ref} is {pounds(p)}, its claims {pounds(int(by or 0))}" for ref, _s, p, _n, by in payments if p != by]
    found.each("payment", faults, len(payments))


CASH_SIDES = (
    ((MatchKind.PAYMENT, MatchKind.ADMINISTRATION), Account.CASH_PAID, 1),
    ((MatchKind.RETURN, MatchKind.ADMINISTRATION_RETURN), Account.CASH_BANK_RETURNS, -1),
    ((MatchKind.DRAWDOWN,), Account.CASH_DRAWN, -1),
    ((MatchKind.RECOVERY,), Account.CASH_RECOVERED, -1),
    ((MatchKind.FUNDER_REPAYMENT,), Account.CASH_RETURNED, 1),
)


def cash(scheme: Scheme, found: Reconciliation) -> None:
    """Each kind of cash movement in the ledger against the bank lines matched as that kind, and what came before."""
    lines = session.scalars(select(FundingLine.id).where(FundingLine.scheme_id == scheme.id)).all()
    at = balances(lines)
    by_kind = dict(
        session.execute(
            select(BankMatch.kind, func.sum(BankMatch.pence))
            .where(BankMatch.scheme_id == scheme.id)
            .group_by(BankMatch.kind)
        ).all()
    )
    drawn_before = domain_side.opening(scheme.id, OpeningKind.DRAWDOWN)
    before = {
        MatchKind.PAYMENT: sum(domain_side.opening(scheme.id, OpeningKind.PAYMENT).values()),
        MatchKind.DRAWDOWN: sum(drawn_before.values()),
    }
    wrong = []
    for kinds, account, sign in CASH_SIDES:
        ledger = sign * sum(at[i][account] for i in at)
        bank = sum(int(by_kind.get(kind, 0)) + before.get(kind, 0) for kind in kinds)
        if ledger != bank:
            wrong.append(f"{kinds[0]}: postings say {pounds(ledger)}, matched bank lines say {pounds(bank)}")
    found.each("cash", wrong, len(CASH_SIDES))
    received = dict(
        session.execute(
            select(Drawdown.line_id, func.sum(Drawdown.pence))
            .where(Drawdown.scheme_id == scheme.id, Drawdown.received_on.is_not(None))
            .group_by(Drawdown.line_id)
        ).all()
    )
    rows = {i: int(received.get(i, 0)) + drawn_before.get(i, 0) for i in received.keys() | drawn_before.keys()}
    ledger_drawn = {i: -at[i][Account.CASH_DRAWN] for i in at}
    found.same("drawdown received", ledger_drawn, rows, lambda line_id: f"funding line {line_id}")


def paid_before(scheme: Scheme, found: Reconciliation) -> None:
    """What is defrayed and no claim's against the payments of before a takeover, line by line."""
    lines = select(FundingLine.id).where(FundingLine.scheme_id == scheme.id)
    rows = session.execute(
        select(Posting.line_id, func.sum(Posting.pence))
        .join(Entry, Entry.id == Posting.entry_id)
        .where(
            Posting.line_id.in_(lines),
            Posting.redemption_id.is_(None),
            Posting.to_account == str(Account.DEFRAYED),
            Entry.kind != str(EntryKind.ADMIN_PAID),
        )
        .group_by(Posting.line_id)
    )
    ledger = {line_id: int(pence) for line_id, pence in rows}
    items = domain_side.opening(scheme.id, OpeningKind.PAYMENT)
    found.same("paid before the takeover", ledger, items, lambda line_id: f"funding line {line_id}")


# Where an administration cost stands, with the entries that put its money there and those that took it away again.
COST_SIDES = (
    (CostState.APPROVED, (EntryKind.ADMIN_APPROVED, EntryKind.ADMIN_RETURNED),
     (EntryKind.ADMIN_WITHDRAWN, EntryKind.ADMIN_PAID)),
    (CostState.PAID, (EntryKind.ADMIN_PAID,), (EntryKind.ADMIN_RETURNED,)),
)  # fmt: skip


def administration(scheme: Scheme, found: Reconciliation) -> None:
    """What is approved and paid of administration, line by line, against the costs by their states."""
    lines = select(FundingLine.id).where(FundingLine.scheme_id == scheme.id)
    for state, came, went in COST_SIDES:
        signed = case((Entry.kind.in_([str(kind) for kind in came]), Posting.pence), else_=-Posting.pence)
        ledger = session.execute(
            select(Posting.line_id, func.sum(signed))
            .join(Entry, Entry.id == Posting.entry_id)
            .where(
                Posting.line_id.in_(lines),
                Entry.kind.in_([str(kind) for kind in (*came, *went)]),
                Posting.from_account != str(Account.CASH),
                Posting.to_account != str(Account.CASH),
            )
            .group_by(Posting.line_id)
        )
        rows = session.execute(
            select(AdminCost.line_id, func.sum(AdminCost.pence))
            .where(AdminCost.scheme_id == scheme.id, AdminCost.state == state)
            .group_by(AdminCost.line_id)
        )
        found.same(
            f"administration {state}",
            {line_id: int(pence) for line_id, pence in ledger},
            {line_id: int(pence) for line_id, pence in rows},
            lambda line_id: f"funding line {line_id}",
        )


def debts(scheme: Scheme, found: Reconciliation) -> None:
    """What each debt still owes, by the postings on it."""
    rows = session.execute(select(Debt.id, Debt.outstanding_pence, Debt.state).where(Debt.scheme_id == scheme.id)).all()
    outstanding = {debt_id: pence for debt_id, pence, _state in rows if pence}
    found.same("outstanding", standing(scheme, Posting.debt_id, Account.RECEIVABLE), outstanding, referenced(Debt))
