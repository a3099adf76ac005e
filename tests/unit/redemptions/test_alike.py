"""In what two invoices are alike, and which claims a seed draws."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voucher.redemptions.alike import Billed, invoice_shape, likenesses
from voucher.redemptions.rules import Likeness
from voucher.redemptions.sampling import ALL, is_drawn

L = Likeness
ONE = Billed(1, 1, "INV1042", date(2026, 4, 7), 36_000)
LATER = date(2026, 4, 8)


@pytest.mark.rule(22)
@pytest.mark.parametrize(
    ("other", "expected"),
    [
        (ONE._replace(business_id=2, invoice_key="INV77"), {L.AMOUNT_AND_DAY}),
        (ONE._replace(business_id=2, invoice_key="INV77", invoice_on=LATER), set()),
        (ONE._replace(business_id=2, invoice_key="1NV0lO42".upper(), invoice_on=LATER, gross_pence=1), {L.NUMBER}),
        (ONE._replace(business_id=2, invoice_key="INV001042", invoice_on=LATER, gross_pence=1), {L.NUMBER}),
        (ONE._replace(business_id=2, invoice_key="INV1043", invoice_on=LATER, gross_pence=1), set()),
        (ONE._replace(business_id=2, invoice_key="INV1024", invoice_on=LATER), {L.NUMBER}),
        (ONE._replace(business_id=2, invoice_key="INV1024", invoice_on=LATER, gross_pence=1), set()),
        (ONE._replace(business_id=2, invoice_key="INV1042A", invoice_on=LATER), {L.NUMBER}),
        (ONE._replace(business_id=2, invoice_key="INV10421", invoice_on=LATER), set()),
        (ONE._replace(provider_id=2, invoice_on=LATER), {L.BUSINESS}),
        (ONE._replace(provider_id=2, business_id=2), set()),
    ],
)
def test_two_claims_are_alike_in_number_amount_or_business(other: Billed, expected: set[Likeness]) -> None:
    assert likenesses(ONE, other) == likenesses(other, ONE) == expected


@pytest.mark.parametrize(("key", "shape"), [("INV007", "1NV7"), ("INVOO7", "1NV7"), ("A000", "A0"), ("100", "100")])
def test_a_shape_is_what_the_eye_takes_a_number_for(key: str, shape: str) -> None:
    assert invoice_shape(key) == shape


@pytest.mark.rule(62)
@given(st.text(min_size=1), st.text(min_size=1), st.integers(0, ALL), st.integers(0, ALL))
def test_a_draw_is_the_same_each_time_and_grows_with_the_rate(seed: str, claim: str, low: int, high: int) -> None:
    low, high = sorted((low, high))
    assert is_drawn(seed, claim, low) == is_drawn(seed, claim, low)
    assert not is_drawn(seed, claim, low) or is_drawn(seed, claim, high)
    assert is_drawn(seed, claim, ALL)
    assert not is_drawn(seed, claim, 0)


@pytest.mark.rule(62)
def test_about_as_many_are_drawn_as_the_rate_says_and_another_seed_draws_others() -> None:
    drawn = {seed: {n for n in range(2_000) if is_drawn(seed, str(n), 2_500)} for seed in ("one", "two")}
    assert all(400 < len(found) < 600 for found in drawn.values())
    assert drawn["one"] != drawn["two"]
