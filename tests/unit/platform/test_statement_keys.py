"""The keys that sign statements: made on first use, followed by others, and kept in the same ring."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from voucher.platform.keyring import KeyRing, KeyRingError, KeyStatus

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
LATER = NOW + timedelta(days=90)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys" / "ring.json"


@pytest.fixture
def ring(path: Path) -> KeyRing:
    return KeyRing.create(path, NOW)


def test_a_signature_is_that_of_the_published_key_and_of_no_voucher_s(ring: KeyRing) -> None:
    key = ring.statement_signer(NOW)
    Ed25519PublicKey.from_public_bytes(key.public).verify(key.sign(b"data"), b"data")
    with pytest.raises(InvalidSignature):
        Ed25519PublicKey.from_public_bytes(ring.active.public).verify(key.sign(b"data"), b"data")
    assert "seed" not in repr(key)


def test_a_ring_from_before_gets_its_first_key_when_it_signs(ring: KeyRing, path: Path) -> None:
    held = json.loads(path.read_text())
    del held["statement_keys"]
    path.write_text(json.dumps(held))
    old = KeyRing.load(path)
    assert old.statement_keys() == []
    first = old.statement_signer(LATER)
    assert (first.kid, first.made_at) == (1, LATER)
    assert KeyRing.load(path).statement_signer(NOW) == first
    assert KeyRing.load(path).active == ring.active


def test_two_processes_that_sign_first_use_one_key(ring: KeyRing, path: Path) -> None:
    held = json.loads(path.read_text())
    path.write_text(json.dumps({**held, "statement_keys": []}))
    one, other = KeyRing.load(path), KeyRing.load(path)
    assert one.statement_signer(NOW) == other.statement_signer(LATER)


def test_keys_follow_each_other_and_the_old_ones_stay_known(ring: KeyRing) -> None:
    first = ring.statement_signer(NOW)
    second = ring.rotate_statement_key(LATER)
    assert ring.statement_signer(LATER) == second
    third = ring.compromise_statement_key(second.kid, LATER)
    ring.compromise_statement_key(first.kid, LATER)
    assert [(key.kid, key.status) for key in ring.statement_keys()] == [
        (1, KeyStatus.COMPROMISED),
        (2, KeyStatus.COMPROMISED),
        (3, KeyStatus.ACTIVE),
    ]
    assert ring.statement_signer(LATER) == third
    assert ring.active.kid == 1


def test_an_unknown_key_is_named_and_the_ring_stays(ring: KeyRing, path: Path) -> None:
    before = path.read_bytes()
    with pytest.raises(KeyRingError, match="no statement key 7"):
        ring.compromise_statement_key(7, NOW)
    assert path.read_bytes() == before


@pytest.mark.parametrize("harm", ["two of one number", "two that sign"])
def test_a_ring_whose_statement_keys_contradict_each_other_is_damaged(ring: KeyRing, path: Path, harm: str) -> None:
    held = json.loads(path.read_text())
    again = dict(held["statement_keys"][0])
    again["kid"] = 1 if harm == "two of one number" else 2
    again["status"] = "retired" if harm == "two of one number" else "active"
    path.write_text(json.dumps({**held, "statement_keys": [*held["statement_keys"], again]}))
    with pytest.raises(KeyRingError, match="damaged"):
        KeyRing.load(path)
