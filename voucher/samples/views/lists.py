"""The columns of the list of samples."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from voucher.funding.models import Agreement
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.languages import shown_percent
from voucher.platform.lists import Column, Kind, Listing
from voucher.samples.models import AuditSample
from voucher.samples.queries import Result, results


class Looked(NamedTuple):
    """A sample and what its findings come to."""

    sample: AuditSample
    result: Result

    @property
    def state(self) -> str:
        """Whether it is concluded."""
        return _("concluded") if self.sample.counts_on else _("open")


def with_results(rows: Sequence[AuditSample]) -> list[Looked]:
    """The samples of a page with their results, in as many queries for one as for many."""
    found = results(rows)
    return [Looked(each, found[each.id]) for each in rows]


def _period(row: Looked) -> str:
    return f"{row.sample.period_from.isoformat()}/{row.sample.period_to.isoformat()}"


SAMPLES = Listing(
    "samples",
    (
        Column(_("Sample"), lambda row: row.sample.reference, "reference", AuditSample.reference),
        Column(_("Agreement"), lambda row: row.sample.agreement.reference, "agreement", Agreement.reference),
        Column(_("Drawn from"), lambda row: row.sample.side, "side", AuditSample.side, Kind.STATE),
        Column(_("Period"), _period, "period", AuditSample.period_to),
        Column(_("State"), lambda row: row.state, kind=Kind.STATE),
        Column(_("Items"), lambda row: row.result.drawn, kind=Kind.NUMBER),
        Column(_("Failed"), lambda row: row.result.failed, kind=Kind.NUMBER),
        Column(_("Error rate"), lambda row: shown_percent(row.result.error_bp), kind=Kind.NUMBER),
        Column(_("Seed"), lambda row: row.sample.seed),
        Column(_("Population hash"), lambda row: row.sample.population_hash),
    ),
    usual="-period",
    tie=AuditSample.id,
    dated="period",
)
