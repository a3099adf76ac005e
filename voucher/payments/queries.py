"""Finding batches, payments, bank lines, drawdowns and debts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import TypeVar

from sqlalchemy import Select, func, select
from sqlalchemy.orm import contains_eager, joinedload, selectinload
from sqlalchemy.sql.base import ExecutableOption

from voucher.payments.models import BankLine, BankMatch, Batch, Debt, Drawdown, Payment, PaymentItem
from voucher.payments.rules import SENT_TO_THE_BANK, MatchKind, PaymentState
from voucher.platform.actor import Actor
from voucher.platform.authz import Permission
from voucher.platform.db import session
from voucher.platform.errors import NotFound
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.i18n import said
from voucher.providers.models import Provider
from voucher.redemptions.models import Redemption
from voucher.redemptions.provider_queries import own_organisations
from voucher.redemptions.rules import RedemptionState
from voucher.schemes.models import Scheme
from voucher.vouchers.models import Voucher

T = TypeVar("T", Batch, Payment, Debt, Drawdown)
L = TypeVar("L", BankLine, Batch, Payment, Redemption)


def by_reference(table: type[T], scheme: Scheme, reference: str) -> T:
    """The scheme's batch, payment, debt or drawdown with this reference; raises NotFound."""
    wanted = reference.strip().upper()
    found = session.scalar(select(table).where(table.scheme_id == scheme.id, table.reference == wanted))
    if found is None:
        words = table.__tablename__.replace("_", " ")
        raise NotFound(
            f"no_{table.__tablename__}",
            said(
                "Scheme %(scheme)s has no %(what)s %(reference)s.",
                scheme=scheme.reference,
                what=said(words),
                reference=reference,
            ),
            words,
        )
    return found


def bank_line_by_public_id(scheme: Scheme, public_id: str) -> BankLine:
    """The scheme's bank line; raises NotFound."""
    found = session.scalar(select(BankLine).where(BankLine.scheme_id == scheme.id, BankLine.public_id == public_id))
    if found is None:
        raise NotFound(
            "no_bank_line",
            said("Scheme %(scheme)s has no bank line %(public_id)s.", scheme=scheme.reference, public_id=public_id),
            "bank_line",
        )
    return found


def claims_to_pay(scheme_id: int) -> Select[Redemption]:
    """Approved claims that are in no living payment, by provider, oldest first."""
    living = select(PaymentItem.id).where(PaymentItem.redemption_id == Redemption.id, PaymentItem.live).exists()
    return (
        select(Redemption)
        .where(Redemption.scheme_id == scheme_id, Redemption.state == RedemptionState.APPROVED, ~living)
        .order_by(Redemption.provider_id, Redemption.id)
    )


def claims_ready_to_pay(scheme_id: int) -> Sequence[Redemption]:
    """The same claims, read again under lock."""
    query = claims_to_pay(scheme_id).with_for_update(of=Redemption)
    return session.scalars(query.execution_options(populate_existing=True)).all()


def lock_batch(batch: Batch) -> Batch:
    """The batch, read again under lock."""
    return session.get_one(Batch, batch.id, with_for_update=True, populate_existing=True)


def lock_bank_line(line: BankLine) -> BankLine:
    """The bank line, read again under lock."""
    return session.get_one(BankLine, line.id, with_for_update=True, populate_existing=True)


def lock_payment(payment: Payment) -> Payment:
    """The payment, read again under lock."""
    return session.get_one(Payment, payment.id, with_for_update=True, populate_existing=True)


def rows_by_id(table: type[L], ids: Iterable[int]) -> dict[int, L]:
    """Many rows of a table by their numbers, without a lock."""
    return {row.id: row for row in session.scalars(select(table).where(table.id.in_(list(ids))))}


def lock_bank_lines(ids: Iterable[int]) -> dict[int, BankLine]:
    """Many bank lines by their rows, read again under lock, in the order in which everybody locks them."""
    return _locked(BankLine, ids)


def lock_batches(ids: Iterable[int]) -> dict[int, Batch]:
    """Many batches in the same way."""
    return _locked(Batch, ids)


def lock_payments(ids: Iterable[int]) -> dict[int, Payment]:
    """Many payments in the same way, with their claims and batches."""
    return _locked(Payment, ids, selectinload(Payment.items), joinedload(Payment.batch, innerjoin=True))


def lock_claims(ids: Iterable[int]) -> dict[int, Redemption]:
    """Many claims in the same way."""
    return _locked(Redemption, ids)


def batches_waiting(ids: Iterable[int]) -> set[int]:
    """Those of these batches in which a payment has not been seen at the bank."""
    exported = Payment.state == PaymentState.EXPORTED
    return set(session.scalars(select(Payment.batch_id).where(Payment.batch_id.in_(list(ids)), exported).distinct()))


def _locked(table: type[L], ids: Iterable[int], *load: ExecutableOption) -> dict[int, L]:
    query = select(table).where(table.id.in_(sorted(set(ids)))).order_by(table.id).options(*load)
    rows = session.scalars(query.with_for_update(of=table).execution_options(populate_existing=True))
    return {row.id: row for row in rows}


def debts_of(redemption_id: int) -> int:
    """Pence that debts were raised for on one claim."""
    return int(
        session.scalar(select(func.coalesce(func.sum(Debt.pence), 0)).where(Debt.redemption_id == redemption_id)) or 0
    )


def own_payments(actor: Actor) -> Select[Payment]:
    """What was sent to the bank for the actor's firm, in no order; what is only planned may still change."""
    claims = selectinload(Payment.items).joinedload(PaymentItem.redemption)
    return _payments_of(actor).options(claims)


def own_payment(actor: Actor, reference: str) -> Payment:
    """One of them with its claims; raises NotFound for another firm's, too."""
    claim = selectinload(Payment.items).joinedload(PaymentItem.redemption)
    query = _payments_of(actor).options(
        claim.joinedload(Redemption.voucher).joinedload(Voucher.business), joinedload(Payment.payee_details)
    )
    found = session.scalar(query.where(Payment.reference == reference.strip().upper()))
    if found is None:
        raise NotFound("no_payment", _("Your firm has no such payment. Look for it in the list of your payments."))
    return found


def own_payment_of(actor: Actor, claim: Redemption) -> Payment | None:
    """The latest payment that a claim of the actor's firm is in, when it was sent to the bank."""
    query = _payments_of(actor).join(PaymentItem, PaymentItem.payment_id == Payment.id)
    return session.scalar(query.where(PaymentItem.redemption_id == claim.id).order_by(Payment.id.desc()).limit(1))


def payments_of_claim(redemption_id: int) -> Sequence[PaymentItem]:
    """What every payment that a claim was ever in paid for it, the latest first."""
    return session.scalars(
        select(PaymentItem)
        .where(PaymentItem.redemption_id == redemption_id)
        .options(joinedload(PaymentItem.payment).joinedload(Payment.batch))
        .order_by(PaymentItem.id.desc())
    ).all()


def bank_days(payments: Sequence[Payment]) -> dict[int, dict[MatchKind, date]]:
    """The bank's own days on which all of each payment, by id, had left the account and, perhaps, came back."""
    rows = session.execute(
        select(BankMatch.payment_id, BankMatch.kind, BankLine.booked_on)
        .join(BankLine, BankLine.id == BankMatch.bank_line_id)
        .where(BankMatch.payment_id.in_([payment.id for payment in payments]))
        .order_by(BankLine.booked_on)
    )
    found: dict[int | None, dict[MatchKind, date]] = {payment.id: {} for payment in payments}
    for payment_id, kind, booked_on in rows:
        found[payment_id][MatchKind(kind)] = booked_on
    return {payment.id: found[payment.id] for payment in payments}


def _payments_of(actor: Actor) -> Select[Payment]:
    return (
        select(Payment)
        .join(Provider, Provider.id == Payment.provider_id)
        .join(Payment.batch)
        .where(
            Provider.organisation_id.in_(own_organisations(actor, Permission.PROVIDER_CLAIMS_MAKE)),
            Payment.state.in_([str(state) for state in SENT_TO_THE_BANK]),
        )
        .options(contains_eager(Payment.batch), joinedload(Payment.provider))
    )
