"""The keys that lie outside the database, in one file that only its owner may read.

Without them a reader of the database, of its backups or of the logs can redeem nothing (rule 1).
"""

from __future__ import annotations

import base64
import fcntl
import hmac
import json
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from voucher.platform.i18n import gettext_noop as _
from voucher.platform.ring_keys import (
    FULL,
    key_bytes,
    key_text,
    new_key,
    new_voucher_key,
    signer_of,
    statement_key_from,
    voucher_key_from,
    with_new_signer,
    without_signer,
)
from voucher.platform.ring_keys import HIGHEST_KID as HIGHEST_KID
from voucher.platform.ring_keys import KeyRingError as KeyRingError
from voucher.platform.ring_keys import KeyStatus as KeyStatus
from voucher.platform.ring_keys import StatementKey as StatementKey
from voucher.platform.ring_keys import VoucherKey as VoucherKey

RING_FORMAT = 1
_OPEN_TO_OTHERS = 0o077

_MISSING = _("There is no key ring at {path}. Restore it from its backup; make a new one only for a new installation.")
_EXISTS = _("There is a key ring at {path} already. Without it no voucher can be read, so it is not overwritten.")
_UNREADABLE = _("The key ring at {path} cannot be read: {why}. Run this as the account that owns the file.")
_EXPOSED = _("Other accounts may read the key ring at {path}. Run: chmod 600 {path}")
_DAMAGED = _("The key ring at {path} is damaged or of another version. Restore it from its backup.")
_UNKNOWN_KEY = _("The key ring has no voucher key {kid}.")
_CANNOT_DECRYPT = _("This was not encrypted with a key of this ring. Restore the ring that belongs to this database.")

StatementKeys = tuple[StatementKey, ...]


@dataclass(frozen=True, repr=False)
class _Contents:
    """What the file holds; the names of the fields are the names in its JSON."""

    voucher_keys: tuple[VoucherKey, ...]
    session_secret: bytes
    lookup_key: bytes
    link_key: bytes
    bank_keys: tuple[bytes, ...]
    # A ring from before statements were signed has none; it gets its first when it signs one.
    statement_keys: tuple[StatementKey, ...] = ()
    format: int = RING_FORMAT

    @property
    def active(self) -> VoucherKey:
        return next(key for key in self.voucher_keys if key.status is KeyStatus.ACTIVE)

    def key(self, kid: int) -> VoucherKey:
        for key in self.voucher_keys:
            if key.kid == kid:
                return key
        raise KeyRingError("voucher_key_unknown", _UNKNOWN_KEY.format(kid=kid))

    def with_status(self, kid: int, status: KeyStatus) -> _Contents:
        keys = (replace(key, status=status) if key.kid == kid else key for key in self.voucher_keys)
        return replace(self, voucher_keys=tuple(keys))

    def with_new_active(self, now: datetime) -> _Contents:
        kid = max(key.kid for key in self.voucher_keys) + 1
        if kid > HIGHEST_KID:
            raise KeyRingError("key_ring_full", FULL)
        older = self.with_status(self.active.kid, KeyStatus.RETIRED).voucher_keys
        return replace(self, voucher_keys=(*older, new_voucher_key(kid, now)))


class KeyRing:
    """The ring as its file stood when it was last read."""

    def __init__(self, path: Path) -> None:
        # A ring reached through a link is replaced where it lies, and every process locks the same side file.
        self._path = path.resolve()
        self._contents = _read(self._path)

    def __repr__(self) -> str:
        return f"KeyRing({str(self._path)!r}, keys={list(self._contents.voucher_keys)!r})"

    @classmethod
    def create(cls, path: Path, now: datetime) -> KeyRing:
        """Makes a ring of fresh random keys, and its folder; KeyRingError when the file is there already."""
        path = path.resolve()
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _locked(path):
            if path.exists():
                raise KeyRingError("key_ring_exists", _EXISTS.format(path=path))
            of_its_own = (new_key(), new_key(), new_key())
            contents = _Contents((new_voucher_key(1, now),), *of_its_own, (new_key(),), with_new_signer((), now))
            _write(path, contents)
        return cls(path)

    @classmethod
    def load(cls, path: Path) -> KeyRing:
        """Reads a ring; KeyRingError when it is missing, damaged or open to other accounts."""
        return cls(path)

    def refresh(self) -> None:
        """Reads the file again, so that a key compromised by another process stops being accepted by this one too."""
        self._contents = _read(self._path)

    @property
    def active(self) -> VoucherKey:
        """The key that signs what is issued now."""
        return self._contents.active

    def voucher_key(self, kid: int) -> VoucherKey:
        """The key of that number, whatever its status; KeyRingError when there is none."""
        return self._contents.key(kid)

    def voucher_keys(self) -> list[VoucherKey]:
        """Every voucher key, the oldest first."""
        return sorted(self._contents.voucher_keys, key=lambda key: key.kid)

    def public_keys(self) -> dict[int, bytes]:
        """Raw Ed25519 public keys by number, without compromised ones: what a scanner may trust."""
        keys = self._contents.voucher_keys
        return {key.kid: key.public for key in keys if key.status is not KeyStatus.COMPROMISED}

    def rotate(self, now: datetime) -> VoucherKey:
        """Makes and saves a new active key and retires the old; vouchers that the old one signed stay good."""
        with _locked(self._path):
            contents = self._contents = _write(self._path, _read(self._path).with_new_active(now))
        return contents.active

    def compromise(self, kid: int, now: datetime) -> None:
        """Marks a key as known to others: nothing that it signed is accepted; an active one is replaced first.

        Each of its vouchers needs a new generation, and a look-up by typed code has to ask for the key's status too.
        """
        with _locked(self._path):
            contents = _read(self._path)
            if contents.key(kid).status is KeyStatus.ACTIVE:
                contents = contents.with_new_active(now)
            self._contents = _write(self._path, contents.with_status(kid, KeyStatus.COMPROMISED))

    def statement_keys(self) -> list[StatementKey]:
        """Every key that has signed statements or does, the oldest first; none in a ring that never signed one."""
        return sorted(self._contents.statement_keys, key=lambda key: key.kid)

    def statement_signer(self, now: datetime) -> StatementKey:
        """The key that signs statements now; made and saved on first use in a ring from before there were any."""
        found = signer_of(self._contents.statement_keys)
        return found or self._change_signers(lambda keys: keys if signer_of(keys) else with_new_signer(keys, now))

    def rotate_statement_key(self, now: datetime) -> StatementKey:
        """Makes and saves a new key for statements and retires the one before; what that signed stays good."""
        return self._change_signers(lambda keys: with_new_signer(keys, now))

    def compromise_statement_key(self, kid: int, now: datetime) -> StatementKey:
        """Marks a statement key as known to others and gives the key that signs now, a new one where it must be.

        Raises KeyRingError for a number that the ring does not have.
        """
        return self._change_signers(lambda keys: without_signer(keys, kid, now))

    def _change_signers(self, change: Callable[[StatementKeys], StatementKeys]) -> StatementKey:
        with _locked(self._path):
            contents = _read(self._path)
            self._contents = _write(self._path, replace(contents, statement_keys=change(contents.statement_keys)))
        signer = signer_of(self._contents.statement_keys)
        if signer is None:
            raise KeyRingError("key_ring_damaged", _DAMAGED.format(path=self._path))
        return signer

    @property
    def session_secret(self) -> str:
        """Signs cookies of sign-in sessions and forms."""
        return key_text(self._contents.session_secret)

    def lookup_hash(self, text: str) -> str:
        """Hex HMAC-SHA256 under which a typed code, a link or a refused code is stored and found again."""
        return hmac.digest(self._contents.lookup_key, text.encode(), "sha256").hex()

    def link_token(self, public_id: str) -> str:
        """The 160-bit secret of a one-time link, in 32 upper-case base32 characters, made again when it is sent."""
        return base64.b32encode(hmac.digest(self._contents.link_key, public_id.encode(), "sha256")[:20]).decode()

    def sign_in_code(self, public_id: str) -> str:
        """The 6 digits that are mailed to sign in with, made again when they are sent."""
        secret = hmac.digest(self._contents.link_key, f"sign-in code {public_id}".encode(), "sha256")
        return f"{int.from_bytes(secret[:16], 'big') % 1_000_000:06d}"

    def encrypt(self, text: str) -> str:
        """A payee detail as it is stored; twice the same text gives two different results."""
        return _cipher(self._contents.bank_keys).encrypt(text.encode()).decode()

    def decrypt(self, token: str) -> str:
        """The text that ``encrypt`` was given; KeyRingError when no key of this ring made the token."""
        try:
            return _cipher(self._contents.bank_keys).decrypt(token.encode()).decode()
        except InvalidToken:
            raise KeyRingError("cannot_decrypt", _CANNOT_DECRYPT) from None


def _cipher(keys: tuple[bytes, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key_text(key)) for key in keys])


def _from_json(data: dict[str, Any]) -> _Contents:
    """Raises ValueError, KeyError or TypeError when this is not a whole ring of this version."""
    keys = tuple(voucher_key_from(row) for row in data["voucher_keys"])
    numbered = len({key.kid for key in keys} & set(range(1, HIGHEST_KID + 1))) == len(keys)
    one_active = [key.status for key in keys].count(KeyStatus.ACTIVE) == 1
    session_secret, lookup_key, link_key = (key_bytes(data[it]) for it in ("session_secret", "lookup_key", "link_key"))
    bank_keys = tuple(key_bytes(key) for key in data["bank_keys"])
    if not (data["format"] == RING_FORMAT and numbered and one_active and bank_keys):
        raise ValueError("not a ring of this version")
    signers = tuple(statement_key_from(row) for row in data.get("statement_keys", []))
    if len({key.kid for key in signers}) != len(signers) or [it.status for it in signers].count(KeyStatus.ACTIVE) > 1:
        raise ValueError("statement keys that contradict each other")
    return _Contents(keys, session_secret, lookup_key, link_key, bank_keys, signers)


def _read(path: Path) -> _Contents:
    try:
        with path.open("rb") as file:
            # The open file is asked, not the path, so that it cannot be exchanged between the check and the read.
            if os.fstat(file.fileno()).st_mode & _OPEN_TO_OTHERS:
                raise KeyRingError("key_ring_exposed", _EXPOSED.format(path=path))
            raw = file.read()
    except FileNotFoundError:
        raise KeyRingError("key_ring_missing", _MISSING.format(path=path)) from None
    except OSError as error:
        raise KeyRingError("key_ring_unreadable", _UNREADABLE.format(path=path, why=error.strerror)) from None
    # A parser's error carries the whole text, keys included, so it is dropped here and not chained to ours.
    with suppress(ValueError, KeyError, TypeError):
        return _from_json(json.loads(raw))
    raise KeyRingError("key_ring_damaged", _DAMAGED.format(path=path))


def _write(path: Path, contents: _Contents) -> _Contents:
    """Replaces the file in one step: after a crash there is the old ring or the new one, never half of one."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with open(handle, "w", encoding="ascii") as file:
            _give_to_owner_of(path, file.fileno())
            json.dump(asdict(contents), file, default=lambda it: key_text(it) if isinstance(it, bytes) else str(it))
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return contents


def _give_to_owner_of(path: Path, handle: int) -> None:
    """A ring that root changes stays readable by the account that runs the app."""
    if os.geteuid() == 0 and path.exists():
        os.fchown(handle, path.stat().st_uid, path.stat().st_gid)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """One writer at a time, over processes and threads; the lock is on a side file because the ring is replaced."""
    with open(path.with_name(f"{path.name}.lock"), "a", opener=partial(os.open, mode=0o600)) as side:
        _give_to_owner_of(path, side.fileno())
        fcntl.flock(side, fcntl.LOCK_EX)
        yield
