"""The voucher's two secrets as they are printed: the signed QR token and the typed code (rules 1 and 5).

A token is 19 bytes and their Ed25519 signature of 64, in upper-case base32 so that the QR code stays in its dense
alphanumeric mode. Big-endian, in this order: format (1 byte), key id (1), scheme number (3), public id (10), generation
(2), last day as days since 1 January 2020 (2). Nothing else is in it: no name, amount, bank detail or company number.
"""

from __future__ import annotations

import base64
import re
import secrets
from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from voucher.platform.keyring import KeyRing, VoucherKey
from voucher.vouchers import typed_code

TOKEN_FORMAT = 1
PUBLIC_ID_BYTES = 10
FIRST_DAY = date(2020, 1, 1)

_FIELD_BYTES = {"format": 1, "kid": 1, "scheme": 3, "public_id": PUBLIC_ID_BYTES, "generation": 2, "last_day": 2}
_PAYLOAD_BYTES = sum(_FIELD_BYTES.values())
_SIGNATURE_BYTES = 64
_TOKEN_CHARACTERS = -(-(_PAYLOAD_BYTES + _SIGNATURE_BYTES) * 8 // 5)
_SCANNED = re.compile(rf"(?:(?:HTTPS?://[^/?#\s]+)?/V/)?(?P<token>[A-Z2-7]{{{_TOKEN_CHARACTERS}}})")
_HOST = re.compile(r"[A-Z0-9.-]+(?::\d{1,5})?|\[::1\](?::\d{1,5})?")
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}


@dataclass(frozen=True)
class QrClaims:
    """What a token says. It proves issue and nothing more: whether value is left only the database knows.

    ``last_day`` is for scanners without a network; on the server dates come from the voucher's row.
    """

    kid: int
    scheme_number: int
    public_id: bytes
    generation: int
    last_day: date


def new_voucher_public_id() -> bytes:
    """80 random bits, which say nothing about any other voucher (rule 1)."""
    return secrets.token_bytes(PUBLIC_ID_BYTES)


def token_for(key: VoucherKey, claims: QrClaims) -> str:
    """The token, the same every time, so that it is drawn when it is printed and stored nowhere.

    Raises ValueError when a claim does not fit its field or names another key, KeyRingError for a compromised key.
    """
    if key.kid != claims.kid:
        raise ValueError("the claims name another key")
    payload = _payload(claims)
    return _to_text(payload + key.sign(payload))


def qr_address(base_url: str, token: str) -> str:
    """The address in the QR code, ``HTTPS://HOST/V/TOKEN``, so that any phone's own camera opens the right page.

    ``base_url`` is the public address of the app, without a path. Raises ValueError when it is not https (http is
    allowed for loopback only) or has more in it than a host and a port.
    """
    parts = urlsplit(base_url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        raise ValueError("voucher addresses are https; http is for 127.0.0.1, localhost and [::1] only")
    host = parts.netloc.upper() if parts.netloc.isascii() else ""
    if parts.path not in ("", "/") or parts.query or parts.fragment or not _HOST.fullmatch(host):
        raise ValueError("the app's address is https://, a host in plain letters and perhaps a port, and no more")
    return f"{parts.scheme.upper()}://{host}/V/{token.upper()}"


def read_token(ring: KeyRing, text: str) -> QrClaims | None:
    """The claims of a genuine token, out of a scanned address, a path from ``/V/`` or the token alone, in any case.

    None for everything else: malformed, of an unknown or compromised key, wrongly signed, or another spelling of a
    genuine one. The host is not looked at, for earlier hosts stay printed on paper; the signature is what counts.
    """
    signed = _signed_bytes(text)
    if signed is None or signed[0] != TOKEN_FORMAT:
        return None
    payload, signature = signed[:_PAYLOAD_BYTES], signed[_PAYLOAD_BYTES:]
    public = ring.public_keys().get(payload[1])
    if public is None or not _is_signed(public, payload, signature):
        return None
    return _claims(payload)


def typed_code_for(key: VoucherKey, public_id: bytes, generation: int, nonce: int) -> str:
    """The 13 characters of the typed code; the nonce (stored, 4 bytes at most) is raised when two codes collide.

    Raises ValueError when something does not fit its field.
    """
    message = _checked_id(public_id) + _number(generation, 2, "generation") + _number(nonce, 4, "nonce")
    return typed_code.encode(key.code_bits(message))


def _payload(claims: QrClaims) -> bytes:
    return b"".join(
        (
            _number(TOKEN_FORMAT, _FIELD_BYTES["format"], "format"),
            _number(claims.kid, _FIELD_BYTES["kid"], "key id"),
            _number(claims.scheme_number, _FIELD_BYTES["scheme"], "scheme number"),
            _checked_id(claims.public_id),
            _number(claims.generation, _FIELD_BYTES["generation"], "generation"),
            _number((claims.last_day - FIRST_DAY).days, _FIELD_BYTES["last_day"], "last day"),
        )
    )


def _claims(payload: bytes) -> QrClaims:
    fields, start = {}, 0
    for name, size in _FIELD_BYTES.items():
        fields[name] = payload[start : start + size]
        start += size
    return QrClaims(
        kid=int.from_bytes(fields["kid"], "big"),
        scheme_number=int.from_bytes(fields["scheme"], "big"),
        public_id=fields["public_id"],
        generation=int.from_bytes(fields["generation"], "big"),
        last_day=FIRST_DAY + timedelta(days=int.from_bytes(fields["last_day"], "big")),
    )


def _number(value: int, size: int, what: str) -> bytes:
    if not 0 <= value < 1 << 8 * size:
        raise ValueError(f"the {what} does not fit into {size} bytes")
    return value.to_bytes(size, "big")


def _checked_id(public_id: bytes) -> bytes:
    if len(public_id) != PUBLIC_ID_BYTES:
        raise ValueError("a voucher's public id has 10 bytes")
    return public_id


def _to_text(signed: bytes) -> str:
    return base64.b32encode(signed).decode().rstrip("=")


def _signed_bytes(text: str) -> bytes | None:
    """Payload and signature of a text that has a token's shape and is the one spelling of its bytes."""
    # Some letters outside ASCII turn into ASCII ones in upper case, which would be a second spelling.
    found = _SCANNED.fullmatch(text.strip().upper()) if text.isascii() else None
    if found is None:
        return None
    token = found["token"]
    signed = base64.b32decode(token + "=" * (-len(token) % 8))
    # The last character has a spare bit; a token that sets it reads the same and is not what was printed.
    return signed if _to_text(signed) == token else None


def _is_signed(public: bytes, payload: bytes, signature: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, payload)
    except InvalidSignature:
        return False
    return True
