"""Pure: who may apply, as data. Each rule of a scheme answers with a verdict and a sentence; unused rules ask nothing.

The set-up file's section [eligibility] holds the rules, all of them optional. What an applicant answers is kept as it
is stored: texts, whole numbers (turnover in pence), and days as ``2026-04-07``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date
from enum import StrEnum

from voucher.organisations.business_file import LegalForm
from voucher.organisations.identifiers import is_old_sic_code
from voucher.platform.clock import long_date
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.money import pounds

Answers = Mapping[str, object]


class Verdict(StrEnum):
    """What a rule says of an answer; the value is what people read."""

    MET = "met"
    NOT_MET = "not met"
    REFER = "an officer looks at it"


@dataclass(frozen=True)
class Sentence:
    """Words with values to be filled in, so that a page can translate them."""

    words: str
    values: Mapping[str, str]


@dataclass(frozen=True)
class Finding:
    """One rule's answer: what it asks for, what it says of this applicant, and why."""

    rule: str
    verdict: Verdict
    asks: Sentence
    why: Sentence


@dataclass(frozen=True, kw_only=True)
class Eligibility:
    """A scheme's rules; one that is empty or None asks nothing."""

    legal_forms: tuple[str, ...] = ()
    postcode_areas: tuple[str, ...] = ()
    most_employees: int | None = None
    most_turnover_pence: int | None = None
    least_months_trading: int | None = None
    excluded_sic: tuple[str, ...] = ()


# The answer that each rule looks at.
ASKS: Mapping[str, str] = {
    "legal_forms": "legal_form",
    "postcode_areas": "postcode",
    "most_employees": "employees",
    "most_turnover_pence": "turnover",
    "least_months_trading": "trading_since",
    "excluded_sic": "sic_code",
}


def from_stored(stored: Mapping[str, object]) -> Eligibility:
    """The rules as the scheme's row has them."""
    known = {field.name for field in fields(Eligibility)}
    return Eligibility(**{key: _frozen(value) for key, value in stored.items() if key in known})  # type: ignore[arg-type]


def to_stored(rules: Eligibility) -> dict[str, object]:
    """The rules as they are stored: those that ask something."""
    return {
        key: list(value) if isinstance(value, tuple) else value
        for key, value in asdict(rules).items()
        if value is not None and value != ()
    }


def questions(rules: Eligibility) -> tuple[str, ...]:
    """The answers that some rule uses, in the order in which they are asked for."""
    return tuple(answer for rule, answer in ASKS.items() if getattr(rules, rule) not in ((), None))


def requirements(rules: Eligibility) -> list[Sentence]:
    """Who may apply, a sentence for each rule."""
    return [_asked(rules, rule) for rule, answer in ASKS.items() if answer in questions(rules)]


def judge(rules: Eligibility, answers: Answers, today: date) -> list[Finding]:
    """What each rule says of these answers; a rule whose question is not answered yet says nothing."""
    return list(_findings(rules, answers, today))


def _findings(rules: Eligibility, answers: Answers, today: date) -> Iterator[Finding]:
    for rule, answer in ASKS.items():
        if answer in questions(rules) and answer in answers:
            verdict, why = _JUDGES[rule](rules, answers[answer], today)
            yield Finding(rule, verdict, _asked(rules, rule), why)


def in_areas(postcode: str, areas: Sequence[str]) -> bool:
    """Whether a postcode lies in one of the areas (``HX``) or districts (``LS21``)."""
    outward = postcode.partition(" ")[0]
    return outward in areas or _area(outward) in areas


def months_between(since: date, today: date) -> int:
    """Whole months from one day to another."""
    months = (today.year - since.year) * 12 + today.month - since.month
    return months - (today.day < since.day)


def _area(outward: str) -> str:
    """The letters in front: ``HX`` of ``HX7``, ``W`` of ``W1A``."""
    return outward[: next((at for at, sign in enumerate(outward) if sign.isdigit()), len(outward))]


def _frozen(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


def _asked(rules: Eligibility, rule: str) -> Sentence:
    """What a rule asks for."""
    value = getattr(rules, rule)
    if isinstance(value, tuple):
        return Sentence(_WANTED[rule], {"value": ", ".join(value)})
    return Sentence(_WANTED[rule], {"value": pounds(value) if rule == "most_turnover_pence" else f"{value:,}"})


_WANTED = {
    "legal_forms": _("The business is one of these: %(value)s."),
    "postcode_areas": _("The business's postcode begins with one of these: %(value)s."),
    "most_employees": _("The business has at most %(value)s employees."),
    "most_turnover_pence": _("The business's turnover in its last financial year was at most %(value)s."),
    "least_months_trading": _("The business has been trading for at least %(value)s months."),
    "excluded_sic": _("The business's main activity is none of those whose SIC code begins with: %(value)s."),
}


def _legal_form(rules: Eligibility, answer: object, _today: date) -> tuple[Verdict, Sentence]:
    words = _("You said that the business is a %(answer)s.")
    if answer == LegalForm.OTHER:
        words = _("You said that the business is none of the usual forms.")
        verdict = Verdict.MET if answer in rules.legal_forms else Verdict.REFER
    else:
        verdict = Verdict.MET if answer in rules.legal_forms else Verdict.NOT_MET
    return verdict, Sentence(words, {"answer": str(answer)})


def _postcode(rules: Eligibility, answer: object, _today: date) -> tuple[Verdict, Sentence]:
    verdict = Verdict.MET if in_areas(str(answer), rules.postcode_areas) else Verdict.NOT_MET
    return verdict, Sentence(_("The postcode is %(answer)s."), {"answer": str(answer)})


def _employees(rules: Eligibility, answer: object, _today: date) -> tuple[Verdict, Sentence]:
    fits = rules.most_employees is not None and int(str(answer)) <= rules.most_employees
    words = _("Employees: %(answer)s.")
    return Verdict.MET if fits else Verdict.NOT_MET, Sentence(words, {"answer": f"{answer:,}"})


def _turnover(rules: Eligibility, answer: object, _today: date) -> tuple[Verdict, Sentence]:
    pence = int(str(answer))
    fits = rules.most_turnover_pence is not None and pence <= rules.most_turnover_pence
    return Verdict.MET if fits else Verdict.NOT_MET, Sentence(_("Turnover: %(answer)s."), {"answer": pounds(pence)})


def _trading(rules: Eligibility, answer: object, today: date) -> tuple[Verdict, Sentence]:
    since = date.fromisoformat(str(answer))
    fits = rules.least_months_trading is not None and months_between(since, today) >= rules.least_months_trading
    words = _("Trading since %(answer)s.")
    return Verdict.MET if fits else Verdict.NOT_MET, Sentence(words, {"answer": long_date(since)})


def _activity(rules: Eligibility, answer: object, _today: date) -> tuple[Verdict, Sentence]:
    code = str(answer)
    if not code:
        return Verdict.REFER, Sentence(_("You gave no SIC code, so an officer looks at what the business does."), {})
    if code.startswith(rules.excluded_sic):
        return Verdict.NOT_MET, Sentence(_("The SIC code is %(answer)s."), {"answer": code})
    if is_old_sic_code(code):
        words = _("The SIC code %(answer)s has 4 digits, so an officer looks at what the business does.")
        return Verdict.REFER, Sentence(words, {"answer": code})
    return Verdict.MET, Sentence(_("The SIC code is %(answer)s."), {"answer": code})


_JUDGES: Mapping[str, Callable[[Eligibility, object, date], tuple[Verdict, Sentence]]] = {
    "legal_forms": _legal_form,
    "postcode_areas": _postcode,
    "most_employees": _employees,
    "most_turnover_pence": _turnover,
    "least_months_trading": _trading,
    "excluded_sic": _activity,
}
