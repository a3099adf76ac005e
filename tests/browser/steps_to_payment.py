"""From the scan to the money at the bank: a provider, the business, and five of the scheme's people in turn."""

from __future__ import annotations

import csv
import re
from pathlib import Path

from tests.browser.crowd import DESK, Crowd, Hands, printed
from tests.browser.paper_figures import FACE, GRANT, HELD_AT_FIRST, LEFT_ON_VOUCHER, NET, OWN, PAID_BY_BUSINESS, VAT
from tests.browser.steps_to_voucher import BUSINESS

PROVIDER = "pat@provider.example"
TODAY = "2026-04-07"
DONE = "Web shop set up"
INVOICE, CLAIM, PAYMENT = "INV-2026-041", re.compile("^Claim NTT-"), re.compile("^NTT-P")


def scanned(phone: Hands) -> None:
    """The provider's phone, which has just been given its scanner, reads the paper by itself."""
    phone.sees("Good")
    phone.reads(BUSINESS, f"£{FACE}")


def recorded(phone: Hands) -> None:
    """The support is recorded; package, day and minutes stand there already."""
    phone.press("Record support")
    phone.sees("Record support")
    phone.write("What was done", DONE)
    phone.press("Record support")
    phone.sees("Recorded support")
    phone.reads(f"£{HELD_AT_FIRST}", "We have told")


def claimed(crowd: Crowd) -> Hands:
    """The provider claims at a desk, with the invoice and what shows the work."""
    pat = crowd.somebody(DESK)
    crowd.sign_in_by_password(pat, PROVIDER)
    pat.sees("Your firm's vouchers and claims")
    pat.follow("Claim for 1 recorded session")
    pat.sees("Support recorded and not yet claimed for")
    pat.follow(re.compile("^Make the claim"))
    pat.sees("Make the claim")
    for label, text in {
        "Invoice number": INVOICE,
        "Date of the invoice": TODAY,
        "Amount before VAT": NET,
        "VAT": VAT,
    }.items():
        pat.write(label, text)
    pat.tick("20%")
    invoice = printed(f"Invoice {INVOICE}", BUSINESS, f"Web shop {NET}", f"VAT {VAT}")
    pat.attach("Your invoice", "invoice.pdf", invoice)
    pat.attach("Evidence of what was delivered", "handover.pdf", printed("Hand-over sheet", "Web shop", "7 April 2026"))
    pat.reads(f"£{GRANT}", f"£{OWN}")
    pat.press("Send the claim")
    pat.sees(CLAIM)
    pat.reads(f"£{GRANT}", "handover.pdf", "Waits for")
    return pat


def confirmed(owner: Hands) -> None:
    """The owner says the two facts, on the phone: it was delivered, and what was paid."""
    owner.open("/")
    owner.sees(BUSINESS)
    owner.follow(f"Check the claim for £{GRANT} and say what you have paid")
    owner.sees(re.compile("^Check claim NTT-"))
    owner.reads(f"£{GRANT}", f"£{OWN}", f"£{VAT}")
    owner.tick("Yes")
    owner.tick("The figures are right and we have paid")
    owner.write("How much have you paid to the provider, VAT included?", PAID_BY_BUSINESS)
    owner.write("When did you pay?", TODAY)
    owner.tick("Bank transfer")
    owner.press("Send this answer")
    owner.sees(CLAIM)
    owner.reads(f"£{PAID_BY_BUSINESS} paid on 7 April 2026")


def verified_and_approved(crowd: Crowd) -> None:
    """One of the scheme's people makes the open check, another approves."""
    vera = crowd.at_desk("vera")
    vera.follow("1 Claims to verify")
    vera.follow(re.compile("^NTT-"))
    vera.sees(CLAIM)
    vera.press("Verify")
    vera.sees(re.compile("^Verify claim"))
    vera.tick("Yes, it passes")
    vera.write("What was seen", "The hand-over sheet names the web shop and its date")
    vera.press("Record these findings")
    vera.reads("is verified")
    carl = crowd.at_desk("carl")
    carl.follow("1 Claims to approve")
    carl.follow(re.compile("^NTT-"))
    carl.press("Approve")
    carl.sees(re.compile("^Approve claim"))
    carl.press(f"Approve £{GRANT}")
    carl.reads(f"is approved: £{GRANT}")


def paid(crowd: Crowd, folder: Path) -> str:
    """Prepared by one, approved by another, taken to the bank, and seen there by two more; the payment's reference."""
    petra = crowd.at_desk("petra")
    petra.follow("Prepare a batch")
    petra.sees("Prepare a batch of payments")
    petra.press(f"Prepare 1 payment, £{GRANT}")
    petra.sees(re.compile("^Batch NTT-"))
    petra.press("Hand the batch over for approval")
    petra.reads("waits for approval by another person")
    _approved(crowd)
    petra.page.reload()
    reference = _in_bank_file(petra.download("Make the bank file", folder))
    bina = crowd.at_desk("bina")
    bina.follow("Type a bank line")
    bina.sees("Type a bank line")
    bina.write("The bank's day", TODAY)
    bina.tick("Money out")
    bina.write("Amount", GRANT)
    bina.write("The bank's reference", reference)
    bina.write("Other party", "CALDER DIGITAL LTD")
    bina.press("Keep the line")
    _matched(crowd, reference)
    return reference


def _approved(crowd: Crowd) -> None:
    """Another person approves the batch, with the second factor at the act."""
    paul = crowd.at_desk("paul")
    crowd.set_up_second_factor("paul", paul)
    paul.open("/")
    paul.follow("1 Batches to approve")
    paul.follow(re.compile("^NTT-"))
    paul.press("Look at it and approve")
    paul.sees(re.compile("^Approve batch"))
    paul.write("Code of your second factor", crowd.code_of("paul"))
    paul.press(f"Approve 1 payment, £{GRANT}")
    paul.sees(re.compile("^Batch NTT-"))
    paul.reads("Approved")


def _in_bank_file(file: Path) -> str:
    """The reference of the one payment in the bank's file, whose amount is that of the paper."""
    with file.open(encoding="utf-8-sig", newline="") as opened:
        [row] = [row for row in csv.reader(opened) if GRANT in row]
    [reference] = [cell for cell in row if PAYMENT.match(cell)]
    return reference


def _matched(crowd: Crowd, reference: str) -> None:
    """A second keeper of bank lines matches what the first has typed."""
    ben = crowd.at_desk("ben")
    ben.follow("1 Bank lines to match")
    ben.follow(reference)
    ben.press("Match this line")
    ben.sees("Match bank lines")
    ben.reads(f"Payment {reference} to Calder Digital Ltd, £{GRANT}")
    ben.press("Match the line")
    ben.reads("Every bank line is explained.")


def told_of_the_money(pat: Hands, owner: Hands, reference: str) -> None:
    """The provider sees that the claim is paid and by what; the owner sees what is left."""
    pat.page.reload()
    pat.sees(CLAIM)
    pat.reads("Paid")
    pat.follow("See the payment")
    pat.sees(f"Payment {reference}")
    pat.reads(f"£{GRANT}", BUSINESS, INVOICE, "7 April 2026")
    owner.page.reload()
    owner.reads("Paid to the provider on 7 April 2026")
    owner.back("The voucher")
    owner.reads(f"£{LEFT_ON_VOUCHER}")
