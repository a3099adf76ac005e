"""What a reconciliation found, and the two things that its checks ask of both sides."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from sqlalchemy import func, select, union_all
from sqlalchemy.orm import InstrumentedAttribute

from voucher.applications.models import Application
from voucher.funding.models import FundingLine, Posting
from voucher.funding.rules import Account
from voucher.payments.models import Debt
from voucher.platform.db import session
from voucher.platform.money import pounds
from voucher.redemptions.models import Redemption
from voucher.schemes.models import Scheme
from voucher.vouchers.models import Voucher

Amounts = Mapping[int, int]
T = TypeVar("T", Voucher, Redemption, Application, Debt)


@dataclass
class Reconciliation:
    """What was compared, and each difference in words; the books hold when there is none."""

    compared: int = 0
    differences: list[str] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        """True when both sides agree everywhere."""
        return not self.differences

    def same(self, what: str, ledger: Amounts, rows: Amounts, name: Callable[[int], str]) -> None:
        """Compares two sets of amounts by row; an amount that is missing counts as nothing."""
        for key in sorted(ledger.keys() | rows.keys()):
            self.compared += 1
            if ledger.get(key, 0) != rows.get(key, 0):
                self.differences.append(
                    f"{what} of {name(key)}: postings say {pounds(ledger.get(key, 0))}, "
                    f"the rows say {pounds(rows.get(key, 0))}"
                )

    def each(self, what: str, wrong: list[str], compared: int) -> None:
        """Takes over faults that a check found by itself."""
        self.compared += compared
        self.differences += [f"{what}: {fault}" for fault in wrong]


def standing(scheme: Scheme, subject: InstrumentedAttribute[int | None], account: Account) -> dict[int, int]:
    """Pence on an account by what the postings are about, over all lines of the scheme."""
    lines = select(FundingLine.id).where(FundingLine.scheme_id == scheme.id)
    about = (subject.is_not(None), Posting.line_id.in_(lines))
    arrived = select(subject.label("subject"), Posting.pence.label("pence")).where(
        *about, Posting.to_account == str(account)
    )
    left = select(subject.label("subject"), (-Posting.pence).label("pence")).where(
        *about, Posting.from_account == str(account)
    )
    both = union_all(arrived, left).subquery()
    rows = session.execute(select(both.c.subject, func.sum(both.c.pence)).group_by(both.c.subject))
    return {subject_id: int(pence) for subject_id, pence in rows if pence}


def referenced(table: type[T]) -> Callable[[int], str]:
    """How a row of the table is named in a difference."""

    def name(row_id: int) -> str:
        return f"{table.__tablename__} {session.get_one(table, row_id).reference}"

    return name
