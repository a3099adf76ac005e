"""What the pages of payments list: batches, bank lines with their candidates, exceptions, drawdowns and debts."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import aliased, joinedload, selectinload

from voucher.accounts.models import Person
from voucher.funding.models import Agreement, FundingLine
from voucher.notifications.queries import Subjects
from voucher.organisations.models import Organisation
from voucher.payments.cost_models import AdminCost
from voucher.payments.matching_rules import as_kept, references_in
from voucher.payments.models import BankLine, BankMatch, Batch, Debt, Drawdown, Payment, PaymentItem
from voucher.payments.rules import NO_LONGER_IN, BatchState, DebtState, MatchKind, PaymentState
from voucher.platform.db import session
from voucher.platform.paging import Rows
from voucher.providers.models import PayeeDetails, Provider
from voucher.redemptions.models import Redemption
from voucher.schemes.models import Scheme
from voucher.vouchers.models import Voucher

OWING = (str(DebtState.RAISED), str(DebtState.PART_REPAID))
CANDIDATES = 50


def batches(scheme_id: int, state: str = "") -> Rows:
    """Batches, in no order, with the number and sum of the payments in them and who prepared and approved them."""
    preparer, approver = aliased(Person), aliased(Person)
    standing = and_(Payment.batch_id == Batch.id, Payment.state.not_in(NO_LONGER_IN))
    query = (
        select(
            Batch,
            select(func.count(Payment.id)).where(standing).correlate(Batch).scalar_subquery().label("payments"),
            select(func.sum(Payment.pence)).where(standing).correlate(Batch).scalar_subquery().label("pence"),
            preparer.name.label("preparer"),
            approver.name.label("approver"),
        )
        .join(preparer, preparer.id == Batch.prepared_by)
        .outerjoin(approver, approver.id == Batch.approved_by)
        .where(Batch.scheme_id == scheme_id)
    )
    return query.where(Batch.state == state) if state in list(BatchState) else query


def batch_parts() -> tuple[object, ...]:
    """What a batch's page reads along with it, so that more payments ask no more questions."""
    payments = selectinload(Batch.payments)
    claim = payments.selectinload(Payment.items).joinedload(PaymentItem.redemption)
    return (
        payments.joinedload(Payment.provider),
        payments.joinedload(Payment.payee_details),
        payments.joinedload(Payment.supplier_number),
        claim.joinedload(Redemption.voucher).joinedload(Voucher.application),
        claim.joinedload(Redemption.voucher).joinedload(Voucher.business),
    )


def payments_in(batch: Batch) -> Select[Payment]:
    """The payments of a batch whose parts were read, in no order."""
    return (
        select(Payment)
        .join(Payment.provider)
        .join(Provider.organisation)
        .join(Payment.payee_details)
        .where(Payment.batch_id == batch.id)
    )


@dataclass(frozen=True)
class Wanted:
    """What narrows the list of bank lines."""

    what: str = ""
    way: str = ""
    words: str = ""


def bank_lines(scheme_id: int, wanted: Wanted) -> Rows:
    """Bank lines, in no order, each with the name of whoever entered it."""
    query = (
        select(BankLine, Person.name.label("by"))
        .join(Person, Person.id == BankLine.entered_by)
        .where(BankLine.scheme_id == scheme_id)
    )
    if wanted.what == "open":
        query = query.where(BankLine.open_pence > 0)
    if wanted.way in ("in", "out"):
        query = query.where(BankLine.pence > 0 if wanted.way == "in" else BankLine.pence < 0)
    if wanted.words:
        found = BankLine.bank_reference.icontains(wanted.words, autoescape=True)
        query = query.where(or_(found, BankLine.counterparty.icontains(wanted.words, autoescape=True)))
    return query


def open_bank_lines(scheme_id: int) -> Select[BankLine]:
    """Bank lines with something unexplained, oldest first."""
    return (
        select(BankLine)
        .where(BankLine.scheme_id == scheme_id, BankLine.open_pence > 0)
        .order_by(BankLine.booked_on, BankLine.id)
    )


def _with_parties(query: Select[Payment]) -> Select[Payment]:
    """With what a candidate is known by, so that more of them ask no more questions."""
    organisation = joinedload(Payment.provider).joinedload(Provider.organisation)
    return query.options(joinedload(Payment.batch), organisation, joinedload(Payment.payee_details))


def _named_in(line: BankLine, scheme: Scheme) -> list[str]:
    """The references in the line's text, whatever its spacing, as they are kept."""
    return [as_kept(each, scheme.reference) for each in references_in(line.bank_reference, scheme.reference)]


def _found(query: Select[Payment], find: str) -> Select[Payment]:
    if not find:
        return query
    firm = Payment.provider.has(Provider.organisation.has(Organisation.name.icontains(find, autoescape=True)))
    return query.where(or_(Payment.reference.icontains(find, autoescape=True), firm))


def payments_for(line: BankLine, scheme: Scheme, find: str = "") -> Sequence[Payment]:
    """Exported payments that money out may have paid: named first, then those of its amount, then the oldest.

    Of those that it does not name, none is more than the line.
    """
    first = line.booked_on - timedelta(days=scheme.match_days)
    named = or_(*(column.in_(_named_in(line, scheme)) for column in (Payment.reference, Batch.reference)))
    query = _with_parties(select(Payment).join(Batch, Batch.id == Payment.batch_id)).where(
        Payment.scheme_id == line.scheme_id,
        Payment.state == PaymentState.EXPORTED,
        Batch.exported_on.between(first, line.booked_on),
        or_(named, Payment.pence <= line.open_pence),
    )
    best = _found(query, find).order_by(
        named.desc(), (Payment.pence == line.open_pence).desc(), Batch.exported_on, Payment.id
    )
    return session.scalars(best.limit(CANDIDATES)).all()


def returns_for(line: BankLine, scheme: Scheme, find: str = "") -> Sequence[Payment]:
    """Payments that left the bank before and may have come back with this line, the named ones first."""
    query = _with_parties(select(Payment)).where(
        Payment.scheme_id == line.scheme_id,
        Payment.state == PaymentState.DEFRAYED,
        Payment.pence == line.open_pence,
    )
    named = Payment.reference.in_(_named_in(line, scheme))
    best = _found(query, find).order_by(named.desc(), Payment.id.desc())
    return session.scalars(best.limit(CANDIDATES)).all()


def drawdowns_for(line: BankLine) -> Sequence[tuple[Drawdown, str, str, str]]:
    """Drawdowns of this amount that have not come yet, with their agreement, line and funder."""
    query = drawdowns(line.scheme_id).where(Drawdown.received_on.is_(None), Drawdown.pence == line.open_pence)
    newest = query.order_by(Drawdown.requested_on.desc(), Drawdown.id.desc())
    return [(row.Drawdown, row.agreement, row.line, row.funder) for row in session.execute(newest.limit(CANDIDATES))]


def debts_for(line: BankLine, scheme: Scheme) -> Sequence[tuple[Debt, str]]:
    """Debts with as much outstanding, with who owes them; the named ones first."""
    query = debts(line.scheme_id).where(Debt.state.in_(OWING), Debt.outstanding_pence >= line.open_pence)
    best = query.order_by(Debt.reference.in_(_named_in(line, scheme)).desc(), Debt.id)
    return [(row[0], row[1]) for row in session.execute(best.limit(CANDIDATES))]


def drawdowns(scheme_id: int) -> Rows:
    """Money asked of funders, in no order, with agreement, line and who asked."""
    return (
        select(
            Drawdown,
            Agreement.reference.label("agreement"),
            FundingLine.code.label("line"),
            Person.name.label("by"),
            Organisation.name.label("funder"),
        )
        .join(FundingLine, FundingLine.id == Drawdown.line_id)
        .join(Agreement, Agreement.id == FundingLine.agreement_id)
        .join(Organisation, Organisation.id == Agreement.funder_id)
        .join(Person, Person.id == Drawdown.requested_by)
        .where(Drawdown.scheme_id == scheme_id)
    )


def debts(scheme_id: int, what: str = "") -> Rows:
    """Debts, in no order, with who owes them and the claim that was paid."""
    query = (
        select(Debt, Organisation.name.label("owed_by"), Redemption.reference.label("claim"))
        .join(Organisation, Organisation.id == Debt.owed_by_id)
        .join(Redemption, Redemption.id == Debt.redemption_id)
        .where(Debt.scheme_id == scheme_id)
    )
    return query.where(Debt.state.in_(OWING)) if what == "open" else query


@dataclass(frozen=True)
class Explained:
    """What (part of) a bank line was found to be: its kind and sum, by reference, by whom and why."""

    match: BankMatch
    what: str
    by: str


def explanations(line: BankLine) -> Sequence[Explained]:
    """What the bank line was found to be, in order."""
    rows = session.execute(
        select(
            BankMatch,
            Person.name,
            Payment.reference,
            Drawdown.reference,
            Debt.reference,
            AdminCost.reference,
            FundingLine.code,
        )
        .join(Person, Person.id == BankMatch.by_id)
        .outerjoin(Payment, Payment.id == BankMatch.payment_id)
        .outerjoin(Drawdown, Drawdown.id == BankMatch.drawdown_id)
        .outerjoin(Debt, Debt.id == BankMatch.debt_id)
        .outerjoin(AdminCost, AdminCost.id == BankMatch.admin_cost_id)
        .outerjoin(FundingLine, FundingLine.id == BankMatch.line_id)
        .where(BankMatch.bank_line_id == line.id)
        .order_by(BankMatch.id)
    )
    return [Explained(match, next(filter(None, found), ""), by) for match, by, *found in rows]


def subjects_of_payment(payment_id: int) -> Subjects:
    """By what the messages about a payment are found: it has none of its own, and those about its claims."""
    return {"redemption": select(PaymentItem.redemption_id).where(PaymentItem.payment_id == payment_id)}


def subjects_of_batch(batch_id: int) -> Subjects:
    """The same for all payments of a batch."""
    paid = select(PaymentItem.redemption_id).join(Payment, Payment.id == PaymentItem.payment_id)
    return {"redemption": paid.where(Payment.batch_id == batch_id)}


def lines_behind(payments: Sequence[Payment]) -> Mapping[int, Sequence[tuple[str, date]]]:
    """The bank lines that show each payment: their addresses and days."""
    found: dict[int, list[tuple[str, date]]] = {}
    rows = session.execute(
        select(BankMatch.payment_id, BankLine.public_id, BankLine.booked_on)
        .join(BankLine, BankLine.id == BankMatch.bank_line_id)
        .where(BankMatch.payment_id.in_([payment.id for payment in payments]))
        .order_by(BankMatch.id)
    )
    for payment_id, public_id, booked_on in rows:
        found.setdefault(payment_id or 0, []).append((public_id, booked_on))
    return found


@dataclass(frozen=True)
class CameBack:
    """A payment of a claim that the bank returned: when, why as somebody wrote it, and whose account it had gone to."""

    claim: str
    payment: str
    on: date
    reason: str
    last_four: str


def came_back(scheme_id: int, claim_ids: Collection[int]) -> Sequence[CameBack]:
    """What came back of these claims so far, oldest first: who pays them again asks what has changed since."""
    rows = session.execute(
        select(Redemption.id, Redemption.reference, Payment.reference, BankLine.booked_on, BankMatch.reason,
               PayeeDetails.last_four)
        .join(PaymentItem, PaymentItem.redemption_id == Redemption.id)
        .join(Payment, Payment.id == PaymentItem.payment_id)
        .join(PayeeDetails, PayeeDetails.id == Payment.payee_details_id)
        .join(BankMatch, and_(BankMatch.payment_id == Payment.id, BankMatch.kind == str(MatchKind.RETURN)))
        .join(BankLine, BankLine.id == BankMatch.bank_line_id)
        .where(Payment.scheme_id == scheme_id, Payment.state == str(PaymentState.RETURNED))
        .order_by(BankLine.booked_on, BankMatch.id, Redemption.id)
    )  # fmt: skip
    asked = set(claim_ids)
    return [
        CameBack(claim, payment, day, reason, last_four)
        for claim_id, claim, payment, day, reason, last_four in rows
        if claim_id in asked
    ]


def returned_before(batch: Batch) -> Sequence[CameBack]:
    """What came back of the claims that the batch pays, before they were put into it."""
    return came_back(batch.scheme_id, [item.redemption_id for payment in batch.standing for item in payment.items])


def recoveries(debt: Debt) -> Sequence[tuple[BankMatch, BankLine]]:
    """The bank lines that brought a debt's money back."""
    rows = session.execute(
        select(BankMatch, BankLine)
        .join(BankLine, BankLine.id == BankMatch.bank_line_id)
        .where(BankMatch.debt_id == debt.id)
        .order_by(BankMatch.id)
    )
    return [(match, line) for match, line in rows]
