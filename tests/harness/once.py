"""What takes long to make, made by one process of a run for all of them."""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Callable
from pathlib import Path


def made_once(shared: Path, name: str, make: Callable[[Path], object]) -> Path:
    """A folder that whichever process asks first fills, and that all the others find full and leave as it is."""
    made, begun = shared / name, shared / f"{name}-begun"
    with (shared / f"{name}-lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            shutil.rmtree(begun, ignore_errors=True)
            begun.mkdir()
            make(begun)
            begun.rename(made)
    return made
