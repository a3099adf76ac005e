"""The rows of the annex (line 25), read some hundreds at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select

from voucher.payments.bank_files.models import BankStatement
from voucher.payments.bank_files.queries import evidence_of
from voucher.payments.models import BankLine, BankMatch
from voucher.payments.rules import MatchKind
from voucher.platform.clock import london_date
from voucher.platform.db import session
from voucher.redemptions.models import ClaimAnswer, DeliverySession
from voucher.reports.claims_paid import Paid, match_of, our_part, public_id_of
from voucher.reports.reading import by_id, in_portions

MATCHED = {"payment": MatchKind.PAYMENT, "return": MatchKind.RETURN}


@dataclass(frozen=True)
class _Beside:
    """What stands in other tables: the bank line by payment and kind; what was paid, and the last day, by claim.

    The files that brought the lines are read with them, so that the session has them when a line's evidence is asked.
    """

    bank: dict[tuple[int | None, str], BankLine]
    files: dict[int, BankStatement]
    paid: dict[int, int | None]
    delivered: dict[int, date | None]


def transaction_rows(paid: Sequence[Paid], line_ids: Sequence[int]) -> list[dict[str, object]]:
    """A row for each payment and return, in their order. A natural person appears by the scheme's reference only."""
    rows: list[dict[str, object]] = []
    for portion in in_portions(paid):
        beside = _read_beside(portion)
        rows.extend(_row(item, line_ids, beside) for item in portion)
    return rows


def _row(item: Paid, line_ids: Sequence[int], beside: _Beside) -> dict[str, object]:
    claim, voucher = item.redemption, item.redemption.voucher
    match = match_of(claim, item.by_line, line_ids)
    line = beside.bank[item.payment.id, MATCHED[item.kind]]
    business, said = voucher.business, beside.paid.get(claim.id)
    return {
        "voucher": voucher.reference,
        "business": business.reference if business.natural_person else business.name,
        "business_id": public_id_of(business),
        "provider": claim.provider.organisation.name,
        "provider_id": public_id_of(claim.provider.organisation),
        "delivered_on": str(beside.delivered[claim.id]),
        "claimed_on": london_date(claim.submitted_at).isoformat(),
        "net": match.net,
        "vat": match.vat,
        "gross": match.net + match.vat,
        "grant": sum(pence for line_id, pence in item.by_line.items() if line_id in line_ids),
        "own_contribution": match.own,
        "paid_by_business": None if said is None else our_part(said, item.by_line, line_ids),
        "payment": item.payment.reference,
        "bank_on": line.booked_on.isoformat(),
        "evidence": evidence_of(line),
        "kind": item.kind,
    }


def _read_beside(portion: Sequence[Paid]) -> _Beside:
    payments = {item.payment.id for item in portion}
    claims = {item.redemption.id: item.redemption for item in portion}
    lines = session.execute(
        select(BankMatch.payment_id, BankMatch.kind, BankLine)
        .join(BankLine, BankLine.id == BankMatch.bank_line_id)
        .where(BankMatch.payment_id.in_(payments), BankMatch.kind.in_(MATCHED.values()))
        .order_by(BankLine.booked_on, BankLine.id)  # of several the last counts, on which all of it had left
    )
    days = session.execute(
        select(DeliverySession.redemption_id, func.max(DeliverySession.delivered_on))
        .where(DeliverySession.redemption_id.in_(claims), DeliverySession.delivered_on.is_not(None))
        .group_by(DeliverySession.redemption_id)
    )
    answers = session.execute(
        select(ClaimAnswer.redemption_id, ClaimAnswer.version, ClaimAnswer.paid_pence)
        .where(ClaimAnswer.redemption_id.in_(claims))
        .order_by(ClaimAnswer.id)
    )
    bank = {(payment_id, kind): line for payment_id, kind, line in lines}
    return _Beside(
        bank=bank,
        files=by_id(BankStatement, (line.statement_id for line in bank.values() if line.statement_id is not None)),
        # The newest answer counts that came after the last change that matters to the business.
        paid={claim: pence for claim, version, pence in answers if version >= claims[claim].material_version},
        delivered={claim_id: day for claim_id, day in days if claim_id is not None},
    )
