"""Pure: what a new scheme, new terms and a new voucher type are made of, and what can be wrong with them.

A set-up file and a form both fill these; each fault has its words for the file and for the page.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from voucher.organisations.business_file import LegalForm
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.i18n import said
from voucher.schemes.eligibility import Eligibility

# The settings that are whole numbers, each with what it is unless a scheme says otherwise.
DAY_SETTINGS: Mapping[str, int] = {
    "offer_days": 30,
    "notice_days": 30,
    "confirmation_days": 28,
    "late_session_days": 7,
    "claim_window_days": 28,
    "payment_days": 30,
    "extension_limit": 1,
    "extension_days": 30,
    "reinstatement_days": 28,
    "match_days": 30,
    "exception_days": 3,
    "payee_cooling_days": 2,
    "lookup_limit_person": 10,
    "lookup_limit_provider": 30,
    "lookup_limit_address": 30,
}
MOST_DAYS = 3650
# Of these, none at all would stop the work that it measures.
LEAST = {name: 1 for name in DAY_SETTINGS if name.startswith("lookup_limit")}

_AREA = re.compile(r"[A-Z]{1,2}(?:[0-9][0-9A-Z]?)?")
_SIC = re.compile(r"[0-9]{1,5}")
CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,39}")


class Wrong(NamedTuple):
    """A fault: the field that it is about, its words in a set-up file, and a sentence for a page."""

    field: str
    in_file: str
    on_page: str


@dataclass(frozen=True, kw_only=True)
class NewTerms:
    """One version of a scheme's terms."""

    version: str
    in_force_from: date
    brief: list[str]
    body: str


@dataclass(frozen=True, kw_only=True)
class NewVoucherType:
    """A voucher type: shares in ten-thousandths, amounts in pence."""

    code: str
    name: str
    good_for: list[str]
    rate_bp: int
    face_pence: int
    cap_pence: int
    minimum_own_pence: int
    validity_days: int
    open: bool = True


@dataclass(frozen=True, kw_only=True)
class NewScheme:
    """A scheme with its first terms and voucher types; ``days`` holds every one of ``DAY_SETTINGS``."""

    reference: str
    name: str
    owner: str
    contact_line: str
    starts_on: date
    ends_on: date
    terms: NewTerms
    voucher_types: tuple[NewVoucherType, ...]
    days: Mapping[str, int] = field(default_factory=lambda: dict(DAY_SETTINGS))
    decider_may_verify: bool = False
    reviewer_needed: bool = True
    eligibility: Eligibility = field(default_factory=Eligibility)


def wrong_with_type(new: NewVoucherType) -> Iterator[Wrong]:
    """What keeps a voucher type from being added, whatever others there are."""
    if not CODE.fullmatch(new.code):
        words = _("Enter 1 to 40 letters, digits and hyphens, like WEB-750.")
        yield Wrong("code", _("must be 1 to 40 letters, digits and hyphens"), words)
    if not 0 < new.cap_pence <= new.face_pence:
        words = _("The most for one claim must be above zero and at most the face value.")
        yield Wrong("cap", _("must be above zero and at most the face value"), words)


def wrong_with_scheme(new: NewScheme) -> Iterator[Wrong]:
    """What keeps a scheme from being set up, but for a reference that another one bears."""
    if new.starts_on > new.ends_on:
        yield Wrong("ends_on", _("lies before starts_on"), _("The last day must not be before the first."))
    if not new.reference.isascii() or not new.reference.isalnum() or len(new.reference) > 6:
        words = _("Enter one to six letters and digits, like NTT.")
        yield Wrong("reference", _("must be one to six letters and digits"), words)


def wrong_with_rules(rules: Eligibility) -> Iterator[Wrong]:
    """What cannot be asked of those who apply."""
    if unknown := ", ".join(sorted(set(rules.legal_forms) - set(LegalForm))):
        words = _("Choose among the kinds of business that there are.")
        yield Wrong(
            "legal_forms",
            said("%(unknown)s is not known; there are: %(known)s", unknown=unknown, known=tuple(map(str, LegalForm))),
            words,
        )
    if wrong := ", ".join(area for area in rules.postcode_areas if not _AREA.fullmatch(area)):
        words = _("Enter areas or districts of postcodes, like HX or LS21.")
        yield Wrong("postcode_areas", said("%(wrong)s is no area or district, like HX or LS21", wrong=wrong), words)
    if wrong := ", ".join(code for code in rules.excluded_sic if not _SIC.fullmatch(code)):
        words = _("Enter SIC codes or their first digits, like 64 or 92000.")
        yield Wrong(
            "excluded_sic", said("%(wrong)s is no SIC code or beginning of one, like 64 or 92000", wrong=wrong), words
        )
