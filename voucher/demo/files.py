"""The set-up files of the demo scheme, which are also the examples of the templates, and its files of businesses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from types import MappingProxyType


def scheme(starts_on: date) -> str:
    """The scheme with its terms and voucher type."""
    return f"""
[scheme]
reference = "NTT"
name = "Northmoor Tech Tasters"
owner = "Northmoor Combined Authority"
contact = "tech-tasters@northmoor.example, 0113 496 0120, weekdays 9am to 5pm"
starts_on = {starts_on.isoformat()}
ends_on = {(starts_on + timedelta(days=720)).isoformat()}

[scheme.settings]
offer_days = 60

[terms]
version = "1"
in_force_from = {starts_on.isoformat()}
brief = [
    "Use the voucher for support that is delivered by the last day.",
    "The voucher never pays VAT, and cannot be exchanged for cash.",
    "Only approved providers and their listed packages count.",
    "It is Minimal Financial Assistance: keep your letter for three years.",
]
body = "The terms of Northmoor Tech Tasters, version 1, as published by the Northmoor Combined Authority."

[[voucher_type]]
code = "TASTER"
name = "Tech taster"
good_for = ["Online booking and payments", "Stock, till and accounts that talk to each other", "A cyber security check"]
rate_percent = 80
face_value = "750.00"
minimum_own_contribution = "50.00"
validity_days = 120

# Who may apply. Each line is optional; what none of them uses is not asked for. There are also
# most_turnover = "10000000.00" and least_months_trading = 6.
[eligibility]
legal_forms = ["company", "charity", "sole trader", "partnership"]
postcode_areas = ["BD", "HD", "HX", "LS", "YO", "WF"]
most_employees = 49
excluded_sic = ["64", "65", "92"]
"""


def agreement(starts_on: date) -> str:
    """A funder's agreement with a capital and two revenue lines, and what it says beside its award."""
    lines = (
        ("CAP", "Capital grant", "capital", "8000.00"),
        ("REV", "Revenue grant", "revenue", "15000.00"),
        ("SKL", "Skills grant", "revenue", "7000.00"),
    )
    return agreement_of("Department for Regional Growth", "LGF1", starts_on, lines) + CONDITIONS_HINT


# What an agreement may say beside its award, for whoever fills the example in.
CONDITIONS_HINT = """
# Each of these keys of [agreement] is optional:
# administration_cap_percent = 4            the most that administration may be
# administration_cap_of = "award"           or "spend", administration with it
# year_by = "defrayal"                      or "delivery": the financial year of a payment
# sign_off_steps = 3                        a reviewer stands between preparer and signer, whatever the duties say
# variance_tolerance_percent = "10"         further off the profile, a statement needs an explanation
# A line of the kind "administration" bears administration costs. A line's profile by quarter comes to its award:
# [agreement.line.profile]
# "2026-04-01" = "3000.00"
# "2026-07-01" = "5000.00"
"""


def agreement_of(
    funder: str,
    reference: str,
    starts_on: date,
    lines: Iterable[tuple[str, str, str, str]],
    *,
    rate: int = 80,
    reusable: str = "true",
    conditions: str = "",
    profiles: Mapping[str, str] = MappingProxyType({}),
) -> str:
    """A funder's agreement; each line has its code, name, kind and award in pounds, and perhaps a profile."""
    return f"""
[agreement]
funder = "{funder}"
reference = "{reference}"
signed_on = {starts_on.isoformat()}
starts_on = {starts_on.isoformat()}
ends_on = {(starts_on + timedelta(days=900)).isoformat()}
intervention_rate_percent = {rate}
recoveries_reusable = {reusable}
{conditions}
[agreement.signer]
title = "Section 73 officer"
statute = "Local Government Act 1985, section 73"
wording = "I certify that these figures are drawn from the scheme's records and are true to the best of my knowledge."
""" + "".join(
        f"""
[[agreement.line]]
code = "{code}"
name = "{name}"
kind = "{kind}"
award = "{award}"
"""
        + (f"[agreement.line.profile]\n{profiles[code]}" if code in profiles else "")
        for code, name, kind, award in lines
    )


def voucher_round(starts_on: date) -> str:
    """A round over the three lines of the example at odd shares."""
    shares = (("LGF1", "CAP", "26.67"), ("LGF1", "REV", "50.00"), ("LGF1", "SKL", "23.33"))
    return round_over(shares, "20000.00", starts_on)


def round_over(shares: Iterable[tuple[str, str, str]], budget: str, starts_on: date) -> str:
    """A round; each share has its agreement, its line and its percent."""
    return f"""
[round]
code = "R1"
name = "First round"
voucher_type = "TASTER"
opens_on = {starts_on.isoformat()}
closes_on = {(starts_on + timedelta(days=480)).isoformat()}
budget = "{budget}"
""" + "".join(
        f"""
[[round.line]]
agreement = "{agreement}"
line = "{line}"
share_percent = "{percent}"
"""
        for agreement, line, percent in shares
    )


def businesses(rows: Iterable[tuple[str, ...]]) -> str:
    """A businesses file in the plain layout."""
    header = "name,company_number,address_line_1,town,postcode,employees,contact_name,contact_email,subsidy_received"
    lines = [
        f'{name},{number},"{street}",{town},{postcode},6,{contact},{person}@example.org,0.00'
        for name, number, street, town, postcode, contact, person in rows
    ]
    return "\n".join([header, *lines]) + "\n"


def answers(name: str, number: str, street: str, town: str, postcode: str) -> str:
    """What a business that applies itself answers."""
    return f"""
[answers]
legal_form = "company"
company_number = "{number}"
vat_number = ""
name = "{name}"
address_line_1 = "{street}"
town = "{town}"
postcode = "{postcode}"
employees = 7
sic_code = "47789"
phone = "0113 496 0188"
support = "We take orders by telephone and on paper, and want to take them and the payments on line."
other_funding = "no"
"""


def indicators(minutes: int = 720) -> str:
    """What the example's agreement asks for beside money: one indicator of each measure."""
    return f"""
[indicators]
name = "Local growth indicators, version 3"

[[indicators.indicator]]
code = "E12"
wording = "Enterprises receiving non-financial support"
measure = "minutes of support"
threshold_minutes = {minutes}
evidence = "The business's own confirmation of each session, and a file that shows the support"
target = 40

[[indicators.indicator]]
code = "E10"
wording = "Enterprises receiving grants"
measure = "grant paid"
threshold = "500.00"
evidence = "The payment at the bank"
target = 60

[[indicators.indicator]]
code = "E30"
wording = "Enterprises adopting new to the firm technologies or processes"
measure = "declared with evidence"
evidence = "A statement of the business with what it adopted and when"
target = 25

[[indicators.indicator]]
code = "E22"
wording = "Jobs created"
measure = "jobs created"
evidence = "A pay record of the post, without the name"
target = "12.5"

[[indicators.indicator]]
code = "E23"
wording = "Jobs safeguarded"
measure = "jobs safeguarded"
evidence = "The business's statement of the risk, and a pay record of the post, without the name"
target = "20"
"""
