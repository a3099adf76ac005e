"""Taking files in: type by content, size limit, hash kept, name ours."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from sqlalchemy import select

from voucher.documents.models import Document, ImportedFile
from voucher.documents.rules import is_workbook, sniff, text_type
from voucher.platform.act import Act
from voucher.platform.clock import london_date
from voucher.platform.db import session
from voucher.platform.errors import Conflict, DomainError
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.i18n import said
from voucher.platform.logs import LOG
from voucher.platform.scanning import Finding

LIMIT_BYTES = 20_000_000
WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
RETAINED_CLAIM = "claim evidence"
RETAINED_SUBSIDY = "subsidy record"
RETAINED_PAYMENT = "payment file"
RETAINED_STATEMENT = "statement"
RETAINED_PROVIDER = "provider vetting"
RETAINED_LOOK = "public pages"

_INFECTED = _("Malware was found in %(name)s, so we have not kept it. Check your device, then hand in a clean file.")
_NOT_CHECKED = _("We could not check %(name)s for malware, so we have not kept it. Try again in a few minutes.")


def _may_be_taken(data: bytes) -> bool:
    return bool(sniff(data) or text_type(data) or is_workbook(data))


def looked_at(act: Act, files: Iterable[bytes]) -> Act:
    """The same act once the scanner has looked at these files, which may take seconds: so before the transaction.

    Files that are not taken anyway are left out.
    """
    taken = [data for data in files if data and len(data) <= LIMIT_BYTES and _may_be_taken(data)]
    return replace(act, scanner=act.scanner.after_looking_at(taken))


def keep_document(act: Act, *, scheme_id: int, data: bytes, name: str, retention_class: str) -> Document:
    """Stores an uploaded file; raises DomainError when it is empty, too large, or of a type that is not taken.

    So it does when the installation's scanner found malware in it, or could not look at it: nothing of it is kept.
    The act must have ``looked_at`` the file.
    """
    _refuse_size(data, name)
    media_type = sniff(data)
    if media_type is None:
        raise DomainError(
            "file_type",
            said("%(name)s is not a PDF, PNG, JPEG or WebP file. Save it as one of these.", name=name),
            "file",
        )
    return _keep(act, scheme_id=scheme_id, data=data, name=name, retention_class=retention_class, media_type=media_type)


def keep_data_file(act: Act, *, scheme_id: int, data: bytes, name: str, retention_class: str) -> Document:
    """Stores a file of data that was handed in, as ``keep_document`` does with papers; only text is taken."""
    _refuse_size(data, name)
    media_type = text_type(data)
    if media_type is None:
        words = _(
            "%(name)s is no text file in UTF-8 or Windows-1252. Hand in the file that the bank gave, or a CSV file."
        )
        raise DomainError("file_type", said(words, name=name), "file")
    return _keep(act, scheme_id=scheme_id, data=data, name=name, retention_class=retention_class, media_type=media_type)


def _refuse_size(data: bytes, name: str) -> None:
    if not data:
        raise DomainError("empty_file", said("%(name)s is empty.", name=name), "file")
    if len(data) > LIMIT_BYTES:
        raise DomainError(
            "file_too_large",
            said("%(name)s is larger than %(limit_bytes)s MB.", name=name, limit_bytes=LIMIT_BYTES // 1000000),
            "file",
        )


def _keep(act: Act, *, scheme_id: int, data: bytes, name: str, retention_class: str, media_type: str) -> Document:
    is_scanned = _scan(act, data, name)
    return keep_own_document(
        act,
        scheme_id=scheme_id,
        data=data,
        name=name,
        retention_class=retention_class,
        media_type=media_type,
        scanned_at=act.now if is_scanned else None,
    )


def keep_workbook(act: Act, *, scheme_id: int, data: bytes, name: str, retention_class: str) -> Document:
    """Stores a spreadsheet that its reader has looked through; the act must have ``looked_at`` it, as any file."""
    is_scanned = _scan(act, data, name)
    return keep_own_document(
        act,
        scheme_id=scheme_id,
        data=data,
        name=name,
        retention_class=retention_class,
        media_type=WORKBOOK,
        scanned_at=act.now if is_scanned else None,
    )


def _scan(act: Act, data: bytes, name: str) -> bool:
    """Whether the file was looked at for malware; raises DomainError unless none was found or nobody looks here."""
    finding = act.scanner.finding(data)
    if finding is Finding.INFECTED:
        LOG.warning(
            "malware in a file that was handed in", sha256=hashlib.sha256(data).hexdigest(), person=act.actor.person_id
        )
        raise DomainError("file_infected", said(_INFECTED, name=name), "file")
    if finding is Finding.NOT_CHECKED:
        LOG.error("the malware scanner did not answer", person=act.actor.person_id)
        raise DomainError("file_not_checked", said(_NOT_CHECKED, name=name), "file")
    return finding is Finding.CLEAN


def keep_own_document(
    act: Act,
    *,
    scheme_id: int,
    data: bytes,
    name: str,
    retention_class: str,
    media_type: str,
    encrypted: bool = False,
    scanned_at: datetime | None = None,
) -> Document:
    """Stores a file that the system itself made, or one that was looked at for malware at that moment."""
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
        scanned_at=scanned_at,
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
            said(
                "The same file was taken in on %(imported)s as %(before)s. Nothing was done.",
                imported=london_date(before.imported_at),
                before=before.name,
            ),
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
