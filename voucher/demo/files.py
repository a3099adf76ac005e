"""The files of the demo scheme: set-up, businesses, invoices."""

from __future__ import annotations

from datetime import date, timedelta

from voucher.platform.money import pounds

BUSINESSES = (
    ("Hebden Wheel Bakery Ltd", "00712345", "3 Mill Row", "Hebden Bridge", "HX7 8AD", "Priya Shah", "priya"),
    ("Otley Saddle and Strap Ltd", "00834512", "14 Kirkgate", "Otley", "LS21 3HN", "Tom Brear", "tom"),
    ("Calder Flow Plumbing Ltd", "00956781", "2 Wharf Street", "Sowerby Bridge", "HX6 2AG", "Lena Okafor", "lena"),
    ("Saltaire Letterpress Ltd", "01045678", "9 Victoria Road", "Shipley", "BD18 3LA", "Idris Khan", "idris"),
    ("Malham Cheese Company Ltd", "01123456", "Cove Barn", "Skipton", "BD23 4DJ", "Ruth Ambler", "ruth"),
    ("Tŷ Gŵyr Coffee Ltd", "01267890", "21 Boar Lane", "Leeds", "LS1 5DA", "Gwenllian Rees", "gwen"),
    ("Kirklees Cycle Works Ltd", "01389012", "Unit 4, Bridge Mills", "Huddersfield", "HD1 3BL", "Sam Ogden", "sam.o"),
    ("Whitby Jet Studio Ltd", "01456789", "77 Church Street", "Whitby", "YO22 4AS", "Nell Storr", "nell"),
)


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
    """A funder's agreement with a capital and two revenue lines."""
    return f"""
[agreement]
funder = "Department for Regional Growth"
reference = "LGF1"
signed_on = {starts_on.isoformat()}
starts_on = {starts_on.isoformat()}
ends_on = {(starts_on + timedelta(days=900)).isoformat()}
intervention_rate_percent = 80
recoveries_reusable = true

[agreement.signer]
title = "Section 73 officer"
statute = "Local Government Act 1985, section 73"
wording = "I certify that these figures are drawn from the scheme's records and are true to the best of my knowledge."

[[agreement.line]]
code = "CAP"
name = "Capital grant"
kind = "capital"
award = "8000.00"

[[agreement.line]]
code = "REV"
name = "Revenue grant"
kind = "revenue"
award = "15000.00"

[[agreement.line]]
code = "SKL"
name = "Skills grant"
kind = "revenue"
award = "7000.00"
"""


def voucher_round(starts_on: date) -> str:
    """A round over the three lines at odd shares."""
    return f"""
[round]
code = "R1"
name = "First round"
voucher_type = "TASTER"
opens_on = {starts_on.isoformat()}
closes_on = {(starts_on + timedelta(days=480)).isoformat()}
budget = "20000.00"

[[round.line]]
agreement = "LGF1"
line = "CAP"
share_percent = "26.67"

[[round.line]]
agreement = "LGF1"
line = "REV"
share_percent = "50.00"

[[round.line]]
agreement = "LGF1"
line = "SKL"
share_percent = "23.33"
"""


def businesses(rows: tuple[tuple[str, ...], ...] = BUSINESSES) -> str:
    """A businesses file in the plain layout."""
    header = "name,company_number,address_line_1,town,postcode,employees,contact_name,contact_email,subsidy_received"
    lines = [
        f'{name},{number},"{street}",{town},{postcode},6,{contact},{person}@example.org,0.00'
        for name, number, street, town, postcode, contact, person in rows
    ]
    return "\n".join([header, *lines]) + "\n"


def invoice_page(number: str, provider: str, business: str, net: int, vat: int) -> str:
    """A provider's invoice, as a page to be drawn."""
    return f"""<!doctype html><html lang="en"><head><title>Invoice {number}</title></head><body>
<h1>Invoice {number}</h1><p>{provider}</p><p>To {business}</p>
<table><tr><td>Tech support</td><td>{pounds(net)}</td></tr><tr><td>VAT at 20%</td><td>{pounds(vat)}</td></tr>
<tr><td>Total</td><td>{pounds(net + vat)}</td></tr></table></body></html>"""


def balance_page(day: date, pence: int) -> str:
    """A print of the authority's own ledger, as a page to be drawn."""
    return f"""<!doctype html><html lang="en"><head><title>Cost code NTT001</title></head><body>
<h1>Northmoor Combined Authority: cost code NTT001</h1><p>Balance on {day.isoformat()}: {pounds(pence)}</p>
</body></html>"""
