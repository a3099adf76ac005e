"""Days to payment: from when a claim is valid, and whose days were lost on the way."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voucher.payments.pay_days import HELD, LIFTED, LOSERS, Step, days_lost, valid_since
from voucher.redemptions.rules import RedemptionState as R
from voucher.redemptions.waiting import THE_BUSINESS, THE_OFFICE, THE_PROVIDER


def april(*steps: tuple[int, str]) -> list[Step]:
    """Steps by their day of April and the state that they lead to; a hold and its end are steps, too."""
    words = {"hold": ("", HELD), "lift": ("", LIFTED)}
    return [Step(date(2026, 4, day), *words.get(word, (word, "claim.moved"))) for day, word in steps]


def lost(provider: int = 0, business: int = 0, office: int = 0) -> dict[str, int]:
    return {THE_PROVIDER: provider, THE_BUSINESS: business, THE_OFFICE: office}


PLAIN = april((1, R.SUBMITTED), (6, R.CONFIRMED), (8, R.VERIFIED), (9, R.APPROVED), (13, R.IN_BATCH), (20, R.PAID))


@pytest.mark.rule(38)
def test_a_claim_is_valid_from_its_confirmation_and_the_days_before_are_the_businesss() -> None:
    assert valid_since(PLAIN) == date(2026, 4, 6)
    assert days_lost(PLAIN, date(2026, 4, 15)) == lost(business=5, office=9)


@pytest.mark.rule(38)
def test_what_is_disputed_or_sent_back_is_not_valid_and_the_providers_days() -> None:
    steps = april(
        (1, R.SUBMITTED), (3, R.CONFIRMED), (4, R.DISPUTED), (9, R.CONFIRMED), (10, R.SENT_BACK), (14, R.SUBMITTED)
    )
    assert valid_since(steps) is None
    assert valid_since([*steps, *april((16, R.CONFIRMED))]) == date(2026, 4, 16)
    assert days_lost(steps, date(2026, 4, 15)) == lost(provider=9, business=3, office=2)


@pytest.mark.rule(38)
def test_a_claim_on_hold_waits_for_the_office_whoever_else_it_waits_for() -> None:
    steps = april((1, R.SUBMITTED), (3, "hold"), (9, "lift"), (11, R.CONFIRMED))
    assert days_lost(steps, date(2026, 4, 11)) == lost(business=4, office=6)


@pytest.mark.rule(38)
def test_a_payment_that_came_back_counts_on_for_the_office() -> None:
    steps = april((1, R.SUBMITTED), (2, R.CONFIRMED), (5, R.PAID), (8, R.RETURNED), (8, R.APPROVED))
    assert valid_since(steps) == date(2026, 4, 2)
    assert days_lost(steps, date(2026, 4, 20)) == lost(business=1, office=18)


@pytest.mark.rule(38)
@given(
    st.lists(st.tuples(st.integers(1, 28), st.sampled_from([*R, "hold", "lift"])), min_size=1, max_size=12),
    st.integers(1, 30),
)
def test_the_days_of_the_parties_add_up_to_at_most_all_days(drawn: list[tuple[int, str]], until: int) -> None:
    ended = {R.RECOVERED, R.REFUSED, R.WITHDRAWN}
    steps = april(*sorted(((day, str(word)) for day, word in drawn), key=lambda each: each[0]))
    found = days_lost(steps, date(2026, 4, until))
    days = max(0, until - steps[0].on.day)
    assert set(found) == set(LOSERS)
    assert 0 <= sum(found.values()) <= days
    if steps[0].state and not ended & {step.state for step in steps}:
        assert sum(found.values()) == days
