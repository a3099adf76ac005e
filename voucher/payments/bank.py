"""What really left and reached the bank: typed lines, and what each was found to be (rules 35, 37).

Only a match here makes a payment *defrayed*. A return reverses that on the bank's own day and re-opens the claims.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from voucher.audit.commands import record
from voucher.funding.ledger import Move, post
from voucher.funding.models import Agreement, FundingLine
from voucher.funding.queries import balances
from voucher.funding.rules import Account, EntryKind
from voucher.payments.defrayal import defray, take_back
from voucher.payments.evidence import Found
from voucher.payments.models import BankLine, Drawdown, Payment
from voucher.payments.open_lines import note_match, open_line, take_from_line
from voucher.payments.rules import LineSource, MatchKind
from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.platform.db import session
from voucher.platform.errors import DomainError
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.i18n import said
from voucher.platform.money import Amount
from voucher.platform.references import new_reference
from voucher.schemes.models import Scheme


def type_bank_line(
    act: Act, scheme: Scheme, *, booked_on: date, pence: int, bank_reference: str, counterparty: str
) -> BankLine:
    """A line typed from the bank's own statement; money in is above zero. It is counted as typed on statements."""
    act.require(Permission.BANK_LINES_TYPE, scheme_id=scheme.id)
    if pence == 0:
        raise DomainError(
            "amount", _("A bank line moves money: enter its amount, with a minus for money out."), "amount"
        )
    if booked_on > act.today:
        raise DomainError("booked_on", _("The bank's day lies in the future."), "booked_on")
    line = BankLine(
        scheme_id=scheme.id,
        source=str(LineSource.TYPED),
        booked_on=booked_on,
        pence=pence,
        open_pence=abs(pence),
        bank_reference=bank_reference.strip(),
        counterparty=counterparty.strip(),
        entered_by=act.person_id,
        entered_at=act.now,
    )
    session.add(line)
    session.flush()
    record(act.actor, "bank_line.typed", line, at=act.now, pence=pence)
    return line


def match_payments(act: Act, line: BankLine, payments: Sequence[Payment], *, reason: str = "") -> None:
    """Matches money out to one payment or several that it paid in one sum: they are defrayed on the bank's day.

    Raises DomainError unless the amounts agree to the penny and the day lies in the window after the export; a line
    that does not carry the payments' references needs a reason, and is counted.
    """
    defray(act, [Found((line,), tuple(payments))], reason=reason)


def match_part(act: Act, line: BankLine, payments: Sequence[Payment], *, reason: str) -> None:
    """Matches part of money out to payments, such as those behind a line with the bank's charge in it.

    What is over stays open and is an exception until somebody says what it was; the reason is counted.
    """
    defray(act, [Found((line,), tuple(payments), leaves_rest=True)], reason=reason)


def match_parts_of_payment(act: Act, lines: Sequence[BankLine], payment: Payment, *, reason: str = "") -> None:
    """Matches several lines that come to one payment; it is defrayed on the day on which the last of it left."""
    defray(act, [Found(tuple(lines), (payment,))], reason=reason)


def match_return(act: Act, line: BankLine, payment: Payment, *, reason: str) -> None:
    """Matches money in to a payment that the bank returned: reversed on the bank's day, claims approved again."""
    take_back(act, [Found((line,), (payment,))], reason=reason)


def match_returns(act: Act, line: BankLine, payments: Sequence[Payment], *, reason: str) -> None:
    """Matches money in to several payments that came back in one sum."""
    take_back(act, [Found((line,), tuple(payments))], reason=reason)


def request_drawdown(act: Act, line: FundingLine, pence: int) -> Drawdown:
    """Notes that money was asked of the funder for one line."""
    act.require(Permission.FUNDING_AGREEMENTS_MANAGE, scheme_id=line.scheme_id)
    if pence <= 0:
        raise DomainError("amount", _("A drawdown is above zero."), "amount")
    scheme = session.get_one(Scheme, line.scheme_id)
    drawdown = Drawdown(
        reference=new_reference(scheme.reference, "D"),
        scheme_id=scheme.id,
        line_id=line.id,
        pence=pence,
        requested_on=act.today,
        requested_by=act.person_id,
    )
    session.add(drawdown)
    session.flush()
    record(act.actor, "drawdown.requested", drawdown, at=act.now, pence=pence)
    return drawdown


def match_drawdown(act: Act, line: BankLine, drawdown: Drawdown) -> None:
    """Matches money in to a drawdown: received on the bank's day."""
    line = open_line(act, line, out=False)
    drawdown = session.get_one(Drawdown, drawdown.id, with_for_update=True, populate_existing=True)
    if drawdown.received_on is not None:
        raise DomainError(
            "received",
            said(
                "Drawdown %(drawdown)s was received on %(received)s.",
                drawdown=drawdown.reference,
                received=drawdown.received_on,
            ),
        )
    if drawdown.pence != line.open_pence:
        raise DomainError(
            "amounts_differ",
            said(
                "The line has %(open)s open; the drawdown is %(pence)s.",
                open=Amount(line.open_pence),
                pence=Amount(drawdown.pence),
            ),
        )
    take_from_line(line, drawdown.pence)
    post(
        act,
        EntryKind.DRAWDOWN_RECEIVED,
        line.scheme_id,
        [Move(drawdown.line_id, Account.CASH_DRAWN, Account.CASH, drawdown.pence)],
        reason=f"drawdown {drawdown.reference} received",
        happened_on=line.booked_on,
    )
    drawdown.received_on = line.booked_on
    note_match(act, line, MatchKind.DRAWDOWN, drawdown.pence, drawdown_id=drawdown.id)
    record(act.actor, "drawdown.received", drawdown, at=act.now, pence=drawdown.pence)


def match_funder_repayment(act: Act, line: BankLine, funding_line: FundingLine, *, reason: str) -> None:
    """Matches money out to a repayment of recovered money to the funder of one line."""
    line = open_line(act, line, out=True)
    session.get_one(Agreement, funding_line.agreement_id, with_for_update=True, populate_existing=True)
    owed = balances([funding_line.id])[funding_line.id][Account.REPAYABLE]
    pence = line.open_pence
    if pence > owed:
        raise DomainError(
            "more_than_owed",
            said("%(owed)s is repayable on line %(funding_line)s.", owed=Amount(owed), funding_line=funding_line.code),
            "amount",
        )
    take_from_line(line, pence)
    post(
        act,
        EntryKind.RETURNED_TO_FUNDER,
        line.scheme_id,
        [
            Move(funding_line.id, Account.REPAYABLE, Account.RETURNED, pence),
            Move(funding_line.id, Account.CASH, Account.CASH_RETURNED, pence),
        ],
        reason=reason or "recovered money repaid to the funder",
        happened_on=line.booked_on,
    )
    note_match(act, line, MatchKind.FUNDER_REPAYMENT, pence, line_id=funding_line.id, reason=reason)
