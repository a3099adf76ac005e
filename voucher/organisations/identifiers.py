"""The numbers and addresses that a party gives of itself: normalised, checked for shape and check digits (rule 47).

Each function returns the one way in which the product writes the value, or raises IdentifierError. What passes is
WELL_FORMED and no more than that: whether a register holds it, and for whom, is looked up and recorded elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from enum import StrEnum

from stdnum.gb import utr as utr_digits
from stdnum.gb import vat as vat_digits

from voucher.platform.i18n import gettext_noop as _
from voucher.platform.i18n import said

WELL_FORMED = _("well-formed")

_DASHES = "-‐‑–"

# Companies House's two-letter prefixes, each followed by six digits. R and seven digits is the old Northern Irish form.
_COMPANY_PREFIXES = (
    "AC BR CE CS EN ES FC FE GE GN GS IC IP LP NA NC NF NI NL NO "
    "NP NR NZ OC OE PC RC RS SA SC SE SF SG SI SL SO SP SR SZ ZC"
)
_COMPANY = re.compile(rf"(?:{_COMPANY_PREFIXES.replace(' ', '|')})[0-9]{{6}}|R[0-9]{{7}}")
# Mutual societies keep letters of their own register at the end, and a few NI and SL numbers end in A.
_COMPANY_WITH_SUFFIX = re.compile(r"(?:IP|SP|NP|RS)(?:[0-9]{5}[A-Z]|[0-9]{4}[A-Z]{2})|(?:NI|SL)[0-9]{5}A")

# In order: the first that fits decides. A bare number of six digits that begins with 10 is Northern Irish, because the
# six-digit numbers of England and Wales begin at 200000; what lies between is taken only with its register's prefix.
_CHARITIES = (
    ("GB-SC", re.compile(r"(?:GB-SC-)?(SC[0-9]{6})")),
    ("GB-NIC", re.compile(r"(?:GB-NIC-|NIC)(1[0-9]{5})|(10[0-9]{4})")),
    ("GB-CHC", re.compile(r"GB-CHC-([1-9][0-9]{5,6})|([2-9][0-9]{5}|[1-9][0-9]{6})")),
)

_VAT = re.compile(r"(?P<country>GB|XI)?(?P<body>[0-9]{9}(?:[0-9]{3})?|GD[0-4][0-9]{2}|HA[5-9][0-9]{2})")

# Six shapes before the space: A9, A99, A9A, AA9, AA99, AA9A.
_POSTCODE = re.compile(r"([A-PR-UWYZ][A-HK-Y]?[0-9][0-9A-Z]?)([0-9][ABD-HJLNP-UW-Z]{2})")
_BFPO = re.compile(r"BFPO([1-9][0-9]{0,3})")

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_EMAIL_NAME = re.compile(rf"{_ATOM}(?:\.{_ATOM})*")
_EMAIL_DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+(?:[a-z]{2,63}|xn--[a-z0-9-]{0,58}[a-z0-9])")

# After the trunk 0 or +44 come ten digits, or nine in a few old ranges of 01 and 08.
_PHONE = re.compile(r"(?:(?:\+|00)440?|0)([1235789][0-9]{9}|[18][0-9]{8})")


class IdentifierError(ValueError):
    """The text is not a well-formed identifier; the message says what is wrong and what to do."""


class IdentifierKind(StrEnum):
    """The numbers by which a party can be known; the values are also the column names of imported files."""

    COMPANY_NUMBER = "company_number"
    CHARITY_NUMBER = "charity_number"
    VAT_NUMBER = "vat_number"
    UTR = "utr"

    @property
    def label(self) -> str:
        """What people read."""
        return _LABELS[self]


_LABELS = {
    IdentifierKind.COMPANY_NUMBER: _("Company number"),
    IdentifierKind.CHARITY_NUMBER: _("Charity number"),
    IdentifierKind.VAT_NUMBER: _("VAT number"),
    IdentifierKind.UTR: _("Unique Taxpayer Reference"),
}


def company_number(text: str) -> str:
    """A Companies House number in 8 characters: ``1234567`` becomes ``01234567``; it has no check digit."""
    number = _compact(text, _("Enter a company number, like 01234567 or SC012345."))
    if re.fullmatch(r"[0-9]{1,8}", number) and int(number):
        return number.zfill(8)
    if _COMPANY.fullmatch(number) or _COMPANY_WITH_SUFFIX.fullmatch(number):
        return number
    if re.fullmatch(r"[A-Z]{2}[0-9]{6}", number):
        message = _("No company number begins with %(prefix)s. Check its first 2 letters.")
        raise IdentifierError(said(message, prefix=number[:2]))
    raise IdentifierError(
        _(
            "A company number has 8 digits, or 2 letters and 6 digits, like 01234567 or SC012345. "
            "Copy it from the certificate of incorporation."
        )
    )


def charity_number(text: str) -> str:
    """A charity number with its register's org-id prefix: ``GB-CHC-1234567``, ``GB-SC-SC012345``, ``GB-NIC-100012``.

    The prefix is always kept, because a Scottish charity number and a Scottish company number look the same.
    """
    number = _compact(text, _("Enter a charity number, like 1234567, SC012345 or NIC100012."))
    for register, pattern in _CHARITIES:
        if found := pattern.fullmatch(number):
            return f"{register}-{found[found.lastindex or 1]}"
    raise IdentifierError(
        _(
            "A charity number has 6 or 7 digits in England and Wales, SC and 6 digits in Scotland, NIC and 6 digits "
            "in Northern Ireland, like 1234567, SC012345 or NIC100012. Leave out anything after a hyphen."
        )
    )


def vat_number(text: str) -> str:
    """A VAT number with its country: ``GB831495816``, ``XI831495816``, ``GB831495816001`` (a branch), ``GBGD001``.

    The last two of the nine digits are a check by modulus 97, or by its variant "9755" for numbers given since
    November 2009, which begin at 100. The digits of a branch and of GD and HA numbers have no check.
    """
    number = _compact(text, _("Enter a VAT number, like GB831495816."), drop=f"{_DASHES}.")
    found = _VAT.fullmatch(number)
    if not found:
        raise IdentifierError(
            _("A VAT number has 9 digits, or 12 for a branch, or is like GD001 or HA599. GB or XI may stand before it.")
        )
    body = found["body"]
    if body.isdigit() and not _vat_check_fits(body[:9]):
        raise IdentifierError(
            _("The last two of the 9 digits do not fit the others. Copy the number from the VAT certificate.")
        )
    return f"{found['country'] or 'GB'}{body}"


def _vat_check_fits(nine: str) -> bool:
    """Whether the weighted sum plus the check digits is 0 modulo 97, or 42 (= −55) in the series that begins at 100.

    The check of stdnum as a whole also lets a remainder of 55 pass, which neither series has: only its sum is used.
    """
    if int(nine[:7]) == 0 or int(nine[7:]) > 96:
        return False
    remainder = vat_digits.checksum(nine)
    return bool(remainder == 0 or (remainder == 42 and nine >= "100"))


def utr(text: str) -> str:
    """A Unique Taxpayer Reference of 10 digits, of which the first is a check digit; a K beside it is left out."""
    number = _compact(text, _("Enter a Unique Taxpayer Reference of 10 digits."))
    found = re.fullmatch(r"K?([0-9]{10})K?", number)
    if not found:
        raise IdentifierError(_("A Unique Taxpayer Reference has 10 digits. Copy it from a letter or return of HMRC."))
    if found[1][0] != utr_digits.calc_check_digit(found[1][1:]):
        raise IdentifierError(
            _("The first digit does not fit the others. Copy the Unique Taxpayer Reference from a letter of HMRC.")
        )
    return found[1]


def postcode(text: str) -> str:
    """A UK postcode in capitals with one space: ``LS1 4AP``, ``GIR 0AA``, ``BFPO 57``; it need not exist."""
    code = _compact(text, _("Enter a postcode, like LS1 4AP."))
    if code == "GIR0AA":
        return "GIR 0AA"
    if found := _BFPO.fullmatch(code):
        return f"BFPO {found[1]}"
    if found := _POSTCODE.fullmatch(code):
        return f"{found[1]} {found[2]}"
    raise IdentifierError(_("This is not a full UK postcode. Enter one like LS1 4AP."))


def sic_code(text: str) -> str:
    """A SIC 2007 code of 5 digits, or an old one of 4 digits as it stands: see ``is_old_sic_code``."""
    code = _compact(text, _("Enter a SIC code of 5 digits, like 62020."))
    if not re.fullmatch(r"[0-9]{4,5}", code) or code.startswith("00"):
        raise IdentifierError(_("A SIC code has 5 digits, like 62020 or 01110. Find it on the Companies House list."))
    return code


def is_old_sic_code(code: str) -> bool:
    """Whether a code has only 4 digits: of an older list, or of 5 whose leading zero a spreadsheet has taken away."""
    return len(code) == 4


def email(text: str) -> str:
    """An email address with its domain in lower case; the part before the @ is left as typed."""
    address = text.strip()
    name, _at, domain = address.rpartition("@")
    domain = domain.lower()
    fits = len(address) <= 254 and len(name) <= 64
    if not (fits and _EMAIL_NAME.fullmatch(name) and _EMAIL_DOMAIN.fullmatch(domain)):
        raise IdentifierError(_("Enter an email address in the form name@example.org."))
    return f"{name}@{domain}"


def phone(text: str) -> str:
    """A UK telephone number as ``+441132345678``."""
    number = _compact(text, _("Enter a UK telephone number, like 0113 234 5678."), drop=f"{_DASHES}.()")
    found = _PHONE.fullmatch(number)
    if not found:
        raise IdentifierError(
            _(
                "Enter a UK telephone number with its first 0, like 0113 234 5678 or +44 113 234 5678. "
                "Leave out any extension."
            )
        )
    return f"+44{found[1]}"


def sort_code(text: str) -> str:
    """A sort code as 6 digits: ``12-34-56`` becomes ``123456``; whether the bank has it is another check."""
    return _digits(text, 6, _("A sort code has 6 digits, like 12-34-56. Enter all of them, with any zero in front."))


def account_number(text: str) -> str:
    """A bank account number of 8 digits; its modulus check against the sort code is another matter."""
    return _digits(
        text, 8, _("An account number has 8 digits. If yours has 6 or 7, put zeros in front to make it 8 digits.")
    )


CHECKS: Mapping[IdentifierKind, Callable[[str], str]] = {
    IdentifierKind.COMPANY_NUMBER: company_number,
    IdentifierKind.CHARITY_NUMBER: charity_number,
    IdentifierKind.VAT_NUMBER: vat_number,
    IdentifierKind.UTR: utr,
}


def normalise(kind: IdentifierKind, text: str) -> str:
    """The value of that kind as the product writes it; raises IdentifierError."""
    return CHECKS[kind](text)


def org_id(kind: IdentifierKind, value: str) -> str:
    """The identifier of org-id.guide, such as ``GB-COH-01234567``.

    Raises IdentifierError for a value that is not well-formed, and for VAT numbers and UTRs: there is no public list of
    either, and a UTR may be a person's.
    """
    if kind is IdentifierKind.COMPANY_NUMBER:
        return f"GB-COH-{company_number(value)}"
    if kind is IdentifierKind.CHARITY_NUMBER:
        return charity_number(value)
    message = _("There is no public register of this number (%(label)s). Use a company number or a charity number.")
    raise IdentifierError(said(message, label=said(kind.label)))


def _compact(text: str, when_empty: str, drop: str = "") -> str:
    """The text in capitals without white space and without the marks to drop; raises IdentifierError when empty."""
    number = "".join(text.split()).upper().translate({ord(mark): None for mark in drop})
    if not number:
        raise IdentifierError(when_empty)
    return number


def _digits(text: str, count: int, message: str) -> str:
    number = _compact(text, message, drop=_DASHES)
    if not re.fullmatch(rf"[0-9]{{{count}}}", number):
        raise IdentifierError(message)
    return number
