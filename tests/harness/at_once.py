"""Several people at once: each in a thread with an app context, a database session and a transaction of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from flask import Flask
from sqlalchemy.exc import DBAPIError

from voucher.audit.commands import transaction
from voucher.platform.act import Act
from voucher.platform.db import read_anew
from voucher.platform.errors import DomainError

P = ParamSpec("P")
T = TypeVar("T")

# A person's act, and the work: it loads its rows by number inside the transaction and says what came of it.
Job = tuple[Act, Callable[[Act], str]]
START_SECONDS = 60


def outcome(job: Job) -> str:
    """What one job came to: its own word, the code of a refusal, or "fault: …" for what nobody foresaw."""
    act, work = job
    try:
        with transaction(act.actor, act.clock):
            return work(act)
    except DomainError as refusal:
        return refusal.code
    except DBAPIError as error:
        return f"fault: {str(error.orig).splitlines()[0]}"


def at_once(app: Flask, jobs: Sequence[Job]) -> list[str]:
    """Starts all jobs at the same moment and gives what each came to, in their order."""
    start = threading.Barrier(len(jobs))

    def one(job: Job) -> str:
        with app.app_context():
            start.wait(START_SECONDS)
            return outcome(job)

    read_anew()
    with ThreadPoolExecutor(len(jobs)) as threads:
        return list(threads.map(one, jobs))


class Overtaking:
    """A schedule for two: the first stops after a step; the second does all of its work then, if nothing holds it back.

    The same schedule shows the guard and, with the guard taken away, the harm: held back, the second is waited for only
    for ``patience`` seconds.
    """

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._mine = threading.local()
        self._reached = threading.Event()
        self._overtaken = threading.Event()

    def stopping_after(self, step: Callable[P, T]) -> Callable[P, T]:
        """The step, after which whoever is first stops; put it where the first has read what it decides on."""

        def stopping(*args: P.args, **options: P.kwargs) -> T:
            came_to = step(*args, **options)
            if getattr(self._mine, "first", False) and not self._reached.is_set():
                self._reached.set()
                self._overtaken.wait(self._patience)
            return came_to

        return stopping

    def run(self, app: Flask, first: Job, second: Job) -> tuple[str, str]:
        """What the first and the second came to."""
        read_anew()
        with ThreadPoolExecutor(2) as threads:
            slow = threads.submit(self._first, app, first)
            fast = threads.submit(self._second, app, second)
            return slow.result(), fast.result()

    def _first(self, app: Flask, job: Job) -> str:
        self._mine.first = True
        with app.app_context():
            try:
                return outcome(job)
            finally:
                self._reached.set()

    def _second(self, app: Flask, job: Job) -> str:
        with app.app_context():
            assert self._reached.wait(START_SECONDS), "the first never came to the step"
            try:
                return outcome(job)
            finally:
                self._overtaken.set()
