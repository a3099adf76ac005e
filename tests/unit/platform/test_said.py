"""A sentence with what fills it: English wherever it is read as a text, and still to be translated on a page."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest

from voucher.platform.catalogue import CHECKOUT
from voucher.platform.errors import Fault, FileRefused, InvalidTransition
from voucher.platform.i18n import Number, Said, on_record, recalled, said, said_of, together
from voucher.platform.money import Amount, MoneyError, Share


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


def test_amounts_shares_days_moments_and_numbers_are_english_in_its_text() -> None:
    words = said(
        "%(pence)s is %(share)s of it; %(items)s items until %(day)s, asked at %(at)s.",
        pence=Amount(123_450),
        share=Share(3_333),
        items=Number(1_234),
        day=date(2026, 3, 14),
        at=datetime(2026, 7, 14, 13, 5, tzinfo=UTC),
    )
    assert words == "£1,234.50 is 33.33% of it; 1,234 items until 14 March 2026, asked at 14 July 2026, 2:05pm."


def test_several_values_stand_between_commas() -> None:
    assert said("Missing: %(what)s.", what=(said("name"), date(2026, 3, 14), "X-1")) == (
        "Missing: name, 14 March 2026, X-1."
    )


@pytest.mark.parametrize(("count", "told"), [(0, "0 faults."), (1, "1 fault."), (1_200, "1,200 faults.")])
def test_a_sentence_that_counts_has_a_form_for_one(count: int, told: str) -> None:
    assert said_of(count, "%(num)s fault.", "%(num)s faults.") == told


def test_a_file_counts_its_faults() -> None:
    fault = Fault(2, "net", said("Enter an amount."))
    assert FileRefused([fault]).message == "The file has 1 fault."
    assert FileRefused([fault, fault]).message == "The file has 2 faults."


def test_sentences_that_are_told_together_can_each_be_said_again() -> None:
    parts = [said("Line %(line)s is below zero.", line="CAP"), said("It ends too early.")]
    both = together(parts)
    assert both == "Line CAP is below zero. It ends too early."
    assert list(both.values.values()) == parts


def test_an_error_gives_back_the_sentence_that_it_was_raised_with_and_control_a_plain_text_does_not() -> None:
    assert getattr(str(MoneyError(said("Enter %(much)s.", much=Amount(100)))), "words", "") == "Enter %(much)s."
    assert getattr(str(MoneyError("Enter £1.00.")), "words", "") == ""


FOUND = on_record("%(name)s has %(share)s of it since %(day)s: %(why)s")
WHY = on_record("Nobody knows of %(pence)s.")


def test_a_record_is_read_again_with_all_that_filled_it() -> None:
    why = said(WHY, pence=Amount(123_450))
    record = str.__str__(said(FOUND, name="Calder & Co", share=Share(3_333), day=date(2026, 3, 14), why=why))
    found = recalled(record)
    assert isinstance(found, Said)
    assert (found, found.words) == (record, FOUND)
    assert found.values == {"name": "Calder & Co", "share": "33.33%", "day": "14 March 2026", "why": why}


def test_control_what_a_person_wrote_is_no_record_of_the_software() -> None:
    assert not isinstance(recalled("Somebody knows of £1.00."), Said)


def test_what_is_longer_than_any_record_is_not_looked_through_for_one() -> None:
    """A text that resembles a sentence many times over would be tried in millions of ways."""
    assert not isinstance(recalled("a has b of it since c: d, " * 40 + "e"), Said)


def test_every_sentence_on_record_is_marked_where_its_module_is_loaded() -> None:
    """Marked within a function, it would be known only to a process that had written one down already."""
    assert [each for path in MODULES for each in marked_too_late(path.read_text())] == []


def test_control_one_that_is_marked_too_late_is_noticed() -> None:
    assert list(marked_too_late('A = on_record("A.")\ndef f():\n    return on_record("B.")')) == ["B."]


MODULES = sorted((CHECKOUT / "voucher").rglob("*.py"))


def marked_too_late(source: str) -> Iterator[str]:
    functions = [each for each in ast.walk(ast.parse(source)) if isinstance(each, ast.FunctionDef)]
    for node in {id(node): node for function in functions for node in ast.walk(function)}.values():
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "on_record":
            yield ast.literal_eval(node.args[0])
