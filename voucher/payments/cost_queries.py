"""Finding administration costs, and how much of an agreement's cap they use."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Select, func, select
from sqlalchemy.orm import aliased, contains_eager, joinedload

from voucher.accounts.models import Person
from voucher.funding.models import Agreement, FundingLine
from voucher.funding.queries import award_of, balances, conditions_of
from voucher.funding.rules import Account
from voucher.payments.cost_models import AdminCost
from voucher.payments.cost_rules import Cap, CostState, cap_of
from voucher.payments.models import BankLine, BankMatch
from voucher.platform.db import session
from voucher.platform.errors import NotFound
from voucher.platform.i18n import said
from voucher.platform.paging import Rows
from voucher.schemes.models import Scheme

SPENT = (Account.DEFRAYED, Account.DISALLOWED)
BORNE = (CostState.APPROVED, CostState.PAID)


def cost_by_reference(scheme: Scheme, reference: str) -> AdminCost:
    """The scheme's administration cost with this reference; raises NotFound."""
    wanted = reference.strip().upper()
    found = session.scalar(select(AdminCost).where(AdminCost.scheme_id == scheme.id, AdminCost.reference == wanted))
    if found is None:
        words = said(
            "Scheme %(scheme)s has no administration cost %(reference)s.", scheme=scheme.reference, reference=reference
        )
        raise NotFound("no_cost", words, "cost")
    return found


def lock_cost(cost: AdminCost) -> AdminCost:
    """The cost, read again under lock."""
    return session.get_one(AdminCost, cost.id, with_for_update=True, populate_existing=True)


def costs(scheme_id: int, state: str = "") -> Rows:
    """Administration costs, in no order, with their lines and agreements and who prepared and approved them."""
    preparer, approver = aliased(Person), aliased(Person)
    query = (
        select(
            AdminCost,
            Agreement.reference.label("agreement"),
            preparer.name.label("preparer"),
            approver.name.label("approver"),
        )
        .join(AdminCost.line)
        .join(Agreement, Agreement.id == FundingLine.agreement_id)
        .join(preparer, preparer.id == AdminCost.prepared_by)
        .outerjoin(approver, approver.id == AdminCost.approved_by)
        .where(AdminCost.scheme_id == scheme_id)
        .options(contains_eager(AdminCost.line))
    )
    return query.where(AdminCost.state == state) if state in list(CostState) else query


def costs_waiting(scheme_id: int, state: CostState, most: int) -> Sequence[AdminCost]:
    """Costs in one state, oldest first: those that a bank line may have paid, or brought back."""
    return session.scalars(
        select(AdminCost)
        .where(AdminCost.scheme_id == scheme_id, AdminCost.state == state, AdminCost.pence <= most)
        .options(joinedload(AdminCost.line))
        .order_by(AdminCost.id)
    ).all()


def matches_of_cost(cost: AdminCost) -> Select[BankMatch]:
    """What the bank showed of a cost, in order."""
    return (
        select(BankMatch)
        .join(BankMatch.bank_line)
        .where(BankMatch.admin_cost_id == cost.id)
        .options(contains_eager(BankMatch.bank_line))
        .order_by(BankLine.booked_on, BankMatch.id)
    )


def administration_cap(agreement: Agreement) -> Cap:
    """The agreement's administration against its cap, as it stands now."""
    lines = [line.id for line in agreement.lines]
    used, paid = (
        int(
            session.scalar(
                select(func.coalesce(func.sum(AdminCost.pence), 0)).where(
                    AdminCost.line_id.in_(lines), AdminCost.state.in_([str(state) for state in states])
                )
            )
            or 0
        )
        for states in (BORNE, (CostState.PAID,))
    )
    standing = balances(lines)
    spent = sum(standing[line][account] for line in lines for account in SPENT)
    return cap_of(conditions_of(agreement.id), used=used, award=award_of(agreement), spent=spent - paid)


def administration_lines(scheme_id: int) -> Sequence[FundingLine]:
    """The scheme's lines that may bear administration, in the order of agreements and positions."""
    return session.scalars(
        select(FundingLine)
        .where(FundingLine.scheme_id == scheme_id, FundingLine.kind == "administration")
        .options(joinedload(FundingLine.agreement))
        .order_by(FundingLine.agreement_id, FundingLine.position)
    ).all()
