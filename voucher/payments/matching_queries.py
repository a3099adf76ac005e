"""What the matching looks at, read at once: open bank lines, and the payments, drawdowns and debts that wait."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import Select, select

from voucher.funding.models import Agreement, FundingLine
from voucher.organisations.models import Organisation
from voucher.payments.matching_rules import Named, OpenLine, Proposal, Waiting, as_kept, references_in
from voucher.payments.models import BankLine, Batch, Debt, Drawdown, Payment
from voucher.payments.rules import DebtState, LineSource, MatchKind, PaymentState
from voucher.platform.db import session
from voucher.platform.keyring import KeyRing
from voucher.providers.models import PayeeDetails, Provider
from voucher.schemes.models import Scheme

# As many lines are looked at in one go, oldest first, as one transaction can well hold; the others follow after it.
MOST_LINES = 10_000
# A database takes only so many values in one list.
CHUNK = 10_000


@dataclass(frozen=True)
class Found:
    """What came of looking at the open lines: what is certain, what is only likely, and how many lines are left."""

    certain: list[Proposal]
    likely: dict[int, Waiting]
    left: list[OpenLine]


def look_at(scheme: Scheme, ring: KeyRing) -> Found:
    """Looks at every open line of the scheme beside everything that waits for one."""
    lines = open_lines(scheme.id, MOST_LINES)
    waiting = all_waiting(scheme, lines, ring)
    named = Named(lines, waiting, scheme.reference)
    certain = named.certain()
    sure = {line.id for proposal in certain for line in proposal.lines}
    return Found(certain, named.likely(waiting), [line for line in lines if line.id not in sure])


def open_lines(scheme_id: int, most: int | None = None) -> list[OpenLine]:
    """The lines with something unexplained, oldest first."""
    query = (
        select(
            BankLine.id,
            BankLine.public_id,
            BankLine.booked_on,
            BankLine.pence,
            BankLine.open_pence,
            BankLine.bank_reference,
            BankLine.counterparty,
            BankLine.source,
            BankLine.entered_by,
        )
        .where(BankLine.scheme_id == scheme_id, BankLine.open_pence > 0)
        .order_by(BankLine.booked_on, BankLine.id)
        .limit(most)
    )
    return [
        OpenLine(
            id=row.id,
            public_id=row.public_id,
            booked_on=row.booked_on,
            pence=row.open_pence if row.pence > 0 else -row.open_pence,
            text=row.bank_reference,
            party=row.counterparty,
            typed_by=row.entered_by if row.source == LineSource.TYPED else None,
        )
        for row in session.execute(query)
    ]


def all_waiting(scheme: Scheme, lines: Sequence[OpenLine], ring: KeyRing | None = None) -> list[Waiting]:
    """What the lines may be: exported payments, drawdowns, debts, and those paid before that money in names.

    With the ring, the names of the payees' accounts are among their names.
    """
    named = {each for line in lines if line.pence > 0 for each in references_in(line.text, scheme.reference)}
    return [
        *exported(scheme, ring),
        *_paid_before(scheme, named),
        *_drawdowns(scheme.id),
        *_debts(scheme.id),
    ]


def _payments(scheme_id: int) -> Select[int, str, int, str, date | None, int, int | None, str, str]:
    return (
        select(
            Payment.id,
            Payment.reference,
            Payment.pence,
            Batch.reference.label("batch"),
            Batch.exported_on,
            Batch.prepared_by,
            Batch.approved_by,
            Organisation.name,
            PayeeDetails.account_name_encrypted.label("account"),
        )
        .join(Batch, Batch.id == Payment.batch_id)
        .join(Provider, Provider.id == Payment.provider_id)
        .join(Organisation, Organisation.id == Provider.organisation_id)
        .join(PayeeDetails, PayeeDetails.id == Payment.payee_details_id)
        .where(Payment.scheme_id == scheme_id)
        .order_by(Payment.id)
    )


def exported(scheme: Scheme, ring: KeyRing | None) -> list[Waiting]:
    """The payments that were sent to the bank and not seen there."""
    accounts: dict[str, str] = {}
    found = []
    for row in session.execute(_payments(scheme.id).where(Payment.state == PaymentState.EXPORTED)):
        if ring is not None and row.account not in accounts:
            accounts[row.account] = ring.decrypt(row.account)
        if row.exported_on is not None:
            found.append(
                Waiting(
                    kind=MatchKind.PAYMENT,
                    id=row.id,
                    reference=row.reference,
                    pence=row.pence,
                    names=(row.name, accounts.get(row.account, "")),
                    batch=row.batch,
                    days=(row.exported_on, row.exported_on + timedelta(days=scheme.match_days)),
                    not_typed_by=frozenset(each for each in (row.prepared_by, row.approved_by) if each is not None),
                )
            )
    return found


def _paid_before(scheme: Scheme, named: Iterable[str]) -> list[Waiting]:
    """Payments that left the bank and that money in names: they may have come back."""
    wanted = sorted(as_kept(each, scheme.reference) for each in named)
    found = []
    for start in range(0, len(wanted), CHUNK):
        some = _payments(scheme.id).where(
            Payment.state == PaymentState.DEFRAYED, Payment.reference.in_(wanted[start : start + CHUNK])
        )
        found += [
            Waiting(kind=MatchKind.RETURN, id=row.id, reference=row.reference, pence=row.pence, names=(row.name,))
            for row in session.execute(some)
        ]
    return found


def _drawdowns(scheme_id: int) -> list[Waiting]:
    query = (
        select(Drawdown.id, Drawdown.reference, Drawdown.pence, Organisation.name)
        .join(FundingLine, FundingLine.id == Drawdown.line_id)
        .join(Agreement, Agreement.id == FundingLine.agreement_id)
        .join(Organisation, Organisation.id == Agreement.funder_id)
        .where(Drawdown.scheme_id == scheme_id, Drawdown.received_on.is_(None))
        .order_by(Drawdown.id)
    )
    return [
        Waiting(kind=MatchKind.DRAWDOWN, id=row.id, reference=row.reference, pence=row.pence, names=(row.name,))
        for row in session.execute(query)
    ]


def _debts(scheme_id: int) -> list[Waiting]:
    owing = [str(DebtState.RAISED), str(DebtState.PART_REPAID)]
    query = (
        select(Debt.id, Debt.reference, Debt.outstanding_pence, Organisation.name)
        .join(Organisation, Organisation.id == Debt.owed_by_id)
        .where(Debt.scheme_id == scheme_id, Debt.state.in_(owing))
        .order_by(Debt.id)
    )
    return [
        Waiting(
            kind=MatchKind.RECOVERY,
            id=row.id,
            reference=row.reference,
            pence=row.outstanding_pence,
            names=(row.name,),
            in_part=True,
        )
        for row in session.execute(query)
    ]
