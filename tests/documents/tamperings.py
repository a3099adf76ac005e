"""Ways to tamper with a statement's file, each with what a check of the file must name."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any

import pikepdf

from tests.documents.signed_papers import (
    Papers,
    add_to,
    attach,
    attached,
    data_of,
    detach,
    forged,
    other_digit,
    overlaid,
    page_with,
    parts,
    saved,
    with_data,
)
from voucher.reports.verify.paper_file import DATA, SIGNATURE, TRANSACTIONS

Json = dict[str, Any]
Tamper = Callable[[Papers], bytes]
STEP = {"at": "2026-05-04T09:00:00+00:00", "name": "Sigrid", "role": "Signer", "step": "Signed", "wording": "I sign."}
OVERRIDE = {"at": STEP["at"], "kind": "extension", "pence": None, "reason": "ill", "reference": "V-1", "who": "Asha"}


def more_paid(data: Json) -> None:
    """Ten pounds more were paid, in every place in which the data could show it."""
    add_to(data, 1_000, ["7", "7a", "8", "14f", "4"])
    add_to(data, -2_000, ["4"])
    row = next(row for row in data["transactions"] if row["kind"] == "payment")
    row["grant"] += 1_000
    row["own_contribution"] -= 1_000
    data["totals"]["grant"] += 1_000
    data["totals"]["own_contribution"] -= 1_000
    data["providers"][0]["defrayed"] += 1_000
    for code in ("14", "14a"):
        parts(data)[code]["value"] -= 1_000
    grant, match = parts(data)["14f"]["value"], parts(data)["14"]["value"]
    parts(data)["14b"]["value"] = 10_000 * grant // (grant + match)
    parts(data)["14b"]["note"] = "Above the agreed rate." if parts(data)["14b"]["value"] > 8_000 else None
    for check in data["checks"]:
        if check["name"].startswith("Line 7 less 15c,"):
            check["left"] = check["right"] = parts(data)["7"]["value"] - parts(data)["15c"]["value"]


def one_less(data: Json) -> None:
    """The last transaction is left out, and every sum and number is adjusted."""
    gone = data["transactions"].pop()
    add_to(data, -gone["grant"], ["7", "7a", "8"])
    add_to(data, gone["grant"], ["6"])
    parts(data)["25"]["value"] -= 1
    data["totals"]["record_count"] -= 1
    data["totals"]["grant"] -= gone["grant"]
    data["totals"]["own_contribution"] -= gone["own_contribution"]
    data["providers"][0]["defrayed"] -= gone["grant"]


def other_figures_checked(data: Json) -> None:
    """The check of line 16 was of other cash."""
    for check in data["checks"]:
        if check["name"].startswith("Line 16:"):
            check.update(left=1, right=1)


def put(*path: str | int, value: object) -> Callable[[Json], None]:
    """Another value at a place in the data."""

    def edit(data: Any) -> None:
        for step in path[:-1]:
            data = data[step]
        data[path[-1]] = value

    return edit


def csv_of(data: Json, **changes: str) -> bytes:
    """A transactions.csv as it is attached; the changes are made in its first row."""
    columns = list(data["transactions"][0])
    pounds = {"net", "vat", "gross", "grant", "own_contribution", "paid_by_business"}
    rows = [
        {name: f"{row[name] / 100:.2f}" if name in pounds and row[name] is not None else row[name] for name in columns}
        for row in data["transactions"]
    ]
    rows[0] |= changes
    lines = [",".join(columns), *(",".join("" if row[c] is None else str(row[c]) for c in columns) for row in rows)]
    return "\r\n".join(lines).encode()


def page_swap(document: pikepdf.Pdf) -> None:
    document.pages[1], document.pages[2] = document.pages[2], document.pages[1]


def page_of_may(papers: Papers) -> bytes:
    with pikepdf.open(io.BytesIO(papers.may)) as other:
        return saved(papers.april, lambda document: document.pages.__setitem__(1, other.pages[1]))


def removed(number: int) -> Callable[[pikepdf.Pdf], None]:
    return lambda document: document.pages.__delitem__(number)


def noted(document: pikepdf.Pdf) -> None:
    """A note laid over the three figures of the cover."""
    note = {
        "/Type": pikepdf.Name.Annot, "/Subtype": pikepdf.Name.FreeText, "/Rect": [60, 500, 260, 540],
        "/Contents": "Defrayed: £999,999.00", "/DA": "/Helv 12 Tf",
    }  # fmt: skip
    document.pages[0].Annots = pikepdf.Array([document.make_indirect(pikepdf.Dictionary(note))])


def resigned(papers: Papers, **members: object) -> bytes:
    """The authority's own signature with other members, which it does not fit any more."""
    old = json.loads(attached(papers.april, SIGNATURE))
    return json.dumps({**old, **members}, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


# What is done to the file, and what the check must name (besides that the file is not the one that was signed).
TAMPERINGS: dict[str, tuple[Tamper, set[str]]] = {
    "a figure of the data": (
        lambda p: with_data(p.april, lambda d: add_to(d, 100, ["3"])), {"signed_data", "award_side", "printed_lines"}),
    "a figure on one funding line only": (
        lambda p: with_data(p.april, put("lines", 0, "parts", 0, "by_funding_line", "L1", value=1)),
        {"signed_data", "by_funding_line"}),
    "the grant of a transaction": (
        lambda p: with_data(p.april, put("transactions", 0, "grant", value=1)), {"signed_data", "annex_sums"}),
    "a total, changed wherever it shows": (lambda p: with_data(p.april, more_paid), {"signed_data", "printed_annex"}),
    "the same, signed again with another key": (
        lambda p: with_data(p.april, more_paid, signed_again=True),
        {"published_key", "printed_lines", "printed_annex", "printed_hash", "printed_seal"}),
    "a transaction less, its sums adjusted": (
        lambda p: with_data(p.april, one_less, signed_again=True), {"published_key", "printed_lines", "page_feet"}),
    "the number of the statement": (
        lambda p: with_data(p.april, put("header", "statement", value="NTT-LGF-1-S009")),
        {"signed_statement", "page_feet", "cover"}),
    "the period": (
        lambda p: with_data(p.april, put("header", "period_from", value="2026-03-01")), {"signed_data", "cover"}),
    "a bank's day after the period": (
        lambda p: with_data(p.april, put("transactions", 0, "bank_on", value="2026-05-01")), {"each_transaction"}),
    "the name of a business": (
        lambda p: with_data(p.april, put("transactions", 0, "business", value="Another Ltd")), {"signed_data"}),
    "a check that did not hold": (
        lambda p: with_data(p.april, put("checks", 0, "right", value=1)), {"checks_made", "printed_lists"}),
    "an override put in": (
        lambda p: with_data(p.april, lambda d: d["overrides"].append({**OVERRIDE})), {"counts", "printed_lists"}),
    "a line left out": (lambda p: with_data(p.april, lambda d: d["lines"].pop(3)), {"data"}),
    "something the format does not know": (lambda p: with_data(p.april, put("extra", value=1)), {"data"}),
    "the data written another way": (
        lambda p: saved(p.april, attach(DATA, json.dumps(data_of(p.april), indent=1).encode())),
        {"canonical", "signed_data"}),
    "the data taken out": (lambda p: saved(p.april, detach(DATA)), {"data"}),
    "the data of another statement": (
        lambda p: saved(p.april, attach(DATA, attached(p.may, DATA))),
        {"signed_data", "signed_statement", "page_feet"}),
    "data and signature of another statement": (
        lambda p: saved(p.april, *(attach(name, attached(p.may, name)) for name in (DATA, SIGNATURE))),
        {"page_feet", "cover", "printed_hash"}),
    "the signature taken out": (lambda p: saved(p.april, detach(SIGNATURE)), {"signature_there"}),
    "the signature of another statement": (
        lambda p: saved(p.april, attach(SIGNATURE, attached(p.may, SIGNATURE))), {"signed_data", "signed_statement"}),
    "something else for a signature": (lambda p: saved(p.april, attach(SIGNATURE, b"{}")), {"signature_there"}),
    "another key in the authority's name": (
        lambda p: saved(p.april, attach(SIGNATURE, forged(p.april, own_name=False))), {"signature"}),
    "key and signature replaced together": (
        lambda p: saved(p.april, attach(SIGNATURE, forged(p.april))), {"published_key", "printed_seal"}),
    "another number for the key": (
        lambda p: saved(p.april, attach(SIGNATURE, resigned(p, key_id=7))), {"signature", "published_key"}),
    "another signer's name": (
        lambda p: saved(p.april, attach(SIGNATURE, resigned(p, sign_off=[{**STEP, "name": "Mallory"}]))),
        {"signature", "printed_sign_off"}),
    "another head of the audit trail": (
        lambda p: saved(p.april, attach(SIGNATURE, resigned(p, audit_head={"seal": 9, "digest": "9" * 64}))),
        {"signature", "printed_seal"}),
    "an amount in the attached table": (
        lambda p: saved(p.april, attach(TRANSACTIONS, csv_of(data_of(p.april), grant="1.00"))), {"transactions_csv"}),
    "a row less in the attached table": (
        lambda p: saved(p.april, attach(TRANSACTIONS, csv_of(data_of(p.april)).rsplit(b"\r\n", 1)[0])),
        {"transactions_csv"}),
    "a printed figure of the cover": (lambda p: saved(p.april, other_digit(0)), {"cover"}),
    "a printed figure of a line": (
        lambda p: saved(p.april, other_digit(page_with(p.april, "The award and where it stands"))), {"printed_lines"}),
    "a printed figure of the annex": (
        lambda p: saved(p.april, other_digit(page_with(p.april, "Annex: the transactions"), 2)), {"printed_annex"}),
    "a page taken out": (lambda p: saved(p.april, removed(1)), {"page_feet", "printed_lines"}),
    "the last page taken out": (lambda p: saved(p.april, removed(-1)), {"page_feet", "printed_annex"}),
    "the page with the sign-off taken out": (
        lambda p: saved(p.april, removed(page_with(p.april, "Check it yourself"))), {"page_feet", "printed_sign_off"}),
    "two pages swapped": (lambda p: saved(p.april, page_swap), {"page_feet"}),
    "a page twice": (lambda p: saved(p.april, lambda d: d.pages.append(d.pages[1])), {"page_feet"}),
    "a page of another statement": (page_of_may, {"page_feet", "printed_lines"}),
    "an amount drawn over the cover afterwards": (lambda p: overlaid(p.april, "\xa3999,999.00"), {"no_other_amount"}),
    "a note laid over the figures": (lambda p: saved(p.april, noted), set()),
    "bytes behind the end": (lambda p: p.april + b"\n% and more\n", set()),
    "saved anew with nothing changed": (lambda p: saved(p.april), set()),
}  # fmt: skip

# What is changed in the data, and which identity then does not hold.
IDENTITIES: dict[str, tuple[Callable[[Json], None], str]] = {
    "7 is 7a less 7b": (lambda d: add_to(d, 1, ["7b"]), "defrayed_net"),
    "8 is what came before and 7": (lambda d: add_to(d, 1, ["8a"]), "defrayed_to_date"),
    "12 from line 2": (lambda d: add_to(d, 1, ["12b"]), "roll_forward"),
    "12 from the award": (lambda d: add_to(d, 1, ["12e"]), "award_side"),
    "1 by kinds": (lambda d: add_to(d, 1, ["1b"]), "award_split"),
    "1a of capital lines only": (put("funding_lines", 0, "kind", value="revenue"), "award_kinds"),
    "16 from its parts": (lambda d: add_to(d, 1, ["16c"]), "cash"),
    "27 from the ledger": (put("lines", 25, "parts", 0, "value", value=7), "ledger_tie"),
    "27 with cash": (lambda d: add_to(d, 1, ["27b"]), "ledger_cash"),
    "27 unexplained": (lambda d: add_to(d, 5, ["27"]), "ledger_explained"),
    "a split that is no sum": (lambda d: parts(d)["5"].update(value=1), "by_funding_line"),
    "a part twice": (lambda d: d["lines"][4]["parts"].append(dict(d["lines"][4]["parts"][0])), "parts_once"),
    "the rate": (lambda d: parts(d)["14b"].update(value=1), "intervention_rate"),
    "the rate's mark": (lambda d: parts(d)["14b"].update(note="Above the agreed rate."), "intervention_rate"),
    "line 2 and the one before": (
        lambda d: d["checks"].append({"name": "Line 2, and line 12 of the statement before", "left": 1, "right": 1,
                                      "holds": True}), "opening"),
    "a later statement that names none before": (put("header", "sequence", value=2), "opening"),
    "a check of other figures": (
        other_figures_checked, "checks_about"),
    "the annex and 7a": (lambda d: add_to(d, 1, ["7a"]), "annex_sums"),
    "the annex and 13a": (lambda d: add_to(d, 1, ["13a"]), "annex_sums"),
    "the annex and 14a": (lambda d: add_to(d, 1, ["14a"]), "annex_sums"),
    "the total of the grants": (put("totals", "grant", value=1), "annex_sums"),
    "the number of transactions": (put("totals", "record_count", value=9), "counts"),
    "the number of returns": (lambda d: d["exceptions"].clear(), "counts"),
    "the sum of returns": (lambda d: add_to(d, 1, ["7b"]), "returns"),
    "gross": (put("transactions", 0, "gross", value=1), "each_transaction"),
    "a return for a payment": (put("transactions", 0, "kind", value="return"), "each_transaction"),
    "a provider's sum": (put("providers", 0, "defrayed", value=1), "providers"),
    "a provider's vouchers": (put("providers", 0, "vouchers", value=9), "providers"),
    "a provider not listed": (lambda d: d["providers"].clear(), "providers"),
    "a figure that is missing": (lambda d: d["lines"][11]["parts"].pop(1), "roll_forward"),
}  # fmt: skip
