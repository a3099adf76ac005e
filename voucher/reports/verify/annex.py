"""What the rows of a statement add up to: its transactions, providers, exceptions and overrides."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from voucher.platform.i18n import gettext_noop as _
from voucher.reports.verify.findings import Area, Finding, Sentence, fails, holds
from voucher.reports.verify.identities import FIGURES, Parts, compared, guarded, money

Json = Mapping[str, Any]
AMOUNTS = ("net", "vat", "gross", "grant", "own_contribution", "paid_by_business")
COLUMNS = (
    "voucher", "business", "business_id", "provider", "provider_id", "delivered_on", "claimed_on", *AMOUNTS,
    "payment", "bank_on", "evidence", "kind",
)  # fmt: skip
# What begins a formula in a spreadsheet has an apostrophe put before it (rule 70).
_NEUTRAL = "'"


def row_findings(data: Json) -> list[Finding]:
    """Everything that must hold between the lines and the rows behind them."""
    parts, rows = Parts(data), data["transactions"]
    return [
        _sums(data, parts, rows),
        _counts(data, parts, rows),
        _each_row(data, rows),
        _providers(data, parts, rows),
        _returns(data, parts),
    ]


def _sums(data: Json, parts: Parts, rows: Sequence[Json]) -> Finding:
    words = _("The transactions of the annex add up to lines 7, 7a, 7b, 13a and 14a and to their totals.")
    totals = {name: sum(row[name] or 0 for row in rows) for name in AMOUNTS}
    paid = sum(row["grant"] for row in rows if row["kind"] == "payment")
    back = -sum(row["grant"] for row in rows if row["kind"] == "return")
    never_paid = totals["vat"] + totals["net"] - totals["own_contribution"] - totals["grant"]

    def make() -> Finding:
        # Administration is part of line 7 and has no row here.
        by_terms = {
            "+7 -15c": paid - back,
            "+7a -15c -15g": paid,
            "+7b -15g": back,
            "+13a": never_paid,
            "+14a": totals["own_contribution"],
        }
        pairs = [
            (Sentence(_("Line %(code)s"), {"code": terms.removeprefix("+")}), parts.total(terms), it)
            for terms, it in by_terms.items()
        ]
        for name in ("grant", "own_contribution"):
            pairs.append(
                (Sentence(_("Total of the column %(name)s"), {"name": name}), data["totals"][name], totals[name])
            )
        return compared("annex_sums", words, pairs)

    return guarded("annex_sums", words, make)


def _counts(data: Json, parts: Parts, rows: Sequence[Json]) -> Finding:
    words = _("The numbers of lines 22, 25 and 28 are those of the rows that are listed.")
    kinds = [row["kind"] for row in data["exceptions"]]
    counted = {
        "22a": kinds.count("bank line not explained"),
        "22b": kinds.count("payment with no bank line"),
        "22c": kinds.count("returned payment"),
        "25": len(rows),
        "28": len(data["overrides"]),
    }

    def make() -> Finding:
        said = {code: parts.value(code) for code in counted} | {"25 ": data["totals"]["record_count"]}
        wrong = [
            Sentence(
                _("Line %(code)s says %(said)s, and %(found)s are listed."),
                {"code": code.strip(), "said": said[code], "found": counted[code.strip()]},
            )
            for code in said
            if said[code] != counted[code.strip()]
        ]
        return fails("counts", FIGURES, words, wrong) if wrong else holds("counts", FIGURES, words)

    return guarded("counts", words, make)


def _each_row(data: Json, rows: Sequence[Json]) -> Finding:
    """Each transaction in itself: gross is net and VAT, a return is below zero, the bank's day is not later."""
    words = _("Each transaction adds up in itself and lies within the period or before it.")
    ends = data["header"]["period_to"]
    wrong = []
    for number, row in enumerate(rows, start=1):
        at = {"number": number, "voucher": row["voucher"]}
        if row["gross"] != row["net"] + row["vat"]:
            wrong.append(Sentence(_("Transaction %(number)s, %(voucher)s: gross is not net and VAT."), at))
        if (row["grant"] < 0) != (row["kind"] == "return") and row["grant"]:
            wrong.append(Sentence(_("Transaction %(number)s, %(voucher)s: a return that is paid, or the reverse."), at))
        if row["bank_on"] > ends:
            wrong.append(Sentence(_("Transaction %(number)s, %(voucher)s: the bank's day is after the period."), at))
    return fails("each_transaction", FIGURES, words, wrong) if wrong else holds("each_transaction", FIGURES, words)


def _providers(data: Json, parts: Parts, rows: Sequence[Json]) -> Finding:
    words = _("What each provider was paid is the sum of its transactions.")
    paid: dict[str, int] = defaultdict(int)
    vouchers: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        paid[row["provider_id"]] += row["grant"]
        vouchers[row["provider_id"]].add(row["voucher"])
    listed = {each["org_id"]: each for each in data["providers"]}

    def make() -> Finding:
        pairs = [
            (Sentence("%(provider)s", {"provider": each["provider"]}), each["defrayed"], paid[org_id])
            for org_id, each in listed.items()
        ]
        pairs.append(
            (Sentence(_("All providers")), parts.total("+7 -15c"), sum(it["defrayed"] for it in listed.values()))
        )
        found = compared("providers", words, pairs)
        wrong = [
            Sentence(_("%(provider)s: its vouchers are not those of its transactions."), {"provider": it["provider"]})
            for org_id, it in listed.items()
            if it["vouchers"] != len(vouchers[org_id]) or it["claims"] < it["vouchers"]
        ]
        wrong += [
            Sentence(_("%(provider)s has transactions and is not listed."), {"provider": org_id})
            for org_id in vouchers
            if org_id not in listed
        ]
        return fails("providers", FIGURES, words, [*found.details, *wrong]) if wrong else found

    return guarded("providers", words, make)


def _returns(data: Json, parts: Parts) -> Finding:
    words = _("The returned payments that are listed add up to line 7b less 15g.")
    back = sum(row["pence"] or 0 for row in data["exceptions"] if row["kind"] == "returned payment")
    return guarded(
        "returns", words, lambda: compared("returns", words, [(Sentence(_("Line 7b")), parts.total("+7b -15g"), back)])
    )


def csv_finding(attached: bytes, data: Json) -> Finding:
    """The attached table of transactions says what the data say, row by row, wherever it has a column of theirs."""
    words = _("The attached transactions.csv has the same transactions as the data.")
    code, area = "transactions_csv", Area.DATA
    try:
        table = list(csv.DictReader(io.StringIO(attached.decode("utf-8-sig"), newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error):
        return fails(code, area, words, [Sentence(_("It cannot be read as a table."))])
    rows = data["transactions"]
    if len(table) != len(rows):
        values = {"found": len(table), "said": len(rows)}
        return fails(code, area, words, [Sentence(_("It has %(found)s rows, and the data have %(said)s."), values)])
    wrong = []
    for number, (found, said) in enumerate(zip(table, rows, strict=True), start=1):
        for name in COLUMNS:
            if found.get(name) not in _spellings(name, said[name]):
                at: dict[str, str | int | Sentence] = {"number": number, "column": name, "found": str(found.get(name))}
                wrong.append(Sentence(_("Row %(number)s, column %(column)s: it has “%(found)s”."), at))
    return fails(code, area, words, wrong) if wrong else holds(code, area, words)


def _spellings(name: str, value: object) -> set[str]:
    """How a value may be written in the table: amounts in pounds with two decimals, or in pence."""
    if value is None:
        return {""}
    if name in AMOUNTS:
        pence = int(str(value))
        return {money(pence).replace("£", "").replace(",", ""), str(pence)}
    return {str(value), _NEUTRAL + str(value)}
