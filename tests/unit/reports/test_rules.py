"""The hash of a statement's data, and the differences that keep it from being signed."""

from __future__ import annotations

import hashlib
import json

import pytest

from voucher.reports.policy import differences
from voucher.reports.rules import canonical, data_hash

DATA: dict[str, object] = {"b": [1, {"d": "é £", "c": None}], "a": 2}


@pytest.mark.rule(54)
def test_the_text_of_the_data_does_not_depend_on_the_order_of_keys() -> None:
    other_order: dict[str, object] = {"a": 2, "b": [1, {"c": None, "d": "é £"}]}
    assert canonical(DATA) == canonical(other_order) == '{"a":2,"b":[1,{"c":null,"d":"é £"}]}'
    assert json.loads(canonical(DATA)) == DATA


@pytest.mark.rule(54)
def test_the_hash_is_that_of_the_text_and_every_penny_changes_it() -> None:
    text = canonical(DATA)
    assert data_hash(text) == hashlib.sha256(text.encode("utf-8")).hexdigest()
    assert data_hash(text) != data_hash(canonical({**DATA, "a": 3}))


@pytest.mark.rule(56)
def test_each_check_that_does_not_hold_is_named_with_both_figures() -> None:
    checks = [
        {"name": "Reserved", "left": 100, "right": 100, "holds": True},
        {"name": "Committed", "left": 100, "right": 99, "holds": False},
    ]
    assert differences({"checks": checks}) == ["Committed: £1.00 and £0.99"]
