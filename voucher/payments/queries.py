"""Finding batches, payments, bank lines, drawdowns and debts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from sqlalchemy import func, select

from voucher.payments.models import BankLine, Batch, Debt, Drawdown, Payment, PaymentItem
from voucher.platform.db import session
from voucher.platform.errors import NotFound
from voucher.redemptions.models import Redemption
from voucher.redemptions.rules import RedemptionState
from voucher.schemes.models import Scheme

T = TypeVar("T", Batch, Payment, Debt, Drawdown)


def by_reference(table: type[T], scheme: Scheme, reference: str) -> T:
    """The scheme's batch, payment, debt or drawdown with this reference; raises NotFound."""
    wanted = reference.strip().upper()
    found = session.scalar(select(table).where(table.scheme_id == scheme.id, table.reference == wanted))
    if found is None:
        words = table.__tablename__.replace("_", " ")
        raise NotFound(f"no_{table.__tablename__}", f"Scheme {scheme.reference} has no {words} {reference}.", words)
    return found


def bank_line_by_public_id(scheme: Scheme, public_id: str) -> BankLine:
    """The scheme's bank line; raises NotFound."""
    found = session.scalar(select(BankLine).where(BankLine.scheme_id == scheme.id, BankLine.public_id == public_id))
    if found is None:
        raise NotFound("no_bank_line", f"Scheme {scheme.reference} has no bank line {public_id}.", "bank_line")
    return found


def claims_ready_to_pay(scheme_id: int) -> Sequence[Redemption]:
    """Approved claims that are in no living payment, oldest first."""
    living = select(PaymentItem.id).where(PaymentItem.redemption_id == Redemption.id, PaymentItem.live).exists()
    return session.scalars(
        select(Redemption)
        .where(Redemption.scheme_id == scheme_id, Redemption.state == RedemptionState.APPROVED, ~living)
        .order_by(Redemption.provider_id, Redemption.id)
        .with_for_update(of=Redemption)
        .execution_options(populate_existing=True)
    ).all()


def lock_batch(batch: Batch) -> Batch:
    """The batch, read again under lock."""
    return session.get_one(Batch, batch.id, with_for_update=True, populate_existing=True)


def lock_bank_line(line: BankLine) -> BankLine:
    """The bank line, read again under lock."""
    return session.get_one(BankLine, line.id, with_for_update=True, populate_existing=True)


def lock_payment(payment: Payment) -> Payment:
    """The payment, read again under lock."""
    return session.get_one(Payment, payment.id, with_for_update=True, populate_existing=True)


def debts_of(redemption_id: int) -> int:
    """Pence that debts were raised for on one claim."""
    return int(
        session.scalar(select(func.coalesce(func.sum(Debt.pence), 0)).where(Debt.redemption_id == redemption_id)) or 0
    )
