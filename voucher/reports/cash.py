"""Cash by funding line: what was asked for and came, what left, came back and went back; and the identity of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import contains_eager

from voucher.funding.models import Agreement, FundingLine
from voucher.funding.rules import Account as A
from voucher.funding.rules import OpeningKind
from voucher.payments.models import BankLine, BankMatch, Drawdown
from voucher.payments.rules import MatchKind
from voucher.platform.db import session
from voucher.platform.i18n import gettext_noop as _
from voucher.reports.checks import Check, check
from voucher.reports.domain_side import opening
from voucher.reports.ledger_side import LedgerSide, Period, happened_flow
from voucher.schemes.models import Scheme

# Before this day no scheme moved money; a period that is given no beginning begins here.
BEGINNING = date(1900, 1, 1)
# The flows of cash: what they are at the bank, from where to where they are posted, and the opening that counts.
FLOWS = (
    (_("Drawdown received"), (MatchKind.DRAWDOWN,), A.CASH_DRAWN, A.CASH, OpeningKind.DRAWDOWN),
    (_("Payments"), (MatchKind.PAYMENT, MatchKind.ADMINISTRATION), A.CASH, A.CASH_PAID, OpeningKind.PAYMENT),
    (_("Bank returns"), (MatchKind.RETURN, MatchKind.ADMINISTRATION_RETURN), A.CASH_BANK_RETURNS, A.CASH, None),
    (_("Recoveries"), (MatchKind.RECOVERY,), A.CASH_RECOVERED, A.CASH, None),
    (_("Returned to the funder"), (MatchKind.FUNDER_REPAYMENT,), A.CASH, A.CASH_RETURNED, None),
)
PARTS, BOTH_SIDES = _("the parts, and closing cash"), _("postings, and the bank's lines")


@dataclass(frozen=True)
class CashLine:
    """The cash of one funding line in a period, in pence; ``closing`` below zero is owed by the funder."""

    line: FundingLine
    requested: int
    opening: int
    drawn: int
    paid: int
    came_back: int
    recovered: int
    returned: int
    borne: int
    closing: int

    @property
    def by_identity(self) -> int:
        """Closing cash worked out from its parts."""
        came_in = self.drawn + self.came_back + self.recovered + self.borne
        return self.opening + came_in - self.paid - self.returned

    @property
    def owed_by_the_funder(self) -> int:
        """What was paid and the funder has not sent yet."""
        return max(0, -self.closing)


def cash_by_line(scheme: Scheme, period: Period) -> list[CashLine]:
    """The cash of each funding line of the scheme, in the order of agreements and lines."""
    lines = _lines(scheme)
    side, asked = LedgerSide(lines, period), _requested(scheme, period)
    flow = side.flow
    opened, closing = side.stock(A.CASH, opening=True), side.stock(A.CASH)
    drawn, paid = flow(A.CASH_DRAWN, A.CASH), flow(A.CASH, A.CASH_PAID)
    came_back, recovered = flow(A.CASH_BANK_RETURNS, A.CASH), flow(A.CASH_RECOVERED, A.CASH)
    returned, borne, undone = flow(A.CASH, A.CASH_RETURNED), flow(A.CASH_BORNE, A.CASH), flow(A.CASH, A.CASH_BORNE)
    return [
        CashLine(
            line=line,
            requested=asked.get(line.id, 0),
            opening=opened[line.id],
            drawn=drawn[line.id],
            paid=paid[line.id],
            came_back=came_back[line.id],
            recovered=recovered[line.id],
            returned=returned[line.id],
            borne=borne[line.id] - undone[line.id],
            closing=closing[line.id],
        )
        for line in lines
    ]


def cash_checks(scheme: Scheme, period: Period, lines: list[CashLine]) -> list[Check]:
    """The identity on each line, and each flow beside what the bank lines show that are matched as that."""
    at_bank = _matched(scheme, period)
    found = [
        check(
            f"{each.line.agreement.reference}/{each.line.code}: {PARTS}",
            each.by_identity,
            each.closing,
        )
        for each in lines
    ]
    for name, kinds, source, target, before in FLOWS:
        bank = sum(at_bank.get(kind, 0) for kind in kinds)
        if before is not None:
            bank += sum(opening(scheme.id, before, period.last).values())
            bank -= sum(opening(scheme.id, before, period.before).values())
        ledger = happened_flow(scheme.id, period, source, target)
        found.append(check(f"{name}: {BOTH_SIDES}", ledger, bank))
    return found


def _lines(scheme: Scheme) -> list[FundingLine]:
    query = (
        select(FundingLine)
        .join(Agreement, Agreement.id == FundingLine.agreement_id)
        .where(FundingLine.scheme_id == scheme.id)
        .options(contains_eager(FundingLine.agreement))
        .order_by(FundingLine.agreement_id, FundingLine.position)
    )
    return list(session.scalars(query))


def _requested(scheme: Scheme, period: Period) -> Mapping[int, int]:
    rows = session.execute(
        select(Drawdown.line_id, func.sum(Drawdown.pence))
        .where(Drawdown.scheme_id == scheme.id, Drawdown.requested_on.between(period.first, period.last))
        .group_by(Drawdown.line_id)
    )
    return {line_id: int(pence) for line_id, pence in rows}


def _matched(scheme: Scheme, period: Period) -> Mapping[str, int]:
    rows = session.execute(
        select(BankMatch.kind, func.sum(BankMatch.pence))
        .join(BankLine, BankLine.id == BankMatch.bank_line_id)
        .where(BankMatch.scheme_id == scheme.id, BankLine.booked_on.between(period.first, period.last))
        .group_by(BankMatch.kind)
    )
    return {kind: int(pence) for kind, pence in rows}
