"""What does not fit between the payments and the bank, and what people found it to be (statement line 22)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from sqlalchemy import exists, func, select

from voucher.accounts.models import Person
from voucher.organisations.models import Organisation
from voucher.payments.matching_queries import all_waiting, open_lines
from voucher.payments.matching_rules import Named, OpenLine, Waiting
from voucher.payments.models import BankLine, BankMatch, Batch, ExceptionResolution, Payment, PaymentItem
from voucher.payments.rules import OF_LINES, ExceptionKind, MatchKind, PaymentState
from voucher.platform.db import session
from voucher.platform.i18n import said_of
from voucher.platform.money import pounds
from voucher.providers.models import Provider
from voucher.schemes.models import Scheme

K = ExceptionKind


@dataclass(frozen=True)
class Resolved:
    """The last thing that somebody found an exception to be."""

    row: ExceptionResolution
    by: str

    def holds(self, pence: int, today: date) -> bool:
        """Whether the facts are still those that were looked at."""
        return self.row.pence == abs(pence) and (self.row.again_on is None or today < self.row.again_on)


# What was found by kind and by the row of the line or payment.
Resolutions = Mapping[tuple[ExceptionKind, int], Resolved]


@dataclass(frozen=True)
class Unfitting:
    """One exception: a line (``pence`` below zero for money out) or a payment, since when, and what was found of it.

    ``subject`` is the public id of the line or payment, and ``subject_id`` its row; ``address`` that of the record page
    on which it stands, which for a payment is its batch's.
    """

    kind: ExceptionKind
    since: date
    pence: int
    subject_id: int
    reference: str
    party: str
    detail: str
    subject: str
    address: str
    resolved: Resolved | None = None

    @property
    def of_line(self) -> bool:
        """Whether it is about a bank line, and not about a payment."""
        return self.kind in OF_LINES


def exceptions_of(scheme: Scheme, today: date, *, days: int | None = None) -> list[Unfitting]:
    """All exceptions of the scheme, oldest first; ``days`` is how old those must be that time may still put right.

    What a line names and does not come to, and what came back, is an exception at once.
    """
    since = today - timedelta(days=scheme.exception_days if days is None else days)
    found = [*_lines(scheme, since), *_unseen(scheme.id, since), *_returned(scheme.id)]
    known = resolutions(scheme.id)
    looked_at = [_with_resolution(each, known, today) for each in found]
    return sorted(looked_at, key=lambda each: (each.since, each.kind, each.subject_id))


def _with_resolution(each: Unfitting, known: Resolutions, today: date) -> Unfitting:
    resolved = known.get((each.kind, each.subject_id))
    if resolved is None or not resolved.holds(each.pence, today):
        return each
    return replace(each, resolved=resolved)


def resolutions(scheme_id: int) -> Resolutions:
    """The last that was found of each exception."""
    last = (
        select(func.max(ExceptionResolution.id))
        .where(ExceptionResolution.scheme_id == scheme_id)
        .group_by(ExceptionResolution.kind, ExceptionResolution.bank_line_id, ExceptionResolution.payment_id)
    )
    rows = session.execute(
        select(ExceptionResolution, Person.name)
        .join(Person, Person.id == ExceptionResolution.by_id)
        .where(ExceptionResolution.id.in_(last))
    )
    return {(K(row.kind), row.bank_line_id or row.payment_id or 0): Resolved(row, name) for row, name in rows}


def resolutions_of(line: BankLine) -> Sequence[Resolved]:
    """Everything that was found of a bank line's exceptions, in order."""
    rows = session.execute(
        select(ExceptionResolution, Person.name)
        .join(Person, Person.id == ExceptionResolution.by_id)
        .where(ExceptionResolution.bank_line_id == line.id)
        .order_by(ExceptionResolution.id)
    )
    return [Resolved(row, name) for row, name in rows]


def differing_lines(scheme: Scheme) -> dict[int, tuple[Waiting, ...]]:
    """The open lines that name something and do not come to it, by their rows, and what they name."""
    return _looked_at(scheme).differing()


def _looked_at(scheme: Scheme) -> Named:
    lines = open_lines(scheme.id)
    return Named(lines, all_waiting(scheme, lines), scheme.reference)


def _lines(scheme: Scheme, since: date) -> list[Unfitting]:
    looked = _looked_at(scheme)
    differing = looked.differing()
    return [
        _line(line, differing.get(line.id, ()), looked)
        for line in looked.lines
        if line.id in differing or line.booked_on <= since
    ]


def _line(line: OpenLine, named: Sequence[Waiting], looked: Named) -> Unfitting:
    return Unfitting(
        kind=K.AMOUNT_DIFFERS if named else K.LINE_UNEXPLAINED,
        since=line.booked_on,
        pence=line.pence,
        subject_id=line.id,
        reference=line.text,
        party=line.party,
        detail=_told(named, looked),
        subject=line.public_id,
        address=line.public_id,
    )


def _told(named: Sequence[Waiting], looked: Named) -> str:
    """What a line names; where others name it, too, all of them may fit it and it may have been paid twice."""
    things = ", ".join(f"{thing.reference}: {pounds(thing.pence)}" for thing in named)
    others = max((len(looked.lines_for(thing)) for thing in named), default=0) - 1
    if others < 1:
        return things
    return said_of(
        others,
        "%(things)s. Another open line names it, too: was it paid twice?",
        "%(things)s. %(num)s other open lines name it, too: was it paid more than once?",
        things=things,
    )


def _unseen(scheme_id: int, since: date) -> list[Unfitting]:
    rows = session.execute(
        select(Payment, Batch, Organisation.name)
        .join(Batch, Batch.id == Payment.batch_id)
        .join(Provider, Provider.id == Payment.provider_id)
        .join(Organisation, Organisation.id == Provider.organisation_id)
        .where(Payment.scheme_id == scheme_id, Payment.state == PaymentState.EXPORTED, Batch.exported_on <= since)
    )
    return [
        _payment(K.PAYMENT_UNSEEN, payment, batch, name, batch.exported_on or since) for payment, batch, name in rows
    ]


def _returned(scheme_id: int) -> list[Unfitting]:
    """Payments that came back, while a claim of theirs is in no other payment."""
    again = select(PaymentItem.redemption_id).where(PaymentItem.live)
    waiting = exists().where(PaymentItem.payment_id == Payment.id, PaymentItem.redemption_id.not_in(again))
    rows = session.execute(
        select(Payment, Batch, Organisation.name, BankLine.booked_on)
        .join(Batch, Batch.id == Payment.batch_id)
        .join(Provider, Provider.id == Payment.provider_id)
        .join(Organisation, Organisation.id == Provider.organisation_id)
        .join(BankMatch, (BankMatch.payment_id == Payment.id) & (BankMatch.kind == MatchKind.RETURN))
        .join(BankLine, BankLine.id == BankMatch.bank_line_id)
        .where(Payment.scheme_id == scheme_id, Payment.state == PaymentState.RETURNED, waiting)
    )
    return [_payment(K.PAYMENT_RETURNED, payment, batch, name, on) for payment, batch, name, on in rows]


def _payment(kind: ExceptionKind, payment: Payment, batch: Batch, party: str, since: date) -> Unfitting:
    return Unfitting(
        kind=kind,
        since=since,
        pence=payment.pence,
        subject_id=payment.id,
        reference=payment.reference,
        party=party,
        detail=batch.reference,
        subject=payment.public_id,
        address=batch.public_id,
    )
