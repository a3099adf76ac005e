"""The keys that a ring holds: those of vouchers and those of statements, and how one follows another."""

from __future__ import annotations

import base64
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from functools import cached_property
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from voucher.platform.errors import DomainError
from voucher.platform.i18n import gettext_noop as _

HIGHEST_KID = 255
KEY_BYTES = 32

FULL = _("The key ring holds 255 voucher keys and has no number left for another.")
_COMPROMISED = _("Voucher key {kid} is compromised and signs nothing. Issue the voucher again under the active key.")
_UNKNOWN_STATEMENT_KEY = _("The key ring has no statement key {kid}.")


class KeyRingError(DomainError):
    """The ring is missing, exposed or damaged, or lacks the key that was asked for; no message holds a secret."""


class KeyStatus(StrEnum):
    """What a key is good for."""

    ACTIVE = "active"  # Signs what is issued now; there is exactly one.
    RETIRED = "retired"  # Signs nothing new; what it signed stays good, and a voucher can be printed again.
    COMPROMISED = "compromised"  # Whatever it signed is refused.


@dataclass(frozen=True)
class _Ed25519Key:
    """One numbered Ed25519 pair."""

    kid: int
    status: KeyStatus
    made_at: datetime = field(repr=False)
    seed: bytes = field(repr=False)

    @cached_property
    def _private(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.seed)

    @cached_property
    def public(self) -> bytes:
        """The 32 raw bytes of the Ed25519 public key; no secret."""
        return self._private.public_key().public_bytes_raw()


@dataclass(frozen=True)
class VoucherKey(_Ed25519Key):
    """An Ed25519 pair for QR tokens with an HMAC key for typed codes."""

    code_key: bytes = field(repr=False)

    def sign(self, payload: bytes) -> bytes:
        """The 64 bytes of the Ed25519 signature, the same every time; KeyRingError when the key is compromised."""
        if self.status is KeyStatus.COMPROMISED:
            raise KeyRingError("voucher_key_compromised", _COMPROMISED.format(kid=self.kid))
        return self._private.sign(payload)

    def code_bits(self, message: bytes) -> int:
        """The first 60 bits of the message's HMAC-SHA256: the secret part of a typed code."""
        return int.from_bytes(hmac.digest(self.code_key, message, "sha256")[:8], "big") >> 4


@dataclass(frozen=True)
class StatementKey(_Ed25519Key):
    """An Ed25519 pair that signs statements to funders and nothing else; its public half is published."""

    def sign(self, payload: bytes) -> bytes:
        """The 64 bytes of the signature, the same every time; a ring gives only its active key to sign with."""
        return self._private.sign(payload)


def signer_of(keys: Sequence[StatementKey]) -> StatementKey | None:
    """The key that signs statements now; None in a ring that never signed one."""
    return next((key for key in keys if key.status is KeyStatus.ACTIVE), None)


def with_new_signer(keys: Sequence[StatementKey], now: datetime) -> tuple[StatementKey, ...]:
    """The same keys, the active one retired, and a new one that signs from now on."""
    kid = 1 + max((key.kid for key in keys), default=0)
    if kid > HIGHEST_KID:
        raise KeyRingError("key_ring_full", FULL)
    older = (replace(key, status=KeyStatus.RETIRED) if key.status is KeyStatus.ACTIVE else key for key in keys)
    return (*older, StatementKey(kid, KeyStatus.ACTIVE, _in_utc(now), new_key()))


def without_signer(keys: Sequence[StatementKey], kid: int, now: datetime) -> tuple[StatementKey, ...]:
    """The same keys, one of them known to others; the active one is followed by a new one first."""
    known = {key.kid: key for key in keys}
    if kid not in known:
        raise KeyRingError("statement_key_unknown", _UNKNOWN_STATEMENT_KEY.format(kid=kid))
    if known[kid].status is KeyStatus.ACTIVE:
        keys = with_new_signer(keys, now)
    return tuple(replace(key, status=KeyStatus.COMPROMISED) if key.kid == kid else key for key in keys)


def new_voucher_key(kid: int, now: datetime) -> VoucherKey:
    """A fresh random key of that number that signs from now on."""
    return VoucherKey(kid, KeyStatus.ACTIVE, _in_utc(now), new_key(), new_key())


def voucher_key_from(row: dict[str, Any]) -> VoucherKey:
    """A voucher's key as the ring's file holds it."""
    return VoucherKey(**_common(row), code_key=key_bytes(row["code_key"]))


def statement_key_from(row: dict[str, Any]) -> StatementKey:
    """A statement's key as the ring's file holds it."""
    return StatementKey(**_common(row))


def _common(row: dict[str, Any]) -> dict[str, Any]:
    made_at = datetime.fromisoformat(row["made_at"])
    return {
        "kid": row["kid"],
        "status": KeyStatus(row["status"]),
        "made_at": made_at,
        "seed": key_bytes(row["seed"]),
    }


def _in_utc(now: datetime) -> datetime:
    if now.tzinfo is None:
        raise ValueError("a moment without a time zone cannot be stored")
    return now.astimezone(UTC)


def new_key() -> bytes:
    """32 random bytes."""
    return secrets.token_bytes(KEY_BYTES)


def key_text(key: bytes) -> str:
    """A key as the ring's file holds it."""
    return base64.urlsafe_b64encode(key).decode()


def key_bytes(text: str) -> bytes:
    """The key behind its text; raises ValueError for anything but 32 bytes."""
    key = base64.b64decode(text, altchars=b"-_", validate=True)
    if len(key) != KEY_BYTES:
        raise ValueError("a key of the wrong length")
    return key
