"""Who may apply: each rule's verdict at its edge, and that only what a rule uses is asked."""

from __future__ import annotations

from datetime import date

import pytest

from voucher.platform.toml import read
from voucher.schemes.eligibility import (
    ASKS,
    Eligibility,
    Verdict,
    from_stored,
    judge,
    months_between,
    questions,
    requirements,
    to_stored,
)
from voucher.schemes.eligibility_file import read_eligibility

TODAY = date(2026, 4, 7)
ALL = Eligibility(
    legal_forms=("company", "sole trader"),
    postcode_areas=("HX", "LS21"),
    most_employees=49,
    most_turnover_pence=1_000_000_00,
    least_months_trading=6,
    excluded_sic=("64", "92000"),
)


def verdict(answer: str, value: object) -> Verdict:
    [found] = judge(ALL, {answer: value}, TODAY)
    return found.verdict


@pytest.mark.parametrize(
    ("answer", "value", "expected"),
    [
        ("legal_form", "company", Verdict.MET),
        ("legal_form", "charity", Verdict.NOT_MET),
        ("legal_form", "other", Verdict.REFER),
        ("postcode", "HX7 8AD", Verdict.MET),
        ("postcode", "H1 8AD", Verdict.NOT_MET),
        ("postcode", "LS21 3HN", Verdict.MET),
        ("postcode", "LS2 3HN", Verdict.NOT_MET),
        ("employees", 49, Verdict.MET),
        ("employees", 50, Verdict.NOT_MET),
        ("turnover", 1_000_000_00, Verdict.MET),
        ("turnover", 1_000_000_01, Verdict.NOT_MET),
        ("trading_since", "2025-10-07", Verdict.MET),
        ("trading_since", "2025-10-08", Verdict.NOT_MET),
        ("sic_code", "62020", Verdict.MET),
        ("sic_code", "64191", Verdict.NOT_MET),
        ("sic_code", "92000", Verdict.NOT_MET),
        ("sic_code", "6202", Verdict.REFER),
        ("sic_code", "", Verdict.REFER),
    ],
)
def test_each_rule_is_met_up_to_its_edge_and_not_beyond(answer: str, value: object, expected: Verdict) -> None:
    assert verdict(answer, value) == expected


def test_a_scheme_without_rules_asks_nothing_and_lets_everybody_in() -> None:
    assert (questions(Eligibility()), requirements(Eligibility()), judge(Eligibility(), {}, TODAY)) == ((), [], [])


def test_a_rule_says_nothing_before_its_question_is_answered() -> None:
    assert [found.rule for found in judge(ALL, {"employees": 3}, TODAY)] == ["most_employees"]


def test_only_what_a_rule_uses_is_asked() -> None:
    assert questions(Eligibility(most_employees=0)) == ("employees",)
    assert questions(ALL) == tuple(ASKS.values())


def test_rules_come_back_from_the_scheme_as_they_were_set_up() -> None:
    assert from_stored(to_stored(ALL)) == ALL
    assert to_stored(Eligibility()) == {}


def test_months_count_from_day_to_day() -> None:
    assert [months_between(date(2025, 10, day), TODAY) for day in (7, 8)] == [6, 5]


def test_every_fault_of_the_set_up_file_is_named() -> None:
    text = 'legal_forms = ["club"]\npostcode_areas = ["West"]\nexcluded_sic = ["62.0"]\nmost_emploees = 3\n'
    part = read(text.encode())
    read_eligibility(part)
    assert [fault.column for fault in part.faults] == [
        "legal_forms",
        "postcode_areas",
        "excluded_sic",
        "most_emploees",
    ]


def test_a_rule_of_nought_employees_is_a_rule() -> None:
    rules = read_eligibility(read(b"most_employees = 0\n"))
    assert from_stored(to_stored(rules)).most_employees == 0
