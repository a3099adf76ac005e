"""Splits lose no penny, and a pound is read as it was written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voucher.platform.money import MoneyError, parse_pounds, plain_pounds, pounds, share, split

PENCE = st.integers(min_value=0, max_value=10**12)
WEIGHTS = st.lists(st.integers(min_value=0, max_value=10**9), min_size=1, max_size=9).filter(any)


def split_by_rounding(total: int, weights: list[int]) -> list[int]:
    """The obvious way, which the tests below show to fail: each part rounded on its own."""
    return [round(total * weight / sum(weights)) for weight in weights]


@pytest.mark.rule(17)
@given(PENCE, WEIGHTS)
def test_parts_sum_to_the_whole_and_are_whole_pence(total: int, weights: list[int]) -> None:
    parts = split(total, weights)
    assert sum(parts) == total
    assert all(type(part) is int and part >= 0 for part in parts)


@pytest.mark.rule(17)
@given(PENCE, WEIGHTS)
def test_no_part_is_a_penny_or_more_from_its_exact_share(total: int, weights: list[int]) -> None:
    whole = sum(weights)
    for part, weight in zip(split(total, weights), weights, strict=True):
        assert abs(part * whole - total * weight) < whole


@pytest.mark.rule(17, 23)
@given(WEIGHTS, st.data())
def test_no_part_exceeds_what_stands_on_its_line(weights: list[int], data: st.DataObject) -> None:
    total = data.draw(st.integers(min_value=0, max_value=sum(weights)))
    assert all(part <= weight for part, weight in zip(split(total, weights), weights, strict=True))


@pytest.mark.rule(17)
def test_rounding_each_part_on_its_own_makes_and_loses_pennies() -> None:
    assert sum(split_by_rounding(100, [1, 1, 1])) == 99
    assert sum(split_by_rounding(5, [3, 3])) != 5
    assert split(100, [1, 1, 1]) == [34, 33, 33]
    assert split(5, [3, 3]) == [3, 2]


@pytest.mark.rule(17, 23)
@given(st.lists(st.integers(min_value=0, max_value=40), min_size=1, max_size=6))
def test_a_voucher_claimed_penny_by_penny_clears_every_line_and_overdraws_none(weights: list[int]) -> None:
    standing = list(weights)
    while sum(standing):
        standing = [left - part for left, part in zip(standing, split(1, standing), strict=True)]
        assert min(standing) >= 0
    assert not any(standing)


@pytest.mark.rule(17, 23)
def test_fixed_thirds_claimed_penny_by_penny_would_overdraw_the_first_line() -> None:
    first = 34
    for _ in range(35):
        first -= split(1, [1, 1, 1])[0]
    assert first < 0


def test_ties_go_to_the_earlier_line() -> None:
    assert split(2, [1, 1, 1, 1]) == [1, 1, 0, 0]


@pytest.mark.parametrize(("total", "weights"), [(-1, [1]), (1, [-1, 2]), (1, []), (1, [0, 0])])
def test_what_cannot_be_split_is_refused(total: int, weights: list[int]) -> None:
    with pytest.raises(ValueError, match="split"):
        split(total, weights)


def test_nothing_is_split_over_nothing() -> None:
    assert split(0, [0, 0]) == [0, 0]


@pytest.mark.rule(19)
@given(PENCE, st.integers(min_value=1, max_value=10_000))
def test_a_share_is_never_rounded_up(pence: int, basis_points: int) -> None:
    assert share(pence, basis_points) * 10_000 <= pence * basis_points < (share(pence, basis_points) + 1) * 10_000


@pytest.mark.rule(17)
@given(st.integers(min_value=-(10**11), max_value=10**11))
def test_an_amount_is_read_back_as_it_was_shown(pence: int) -> None:
    assert parse_pounds(pounds(pence)) == parse_pounds(plain_pounds(pence)) == pence


@pytest.mark.rule(17)
@pytest.mark.parametrize("text", ["1.5", "1.234", "1e3", "1,00", "12,34.00", "", "£", "½", "10 00", "NaN", "--1"])
def test_what_is_no_amount_of_pounds_and_pence_is_refused(text: str) -> None:
    with pytest.raises(MoneyError):
        parse_pounds(text)
