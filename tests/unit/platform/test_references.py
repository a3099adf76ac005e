"""References within the words of a page."""

from __future__ import annotations

import pytest

from voucher.platform.references import new_reference, unbroken


def test_a_reference_stays_on_one_line() -> None:
    reference = new_reference("NTT", "V")
    assert unbroken(f"Verify claim {reference}") == f'Verify claim <span class="reference">{reference}</span>'


@pytest.mark.parametrize("words", ["Sign-in without a code", "Change the look", "ERDF-2026-NORTHMOOR-000123-LOT-4"])
def test_other_words_and_what_is_wider_than_a_phone_are_left_to_break(words: str) -> None:
    assert unbroken(words) == words


def test_what_people_wrote_stays_text() -> None:
    assert unbroken("<b>A-1</b> & Sons") == '&lt;b&gt;<span class="reference">A-1</span>&lt;/b&gt; &amp; Sons'
