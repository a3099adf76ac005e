"""What an application needs, and what ends soon."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from voucher.providers.rules import ends_soon, why_not_known

TODAY = date(2026, 4, 7)


@pytest.mark.rule(47)
@pytest.mark.parametrize(
    ("form", "numbers", "field"),
    [
        ("company", {}, "company_number"),
        ("company", {"vat_number": "GB831495816"}, "company_number"),
        ("charity", {"company_number": "01234567"}, "charity_number"),
    ],
)
def test_a_registered_firm_gives_the_number_of_its_register(form: str, numbers: dict[str, str], field: str) -> None:
    found = why_not_known(form, numbers)
    assert found is not None
    assert found[0] == field


@pytest.mark.rule(47)
@pytest.mark.parametrize("form", ["sole trader", "partnership", "other"])
def test_who_is_in_no_register_needs_no_number(form: str) -> None:
    assert why_not_known(form, {}) is None


@pytest.mark.parametrize(("days", "soon"), [(-1, True), (0, True), (30, True), (31, False)])
def test_what_ends_within_thirty_days_or_has_ended_ends_soon(days: int, soon: bool) -> None:
    assert ends_soon(TODAY + timedelta(days=days), TODAY) is soon


def test_what_has_no_end_does_not_end_soon() -> None:
    assert not ends_soon(None, TODAY)
