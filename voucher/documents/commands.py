"""Taking files in: type by content, size limit, hash kept, name ours."""

from __future__ import annotations

from sqlalchemy import select

from voucher.documents.models import Document, ImportedFile
from voucher.documents.rules import sniff
from voucher.platform.act import Act
from voucher.platform.db import session
from voucher.platform.errors import Conflict, DomainError

LIMIT_BYTES = 20_000_000
RETAINED_CLAIM = "claim evidence"
RETAINED_SUBSIDY = "subsidy record"
RETAINED_PAYMENT = "payment file"
RETAINED_STATEMENT = "statement"
RETAINED_PROVIDER = "provider vetting"
RETAINED_LOOK = "public pages"


def keep_document(act: Act, *, scheme_id: int, data: bytes, name: str, retention_class: str) -> Document:
    """Stores an uploaded file; raises DomainError when it is empty, too large, or of a type that is not taken."""
    if not data:
        raise DomainError("empty_file", f"{name} is empty.", "file")
    if len(data) > LIMIT_BYTES:
        raise DomainError("file_too_large", f"{name} is larger than {LIMIT_BYTES // 1_000_000} MB.", "file")
    media_type = sniff(data)
    if media_type is None:
        raise DomainError("file_type", f"{name} is not a PDF, PNG, JPEG or WebP file. Save it as one of these.", "file")
    return keep_own_document(
        act, scheme_id=scheme_id, data=data, name=name, retention_class=retention_class, media_type=media_type
    )


def keep_own_document(
    act: Act,
    *,
    scheme_id: int,
    data: bytes,
    name: str,
    retention_class: str,
    media_type: str,
    encrypted: bool = False,
) -> Document:
    """Stores a file that the system itself made."""
    document = Document(
        scheme_id=scheme_id,
        sha256=act.files.put(data),
        size=len(data),
        media_type=media_type,
        original_name=name[-200:],
        retention_class=retention_class,
        encrypted=encrypted,
        uploaded_by=act.actor.person_id,
        uploaded_at=act.now,
    )
    session.add(document)
    session.flush()
    return document


def note_import(act: Act, *, kind: str, scope: str, sha256: str, name: str, rows: int) -> None:
    """Notes that a data file was taken in; raises Conflict when the same file was before."""
    before = session.scalar(
        select(ImportedFile).where(
            ImportedFile.kind == kind, ImportedFile.scope == scope, ImportedFile.sha256 == sha256
        )
    )
    if before is not None:
        raise Conflict(
            "file_seen",
            f"The same file was taken in on {before.imported_at:%d %B %Y} as {before.name}. Nothing was done.",
            "file",
        )
    session.add(
        ImportedFile(
            kind=kind,
            scope=scope,
            sha256=sha256,
            name=name,
            row_count=rows,
            imported_by=act.person_id,
            imported_at=act.now,
        )
    )
    session.flush()
