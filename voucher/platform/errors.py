"""What can be refused, with a machine's code and a person's sentence.

Each edge (pages, commands, worker) has one handler for DomainError. A look-up or claim that a rule refuses is a value
and not an error, because the refused attempt is kept and must commit.
"""

from __future__ import annotations

from voucher.platform.i18n import said, said_of


class DomainError(Exception):
    """A request that the rules refuse; nothing of it was written.

    ``code`` is stable and for machines, ``message`` says what is wrong and what to do next, ``field`` names the
    input that caused it. ``audited`` asks the edge to record the refusal after rolling back.
    """

    audited = False

    def __init__(self, code: str, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.field = field


class NotFound(DomainError):
    """There is no such thing, or the actor may not know that there is."""


class Forbidden(DomainError):
    """The actor may see the thing and may not do this to it; the message is the reason."""

    audited = True


class InvalidTransition(DomainError):
    """A state change that the transition table does not have (rule 7); the edge audits it."""

    audited = True

    def __init__(self, kind: str, reference: str, now: str, to: str) -> None:
        super().__init__(
            "invalid_transition",
            said(
                "%(kind)s %(reference)s is %(now)s; it cannot become %(to)s.",
                kind=said(kind),
                reference=reference,
                now=said(now),
                to=said(to),
            ),
        )


class Conflict(DomainError):
    """Somebody else was faster, or the thing has changed since it was read."""


class FileRefused(DomainError):
    """An imported file with every fault found in it; nothing was written."""

    def __init__(self, faults: list[Fault]) -> None:
        words = said_of(len(faults), "The file has %(num)s fault.", "The file has %(num)s faults.")
        super().__init__("file_refused", words)
        self.faults = faults


class Fault:
    """One fault of a file: its row (the header is row 1; 0 where a file has no rows), column or key, and what to do."""

    def __init__(self, row: int, column: str, message: str) -> None:
        self.row = row
        self.column = column
        self.message = message

    def __str__(self) -> str:
        if not self.row:
            return f"{self.column}: {self.message}" if self.column else self.message
        where = f"row {self.row}" + (f", column {self.column}" if self.column else "")
        return f"{where}: {self.message}"

    def __repr__(self) -> str:
        return f"Fault({self!s})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Fault) and str(self) == str(other)

    def __hash__(self) -> int:
        return hash(str(self))
