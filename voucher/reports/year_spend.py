"""Spending by the day of delivery: each paid claim in the one year of its last delivered support (rule 25)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date

from sqlalchemy import case, func, select

from voucher.funding.models import Posting
from voucher.funding.rules import Account
from voucher.payments.cost_models import AdminCost
from voucher.payments.models import BankLine, BankMatch
from voucher.payments.rules import MatchKind
from voucher.platform.db import session
from voucher.redemptions.models import DeliverySession
from voucher.reports.ledger_side import ByLine, Period


def delivered_in(line_ids: Sequence[int], days: Period, through: date) -> ByLine:
    """Pence by line that were paid by a day, less what came back, for what was delivered in these days.

    Administration counts on the day on which it was incurred.
    """
    found: ByLine = defaultdict(int)
    delivered = (
        select(DeliverySession.redemption_id.label("claim"), func.max(DeliverySession.delivered_on).label("day"))
        .where(DeliverySession.redemption_id.is_not(None))
        .group_by(DeliverySession.redemption_id)
        .subquery()
    )
    defrayed, approved = str(Account.DEFRAYED), str(Account.APPROVED)
    signed = case((Posting.to_account == defrayed, Posting.pence), else_=-Posting.pence)
    rows = session.execute(
        select(Posting.line_id, func.sum(signed))
        .join(delivered, delivered.c.claim == Posting.redemption_id)
        .where(
            Posting.line_id.in_(line_ids),
            Posting.effective_on <= through,
            Posting.from_account.in_([approved, defrayed]),
            Posting.to_account.in_([approved, defrayed]),
            delivered.c.day >= days.first,
            delivered.c.day <= days.last,
        )
        .group_by(Posting.line_id)
    )
    for line_id, pence in rows:
        found[line_id] += int(pence)
    for line_id, pence in _administration(line_ids, days, through).items():
        found[line_id] += pence
    return found


def _administration(line_ids: Sequence[int], days: Period, through: date) -> ByLine:
    signed = case((BankMatch.kind == MatchKind.ADMINISTRATION, BankMatch.pence), else_=-BankMatch.pence)
    rows = session.execute(
        select(AdminCost.line_id, func.sum(signed))
        .join(BankMatch, BankMatch.admin_cost_id == AdminCost.id)
        .join(BankLine, BankLine.id == BankMatch.bank_line_id)
        .where(
            AdminCost.line_id.in_(line_ids),
            BankLine.booked_on <= through,
            AdminCost.incurred_on >= days.first,
            AdminCost.incurred_on <= days.last,
        )
        .group_by(AdminCost.line_id)
    )
    return {line_id: int(pence) for line_id, pence in rows}
