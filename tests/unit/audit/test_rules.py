"""Leaves, roots and digests: every change of what was sealed shows."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voucher.audit.rules import GENESIS, leaf_hash, merkle_root, seal_digest

LEAVES = st.lists(st.binary(min_size=32, max_size=32).map(bytes.hex), min_size=2, max_size=9, unique=True)
FIELDS: dict[str, object] = {"id": 1, "at": "2026-04-07T09:00:00+00:00", "reason": "späte Arbeit", "pence": 5}


@pytest.mark.rule(64)
def test_every_field_of_a_row_is_in_its_leaf() -> None:
    seen = {leaf_hash(FIELDS)}
    for name in FIELDS:
        seen.add(leaf_hash({**FIELDS, name: "changed"}))
        seen.add(leaf_hash({key: value for key, value in FIELDS.items() if key != name}))
    assert len(seen) == 1 + 2 * len(FIELDS)
    assert leaf_hash(FIELDS) == leaf_hash(dict(reversed(FIELDS.items())))


@pytest.mark.rule(64)
@given(LEAVES, st.data())
def test_a_leaf_that_is_altered_removed_or_moved_changes_the_root(leaves: list[str], data: st.DataObject) -> None:
    position = data.draw(st.integers(0, len(leaves) - 1))
    altered = [*leaves[:position], leaf_hash({"forged": 1}), *leaves[position + 1 :]]
    removed = leaves[:position] + leaves[position + 1 :]
    roots = {merkle_root(each) for each in (leaves, altered, removed, leaves[::-1], [*leaves, leaves[-1]])}
    assert len(roots) == 5


@pytest.mark.rule(64)
def test_a_pair_of_leaves_cannot_be_passed_off_as_a_row() -> None:
    """Leaves and nodes are hashed apart: without the leading byte two roots of different trees could agree."""
    left, right = leaf_hash({"id": 1}), leaf_hash({"id": 2})
    assert merkle_root([left, right]) == hashlib.sha256(b"\x01" + bytes.fromhex(left + right)).hexdigest()
    assert merkle_root([left]) == left
    assert merkle_root([]) == GENESIS


@pytest.mark.rule(64)
def test_every_part_of_a_seal_is_in_its_digest() -> None:
    parts = (1, "2026-04-07T09:00:00+00:00", 3, "root", GENESIS)
    others = [(2, *parts[1:]), (*parts[:1], "x", *parts[2:]), (*parts[:2], 4, *parts[3:])]
    others += [(*parts[:3], "toor", GENESIS), (*parts[:4], "f" * 64)]
    assert len({seal_digest(*each) for each in (parts, *others)}) == 6
