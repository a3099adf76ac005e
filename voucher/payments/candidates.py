"""What a bank line may have been, in words, the likeliest first; the commands decide whether it was."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from flask_babel import gettext as _
from wtforms import SelectChoice

from voucher.funding.queries import agreements_of, balances
from voucher.funding.rules import Account
from voucher.payments.cost_queries import costs_waiting
from voucher.payments.cost_rules import CostState
from voucher.payments.models import BankLine, Payment
from voucher.payments.page_queries import debts_for, drawdowns_for, payments_for, returns_for
from voucher.payments.policy import why_line_is_no_evidence
from voucher.payments.rules import names_payment
from voucher.platform.clock import long_date
from voucher.platform.money import pounds
from voucher.schemes.models import Scheme


@dataclass
class Candidates:
    """Choices of a form with a hint for each, and those that fit so well that they are ticked already."""

    choices: list[SelectChoice] = field(default_factory=list)
    hints: dict[str, str] = field(default_factory=dict)
    suggested: tuple[str, ...] = ()

    def add(self, value: str, words: str, hint: str) -> None:
        """One more choice."""
        self.choices.append(SelectChoice(value, words))
        self.hints[value] = hint


def candidates_for(line: BankLine, scheme: Scheme, find: str = "") -> Candidates:
    """Money out: exported payments and repayments to funders. Money in: returns, drawdowns and debts."""
    found = Candidates()
    if line.pence < 0:
        payments = payments_for(line, scheme.match_days, find)
        for payment in payments:
            found.add(f"payment {payment.reference}", _payment_words(payment), _why(line, payment))
        found.suggested = tuple(f"payment {payment.reference}" for payment in _fitting(line, payments))
        add_costs(found, line)
        _add_repayments(found, scheme)
        return found
    for payment in returns_for(line, find):
        found.add(f"return {payment.reference}", _return_words(payment), _why(line, payment))
    for drawdown, agreement, code in drawdowns_for(line):
        words = _("Drawdown %(reference)s, %(amount)s", reference=drawdown.reference, amount=pounds(drawdown.pence))
        day = long_date(drawdown.requested_on)
        found.add(
            f"drawdown {drawdown.reference}",
            words,
            _("Asked of %(agreement)s for line %(line)s on %(day)s", agreement=agreement, line=code, day=day),
        )
    add_returned_costs(found, line)
    for debt, owed_by in debts_for(line):
        left = pounds(debt.outstanding_pence)
        words = _("Debt %(reference)s of %(party)s", reference=debt.reference, party=owed_by)
        found.add(f"debt {debt.reference}", words, _("%(left)s is outstanding", left=left))
    return found


def _payment_words(payment: Payment) -> str:
    words: str = _(
        "Payment %(reference)s to %(provider)s, %(amount)s",
        reference=payment.reference,
        provider=payment.provider.organisation.name,
        amount=pounds(payment.pence),
    )
    return words


def _return_words(payment: Payment) -> str:
    words: str = _(
        "Payment %(reference)s back from %(provider)s, %(amount)s",
        reference=payment.reference,
        provider=payment.provider.organisation.name,
        amount=pounds(payment.pence),
    )
    return words


def _why(line: BankLine, payment: Payment) -> str:
    """What speaks for and against it, in a few words."""
    batch = payment.batch
    day = long_date(batch.exported_on or line.booked_on)
    said = [_("Batch %(batch)s, exported on %(day)s", batch=batch.reference, day=day)]
    if _named(line, payment):
        said.append(_("the line carries its reference"))
    else:
        said.append(_("the line does not carry its reference"))
    if payment.pence == line.open_pence:
        said.append(_("the same amount"))
    refusal = why_line_is_no_evidence(line, payment) if line.pence < 0 else None
    return "; ".join(said) + (f". {refusal}" if refusal else "")


def _named(line: BankLine, payment: Payment) -> bool:
    return any(names_payment(line.bank_reference, each) for each in (payment.reference, payment.batch.reference))


def _fitting(line: BankLine, payments: Sequence[Payment]) -> list[Payment]:
    """The one payment, or all payments of the one batch, that the line names and that come to its amount."""
    whole: dict[int, list[Payment]] = defaultdict(list)
    for payment in payments:
        if _named(line, payment):
            if payment.pence == line.open_pence:
                return [payment]
            whole[payment.batch_id].append(payment)
    sums = [found for found in whole.values() if sum(payment.pence for payment in found) == line.open_pence]
    return sums[0] if sums else []


def _add_repayments(found: Candidates, scheme: Scheme) -> None:
    agreements = agreements_of(scheme.id)
    standing = balances([line.id for agreement in agreements for line in agreement.lines])
    for agreement in agreements:
        for line in agreement.lines:
            owed = standing[line.id][Account.REPAYABLE]
            if owed > 0:
                words = _("Recovered money back to %(funder)s", funder=agreement.funder.name)
                hint = _(
                    "%(owed)s is repayable on line %(line)s of %(agreement)s",
                    owed=pounds(owed),
                    line=line.code,
                    agreement=agreement.reference,
                )
                found.add(f"repayment {agreement.reference}/{line.code}", words, hint)


def add_costs(found: Candidates, line: BankLine) -> None:
    """Approved administration costs that the line may have paid."""
    for cost in costs_waiting(line.scheme_id, CostState.APPROVED, line.open_pence):
        words = _("Administration cost %(reference)s, %(amount)s", reference=cost.reference, amount=pounds(cost.pence))
        found.add(f"cost {cost.reference}", words, cost.description)


def add_returned_costs(found: Candidates, line: BankLine) -> None:
    """Paid administration costs of the line's amount that may have come back."""
    for cost in costs_waiting(line.scheme_id, CostState.PAID, line.open_pence):
        if cost.pence == line.open_pence:
            words = _("Administration cost %(reference)s back", reference=cost.reference)
            found.add(f"cost {cost.reference}", words, cost.description)
