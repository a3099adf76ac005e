"""Restoring a backup to an empty place, on either engine, and proving that what is there is what was backed up."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection

from config import Config
from voucher.app import create_app, office
from voucher.backup import archive
from voucher.backup.archive import DOCUMENTS, RING, ROOTS, TABLES, Manifest, table_member
from voucher.backup.errors import BackupError
from voucher.backup.findings import documents_missing, faults_of_the_books
from voucher.backup.rows import Loader, digest
from voucher.backup.target import Before, made_anew, migrate, put_in_place, require_empty, staging
from voucher.platform import schema
from voucher.platform.db import atomic, consistent_read, db, session
from voucher.platform.files import FileStore
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.keyring import KeyRing

_NO_KEYS = _("{path} holds no key ring. Name the data archive first, then the keys archive.")
_NO_DATA = _("{path} holds no data. Name the data archive first, then the keys archive.")
_NEWER = _("The backup has schema {revision}, which this program does not know. Install the newer version of it first.")
_CANNOT_WRITE = _("The files cannot be restored to {folder}: {why}. Nothing was kept.")
_CHECKED = (
    _("the keys are those of the data, and no member of the archives was altered"),
    _("{tables} tables hold {rows} rows, each row as it was backed up"),
    _("{documents} documents are there, each as its hash says"),
    _("the audit trail holds up to seal {head}, or as it did; so do both sides of the money and all credentials' keys"),
)
_DIFFERS = _("What was loaded differs from the backup. Nothing was kept.")
_NEW_FAULTS = _(
    "The restored books have faults that were not found when the backup was made. Nothing was kept. "
    "Restore with the version of this program that made the backup, or choose another backup."
)


@dataclass(frozen=True)
class RestoreReport:
    """What was restored. ``checks`` says what was proved; ``findings`` are faults that the books had before."""

    made_at: datetime
    revision: str
    brought_to: str
    rows: dict[str, int]
    documents: int
    checks: tuple[str, ...]
    findings: tuple[str, ...]


def restore(config: Config, data_archive: Path, keys_archive: Path) -> RestoreReport:
    """Loads a backup into the empty database and data folder of these settings, whichever engine it came from.

    Raises BackupError, and leaves the place as empty as it was, when the place is not empty, when an archive was
    altered, is of another installation or of a newer version, and when any check of the restored books fails.
    """
    before = require_empty(config)
    keys = archive.verified(keys_archive)
    if RING not in keys:
        raise BackupError("no_keys", _NO_KEYS.format(path=keys_archive))
    data = archive.verified(data_archive)
    if archive.MAC not in data:
        raise BackupError("no_data", _NO_DATA.format(path=data_archive))
    try:
        with staging(config) as staged:
            _lay(staged.key_ring, keys[RING])
            archive.require_same_keys(KeyRing.load(staged.key_ring), data)
            return _restore(config, staged, before, data_archive, _manifest(data))
    except OSError as error:
        raise BackupError("cannot_write", _CANNOT_WRITE.format(folder=config.data, why=error)) from error


def _manifest(data: Mapping[str, bytes]) -> Manifest:
    manifest = Manifest.from_json(data[archive.MANIFEST])
    if not schema.known(manifest.revision):
        raise BackupError("newer_schema", _NEWER.format(revision=manifest.revision))
    return manifest


def _restore(config: Config, staged: Config, before: Before, path: Path, manifest: Manifest) -> RestoreReport:
    with made_anew(before, manifest.revision):
        with _app(staged):
            with atomic():
                _load(session.connection(), staged, path, manifest)
                _require_same_rows(session.connection(), manifest)
            migrate(config.database_url, "head")
            findings = _require_no_new_faults(staged, manifest)
        put_in_place(staged, config)
    return _report(manifest, findings)


@contextmanager
def _app(staged: Config) -> Iterator[None]:
    """The app of the staged files and the new database; nobody is connected to that afterwards."""
    with create_app(staged).app_context():
        try:
            yield
        finally:
            db.session.remove()
            for used in db.engines.values():
                used.dispose()


def _load(connection: Connection, staged: Config, path: Path, manifest: Manifest) -> None:
    shapes = {table_member(table.shape.name): table.shape for table in manifest.tables}
    loader, files = Loader(connection, shapes.values()), FileStore(staged.documents)
    loader.clear()
    for name, file in archive.members(path):
        if name.startswith(TABLES):
            loader.load(shapes[name], file)
        elif name.startswith(DOCUMENTS):
            files.put(file.read())
        elif name == ROOTS:
            _lay(staged.roots, file.read())
    loader.finish()


def _lay(path: Path, data: bytes) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with archive.private_file(path) as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _require_same_rows(connection: Connection, manifest: Manifest) -> None:
    faults = []
    for table in manifest.tables:
        expected = (table.rows, manifest.members[table_member(table.shape.name)])
        found = digest(connection, table.shape)
        if found != expected:
            faults.append(f"{table.shape.name}: {found[0]} rows, {expected[0]} expected, or other values in them")
    if faults:
        raise BackupError("restored_differs", _DIFFERS, faults)


def _require_no_new_faults(staged: Config, manifest: Manifest) -> list[str]:
    """Faults of the books that the backup knew of; raises BackupError for one that it did not know of."""
    with consistent_read():
        lost = documents_missing(office().files)
        findings = faults_of_the_books(staged.roots, office().ring)
    new = [*lost, *(each for each in findings if each not in manifest.findings)]
    if new:
        raise BackupError("restored_faults", _NEW_FAULTS, new)
    return findings


def _report(manifest: Manifest, findings: list[str]) -> RestoreReport:
    counts = {table.shape.name: table.rows for table in manifest.tables}
    documents = sum(name.startswith(DOCUMENTS) for name in manifest.members)
    numbers = {"tables": len(counts), "rows": sum(counts.values()), "documents": documents}
    checks = tuple(sentence.format(**numbers, head=manifest.audit_head[:12]) for sentence in _CHECKED)
    return RestoreReport(manifest.made_at, manifest.revision, schema.head(), counts, documents, checks, tuple(findings))
