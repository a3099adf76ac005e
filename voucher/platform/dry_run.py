"""Doing a thing for show: the whole of it is done in a transaction and then undone."""

from __future__ import annotations

from typing import Generic, TypeVar

T = TypeVar("T")


class DryRun(Exception, Generic[T]):
    """Raised at the edge inside the transaction, so that what a dry run shows is what the same code would do.

    ``found`` is what it came to, in plain values: rows are gone once the transaction is.
    """

    def __init__(self, found: T) -> None:
        super().__init__("a dry run was undone")
        self.found = found
