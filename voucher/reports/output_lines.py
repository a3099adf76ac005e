"""Lines 20 and 23: what was achieved beside money, and what auditors found in their samples.

Each line has its figures as parts; the rows behind them stand in lists of their own, as transactions do.
"""

from __future__ import annotations

from collections.abc import Sequence
from string import ascii_lowercase

from voucher.funding.models import Agreement
from voucher.outputs.queries import Figures, figures_of
from voucher.outputs.rules import OF_JOBS, Measure, amount_in_words
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.i18n import on_record, said
from voucher.reports.ledger_side import Period
from voucher.reports.lines import Part, Shape, part
from voucher.samples.models import AuditSample
from voucher.samples.queries import Result, concluded_in, results

Row = dict[str, object]


# What is written down as a record, and told again from it.
_NOTE = on_record("Target %(target)s, this period %(now)s, with evidence %(evidenced)s, without %(unevidenced)s.")


class OutputSide:
    """Line 20, and one row for each of the funder's codes (rules 59 to 61)."""

    def __init__(self, agreement: Agreement, period: Period) -> None:
        self.set, self.figures = figures_of(agreement.id, period.first, period.last)

    def rows(self) -> list[Row]:
        """What each indicator came to, under the version of its definition that the agreement fixes (rule 60)."""
        return [self._row(each) for each in self.figures]

    def _row(self, each: Figures) -> Row:
        return {
            "code": each.indicator.code,
            "wording": each.indicator.wording,
            "definition": self.set.name if self.set else "",
            "version": self.set.version if self.set else 0,
            "measure": each.indicator.measure,
            "unit": unit_of(each),
            "threshold": each.indicator.threshold,
            "evidence": each.indicator.evidence,
            "target": each.indicator.target,
            "this_period": each.this_period,
            "to_date": each.to_date,
            "evidenced": each.evidenced,
            "unevidenced": each.unevidenced,
        }

    def parts(self) -> list[Part]:
        """How many indicators there are, then what each came to since the agreement began."""
        whole = Shape("20", _("Outputs and outcomes"), _("Indicators that the agreement asks for."))
        note = self.set.name if self.set else _("The agreement names no indicators.")
        found = [part(whole, len(self.figures), unit="count", note=note)]
        return found + [
            self._part(code, each) for code, each in zip(part_codes(len(self.figures)), self.figures, strict=True)
        ]

    def _part(self, code: str, each: Figures) -> Part:
        measure = Measure(each.indicator.measure)
        target, now = (amount_in_words(measure, amount) for amount in (each.indicator.target, each.this_period))
        note = said(
            _NOTE,
            target=target,
            now=now,
            evidenced=each.evidenced,
            unevidenced=each.unevidenced,
        )
        label = f"{each.indicator.code}: {each.indicator.wording}"
        words = _("Since the agreement began; only what has its evidence counts.")
        return part(Shape(code, label, words), each.to_date, unit=unit_of(each), note=note)


def unit_of(each: Figures) -> str:
    """What an indicator's figures are a number of: enterprises, or hundredths of full-time posts."""
    return "hundredths" if Measure(each.indicator.measure) in OF_JOBS else "count"


def part_codes(number: int) -> Sequence[str]:
    """20a to 20z, then 20aa to 20zz."""
    one = [f"20{a}" for a in ascii_lowercase]
    return [*one, *(f"20{a}{b}" for a in ascii_lowercase for b in ascii_lowercase)][:number]


class SampleSide:
    """Line 23: the samples that were concluded for the period, with all that it takes to draw each again."""

    def __init__(self, agreement: Agreement, period: Period) -> None:
        self.samples = concluded_in(agreement.id, period.first, period.last)
        self.results = results(self.samples)

    def rows(self) -> list[Row]:
        """Each sample with its result (rule 62)."""
        return [self._row(each, self.results[each.id]) for each in self.samples]

    def _row(self, sample: AuditSample, result: Result) -> Row:
        return {
            "reference": sample.reference,
            "drawn_from": sample.side,
            "method": sample.method,
            "period_from": sample.period_from.isoformat(),
            "period_to": sample.period_to.isoformat(),
            "seed": sample.seed,
            "population_hash": sample.population_hash,
            "population_count": sample.population_count,
            "population": sample.population_pence,
            "draws": sample.size,
            "items": result.drawn,
            "failed": result.failed,
            "failed_amount": result.failed_pence,
            "error_rate": result.error_bp,
            "extrapolated": result.extrapolated_pence,
        }

    def parts(self) -> list[Part]:
        """How many items were drawn, how many failed and by how much, and the highest error rate of the samples."""
        found = list(self.results.values())
        worst = max((each.error_bp for each in found), default=None)
        note = None if found else _("No sample was concluded for this period.")
        counts = (
            ("23", _("Sample checks: items looked into"), _("Of samples concluded for the period."), "drawn"),
            ("23a", _("Items that failed"), _("Items with something wrong about them."), "failed"),
        )
        parts = [
            part(Shape(code, label, words), sum(getattr(each, name) for each in found), unit="count")
            for code, label, words, name in counts
        ]
        parts[0]["note"] = note
        wrong = Shape("23b", _("Found wrong"), _("By how much the failed items are wrong; never netted off line 7."))
        rate = Shape(
            "23c", _("Error rate of the whole"), _("The highest that a sample stands for, of what it was drawn from.")
        )
        return [
            *parts,
            part(wrong, sum(each.failed_pence for each in found)),
            part(rate, worst, unit="basis_points"),
        ]
