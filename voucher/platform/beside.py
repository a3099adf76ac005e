"""Work in copies of this process, while this one goes on."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any, Generic, TypeVar

from voucher.platform.db import engine, session

G = TypeVar("G")
T = TypeVar("T")

_FORK = multiprocessing.get_context("fork")  # A copy has the app and its keys at once.


class Beside(Generic[G, T]):
    """Copies of this process that do one kind of work each time that they are asked, and keep what they have read.

    All of them are given the same, for work that shares itself out. What they are given and give is sent through pipes,
    so it must be small. They end when they are told to, or with this process.
    """

    def __init__(self, work: Callable[[G], T], copies: int) -> None:
        # No connection may be open on both sides: each opens its own.
        session.remove()
        engine().dispose()
        self._copies: list[tuple[BaseProcess, Connection]] = []
        self._begun = 0
        for _number in range(copies):
            ours, theirs = _FORK.Pipe()
            others = [*(pipe for _copy, pipe in self._copies), ours]
            copy = _FORK.Process(target=_answer, args=(work, theirs, others), daemon=True)
            copy.start()
            theirs.close()
            self._copies.append((copy, ours))

    def begin(self, given: G) -> None:
        """Asks for the work; who is at work still does it afterwards."""
        self._begun += 1
        for _copy, pipe in self._copies:
            pipe.send(given)

    def wait(self, left: int = 0) -> list[T]:
        """Waits until only so many of what was begun are ``left``, and gives what came of the others.

        Raises ChildProcessError when a copy has died.
        """
        over, self._begun = max(0, self._begun - left), min(self._begun, left)
        return [_received(copy, pipe) for copy, pipe in self._copies for _each in range(over)]

    def end(self) -> None:
        """Lets the copies end."""
        for copy, pipe in self._copies:
            pipe.close()
            copy.join()


def _received(copy: BaseProcess, pipe: Connection) -> Any:
    try:
        return pipe.recv()
    except EOFError as died:
        copy.join()
        raise ChildProcessError(copy.exitcode) from died


def _answer(work: Callable[[G], T], pipe: Connection, others: Sequence[Connection]) -> None:
    for other in others:
        other.close()  # or nobody would notice that the first process has closed it
    while True:
        try:
            given = pipe.recv()
        except EOFError:
            session.remove()
            return
        pipe.send(work(given))
