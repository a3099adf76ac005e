"""What was paid, claim by claim: this agreement's part of each, and its part of the match that came with it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from voucher.funding.models import Entry, Posting
from voucher.funding.rules import Account
from voucher.organisations.identifiers import IdentifierKind, org_id
from voucher.organisations.models import Organisation
from voucher.payments.models import Payment
from voucher.platform.db import session
from voucher.platform.money import split
from voucher.providers.models import Provider
from voucher.redemptions.models import Redemption, RedemptionVersion
from voucher.reports.ledger_side import Period
from voucher.reports.reading import by_id, in_portions
from voucher.vouchers.models import Voucher

PUBLIC_KINDS = (IdentifierKind.COMPANY_NUMBER, IdentifierKind.CHARITY_NUMBER)
# What the annex says of a claim, read along with it.
WITH_NAMES = (
    joinedload(Redemption.voucher).joinedload(Voucher.business).selectinload(Organisation.identifiers),
    joinedload(Redemption.provider).joinedload(Provider.organisation).selectinload(Organisation.identifiers),
)


@dataclass(frozen=True)
class Paid:
    """One claim in one payment (or its return): the signed grant by line over all lines, and the bank's day."""

    redemption: Redemption
    payment: Payment
    kind: str
    by_line: dict[int, int]


@dataclass(frozen=True)
class Share:
    """A claim with its spread over all its lines, and the pence of it that stand on the lines asked for."""

    redemption: Redemption
    spread: dict[int, int]
    pence: int


@dataclass(frozen=True)
class Match:
    """The business's own money behind a grant, for some lines: its part of net, VAT and own contribution."""

    net: int
    vat: int
    own: int


def paid_in(line_ids: Sequence[int], period: Period) -> list[Paid]:
    """Each payment and return of a claim that counts in the period on one of these lines."""
    touched = session.scalars(
        select(Posting.entry_id)
        .where(
            Posting.line_id.in_(line_ids),
            Posting.effective_on >= period.first,
            Posting.effective_on <= period.last,
            Posting.payment_id.is_not(None),
        )
        .distinct()
        .order_by(Posting.entry_id)
    ).all()
    parts: dict[tuple[int, int, str], dict[int, int]] = defaultdict(dict)
    for entries in in_portions(touched):
        _read_parts(entries, parts)
    claims = by_id(Redemption, (redemption_id for redemption_id, _payment, _target in parts), *WITH_NAMES)
    payments = by_id(Payment, (payment_id for _redemption, payment_id, _target in parts))
    return [
        Paid(
            claims[redemption_id],
            payments[payment_id],
            "payment" if target == Account.DEFRAYED else "return",
            by_line,
        )
        for (redemption_id, payment_id, target), by_line in parts.items()
    ]


def _read_parts(entries: Sequence[int], parts: dict[tuple[int, int, str], dict[int, int]]) -> None:
    """Adds what these entries paid or took back, by claim, payment and target: the signed pence by line.

    The entries are given by their numbers: asked for by the period in one query, PostgreSQL reads every payment that
    the ledger ever had, because it takes the period's entries for many more than they are.
    """
    rows = session.execute(
        select(Posting.redemption_id, Posting.payment_id, Posting.to_account, Posting.line_id, func.sum(Posting.pence))
        .where(
            Posting.entry_id.in_(entries),
            Posting.from_account.in_([str(Account.APPROVED), str(Account.DEFRAYED)]),
            Posting.to_account.in_([str(Account.APPROVED), str(Account.DEFRAYED)]),
        )
        .group_by(Posting.redemption_id, Posting.payment_id, Posting.to_account, Posting.line_id, Posting.entry_id)
        .order_by(Posting.entry_id, Posting.redemption_id, Posting.line_id)
    )
    for redemption_id, payment_id, target, line_id, pence in rows:
        if redemption_id is not None and payment_id is not None:
            sign = 1 if target == Account.DEFRAYED else -1
            parts[redemption_id, payment_id, target][line_id] = sign * int(pence)


def match_of(claim: Redemption, by_line: Mapping[int, int], line_ids: Sequence[int]) -> Match:
    """The part of a claim's own money that goes with these lines, so that no two funders count the same pound.

    ``by_line`` is the claim's grant over all its lines, below zero for a return; the match has the same sign.
    """
    net, vat, own = (
        our_part(pence, by_line, line_ids) for pence in (claim.net_pence, claim.vat_pence, claim.own_pence)
    )
    return Match(net, vat, own)


def our_part(pence: int, by_line: Mapping[int, int], line_ids: Sequence[int]) -> int:
    """The part of an amount that goes with these lines, by a claim's grant over all its lines, with the same sign."""
    sign = -1 if any(each < 0 for each in by_line.values()) else 1
    lines = sorted(by_line)
    weights = [abs(by_line[line]) for line in lines]
    return sign * sum(part for line, part in zip(lines, split(pence, weights), strict=True) if line in line_ids)


def standing_claims(
    accounts: Sequence[Account], line_ids: Sequence[int], through: date, *, known_at: datetime | None = None
) -> list[Share]:
    """Claims with money on these accounts and lines at the end of a day, and how each is spread over all its lines.

    The spread is that of all its postings: where two agreements close on different days, parts of one payment count on
    different days, and the match must be split the same way in every statement. ``known_at`` leaves out what was
    written down after a moment.
    """
    names = [str(account) for account in accounts]
    ours = select(Posting.redemption_id).where(Posting.line_id.in_(line_ids))
    here: dict[int, int] = defaultdict(int)
    spread: dict[int, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for column, other, sign in (
        (Posting.to_account, Posting.from_account, 1),
        (Posting.from_account, Posting.to_account, -1),
    ):
        query = (
            select(Posting.redemption_id, Posting.line_id, Posting.effective_on, func.sum(Posting.pence))
            .where(column.in_(names), other.not_in(names), Posting.redemption_id.in_(ours))
            .group_by(Posting.redemption_id, Posting.line_id, Posting.effective_on)
        )
        if known_at is not None:
            query = query.join(Entry, Entry.id == Posting.entry_id).where(Entry.recorded_at <= known_at)
        for redemption_id, line_id, effective_on, pence in session.execute(query):
            if redemption_id is None:
                continue
            if sign == 1:
                spread[redemption_id][line_id] += int(pence)
            if line_id in line_ids and effective_on <= through:
                here[redemption_id] += sign * int(pence)
    standing = {claim_id: pence for claim_id, pence in sorted(here.items()) if pence > 0}
    claims = by_id(Redemption, standing)
    return [Share(claims[claim_id], dict(spread[claim_id]), pence) for claim_id, pence in standing.items()]


def own_contributions(claim_ids: Sequence[int], known_at: datetime) -> dict[int, int]:
    """Pence of the own contribution of each claim as it was handed in by a moment.

    A claim that was taken over from another system has no version, and is left out.
    """
    query = select(RedemptionVersion.redemption_id, RedemptionVersion.figures)
    query = query.where(RedemptionVersion.at <= known_at).order_by(RedemptionVersion.version)
    return {
        claim_id: int(str(figures["own_pence"]))  # the newest comes last and stays
        for portion in in_portions(claim_ids)
        for claim_id, figures in session.execute(query.where(RedemptionVersion.redemption_id.in_(portion)))
    }


def public_id_of(organisation: Organisation) -> str:
    """The organisation's public identifier, or the scheme's own reference where there is none or it is a person."""
    if not organisation.natural_person:
        for identifier in organisation.identifiers:
            if identifier.kind in PUBLIC_KINDS:
                return org_id(IdentifierKind(identifier.kind), identifier.value)
    return organisation.reference
