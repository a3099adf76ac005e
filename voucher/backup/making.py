"""Making a backup: one archive with the data and, apart from it, one with the keys."""

from __future__ import annotations

import errno
import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from alembic.migration import MigrationContext
from sqlalchemy import Connection, func, select

from voucher.app import Office
from voucher.audit.commands import highest_seal
from voucher.audit.models import AuditSeal
from voucher.audit.rules import GENESIS
from voucher.backup.archive import (
    DOCUMENTS,
    MAC,
    MANIFEST,
    RING,
    ROOTS,
    Manifest,
    TableCount,
    Writer,
    manifest_mac,
    new_archive,
    table_member,
)
from voucher.backup.errors import BackupError
from voucher.backup.findings import faults_of_the_books
from voucher.backup.rows import Shape, lines, shapes
from voucher.documents.models import Document
from voucher.platform import schema
from voucher.platform.db import consistent_read, session
from voucher.platform.files import FileMissing, FileStore
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.keyring import KeyRing
from voucher.tables import METADATA

_CANNOT_WRITE = _("The backup cannot be written to {folder}: {why}. Nothing was left there.")
_OTHER_SCHEMA = _("The database stands at schema {found}, this program at {head}. Bring the database up to date first.")
_DOCUMENTS_LOST = _(
    "Stored documents are missing or were changed, so that the backup would not be whole; none was made. "
    "Put them back from an earlier backup, then make this one again."
)


@dataclass(frozen=True)
class BackupReport:
    """What a backup holds and where it lies. ``findings`` are faults that the books had when it was made."""

    data_archive: Path
    keys_archive: Path
    made_at: datetime
    revision: str
    rows: dict[str, int]
    documents: int
    findings: tuple[str, ...]


def back_up(office: Office, folder: Path) -> BackupReport:
    """Writes two new archives into the folder, which is made when it is not there, from one moment of the database.

    The keys lie in an archive of their own, for without them nothing in the other lets a reader redeem: keep the two
    in different places. Raises BackupError, and leaves nothing behind, when a stored document is missing or changed,
    when the database is not at this program's schema, and when the folder cannot be written.
    """
    made_at = office.clock().astimezone(UTC)
    stamp = f"{made_at:%Y%m%dT%H%M%SZ}"
    data, keys = folder / f"tech-taster-data-{stamp}.tar.gz", folder / f"tech-taster-keys-{stamp}.tar"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _refuse_existing(data, keys)
        try:
            # The keys get their name first, so that no data archive ever lies there without them.
            with new_archive(data, made_at) as data_writer, new_archive(keys, made_at) as keys_writer:
                manifest = _write_data(office, made_at, data_writer, folder)
                _write_keys(office, keys_writer)
        except OSError:
            keys.unlink(missing_ok=True)  # They may have their name already when the data cannot be ended.
            raise
    except OSError as error:
        raise BackupError("backup_folder", _CANNOT_WRITE.format(folder=folder, why=error.strerror or error)) from error
    counts = {table.shape.name: table.rows for table in manifest.tables}
    documents = sum(name.startswith(DOCUMENTS) for name in manifest.members)
    return BackupReport(data, keys, made_at, manifest.revision, counts, documents, manifest.findings)


def _refuse_existing(*paths: Path) -> None:
    for path in paths:
        if path.exists():
            raise FileExistsError(errno.EEXIST, f"{path.name} is there already")


def _write_data(office: Office, made_at: datetime, writer: Writer, folder: Path) -> Manifest:
    roots_before = _read_roots(office.config.roots)
    with consistent_read():
        connection = session.connection()
        revision = _revision(connection)
        head, roots = _head_digest(), _roots_then(office.config.roots, roots_before)
        tables = tuple(_write_table(connection, shape, writer, folder) for shape in shapes(METADATA))
        if roots is not None:
            writer.add_bytes(ROOTS, roots)
        _write_documents(office.files, writer)
        with _kept(roots, folder) as roots_file:
            findings = tuple(faults_of_the_books(roots_file, office.ring))
    manifest = Manifest(made_at, revision, connection.dialect.name, head, findings, tables, dict(writer.members))
    raw = manifest.as_json()
    writer.add_bytes(MANIFEST, raw)
    writer.add_bytes(MAC, manifest_mac(office.ring, raw))
    return manifest


def _revision(connection: Connection) -> str:
    found = MigrationContext.configure(connection).get_current_revision()
    if found != schema.head():
        raise BackupError("other_schema", _OTHER_SCHEMA.format(found=found or "none", head=schema.head()))
    return found


def _head_digest() -> str:
    return session.scalar(select(AuditSeal.digest).order_by(AuditSeal.number.desc()).limit(1)) or GENESIS


def _read_roots(path: Path) -> bytes | None:
    return path.read_bytes() if path.exists() else None


def _roots_then(path: Path, before: bytes | None) -> bytes | None:
    """The file of roots as it fits the moment that is being read.

    What was in the file before that moment is kept whole, so that a database whose last seals were cut off is still
    found out. Of what was appended since, only the lines of seals that this moment has are kept.
    """
    now = _read_roots(path)
    if now is None:
        return None
    before, last = before or b"", highest_seal()
    added = now.removeprefix(before).splitlines(keepends=True)
    return before + b"".join(line for line in added if line.endswith(b"\n") and int(line.split(b" ")[0]) <= last)


def _write_table(connection: Connection, shape: Shape, writer: Writer, folder: Path) -> TableCount:
    # A member's size stands before it in the archive, so the rows are laid aside in a file that has no name.
    rows = 0
    with tempfile.TemporaryFile(dir=folder) as aside:
        for line in lines(connection, shape):
            aside.write(line)
            rows += 1
        writer.add(table_member(shape.name), aside)
    return TableCount(shape, rows)


def _write_documents(files: FileStore, writer: Writer) -> None:
    faults = []
    found = select(Document.sha256, func.min(Document.original_name)).group_by(Document.sha256)
    for sha256, name in session.execute(found.order_by(Document.sha256)).all():
        try:
            writer.add_bytes(f"{DOCUMENTS}{sha256}", files.get(sha256))
        except FileMissing as missing:
            faults.append(f"{name}: {missing}")
    if faults:
        raise BackupError("documents_lost", _DOCUMENTS_LOST, faults)


@contextmanager
def _kept(roots: bytes | None, folder: Path) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir=folder, prefix=".roots-") as aside:
        path = Path(aside) / "roots.txt"
        if roots is not None:
            path.write_bytes(roots)
        yield path


def _write_keys(office: Office, writer: Writer) -> None:
    # Read after the data, so that no credential in them was made with a key that came later.
    KeyRing.load(office.config.key_ring)
    writer.add_bytes(RING, office.config.key_ring.read_bytes())
    writer.add_bytes(MANIFEST, json.dumps({"members": writer.members}).encode())
