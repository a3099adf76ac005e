"""Files that a provider hands in with a claim, kept from the first attempt on, so that nobody chooses them twice."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

from voucher.documents.commands import RETAINED_CLAIM, keep_document
from voucher.platform.act import Act
from voucher.platform.errors import DomainError
from voucher.redemptions.claim_checks import Attached
from voucher.redemptions.provider_queries import own_upload
from voucher.redemptions.rules import EvidenceKind


@dataclass(frozen=True)
class Upload:
    """A file as it was sent, and what it is said to show."""

    kind: EvidenceKind
    name: str
    data: bytes = field(repr=False)


@dataclass(frozen=True)
class FileFault:
    """Why one file was not taken."""

    kind: EvidenceKind
    message: str


@dataclass
class HandedIn:
    """The files of one attempt: those that are kept, and what is wrong with the others."""

    attached: list[Attached] = field(default_factory=list)
    faults: list[FileFault] = field(default_factory=list)

    def shows(self, kind: EvidenceKind) -> bool:
        """Whether a file of this kind is among them."""
        return any(item.kind == kind for item in self.attached)


def kept_as(item: Attached) -> str:
    """What a form sends back to name a file that was kept before."""
    return f"{item.kind.name}.{item.document.public_id}"


def hand_in(act: Act, scheme_id: int, kept: Sequence[str], uploads: Sequence[Upload]) -> HandedIn:
    """Finds the files that were kept before and keeps the new ones; a file that comes again is the same document.

    A name in ``kept`` that is not this person's own upload is left out, and so is a file for the second time.
    """
    found = HandedIn()
    seen: set[tuple[str, EvidenceKind]] = set()
    for item in [*_again(act, scheme_id, kept), *_new(act, scheme_id, uploads, found)]:
        if (item.document.sha256, item.kind) not in seen:
            seen.add((item.document.sha256, item.kind))
            found.attached.append(item)
    return found


def _again(act: Act, scheme_id: int, kept: Sequence[str]) -> list[Attached]:
    items = []
    for name in kept:
        kind, _dot, public_id = name.partition(".")
        document = own_upload(act, scheme_id, public_id=public_id) if public_id else None
        if document is not None and kind in EvidenceKind.__members__:
            items.append(Attached(document, EvidenceKind[kind]))
    return items


def _new(act: Act, scheme_id: int, uploads: Sequence[Upload], found: HandedIn) -> list[Attached]:
    items = []
    for upload in uploads:
        document = own_upload(act, scheme_id, sha256=hashlib.sha256(upload.data).hexdigest())
        try:
            document = document or keep_document(
                act, scheme_id=scheme_id, data=upload.data, name=upload.name, retention_class=RETAINED_CLAIM
            )
        except DomainError as refusal:
            found.faults.append(FileFault(upload.kind, refusal.message))
        else:
            items.append(Attached(document, upload.kind))
    return items
