"""How long claims take from valid to paid, and who lost how many days on the way (rule 38).

A claim is *valid* from the moment at which it was last confirmed, or accepted on other evidence: nothing about it is
disputed then. From there to the bank's day the scheme has ``LIMIT_DAYS``. Days are days of the calendar in London, so
that those of the parties add up to all days from the claim's first hand-in.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Generic, NamedTuple, TypeVar

from sqlalchemy import ScalarSelect, Select, and_, bindparam, func, or_, select
from sqlalchemy.orm import contains_eager

from voucher.audit.models import AuditEvent
from voucher.payments.models import BankLine, BankMatch, PaymentItem
from voucher.payments.rules import LIMIT_DAYS, MatchKind
from voucher.platform.clock import london_date
from voucher.platform.db import session
from voucher.providers.models import Provider
from voucher.redemptions.models import Redemption
from voucher.redemptions.rules import ENDED, RedemptionState
from voucher.redemptions.waiting import NOBODY, THE_BUSINESS, THE_OFFICE, THE_PROVIDER, waits_for

R = RedemptionState
NOT_VALID = frozenset({R.SUBMITTED, R.DISPUTED, R.UNCONFIRMED, R.SENT_BACK})
HELD, LIFTED = "claim.put_on_hold", "claim.hold_lifted"
# How many claims are asked about in one statement, which may be given 65,535 values on PostgreSQL.
AT_ONCE = 5_000
LOSERS = (THE_PROVIDER, THE_BUSINESS, THE_OFFICE)


class Step(NamedTuple):
    """A claim came to a state, or was put on hold or freed again, on a day."""

    on: date
    state: str
    action: str


C = TypeVar("C")  # A claim: the record itself, or a row with its id and when it was handed in.


@dataclass(frozen=True)
class PayDays(Generic[C]):
    """A claim on its way: since when it is valid, when it was paid, and the days that it waited for each party.

    ``until`` is the bank's day, or the day of looking while there is none.
    """

    claim: C
    handed_in_on: date
    valid_on: date | None
    paid_on: date | None
    until: date
    lost: Mapping[str, int]

    @property
    def days(self) -> int | None:
        """Days from valid to paid, or so far; None for a claim that is not valid."""
        return (self.until - self.valid_on).days if self.valid_on is not None else None

    @property
    def late(self) -> bool:
        """Whether that is more than the days there are."""
        return self.days is not None and self.days > LIMIT_DAYS


@dataclass(frozen=True)
class Summary:
    """Of several claims: how many were paid and in how many days, how many took too long, and whose days they were."""

    paid: int
    unpaid: int
    late: int
    middle_days: int | None
    longest_days: int | None
    lost: Mapping[str, int]


@dataclass(frozen=True)
class Asked:
    """Which claims are meant: those paid in the last ``days`` and those not paid yet; or only late or unpaid ones."""

    days: int = 365
    show: str = ""


def claims_in(scheme_id: int, asked: Asked, today: date) -> Select[Redemption]:
    """The claims, in no order, with what a list shows of them."""
    provider = contains_eager(Redemption.provider).contains_eager(Provider.organisation)
    claims = select(Redemption).join(Redemption.provider).join(Provider.organisation).options(provider)
    query: Select[Redemption] = _meant(claims, scheme_id, asked, today)
    if asked.show == "late":
        late = [each.claim.id for each in _all(scheme_id, asked, today) if each.late]
        # Their numbers stand in the statement itself: it may be given only so many values.
        query = query.where(Redemption.id.in_(bindparam("late", late, expanding=True, literal_execute=True)))
    return query


def _all(scheme_id: int, asked: Asked, today: date) -> list[PayDays[Any]]:
    """How the claims fared, by no more of each than is needed."""
    rows = session.execute(_meant(select(Redemption.id, Redemption.submitted_at), scheme_id, asked, today)).all()
    return pay_days(rows, today)


def _meant(query: Any, scheme_id: int, asked: Asked, today: date) -> Any:
    paid_on = _paid_on()
    query = query.where(
        Redemption.scheme_id == scheme_id,
        Redemption.state.not_in([str(state) for state in ENDED]),
        or_(paid_on.is_(None), paid_on >= today - timedelta(days=asked.days)),
    )
    return query.where(paid_on.is_(None)) if asked.show == "unpaid" else query


def _paid_on() -> ScalarSelect[date]:
    """The bank's day of the payment that paid a claim and was not returned."""
    return (
        select(func.max(BankLine.booked_on))
        .join(BankMatch, BankMatch.bank_line_id == BankLine.id)
        .join(PaymentItem, PaymentItem.payment_id == BankMatch.payment_id)
        .where(
            PaymentItem.redemption_id == Redemption.id,
            PaymentItem.live,
            BankMatch.kind == str(MatchKind.PAYMENT),
        )
        .correlate(Redemption)
        .scalar_subquery()
    )


def pay_days(claims: Sequence[C], today: date) -> list[PayDays[C]]:
    """How each of these claims fared: two queries for so many of them."""
    rows: Sequence[Any] = claims
    found: list[PayDays[C]] = []
    for first in range(0, len(rows), AT_ONCE):
        some = rows[first : first + AT_ONCE]
        ids = [row.id for row in some]
        steps, paid = _steps(ids), _bank_days(ids)
        found += [_fared(row, steps.get(row.id, []), paid.get(row.id), today) for row in some]
    return found


def _steps(ids: Collection[int]) -> Mapping[int, list[Step]]:
    found: dict[int, list[Step]] = {}
    query = (
        select(AuditEvent.object_id, AuditEvent.at, AuditEvent.to_state, AuditEvent.action)
        .where(
            AuditEvent.object_kind == Redemption.__tablename__,
            AuditEvent.object_id.in_(ids),
            or_(AuditEvent.to_state.is_not(None), AuditEvent.action.in_((HELD, LIFTED))),
        )
        .order_by(AuditEvent.object_id, AuditEvent.id)
    )
    for claim_id, at, state, action in session.execute(query):
        found.setdefault(claim_id, []).append(Step(london_date(at), state or "", action))
    return found


def _bank_days(ids: Collection[int]) -> Mapping[int, date]:
    query = (
        select(PaymentItem.redemption_id, func.max(BankLine.booked_on))
        .join(BankMatch, and_(BankMatch.payment_id == PaymentItem.payment_id, BankMatch.kind == str(MatchKind.PAYMENT)))
        .join(BankLine, BankLine.id == BankMatch.bank_line_id)
        .where(PaymentItem.redemption_id.in_(ids), PaymentItem.live)
        .group_by(PaymentItem.redemption_id)
    )
    return {claim_id: day for claim_id, day in session.execute(query)}  # noqa: C416 - rows are no pairs to a checker


def _fared(claim: Any, steps: Sequence[Step], paid_on: date | None, today: date) -> PayDays[Any]:
    until = paid_on or today
    return PayDays(
        claim=claim,
        handed_in_on=london_date(claim.submitted_at),
        valid_on=valid_since(steps),
        paid_on=paid_on,
        until=until,
        lost=days_lost(steps, until),
    )


def valid_since(steps: Sequence[Step]) -> date | None:
    """The day from which a claim stands valid and undisputed, or did until it was paid; None while it does not."""
    found: date | None = None
    for step in steps:
        if step.state in NOT_VALID:
            found = None
        elif step.state and found is None:
            found = step.on
    return found


def days_lost(steps: Sequence[Step], until: date) -> Mapping[str, int]:
    """Days that a claim waited for each party, up to that day; a claim on hold waits for the office."""
    lost = dict.fromkeys(LOSERS, 0)
    state, held, since = "", False, until
    for step in steps:
        _add(lost, state, held, (min(step.on, until) - min(since, until)).days)
        state, since = step.state or state, step.on
        held = step.action == HELD or (held and step.action != LIFTED)
    _add(lost, state, held, (until - min(since, until)).days)
    return lost


def _add(lost: dict[str, int], state: str, held: bool, days: int) -> None:
    """Adds days to the party that a claim in this state waits for; one that came back from the bank, to the office."""
    party = THE_OFFICE if held or state == R.PAID else waits_for(state) if state else NOBODY
    if party in lost:
        lost[party] += days


def summarise(scheme_id: int, asked: Asked, today: date) -> Summary:
    """What the claims that are meant come to, whatever of them is listed."""
    found = _all(scheme_id, asked, today)
    if asked.show == "late":
        found = [each for each in found if each.late]
    paid = sorted(each.days for each in found if each.paid_on is not None and each.days is not None)
    return Summary(
        paid=sum(each.paid_on is not None for each in found),
        unpaid=sum(each.paid_on is None for each in found),
        late=sum(each.late for each in found),
        middle_days=paid[len(paid) // 2] if paid else None,
        longest_days=paid[-1] if paid else None,
        lost={party: sum(each.lost[party] for each in found) for party in LOSERS},
    )
