"""What a bank line must be before it proves a payment or a return: read again under lock, and refused in words.

Everything that a match decides on is locked, lines before batches, batches before payments, each in the order of their
rows, so that two who match and one who recalls never wait for each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from voucher.payments.models import BankLine, Payment
from voucher.payments.policy import why_line_is_no_evidence
from voucher.payments.queries import lock_bank_lines, lock_batches, lock_payments
from voucher.payments.rules import PaymentState, in_window, names_payment
from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.platform.errors import DomainError, Forbidden
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.i18n import said
from voucher.platform.money import Amount
from voucher.schemes.models import Scheme


@dataclass(frozen=True)
class Found:
    """One bank line and the payments that it paid in one sum, or several lines and the one payment that they came to.

    ``leaves_rest`` says that the line is more than the payments, and that what is over stays open.
    """

    lines: tuple[BankLine, ...]
    payments: tuple[Payment, ...]
    leaves_rest: bool = False

    def parts(self) -> list[tuple[BankLine, Payment, int]]:
        """How much of which line is which payment."""
        if len(self.payments) == 1 and not self.leaves_rest:
            return [(line, self.payments[0], line.open_pence) for line in self.lines]
        return [(self.lines[0], payment, payment.pence) for payment in self.payments]

    def unnamed(self) -> list[Payment]:
        """The payments whose reference, or whose batch's, not all of their lines carry."""
        return [payment for payment in self.payments if not all(_named(line, payment) for line in self.lines)]


def _named(line: BankLine, payment: Payment) -> bool:
    return any(names_payment(line.bank_reference, each) for each in (payment.reference, payment.batch.reference))


def held_still(act: Act, found: Sequence[Found], *, out: bool) -> list[Found]:
    """The same lines and payments, read again under lock; raises DomainError for lines that cannot be that."""
    lines = lock_bank_lines(line.id for each in found for line in each.lines)
    for line in lines.values():
        act.require(Permission.BANK_LINES_MATCH, scheme_id=line.scheme_id)
        _refuse_line(line, out=out)
    asked = [payment for each in found for payment in each.payments]
    named = [payment.id for payment in asked]
    if not all(each.payments for each in found) or len(set(named)) != len(named):
        raise DomainError("payments", _("Name each payment that the line paid, once."), "payment")
    if len({payment.scheme_id for payment in asked} | {line.scheme_id for line in lines.values()}) > 1:
        raise DomainError("payments", _("A bank line shows payments of its own scheme."), "payment")
    lock_batches(payment.batch_id for payment in asked)
    payments = lock_payments(named)
    return [
        Found(
            tuple(lines[line.id] for line in each.lines),
            tuple(payments[payment.id] for payment in each.payments),
            each.leaves_rest,
        )
        for each in found
    ]


def _refuse_line(line: BankLine, *, out: bool) -> None:
    if line.open_pence == 0:
        raise DomainError("line_matched", _("This bank line is explained already."))
    if (line.pence < 0) != out:
        words = _("This bank line is %(way)s: it cannot be that.")
        raise DomainError("direction", said(words, way=said("money out") if line.pence < 0 else said("money in")))


def refuse_other_amounts(each: Found) -> None:
    """Raises DomainError unless the lines and the payments come to the same, or the line may leave a rest."""
    several = len(each.lines) > 1
    if len(set(each.lines)) != len(each.lines) or (several and (len(each.payments) > 1 or each.leaves_rest)):
        raise DomainError("lines", _("Name several lines for one payment, or one line for several payments."))
    open_pence = sum(line.open_pence for line in each.lines)
    total = sum(payment.pence for payment in each.payments)
    if total != open_pence and not (each.leaves_rest and total < open_pence):
        words = _("The lines have %(open)s open; the payment is %(total)s.")
        if not several:
            words = _("The line has %(open)s open; the payments come to %(total)s.")
        raise DomainError("amounts_differ", said(words, open=Amount(open_pence), total=Amount(total)))


def refuse_without_reason(each: Found, reason: str) -> None:
    """Raises DomainError where a reason is needed and none is given."""
    if reason.strip():
        return
    unnamed = each.unnamed()
    if unnamed:
        raise DomainError(
            "reference_differs",
            said(
                "The line does not carry the reference %(unnamed)s. Say why it is that payment all the same.",
                unnamed=unnamed[0].reference,
            ),
            "reason",
        )
    if each.leaves_rest:
        raise DomainError("reason_needed", _("Say why the line is more than the payments come to."), "reason")


def refuse_weak_evidence(line: BankLine, payment: Payment, scheme: Scheme) -> None:
    """Raises DomainError for a payment that was not sent, a line of another time, or one typed by a wrong person."""
    if payment.state != PaymentState.EXPORTED:
        raise DomainError(
            "not_exported",
            said(
                "Payment %(payment)s is %(state)s; it cannot have been paid.",
                payment=payment.reference,
                state=said(payment.state),
            ),
        )
    refusal = why_line_is_no_evidence(line, payment)
    if refusal:
        raise Forbidden("bank_line_duty", refusal)
    exported_on = payment.batch.exported_on
    if exported_on is None or not in_window(line.booked_on, exported_on, scheme.match_days):
        raise DomainError(
            "out_of_window",
            said(
                "The bank's day must lie between the export (%(exported)s) and %(match_days)s days after it.",
                exported=exported_on,
                match_days=scheme.match_days,
            ),
        )


def refuse_other_returns(each: Found) -> None:
    """Raises DomainError unless one line is just what the payments were."""
    line, total = each.lines[0], sum(payment.pence for payment in each.payments)
    if len(each.lines) > 1 or total != line.open_pence:
        words = _("The line has %(open)s open; the payments were %(total)s.")
        if len(each.payments) == 1:
            words = _("The line has %(open)s open; the payment was %(total)s.")
        raise DomainError("amounts_differ", said(words, open=Amount(line.open_pence), total=Amount(total)))
