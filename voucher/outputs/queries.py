"""Finding indicators, and the figures that count towards them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, select
from sqlalchemy.orm import contains_eager, selectinload

from voucher.funding.models import Agreement, FundingLine, RoundLine
from voucher.organisations.models import Organisation
from voucher.outputs.models import Indicator, IndicatorSet, Job, Output
from voucher.outputs.rules import OF_JOBS, Measure
from voucher.platform.db import session
from voucher.platform.errors import NotFound
from voucher.platform.i18n import said
from voucher.vouchers.models import Voucher


@dataclass(frozen=True)
class Figures:
    """What one indicator came to: in enterprises, or in hundredths of full-time posts.

    ``evidenced`` is the number of records with evidence behind ``to_date``, ``unevidenced`` of those that do not count
    for want of it.
    """

    indicator: Indicator
    this_period: int
    to_date: int
    evidenced: int
    unevidenced: int


def newest_set(agreement_id: int) -> IndicatorSet | None:
    """The agreement's newest version of its indicators."""
    return session.scalar(_sets(agreement_id).limit(1))


def set_in_force(agreement_id: int, day: date) -> IndicatorSet | None:
    """The version that counts on a day: the newest that is in force by then (rule 60)."""
    return session.scalar(_sets(agreement_id).where(IndicatorSet.in_force_from <= day).limit(1))


def sets_of(agreement_id: int) -> Sequence[IndicatorSet]:
    """Every version, newest first."""
    return session.scalars(_sets(agreement_id)).all()


def _sets(agreement_id: int) -> Select[IndicatorSet]:
    return (
        select(IndicatorSet)
        .where(IndicatorSet.agreement_id == agreement_id)
        .options(selectinload(IndicatorSet.indicators))
        .order_by(IndicatorSet.version.desc())
    )


def indicator_by_code(agreement_id: int, code: str, day: date) -> Indicator:
    """The agreement's indicator with the funder's code, as it is defined on a day; raises NotFound."""
    found = set_in_force(agreement_id, day)
    for indicator in found.indicators if found else ():
        if indicator.code == code.strip().upper():
            return indicator
    raise NotFound("no_indicator", said("The agreement has no indicator %(code)s.", code=code), "code")


def takes_part(agreement_id: int, enterprise_id: int) -> bool:
    """Whether a voucher that the agreement pays for was issued to a business of the enterprise."""
    query = (
        select(Voucher.id)
        .join(Organisation, Organisation.id == Voucher.business_id)
        .join(RoundLine, RoundLine.round_id == Voucher.round_id)
        .join(FundingLine, FundingLine.id == RoundLine.line_id)
        .where(FundingLine.agreement_id == agreement_id, Organisation.enterprise_id == enterprise_id)
    )
    return session.scalar(query.limit(1)) is not None


def figures_of(agreement_id: int, first: date, last: date) -> tuple[IndicatorSet | None, list[Figures]]:
    """The figures of every indicator for a period and up to its end, under the definitions in force then."""
    found = set_in_force(agreement_id, last)
    if found is None:
        return None, []
    counted = _counted(Output, agreement_id, first, last) | _counted(Job, agreement_id, first, last)
    return found, [Figures(each, *counted.get((_table_of(each), each.code), (0, 0, 0, 0))) for each in found.indicators]


def _table_of(indicator: Indicator) -> str:
    return Job.__tablename__ if Measure(indicator.measure) in OF_JOBS else Output.__tablename__


def _counted(
    table: type[Output] | type[Job], agreement_id: int, first: date, last: date
) -> dict[tuple[str, str], tuple[int, int, int, int]]:
    amount: Any = 1 if table is Output else Job.fte_hundredths
    stands = _on_the_books(table, last)
    waits = (table.recorded_on <= last) & stands & (table.counts_on.is_(None) | (table.counts_on > last))
    if table is Job:
        waits &= Job.permanent.is_(True)  # a job for less than a year does not count with any evidence
    rows = session.execute(
        select(
            table.code,
            _total(amount, table.counts_on.between(first, last))
            - _total(amount, table.counts_on.is_not(None) & table.withdrawn_on.between(first, last)),
            _total(amount, (table.counts_on <= last) & stands),
            _total(1, (table.counts_on <= last) & stands),
            _total(1, waits),
        )
        .where(table.agreement_id == agreement_id)
        .group_by(table.code)
    )
    return {
        (table.__tablename__, code): (int(period), int(to_date), int(held), int(missing))
        for code, period, to_date, held, missing in rows
    }


def _on_the_books(table: type[Output] | type[Job], last: date) -> ColumnElement[bool]:
    return table.withdrawn_on.is_(None) | (table.withdrawn_on > last)


def _total(amount: Any, condition: ColumnElement[bool]) -> Any:
    return func.coalesce(func.sum(case((condition, amount), else_=0)), 0)


def outputs_in(scheme_id: int, agreement: str = "", code: str = "") -> Select[Output]:
    """The scheme's outputs, in no order, perhaps those of one agreement by its address, or of one indicator."""
    found: Select[Output] = _narrowed(Output, scheme_id, agreement, code)
    return found


def jobs_in(scheme_id: int, agreement: str = "", code: str = "") -> Select[Job]:
    """The scheme's jobs, in no order."""
    found: Select[Job] = _narrowed(Job, scheme_id, agreement, code)
    return found


def _narrowed(table: Any, scheme_id: int, agreement: str, code: str) -> Any:
    query = (
        select(table)
        .join(table.business)
        .join(table.indicator)
        .options(contains_eager(table.business), contains_eager(table.indicator))
        .where(table.scheme_id == scheme_id)
    )
    if agreement:
        chosen = select(Agreement.id).where(Agreement.public_id == agreement)
        query = query.where(table.agreement_id.in_(chosen))
    return query.where(table.code == code) if code else query
