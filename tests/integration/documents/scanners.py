"""Scanners for tests: a small program that finds the harmless file by which real ones are tried out."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

from config import Config

# In two parts, so that no real scanner takes this source for the file itself.
EICAR = r"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + "EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
PROGRAM = """
import sys
from pathlib import Path
sys.exit({status_of_others} if b"EICAR-STANDARD" not in Path(sys.argv[-1]).read_bytes() else 1)
"""


def with_scanner(place: Config, *, status_of_others: int = 0) -> Config:
    """The installation with a scanner that knows one piece of malware, and this exit status for all else."""
    program = place.data.with_name(f"scanner{status_of_others}.py")
    program.write_text(PROGRAM.format(status_of_others=status_of_others))
    return replace(place, scan_command=(sys.executable, str(program), "--quiet"))


WRITER = """
import sqlite3, sys
try:
    with sqlite3.connect({file!r}, timeout=0) as database:
        database.execute("UPDATE person SET name = name WHERE id = 1")
except sqlite3.OperationalError:
    sys.exit(2)
"""


def that_writes(place: Config) -> Config:
    """The SQLite installation with a scanner that looks at nothing unless it can write to the database meanwhile."""
    program = place.data.with_name("writer.py")
    program.write_text(WRITER.format(file=place.database_url.removeprefix("sqlite:///")))
    return replace(place, scan_command=(sys.executable, str(program)))


def waiting_files(folder: Path) -> list[Path]:
    """Files that lie there to be scanned."""
    return list(folder.glob("scan-*"))
