"""Facts in words."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from voucher.cli.words import Facts, counted, describe


@pytest.mark.parametrize(
    ("key", "value", "line"),
    [
        ("grant_pence", 123_450, "Grant: £1,234.50"),
        ("amount_pence", -5, "Amount: -£0.05"),
        ("rate_bp", 8_000, "Rate: 80%"),
        ("share_bp", 3_333, "Share: 33.33%"),
        ("last_day", date(2026, 7, 6), "Last day: 6 July 2026"),
        ("made_at", datetime(2026, 4, 7, 9, 5, tzinfo=UTC), "Made at: 7 April 2026, 10:05am"),
        ("on_hold", False, "On hold: no"),
        ("version", 0, "Version: 0"),
        ("state_reason", "", ""),
        ("reason", None, ""),
    ],
)
def test_each_fact_reads_as_what_it_is(key: str, value: object, line: str) -> None:
    assert describe({key: value}) == line


def test_facts_within_facts_stand_under_their_label() -> None:
    assert describe({"settings": {"offer_days": 30}, "empty": {}}) == "Settings:\n  Offer days: 30"


def test_facts_of_one_kind_are_a_table_with_amounts_at_the_right() -> None:
    rows: list[Facts] = [
        {"line": "CAP", "award_pence": 100, "note": None},
        {"line": "REVENUE", "award_pence": 10**6},
    ]
    assert describe(rows).splitlines() == [
        "Line          Award",
        "CAP           £1.00",
        "REVENUE  £10,000.00",
    ]
    assert describe({"lines": rows}).splitlines()[:2] == ["Lines:", "  Line          Award"]


def test_things_with_parts_stand_one_below_the_other() -> None:
    things: list[Facts] = [{"name": "first", "lines": [{"line": "CAP"}]}, {"name": "second", "lines": []}]
    assert describe(things) == "Name: first\nLines:\n  Line\n  CAP\n\nName: second"


def test_an_empty_list_is_said_to_be_empty() -> None:
    assert describe([]) == "There are none."


def test_one_is_not_several() -> None:
    assert [counted(n, "seal") for n in (0, 1, 2)] == ["0 seals", "1 seal", "2 seals"]
    assert counted(2, "business", "businesses") == "2 businesses"
