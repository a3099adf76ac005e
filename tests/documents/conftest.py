"""A believable statement: two funding lines, transactions, one of them returned, and figures that add up."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from voucher.platform.money import share, split

WEIGHTS = {"CAP": 40, "REV": 60}
PROVIDERS = [("Dŵr Digital Cyf", "GB-COH-09876501"), ("Northern Bytes Ltd", "GB-COH-09876502"), ("Łódź IT", "GB-VAT-3")]
NAMES = ["Caffi Tŷ Gŵyr", "Hadrian Joinery", "Tyne Looms", "Blyth Bakehouse", "Żółw Fabrication", "Redhills Dental"]
# Code, label, unit and value; a line that is not here is not reported yet.
REPORTED: dict[str, list[tuple[str, str, str, int]]] = {
    "1": [("1", "Award", "pence", 25_000_000)],
    "2": [("2", "Opening unallocated", "pence", 19_250_000)],
    "3": [("3", "Reserved", "pence", 1_200_000)],
    "4": [("4", "Committed", "pence", 2_945_050)],
    "5": [("5", "Claimed, under check", "pence", 612_075)],
    "6": [("6", "Approved, not yet paid", "pence", 384_000)],
    "7": [("7a", "Cleared", "pence", 0), ("7b", "Returned", "pence", 0), ("7", "Defrayed this period", "pence", 0)],
    "8": [("8", "Defrayed to date", "pence", 0)],
    "9": [("9", "Expired in the period, released", "pence", 150_000)],
    "12": [("12", "Closing unallocated", "pence", 0)],
    "14": [("14", "Match evidenced", "pence", 0), ("14r", "Intervention rate", "basis_points", 8_000)],
    "24": [("24", "Minimal Financial Assistance given: awards", "count", 1_204)],
    "25": [("25", "Transactions in the annex", "count", 40)],
    "28": [("28", "Overrides in the period", "count", 1)],
}
HEADER = {
    "scheme": "North Tyne Tech Taster", "scheme_reference": "NTT", "owner": "North Tyne Combined Authority",
    "funder": "Department for Regional Growth", "agreement": "NTT-LGF1", "agreement_version": 2,
    "statement": "NTT-LGF1-S001", "sequence": 1, "period_from": "2026-04-01", "period_to": "2026-06-30",
    "basis": "defrayed", "currency": "GBP", "supersedes": None, "provisional": None,
    "duty_profile": "Three people: preparer, independent reviewer, signer.",
    "prepared_at": "2026-07-06T09:12:44+00:00", "prepared_by": "Priya Nair", "intervention_rate_agreed_bp": 8_000,
}  # fmt: skip
DEFINITION = (
    "What the account holds at the end of the period, from the postings and from the scheme's own records alike."
)


def transaction(number: int) -> dict[str, Any]:
    """One payment of the quarter; the eighteenth came back from the bank."""
    sign = -1 if number == 17 else 1
    net = 61_250 + number * 7_919 % 93_000
    grant, vat = share(net, 8_000), share(net, 2_000)
    day = date(2026, 4, 3) + timedelta(days=2 * number % 88)
    provider, provider_id = PROVIDERS[number % 3]
    amounts = {"net": net, "vat": vat, "gross": net + vat, "grant": grant, "own_contribution": net - grant}
    return {key: sign * pence for key, pence in amounts.items()} | {
        "voucher": f"NTT-V-{number + 101:05d}",
        "business": NAMES[number % 6],
        "business_id": f"GB-COH-{4_500_100 + number:08d}",
        "provider": provider,
        "provider_id": provider_id,
        "delivered_on": (day - timedelta(days=21)).isoformat(),
        "claimed_on": (day - timedelta(days=14)).isoformat(),
        "paid_by_business": None if number == 17 else net - grant + vat,
        "payment": f"NTT-B{number // 10 + 1:03d}-{number % 10 + 1:03d}",
        "bank_on": day.isoformat(),
        "evidence": "typed" if number % 9 == 4 else "imported",
        "kind": "return" if sign < 0 else "payment",
    }


def part(code: str, label: str, unit: str, value: int) -> dict[str, Any]:
    by_line = dict(zip(WEIGHTS, split(value, list(WEIGHTS.values())), strict=True)) if unit == "pence" else None
    known = {"code": code, "label": label, "definition": DEFINITION, "unit": unit, "value": value}
    return {**known, "by_funding_line": by_line, "note": None}


def build_lines(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    paid = sum(row["grant"] for row in rows if row["kind"] == "payment")
    back = -sum(row["grant"] for row in rows if row["kind"] == "return")
    own = sum(row["own_contribution"] for row in rows)
    held = sum(REPORTED[code][0][3] for code in "3456")
    award = max(REPORTED["1"][0][3], 2 * paid)
    closing = award - held - paid + back
    worked_out = {"1": award, "7a": paid, "7b": back, "7": paid - back, "8": paid - back, "12": closing, "14": own}
    lines = []
    for code in [str(number) for number in range(1, 29) if number != 26] + ["26"]:
        parts = [part(c, label, unit, worked_out.get(c, value)) for c, label, unit, value in REPORTED.get(code, [])]
        missing = part(code, f"Line {code} of the statement", "pence", 0) | {"value": None, "by_funding_line": None}
        missing["note"] = "Not yet reported"
        lines.append({"code": code, "parts": parts or [missing], "reported": bool(parts)})
    return lines


def by_provider(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    totals = []
    for name, org_id in PROVIDERS:
        own = [row for row in rows if row["provider"] == name]
        sums = dict.fromkeys(("claimed", "approved", "defrayed"), sum(row["grant"] for row in own))
        totals.append({"provider": name, "org_id": org_id, "vouchers": len(own), "claims": len(own), **sums})
    return totals


def statement_of(count: int) -> dict[str, Any]:
    """The data of a statement with so many transactions."""
    rows = [transaction(number) for number in range(count)]
    grant, own = sum(row["grant"] for row in rows), sum(row["own_contribution"] for row in rows)
    late = {"kind": "Returned payment", "reference": "NTT-B002-008", "detail": "Account closed", "on": "2026-05-07"}
    override = {"kind": "Extension", "reference": "NTT-V-00117", "at": "2026-05-12T13:20:00+00:00", "who": "Owen Price"}
    return {
        "schema_version": "1.0",
        "header": {**HEADER},
        "funding_lines": [
            {"code": "CAP", "name": "Capital grant", "kind": "capital"},
            {"code": "REV", "name": "Revenue grant", "kind": "revenue"},
        ],
        "lines": build_lines(rows),
        "providers": by_provider(rows),
        "exceptions": [{**late, "pence": rows[17]["grant"] if count > 17 else None}],
        "overrides": [{**override, "reason": "Engineer ill; new date agreed", "pence": None}],
        "transactions": rows,
        "checks": [{"name": "Line 7 and the bank lines", "left": grant, "right": grant, "holds": True}],
        "totals": {"record_count": len(rows), "grant": grant, "own_contribution": own},
    }


@pytest.fixture
def statement() -> dict[str, Any]:
    return statement_of(40)
