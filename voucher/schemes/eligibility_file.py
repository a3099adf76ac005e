"""The section [eligibility] of a set-up file."""

from __future__ import annotations

import re

from voucher.organisations.business_file import LegalForm
from voucher.platform.toml import Section
from voucher.schemes.eligibility import Eligibility

_AREA = re.compile(r"[A-Z]{1,2}(?:[0-9][0-9A-Z]?)?")


def read_eligibility(part: Section) -> Eligibility:
    """A scheme's rules on who may apply; each is optional, and faults are noted in the section."""
    rules = Eligibility(
        legal_forms=_texts(part, "legal_forms"),
        postcode_areas=tuple(area.upper() for area in _texts(part, "postcode_areas")),
        most_employees=part.whole("most_employees", most=100_000) if part.has("most_employees") else None,
        most_turnover_pence=part.pounds("most_turnover") if part.has("most_turnover") else None,
        least_months_trading=part.whole("least_months_trading", most=600) if part.has("least_months_trading") else None,
        excluded_sic=_texts(part, "excluded_sic"),
    )
    if unknown := set(rules.legal_forms) - set(LegalForm):
        part.fault("legal_forms", f"{', '.join(sorted(unknown))} is not known; there are: {', '.join(LegalForm)}")
    if wrong := [area for area in rules.postcode_areas if not _AREA.fullmatch(area)]:
        part.fault("postcode_areas", f"{', '.join(wrong)} is no area or district, like HX or LS21")
    if wrong := [code for code in rules.excluded_sic if not re.fullmatch(r"[0-9]{1,5}", code)]:
        part.fault("excluded_sic", f"{', '.join(wrong)} is no SIC code or beginning of one, like 64 or 92000")
    part.done()
    return rules


def _texts(part: Section, key: str) -> tuple[str, ...]:
    return tuple(part.texts(key)) if part.has(key) else ()
