"""The calendar of statements that are due, and what has to be chased so that it still counts in a period."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice

from sqlalchemy import Select, select
from sqlalchemy.orm import joinedload

from voucher.audit.commands import record
from voucher.funding.models import Agreement, FundingLine, RoundLine
from voucher.funding.queries import agreements_of
from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.platform.clock import london_date
from voucher.platform.db import session
from voucher.platform.errors import DomainError
from voucher.platform.i18n import gettext_noop as _
from voucher.providers.models import Provider
from voucher.redemptions.models import DeliverySession, Redemption
from voucher.redemptions.rules import AWAITING_PAYMENT, UNDER_CHECK, SessionState
from voucher.redemptions.waiting import waits_for
from voucher.reports.models import ReportingRhythm, Statement
from voucher.reports.periods import Due, Rhythm, Standing, periods, standing
from voucher.reports.rules import FROZEN, StatementState
from voucher.vouchers.models import Voucher

MONTHS = (1, 3, 6, 12)
AHEAD = 2  # periods that are shown beyond the running one
TO_THE_FUNDER = {StatementState.SENT, StatementState.ACCEPTED, StatementState.QUERIED}


@dataclass(frozen=True)
class Planned:
    """A statement that an agreement asks for, and how it stands; ``statement`` is the one that covers the period."""

    agreement: Agreement
    due: Due
    standing: Standing
    statement: Statement | None


@dataclass(frozen=True)
class Chased:
    """Something that does not count yet: what it is, who it waits for and since when, and what it is worth."""

    what: str
    reference: str
    voucher: str
    business: str
    provider: str
    waits_for: str
    since: date
    pence: int


def set_rhythm(act: Act, agreement: Agreement, rhythm: Rhythm) -> None:
    """Says how often an agreement reports and by when; the calendar follows from it."""
    act.require(Permission.FUNDING_AGREEMENTS_MANAGE, scheme_id=agreement.scheme_id)
    if rhythm.months not in MONTHS:
        raise DomainError("months", _("A period has 1, 3, 6 or 12 months."), "months")
    if not 0 <= rhythm.due_days <= 365:
        raise DomainError("due_days", _("A statement is due within 365 days of the end of its period."), "due_days")
    if not 0 <= rhythm.cut_off_days <= 60:
        raise DomainError("cut_off_days", _("The cut-off lies at most 60 days before the end."), "cut_off_days")
    if not 0 <= rhythm.remind_days <= 60:
        raise DomainError("remind_days", _("Reminders go out at most 60 days before the cut-off."), "remind_days")
    found = session.scalar(
        select(ReportingRhythm).where(ReportingRhythm.agreement_id == agreement.id).with_for_update()
    )
    if found is None:
        found = ReportingRhythm(scheme_id=agreement.scheme_id, agreement_id=agreement.id, **vars(rhythm))
        session.add(found)
    else:
        found.months, found.due_days, found.cut_off_days = rhythm.months, rhythm.due_days, rhythm.cut_off_days
        found.remind_days = rhythm.remind_days
    record(act.actor, "agreement.rhythm_set", agreement, at=act.now, details=vars(rhythm))
    session.flush()


def calendar_of(scheme_id: int, today: date) -> list[Planned]:
    """What each agreement's statements are: those not sent yet, the running one and two more, by the day they are due.

    An agreement without a rhythm has none.
    """
    rows = session.scalars(select(ReportingRhythm).where(ReportingRhythm.scheme_id == scheme_id))
    rhythms = {row.agreement_id: rhythm_of(row) for row in rows}
    query = select(Statement).where(Statement.scheme_id == scheme_id).order_by(Statement.sequence)
    statements = session.scalars(query).all()
    found = []
    for agreement in agreements_of(scheme_id):
        if agreement.id in rhythms:
            mine = [each for each in statements if each.agreement_id == agreement.id]
            found += _planned(agreement, rhythms[agreement.id], mine, today)
    return sorted(found, key=lambda each: (each.due.due_on, each.agreement.reference))


def _planned(agreement: Agreement, rhythm: Rhythm, statements: Sequence[Statement], today: date) -> list[Planned]:
    every = [
        _stands(agreement, due, statements, today) for due in periods(agreement.starts_on, agreement.ends_on, rhythm)
    ]
    waiting = [each for each in every if each.standing != Standing.SENT]
    open_now = [each for each in waiting if each.standing != Standing.TO_COME]
    return open_now + list(islice((each for each in waiting if each.standing == Standing.TO_COME), AHEAD))


def _stands(agreement: Agreement, due: Due, statements: Sequence[Statement], today: date) -> Planned:
    covering = [each for each in statements if each.period_from <= due.last <= each.period_to]
    newest = covering[-1] if covering else None
    state = StatementState(newest.state) if newest else None
    stands = standing(
        due,
        today,
        signed=state in FROZEN,
        sent=state in TO_THE_FUNDER,
        in_hand=state is not None,
    )
    return Planned(agreement, due, stands, newest)


def rhythm_of(row: ReportingRhythm) -> Rhythm:
    """What a row of the table says."""
    return Rhythm(row.months, row.due_days, row.cut_off_days, row.remind_days)


def running(agreement: Agreement, today: date) -> Due | None:
    """The agreement's period that a day lies in; None without a rhythm or outside its days."""
    row = session.scalar(select(ReportingRhythm).where(ReportingRhythm.agreement_id == agreement.id))
    if row is None:
        return None
    every = periods(agreement.starts_on, agreement.ends_on, rhythm_of(row))
    return next((each for each in every if each.first <= today <= each.last), None)


def to_chase(agreement: Agreement) -> list[Chased]:
    """What has to go on before the cut-off, or it is not paid in the period: the oldest first (late claims)."""
    return sorted([*_unclaimed(agreement), *_unpaid(agreement)], key=lambda each: (each.since, each.reference))


def _rounds(agreement_ids: Collection[int]) -> Select[int]:
    return (
        select(RoundLine.round_id)
        .join(FundingLine, FundingLine.id == RoundLine.line_id)
        .where(FundingLine.agreement_id.in_(sorted(agreement_ids)))
    )


def sessions_to_claim(agreement_ids: Collection[int]) -> Select[DeliverySession]:
    """Support on vouchers that the agreements pay for which nobody has claimed for yet."""
    return (
        select(DeliverySession)
        .join(Voucher, Voucher.id == DeliverySession.voucher_id)
        .where(Voucher.round_id.in_(_rounds(agreement_ids)), DeliverySession.state == str(SessionState.RECORDED))
        .options(
            joinedload(DeliverySession.voucher).joinedload(Voucher.business),
            joinedload(DeliverySession.provider).joinedload(Provider.organisation),
        )
        .order_by(DeliverySession.id)
    )


def _unclaimed(agreement: Agreement) -> list[Chased]:
    return [
        Chased(
            _("support not claimed yet"),
            each.public_id,
            each.voucher.reference,
            each.voucher.business.name,
            each.provider.organisation.name,
            _("the provider"),
            each.delivered_on or london_date(each.opened_at),
            each.held_pence,
        )
        for each in session.scalars(sessions_to_claim([agreement.id]))
    ]


def claims_to_pay(agreement_ids: Collection[int]) -> Select[Redemption]:
    """Claims on vouchers that the agreements pay for which are neither paid nor ended."""
    states = sorted(str(state) for state in UNDER_CHECK | AWAITING_PAYMENT)
    return (
        select(Redemption)
        .join(Voucher, Voucher.id == Redemption.voucher_id)
        .where(Voucher.round_id.in_(_rounds(agreement_ids)), Redemption.state.in_(states))
        .options(
            joinedload(Redemption.voucher).joinedload(Voucher.business),
            joinedload(Redemption.provider).joinedload(Provider.organisation),
        )
        .order_by(Redemption.id)
    )


def _unpaid(agreement: Agreement) -> list[Chased]:
    return [
        Chased(
            _("claim not paid yet"),
            each.reference,
            each.voucher.reference,
            each.voucher.business.name,
            each.provider.organisation.name,
            waits_for(each.state),
            london_date(each.submitted_at),
            each.grant_pence,
        )
        for each in session.scalars(claims_to_pay([agreement.id]))
    ]
