"""The columns of the lists of enterprises and jobs."""

from __future__ import annotations

from typing import Any

from voucher.organisations.models import Organisation
from voucher.outputs.models import Job, Output
from voucher.outputs.rules import Measure, in_fte, threshold_in_words
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.lists import Column, Kind, Listing


def state_of(row: Any) -> str:
    """How it stands: whether it counts, or what is missing."""
    if row.withdrawn_on is not None:
        return _("withdrawn")
    if row.counts_on is not None:
        return _("counts")
    return _("not permanent") if isinstance(row, Job) and not row.permanent else _("no evidence")


def reached(row: Output) -> str:
    """What it came to, in minutes or pounds; empty for what was declared."""
    return threshold_in_words(Measure(row.indicator.measure), row.amount)


OUTPUTS = Listing(
    "outputs",
    (
        Column(_("Business"), lambda row: row.business.name, "business", Organisation.name),
        Column(_("Indicator"), lambda row: row.code, "indicator", Output.code),
        Column(_("State"), state_of, kind=Kind.STATE),
        Column(_("Counts on"), lambda row: row.counts_on, "counts", Output.counts_on),
        Column(_("Came to"), reached),
        Column(_("Recorded"), lambda row: row.recorded_on, "recorded", Output.recorded_on),
    ),
    usual="-recorded",
    tie=Output.id,
    dated="recorded",
)
JOBS = Listing(
    "jobs",
    (
        Column(_("Post"), lambda row: row.post, "post", Job.post),
        Column(_("Business"), lambda row: row.business.name, "business", Organisation.name),
        Column(_("Indicator"), lambda row: row.code, "indicator", Job.code),
        Column(
            _("Full-time equivalent"), lambda row: in_fte(row.fte_hundredths), "fte", Job.fte_hundredths, Kind.NUMBER
        ),
        Column(_("Before the support"), lambda row: in_fte(row.baseline_hundredths), kind=Kind.NUMBER),
        Column(_("State"), state_of, kind=Kind.STATE),
        Column(_("Counts on"), lambda row: row.counts_on, "counts", Job.counts_on),
        Column(_("Recorded"), lambda row: row.recorded_on, "recorded", Job.recorded_on),
    ),
    usual="-recorded",
    tie=Job.id,
    dated="recorded",
)
