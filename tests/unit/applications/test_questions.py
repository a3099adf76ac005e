"""What a business is asked, and how its answers are read (rules 47 and 49)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import pytest

from voucher.applications import questions
from voucher.applications.questions import BY_KEY, answer, asked, shown, unanswered
from voucher.organisations import identifiers
from voucher.platform.errors import DomainError
from voucher.schemes.eligibility import Eligibility

NONE = Eligibility()


def keys(form: str, rules: Eligibility = NONE) -> list[str]:
    return [each.key for each in asked(rules, {"legal_form": form})]


def refused_at(key: str, given: Mapping[str, object], before: Mapping[str, object] | None = None) -> str | None:
    with pytest.raises(DomainError) as refused:
        answer(NONE, {"legal_form": "company", **(before or {})}, BY_KEY[key], given)
    return refused.value.field


def test_a_sole_trader_sees_no_company_number_and_a_company_no_taxpayer_reference() -> None:
    assert "company-number" in keys("company")
    assert "utr" not in keys("company")
    assert "company-number" not in keys("sole trader")
    assert "utr" in keys("sole trader")
    assert "charity-number" in keys("charity")


def test_size_is_asked_for_only_where_a_rule_uses_it() -> None:
    assert not {"employees", "turnover", "trading-since", "sic-code"} & set(keys("company"))
    assert "employees" in keys("company", Eligibility(most_employees=9))


def test_answers_to_what_is_not_asked_any_more_are_dropped() -> None:
    before = {"legal_form": "company", "company_number": "01234567"}
    after = answer(NONE, before, BY_KEY["legal-form"], {"legal_form": "sole trader"})
    assert after == {"legal_form": "sole trader"}


@pytest.mark.rule(47)
@pytest.mark.parametrize(
    ("key", "given", "kept"),
    [
        ("company-number", {"company_number": " 1234567 "}, "01234567"),
        ("charity-number", {"charity_number": "sc012345"}, "GB-SC-SC012345"),
        ("vat-number", {"vat_number": "831 4958 16"}, "GB831495816"),
        ("phone", {"phone": "0113 496 0000"}, "+441134960000"),
    ],
)
def test_identifiers_are_kept_in_the_one_way_the_product_writes_them(
    key: str, given: dict[str, object], kept: str
) -> None:
    forms = {"charity-number": "charity"}
    before = {"legal_form": forms.get(key, "company")}
    assert answer(NONE, before, BY_KEY[key], given)[next(iter(given))] == kept


@pytest.mark.rule(47)
@pytest.mark.parametrize(
    ("key", "field", "value"),
    [
        ("company-number", "company_number", "ZZ123456"),
        ("vat-number", "vat_number", "GB831495817"),
        ("phone", "phone", "12345"),
    ],
)
def test_an_identifier_that_is_not_well_formed_is_refused_at_its_field(key: str, field: str, value: str) -> None:
    assert refused_at(key, {field: value}) == field


@pytest.mark.rule(47)
def test_control_without_the_check_a_mutated_vat_number_would_be_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(questions, "_READERS", {"vat_number": str})
    kept = answer(NONE, {"legal_form": "company"}, BY_KEY["vat-number"], {"vat_number": "GB831495817"})
    assert kept["vat_number"] == "GB831495817"
    with pytest.raises(identifiers.IdentifierError):
        identifiers.vat_number("GB831495817")


def test_a_partnership_gives_one_number_at_least() -> None:
    before = {"legal_form": "partnership", "vat_number": ""}
    assert refused_at("utr", {"utr": ""}, before) == "utr"
    with_vat = {"legal_form": "partnership", "vat_number": "GB831495816"}
    assert answer(NONE, with_vat, BY_KEY["utr"], {"utr": ""})["utr"] == ""
    assert answer(NONE, {"legal_form": "sole trader"}, BY_KEY["utr"], {"utr": ""})["utr"] == ""


@pytest.mark.rule(49)
def test_whether_there_was_other_money_is_said_and_which() -> None:
    assert refused_at("other-funding", {}) == "other_funding"
    assert refused_at("other-funding", {"other_funding": "yes"}) == "other_funding_details"
    kept = answer(NONE, {}, BY_KEY["other-funding"], {"other_funding": "no"})
    assert kept == {"other_funding": "no", "other_funding_details": ""}


def test_answers_are_shown_in_words() -> None:
    since = answer(
        Eligibility(least_months_trading=1), {}, BY_KEY["trading-since"], {"trading_since": date(2026, 4, 7)}
    )
    assert shown(BY_KEY["trading-since"], since) == "7 April 2026"
    assert shown(BY_KEY["turnover"], {"turnover": 1_000_00}) == "£1,000.00"
    assert shown(BY_KEY["vat-number"], {"vat_number": ""}) == ""


def test_what_is_left_shrinks_with_each_answer() -> None:
    answers: dict[str, object] = {"legal_form": "company"}
    before = len(unanswered(NONE, answers))
    answers = answer(NONE, answers, BY_KEY["company-number"], {"company_number": "01234567"})
    assert len(unanswered(NONE, answers)) == before - 1
