"""Set-up files of the tests."""

from __future__ import annotations

SCHEME = """
[scheme]
reference = "NTT"
name = "North Tyne Tech Taster"
owner = "North Tyne Combined Authority"
contact = "vouchers@northtyne.example, 0191 496 0842"
starts_on = 2026-04-01
ends_on = 2027-03-31

[scheme.settings]
offer_days = 30

[terms]
version = "1"
in_force_from = 2026-04-01
brief = ["For support that is delivered by the last day.", "The voucher never pays VAT."]
body = "The whole terms."

[[voucher_type]]
code = "TASTER"
name = "Technology taster"
good_for = ["A first cyber security check", "Online booking and payments"]
rate_percent = 80
face_value = "1500.00"
cap = "1200.00"
validity_days = 90
"""

TERMS = """
[terms]
version = "2"
in_force_from = 2026-04-20
brief = ["For support that is delivered by the last day."]
body = "The whole terms, again."
"""

AGREEMENT = """
[agreement]
reference = "LGF/2026"
funder = "Department for Regional Growth"
signed_on = 2026-04-01
starts_on = 2026-04-01
ends_on = 2027-12-31
intervention_rate_percent = "80"

[agreement.signer]
title = "Chief Finance Officer"
statute = "section 73 of the Local Government Act 1985"
wording = "I certify that this statement is right."

[[agreement.line]]
code = "CAP"
name = "Capital grant"
kind = "capital"
award = "20000.00"

[[agreement.line]]
code = "REV"
name = "Revenue grant"
kind = "revenue"
award = "40000.00"
"""

ROUND = """
[round]
code = "R1"
name = "Spring 2026"
voucher_type = "TASTER"
opens_on = 2026-04-01
closes_on = 2026-06-30
budget = "30000.00"

[[round.line]]
agreement = "LGF/2026"
line = "CAP"
share_percent = "33.33"

[[round.line]]
agreement = "LGF/2026"
line = "REV"
share_percent = "66.67"
"""

PDF = b"%PDF-1.7 not much of one"
