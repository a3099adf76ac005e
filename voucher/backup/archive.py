"""The two archives of a backup: tar files whose manifest names every member with its SHA-256.

The data archive's manifest bears a keyed hash made with the key ring: so whoever has not the keys cannot exchange a
member and its hash together, and data are not restored beside the keys of another installation.
"""

from __future__ import annotations

import hashlib
import hmac
import io
import json
import os
import tarfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import IO, Any, BinaryIO

from voucher.backup.errors import BackupError
from voucher.backup.rows import Kind, Shape
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.keyring import KeyRing

FORMAT = 1
MANIFEST, MAC, RING, ROOTS = "manifest.json", "manifest.mac", "ring.json", "seals/roots.txt"
TABLES, DOCUMENTS = "tables/", "documents/"
_BESIDE = (MANIFEST, MAC)  # What no manifest can list.
_SMALL = (MANIFEST, MAC, RING)
_PART = 1 << 20

_UNREADABLE = _("{path} cannot be read: {why}.")
_NO_BACKUP = _("{path} is not a backup of this program, or it is damaged. Choose another backup.")
_ALTERED = _("{path} is not as it was when it was made. Nothing was restored. Choose another backup.")
_OTHER_KEYS = _(
    "The keys do not fit the data: they belong to another installation, or the data archive was altered by somebody "
    "without the keys. Nothing was restored. Choose the two archives of one backup."
)


def table_member(name: str) -> str:
    """The name of the member that holds a table's rows."""
    return f"{TABLES}{name}.jsonl"


@dataclass(frozen=True)
class TableCount:
    """A table as the manifest has it."""

    shape: Shape
    rows: int


@dataclass(frozen=True)
class Manifest:
    """What a data archive says of itself. ``findings`` are faults that the books had when it was made."""

    made_at: datetime
    revision: str
    engine: str
    audit_head: str
    findings: tuple[str, ...]
    tables: tuple[TableCount, ...]
    members: Mapping[str, str]

    def as_json(self) -> bytes:
        """The manifest as it stands in the archive."""
        tables = [{"name": it.shape.name, "rows": it.rows, "columns": it.shape.columns} for it in self.tables]
        values = {
            "format": FORMAT,
            "made_at": self.made_at.isoformat(),
            "revision": self.revision,
            "engine": self.engine,
            "audit_head": self.audit_head,
            "findings": self.findings,
            "tables": tables,
            "members": self.members,
        }
        return json.dumps(values, indent=1, ensure_ascii=False).encode()

    @classmethod
    def from_json(cls, raw: bytes) -> Manifest:
        """Raises BackupError when another version of this program wrote it."""
        values: dict[str, Any] = json.loads(raw)
        if values["format"] != FORMAT:
            raise BackupError(
                "backup_format", f"The backup has format {values['format']}; this program knows {FORMAT}."
            )
        return cls(
            made_at=datetime.fromisoformat(values["made_at"]),
            revision=values["revision"],
            engine=values["engine"],
            audit_head=values["audit_head"],
            findings=tuple(values["findings"]),
            tables=tuple(
                TableCount(Shape(it["name"], {name: Kind(kind) for name, kind in it["columns"].items()}), it["rows"])
                for it in values["tables"]
            ),
            members=values["members"],
        )


class Writer:
    """Adds members to an archive and remembers their hashes."""

    def __init__(self, tar: tarfile.TarFile, at: datetime) -> None:
        self._tar = tar
        self._at = at
        self.members: dict[str, str] = {}

    def add(self, name: str, source: IO[bytes]) -> None:
        """Adds what the file holds, from its beginning."""
        info = tarfile.TarInfo(name)
        info.size, info.mtime, info.mode = source.seek(0, os.SEEK_END), int(self._at.timestamp()), 0o600
        source.seek(0)
        self.members[name] = _sha256(source)
        source.seek(0)
        self._tar.addfile(info, source)

    def add_bytes(self, name: str, data: bytes) -> None:
        """Adds these bytes."""
        self.add(name, io.BytesIO(data))


def private_file(path: Path) -> BinaryIO:
    """A new file that its owner alone may read; raises FileExistsError."""
    return open(path, "xb", opener=partial(os.open, mode=0o600))


@contextmanager
def new_archive(path: Path, at: datetime) -> Iterator[Writer]:
    """An archive that its owner alone may read; it bears its name only once it is whole and safe on the disk."""
    part = path.with_name(f"{path.name}.part")
    with private_file(part) as file:
        try:
            with tarfile.open(fileobj=file, mode="w:gz" if path.suffix == ".gz" else "w") as tar:
                yield Writer(tar, at)
            file.flush()
            os.fsync(file.fileno())
            part.rename(path)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
    sync_folder(path.parent)


def _sha256(file: IO[bytes]) -> str:
    found = hashlib.sha256()
    while part := file.read(_PART):
        found.update(part)
    return found.hexdigest()


def sync_folder(folder: Path) -> None:
    """Makes sure that a name in the folder outlives a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def members(path: Path) -> Iterator[tuple[str, IO[bytes]]]:
    """The members in order, each to be read before the next is asked for."""
    with tarfile.open(path, "r:*") as tar:
        for info in tar:
            file = tar.extractfile(info)
            if file is None:
                raise tarfile.ReadError(f"{info.name} is no file")
            yield info.name, file


def verified(path: Path) -> dict[str, bytes]:
    """The small members of an archive, by name; the others were only read.

    Raises BackupError, naming each member that is missing, altered, doubled or not in the manifest.
    """
    small: dict[str, bytes] = {}
    hashes: dict[str, str] = {}
    faults: list[str] = []
    try:
        for name, file in members(path):
            if name in hashes:
                faults.append(f"{name} is there twice")
            if name in _SMALL:
                small[name] = file.read()
                file.seek(0)
            hashes[name] = _sha256(file)
    except OSError as error:
        if error.errno is not None:
            raise BackupError("archive_unreadable", _UNREADABLE.format(path=path, why=error.strerror)) from error
        raise BackupError("not_a_backup", _NO_BACKUP.format(path=path)) from error
    except (tarfile.TarError, EOFError, zlib.error) as error:
        raise BackupError("not_a_backup", _NO_BACKUP.format(path=path)) from error
    faults += differences(_expected(path, small), hashes)
    if faults:
        raise BackupError("archive_altered", _ALTERED.format(path=path), faults)
    return small


def _expected(path: Path, small: Mapping[str, bytes]) -> dict[str, str]:
    with suppress(ValueError, KeyError, TypeError, AttributeError):
        return {str(name): str(sha256) for name, sha256 in json.loads(small[MANIFEST])["members"].items()}
    raise BackupError("not_a_backup", _NO_BACKUP.format(path=path))


def differences(expected: Mapping[str, str], found: Mapping[str, str]) -> list[str]:
    """What the members of an archive are otherwise than its manifest says, one sentence for each."""
    faults = [f"{name} is missing" for name in expected if name not in found]
    faults += [f"{name} was altered" for name in expected if name in found and found[name] != expected[name]]
    return faults + [f"{name} is not in the manifest" for name in found if name not in expected and name not in _BESIDE]


def manifest_mac(ring: KeyRing, manifest: bytes) -> bytes:
    """The keyed hash over a manifest; it says nothing about the keys."""
    return ring.lookup_hash(f"backup {hashlib.sha256(manifest).hexdigest()}").encode()


def require_same_keys(ring: KeyRing, small: Mapping[str, bytes]) -> None:
    """Raises BackupError unless whoever wrote the manifest had these keys."""
    if not hmac.compare_digest(small.get(MAC, b""), manifest_mac(ring, small[MANIFEST])):
        raise BackupError("other_keys", _OTHER_KEYS)
