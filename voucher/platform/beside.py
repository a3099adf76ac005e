"""Work in a copy of this process, while this one goes on."""

from __future__ import annotations

import gc
import multiprocessing
from collections.abc import Callable
from multiprocessing.queues import SimpleQueue
from typing import TypeVar

from voucher.platform.db import engine, session

T = TypeVar("T")

_FORK = multiprocessing.get_context("fork")  # A copy has the app, its clock and its keys at once.


def beside(work: Callable[[], T]) -> Callable[[], T]:
    """Begins work in a copy of this process, and gives what waits for it and for what it gives.

    That is sent through a pipe, so it must be small. Waiting for a copy that died raises ChildProcessError.
    """
    # No connection may be open on both sides: each opens its own.
    session.remove()
    engine().dispose()
    given: SimpleQueue[T] = _FORK.SimpleQueue()
    copy = _FORK.Process(target=_in_a_copy, args=(work, given))
    gc.freeze()  # The copy does not look through what is there for cycles, which would write to all of it.
    copy.start()
    gc.unfreeze()

    def wait() -> T:
        copy.join()
        if copy.exitcode:
            raise ChildProcessError(copy.exitcode)
        return given.get()

    return wait


def _in_a_copy(work: Callable[[], T], given: SimpleQueue[T]) -> None:
    given.put(work())
    session.remove()
