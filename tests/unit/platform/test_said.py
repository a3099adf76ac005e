"""A sentence with what fills it: English wherever it is read as a text, and still to be translated on a page."""

from __future__ import annotations

import json

from voucher.platform.errors import InvalidTransition
from voucher.platform.i18n import said


def test_a_sentence_is_english_text_to_whatever_knows_no_page() -> None:
    words = said("Voucher %(voucher)s is %(state)s.", voucher="V-1", state=said("expired"))
    assert words == "Voucher V-1 is expired."
    assert json.dumps({"message": words}) == '{"message": "Voucher V-1 is expired."}'
    assert isinstance(words, str)


def test_it_keeps_what_a_page_says_again() -> None:
    words = said("Voucher %(voucher)s is %(state)s.", voucher="V-1", state=said("expired"))
    assert words.words == "Voucher %(voucher)s is %(state)s."
    assert words.values == {"voucher": "V-1", "state": said("expired")}


def test_a_sentence_that_nothing_fills_may_hold_a_percent_sign() -> None:
    assert said("A rate lies between 0% and 100%.") == "A rate lies between 0% and 100%."


def test_a_change_of_state_that_is_refused_can_be_said_in_any_language() -> None:
    message = InvalidTransition("voucher", "V-1", "expired", "issued").message
    assert message == "voucher V-1 is expired; it cannot become issued."
    assert getattr(message, "words", "") == "%(kind)s %(reference)s is %(now)s; it cannot become %(to)s."
