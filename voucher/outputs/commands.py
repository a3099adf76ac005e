"""Entering indicators, counting who met a threshold, recording and withdrawing what somebody declared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select

from voucher.audit.commands import record
from voucher.funding.models import Agreement
from voucher.organisations.models import Organisation
from voucher.outputs.evidence import Met, met_thresholds
from voucher.outputs.models import Indicator, IndicatorSet, Job, Output
from voucher.outputs.queries import indicator_by_code, newest_set, set_in_force, takes_part
from voucher.outputs.rules import WITH_THRESHOLD, Measure
from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.platform.db import session
from voucher.platform.errors import Conflict, DomainError
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.i18n import said


@dataclass(frozen=True)
class IndicatorTerms:
    """An indicator as an agreement gives it; the threshold in minutes or pence, the target as its measure counts."""

    code: str
    wording: str
    measure: Measure
    threshold: int | None
    evidence: str
    target: int


@dataclass(frozen=True)
class SetTerms:
    """A version of an agreement's indicators. Without a day it counts from the agreement's first day on."""

    name: str
    in_force_from: date | None
    indicators: tuple[IndicatorTerms, ...]


def set_indicators(act: Act, agreement: Agreement, terms: SetTerms, *, reason: str) -> IndicatorSet:
    """Enters a version of the indicators that an agreement fixes; what was reported under another keeps it (rule 60).

    Raises DomainError when it has no indicator or would count in a period that was signed, or when an indicator that
    something was counted for is left out or measured otherwise.
    """
    act.require(Permission.FUNDING_AGREEMENTS_MANAGE, scheme_id=agreement.scheme_id)
    agreement = lock_agreement(agreement)
    if not terms.indicators:
        raise DomainError("no_indicators", _("Give one indicator at least."), "indicators")
    before = newest_set(agreement.id)
    if before is not None and not reason.strip():
        raise DomainError("reason_needed", _("Say why the indicators change."), "reason")
    _check_kept(agreement, terms)
    made = IndicatorSet(
        scheme_id=agreement.scheme_id,
        agreement_id=agreement.id,
        version=before.version + 1 if before else 1,
        agreement_version=agreement.version,
        name=terms.name,
        in_force_from=_first_day(agreement, terms.in_force_from, before),
        reason=reason.strip(),
        entered_by=act.person_id,
        entered_at=act.now,
    )
    session.add(made)
    session.flush()
    for position, each in enumerate(terms.indicators, start=1):
        session.add(Indicator(set_id=made.id, position=position, **vars(each)))
    details = {"version": made.version, "name": made.name, "indicators": [each.code for each in terms.indicators]}
    record(act.actor, "agreement.indicators_set", agreement, at=act.now, reason=reason, details=details)
    session.flush()
    return made


def _first_day(agreement: Agreement, wanted: date | None, before: IndicatorSet | None) -> date:
    day = wanted or (first_open_day(agreement) if before else agreement.starts_on)
    if before is not None and day < first_open_day(agreement):
        words = said("A period up to %(day)s is signed: let the new version count from a later day.", day=day)
        raise DomainError("period_closed", words, "in_force_from")
    if before is not None and day <= before.in_force_from:
        words = said(
            "Version %(version)s counts from %(in_force_from)s: choose a later day.",
            version=before.version,
            in_force_from=before.in_force_from,
        )
        raise DomainError("not_later", words, "in_force_from")
    return day


def _check_kept(agreement: Agreement, terms: SetTerms) -> None:
    given = {each.code: each.measure for each in terms.indicators}
    for table in (Output, Job):
        counted = session.execute(
            select(table.code, Indicator.measure)
            .join(Indicator, Indicator.id == table.indicator_id)
            .where(table.agreement_id == agreement.id, table.withdrawn_on.is_(None))
            .distinct()
        )
        for code, measure in counted:
            if given.get(code) != measure:
                words = said(
                    "Something counts towards %(code)s, %(measure)s: keep it, or withdraw what counts first.",
                    code=code,
                    measure=said(str(measure)),
                )
                raise DomainError("indicator_in_use", words, "indicators")


def lock_agreement(agreement: Agreement) -> Agreement:
    """The agreement, read again under lock: nobody signs a period of it meanwhile."""
    return session.get_one(Agreement, agreement.id, with_for_update=True, populate_existing=True)


def first_open_day(agreement: Agreement) -> date:
    """The first day that no signed statement covers."""
    return agreement.closed_through + timedelta(days=1) if agreement.closed_through else agreement.starts_on


def day_that_counts(agreement: Agreement, day: date) -> date:
    """The day itself, or the first open one where its period was signed."""
    return max(day, first_open_day(agreement))


def count_outputs(act: Act, agreement: Agreement, *, through: date) -> int:
    """Counts every enterprise that met a threshold by that day, once, and withdraws those that no longer do (rule 59).

    Gives how many were counted or withdrawn. Counting again changes nothing.
    """
    act.require(Permission.OUTPUTS_RECORD, scheme_id=agreement.scheme_id)
    agreement = lock_agreement(agreement)
    found = set_in_force(agreement.id, through)
    indicators = [each for each in found.indicators if each.measure in WITH_THRESHOLD] if found else []
    return sum(_count(act, agreement, each, through) for each in indicators)


def _count(act: Act, agreement: Agreement, indicator: Indicator, through: date) -> int:
    met = met_thresholds(agreement.id, indicator, through)
    rows = session.scalars(
        select(Output).where(
            Output.agreement_id == agreement.id, Output.code == indicator.code, Output.withdrawn_on.is_(None)
        )
    )
    standing = {row.enterprise_id: row for row in rows}
    new = [each for enterprise_id, each in met.items() if enterprise_id not in standing]
    for each in new:
        _add(act, agreement, indicator, each)
    lost = [row for enterprise_id, row in standing.items() if enterprise_id not in met and _due(row, through)]
    for row in lost:
        row.withdrawn_on = day_that_counts(agreement, max(through, row.counts_on or through))
        row.withdrawn_reason = _("What it rested on no longer comes to the threshold.")
        record(act.actor, "output.withdrawn", row, at=act.now, reason=row.withdrawn_reason, details=_told(indicator))
    return len(new) + len(lost)


def _due(row: Output, through: date) -> bool:
    """Whether the day asked about is not before the row counted: an earlier day says nothing about it."""
    return row.counts_on is None or row.counts_on <= through


def _add(act: Act, agreement: Agreement, indicator: Indicator, met: Met) -> None:
    output = Output(
        scheme_id=agreement.scheme_id,
        agreement_id=agreement.id,
        indicator_id=indicator.id,
        code=indicator.code,
        enterprise_id=met.enterprise_id,
        business_id=met.business_id,
        amount=met.amount,
        counts_on=day_that_counts(agreement, met.on),
        recorded_on=act.today,
        recorded_by=act.person_id,
    )
    session.add(output)
    session.flush()
    details = {**_told(indicator), "amount": met.amount, "counts_on": str(output.counts_on)}
    record(act.actor, "output.counted", output, at=act.now, details=details)


def _told(indicator: Indicator) -> Mapping[str, object]:
    return {"indicator": indicator.code}


def record_output(
    act: Act, agreement: Agreement, business: Organisation, *, code: str, document_id: int | None, note: str = ""
) -> Output:
    """Records an enterprise that somebody declares to count; without a document it does not count yet (rule 60).

    Raises Conflict when the enterprise is there for that indicator already, with another business of its own perhaps.
    """
    act.require(Permission.OUTPUTS_RECORD, scheme_id=agreement.scheme_id)
    agreement = lock_agreement(agreement)
    indicator = indicator_by_code(agreement.id, code, act.today)
    if indicator.measure != Measure.DECLARED:
        words = said(
            "%(indicator)s counts by itself: %(measure)s. Nothing is entered for it here.",
            indicator=indicator.code,
            measure=indicator.measure,
        )
        raise DomainError("not_declared", words, "code")
    check_takes_part(agreement, business)
    known = session.scalar(
        select(Output).where(
            Output.agreement_id == agreement.id,
            Output.code == indicator.code,
            Output.enterprise_id == business.enterprise_id,
            Output.withdrawn_on.is_(None),
        )
    )
    if known is not None:
        words = said(
            "%(business)s counts towards %(indicator)s already: an enterprise counts once.",
            business=known.business.name,
            indicator=indicator.code,
        )
        raise Conflict("counted_already", words, "business")
    output = Output(
        scheme_id=agreement.scheme_id,
        agreement_id=agreement.id,
        indicator_id=indicator.id,
        code=indicator.code,
        enterprise_id=business.enterprise_id,
        business_id=business.id,
        document_id=document_id,
        counts_on=day_that_counts(agreement, act.today) if document_id else None,
        recorded_on=act.today,
        recorded_by=act.person_id,
        note=note.strip(),
    )
    session.add(output)
    session.flush()
    record(act.actor, "output.recorded", output, at=act.now, reason=note, details=_told(indicator))
    return output


def check_takes_part(agreement: Agreement, business: Organisation) -> None:
    """Raises DomainError for a business that no voucher of the agreement's rounds was issued to."""
    if not takes_part(agreement.id, business.enterprise_id):
        words = said(
            "%(business)s has no voucher that agreement %(agreement)s pays for.",
            business=business.name,
            agreement=agreement.reference,
        )
        raise DomainError("no_support", words, "business")


def add_evidence(act: Act, thing: Output | Job, document_id: int) -> None:
    """Keeps the evidence of what was recorded without it: from now on it counts, if it may."""
    act.require(Permission.OUTPUTS_RECORD, scheme_id=thing.scheme_id)
    agreement = lock_agreement(session.get_one(Agreement, thing.agreement_id))
    session.refresh(thing)
    if thing.document_id is not None or thing.withdrawn_on is not None:
        raise Conflict("has_evidence", _("It has its evidence already, or it was withdrawn."), "file")
    thing.document_id = document_id
    if isinstance(thing, Output) or thing.permanent:
        thing.counts_on = day_that_counts(agreement, act.today)
    record(act.actor, f"{thing.__tablename__}.evidenced", thing, at=act.now, details={"code": thing.code})


def withdraw(act: Act, thing: Output | Job, *, reason: str) -> None:
    """Takes back what was counted or recorded wrongly, from the first open day on; a signed statement keeps it."""
    act.require(Permission.OUTPUTS_RECORD, scheme_id=thing.scheme_id)
    if not reason.strip():
        raise DomainError("reason_needed", _("Say why: the reason stands in the history."), "reason")
    agreement = lock_agreement(session.get_one(Agreement, thing.agreement_id))
    session.refresh(thing)
    if thing.withdrawn_on is not None:
        raise Conflict("withdrawn", _("It was withdrawn already."))
    thing.withdrawn_on = max(day_that_counts(agreement, act.today), thing.counts_on or act.today)
    thing.withdrawn_reason = reason.strip()
    record(
        act.actor, f"{thing.__tablename__}.withdrawn", thing, at=act.now, reason=reason, details={"code": thing.code}
    )
