"""The check of a statement's pages reads figures and marks as the paper prints them, by code of its own."""

from __future__ import annotations

from typing import Any

import pytest

from voucher.reports import paper
from voucher.reports.breaches import Breach
from voucher.reports.verify import printed

VARIANCE = {"code": "18", "label": "Variance", "note": "it was late", "unit": "pence", "value": 100}
LINES: dict[str, Any] = {
    "funding_lines": [{"code": "CAP"}],
    "lines": [{"code": "18", "reported": True, "parts": [{**VARIANCE, "by_funding_line": None}]}],
}


@pytest.mark.rule(54)
@pytest.mark.parametrize("unit", ["pence", "count", "basis_points", "hundredths"])
@pytest.mark.parametrize("value", [None, 0, 60, 1250, -3652, 123_456_789])
def test_every_unit_is_read_as_it_is_printed(unit: str, value: int | None) -> None:
    assert printed._figure(value, unit) == paper.shown(value, unit)


@pytest.mark.rule(54)
def test_the_mark_of_a_line_beyond_what_was_agreed_is_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(printed, "breaches", lambda _data: [])
    assert list(printed._lines(LINES, printed.ENGLISH)) == ["18 Variance  it was late £1.00"]
    monkeypatch.setattr(printed, "breaches", lambda _data: [Breach("18", "too late")])
    assert list(printed._lines(LINES, printed.ENGLISH)) == ["18 Variance Beyond what was agreed it was late £1.00"]
