"""Thresholds, full-time equivalents and posts."""

from __future__ import annotations

from datetime import date

import pytest

from voucher.outputs.rules import (
    FteError,
    Measure,
    amount_in_words,
    in_fte,
    meets,
    parse_baseline,
    parse_fte,
    post_key,
    reached_on,
    threshold_in_words,
)

FIRST, SECOND, THIRD = date(2026, 4, 7), date(2026, 4, 20), date(2026, 5, 4)


@pytest.mark.rule(59)
def test_719_minutes_fail_and_720_pass() -> None:
    assert not meets(720, 719)
    assert meets(720, 720)


@pytest.mark.rule(59)
def test_a_threshold_is_reached_on_the_day_that_brings_the_sum_to_it() -> None:
    assert reached_on(720, [(SECOND, 360), (FIRST, 359)]) is None
    assert reached_on(720, [(SECOND, 360), (FIRST, 360)]) == SECOND
    assert reached_on(720, [(FIRST, 720), (THIRD, 60)]) == FIRST


@pytest.mark.rule(59)
def test_what_came_back_takes_it_below_the_threshold_again() -> None:
    assert reached_on(100, [(FIRST, 100), (SECOND, -100)]) is None
    assert reached_on(100, [(FIRST, 100), (SECOND, -100), (THIRD, 100)]) == THIRD


@pytest.mark.rule(61)
@pytest.mark.parametrize(("text", "hundredths"), [("1", 100), ("0.6", 60), ("0.05", 5), ("1.00", 100)])
def test_a_post_is_read_to_two_decimals(text: str, hundredths: int) -> None:
    assert parse_fte(text) == hundredths


@pytest.mark.rule(61)
@pytest.mark.parametrize("text", ["0", "0.00", "1.01", "2", "0.125", "-0.5", "half", ""])
def test_a_post_is_above_nothing_and_at_most_one(text: str) -> None:
    with pytest.raises(FteError, match="full-time equivalent above 0"):
        parse_fte(text)


@pytest.mark.rule(61)
def test_a_baseline_may_be_nothing_and_has_two_decimals_at_most() -> None:
    assert [parse_baseline(text) for text in ("0", "4.5", "120.25")] == [0, 450, 12025]
    with pytest.raises(FteError):
        parse_baseline("4.555")


@pytest.mark.rule(61)
def test_one_post_written_in_two_ways_is_one_post() -> None:
    assert post_key("Web editor, Otley") == post_key("WEB EDITOR (Otley)")
    assert post_key("Web editor, Otley") != post_key("Web editor, Ilkley")


def test_figures_read_as_what_they_count() -> None:
    assert in_fte(1250) == "12.50"
    assert amount_in_words(Measure.JOBS_CREATED, 60) == "0.60"
    assert amount_in_words(Measure.MINUTES, 1200) == "1,200"
    assert threshold_in_words(Measure.MINUTES, 720) == "720 minutes"
    assert threshold_in_words(Measure.GRANT, 100_000) == "£1,000.00"
    assert threshold_in_words(Measure.DECLARED, None) == ""
