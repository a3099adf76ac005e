"""The signature of a statement: what is signed, how it is laid into the PDF, and whether it holds.

``signature.json`` is attached beside the data. It is canonical JSON (sorted keys, no spaces, UTF-8). Its ``signature``
is Ed25519 over PREFIX and the canonical JSON of all its other members, and ``file_hash`` is the SHA-256 of the whole
PDF in which these two members stand as zeros. So the PDF is drawn with zeros first, and both are written into their
places afterwards: any byte that is changed, added or taken away later makes another hash.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

PURPOSE = "Tech Taster statement signature 1"
PREFIX = PURPOSE.encode() + b"\n"
ALGORITHM = "Ed25519"
NO_HASH, NO_SIGNATURE = "0" * 64, base64.b64encode(bytes(64)).decode()
MEMBERS = frozenset(
    {
        "algorithm",
        "audit_head",
        "data_hash",
        "file_hash",
        "key_id",
        "public_key",
        "purpose",
        "sign_off",
        "signature",
        "statement",
    }
)

SignOff = Sequence[Mapping[str, str | None]]


@dataclass(frozen=True)
class AuditHead:
    """The newest seal of the audit trail at the moment of signing: its number and digest, 0 before the first."""

    seal: int
    digest: str


@dataclass(frozen=True)
class Signer:
    """Who signs: the key's number and public half (32 raw bytes), and what makes the 64 bytes of a signature."""

    key_id: int
    public: bytes
    sign: Callable[[bytes], bytes]
    audit_head: AuditHead


class NoSignature(ValueError):
    """The attached file is not a signature of this format."""


@dataclass(frozen=True)
class Signature:
    """A signature as it was attached, with its members read."""

    raw: bytes
    members: Mapping[str, Any]
    public: bytes

    @property
    def head(self) -> AuditHead:
        """The audit trail's head that was signed along."""
        return AuditHead(int(self.members["audit_head"]["seal"]), str(self.members["audit_head"]["digest"]))

    def verifies(self) -> bool:
        """Whether the signature is that of the attached public key over everything else in it."""
        rest = {name: value for name, value in self.members.items() if name != "signature"}
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(
                base64.b64decode(self.members["signature"], validate=True), PREFIX + canonical(rest)
            )
        except (InvalidSignature, binascii.Error, ValueError):
            return False
        return True

    def is_of(self, pdf: bytes) -> bool:
        """Whether these are the bytes that were signed."""
        if pdf.count(self.raw) != 1:
            return False
        blank = canonical({**self.members, "file_hash": NO_HASH, "signature": NO_SIGNATURE})
        return hashlib.sha256(pdf.replace(self.raw, blank)).hexdigest() == str(self.members["file_hash"])


def unsigned(statement: str, data_hash: str, sign_off: SignOff, signer: Signer) -> bytes:
    """The signature's file as it is drawn into the PDF: everything in its place, hash and signature zeros."""
    return canonical(
        {
            "purpose": PURPOSE,
            "algorithm": ALGORITHM,
            "key_id": signer.key_id,
            "public_key": base64.b64encode(signer.public).decode(),
            "statement": statement,
            "data_hash": data_hash,
            "sign_off": [dict(step) for step in sign_off],
            "audit_head": {"seal": signer.audit_head.seal, "digest": signer.audit_head.digest},
            "file_hash": NO_HASH,
            "signature": NO_SIGNATURE,
        }
    )


def mandate(blank: bytes, signer: Signer) -> bytes:
    """What the signer has signed before there is a paper: the same file, signed over everything but a paper's hash.

    A paper that is drawn later says exactly this. The mandate is no paper's signature itself: of no file is the hash
    zeros.
    """
    members = json.loads(blank)
    del members["signature"]
    return _signed(members, signer)


def seal_file(pdf: bytes, blank: bytes, signer: Signer) -> tuple[bytes, bytes]:
    """The PDF with hash and signature in their places, and the signature's file as it is in it.

    Raises ValueError when ``blank`` is not in the PDF as it is, once: then it was drawn compressed or not at all.
    """
    if pdf.count(blank) != 1:
        raise ValueError("the signature has no place in the PDF")
    members = json.loads(blank) | {"file_hash": hashlib.sha256(pdf).hexdigest()}
    del members["signature"]
    final = _signed(members, signer)
    return pdf.replace(blank, final), final


def _signed(members: Mapping[str, Any], signer: Signer) -> bytes:
    signature = base64.b64encode(signer.sign(PREFIX + canonical(members))).decode()
    return canonical({**members, "signature": signature})


def read_signature(raw: bytes) -> Signature:
    """The signature in an attached file; raises NoSignature when it is none of this format."""
    try:
        members = json.loads(raw)
        if not isinstance(members, dict) or members.keys() != MEMBERS or canonical(members) != raw:
            raise NoSignature("other members, or written another way")
        if (members["purpose"], members["algorithm"]) != (PURPOSE, ALGORITHM):
            raise NoSignature("another format")
        public = base64.b64decode(members["public_key"], validate=True)
        found = Signature(raw, members, public)
        if len(public) != 32 or not isinstance(members["key_id"], int) or not isinstance(found.head, AuditHead):
            raise NoSignature("members of other kinds")
        if not isinstance(members["signature"], str) or not all(map(_is_step, members["sign_off"])):
            raise NoSignature("members of other kinds")
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise NoSignature(str(error)) from error
    return found


def _is_step(step: Mapping[str, Any]) -> bool:
    """Whether it is a step of the sign-off, with its texts; its moment is null while it is open."""
    if step["at"] is not None:
        datetime.fromisoformat(step["at"])
    return all(isinstance(step[name], str) for name in ("step", "name", "role", "wording"))


def canonical(members: Mapping[str, Any]) -> bytes:
    """The one way in which members are written: sorted keys, no spaces, UTF-8."""
    return json.dumps(members, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
