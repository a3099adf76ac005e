"""Indicators in a set-up file: read whole, with every fault by its key, before anything is written."""

from __future__ import annotations

from voucher.outputs.commands import IndicatorTerms, SetTerms
from voucher.outputs.rules import OF_JOBS, Measure, parse_baseline
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.i18n import said
from voucher.platform.toml import Section


def read_indicators(part: Section) -> SetTerms:
    """The section [indicators] with one [[indicators.indicator]] or more; faults are noted in it."""
    terms = SetTerms(
        name=part.text("name"),
        in_force_from=part.day("in_force_from") if part.has("in_force_from") else None,
        indicators=tuple(_indicator(each) for each in part.sections("indicator")),
    )
    codes = [each.code for each in terms.indicators]
    for code in sorted({code for code in codes if codes.count(code) > 1}):
        part.fault("indicator", said("%(code)s is there twice: give each indicator a code of its own", code=code))
    part.done()
    return terms


def _indicator(part: Section) -> IndicatorTerms:
    named = part.text("measure")
    if named and named not in list(Measure):
        part.fault("measure", said("must be one of: %(known)s", known=tuple(map(str, Measure))))
    measure = Measure(named) if named in list(Measure) else Measure.DECLARED
    terms = IndicatorTerms(
        code=part.text("code").upper(),
        wording=part.text("wording"),
        measure=measure,
        threshold=_threshold(part, measure),
        evidence=part.text("evidence"),
        target=_target(part, measure),
    )
    part.done()
    return terms


def _threshold(part: Section, measure: Measure) -> int | None:
    if measure == Measure.MINUTES:
        return part.whole("threshold_minutes", least=1)
    if measure == Measure.GRANT:
        pence = part.pounds("threshold")
        if part.has("threshold") and pence < 1:
            part.fault("threshold", _("must be above zero"))
        return pence
    return None


def _target(part: Section, measure: Measure) -> int:
    if measure not in OF_JOBS:
        return part.whole("target")
    try:
        return parse_baseline(part.text("target"))
    except ValueError as wrong:
        part.fault("target", str(wrong))
        return 0
