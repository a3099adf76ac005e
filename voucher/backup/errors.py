"""What stops a backup or a restore."""

from __future__ import annotations

from collections.abc import Sequence

from voucher.platform.errors import DomainError

SHOWN = 20


class BackupError(DomainError):
    """A backup that could not be made whole, or a restore that was refused; nothing was left behind.

    ``faults`` are all that was found, one sentence each; the message shows the first twenty of them.
    """

    def __init__(self, code: str, message: str, faults: Sequence[str] = ()) -> None:
        more = [f"and {len(faults) - SHOWN} more"] if len(faults) > SHOWN else []
        super().__init__(code, "\n".join([message, *(f"- {fault}" for fault in [*faults[:SHOWN], *more])]))
        self.faults = tuple(faults)
