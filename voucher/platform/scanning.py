"""Looking for malware in files that are handed in: one command of the installation's choice, run on each of them."""

from __future__ import annotations

import hashlib
import subprocess
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from enum import Enum, auto
from pathlib import Path

SECONDS = 20  # for one file; whoever handed it in waits meanwhile, and nobody else
SECONDS_TO_ANSWER = 5  # for a few bytes, when somebody asks whether the scanner works
CLEAN_STATUS, INFECTED_STATUS = 0, 1


class Finding(Enum):
    """What is known of a file after it was looked at."""

    CLEAN = auto()
    INFECTED = auto()
    NOT_CHECKED = auto()  # the scanner did not answer, or not in time: nobody knows
    NO_SCANNER = auto()


class NotLookedAt(RuntimeError):
    """A file is kept that nobody looked at before the transaction: a programming error, for that is the edge's part."""


class Scanner:
    """The installation's scanner: a command line to which a file's path is added. It may be none at all.

    Exit status 0 says that a file is clean and 1 that it is not, as clamdscan's do; anything else says nothing.
    ``folder`` is where a file lies while it is looked at, readable by its owner only. What was found already is known
    by the files' SHA-256, so that no transaction waits for a scanner: on SQLite every other writer would wait with it.
    """

    def __init__(self, command: Sequence[str], folder: Path, found: Mapping[str, Finding] | None = None) -> None:
        self._command = tuple(command)
        self._folder = folder
        self._found = dict(found or {})

    def after_looking_at(self, files: Iterable[bytes]) -> Scanner:
        """The scanner that knows of these files too; what takes time is done here."""
        if not self._command:
            return self
        looked_at = {hashlib.sha256(data).hexdigest(): self.look_at(data) for data in files}
        return Scanner(self._command, self._folder, {**self._found, **looked_at})

    def finding(self, data: bytes) -> Finding:
        """What is known of these bytes, at once; raises NotLookedAt when there is a scanner that did not look."""
        if not self._command:
            return Finding.NO_SCANNER
        try:
            return self._found[hashlib.sha256(data).hexdigest()]
        except KeyError:
            raise NotLookedAt("after_looking_at() comes before the transaction in which a file is kept") from None

    def look_at(self, data: bytes, *, seconds: int = SECONDS) -> Finding:
        """What the scanner says of these bytes; nothing of them stays."""
        if not self._command:
            return Finding.NO_SCANNER
        try:
            status = self._run(data, seconds)
        except (OSError, subprocess.TimeoutExpired):
            return Finding.NOT_CHECKED
        return {CLEAN_STATUS: Finding.CLEAN, INFECTED_STATUS: Finding.INFECTED}.get(status, Finding.NOT_CHECKED)

    def answers(self) -> bool:
        """Whether files can be taken in: the scanner finds nothing in a few harmless bytes, or there is none."""
        return self.look_at(b"Nothing is in here.\n", seconds=SECONDS_TO_ANSWER) is not Finding.NOT_CHECKED

    def _run(self, data: bytes, seconds: int) -> int:
        with tempfile.NamedTemporaryFile(dir=self._folder, prefix="scan-") as file:
            file.write(data)
            file.flush()
            # An argument list of the installation's own setting, and no shell.
            return subprocess.run(  # noqa: S603
                [*self._command, file.name],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=seconds,
                check=False,
            ).returncode
