"""From the month's end to the signed statement, and what its files say when they are read back."""

from __future__ import annotations

import csv
import json
import re
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pypdfium2

from tests.browser.crowd import Crowd, Hands, printed
from tests.browser.paper_figures import GRANT

AFTER_THE_MONTH = datetime(2026, 5, 5, 9, tzinfo=UTC)
STATEMENT = re.compile("^Statement NTT-")
FILES = (
    "The statement as PDF",
    "Its lines as CSV",
    "Its payments, one by one, as CSV",
    "Its data as JSON, the text that the hash is of",
)


def signed(crowd: Crowd, folder: Path) -> dict[str, Path]:
    """Prepared, passed on and signed by three people; the files that the signer downloads, by their endings."""
    crowd.world.clock.set(AFTER_THE_MONTH)
    _prepared(crowd)
    rob = crowd.at_desk("rob")
    rob.follow("1 Statements to review")
    rob.follow(re.compile("^NTT-"))
    rob.sees(STATEMENT)
    rob.press("Pass it on to the signer")
    rob.reads("Waits for: the signature")
    sigrid = crowd.at_desk("sigrid")
    crowd.set_up_second_factor("sigrid", sigrid)
    sigrid.open("/statements")
    sigrid.follow(re.compile("^NTT-"))
    sigrid.press("See why you may sign, and sign")
    sigrid.sees(re.compile("^Sign statement"))
    sigrid.reads("Why you may sign", "I certify that these figures are true.")
    sigrid.write("Code of your second factor", crowd.code_of("sigrid"))
    sigrid.press(re.compile("^Sign statement NTT-"))
    sigrid.sees(STATEMENT)
    sigrid.reads("You have signed.", "Waits for: its PDF, which the job worker draws.", re.compile(r"0 of \d+ lines"))
    sigrid.meets_no_barrier()
    crowd.work()
    # Nobody loads the page again: it says by itself that the PDF is there.
    sigrid.reads("It is signed, and its PDF is drawn.")
    return _downloaded(sigrid, folder)


def _prepared(crowd: Crowd) -> None:
    """The preparer enters the authority's own balance: what left its account."""
    stella = crowd.at_desk("stella")
    stella.open("/statements")
    stella.press("Prepare a statement")
    stella.sees(re.compile("^Prepare a statement of"))
    stella.write("First day", "2026-04-01")
    stella.write("Last day", "2026-04-30")
    stella.write("Balance of the scheme's cost code on the last day", f"-{GRANT}")
    stella.attach("Evidence of that balance", "ledger.pdf", printed("Cost code of the scheme", f"-{GRANT}"))
    stella.press("Read the figures")
    stella.sees(STATEMENT)
    stella.reads("All checks hold.")


def _downloaded(hands: Hands, folder: Path) -> dict[str, Path]:
    found = {}
    for words in FILES:
        kept = hands.download(words, folder, role="link")
        found[words] = kept
    return found


def text_of(pdf: Path) -> str:
    """The words of a PDF, page by page."""
    return "\n".join(page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(pdf))


def money_of_json(file: Path) -> dict[str, tuple[Decimal, ...]]:
    """Every reported part in money of a statement's data: its total and its amount on each funding line, in pounds."""
    data: dict[str, Any] = json.loads(file.read_bytes())
    codes = [line["code"] for line in data["funding_lines"]]
    parts = [part for line in data["lines"] for part in line["parts"]]
    return {
        part["code"]: tuple(
            Decimal(amount).scaleb(-2)
            for amount in (part["value"], *((part["by_funding_line"] or {}).get(code) for code in codes))
            if amount is not None
        )
        for part in parts
        if part["unit"] == "pence" and part["value"] is not None
    }


def money_of_csv(file: Path) -> dict[str, tuple[Decimal, ...]]:
    """The same of its lines as a spreadsheet reads them."""
    with file.open(encoding="utf-8-sig", newline="") as opened:
        rows = list(csv.DictReader(opened))
    lines = [name for name in rows[0] if re.fullmatch(r"L\d", name)]
    return {
        row["line"]: tuple(Decimal(row[name]) for name in ("value", *lines) if row[name])
        for row in rows
        if row["unit"] == "pounds" and row["value"]
    }


def rows_of(file: Path) -> list[dict[str, str]]:
    """The rows of a CSV file by its columns."""
    with file.open(encoding="utf-8-sig", newline="") as opened:
        return list(csv.DictReader(opened))
