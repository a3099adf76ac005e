"""For how long a subsidy notice stays good."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from voucher.applications.rules import notice_still_good

SENT = datetime(2026, 4, 7, 9, 0, tzinfo=UTC)


@pytest.mark.rule(8, 40)
def test_a_notice_is_good_to_the_end_of_its_last_day_and_no_second_longer() -> None:
    over = SENT + timedelta(days=30)
    assert notice_still_good(SENT, over, 30)
    assert not notice_still_good(SENT, over + timedelta(seconds=1), 30)
