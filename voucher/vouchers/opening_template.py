"""The file that takes a running agreement over, with comments and one example of each part."""

from __future__ import annotations

TEMPLATE = """\
# A scheme that already runs elsewhere: one file for each funder's agreement.
# Amounts are pounds in quotes, like "1234.50"; days have no quotes, like 2026-06-30.
# Set the scheme up first, with its terms and voucher types. Then try this file out; give it with --commit; and let
# another person give the very same file with --commit.

[opening]
# The last statement that was signed elsewhere. What follows must come to its figures to the penny.
signed_through = 2026-06-30     # its last day; everything after that day is entered here
line_8 = "1000.00"              # defrayed to date: the sum of all payments below
line_12 = "57800.00"            # closing unallocated: the award less the payments and what the vouchers have left
line_16 = "4000.00"             # closing cash: drawdowns less payments; below zero when the funder owes it

[agreement]
# As "voucher agreement sign" reads it, with the award as it stands today.
reference = "LGF/2026"
funder = "Department for Regional Growth"
signed_on = 2026-04-01
starts_on = 2026-04-01
ends_on = 2027-12-31
intervention_rate_percent = "80"
recoveries_reusable = false

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

[round]
# As "voucher round set-up" reads it. The budget is what the vouchers below have left and what may still be offered;
# what was paid already is no part of it. All vouchers of the file are of this round and its voucher type.
code = "OPENING"
name = "Taken over on 30 June 2026"
voucher_type = "TASTER"
opens_on = 2026-04-01
closes_on = 2026-09-30
budget = "30000.00"

[[round.line]]
agreement = "LGF/2026"
line = "CAP"
share_percent = "33.33"

[[round.line]]
agreement = "LGF/2026"
line = "REV"
share_percent = "66.67"

[[voucher]]
# One for each voucher that still has money on it. It gets a new reference and a new code; the old one stays with it.
old_reference = "TT-0101"
name = "Blyth Bakehouse Ltd"
company_number = "04500101"     # or charity_number, vat_number, utr; a business that is known by it is used as it is
# legal_form = "company"        # needed without company or charity number; a sole trader may have no number
address_line_1 = "1 Quay Road"
address_line_2 = ""
town = "Blyth"
postcode = "NE24 2AS"
contact_name = "Bob Blyth"
contact_email = "bob@blythbakehouse.example"
value = "1200.00"               # what is left on it
notice_on = 2026-05-04          # the subsidy notice was sent,
reply_on = 2026-05-06           # the business confirmed it and accepted these terms,
terms = "1"
declared = "0.00"               # and declared this much Minimal Financial Assistance
issued_on = 2026-05-07
last_day = 2026-08-05

[[payment]]
# One for each payment that left the bank, by funding line. Leave these out when nothing was paid yet.
old_reference = "PAY-0001"
provider = "Northern Bytes Ltd"
paid_on = 2026-06-12
amounts = { CAP = "333.33", REV = "666.67" }

[[drawdown]]
# One for each drawdown that came in. Leave these out when the funder pays in arrears and has paid nothing yet.
line = "REV"
amount = "5000.00"
received_on = 2026-05-29
"""
