"""Proving the books from two sides, as they stand now.

One side is the ledger's postings; the other is what the domain's own rows say: states, guards, amounts, matches. Each
check is a set-based query and names every row that differs. What holds by construction is not checked here, for it
would prove nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from sqlalchemy import case, func, select, union_all
from sqlalchemy.orm import InstrumentedAttribute

from voucher.applications.models import Application, ApplicationForm
from voucher.applications.rules import ApplicationState
from voucher.audit.models import AuditEvent
from voucher.funding.models import Agreement, AgreementChange, AgreementProposal, Entry, FundingLine, Posting
from voucher.funding.queries import balances
from voucher.funding.rules import Account, ChangeState, EntryKind, OpeningKind
from voucher.payments.cost_models import AdminCost
from voucher.payments.cost_rules import CostState
from voucher.payments.models import BankLine, BankMatch, Batch, Debt, Drawdown, Payment, PaymentItem
from voucher.payments.rules import MatchKind, PaymentState
from voucher.platform.db import session
from voucher.platform.money import pounds
from voucher.providers.models import Provider
from voucher.redemptions.models import DeliverySession, Redemption
from voucher.redemptions.rules import AWAITING_PAYMENT, DEFRAYED, UNDER_CHECK
from voucher.reports import domain_side
from voucher.reports.models import Statement
from voucher.reports.rules import data_hash
from voucher.schemes.models import Round, Scheme
from voucher.vouchers.models import Voucher
from voucher.vouchers.rules import VoucherState

Amounts = Mapping[int, int]
STATEFUL = (
    ApplicationForm, Application, Voucher, DeliverySession, Redemption, Batch, Payment, Debt, Statement, Provider,
    AgreementProposal, AdminCost,
)  # fmt: skip


@dataclass
class Reconciliation:
    """What was compared, and each difference in words; the books hold when there is none."""

    compared: int = 0
    differences: list[str] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        """True when both sides agree everywhere."""
        return not self.differences

    def same(self, what: str, ledger: Amounts, rows: Amounts, name: Callable[[int], str]) -> None:
        """Compares two sets of amounts by row; an amount that is missing counts as nothing."""
        for key in sorted(ledger.keys() | rows.keys()):
            self.compared += 1
            if ledger.get(key, 0) != rows.get(key, 0):
                self.differences.append(
                    f"{what} of {name(key)}: postings say {pounds(ledger.get(key, 0))}, "
                    f"the rows say {pounds(rows.get(key, 0))}"
                )

    def each(self, what: str, wrong: list[str], compared: int) -> None:
        """Takes over faults that a check found by itself."""
        self.compared += compared
        self.differences += [f"{what}: {fault}" for fault in wrong]


def reconcile(scheme: Scheme) -> Reconciliation:
    """Compares both sides of a scheme; read it inside one consistent read."""
    found = Reconciliation()
    for check in CHECKS:
        check(scheme, found)
    return found


def _standing(scheme: Scheme, subject: InstrumentedAttribute[int | None], account: Account) -> dict[int, int]:
    """Pence on an account by what the postings are about, over all lines of the scheme."""
    lines = select(FundingLine.id).where(FundingLine.scheme_id == scheme.id)
    about = (subject.is_not(None), Posting.line_id.in_(lines))
    arrived = select(subject.label("subject"), Posting.pence.label("pence")).where(
        *about, Posting.to_account == str(account)
    )
    left = select(subject.label("subject"), (-Posting.pence).label("pence")).where(
        *about, Posting.from_account == str(account)
    )
    both = union_all(arrived, left).subquery()
    rows = session.execute(select(both.c.subject, func.sum(both.c.pence)).group_by(both.c.subject))
    return {subject_id: int(pence) for subject_id, pence in rows if pence}


T = TypeVar("T", Voucher, Redemption, Application, Debt)


def _referenced(table: type[T]) -> Callable[[int], str]:
    def name(row_id: int) -> str:
        return f"{table.__tablename__} {session.get_one(table, row_id).reference}"

    return name


def _lines(scheme: Scheme, found: Reconciliation) -> None:
    """Guards of the lines, awards against the agreements' versions, and the limit of rule 23."""
    lines = session.scalars(select(FundingLine).where(FundingLine.scheme_id == scheme.id)).all()
    codes = {line.id: f"line {line.agreement.reference}/{line.code}" for line in lines}
    at = balances([line.id for line in lines])
    unallocated = {i: at[i][Account.UNALLOCATED] for i in at}
    found.same("unallocated", unallocated, {x.id: x.unallocated_pence for x in lines}, codes.__getitem__)
    found.same("award", {i: -at[i][Account.AWARD] for i in at}, _awards(scheme), codes.__getitem__)
    spoken_for = (Account.RESERVED, Account.COMMITTED, Account.CLAIMED, Account.APPROVED)
    spent = (Account.DEFRAYED, Account.DISALLOWED)
    kept = (Account.RECOVERED, Account.REPAYABLE, Account.RETURNED)
    over = [
        codes[i]
        for i in at
        if sum(at[i][a] for a in (*spoken_for, *spent)) > -at[i][Account.AWARD] - sum(at[i][a] for a in kept)
    ]
    below = [
        f"{codes[i]} {a}"
        for i in at
        for a in (*spoken_for, *spent, Account.RECEIVABLE, Account.REPAYABLE)
        if at[i][a] < 0
    ]
    found.each("more is spoken for than the award and re-usable recoveries", over, len(at))
    found.each("an account is below zero", below, len(at))


def _awards(scheme: Scheme) -> dict[int, int]:
    rows = session.execute(
        select(Agreement, AgreementChange.changes)
        .join(AgreementChange, AgreementChange.agreement_id == Agreement.id)
        .where(Agreement.scheme_id == scheme.id, AgreementChange.state == ChangeState.APPLIED)
    )
    awards: dict[int, int] = defaultdict(int)
    for agreement, changes in rows:
        by_code = {line.code: line.id for line in agreement.lines}
        for code, pence in changes.items():
            awards[by_code[code]] += pence
    return awards


def _applications(scheme: Scheme, found: Reconciliation) -> None:
    rows = session.execute(
        select(Application.id, Application.face_pence).where(
            Application.scheme_id == scheme.id, Application.state == ApplicationState.APPROVED
        )
    )
    reserved = {application_id: pence for application_id, pence in rows}  # noqa: C416 - rows, not pairs
    ledger = _standing(scheme, Posting.application_id, Account.RESERVED)
    found.same("reserved", ledger, reserved, _referenced(Application))
    offered = dict(
        session.execute(
            select(Application.round_id, func.sum(Application.face_pence))
            .where(
                Application.scheme_id == scheme.id,
                Application.state.in_([str(ApplicationState.APPROVED), str(ApplicationState.ACCEPTED)]),
            )
            .group_by(Application.round_id)
        ).all()
    )
    rounds = session.scalars(select(Round).where(Round.scheme_id == scheme.id)).all()
    by_rows = {r.id: r.budget_pence - int(offered.get(r.id, 0)) for r in rounds}
    wrong = [
        f"{r.code} has {pounds(r.available_pence)} available, {pounds(by_rows[r.id])} by its applications"
        for r in rounds
        if r.available_pence != by_rows[r.id]
    ]
    found.each("round budget", wrong, len(rounds))


def _vouchers(scheme: Scheme, found: Reconciliation) -> None:
    held = func.coalesce(
        select(func.sum(DeliverySession.held_pence))
        .where(DeliverySession.voucher_id == Voucher.id)
        .correlate(Voucher)
        .scalar_subquery(),
        0,
    )
    rows = session.execute(
        select(Voucher.id, Voucher.reference, Voucher.state, Voucher.remaining_pence + held).where(
            Voucher.scheme_id == scheme.id
        )
    ).all()
    committed = {voucher_id: int(pence) for voucher_id, _reference, _state, pence in rows if pence}
    found.same("committed", _standing(scheme, Posting.voucher_id, Account.COMMITTED), committed, _referenced(Voucher))
    wrong = [
        f"{reference} is {state} with {pounds(int(pence))} left"
        for _id, reference, state, pence in rows
        if (state == VoucherState.SPENT and pence) or (state == VoucherState.ISSUED and not pence)
    ]
    found.each("voucher state", wrong, len(rows))


def _claims(scheme: Scheme, found: Reconciliation) -> None:
    """Each claim stands, with its whole grant, on the one account that its state says."""
    claims = session.execute(
        select(Redemption.id, Redemption.state, Redemption.grant_pence, Redemption.disallowed_pence).where(
            Redemption.scheme_id == scheme.id
        )
    ).all()
    groups = (
        (Account.CLAIMED, UNDER_CHECK),
        (Account.APPROVED, AWAITING_PAYMENT),
        (Account.DEFRAYED, DEFRAYED),
    )
    for account, states in groups:
        rows = {
            i: grant - (disallowed if account == Account.DEFRAYED else 0)
            for i, state, grant, disallowed in claims
            if state in states
        }
        found.same(str(account), _standing(scheme, Posting.redemption_id, account), rows, _referenced(Redemption))
    disallowed = {i: pence for i, _state, _grant, pence in claims if pence}
    ledger = _standing(scheme, Posting.redemption_id, Account.DISALLOWED)
    found.same("disallowed", ledger, disallowed, _referenced(Redemption))


def _bank(scheme: Scheme, found: Reconciliation) -> None:
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


def _cash(scheme: Scheme, found: Reconciliation) -> None:
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


def _paid_before(scheme: Scheme, found: Reconciliation) -> None:
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


def _administration(scheme: Scheme, found: Reconciliation) -> None:
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


def _debts(scheme: Scheme, found: Reconciliation) -> None:
    rows = session.execute(select(Debt.id, Debt.outstanding_pence, Debt.state).where(Debt.scheme_id == scheme.id)).all()
    outstanding = {debt_id: pence for debt_id, pence, _state in rows if pence}
    found.same("outstanding", _standing(scheme, Posting.debt_id, Account.RECEIVABLE), outstanding, _referenced(Debt))


def _states(scheme: Scheme, found: Reconciliation) -> None:
    """Every state column against the last event row of the same thing."""
    newest = (
        select(AuditEvent.object_kind, AuditEvent.object_id, func.max(AuditEvent.id).label("event_id"))
        .where(AuditEvent.to_state.is_not(None))
        .group_by(AuditEvent.object_kind, AuditEvent.object_id)
        .subquery()
    )
    for table in STATEFUL:
        rows = session.execute(
            select(table.id, table.state, AuditEvent.to_state)
            .outerjoin(newest, (newest.c.object_id == table.id) & (newest.c.object_kind == table.__tablename__))
            .outerjoin(AuditEvent, AuditEvent.id == newest.c.event_id)
            .where(table.scheme_id == scheme.id)
        ).all()
        wrong = [f"row {i} is {state}, its last event says {event}" for i, state, event in rows if state != event]
        found.each(f"state of {table.__tablename__.replace('_', ' ')}", wrong, len(rows))


def _statements(scheme: Scheme, found: Reconciliation) -> None:
    """The data of every statement still have the hash that was signed (rule 54)."""
    rows = session.execute(
        select(Statement.reference, Statement.data, Statement.data_hash).where(Statement.scheme_id == scheme.id)
    ).all()
    found.each("data hash", [ref for ref, data, kept in rows if data_hash(data) != kept], len(rows))


CHECKS = (
    _lines,
    _applications,
    _vouchers,
    _claims,
    _bank,
    _cash,
    _paid_before,
    _administration,
    _debts,
    _states,
    _statements,
)
