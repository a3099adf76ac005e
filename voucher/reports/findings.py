"""Findings that a statement lists beside its figures: exceptions, overrides, and who was paid what."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy import func, select

from voucher.audit.models import AuditEvent
from voucher.payments.exception_queries import Resolved, differing_lines, resolutions
from voucher.payments.models import BankLine, BankMatch, Payment
from voucher.payments.rules import ExceptionKind, MatchKind, PaymentState
from voucher.platform.actor import Channel
from voucher.platform.clock import end_of_london_day
from voucher.platform.db import session
from voucher.platform.i18n import on_record, said
from voucher.reports.claims_paid import Paid, our_part, public_id_of
from voucher.reports.ledger_side import Period
from voucher.schemes.models import Scheme

Row = dict[str, object]
UNEXPLAINED, UNSEEN, RETURNED = "bank line not explained", "payment with no bank line", "returned payment"


# What is written down as a record, and told again from it.
_ONE_ROW = on_record("1 audit row; the newest at this moment")
_MANY_ROWS = on_record("%(number)s audit rows; the newest at this moment")


def ours(item: Paid, line_ids: Sequence[int]) -> int:
    """The part of a payment's grant that lies on these lines."""
    return sum(pence for line_id, pence in item.by_line.items() if line_id in line_ids)


class Unreconciled(NamedTuple):
    """Line 22: its rows, how many open lines name something else's amount, and how many rows have a reason."""

    rows: list[Row]
    differing: int
    resolved: int


def exceptions(
    scheme: Scheme, period: Period, paid: Sequence[Paid], line_ids: Sequence[int], rows: Sequence[Row], on: date
) -> Unreconciled:
    """Line 22: bank lines that nothing explains, payments not seen at the bank, payments that came back.

    What a person found an exception to be stands in its detail, if it still holds on the day of the statement.
    """
    known, differing = resolutions(scheme.id), differing_lines(scheme)
    found = [*_unexplained(scheme, period, differing), *_unseen(scheme, period)]
    for item, row in zip(paid, rows, strict=True):
        if item.kind == "return":
            back, claim = -ours(item, line_ids), item.redemption.reference
            made = _row(RETURNED, item.payment.reference, claim, back, str(row["bank_on"]))
            found.append((made, (ExceptionKind.PAYMENT_RETURNED, item.payment.id), item.payment.pence))
    resolved = [_with_reason(row, known.get(about), pence, on) for row, about, pence in found]
    return Unreconciled(
        [row for row, _about, _pence in found],
        sum(about[0] == ExceptionKind.AMOUNT_DIFFERS for _row, about, _pence in found),
        sum(resolved),
    )


# A row of line 22, the exception that it is, and the pence that a reason for it must have been about.
Looked = tuple[Row, tuple[ExceptionKind, int], int]


def _unexplained(scheme: Scheme, period: Period, differing: Container[int]) -> list[Looked]:
    lines = session.scalars(
        select(BankLine)
        .where(BankLine.scheme_id == scheme.id, BankLine.open_pence > 0, BankLine.booked_on <= period.last)
        .order_by(BankLine.booked_on, BankLine.id)
    )
    kinds = {True: ExceptionKind.AMOUNT_DIFFERS, False: ExceptionKind.LINE_UNEXPLAINED}
    return [
        (
            _row(UNEXPLAINED, x.public_id, x.bank_reference or x.counterparty, x.open_pence, x.booked_on.isoformat()),
            (kinds[x.id in differing], x.id),
            x.open_pence,
        )
        for x in lines
    ]


def _unseen(scheme: Scheme, period: Period) -> list[Looked]:
    seen = (
        select(func.coalesce(func.sum(BankMatch.pence), 0))
        .join(BankLine, BankLine.id == BankMatch.bank_line_id)
        .where(
            BankMatch.payment_id == Payment.id,
            BankMatch.kind == MatchKind.PAYMENT,
            BankLine.booked_on <= period.last,
        )
        .scalar_subquery()
    )
    sent = (PaymentState.EXPORTED, PaymentState.DEFRAYED, PaymentState.RETURNED)
    payments = session.scalars(
        select(Payment)
        .where(Payment.scheme_id == scheme.id, Payment.state.in_(sent), seen < Payment.pence)
        .order_by(Payment.id)
    )
    found: list[Looked] = []
    for payment in payments:
        on = payment.batch.exported_on
        if on is not None and on <= period.last:
            row = _row(UNSEEN, payment.reference, payment.batch.reference, payment.pence, on.isoformat())
            found.append((row, (ExceptionKind.PAYMENT_UNSEEN, payment.id), payment.pence))
    return found


def _with_reason(row: Row, resolved: Resolved | None, pence: int, on: date) -> bool:
    """Adds the reason to the row's detail, if there is one that holds."""
    if resolved is None or not resolved.holds(pence, on):
        return False
    row["detail"] = f"{row['detail']}; {resolved.row.outcome}: {resolved.row.reason}"
    return True


def _row(kind: str, reference: str, detail: str, pence: int, on: str) -> Row:
    return {"kind": kind, "reference": reference, "detail": detail, "pence": pence, "on": on}


def overrides(scheme: Scheme, period: Period) -> list[Row]:
    """Line 28: every act outside the ordinary course in the period, and how much the command line was used."""
    within = (
        AuditEvent.scheme_id == scheme.id,
        AuditEvent.at >= end_of_london_day(period.before),
        AuditEvent.at < end_of_london_day(period.last),
    )
    marked = select(AuditEvent).where(*within, AuditEvent.override.is_not(None)).order_by(AuditEvent.id)
    found: list[Row] = [
        {
            "kind": event.override,
            "reference": event.object_reference,
            "at": event.at.isoformat(),
            "who": event.actor_name,
            "reason": event.reason or event.action,
            "pence": event.pence,
        }
        for event in session.scalars(marked)
    ]
    typed = session.execute(
        select(AuditEvent.actor_name, func.count(), func.max(AuditEvent.id))
        .where(*within, AuditEvent.channel == Channel.COMMAND_LINE)
        .group_by(AuditEvent.actor_name)
        .order_by(AuditEvent.actor_name)
    ).all()
    for who, number, newest in typed:
        found.append(
            {
                "kind": "command-line use",
                "reference": scheme.reference,
                "at": session.get_one(AuditEvent, newest).at.isoformat(),
                "who": who,
                "reason": _rows(number),
                "pence": None,
            }
        )
    return found


def _rows(number: int) -> str:
    if number == 1:
        return _ONE_ROW
    return said(_MANY_ROWS, number=number)


def providers(paid: Sequence[Paid], line_ids: Sequence[int]) -> list[Row]:
    """What each provider was paid in the period on these lines, with their part of the claims behind it.

    A claim that two agreements pay for is in the statements of both, by its part in each.
    """
    by_provider: dict[int, list[Paid]] = defaultdict(list)
    for item in paid:
        by_provider[item.redemption.provider_id].append(item)
    rows = []
    for items in by_provider.values():
        organisation = items[0].redemption.provider.organisation
        claims = {item.redemption.id: item.redemption for item in items}
        spread = {item.redemption.id: {line: abs(pence) for line, pence in item.by_line.items()} for item in items}
        rows.append(
            {
                "provider": organisation.name,
                "org_id": public_id_of(organisation),
                "vouchers": len({claim.voucher_id for claim in claims.values()}),
                "claims": len(claims),
                "claimed": sum(our_part(each.claimed_pence, spread[each.id], line_ids) for each in claims.values()),
                "approved": sum(our_part(each.grant_pence, spread[each.id], line_ids) for each in claims.values()),
                "defrayed": sum(ours(item, line_ids) for item in items),
            }
        )
    return sorted(rows, key=lambda row: str(row["provider"]))
