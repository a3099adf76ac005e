"""An agreement that runs elsewhere, as a file: two vouchers, two payments, one drawdown, odd pennies throughout."""

from __future__ import annotations

OPENING = """
[opening]
signed_through = 2026-06-30
line_8 = "183.34"
line_12 = "2193.22"
line_16 = "116.66"

[agreement]
reference = "OLD-1"
funder = "Department for Regional Growth"
signed_on = 2026-04-01
starts_on = 2026-04-01
ends_on = 2027-09-30
intervention_rate_percent = "80"

[agreement.signer]
title = "Section 73 officer"
statute = "Local Government Act 1985, section 73"
wording = "I certify that these figures are true."

[[agreement.line]]
code = "A"
name = "Capital grant"
kind = "capital"
award = "1000.00"

[[agreement.line]]
code = "B"
name = "Revenue grant"
kind = "revenue"
award = "1000.00"

[[agreement.line]]
code = "C"
name = "Second revenue grant"
kind = "revenue"
award = "1000.01"

[round]
code = "OPENING"
name = "Taken over"
voucher_type = "TASTER"
opens_on = 2026-04-01
closes_on = 2026-09-30
budget = "1500.00"

[[round.line]]
agreement = "OLD-1"
line = "A"
share_percent = "33.33"

[[round.line]]
agreement = "OLD-1"
line = "B"
share_percent = "33.34"

[[round.line]]
agreement = "OLD-1"
line = "C"
share_percent = "33.33"

[[voucher]]
old_reference = "TT-0101"
name = "Blyth Bakehouse Ltd"
company_number = "04500101"
address_line_1 = "1 Quay Road"
town = "Blyth"
postcode = "ne24 2as"
contact_name = "Bob Blyth"
contact_email = "Bob@blythbakehouse.example"
value = "500.00"
notice_on = 2026-05-04
reply_on = 2026-05-06
terms = "2026-1"
declared = "1000.00"
issued_on = 2026-05-07
last_day = 2026-08-05

[[voucher]]
old_reference = "TT-0102"
name = "Hadrian Joinery"
legal_form = "sole trader"
address_line_1 = "2 Wall Street"
address_line_2 = "Unit 3"
town = "Hexham"
postcode = "NE46 1AA"
contact_name = "Hal Hadrian"
contact_email = "hal@hadrian.example"
value = "123.45"
notice_on = 2026-06-01
reply_on = 2026-06-01
terms = "2026-1"
declared = "0.00"
issued_on = 2026-06-30
last_day = 2026-09-01

[[payment]]
old_reference = "PAY-1"
provider = "Tyne Looms Ltd"
paid_on = 2026-06-12
amounts = { A = "100.00", B = "50.01" }

[[payment]]
old_reference = "PAY-2"
provider = "Calder Digital Ltd"
paid_on = 2026-06-30
amounts = { C = "33.33" }

[[drawdown]]
line = "A"
amount = "300.00"
received_on = 2026-05-29
"""


def changed(*pairs: tuple[str, str]) -> bytes:
    """The file with texts replaced, each of which it has."""
    text = OPENING
    for old, new in pairs:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text.encode()
