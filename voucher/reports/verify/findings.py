"""What a check of a statement says: sentences with their values, each holding or not, and what no check can prove."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from voucher.platform.i18n import gettext_noop as _

MOST_DETAILS = 12

Translate = Callable[[str], str]


class NotAStatement(ValueError):
    """The file is no statement to a funder; ``sentence`` says why."""

    def __init__(self, sentence: Sentence) -> None:
        super().__init__(sentence.text())
        self.sentence = sentence


class Outcome(StrEnum):
    """What came of one thing that was looked at."""

    HOLDS = "holds"
    FAILS = "does not hold"
    OPEN = "not checked"


class Area(StrEnum):
    """What a finding is about."""

    FILE = "file"
    DATA = "data"
    FIGURES = "figures"
    PAGES = "pages"
    SIGNATURE = "signature"


# What each area is called, in the order in which findings are told.
AREAS: dict[Area, str] = {
    Area.SIGNATURE: _("The signature"),
    Area.FILE: _("The file"),
    Area.DATA: _("The data in the file"),
    Area.FIGURES: _("The figures, worked out again from the data"),
    Area.PAGES: _("The pages, compared with the data"),
}


@dataclass(frozen=True)
class Sentence:
    """Words as the catalogue has them, and the values that go into them, which may be sentences, too."""

    words: str
    values: Mapping[str, str | int | Sentence] = field(default_factory=dict)

    def text(self, translate: Translate = str) -> str:
        """The sentence in the language of whoever reads it."""
        values = {k: v.text(translate) if isinstance(v, Sentence) else v for k, v in self.values.items()}
        return translate(self.words) % values if values else translate(self.words)


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. ``code`` is stable and for machines; ``details`` name each place that differs."""

    code: str
    area: Area
    outcome: Outcome
    sentence: Sentence
    details: tuple[Sentence, ...] = ()


@dataclass(frozen=True)
class Facts:
    """What the file says that it is. ``key`` and ``public_key`` are empty without a signature that can be read."""

    statement: str
    scheme: str
    funder: str
    agreement: str
    period_from: str
    period_to: str
    pages: int
    records: int
    data_hash: str
    key: str = ""
    public_key: str = ""
    audit_seal: str = ""
    audit_head: str = ""


@dataclass(frozen=True)
class Report:
    """Everything that a check found, in the order in which it is told."""

    facts: Facts | None
    findings: tuple[Finding, ...]
    limits: tuple[Sentence, ...]

    @property
    def holds(self) -> bool:
        """Whether nothing that was looked at differs."""
        return all(found.outcome is not Outcome.FAILS for found in self.findings)

    @property
    def failed(self) -> set[str]:
        """The codes of what does not hold."""
        return {found.code for found in self.findings if found.outcome is Outcome.FAILS}

    def about(self, area: Area) -> list[Finding]:
        """The findings of one area."""
        return [found for found in self.findings if found.area is area]


def holds(code: str, area: Area, words: str, **values: str | int) -> Finding:
    """Something that holds."""
    return Finding(code, area, Outcome.HOLDS, Sentence(words, values))


def fails(code: str, area: Area, words: str, details: Iterable[Sentence] = (), **values: str | int) -> Finding:
    """Something that does not hold; of many places the first are named and the rest counted."""
    every = list(details)
    shown = every[:MOST_DETAILS]
    if len(every) > len(shown):
        shown.append(Sentence(_("And %(count)s more."), {"count": len(every) - len(shown)}))
    return Finding(code, area, Outcome.FAILS, Sentence(words, values), tuple(shown))


def unchecked(code: str, area: Area, words: str, **values: str | int) -> Finding:
    """Something that could not be looked at."""
    return Finding(code, area, Outcome.OPEN, Sentence(words, values))


def as_json(report: Report) -> dict[str, Any]:
    """The report for scripts: outcomes with stable codes, and each sentence whole."""
    return {
        "holds": report.holds,
        "statement": asdict(report.facts) if report.facts else None,
        "findings": [
            {
                "code": found.code,
                "area": str(found.area),
                "outcome": str(found.outcome),
                "text": found.sentence.text(),
                "details": [detail.text() for detail in found.details],
            }
            for found in report.findings
        ],
        "cannot_prove": [limit.text() for limit in report.limits],
    }


def packed(report: Report) -> dict[str, Any]:
    """The report as plain values, for handing it from one process to another."""
    return asdict(report)


def unpacked(plain: Mapping[str, Any]) -> Report:
    """The report that ``packed`` was given."""
    return Report(
        facts=Facts(**plain["facts"]) if plain["facts"] else None,
        findings=tuple(
            Finding(
                each["code"],
                Area(each["area"]),
                Outcome(each["outcome"]),
                _sentence(each["sentence"]),
                _sentences(each["details"]),
            )
            for each in plain["findings"]
        ),
        limits=_sentences(plain["limits"]),
    )


def _sentences(plain: Sequence[Mapping[str, Any]]) -> tuple[Sentence, ...]:
    return tuple(_sentence(each) for each in plain)


def _sentence(plain: Mapping[str, Any]) -> Sentence:
    values = plain["values"].items()
    return Sentence(plain["words"], {k: _sentence(v) if isinstance(v, dict) else v for k, v in values})
