"""The keys outside the database: what the file holds, who may read it, and how it changes (rule 1)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

import voucher
from voucher.platform import keyring
from voucher.platform.errors import DomainError
from voucher.platform.keyring import KeyRing, KeyRingError, KeyStatus

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
LATER = NOW + timedelta(days=90)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys" / "ring.json"


@pytest.fixture
def ring(path: Path) -> KeyRing:
    return KeyRing.create(path, NOW)


def stored(path: Path) -> dict[str, Any]:
    held: dict[str, Any] = json.loads(path.read_text())
    return held


def secrets_in(path: Path) -> list[str]:
    held = stored(path)
    of_keys = [row[name] for row in held["voucher_keys"] for name in ("seed", "code_key")]
    of_keys += [row["seed"] for row in held["statement_keys"]]
    return [*of_keys, held["session_secret"], held["lookup_key"], held["link_key"], *held["bank_keys"]]


def statuses(ring: KeyRing, *kids: int) -> list[str]:
    return [ring.voucher_key(kid).status.value for kid in kids]


def test_a_new_ring_has_one_active_key_and_reads_back_the_same(ring: KeyRing, path: Path) -> None:
    again = KeyRing.load(path)
    assert again.active == ring.active
    assert (again.active.kid, again.active.status, again.active.made_at) == (1, KeyStatus.ACTIVE, NOW)
    assert (again.session_secret, again.lookup_hash("A"), again.link_token("a")) == (
        ring.session_secret,
        ring.lookup_hash("A"),
        ring.link_token("a"),
    )
    assert again.decrypt(ring.encrypt("20-00-00")) == "20-00-00"


def test_every_secret_is_its_own_256_random_bits(ring: KeyRing, path: Path, tmp_path: Path) -> None:
    KeyRing.create(tmp_path / "other.json", NOW)
    found = secrets_in(path) + secrets_in(tmp_path / "other.json")
    assert len(set(found)) == len(found) == 14
    assert {len(base64.urlsafe_b64decode(text)) for text in found} == {32}


def test_creating_refuses_to_overwrite_a_ring(ring: KeyRing, path: Path) -> None:
    before = path.read_bytes()
    with pytest.raises(KeyRingError, match="already") as caught:
        KeyRing.create(path, LATER)
    assert caught.value.code == "key_ring_exists"
    assert path.read_bytes() == before


def test_a_ring_is_not_made_at_a_moment_without_a_time_zone(path: Path) -> None:
    with pytest.raises(ValueError, match="time zone"):
        KeyRing.create(path, datetime(2026, 3, 2, 9, 30))  # noqa: DTZ001 the fault under test
    assert not path.exists()


def test_the_file_and_its_side_file_are_for_their_owner_only(ring: KeyRing, path: Path) -> None:
    ring.rotate(LATER)
    assert {file.name: file.stat().st_mode & 0o777 for file in path.parent.iterdir()} == {
        "ring.json": 0o600,
        "ring.json.lock": 0o600,
    }


@pytest.mark.parametrize("bit", [0o040, 0o020, 0o010, 0o004, 0o002, 0o001])
def test_a_ring_that_other_accounts_may_open_is_refused_with_the_command_to_run(
    ring: KeyRing, path: Path, bit: int
) -> None:
    path.chmod(0o600 | bit)
    with pytest.raises(KeyRingError) as caught:
        KeyRing.load(path)
    assert caught.value.code == "key_ring_exposed"
    assert f"chmod 600 {path}" in caught.value.message
    path.chmod(0o600)
    assert KeyRing.load(path).active == ring.active


def test_control_without_the_mode_check_an_exposed_ring_is_used(
    ring: KeyRing, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path.chmod(0o644)
    monkeypatch.setattr(keyring, "_OPEN_TO_OTHERS", 0)
    assert KeyRing.load(path).active == ring.active


def test_a_missing_ring_is_named(path: Path) -> None:
    with pytest.raises(KeyRingError, match=str(path)) as caught:
        KeyRing.load(path)
    assert caught.value.code == "key_ring_missing"


def test_what_cannot_be_opened_is_not_called_missing(tmp_path: Path) -> None:
    tmp_path.joinpath("file").write_text("")
    with pytest.raises(KeyRingError) as caught:
        KeyRing.load(tmp_path / "file" / "ring.json")
    assert caught.value.code == "key_ring_unreadable"


DAMAGES = {
    "another format": lambda held: held.update(format=2),
    "no active key": lambda held: held["voucher_keys"][0].update(status="retired"),
    "two active keys": lambda held: held["voucher_keys"].append(held["voucher_keys"][0] | {"kid": 2}),
    "one number twice": lambda held: held["voucher_keys"].append(held["voucher_keys"][0] | {"status": "retired"}),
    "number 0": lambda held: held["voucher_keys"][0].update(kid=0),
    "number 256": lambda held: held["voucher_keys"][0].update(kid=256),
    "a number in quotes": lambda held: held["voucher_keys"][0].update(kid="1"),
    "an unknown status": lambda held: held["voucher_keys"][0].update(status="lost"),
    "a short seed": lambda held: held["voucher_keys"][0].update(seed=base64.urlsafe_b64encode(bytes(31)).decode()),
    "a secret outside base64": lambda held: held.update(lookup_key="*" + held["lookup_key"]),
    "no bank key": lambda held: held.update(bank_keys=[]),
    "a secret left out": lambda held: held.pop("link_key"),
    "keys that are no list": lambda held: held.update(voucher_keys=7),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_ring_is_refused(ring: KeyRing, path: Path, damage: str) -> None:
    held = stored(path)
    path.write_text(json.dumps(held))
    assert KeyRing.load(path).active == ring.active  # Control: it is the damage and not the writing that is refused.
    DAMAGES[damage](held)
    path.write_text(json.dumps(held))
    with pytest.raises(KeyRingError) as caught:
        KeyRing.load(path)
    assert caught.value.code == "key_ring_damaged"


def test_a_torn_file_is_refused_and_the_error_carries_no_secret(ring: KeyRing, path: Path) -> None:
    found = secrets_in(path)
    path.write_bytes(path.read_bytes()[:-2])
    with pytest.raises(KeyRingError) as caught:
        KeyRing.load(path)
    # The parser's own error holds the whole text; it must not hang on ours.
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    assert not [secret for secret in found if secret in repr(caught.value.args)]


def test_no_secret_is_shown_by_repr(ring: KeyRing, path: Path) -> None:
    ring.rotate(LATER)
    shown = f"{ring!r} {ring} {ring.active!r} {ring.voucher_key(1)} {ring._contents!r}"
    raw = [base64.urlsafe_b64decode(secret) for secret in secrets_in(path)]
    assert not [secret for secret in secrets_in(path) if secret in shown]
    assert not [secret for secret in raw if repr(secret) in shown or secret.hex() in shown]
    assert "kid=2" in shown


def test_rotation_makes_a_new_active_key_and_retires_the_old(ring: KeyRing, path: Path) -> None:
    old = ring.active
    new = ring.rotate(LATER)
    for held in (ring, KeyRing.load(path)):
        assert held.active == new
        assert statuses(held, 1, 2) == ["retired", "active"]
        assert held.public_keys() == {1: old.public, 2: new.public}
    assert (new.kid, new.made_at) == (2, LATER)
    assert (new.seed, new.code_key) != (old.seed, old.code_key)


def test_rotation_leaves_the_other_secrets_alone(ring: KeyRing) -> None:
    before = (ring.session_secret, ring.lookup_hash("A"), ring.link_token("a"), ring.encrypt("x"))
    ring.rotate(LATER)
    assert (ring.session_secret, ring.lookup_hash("A"), ring.link_token("a")) == before[:3]
    assert ring.decrypt(before[3]) == "x"


def test_a_compromised_active_key_is_replaced_and_no_longer_trusted(ring: KeyRing, path: Path) -> None:
    ring.compromise(1, LATER)
    for held in (ring, KeyRing.load(path)):
        assert statuses(held, 1, 2) == ["compromised", "active"]
        assert list(held.public_keys()) == [2]


def test_a_compromised_retired_key_leaves_the_active_one(ring: KeyRing) -> None:
    ring.rotate(LATER)
    ring.compromise(1, LATER)
    ring.compromise(1, LATER)
    assert statuses(ring, 1, 2) == ["compromised", "active"]
    assert ring.active.kid == 2


def test_a_compromised_key_signs_nothing_and_a_retired_one_still_does(ring: KeyRing) -> None:
    ring.rotate(LATER)
    assert len(ring.voucher_key(1).sign(b"again")) == 64
    ring.compromise(1, LATER)
    with pytest.raises(KeyRingError, match="compromised"):
        ring.voucher_key(1).sign(b"again")


def test_an_unknown_key_is_an_error_that_every_edge_handles(ring: KeyRing, path: Path) -> None:
    before = path.read_bytes()
    with pytest.raises(DomainError) as caught:
        ring.voucher_key(9)
    assert caught.value.code == "voucher_key_unknown"
    with pytest.raises(KeyRingError):
        ring.compromise(9, LATER)
    assert path.read_bytes() == before


def test_the_ring_ends_at_255_keys(ring: KeyRing, path: Path) -> None:
    held = stored(path)
    held["voucher_keys"][0]["kid"] = 254
    path.write_text(json.dumps(held))
    assert ring.rotate(LATER).kid == 255
    with pytest.raises(KeyRingError) as caught:
        ring.rotate(LATER)
    assert caught.value.code == "key_ring_full"
    assert ring.active.kid == 255


def test_a_running_process_sees_a_compromised_key_when_it_refreshes(ring: KeyRing, path: Path) -> None:
    running = KeyRing.load(path)
    ring.compromise(1, LATER)
    assert 1 in running.public_keys()  # Control: without the refresh the key is still trusted.
    running.refresh()
    assert 1 not in running.public_keys()


def test_a_stale_ring_reads_again_before_it_writes(ring: KeyRing, path: Path) -> None:
    stale = KeyRing.load(path)
    first = ring.rotate(LATER)
    second = stale.rotate(LATER)
    assert (first.kid, second.kid) == (2, 3)
    assert KeyRing.load(path).voucher_key(2).seed == first.seed


def test_control_without_reading_again_a_key_that_signed_vouchers_is_lost(
    ring: KeyRing, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stale = KeyRing.load(path)
    first = ring.rotate(LATER)
    monkeypatch.setattr(keyring, "_read", lambda _path: stale._contents)
    second = stale.rotate(LATER)
    monkeypatch.undo()
    assert (first.kid, second.kid) == (2, 2)
    assert KeyRing.load(path).voucher_key(2).seed != first.seed


def rotate_side_by_side(path: Path, monkeypatch: pytest.MonkeyPatch, *, patience: float) -> set[int]:
    """Two rotations that meet between reading and writing if nothing keeps them apart; the kids that they made."""
    rings = [KeyRing.load(path), KeyRing.load(path)]
    read, meeting = keyring._read, threading.Barrier(2)
    made: list[int] = []

    def read_and_wait(target: Path) -> Any:
        contents = read(target)
        with suppress(threading.BrokenBarrierError):
            meeting.wait(timeout=patience)
        return contents

    def rotate(held: KeyRing) -> None:
        made.append(held.rotate(LATER).kid)

    monkeypatch.setattr(keyring, "_read", read_and_wait)
    threads = [threading.Thread(target=rotate, args=(held,)) for held in rings]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    monkeypatch.setattr(keyring, "_read", read)
    return set(made)


def test_the_lock_keeps_two_rotations_apart(ring: KeyRing, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # With the lock they never meet, so the wait is short and its length does not matter.
    assert rotate_side_by_side(path, monkeypatch, patience=0.2) == {2, 3}
    assert statuses(KeyRing.load(path), 1, 2, 3) == ["retired", "retired", "active"]


def test_control_without_the_lock_one_of_two_rotations_is_lost(
    ring: KeyRing, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    @contextmanager
    def unlocked(_path: Path) -> Iterator[None]:
        yield

    monkeypatch.setattr(keyring, "_locked", unlocked)
    assert rotate_side_by_side(path, monkeypatch, patience=30) == {2}


def test_processes_that_rotate_at_once_lose_no_key(ring: KeyRing, path: Path) -> None:
    script = (
        "import sys, datetime, pathlib\n"
        "from voucher.platform.keyring import KeyRing\n"
        "ring = KeyRing.load(pathlib.Path(sys.argv[1]))\n"
        "print(*[ring.rotate(datetime.datetime.now(datetime.UTC)).kid for _ in range(8)])\n"
    )
    root = str(Path(voucher.__file__).parents[1])
    command = [sys.executable, "-c", script, str(path)]
    running = [subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    made = [int(kid) for process in running for kid in process.communicate()[0].split()]
    assert sorted(made) == list(range(2, 18))
    assert KeyRing.load(path).public_keys().keys() == set(range(1, 18))


def test_a_failed_save_leaves_the_old_ring_and_nothing_else(
    ring: KeyRing, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_from: object, _to: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="no space"):
        ring.rotate(LATER)
    assert statuses(KeyRing.load(path), 1) == ["active"] == statuses(ring, 1)
    assert sorted(file.name for file in path.parent.iterdir()) == ["ring.json", "ring.json.lock"]


def test_the_new_ring_is_on_the_disk_before_it_takes_the_old_one_s_place(
    ring: KeyRing, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []
    sync, put = os.fsync, os.replace

    def noted_sync(handle: int) -> None:
        steps.append("sync")
        sync(handle)

    def noted_replace(old: str, new: Path) -> None:
        steps.append("replace")
        put(old, new)

    monkeypatch.setattr(os, "fsync", noted_sync)
    monkeypatch.setattr(os, "replace", noted_replace)
    ring.rotate(LATER)
    assert steps == ["sync", "replace", "sync"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_ring_that_root_rotates_still_belongs_to_the_account_of_the_app(ring: KeyRing, path: Path) -> None:
    os.chown(path, 12345, 12345)
    ring.rotate(LATER)
    side_file = path.with_name("ring.json.lock")
    assert [(file.stat().st_uid, file.stat().st_gid) for file in (path, side_file)] == [(12345, 12345)] * 2


def test_a_ring_behind_a_link_is_made_and_replaced_where_it_lies(path: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.json"
    link.symlink_to(path)
    KeyRing.create(link, NOW)
    KeyRing.load(link).rotate(LATER)
    assert link.is_symlink()
    assert KeyRing.load(path).active.kid == 2


def test_a_signature_is_checked_with_the_published_key_and_no_other(ring: KeyRing) -> None:
    signature = ring.active.sign(b"payload")
    assert signature == ring.active.sign(b"payload")
    Ed25519PublicKey.from_public_bytes(ring.public_keys()[1]).verify(signature, b"payload")
    other = Ed25519PublicKey.from_public_bytes(ring.rotate(LATER).public)
    with pytest.raises(InvalidSignature):
        other.verify(signature, b"payload")


def test_code_bits_are_the_head_of_the_keyed_hash(ring: KeyRing, path: Path) -> None:
    key = base64.urlsafe_b64decode(stored(path)["voucher_keys"][0]["code_key"])
    digest = hmac.new(key, b"message", hashlib.sha256).hexdigest()
    assert ring.active.code_bits(b"message") == int(digest[:15], 16)


@pytest.mark.rule(1)
def test_stored_hashes_and_link_tokens_cannot_be_made_without_the_ring(ring: KeyRing, tmp_path: Path) -> None:
    other = KeyRing.create(tmp_path / "other.json", NOW)
    assert ring.lookup_hash("7G4K9PQ2MX0RC") != other.lookup_hash("7G4K9PQ2MX0RC")
    assert ring.link_token("abc") != other.link_token("abc")
    # Control: a hash without a key is the same for everybody, so that a reader of the database could try codes on it.
    assert ring.lookup_hash("7G4K9PQ2MX0RC") != hashlib.sha256(b"7G4K9PQ2MX0RC").hexdigest()


def test_hashes_and_link_tokens_come_from_keys_of_their_own(ring: KeyRing, path: Path) -> None:
    lookup_key, link_key = (base64.urlsafe_b64decode(stored(path)[name]) for name in ("lookup_key", "link_key"))
    assert ring.lookup_hash("a") == hmac.new(lookup_key, b"a", hashlib.sha256).hexdigest()
    assert ring.link_token("a") == base64.b32encode(hmac.new(link_key, b"a", hashlib.sha256).digest()[:20]).decode()


def test_hashes_and_link_tokens_have_their_lengths_and_differ_by_text(ring: KeyRing) -> None:
    assert len(bytes.fromhex(ring.lookup_hash("A"))) == 32
    assert len(base64.b32decode(ring.link_token("a"))) == 20
    assert len({ring.lookup_hash("A"), ring.lookup_hash("B"), ring.lookup_hash("a")}) == 3
    assert len({ring.link_token("a"), ring.link_token("b"), ring.link_token("A")}) == 3


def test_an_encrypted_detail_hides_its_text_and_opens_only_with_its_ring(ring: KeyRing, tmp_path: Path) -> None:
    token = ring.encrypt("12345678")
    assert "12345678" not in token
    assert token != ring.encrypt("12345678")
    assert ring.decrypt(token) == "12345678"
    other = KeyRing.create(tmp_path / "other.json", NOW)
    for wrong in (token[:-5] + "AAAA=", "12345678", ""):
        with pytest.raises(KeyRingError, match="not encrypted with a key of this ring"):
            ring.decrypt(wrong)
    with pytest.raises(KeyRingError):
        other.decrypt(token)


def test_a_second_bank_key_encrypts_while_the_first_still_decrypts(ring: KeyRing, path: Path) -> None:
    held, token = stored(path), ring.encrypt("12345678")
    fresh = Fernet.generate_key().decode()
    held["bank_keys"].insert(0, fresh)
    path.write_text(json.dumps(held))
    ring.refresh()
    assert ring.decrypt(token) == "12345678"
    assert Fernet(fresh).decrypt(ring.encrypt("x")) == b"x"
