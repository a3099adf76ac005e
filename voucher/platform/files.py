"""Bytes kept under their own hash in a folder; the one place that knows how files are stored."""

from __future__ import annotations

import hashlib
import os
import secrets
from pathlib import Path


class FileMissing(OSError):
    """The store has no bytes under that hash, or other bytes than the hash says."""


class FileStore:
    """A folder of files named by SHA-256. Writing is atomic; a file without a row, after a rollback, is harmless."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def _path(self, sha256: str) -> Path:
        return self.folder / sha256[:2] / sha256

    def put(self, data: bytes) -> str:
        """Keeps the bytes and gives their hash; the same bytes are kept once."""
        sha256 = hashlib.sha256(data).hexdigest()
        path = self._path(sha256)
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            partial = path.with_name(f"{sha256}.{secrets.token_hex(4)}.part")
            with partial.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            partial.replace(path)
        return sha256

    def get(self, sha256: str) -> bytes:
        """The bytes; raises FileMissing when they are gone or were changed."""
        path = self._path(sha256)
        if not path.exists():
            raise FileMissing(f"no file is stored under {sha256}")
        data = path.read_bytes()
        if hashlib.sha256(data).hexdigest() != sha256:
            raise FileMissing(f"the file stored under {sha256} was changed")
        return data
