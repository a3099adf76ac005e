"""Pure: where a statement's figures lie beyond what the agreement allows, from its data alone (rules 26, 28, 42)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import cast

from voucher.funding.conditions import beyond_tolerance
from voucher.platform.i18n import said
from voucher.platform.money import Amount, Share
from voucher.reports.comparing import parts_of

Data = Mapping[str, object]


@dataclass(frozen=True)
class Breach:
    """One figure beyond what was agreed: the code of its part, and what to read of it."""

    code: str
    words: str


def breaches(data: Data) -> list[Breach]:
    """Every breach, in the order of the lines; a statement from before a line was reported has none on it."""
    parts = {str(part["code"]): part for part in parts_of(data)}

    def value(code: str) -> int | None:
        return cast("int | None", parts[code]["value"]) if code in parts else None

    found = []
    rate, agreed = value("14b"), value("14c")
    if rate is not None and agreed is not None and _rate_is_above(rate, agreed, value("14f"), value("14")):
        found.append(Breach("14b", _rate_words(rate, agreed, value("14f"), value("14"))))
    share, cap = value("15e"), value("15f")
    if share is not None and cap is not None and (value("15") or 0) * 10_000 > cap * (value("15d") or 0):
        words = said("Administration is %(share)s; the agreement's cap is %(cap)s.", share=Share(share), cap=Share(cap))
        found.append(Breach("15e", words))
    found += [Breach("24e", words) for words in _published_late(data)]
    lines = lines_beyond_tolerance(data)
    if lines:
        tolerance = Share(value("18d") or 0)
        words = said(
            "Spending on %(lines)s lies more than %(tolerance)s from the profile.",
            lines=tuple(lines),
            tolerance=tolerance,
        )
        found.append(Breach("18", words))
    return found


def _published_late(data: Data) -> list[str]:
    """Of each subsidy that was not in the public database by its day, which lay in the period or before (rule 42)."""
    last = str(cast("Mapping[str, object]", data["header"])["period_to"])
    return [
        said(
            "The subsidy of application %(application)s is not in the subsidy database; it was due there by %(day)s.",
            application=row["application"],
            day=date.fromisoformat(str(row["due_on"])),
        )
        for row in cast("Sequence[Mapping[str, object]]", data.get("large_subsidies", []))
        if "due_on" in row and not row["database_number"] and str(row["due_on"]) <= last
    ]


def _rate_words(rate: int, agreed: int, grant: int | None, match: int | None) -> str:
    """With the amounts where there are some: a few pence do not show in the rate."""
    allowed = said("the agreement allows %(agreed)s.", agreed=Share(agreed))
    if grant is None or match is None:
        return said("The intervention rate is %(rate)s; %(allowed)s", rate=Share(rate), allowed=allowed)
    return said(
        "Grants are %(grant)s of %(both)s with their match: %(rate)s; %(allowed)s",
        grant=Amount(grant),
        both=Amount(grant + match),
        rate=Share(rate),
        allowed=allowed,
    )


def _rate_is_above(rate: int, agreed: int, grant: int | None, match: int | None) -> bool:
    """To the penny where the data have the grants; the rounded rate could hide a few pence."""
    if grant is None or match is None:
        return rate > agreed
    return grant * 10_000 > agreed * (grant + match)


def lines_beyond_tolerance(data: Data) -> list[str]:
    """The codes of funding lines whose actual spending lies beyond the tolerance of their profile."""
    parts = {str(part["code"]): part for part in parts_of(data)}
    if not {"18a", "18b", "18d"} <= parts.keys():
        return []
    wanted, actual = (cast(Mapping[str, int], parts[code]["by_funding_line"]) for code in ("18a", "18b"))
    tolerance = cast("int | None", parts["18d"]["value"])
    profiled = cast("Mapping[str, int] | None", parts["18"]["by_funding_line"]) or {}
    return [code for code in profiled if beyond_tolerance(wanted[code], actual[code], tolerance)]
