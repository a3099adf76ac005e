"""The same work in several processes at once, for work that leases what it takes and so shares itself out."""

from __future__ import annotations

import gc
import multiprocessing
from collections.abc import Callable
from multiprocessing.queues import SimpleQueue
from typing import TypeVar

from voucher.platform.db import engine, session

T = TypeVar("T")

_FORK = multiprocessing.get_context("fork")  # A copy has the app, its clock and its keys at once.


def side_by_side(work: Callable[[], T], processes: int) -> tuple[list[T], int]:
    """Works here and in copies of this process, until all are through: what each gives, and how many copies failed.

    What a copy gives is sent through a pipe, so it must be small. A fault in this process ends it after the copies.
    """
    if processes < 2:
        return [work()], 0
    # No connection may be open on both sides: each opens its own.
    session.remove()
    engine().dispose()
    given: SimpleQueue[T] = _FORK.SimpleQueue()
    copies = [_FORK.Process(target=_in_a_copy, args=(work, given)) for _copy in range(processes - 1)]
    gc.freeze()  # What is there is not looked through for cycles, which would write to all of it, in every copy.
    for copy in copies:
        copy.start()
    try:
        here = work()
    finally:
        for copy in copies:
            copy.join()
        gc.unfreeze()
    there = [given.get() for copy in copies if copy.exitcode == 0]
    return [here, *there], len(copies) - len(there)


def _in_a_copy(work: Callable[[], T], given: SimpleQueue[T]) -> None:
    given.put(work())
    session.remove()
