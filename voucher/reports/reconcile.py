"""Proving the books from two sides, as they stand now.

One side is the ledger's postings; the other is what the domain's own rows say: states, guards, amounts, matches. Each
check is a set-based query and names every row that differs. What holds by construction is not checked here, for it
would prove nothing.
"""

from __future__ import annotations

from collections import defaultdict

from sqlalchemy import func, select

from voucher.applications.models import Application, ApplicationForm
from voucher.applications.rules import ApplicationState
from voucher.audit.models import AuditEvent
from voucher.funding.models import Agreement, AgreementChange, AgreementProposal, FundingLine, Posting
from voucher.funding.queries import balances
from voucher.funding.rules import Account, ChangeState
from voucher.payments.cost_models import AdminCost
from voucher.payments.models import Batch, Debt, Payment
from voucher.platform.db import session
from voucher.platform.money import pounds
from voucher.providers.models import Provider
from voucher.redemptions.models import DeliverySession, Redemption
from voucher.redemptions.rules import AWAITING_PAYMENT, DEFRAYED, UNDER_CHECK
from voucher.reports import reconcile_money
from voucher.reports.models import Statement
from voucher.reports.reconciliation import Reconciliation, referenced, standing
from voucher.reports.rules import data_hash
from voucher.schemes.models import Round, Scheme
from voucher.vouchers.models import Voucher
from voucher.vouchers.rules import VoucherState

STATEFUL = (
    ApplicationForm, Application, Voucher, DeliverySession, Redemption, Batch, Payment, Debt, Statement, Provider,
    AgreementProposal, AdminCost,
)  # fmt: skip


def reconcile(scheme: Scheme) -> Reconciliation:
    """Compares both sides of a scheme; read it inside one consistent read."""
    found = Reconciliation()
    for check in CHECKS:
        check(scheme, found)
    return found


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
    ledger = standing(scheme, Posting.application_id, Account.RESERVED)
    found.same("reserved", ledger, reserved, referenced(Application))
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
    found.same("committed", standing(scheme, Posting.voucher_id, Account.COMMITTED), committed, referenced(Voucher))
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
        found.same(str(account), standing(scheme, Posting.redemption_id, account), rows, referenced(Redemption))
    disallowed = {i: pence for i, _state, _grant, pence in claims if pence}
    ledger = standing(scheme, Posting.redemption_id, Account.DISALLOWED)
    found.same("disallowed", ledger, disallowed, referenced(Redemption))


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
    reconcile_money.bank,
    reconcile_money.cash,
    reconcile_money.paid_before,
    reconcile_money.administration,
    reconcile_money.debts,
    _states,
    _statements,
)
