"""What a bank file may carry, and when a bank line is a payment's."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voucher.payments.rules import bank_text, in_window, names_payment

LEGAL = set("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 ./&-")


@pytest.mark.rule(32)
@given(st.text(max_size=60))
def test_names_and_references_are_upper_case_legal_and_at_most_18_characters(text: str) -> None:
    found = bank_text(text)
    assert len(found) <= 18
    assert set(found) <= LEGAL


@pytest.mark.rule(32)
def test_a_name_is_cut_and_not_refused() -> None:
    assert bank_text("Calder Digital Services Ltd") == "CALDER DIGITAL SER"
    assert bank_text("Müller & Söhne") == "M LLER & S HNE"


@pytest.mark.rule(35)
@pytest.mark.parametrize("text", ["NTT-P-7K2M9", "ntt p 7k2m9", "CALDER NTTP7K2M9 REF", "NTT-P-7K2M9/1"])
def test_a_line_names_a_payment_whatever_the_spacing(text: str) -> None:
    assert names_payment(text, "NTT-P-7K2M9")


@pytest.mark.rule(35)
@pytest.mark.parametrize("text", ["", "NTT-P-7K2M8", "7K2M9", "NTT-B-7K2M9"])
def test_a_line_without_the_whole_reference_names_no_payment(text: str) -> None:
    assert not names_payment(text, "NTT-P-7K2M9")


@pytest.mark.rule(35)
@pytest.mark.parametrize(
    ("booked_on", "inside"),
    [
        (date(2026, 4, 6), False),
        (date(2026, 4, 7), True),
        (date(2026, 5, 7), True),
        (date(2026, 5, 8), False),
    ],
)
def test_the_bank_s_day_lies_between_the_export_and_the_end_of_the_window(booked_on: date, inside: bool) -> None:
    assert in_window(booked_on, date(2026, 4, 7), 30) is inside
