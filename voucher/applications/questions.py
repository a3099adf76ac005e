"""Pure: what a business is asked when it applies, one question a page, and how each answer is read (rules 47, 49).

Only what a rule uses is asked: a sole trader sees no company number, and employees, turnover and the like are asked
for where the scheme's eligibility looks at them. An answer is kept as a text, a whole number (turnover in pence) or a
day as ``2026-04-07``; what may be left out is then an empty text.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from voucher.organisations import identifiers
from voucher.organisations.business_file import LegalForm
from voucher.organisations.identifiers import CHECKS, IdentifierKind
from voucher.platform.clock import long_date
from voucher.platform.errors import DomainError
from voucher.platform.i18n import Number, said
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.money import pounds
from voucher.platform.telephone import telephone
from voucher.schemes.eligibility import Eligibility
from voucher.schemes.eligibility import questions as used_by_rules

Answers = Mapping[str, object]

BUSINESS, SIZE, SUPPORT, FUNDING = (
    _("The business"),
    _("Size and activity"),
    _("You and the support"),
    _("Other funding"),
)
SECTIONS = (BUSINESS, SIZE, SUPPORT, FUNDING)

FORM_LABELS = {
    LegalForm.COMPANY: _("Limited company or limited liability partnership"),
    LegalForm.CHARITY: _("Charity or charitable incorporated organisation"),
    LegalForm.SOLE_TRADER: _("Sole trader"),
    LegalForm.PARTNERSHIP: _("Partnership"),
    LegalForm.OTHER: _("Something else"),
}
LONG_TEXT, SHORT_TEXT = 2000, 200


@dataclass(frozen=True)
class Question:
    """One page: its part of the address, its heading, how the answer is called in a summary, and its fields."""

    key: str
    heading: str
    short: str
    section: str
    fields: tuple[str, ...]
    hint: str = ""


_ALL = (
    Question("legal-form", _("What kind of business is it?"), _("Kind of business"), BUSINESS, ("legal_form",)),
    Question(
        "company-number",
        _("What is the company number?"),
        _("Company number"),
        BUSINESS,
        ("company_number",),
        _("8 digits, or 2 letters and 6 digits, like 01234567 or SC012345. It is on the certificate of incorporation."),
    ),
    Question(
        "charity-number",
        _("What is the charity number?"),
        _("Charity number"),
        BUSINESS,
        ("charity_number",),
        _("Like 1234567, SC012345 or NIC100012."),
    ),
    Question(
        "vat-number",
        _("What is the VAT number?"),
        _("VAT number"),
        BUSINESS,
        ("vat_number",),
        _("Like GB831495816. Leave it empty if the business is not registered for VAT."),
    ),
    Question(
        "utr",
        _("What is the Unique Taxpayer Reference?"),
        _("Unique Taxpayer Reference"),
        BUSINESS,
        ("utr",),
        _("10 digits, on letters from HMRC. A sole trader may leave it empty."),
    ),
    Question(
        "name",
        _("What is the business called?"),
        _("Name"),
        BUSINESS,
        ("name",),
        _("As its register has it. A sole trader gives the name under which they trade."),
    ),
    Question(
        "address",
        _("Where is the business?"),
        _("Address"),
        BUSINESS,
        ("address_line_1", "address_line_2", "town", "postcode"),
    ),
    Question(
        "employees",
        _("How many people does it employ?"),
        _("Employees"),
        SIZE,
        ("employees",),
        _("Count everybody on the payroll, and partners and owners who work in it."),
    ),
    Question(
        "turnover",
        _("What was its turnover in the last financial year?"),
        _("Turnover"),
        SIZE,
        ("turnover",),
        _("In pounds, before VAT. If it has not finished a year yet, enter what it expects."),
    ),
    Question(
        "trading-since",
        _("When did it start to trade?"),
        _("Trading since"),
        SIZE,
        ("trading_since",),
        _("The day of the first sale; if you do not know the day, the first of that month."),
    ),
    Question(
        "sic-code",
        _("What is the SIC code of its main activity?"),
        _("SIC code"),
        SIZE,
        ("sic_code",),
        _("5 digits, like 62020. A company finds it on the Companies House register. Leave it empty if there is none."),
    ),
    Question(
        "phone",
        _("On which number can we reach you?"),
        _("Telephone"),
        SUPPORT,
        ("phone",),
        _("A UK number, like 0113 234 5678. We call it if we have a question about a claim."),
    ),
    Question(
        "support",
        _("What support do you want to use the voucher for?"),
        _("Support wanted"),
        SUPPORT,
        ("support",),
        _("Say in a few sentences what you want to have done, and what you expect of it."),
    ),
    Question(
        "other-funding",
        _("Has the business had, or asked for, other public money for the same support?"),
        _("Other public money for the same support"),
        FUNDING,
        ("other_funding", "other_funding_details"),
    ),
)
BY_KEY = {question.key: question for question in _ALL}

# Who is asked for which number, by legal form.
_NUMBERS: Mapping[str, Sequence[str]] = {
    LegalForm.COMPANY: ("company-number", "vat-number"),
    LegalForm.CHARITY: ("charity-number", "vat-number"),
    LegalForm.SOLE_TRADER: ("vat-number", "utr"),
    LegalForm.PARTNERSHIP: ("vat-number", "utr"),
    LegalForm.OTHER: ("vat-number", "utr"),
}
_EVERYBODY = frozenset({"legal-form", "name", "address", "phone", "support", "other-funding"})


def asked(rules: Eligibility, answers: Answers) -> list[Question]:
    """The questions for this business, in order; which numbers follow from its legal form."""
    used = {name.replace("_", "-") for name in used_by_rules(rules)}
    numbers = _NUMBERS.get(str(answers.get("legal_form", "")), ())
    return [each for each in _ALL if each.key in _EVERYBODY or each.key in numbers or each.key in used]


def unanswered(rules: Eligibility, answers: Answers) -> list[Question]:
    """The questions that are still open."""
    return [each for each in asked(rules, answers) if not is_answered(each, answers)]


def is_answered(question: Question, answers: Answers) -> bool:
    """Whether a question has its answer."""
    return all(name in answers for name in question.fields)


def answer(rules: Eligibility, answers: Answers, question: Question, given: Mapping[str, object]) -> dict[str, object]:
    """All answers with this one in its place, without those to questions that are no longer asked.

    Raises DomainError that names the field for what is missing or cannot be right.
    """
    read = {name: read_one(name, given.get(name), answers) for name in question.fields}
    if read.get("other_funding") == "yes" and not read["other_funding_details"]:
        raise DomainError("answer_wrong", _("Say which money, from whom, and for what."), "other_funding_details")
    after = {**answers, **read}
    wanted = {name for each in asked(rules, after) for name in each.fields}
    return {name: value for name, value in after.items() if name in wanted}


def numbers_of(answers: Answers) -> list[tuple[IdentifierKind, str]]:
    """The official numbers among the answers."""
    return [(kind, str(answers[kind])) for kind in IdentifierKind if answers.get(kind)]


def shown(question: Question, answers: Answers) -> str:
    """A question's answer as people read it; empty for none."""
    values = (_shown(name, answers[name]) for name in question.fields if answers.get(name) not in (None, ""))
    return ", ".join(values)


def _shown(name: str, value: object) -> str:
    if name == "legal_form":
        return FORM_LABELS[LegalForm(str(value))]
    if name == "turnover":
        return pounds(int(str(value)))
    if name == "trading_since":
        return long_date(date.fromisoformat(str(value)))
    if name == "phone":
        return telephone(str(value))
    if name == "other_funding":
        return _("Yes") if value == "yes" else _("No")
    return f"{value:,}" if isinstance(value, int) else str(value)


def read_one(name: str, value: object, answers: Answers) -> object:
    """One field's answer as it is kept; raises DomainError that names the field."""
    if isinstance(value, str):
        value = value.strip()
    if value in (None, ""):
        if _may_be_left_out(name, answers):
            return ""
        raise DomainError("answer_missing", _MISSING.get(name, _("Answer this question.")), name)
    try:
        return _READERS.get(name, _short)(value)
    except ValueError as wrong:  # an IdentifierError, too
        raise DomainError("answer_wrong", str(wrong), name) from None


def _may_be_left_out(name: str, answers: Answers) -> bool:
    if name == "utr":
        return answers.get("legal_form") == LegalForm.SOLE_TRADER or bool(answers.get("vat_number"))
    return name in ("vat_number", "sic_code", "address_line_2", "other_funding_details")


def _short(value: object) -> str:
    return _text(value, SHORT_TEXT)


def _long(value: object) -> str:
    return _text(value, LONG_TEXT)


def _text(value: object, most: int) -> str:
    text = str(value)
    if len(text) > most:
        raise ValueError(said("Enter at most %(most)s characters.", most=Number(most)))
    return text


def _one_of(*known: str) -> Callable[[object], str]:
    def read(value: object) -> str:
        if value not in known:
            raise ValueError(_("Choose one of the answers."))
        return str(value)

    return read


def _whole(value: object) -> int:
    if not isinstance(value, int) or value < 0:
        raise ValueError(_("Enter a whole number."))
    return value


def _past_day(value: object) -> str:
    if not isinstance(value, date):
        raise ValueError(_("Enter a date, like 7 April 2026."))
    return value.isoformat()


def _identifier(check: Callable[[str], str]) -> Callable[[object], str]:
    return lambda value: check(str(value))


_READERS: Mapping[str, Callable[[object], object]] = {
    "legal_form": _one_of(*LegalForm),
    "employees": _whole,
    "turnover": _whole,
    "trading_since": _past_day,
    "support": _long,
    "other_funding": _one_of("yes", "no"),
    "other_funding_details": _long,
    "postcode": _identifier(identifiers.postcode),
    "phone": _identifier(identifiers.phone),
    "sic_code": _identifier(identifiers.sic_code),
    **{str(kind): _identifier(check) for kind, check in CHECKS.items()},
}
_MISSING = {
    "legal_form": _("Choose the kind of business."),
    "company_number": _("Enter the company number."),
    "charity_number": _("Enter the charity number."),
    "utr": _("Enter the Unique Taxpayer Reference. Without a VAT number, only a sole trader may leave it out."),
    "name": _("Enter the name of the business."),
    "address_line_1": _("Enter the first line of the address."),
    "town": _("Enter the town or city."),
    "postcode": _("Enter the postcode."),
    "employees": _("Enter the number of employees."),
    "turnover": _("Enter the turnover."),
    "trading_since": _("Enter the day on which it started to trade."),
    "phone": _("Enter your telephone number."),
    "support": _("Say what you want to have done."),
    "other_funding": _("Say whether there was other public money for the same support."),
}
