"""Where each line's money stands, what expiry will release and when, and what the year's end takes away.

Everything is as things stand now. A release is what goes back to a line if nothing more is recorded or claimed: what is
left on a voucher when its late-session days are over, what recorded support holds when its claim window is.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, case, false, func, or_, select
from sqlalchemy.orm import contains_eager, joinedload, selectinload

from voucher.applications.models import Application
from voucher.applications.rules import ApplicationState
from voucher.funding.conditions import Conditions, YearBy, outlasts_year, year_end
from voucher.funding.models import Agreement, FundingLine, Posting, RoundLine
from voucher.funding.queries import agreements_of, balances, conditions_by_agreement, round_shares
from voucher.funding.rules import Account
from voucher.platform.actor import Actor
from voucher.platform.authz import Permission
from voucher.platform.db import session
from voucher.platform.money import split
from voucher.platform.paging import Rows
from voucher.redemptions.models import DeliverySession
from voucher.reports.money_bar import MoneyBar, money_bar
from voucher.schemes.models import Scheme
from voucher.vouchers.models import Voucher
from voucher.vouchers.rules import claimable_until, release_falls_due_on

# From free to paid, with the statement lines by which the bar knows them.
STAGES = (
    (Account.UNALLOCATED, "12"), (Account.RESERVED, "3"), (Account.COMMITTED, "4"), (Account.CLAIMED, "5"),
    (Account.APPROVED, "6"), (Account.DEFRAYED, "8"),
)  # fmt: skip
HELD = (
    select(func.coalesce(func.sum(DeliverySession.held_pence), 0))
    .where(DeliverySession.voucher_id == Voucher.id)
    .correlate(Voucher)
    .scalar_subquery()
)
# What recorded support holds outlives the voucher's own release.
HOLDING = select(DeliverySession.voucher_id).where(DeliverySession.held_pence > 0)
UNRELEASED = or_(Voucher.released_on.is_(None), Voucher.id.in_(HOLDING))


@dataclass
class YearsEnd:
    """What of a line dies on a year's last day: pence that nobody was promised, of offers, and of vouchers."""

    on: date
    unallocated: int = 0
    offered: int = 0
    on_vouchers: int = 0

    @property
    def total(self) -> int:
        """All of it."""
        return self.unallocated + self.offered + self.on_vouchers


@dataclass(frozen=True)
class LineCommitment:
    """One funding line: what stands where, what expiry releases by month, and what dies at the year's end."""

    agreement: Agreement
    line: FundingLine
    figures: dict[Account, int]
    bar: MoneyBar
    releases: dict[date, int]
    years_end: YearsEnd


class _Live(NamedTuple):
    """Vouchers with money that is not released and the same days: what is left on each, and its parts on the lines."""

    last_day: date
    late_session_days: int
    claim_window_days: int
    payment_days: int
    remaining: int
    number: int
    parts: Mapping[int, int]

    def releases(self, today: date) -> list[tuple[date, dict[int, int]]]:
        """The days on which its money goes back, with the parts on each line; what is overdue goes back today."""
        lines, weights = list(self.parts), list(self.parts.values())
        free = dict(zip(lines, split(self.remaining, weights), strict=True))
        held = {line: pence - free[line] for line, pence in self.parts.items()}
        on_expiry = release_falls_due_on(self.last_day, self.late_session_days)
        after_window = claimable_until(self.last_day, self.claim_window_days) + timedelta(days=1)
        return [(max(on_expiry, today), free), (max(after_window, today), held)]


def commitments(agreements: Sequence[Agreement], today: date) -> list[LineCommitment]:
    """Every line of these agreements, in the order of agreements and positions."""
    lines = [line for agreement in agreements for line in agreement.lines]
    standing = balances([line.id for line in lines])
    said = conditions_by_agreement([agreement.id for agreement in agreements])
    vouchers = _live_vouchers([line.id for line in lines])
    releases = _by_month(vouchers, today)
    ends = _years_ends(lines, said, vouchers, standing, today)
    found = []
    for line in lines:
        bar = money_bar(
            f"{line.agreement.reference} {line.code}",
            {number: standing[line.id][account] for account, number in STAGES},
        )
        figures = {account: standing[line.id][account] for account, _number in STAGES}
        found.append(LineCommitment(line.agreement, line, figures, bar, dict(releases[line.id]), ends[line.id]))
    return found


def _live_vouchers(line_ids: Sequence[int]) -> list[_Live]:
    """Vouchers with money on these lines that is not released yet, ended ones with held money too.

    Those that are alike to the day and the penny come as one: a scheme has thousands of them and few kinds.
    """
    rounds = select(RoundLine.round_id).where(RoundLine.line_id.in_(line_ids))
    lines = session.scalars(
        select(RoundLine.line_id).where(RoundLine.round_id.in_(rounds)).distinct().order_by(RoundLine.line_id)
    ).all()
    signed = case((Posting.to_account == str(Account.COMMITTED), Posting.pence), else_=-Posting.pence)
    parts = [func.sum(case((Posting.line_id == line, signed), else_=0)).label(f"line_{line}") for line in lines]
    days = (Voucher.last_day, Voucher.late_session_days, Voucher.claim_window_days, Voucher.payment_days)
    each = (
        select(*days, Voucher.remaining_pence, *parts)
        .join(Posting, Posting.voucher_id == Voucher.id)
        .where(UNRELEASED, Voucher.round_id.in_(rounds))
        .where(or_(Posting.to_account == str(Account.COMMITTED), Posting.from_account == str(Account.COMMITTED)))
        .group_by(Voucher.id)
        .having(func.sum(signed) > 0)
        .subquery()
    )
    alike = session.execute(select(*each.c, func.count()).group_by(*each.c).order_by(*each.c))
    found = []
    for last_day, late_session, claim_window, payment, remaining, *standing, number in alike:
        parts_of = {line: int(pence) for line, pence in zip(lines, standing, strict=True) if pence}
        found.append(_Live(last_day, late_session, claim_window, payment, remaining, number, parts_of))
    return found


def _by_month(vouchers: Iterable[_Live], today: date) -> dict[int, dict[date, int]]:
    """Pence by line and first day of the month in which they go back, in the order of the months."""
    found: dict[int, dict[date, int]] = defaultdict(lambda: defaultdict(int))
    for voucher in vouchers:
        for on, parts in voucher.releases(today):
            for line_id, pence in parts.items():
                if pence:
                    found[line_id][on.replace(day=1)] += pence * voucher.number
    return defaultdict(dict, {line_id: dict(sorted(months.items())) for line_id, months in found.items()})


def _years_ends(
    lines: Sequence[FundingLine],
    said: Mapping[int, Conditions],
    vouchers: Sequence[_Live],
    standing: Mapping[int, Mapping[Account, int]],
    today: date,
) -> dict[int, YearsEnd]:
    found = {}
    for line in lines:
        year_by = said[line.agreement_id].year_by
        ends_on = _last_day(line.agreement, today)
        late = sum(
            each.parts.get(line.id, 0) * each.number
            for each in vouchers
            if outlasts_year(
                year_by,
                last_day=each.last_day,
                claim_window_days=each.claim_window_days,
                payment_days=each.payment_days,
                ends_on=ends_on,
            )
        )
        found[line.id] = YearsEnd(ends_on, unallocated=standing[line.id][Account.UNALLOCATED], on_vouchers=late)
    _add_offers(found, lines, said)
    return found


def _add_offers(found: dict[int, YearsEnd], lines: Sequence[FundingLine], said: Mapping[int, Conditions]) -> None:
    """Offers whose voucher, accepted on the offer's last day, would count after the year's end."""
    by_id = {line.id: line for line in lines}
    offers = session.scalars(
        select(Application)
        .where(
            Application.round_id.in_(select(RoundLine.round_id).where(RoundLine.line_id.in_(by_id))),
            Application.state == ApplicationState.APPROVED,
        )
        .options(joinedload(Application.scheme))
        .order_by(Application.id)
    ).all()
    shares: dict[int, dict[int, int]] = {}
    for offer in offers:
        if offer.round_id not in shares:
            shares[offer.round_id] = round_shares(offer.round_id)
        drawn = shares[offer.round_id]
        parts = dict(zip(drawn, split(offer.face_pence, list(drawn.values())), strict=True))
        for line_id in parts.keys() & by_id.keys():
            if _offer_outlasts(offer, said[by_id[line_id].agreement_id].year_by, found[line_id].on):
                found[line_id].offered += parts[line_id]


def _offer_outlasts(offer: Application, year_by: YearBy, ends_on: date) -> bool:
    if offer.offer_until is None:
        return False
    scheme = offer.scheme
    return outlasts_year(
        year_by,
        last_day=min(offer.offer_until + timedelta(days=offer.validity_days), scheme.ends_on),
        claim_window_days=scheme.claim_window_days,
        payment_days=scheme.payment_days,
        ends_on=ends_on,
    )


def vouchers_past_years_end(scheme: Scheme, today: date) -> Rows:
    """Vouchers whose money the table of the year's end counts, each with what recorded support holds on it, in pence.

    Like the table it knows each agreement's own last day, and ended vouchers as long as support holds money on them.
    """
    return (
        select(Voucher, HELD.label("held"))
        .join(Voucher.business)
        .where(
            Voucher.scheme_id == scheme.id,
            UNRELEASED,
            Voucher.remaining_pence + HELD > 0,
            or_(false(), *_too_late(scheme, today)),
        )
        .options(contains_eager(Voucher.business))
    )


def _too_late(scheme: Scheme, today: date) -> Iterator[ColumnElement[bool]]:
    """For each agreement, the vouchers of the rounds that it pays for, by the days with which each was issued."""
    agreements = agreements_of(scheme.id)
    said = conditions_by_agreement([agreement.id for agreement in agreements])
    days = session.execute(
        select(Voucher.claim_window_days, Voucher.payment_days).where(Voucher.scheme_id == scheme.id).distinct()
    ).all()
    for agreement in agreements:
        lines = [line.id for line in agreement.lines]
        paid_for = Voucher.round_id.in_(select(RoundLine.round_id).where(RoundLine.line_id.in_(lines)))
        ends_on = _last_day(agreement, today)
        yield and_(paid_for, Voucher.last_day > ends_on)
        if said[agreement.id].year_by == YearBy.DEFRAYAL:
            for window, payment in days:
                yield and_(
                    paid_for,
                    Voucher.claim_window_days == window,
                    Voucher.payment_days == payment,
                    Voucher.last_day > ends_on - timedelta(days=window + payment),
                )


def _last_day(agreement: Agreement, today: date) -> date:
    """The last day on which something still counts for the agreement this year."""
    return min(year_end(today), agreement.ends_on)


def funders_agreements(actor: Actor) -> Sequence[Agreement]:
    """The agreements whose funder the actor reads for, with their lines, oldest first."""
    mine = {g.organisation_id for g in actor.grants if g.permission == Permission.FUNDER_STATEMENTS_READ}
    return session.scalars(
        select(Agreement)
        .where(Agreement.funder_id.in_({each for each in mine if each is not None}))
        .options(selectinload(Agreement.lines), joinedload(Agreement.funder))
        .order_by(Agreement.id)
    ).all()
