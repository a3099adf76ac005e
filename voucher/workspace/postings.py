"""What makes up a figure of a funding line: the postings that came to its account and left it."""

from __future__ import annotations

from sqlalchemy import case, or_, select

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
        .where(
            Posting.line_id == line.id, or_(Posting.to_account == str(account), Posting.from_account == str(account))
        )
    )
