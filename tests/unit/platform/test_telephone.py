"""Telephone numbers are shown in the groups in which people write and say them."""

from __future__ import annotations

import pytest

from voucher.organisations.identifiers import phone
from voucher.platform.telephone import telephone

SHOWN = [
    "0113 496 0001",
    "0161 496 0001",
    "020 7946 0001",
    "029 2018 0001",
    "01632 960001",
    "01946 960001",
    "019467 60001",
    "015396 20001",
    "01204 52001",
    "07700 900001",
    "0306 999 0001",
    "0808 157 0001",
    "0800 123456",
    "0909 879 0001",
]


@pytest.mark.parametrize("shown", SHOWN)
def test_a_kept_number_is_shown_in_its_groups(shown: str) -> None:
    kept = phone(shown)
    assert kept == f"+44{shown[1:].replace(' ', '')}"
    assert telephone(kept) == shown


@pytest.mark.parametrize("shown", SHOWN)
def test_what_is_shown_is_read_as_the_same_number(shown: str) -> None:
    assert phone(telephone(phone(shown))) == phone(shown)


@pytest.mark.parametrize("other", ["", "0113 496 0001", "+33142685300", "+44", "+4411349600010", "ask at the desk"])
def test_anything_else_stays_as_it_stands(other: str) -> None:
    assert telephone(other) == other
