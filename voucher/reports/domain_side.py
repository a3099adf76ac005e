"""The same figures as the domain's own rows tell them: event rows, vouchers, claims, payments and bank matches.

Nothing here reads a posting. A statement and ``reconcile`` set this beside the ledger's side (rules 54, 56).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import starmap
from typing import NamedTuple

from sqlalchemy import Select, func, select

from voucher.applications.models import Application
from voucher.applications.rules import ApplicationState
from voucher.audit.models import AuditEvent
from voucher.funding.models import OpeningItem, Takeover
from voucher.funding.rules import EntryKind, OpeningKind
from voucher.payments.cost_models import AdminCost
from voucher.payments.cost_rules import CostState
from voucher.payments.models import BankLine, BankMatch, PaymentItem
from voucher.payments.rules import MatchKind
from voucher.platform.clock import london_date
from voucher.platform.db import session
from voucher.redemptions.models import Redemption, RedemptionVersion
from voucher.redemptions.rules import AWAITING_PAYMENT, DEFRAYED, UNDER_CHECK
from voucher.vouchers.models import Voucher

PAYABLE = AWAITING_PAYMENT | DEFRAYED


@dataclass(frozen=True)
class DomainStocks:
    """Pence on a day, over everything that some rounds gave rise to."""

    reserved: int
    committed: int
    claimed: int
    approved: int
    defrayed: int


@dataclass(frozen=True)
class Dated:
    """An amount with the day on which it counts."""

    on: date
    pence: int
    kind: str


def stocks(round_ids: Sequence[int], through: date) -> DomainStocks:
    """What the domain's rows say stood where at the end of a day, but for what was paid before a takeover."""
    under_check, payable = _claims(round_ids, through)
    defrayed = sum(item.pence for item in bank_events(round_ids) if item.on <= through)
    released = sum(item.pence for item in releases(round_ids) if item.on <= through)
    reinstated = sum(item.pence for item in reinstatements(round_ids) if item.on <= through)
    return DomainStocks(
        reserved=_reserved(round_ids, through),
        committed=_issued(round_ids, through) + reinstated - under_check - payable - released,
        claimed=under_check,
        approved=payable - defrayed,
        defrayed=defrayed,
    )


def _issued(round_ids: Sequence[int], through: date) -> int:
    """Face values from the day of issue on; a voucher that was taken over counts from the day of its figures."""
    counts_from = {
        event.object_id: date.fromisoformat(str(event.details["counts_from"]))
        for event in _events("voucher", _vouchers(round_ids), "voucher.taken_over")
    }
    vouchers = session.execute(
        select(Voucher.id, Voucher.face_pence, Voucher.issued_on).where(Voucher.round_id.in_(round_ids))
    )
    return sum(pence for row_id, pence, issued_on in vouchers if counts_from.get(row_id, issued_on) <= through)


def _vouchers(round_ids: Sequence[int]) -> Select[int]:
    return select(Voucher.id).where(Voucher.round_id.in_(round_ids))


def opening(scheme_id: int, kind: OpeningKind, through: date | None = None) -> dict[int, int]:
    """Pence by line that were paid or drawn before a takeover, by what has been taken over up to a day, if given."""
    query = (
        select(OpeningItem.line_id, func.sum(OpeningItem.pence))
        .join(Takeover, Takeover.id == OpeningItem.takeover_id)
        .where(Takeover.scheme_id == scheme_id, OpeningItem.kind == str(kind))
        .group_by(OpeningItem.line_id)
    )
    if through is not None:
        query = query.where(Takeover.signed_through <= through)
    return {line_id: int(pence) for line_id, pence in session.execute(query)}


class _Event(NamedTuple):
    """What is asked of an event row: whole ones would fill the memory, for a scheme has a dozen for each voucher."""

    object_id: int
    at: datetime
    action: str
    to_state: str | None
    pence: int | None
    reason: str
    details: Mapping[str, object]


def _events(kind: str, ids: Select[int], *actions: str) -> Iterator[_Event]:
    """The event rows of these things, oldest first. They are named by a query: a list may have only so many values."""
    columns = (getattr(AuditEvent, name) for name in _Event._fields)
    query = select(*columns).where(AuditEvent.object_kind == kind, AuditEvent.object_id.in_(ids))
    if actions:
        query = query.where(AuditEvent.action.in_(actions))
    return starmap(_Event, session.execute(query.order_by(AuditEvent.id)))


def _reserved(round_ids: Sequence[int], through: date) -> int:
    of_rounds = Application.round_id.in_(round_ids)
    faces = dict(session.execute(select(Application.id, Application.face_pence).where(of_rounds)).all())
    state: dict[int, str] = {}
    for event in _events("application", select(Application.id).where(of_rounds)):
        if event.to_state and london_date(event.at) <= through:
            state[event.object_id] = event.to_state
    return sum(faces[i] for i, now in state.items() if now == ApplicationState.APPROVED)


def _claims(round_ids: Sequence[int], through: date) -> tuple[int, int]:
    """Pence of claims under check, and of claims approved or paid, by their event rows up to the day."""
    ids = select(Redemption.id).where(Redemption.voucher_id.in_(_vouchers(round_ids)))
    versions = _version_grants(ids)
    state: dict[int, str] = {}
    pence: dict[int, int] = {}
    for event in _events("redemption", ids):
        if london_date(event.at) > through:
            continue
        if event.action in ("claim.submitted", "claim.resubmitted"):
            pence[event.object_id] = versions[event.object_id].pop(0)
        elif event.action == "claim.approved" and event.pence is not None:
            pence[event.object_id] = event.pence
        if event.to_state:
            state[event.object_id] = event.to_state
    under = sum(pence[i] for i, now in state.items() if now in UNDER_CHECK)
    payable = sum(pence[i] for i, now in state.items() if now in PAYABLE)
    return under, payable


def _version_grants(ids: Select[int]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = defaultdict(list)
    rows = session.execute(
        select(RedemptionVersion.redemption_id, RedemptionVersion.figures)
        .where(RedemptionVersion.redemption_id.in_(ids))
        .order_by(RedemptionVersion.redemption_id, RedemptionVersion.version)
    )
    for redemption_id, figures in rows:
        found[redemption_id].append(int(str(figures["grant_pence"])))
    return found


def bank_events(round_ids: Sequence[int]) -> list[Dated]:
    """What matches to bank lines paid (above zero) and took back (below), claim by claim, on the bank's days.

    A payment that left in several lines was paid on the day of the last of them.
    """
    last = func.max(BankLine.booked_on)
    rows = session.execute(
        select(BankMatch.kind, last, PaymentItem.pence)
        .join(BankLine, BankLine.id == BankMatch.bank_line_id)
        .join(PaymentItem, PaymentItem.payment_id == BankMatch.payment_id)
        .join(Redemption, Redemption.id == PaymentItem.redemption_id)
        .join(Voucher, Voucher.id == Redemption.voucher_id)
        .where(Voucher.round_id.in_(round_ids))
        .group_by(PaymentItem.id, BankMatch.kind, PaymentItem.pence)
    )
    return [Dated(booked_on, pence if kind == MatchKind.PAYMENT else -pence, kind) for kind, booked_on, pence in rows]


def releases(round_ids: Sequence[int]) -> list[Dated]:
    """What ended vouchers gave back to the lines, with the kind of the release."""
    return [
        Dated(date.fromisoformat(str(event.details["on"])), event.pence or 0, event.reason)
        for event in _events("voucher", _vouchers(round_ids), "voucher.money_released")
    ]


def reinstatements(round_ids: Sequence[int]) -> list[Dated]:
    """What came back from the lines to expired vouchers."""
    return [
        Dated(london_date(event.at), event.pence or 0, str(EntryKind.REINSTATED))
        for event in _events("voucher", _vouchers(round_ids), "voucher.reinstated")
    ]


def administration(scheme_id: int) -> list[Dated]:
    """What the bank paid for administration (above zero) and brought back (below), on the bank's days."""
    kinds = (MatchKind.ADMINISTRATION, MatchKind.ADMINISTRATION_RETURN)
    rows = session.execute(
        select(BankMatch.kind, BankLine.booked_on, BankMatch.pence)
        .join(BankLine, BankLine.id == BankMatch.bank_line_id)
        .where(BankMatch.scheme_id == scheme_id, BankMatch.kind.in_(kinds))
    )
    return [Dated(on, pence if kind == MatchKind.ADMINISTRATION else -pence, kind) for kind, on, pence in rows]


def administration_borne(scheme_id: int, through: date) -> int:
    """Administration that stood as approved or paid at the end of a day, by the costs' event rows."""
    of_scheme = AdminCost.scheme_id == scheme_id
    costs = dict(session.execute(select(AdminCost.id, AdminCost.pence).where(of_scheme)).all())
    state: dict[int, str] = {}
    for event in _events("admin_cost", select(AdminCost.id).where(of_scheme)):
        if event.to_state and london_date(event.at) <= through:
            state[event.object_id] = event.to_state
    return sum(costs[i] for i, now in state.items() if now in (CostState.APPROVED, CostState.PAID))


def recoveries(scheme_id: int) -> list[Dated]:
    """What came in on debts, on the bank's days."""
    rows = session.execute(
        select(BankLine.booked_on, BankMatch.pence)
        .join(BankLine, BankLine.id == BankMatch.bank_line_id)
        .where(BankMatch.scheme_id == scheme_id, BankMatch.kind == MatchKind.RECOVERY)
    )
    return [Dated(booked_on, pence, str(MatchKind.RECOVERY)) for booked_on, pence in rows]
