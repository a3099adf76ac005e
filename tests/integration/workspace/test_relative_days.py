"""How far a day is away, in words."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask

from voucher.workspace.relative_days import how_far


@pytest.mark.parametrize(
    ("day", "words"),
    [
        (date(2026, 3, 30), "today"),
        (date(2026, 3, 31), "tomorrow"),
        (date(2026, 3, 29), "yesterday"),
        (date(2026, 4, 8), "in 9 days"),
        (date(2026, 3, 27), "3 days ago"),
    ],
)
@pytest.mark.parametrize("engine_kind", ["sqlite"], indirect=True)
def test_a_day_is_told_from_today(app: Flask, day: date, words: str) -> None:
    with app.test_request_context():
        assert how_far(day, date(2026, 3, 30)) == words
