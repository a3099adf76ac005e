"""The section [eligibility] of a set-up file."""

from __future__ import annotations

from voucher.platform.toml import Section
from voucher.schemes.eligibility import Eligibility
from voucher.schemes.plans import wrong_with_rules


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
    for wrong in wrong_with_rules(rules):
        part.fault(wrong.field, wrong.in_file)
    part.done()
    return rules


def _texts(part: Section, key: str) -> tuple[str, ...]:
    return tuple(part.texts(key)) if part.has(key) else ()
