"""What enterprises have received that counts towards a threshold: confirmed minutes, and grants that were paid.

Minutes count when the business itself said that the support was delivered, its session is on a claim that stands, and
the claim has a file of the support or a verifier saw that what it has shows it; all else is told apart as not evidenced
(rules 59, 60).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, exists, select

from voucher.applications.models import Application
from voucher.funding.models import FundingLine, Posting, RoundLine
from voucher.funding.rules import Account
from voucher.organisations.models import Organisation
from voucher.outputs.models import Indicator
from voucher.outputs.rules import Measure, meets, reached_on
from voucher.platform.clock import london_date
from voucher.platform.db import session
from voucher.redemptions.models import DeliverySession, Evidence, Redemption, TaskResult
from voucher.redemptions.rules import (
    AWAITING_PAYMENT,
    DEFRAYED,
    Delivered,
    EvidenceKind,
    RedemptionState,
    SessionState,
    Task,
)
from voucher.vouchers.models import Voucher

# Claims whose figures the business accepted and whose support nobody disputes.
STANDS = AWAITING_PAYMENT | DEFRAYED | {RedemptionState.CONFIRMED, RedemptionState.VERIFIED}


@dataclass(frozen=True)
class Received:
    """One piece of support: when it counts from, for which enterprise, how much, and whether it is evidenced."""

    enterprise_id: int
    business_id: int
    on: date
    amount: int
    evidenced: bool = True


@dataclass(frozen=True)
class Met:
    """An enterprise that came to the threshold, on which day, and with how much by then and since."""

    enterprise_id: int
    business_id: int
    on: date
    amount: int


def met_thresholds(agreement_id: int, indicator: Indicator, through: date) -> dict[int, Met]:
    """The enterprises that meet the indicator's threshold by that day, by enterprise."""
    found = {}
    for enterprise_id, items in by_enterprise(received(agreement_id, indicator)).items():
        counted = [each for each in items if each.evidenced and each.on <= through]
        day = reached_on(indicator.threshold or 0, [(each.on, each.amount) for each in counted])
        if day is not None:
            total = sum(each.amount for each in counted)
            found[enterprise_id] = Met(enterprise_id, counted[0].business_id, day, total)
    return found


def received(agreement_id: int, indicator: Indicator) -> Iterator[Received]:
    """Everything that could count towards an indicator with a threshold."""
    return _minutes(agreement_id) if indicator.measure == Measure.MINUTES else _grants(agreement_id)


def by_enterprise(items: Iterator[Received]) -> dict[int, list[Received]]:
    """The same by enterprise."""
    found: dict[int, list[Received]] = defaultdict(list)
    for each in items:
        found[each.enterprise_id].append(each)
    return found


def _minutes(agreement_id: int) -> Iterator[Received]:
    rounds = (
        select(RoundLine.round_id)
        .join(FundingLine, FundingLine.id == RoundLine.line_id)
        .where(FundingLine.agreement_id == agreement_id)
    )
    shown = _has_file() | _was_seen()
    rows = session.execute(
        select(
            Organisation.enterprise_id,
            Organisation.id,
            DeliverySession.delivered_on,
            DeliverySession.answered_at,
            DeliverySession.answer,
            DeliverySession.minutes,
            Redemption.state,
            shown.label("shown"),
        )
        .join(Voucher, Voucher.id == DeliverySession.voucher_id)
        .join(Organisation, Organisation.id == Voucher.business_id)
        .outerjoin(Redemption, Redemption.id == DeliverySession.redemption_id)
        .where(
            Voucher.round_id.in_(rounds),
            DeliverySession.state.in_([str(SessionState.RECORDED), str(SessionState.CLAIMED)]),
        )
        .order_by(DeliverySession.id)
    )
    for row in rows:
        confirmed = row.answer == Delivered.YES and row.answered_at is not None
        day = max(row.delivered_on, london_date(row.answered_at)) if confirmed else row.delivered_on
        evidenced = confirmed and row.state in STANDS and bool(row.shown)
        yield Received(row.enterprise_id, row.id, day, row.minutes, evidenced)


def _has_file() -> ColumnElement[bool]:
    return exists().where(Evidence.redemption_id == Redemption.id, Evidence.kind == EvidenceKind.DELIVERY)


def _was_seen() -> ColumnElement[bool]:
    """Whether a verifier found that what the claim has shows the support."""
    return exists().where(
        TaskResult.redemption_id == Redemption.id,
        TaskResult.version == Redemption.version,
        TaskResult.task == str(Task.EVIDENCE),
        TaskResult.passed,
    )


def _grants(agreement_id: int) -> Iterator[Received]:
    paid, approved = str(Account.DEFRAYED), str(Account.APPROVED)
    rows = session.execute(
        select(Organisation.enterprise_id, Organisation.id, Posting.effective_on, Posting.to_account, Posting.pence)
        .join(FundingLine, FundingLine.id == Posting.line_id)
        .join(Voucher, Voucher.id == Posting.voucher_id)
        .join(Application, Application.id == Voucher.application_id)
        .join(Organisation, Organisation.id == Application.business_id)
        .where(
            FundingLine.agreement_id == agreement_id,
            Posting.from_account.in_([paid, approved]),
            Posting.to_account.in_([paid, approved]),
        )
        .order_by(Posting.id)
    )
    for enterprise_id, business_id, day, target, pence in rows:
        yield Received(enterprise_id, business_id, day, pence if target == paid else -pence)


@dataclass(frozen=True)
class Progress:
    """How far an enterprise is towards a threshold, in minutes or pence, and how much more lacks evidence."""

    business: Organisation
    evidenced: int
    unevidenced: int
    meets: bool


def progress(agreement_id: int, indicator: Indicator, through: date) -> list[Progress]:
    """Every enterprise that received anything that could count by that day, the nearest to the threshold first."""
    found = []
    for items in by_enterprise(received(agreement_id, indicator)).values():
        known = [each for each in items if each.on <= through]
        if known:
            held = sum(each.amount for each in known if each.evidenced)
            missing = sum(each.amount for each in known if not each.evidenced)
            business = session.get_one(Organisation, known[0].business_id)
            found.append(Progress(business, held, missing, meets(indicator.threshold or 0, held)))
    return sorted(found, key=lambda each: (-each.evidenced, each.business.name, each.business.id))
