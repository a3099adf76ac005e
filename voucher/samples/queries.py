"""Populations to draw from, samples, and what their findings come to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, Select, case, false, func, or_, select, true
from sqlalchemy.orm import contains_eager, joinedload, selectinload

from voucher.funding.models import Agreement, Entry, FundingLine, Posting
from voucher.funding.rules import Account
from voucher.payments.models import BankLine, BankMatch
from voucher.platform.actor import Actor
from voucher.platform.authz import Permission
from voucher.platform.db import session
from voucher.platform.errors import NotFound
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.i18n import said
from voucher.redemptions.models import Redemption
from voucher.samples.models import AuditSample, AuditSampleItem, Finding
from voucher.samples.rules import Judged, Method, Outcome, Side, Unit, basis_points, error_rate, extrapolated
from voucher.schemes.models import Scheme

READERS = (Permission.AUDIT_EVERYTHING_READ, Permission.STATEMENTS_READ)


@dataclass(frozen=True)
class Result:
    """What a sample's findings come to; ``judged`` of its items have one."""

    drawn: int
    judged: int
    failed: int
    failed_pence: int
    error_bp: int
    extrapolated_pence: int


def population(agreement: Agreement, side: Side, first: date, last: date, known_at: datetime) -> list[Unit]:
    """Everything that can be drawn: what left the bank in the period, or the claims that were paid in it.

    What was written down after ``known_at`` is left out, so that a sample is drawn again from what there was to draw
    from (rule 62), however much was explained or paid since.
    """
    lines = select(FundingLine.id).where(FundingLine.agreement_id == agreement.id)
    if side == Side.BANK:
        query = _bank_lines(agreement, lines, known_at).where(BankLine.booked_on.between(first, last))
    else:
        query = _claims(lines, known_at).where(Posting.effective_on.between(first, last))
    return [Unit(row_id, reference, int(pence)) for row_id, reference, pence in session.execute(query)]


def _bank_lines(agreement: Agreement, lines: Select[int], known_at: datetime) -> Select[int, str, int]:
    """Lines out that paid something on the agreement's lines, and those that nothing explains: they may have, too."""
    known = BankMatch.at <= known_at
    ours = select(BankMatch.bank_line_id).where(
        BankMatch.payment_id.in_(select(Posting.payment_id).where(Posting.line_id.in_(lines))), known
    )
    explained = select(func.coalesce(func.sum(BankMatch.pence), 0)).where(BankMatch.bank_line_id == BankLine.id, known)
    return (
        select(BankLine.id, BankLine.public_id, -BankLine.pence)
        .where(
            BankLine.scheme_id == agreement.scheme_id,
            BankLine.pence < 0,
            BankLine.entered_at <= known_at,
            or_(-BankLine.pence > explained.scalar_subquery(), BankLine.id.in_(ours)),
        )
        .order_by(BankLine.id)
    )


def _claims(lines: Select[int], known_at: datetime) -> Select[int, str, int]:
    """Claims with what was paid on them, less what came back."""
    paid, approved = str(Account.DEFRAYED), str(Account.APPROVED)
    pence = func.sum(case((Posting.to_account == paid, Posting.pence), else_=-Posting.pence))
    return (
        select(Redemption.id, Redemption.reference, pence)
        .join(Posting, Posting.redemption_id == Redemption.id)
        .join(Entry, Entry.id == Posting.entry_id)
        .where(
            Posting.line_id.in_(lines),
            Entry.recorded_at <= known_at,
            Posting.from_account.in_([paid, approved]),
            Posting.to_account.in_([paid, approved]),
        )
        .group_by(Redemption.id, Redemption.reference)
        .having(pence > 0)
        .order_by(Redemption.id)
    )


def readable(actor: Actor) -> ColumnElement[bool]:
    """The condition that a sample belongs to a scheme in which the actor may read samples."""
    grants = [each for each in actor.grants if each.permission in READERS and each.organisation_id is None]
    if any(grant.scheme_id is None for grant in grants):
        return true()
    return AuditSample.scheme_id.in_({grant.scheme_id for grant in grants}) if grants else false()


def samples_in(scheme_id: int) -> Select[AuditSample]:
    """The scheme's samples with their agreements, in no order."""
    return (
        select(AuditSample)
        .join(AuditSample.agreement)
        .options(contains_eager(AuditSample.agreement), selectinload(AuditSample.items))
        .where(AuditSample.scheme_id == scheme_id)
    )


def sample_for(actor: Actor, public_id: str, *, lock: bool = False) -> AuditSample:
    """The sample at this address; raises NotFound for one of a scheme in which the actor may not read."""
    return _one(select(AuditSample).where(AuditSample.public_id == public_id, readable(actor)), lock=lock)


def sample_by_reference(scheme: Scheme, reference: str, *, lock: bool = False) -> AuditSample:
    """The scheme's sample with this reference; raises NotFound."""
    wanted = reference.strip().upper()
    query = select(AuditSample).where(AuditSample.scheme_id == scheme.id, AuditSample.reference == wanted)
    return _one(query, lock=lock)


def _one(query: Select[AuditSample], *, lock: bool) -> AuditSample:
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    found = session.scalar(query)
    if found is None:
        raise NotFound("no_sample", _("There is no such sample, or you may not read it."), "sample")
    return found


def items_of(sample: AuditSample) -> Sequence[AuditSampleItem]:
    """The sample's items in order, with the records that they are."""
    return session.scalars(
        select(AuditSampleItem)
        .where(AuditSampleItem.sample_id == sample.id)
        .options(joinedload(AuditSampleItem.redemption), joinedload(AuditSampleItem.bank_line))
        .order_by(AuditSampleItem.position)
    ).all()


def item_at(sample: AuditSample, position: int) -> AuditSampleItem:
    """The sample's item with this number; raises NotFound."""
    for item in items_of(sample):
        if item.position == position:
            return item
    raise NotFound(
        "no_item",
        said("Sample %(sample)s has no item %(position)s.", sample=sample.reference, position=position),
        "item",
    )


def findings_in_force(*sample_ids: int) -> dict[int, Finding]:
    """The newest finding about each item of these samples, by item."""
    rows = session.scalars(
        select(Finding)
        .join(AuditSampleItem, AuditSampleItem.id == Finding.item_id)
        .where(AuditSampleItem.sample_id.in_(sample_ids))
        .order_by(Finding.id)
    )
    return {row.item_id: row for row in rows}


def findings_about(item: AuditSampleItem) -> Sequence[Finding]:
    """Everything that was found about an item, in order."""
    return session.scalars(select(Finding).where(Finding.item_id == item.id).order_by(Finding.id)).all()


def results(samples: Sequence[AuditSample]) -> dict[int, Result]:
    """What each of these samples came to so far, by sample, in as many queries for one as for many."""
    found = findings_in_force(*[each.id for each in samples])
    return {each.id: _result(each, found) for each in samples}


def result_of(sample: AuditSample) -> Result:
    """What one sample came to so far."""
    return results([sample])[sample.id]


def _result(sample: AuditSample, found: dict[int, Finding]) -> Result:
    judged = [(item, found[item.id]) for item in sample.items if item.id in found]
    rate = error_rate(Method(sample.method), [Judged(item.pence, item.hits, each.error_pence) for item, each in judged])
    failed = [each for _item, each in judged if each.outcome == Outcome.FAIL]
    return Result(
        drawn=len(sample.items),
        judged=len(judged),
        failed=len(failed),
        failed_pence=sum(each.error_pence for each in failed),
        error_bp=basis_points(rate),
        extrapolated_pence=extrapolated(rate, sample.population_pence),
    )


def concluded_in(agreement_id: int, first: date, last: date) -> Sequence[AuditSample]:
    """The samples whose result counts in a period of the agreement."""
    return session.scalars(
        select(AuditSample)
        .where(AuditSample.agreement_id == agreement_id, AuditSample.counts_on.between(first, last))
        .options(selectinload(AuditSample.items))
        .order_by(AuditSample.id)
    ).all()
