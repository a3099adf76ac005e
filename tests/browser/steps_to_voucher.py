"""From the scheme's public page to the voucher in the owner's hand: a business on a phone, officers at desks."""

from __future__ import annotations

import re
from pathlib import Path

from tests.browser.crowd import Crowd, Hands
from tests.browser.paper_figures import FACE

OWNER = "gwen@tygwyr.example"
BUSINESS = "Tŷ Gŵyr Coffee Ltd"

# Each question of the application in turn: its heading, what is written or ticked, and the page after it.
ANSWERS: tuple[tuple[str, dict[str, str], str], ...] = (
    ("What kind of business is it?", {}, "Limited company or limited liability partnership"),
    ("What is the company number?", {"What is the company number?": "01267890"}, ""),
    ("What is the VAT number?", {"What is the VAT number?": ""}, ""),
    ("What is the business called?", {"What is the business called?": BUSINESS}, ""),
    ("Where is the business?", {"Address line 1": "21 Boar Lane", "Town or city": "Leeds", "Postcode": "ls1 5da"}, ""),
    ("How many people does it employ?", {"How many people does it employ?": "7"}, ""),
    ("On which number can we reach you?", {"On which number can we reach you?": "0113 496 0001"}, ""),
    (
        "What support do you want to use the voucher for?",
        {"What support do you want to use the voucher for?": "A web shop, so that we can sell our coffee online."},
        "",
    ),
    ("Has the business had, or asked for, other public money for the same support?", {}, "No"),
)
# The tasks of the list, before the question that each begins with.
TASKS = {
    "What kind of business is it?": "The business",
    "How many people does it employ?": "Size and activity",
    "On which number can we reach you?": "You and the support",
    "Has the business had, or asked for, other public money for the same support?": "Other funding",
}


def rules_are_set(crowd: Crowd) -> None:
    """The scheme's administrator says who may apply."""
    shay = crowd.at_desk("shay")
    shay.follow("Change who may apply")
    shay.sees("Change who may apply")
    shay.tick("Company")
    shay.write("Most employees", "49")
    shay.write("Reason", "The funder's agreement")
    shay.press("Change who may apply")
    shay.reads("at most 49 employees")


def checked_and_applied(crowd: Crowd) -> Hands:
    """A visitor checks, registers by a code, answers one question a page, and sends the application."""
    owner = crowd.somebody()
    owner.open("/")
    owner.sees("Northern Tech Tasters")
    owner.press("Check if you can apply")
    owner.sees("What kind of business is it?")
    owner.tick("Limited company or limited liability partnership")
    owner.press("Continue")
    owner.sees("How many people does it employ?")
    owner.write("How many people does it employ?", "7")
    owner.press("Continue")
    owner.sees("You can apply")
    owner.press("Apply now")
    crowd.sign_in_by_code(owner, OWNER)
    owner.sees("What is your name?")
    owner.write("Your full name", "Gwen Rees")
    owner.press("Register")
    owner.sees("Your applications")
    owner.press("Apply in Round R1")
    _answers(owner)
    owner.sees("Check your answers before you send them")
    owner.reads(BUSINESS, "LS1 5DA", "The business has at most 49 employees.")
    owner.press("Send the application")
    owner.sees("Application sent")
    owner.reads("Buy nothing yet")
    return owner


def _answers(owner: Hands) -> None:
    """Answers every question, task by task."""
    for heading, written, ticked in ANSWERS:
        if heading in TASKS:
            owner.sees("Apply for a voucher")
            owner.follow(TASKS[heading])
        owner.sees(heading)
        for label, text in written.items():
            owner.write(label, text)
        if ticked:
            owner.tick(ticked)
        owner.press("Save and continue")


def offered(crowd: Crowd) -> None:
    """An officer finds the application in her queue, and approves it."""
    asha = crowd.at_desk("asha")
    asha.follow("1 Applications to decide")
    asha.sees("Applications to decide")
    asha.follow(re.compile("^NTT-A"))
    asha.sees(re.compile("^Application NTT-A"))
    asha.reads(BUSINESS, f"£{FACE}")
    asha.press("Approve")
    asha.sees("Approve 1 application")
    asha.press(f"Approve 1 application, £{FACE}")
    asha.reads(f"£{FACE} reserved")


def accepted_and_downloaded(crowd: Crowd, owner: Hands, folder: Path) -> Path:
    """The owner follows the letter's link, confirms and accepts in one sitting, and keeps the voucher's PDF."""
    owner.open(crowd.link_in(crowd.letter(OWNER, "Answer by")))
    owner.sees(f"A voucher of up to £{FACE} for {BUSINESS}")
    owner.reads("Minimal Financial Assistance", "Terms in brief (version 2026-1)")
    owner.write("Assistance that your enterprise has received", "0")
    owner.tick(re.compile("I confirm for"))
    owner.tick(re.compile("I accept the terms"))
    owner.press("Confirm, accept and get the voucher")
    owner.sees("Your voucher is issued")
    owner.open("/")
    owner.sees(BUSINESS)
    owner.follow(re.compile("^Voucher NTT-"))
    owner.sees(re.compile("^Voucher NTT-"))
    owner.reads(f"£{FACE}", "Find an approved provider", "Show this when the support starts")
    return owner.download("Download the voucher (PDF)", folder)
