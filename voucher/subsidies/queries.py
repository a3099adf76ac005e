"""What an enterprise has received, the limit in force, and the records of one application."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from voucher.platform.db import session
from voucher.platform.errors import DomainError
from voucher.platform.i18n import said
from voucher.subsidies.models import Assistance, SubsidyLimit, SubsidyPublication, SubsidyRecord
from voucher.subsidies.rules import RecordKind, Source, window_starts_on


def limit_in_force(day: date) -> int:
    """The limit in pence on that day; it is data, with its source."""
    pence = session.scalar(
        select(SubsidyLimit.pence)
        .where(SubsidyLimit.in_force_from <= day)
        .order_by(SubsidyLimit.in_force_from.desc())
        .limit(1)
    )
    if pence is None:
        raise DomainError("no_limit", said("No subsidy limit is recorded for %(day)s.", day=day))
    return pence


def given_by_us(enterprise_id: int, day: date) -> int:
    """Pence that the system itself recorded as given to the enterprise in the applicable period."""
    return int(
        session.scalar(
            select(func.coalesce(func.sum(Assistance.pence), 0)).where(
                Assistance.enterprise_id == enterprise_id,
                Assistance.source == Source.SYSTEM,
                Assistance.given_on >= window_starts_on(day),
                Assistance.given_on <= day,
            )
        )
        or 0
    )


def numbers_entered(application_ids: Collection[int], before: datetime | None = None) -> dict[int, str]:
    """The number in the public database of each application that has one, as it stood before a moment or stands now."""
    query = select(SubsidyPublication.application_id, SubsidyPublication.number).where(
        SubsidyPublication.application_id.in_(sorted(application_ids))
    )
    if before is not None:
        query = query.where(SubsidyPublication.at < before)
    # The newest comes last and stays.
    return {each.application_id: each.number for each in session.execute(query.order_by(SubsidyPublication.id))}


def application_with_number(number: str) -> int | None:
    """The application under whose name a number of the database stands now."""
    newer = aliased(SubsidyPublication)
    replaced = select(newer.id).where(
        newer.application_id == SubsidyPublication.application_id, newer.id > SubsidyPublication.id
    )
    return session.scalar(
        select(SubsidyPublication.application_id).where(SubsidyPublication.number == number, ~replaced.exists())
    )


def latest_record(application_id: int, kind: RecordKind) -> SubsidyRecord | None:
    """The newest notice, reply or letter of an application."""
    return session.scalar(
        select(SubsidyRecord)
        .where(SubsidyRecord.application_id == application_id, SubsidyRecord.kind == kind)
        .order_by(SubsidyRecord.id.desc())
        .limit(1)
    )


def records_of(application_id: int) -> Sequence[SubsidyRecord]:
    """Every notice, reply and letter of an application, in order."""
    return session.scalars(
        select(SubsidyRecord).where(SubsidyRecord.application_id == application_id).order_by(SubsidyRecord.id)
    ).all()
