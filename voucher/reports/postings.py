"""What makes up a figure of funding lines: the postings that moved it, with the records that each is about."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, case, or_, select

from voucher.applications.models import Application
from voucher.funding.models import Entry, FundingLine, Posting
from voucher.funding.rules import Account
from voucher.payments.models import Debt, Payment
from voucher.platform.paging import Rows
from voucher.redemptions.models import Redemption
from voucher.vouchers.models import Voucher


def postings_behind(line: FundingLine, account: Account) -> Rows:
    """Every posting that moved the account, in no order, signed as it moved it; their sum is what stands there."""
    signed = case((Posting.to_account == str(account), Posting.pence), else_=-Posting.pence)
    of_account = or_(Posting.to_account == str(account), Posting.from_account == str(account))
    return movements(signed).where(Posting.line_id == line.id, of_account)


def movements(signed: ColumnElement[int]) -> Rows:
    """Postings with what a list of them shows; ``signed`` is by how much each moved the figure: its ``moved``."""
    return (
        select(
            Posting,
            Entry,
            signed.label("moved"),
            Application.reference.label("application"),
            Voucher.reference.label("voucher"),
            Redemption.reference.label("claim"),
            Payment.reference.label("payment"),
            Debt.reference.label("debt"),
        )
        .join(Entry, Entry.id == Posting.entry_id)
        .outerjoin(Application, Application.id == Posting.application_id)
        .outerjoin(Voucher, Voucher.id == Posting.voucher_id)
        .outerjoin(Redemption, Redemption.id == Posting.redemption_id)
        .outerjoin(Payment, Payment.id == Posting.payment_id)
        .outerjoin(Debt, Debt.id == Posting.debt_id)
    )


def about(row: Any) -> str:
    """The records that a movement is about, by reference: the application where nothing is closer to the money."""
    close = [getattr(row, name) for name in ("voucher", "claim", "payment", "debt")]
    return ", ".join(filter(None, close)) or row.application or ""
