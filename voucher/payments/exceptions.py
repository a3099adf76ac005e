"""Saying what an exception is: a row with a reason, which holds while the facts stay as they were."""

from __future__ import annotations

from datetime import date

from voucher.audit.commands import record
from voucher.audit.rules import Override
from voucher.payments.exception_queries import Unfitting, exceptions_of
from voucher.payments.models import BankLine, ExceptionResolution, Payment
from voucher.payments.queries import lock_bank_line, lock_payment
from voucher.payments.rules import OUTCOMES_OF_PAYMENTS, SETS_ASIDE, Outcome
from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.platform.db import session
from voucher.platform.errors import DomainError
from voucher.platform.i18n import gettext_noop as _
from voucher.schemes.models import Scheme


def resolve_exception(
    act: Act, thing: BankLine | Payment, outcome: Outcome, *, reason: str, again_on: date | None = None
) -> ExceptionResolution:
    """Writes down what the exception of a line or payment was found to be. No money is moved by it.

    What waits for the bank needs a later day on which it is looked at again. To set a line's money aside is an
    override, which the statement counts. Raises DomainError where nothing is wrong with the line or payment.
    """
    act.require(Permission.BANK_LINES_MATCH, scheme_id=thing.scheme_id)
    if not reason.strip():
        raise DomainError("reason_needed", _("Say why: the reason stands on the statement."), "reason")
    _refuse_day(act, outcome, again_on)
    locked = lock_bank_line(thing) if isinstance(thing, BankLine) else lock_payment(thing)
    if isinstance(locked, Payment) and outcome not in OUTCOMES_OF_PAYMENTS:
        raise DomainError("outcome", _("A payment waits for the bank, or it was put right elsewhere."), "outcome")
    exception = exception_of(act, locked)
    made = ExceptionResolution(
        scheme_id=locked.scheme_id,
        kind=str(exception.kind),
        bank_line_id=locked.id if exception.of_line else None,
        payment_id=None if exception.of_line else locked.id,
        pence=abs(exception.pence),
        outcome=str(outcome),
        reason=reason.strip(),
        again_on=again_on,
        by_id=act.person_id,
        at=act.now,
    )
    session.add(made)
    record(
        act.actor,
        "exception.resolved",
        locked,
        at=act.now,
        reason=reason,
        override=Override.BANK_LINE_SET_ASIDE if outcome in SETS_ASIDE else None,
        pence=abs(exception.pence),
        details={"kind": str(exception.kind), "outcome": str(outcome)},
    )
    session.flush()
    return made


def _refuse_day(act: Act, outcome: Outcome, again_on: date | None) -> None:
    if outcome == Outcome.WAITS and (again_on is None or again_on <= act.today):
        raise DomainError("again_on", _("Enter a day after today on which it is looked at again."), "again_on")
    if outcome != Outcome.WAITS and again_on is not None:
        raise DomainError("again_on", _("Only what waits for the bank is looked at again on a day."), "again_on")


def exception_of(act: Act, thing: BankLine | Payment) -> Unfitting:
    """What is wrong with a line or payment, however young; raises DomainError when nothing is."""
    scheme = session.get_one(Scheme, thing.scheme_id)
    of_line = isinstance(thing, BankLine)
    for each in exceptions_of(scheme, act.today, days=0):
        if each.of_line == of_line and each.subject_id == thing.id:
            return each
    raise DomainError("no_exception", _("Nothing is wrong with it: there is nothing to resolve."))
