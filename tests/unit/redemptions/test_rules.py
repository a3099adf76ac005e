"""The grant, and the arithmetic of an invoice."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voucher.providers.rules import ProviderState
from voucher.redemptions.rules import (
    GOOD_OUTCOMES,
    ON_ITS_WAY,
    VERDICTS,
    WORDS,
    Outcome,
    RedemptionState,
    Verdict,
    grant,
    half_over,
    invoice_fault,
    normalise_invoice_number,
    paid_by,
)
from voucher.redemptions.waiting import FROZEN, ON_HOLD, WAITING, turn

PENCE = st.integers(min_value=0, max_value=10**9)
PLENTY = 10**9


@pytest.mark.rule(19)
@given(PENCE, st.integers(min_value=1, max_value=10_000), PENCE, PENCE, PENCE)
def test_a_grant_keeps_within_every_bound(net: int, rate: int, cap: int, minimum: int, available: int) -> None:
    given_ = grant(net_pence=net, rate_bp=rate, cap_pence=cap, minimum_own_pence=minimum, available_pence=available)
    assert 0 <= given_ <= min(cap, available)
    assert given_ * 10_000 <= net * rate
    assert given_ == 0 or net - given_ >= minimum


@pytest.mark.rule(19)
@pytest.mark.parametrize(
    ("net", "cap", "minimum", "available", "expected"),
    [
        (100_000, 75_000, 0, PLENTY, 75_000),  # the cap: £1,000 at 80% with a cap of £750 leaves £250 to the business
        (50_000, 75_000, 0, PLENTY, 40_000),  # the rate
        (99, 75_000, 0, PLENTY, 79),  # 79.2 pence are rounded down
        (50_000, 75_000, 15_000, PLENTY, 35_000),  # the minimum of one's own
        (50_000, 75_000, 0, 12_345, 12_345),  # what is left
        (5_000, 75_000, 5_000, PLENTY, 0),  # no more than the minimum: nothing is granted
        (4_000, 75_000, 5_000, PLENTY, 0),  # less than the minimum never turns negative
    ],
)
def test_the_tightest_bound_decides(net: int, cap: int, minimum: int, available: int, expected: int) -> None:
    found = grant(net_pence=net, rate_bp=8000, cap_pence=cap, minimum_own_pence=minimum, available_pence=available)
    assert found == expected


GOOD_INVOICES = [
    (100_000, 20_000, 120_000, ((100_000, 2000),)),
    (100_000, 0, 100_000, ((100_000, 0),)),  # a provider that is not registered, or an exempt line
    (30_000, 3_000, 33_000, ((10_000, 2000), (20_000, 500))),  # mixed rates
    (333, 66, 399, ((333, 2000),)),  # 66.6 pence, rounded down by the provider
    (333, 67, 400, ((333, 2000),)),  # and up
]


@pytest.mark.rule(20)
@pytest.mark.parametrize(("net", "vat", "gross", "lines"), GOOD_INVOICES)
def test_an_invoice_whose_figures_agree_has_no_fault(
    net: int, vat: int, gross: int, lines: tuple[tuple[int, int], ...]
) -> None:
    assert invoice_fault(net, vat, gross, lines) is None


@pytest.mark.rule(20)
@pytest.mark.parametrize(
    ("net", "vat", "gross", "lines", "fault"),
    [
        (100_000, 20_000, 120_001, ((100_000, 2000),), "add up to the gross"),
        (100_000, 20_000, 120_000, ((99_999, 2000),), "lines do not add up"),
        (100_000, 20_000, 120_000, (), "lines do not add up"),
        (100_000, 20_002, 120_002, ((100_000, 2000),), "not its rate"),
        (100_000, 0, 100_000, ((100_000, 2000),), "not its rate"),
        (100_000, 20_000, 120_000, ((100_000, 0),), "not its rate"),
    ],
)
def test_an_invoice_with_one_wrong_figure_is_refused(
    net: int, vat: int, gross: int, lines: tuple[tuple[int, int], ...], fault: str
) -> None:
    assert fault in (invoice_fault(net, vat, gross, lines) or "")


@pytest.mark.rule(20)
@given(st.integers(min_value=1, max_value=10**9), st.sampled_from([0, 500, 2000]), st.integers(-3, 3))
def test_vat_is_taken_within_a_penny_of_its_rate_and_no_further(net: int, rate: int, pennies: int) -> None:
    vat = (net * rate + 5_000) // 10_000 + pennies
    assert (invoice_fault(net, vat, net + vat, ((net, rate),)) is None) == (abs(pennies) <= 1)


@pytest.mark.rule(22)
def test_an_invoice_number_is_the_same_in_any_dress() -> None:
    assert len({normalise_invoice_number(text) for text in ("INV-001", "inv 001", " Inv001 ", "inv/001")}) == 1
    assert normalise_invoice_number("INV-001") != normalise_invoice_number("INV-010")


@pytest.mark.rule(3)
def test_every_outcome_of_a_look_up_has_its_own_words_and_a_next_step() -> None:
    assert set(WORDS) == set(Outcome)
    assert len({words.sentence for words in WORDS.values()}) == len(Outcome)
    assert all(words.next_step for words in WORDS.values())


@pytest.mark.parametrize("outcome", Outcome)
def test_only_a_good_outcome_looks_good_and_what_was_not_looked_at_is_not_called_bad(outcome: Outcome) -> None:
    assert (VERDICTS[outcome] in (Verdict.GOOD, Verdict.GOOD_FOR_PAST_WORK)) == (outcome in GOOD_OUTCOMES)
    unseen = {Outcome.LOCKED, Outcome.PROVIDER_NOT_APPROVED, Outcome.PROVIDER_SUSPENDED}
    assert (VERDICTS[outcome] == Verdict.NOT_CHECKED) == (outcome in unseen)


@pytest.mark.parametrize("state", RedemptionState)
def test_a_day_of_payment_is_named_only_while_nothing_stands_in_the_way(state: RedemptionState) -> None:
    found = paid_by(state, date(2026, 4, 7), 30)
    assert found == (date(2026, 5, 7) if state in ON_ITS_WAY else None)


@pytest.mark.rule(51)
@pytest.mark.parametrize("state", RedemptionState)
def test_a_suspended_provider_or_a_hold_stops_what_is_not_paid_or_ended(state: RedemptionState) -> None:
    over = state in ("paid", "recovered", "refused", "withdrawn")
    suspended, approved = str(ProviderState.SUSPENDED), str(ProviderState.APPROVED)
    assert turn(state, on_hold=True, provider_state=suspended) == (WAITING[state] if over else FROZEN)
    assert turn(state, on_hold=True, provider_state=approved) == (WAITING[state] if over else ON_HOLD)
    assert turn(state, on_hold=False, provider_state=approved) == WAITING[state]


@pytest.mark.rule(14)
@pytest.mark.parametrize(
    ("answer_by", "half"), [(date(2026, 5, 5), date(2026, 4, 21)), (date(2026, 4, 16), date(2026, 4, 12))]
)
def test_half_of_the_time_is_counted_from_the_day_of_the_question(answer_by: date, half: date) -> None:
    asked_on = date(2026, 4, 7)
    assert not half_over(asked_on, answer_by, half - timedelta(days=1))
    assert half_over(asked_on, answer_by, half)
