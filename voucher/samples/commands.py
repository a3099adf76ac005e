"""Drawing a sample, noting what was found about its items, and concluding it (rule 62)."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import date, timedelta

from voucher.audit.commands import record
from voucher.funding.models import Agreement
from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.platform.db import session
from voucher.platform.errors import Conflict, DomainError
from voucher.platform.i18n import Number, said
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.money import Amount
from voucher.platform.references import new_reference
from voucher.samples.models import AuditSample, AuditSampleItem, Finding
from voucher.samples.queries import findings_in_force, population
from voucher.samples.rules import Drawn, Method, Outcome, Side, draw, population_hash, size_for
from voucher.schemes.models import Scheme

MOST_ITEMS = 1_000


@dataclass(frozen=True)
class Wanted:
    """A sample as an auditor asks for it: of a stated size, or of the size that a confidence needs.

    ``confidence_bp`` and ``tolerable_bp`` are ten-thousandths; without a seed one is made and kept.
    """

    side: Side
    method: Method
    first: date
    last: date
    size: int | None = None
    confidence_bp: int | None = None
    tolerable_bp: int | None = None
    seed: str = ""


def draw_sample(act: Act, agreement: Agreement, wanted: Wanted) -> AuditSample:
    """Draws a sample from an agreement's payments of a period, and keeps all that it takes to draw it again.

    Raises DomainError for a period that is not over, for one without payments, and unless either a size or a
    confidence with a tolerable rate is given.
    """
    act.require(Permission.AUDIT_SAMPLES_DRAW, scheme_id=agreement.scheme_id)
    if wanted.first > wanted.last:
        raise DomainError("period", _("The period ends before it begins."), "last")
    if wanted.last >= act.today:
        raise DomainError("period_open", _("The period is not over: draw from it from the day after."), "last")
    size, now = _size(wanted), act.now
    units = population(agreement, wanted.side, wanted.first, wanted.last, now)
    if not units:
        raise DomainError("nothing_paid", _("Nothing was paid in that period: there is nothing to draw."), "first")
    seed = wanted.seed.strip() or secrets.token_hex(8)
    drawn = draw(units, method=wanted.method, size=size, seed=seed)
    sample = AuditSample(
        reference=new_reference(session.get_one(Scheme, agreement.scheme_id).reference, "S"),
        scheme_id=agreement.scheme_id,
        agreement_id=agreement.id,
        side=str(wanted.side),
        method=str(wanted.method),
        period_from=wanted.first,
        period_to=wanted.last,
        seed=seed,
        population_count=len(units),
        population_pence=sum(each.pence for each in units),
        population_hash=population_hash(units),
        size=size,
        confidence_bp=wanted.confidence_bp,
        tolerable_bp=wanted.tolerable_bp,
        drawn_by=act.person_id,
        drawn_at=now,
    )
    session.add(sample)
    session.flush()
    _keep(sample, drawn)
    details = {"seed": seed, "population_hash": sample.population_hash, "items": len(drawn)}
    record(act.actor, "sample.drawn", sample, at=act.now, details=details)
    return sample


def _size(wanted: Wanted) -> int:
    by_confidence = wanted.confidence_bp is not None and wanted.tolerable_bp is not None
    if (wanted.size is not None) == by_confidence or (wanted.confidence_bp is None) != (wanted.tolerable_bp is None):
        words = _("Give either the number of items, or a confidence and the error rate that can be tolerated.")
        raise DomainError("size_or_confidence", words, "size")
    size = wanted.size or 0
    if wanted.confidence_bp is not None and wanted.tolerable_bp is not None:
        if not 0 < wanted.confidence_bp < 10_000:
            raise DomainError("confidence", _("A confidence lies between 0% and 100%, like 95."), "confidence")
        if not 0 < wanted.tolerable_bp < 10_000:
            raise DomainError("tolerable", _("A tolerable rate lies between 0% and 100%, like 5."), "tolerable")
        size = size_for(wanted.confidence_bp, wanted.tolerable_bp)
    if not 1 <= size <= MOST_ITEMS:
        raise DomainError(
            "size",
            said(
                "A sample has from 1 to %(most_items)s items; this would be %(size)s.",
                most_items=Number(MOST_ITEMS),
                size=Number(size),
            ),
            "size",
        )
    return size


def _keep(sample: AuditSample, drawn: list[Drawn]) -> None:
    for position, each in enumerate(drawn, start=1):
        of_bank = sample.side == Side.BANK
        session.add(
            AuditSampleItem(
                sample_id=sample.id,
                position=position,
                reference=each.unit.reference,
                pence=each.unit.pence,
                hits=each.hits,
                bank_line_id=each.unit.row_id if of_bank else None,
                redemption_id=None if of_bank else each.unit.row_id,
            )
        )
    session.flush()


def why_not_the_same(sample: AuditSample) -> str | None:
    """Draws the sample again from what the books had by then: None when it is the same, else what differs (rule 62)."""
    units = population(sample.agreement, Side(sample.side), sample.period_from, sample.period_to, sample.drawn_at)
    if population_hash(units) != sample.population_hash:
        return _("The population is another than the one that was drawn from: the books of then were changed.")
    again = draw(units, method=Method(sample.method), size=sample.size, seed=sample.seed)
    if [(each.unit.reference, each.hits) for each in again] != [(i.reference, i.hits) for i in sample.items]:
        return _("The same seed draws other items: the sample was changed.")
    return None


def note_finding(
    act: Act, item: AuditSampleItem, *, outcome: Outcome, error_pence: int | None = None, note: str = ""
) -> Finding:
    """Notes what was found about an item; noted again, the newest counts, until the sample is concluded.

    A failure is of the item's whole amount unless said otherwise, and needs a note.
    """
    act.require(Permission.AUDIT_SAMPLES_DRAW, scheme_id=item.sample.scheme_id)
    sample = _open(item.sample)
    failed = outcome == Outcome.FAIL
    error = (item.pence if error_pence is None else error_pence) if failed else 0
    if failed and not note.strip():
        raise DomainError("note_needed", _("Say what is wrong: it stands behind the error rate."), "note")
    if not failed and error_pence:
        raise DomainError("no_error", _("An item that passes has no amount in error."), "error")
    if error > item.pence:
        raise DomainError(
            "too_much", said("The item is of %(pence)s: it cannot be wrong by more.", pence=Amount(item.pence)), "error"
        )
    finding = Finding(
        scheme_id=sample.scheme_id,
        item_id=item.id,
        outcome=str(outcome),
        error_pence=error,
        note=note.strip(),
        by_id=act.person_id,
        at=act.now,
    )
    session.add(finding)
    details = {"item": item.position, "outcome": str(outcome)}
    record(act.actor, "sample.finding", sample, at=act.now, reason=note, pence=error, details=details)
    session.flush()
    return finding


def conclude_sample(act: Act, sample: AuditSample) -> None:
    """Ends the sample: the statement of its period, or the next open one, counts its result.

    Raises DomainError while an item has no finding.
    """
    act.require(Permission.AUDIT_SAMPLES_DRAW, scheme_id=sample.scheme_id)
    sample = _open(sample)
    found = findings_in_force(sample.id)
    missing = [str(each.position) for each in sample.items if each.id not in found]
    if missing:
        raise DomainError("items_open", said("Items without a finding: %(missing)s.", missing=tuple(missing)), "sample")
    agreement = session.get_one(Agreement, sample.agreement_id, with_for_update=True, populate_existing=True)
    closed = agreement.closed_through
    first_open = closed + timedelta(days=1) if closed else agreement.starts_on
    sample.concluded_by, sample.concluded_at = act.person_id, act.now
    sample.counts_on = max(sample.period_to, first_open)
    record(act.actor, "sample.concluded", sample, at=act.now, details={"counts_on": str(sample.counts_on)})
    session.flush()


def _open(sample: AuditSample) -> AuditSample:
    """The sample, read again under lock; raises Conflict once it is concluded."""
    sample = session.get_one(AuditSample, sample.id, with_for_update=True, populate_existing=True)
    if sample.counts_on is not None:
        raise Conflict("concluded", _("This sample is concluded: draw another to look further."))
    return sample


def open_dossier(act: Act, item: AuditSampleItem) -> None:
    """Notes that somebody takes everything about an item along: there are people's data in it."""
    act.require(Permission.AUDIT_SAMPLES_DRAW, scheme_id=item.sample.scheme_id)
    record(act.actor, "sample.dossier_opened", item.sample, at=act.now, details={"item": item.position})
