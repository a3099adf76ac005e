"""A sample is drawn by its seed and population alone, and its failures stand for the whole (rule 62)."""

from __future__ import annotations

import hashlib
from fractions import Fraction

import pytest

from voucher.samples.rules import (
    Judged,
    Method,
    Unit,
    basis_points,
    draw,
    error_rate,
    extrapolated,
    population_hash,
    size_for,
)

UNITS = [Unit(i, f"NTT-C-{i:04d}", 1_000 + 37 * i) for i in range(1, 201)]
LARGE = Unit(999, "NTT-C-9999", 1_000_000)


def references(units: list[Unit], method: Method, seed: str, size: int = 20) -> list[str]:
    return [each.unit.reference for each in draw(units, method=method, size=size, seed=seed)]


@pytest.mark.rule(62)
@pytest.mark.parametrize("method", list(Method))
def test_the_same_seed_draws_the_same_items_in_whatever_order_the_population_comes(method: Method) -> None:
    first = references(UNITS, method, "7")
    assert references(list(reversed(UNITS)), method, "7") == first
    assert len(first) == 20


@pytest.mark.rule(62)
@pytest.mark.parametrize("method", list(Method))
def test_another_seed_or_another_population_draws_others(method: Method) -> None:
    first = references(UNITS, method, "7")
    assert references(UNITS, method, "8") != first
    one_penny_more = [*UNITS[:-1], Unit(200, "NTT-C-0200", UNITS[-1].pence + 1)]
    assert references(one_penny_more, method, "7") != first


@pytest.mark.rule(62)
def test_the_hash_of_the_population_is_that_of_its_references_and_amounts() -> None:
    assert population_hash(UNITS) == population_hash(list(reversed(UNITS)))
    assert population_hash(UNITS) != population_hash(UNITS[1:])
    two = [Unit(2, "B", 20), Unit(1, "A", 10)]
    assert population_hash(two) == hashlib.sha256(b"A 10\nB 20\n").hexdigest()


@pytest.mark.rule(62)
def test_by_monetary_unit_an_item_beyond_the_interval_is_never_missed_and_hit_in_proportion() -> None:
    for seed in range(30):
        drawn = draw([*UNITS, LARGE], method=Method.MONETARY_UNIT, size=20, seed=str(seed))
        hits = {each.unit.reference: each.hits for each in drawn}
        assert sum(hits.values()) == 20
        total = sum(each.pence for each in UNITS) + LARGE.pence
        assert abs(hits[LARGE.reference] - 20 * LARGE.pence / total) < 1


@pytest.mark.rule(62)
def test_at_random_a_large_item_has_no_better_chance() -> None:
    found = sum(LARGE.reference in references([*UNITS, LARGE], Method.SIMPLE_RANDOM, str(i)) for i in range(60))
    assert found < 20


def test_a_sample_is_never_larger_than_its_population_and_never_of_nothing() -> None:
    assert len(draw(UNITS[:3], method=Method.SIMPLE_RANDOM, size=20, seed="1")) == 3
    assert sum(each.hits for each in draw(UNITS[:3], method=Method.MONETARY_UNIT, size=20, seed="1")) == 20
    with pytest.raises(ValueError, match="nothing to draw"):
        draw([], method=Method.SIMPLE_RANDOM, size=1, seed="1")


@pytest.mark.rule(62)
@pytest.mark.parametrize(("confidence", "tolerable", "size"), [(9_500, 500, 60), (9_000, 1_000, 24), (9_900, 200, 231)])
def test_a_confidence_and_a_tolerable_rate_give_the_size(confidence: int, tolerable: int, size: int) -> None:
    assert size_for(confidence, tolerable) == size


@pytest.mark.rule(62)
def test_failures_extrapolate_by_how_much_of_each_hit_or_by_the_amount_in_error() -> None:
    items = [Judged(10_000, 1, 5_000), Judged(40_000, 2, 0), Judged(20_000, 1, 20_000)]
    assert error_rate(Method.MONETARY_UNIT, items) == Fraction(3, 8)
    assert error_rate(Method.SIMPLE_RANDOM, items) == Fraction(25, 70)
    assert basis_points(Fraction(3, 8)) == 3_750
    assert extrapolated(Fraction(3, 8), 1_000_001) == 375_000
    assert [basis_points(error_rate(method, [])) for method in Method] == [0, 0]
