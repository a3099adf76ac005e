"""Which figures differ between two readings of a statement."""

from __future__ import annotations

from voucher.reports.comparing import changes


def data(**values: int | None) -> dict[str, object]:
    parts = [{"code": code, "label": code, "unit": "pence", "value": value} for code, value in values.items()]
    return {"lines": [{"code": "1", "parts": parts}]}


def test_equal_figures_are_no_change() -> None:
    assert changes(data(a=1, b=None), data(a=1, b=None)) == {}


def test_a_figure_that_differs_says_by_how_much() -> None:
    found = changes(data(a=100, b=5), data(a=40, b=5))
    assert {code: change.by for code, change in found.items()} == {"a": -60}


def test_a_figure_that_is_new_or_gone_has_no_amount_to_differ_by() -> None:
    found = changes(data(a=None, b=7), data(a=3, b=None, c=9))
    assert {code: (change.before, change.after, change.by) for code, change in found.items()} == {
        "a": (None, 3, None),
        "b": (7, None, None),
        "c": (None, 9, None),
    }
