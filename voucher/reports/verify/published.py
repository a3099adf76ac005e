"""Keys as an authority publishes them, and whether a statement was signed with one of them."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from voucher.platform.i18n import gettext_noop as _
from voucher.reports.verify.findings import Area, Finding, Sentence, fails, holds, unchecked
from voucher.reports.verify.signed import ALGORITHM, Signature

COMPROMISED = "compromised"
KEY_BYTES = 32


@dataclass(frozen=True)
class PublishedKey:
    """A public key (32 raw bytes), and what its authority says of it; a bare key has neither number nor status."""

    public: bytes
    key_id: int | None = None
    status: str = ""


def as_published(keys: Sequence[PublishedKey]) -> dict[str, Any]:
    """The keys as they are published for programs."""
    return {
        "keys": [
            {
                "key_id": key.key_id,
                "algorithm": ALGORITHM,
                "public_key": base64.b64encode(key.public).decode(),
                "status": key.status,
            }
            for key in keys
        ]
    }


class NoKeys(ValueError):
    """The file holds no public key in any form that is read."""


def read_published(raw: bytes) -> list[PublishedKey]:
    """The keys of a file: as an authority publishes them (JSON), one in PEM, or one as base64.

    Raises NoKeys when it is none of these.
    """
    try:
        return _read(raw.strip())
    except ValueError as error:
        raise NoKeys(str(error)) from error


def _read(text: bytes) -> list[PublishedKey]:
    if text.startswith(b"{"):
        return _from_json(json.loads(text))
    if text.startswith(b"-----BEGIN"):
        try:
            key = load_pem_public_key(text)
        except UnsupportedAlgorithm as error:
            raise ValueError("a key of another kind") from error
        if not isinstance(key, Ed25519PublicKey):
            raise ValueError("a key of another kind")
        return [PublishedKey(key.public_bytes_raw())]
    return [PublishedKey(_raw(text.decode("ascii")))]


def _from_json(published: Any) -> list[PublishedKey]:
    try:
        rows = [row for row in published["keys"] if row["algorithm"] == ALGORITHM]
        keys = [PublishedKey(_raw(row["public_key"]), int(row["key_id"]), str(row["status"])) for row in rows]
    except (KeyError, TypeError) as error:
        raise ValueError("no published keys") from error
    if not keys:
        raise ValueError("no published keys")
    return keys


def _raw(text: str) -> bytes:
    try:
        key = base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError("not base64") from error
    if len(key) != KEY_BYTES:
        raise ValueError("a key of the wrong length")
    return key


def key_finding(signature: Signature, published: Sequence[PublishedKey] | None) -> Finding:
    """Whether the key that signed is one of those that the authority publishes and stands by."""
    code, area = "published_key", Area.SIGNATURE
    if published is None:
        words = _("Whose key it is was not checked: compare it with the one that the authority publishes.")
        return unchecked(code, area, words)
    words = _("The key is one that the authority publishes.")
    known = next((key for key in published if key.public == signature.public), None)
    if known is None:
        return fails(code, area, words, [Sentence(_("It is none of them: somebody else signed this file."))])
    if known.key_id is not None and known.key_id != signature.members["key_id"]:
        return fails(code, area, words, [Sentence(_("It is published under another number."))])
    if known.status == COMPROMISED:
        lost = Sentence(_("It is published as known to others: the signature proves nothing any more. Compare the hash "
                          "with the one that the authority has."))  # fmt: skip
        return fails(code, area, words, [lost])
    return holds(code, area, words)
