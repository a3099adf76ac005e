"""Giving commands as named people at chosen moments, as an operator would at a terminal."""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

import click

ROUNDS_BEHIND = 2


class Copies(Protocol):
    """Copies of this process that do the worker's post of a moment, and say what went wrong."""

    def begin(self, given: datetime | None) -> None:
        """Asks for it."""

    def wait(self, left: int) -> list[str]:
        """Waits until so many of what was asked for are left; raises ChildProcessError when a copy has died."""

    def end(self) -> None:
        """Lets them end."""


class StoryBroke(RuntimeError):
    """A command of the story was refused; its text says which and why."""


class Player:
    """Runs ``voucher`` commands. ``folder`` takes the files that they read and write.

    At a chosen ``moment`` the clock goes on by ``pause`` after each command. ``copied`` makes so many copies of this
    process, to do something while the story goes on.
    """

    def __init__(
        self,
        root: click.Command,
        folder: Path,
        domain: str,
        copied: Callable[[Callable[[datetime | None], str], int], Copies],
    ) -> None:
        self.root = root
        self.folder = folder
        self.domain = domain
        self._copied = copied
        self._workers: Copies | None = None
        self.moment: datetime | None = None
        self.pause = timedelta()

    def email(self, name: str) -> str:
        """The address of a member of staff; other people are named by their own."""
        return name if "@" in name else f"{name}@{self.domain}"

    def do(self, who: str | None, *arguments: str, stdin: str = "") -> Any:
        """One command as a person, at the story's moment; gives what it answered as JSON."""
        given = [*arguments, *(["--as", self.email(who)] if who else []), "--json"]
        said, complained = io.StringIO(), io.StringIO()
        with _environment(self.moment), _standard_input(stdin), redirect_stdout(said), redirect_stderr(complained):
            status = self.root.main(args=given, prog_name="voucher", standalone_mode=False)
        if status:
            raise StoryBroke(f"voucher {' '.join(given)}: {said.getvalue()}{complained.getvalue()}")
        if self.moment is not None:
            self.moment += self.pause
        return json.loads(said.getvalue())

    def work(self) -> None:
        """What the worker does at the story's moment: what falls due at once, and the post while the story goes on.

        Drawing is more than half of all that the story takes, so that as many copies do it as there are processors.
        """
        self.do(None, "worker", "--once", "--only", "due")
        self._workers = self._workers or self._copied(self._post, len(os.sched_getaffinity(0)))
        self._workers.begin(self.moment)
        self._wait(ROUNDS_BEHIND)  # or letters would tell of what is months ahead of them

    def rest(self) -> None:
        """Waits until the post of all the worker's rounds so far is done."""
        self._wait(0)

    def _wait(self, left: int) -> None:
        if self._workers is None:
            return
        try:
            said = "\n".join(filter(None, self._workers.wait(left)))
        except ChildProcessError as died:
            said = f"the worker ended with {died}"
        if said:
            raise StoryBroke(said)

    def dismiss(self) -> None:
        """Waits for the worker, and lets it end."""
        self.rest()
        if self._workers is not None:
            self._workers.end()
            self._workers = None

    def _post(self, moment: datetime | None) -> str:
        """The rest of the worker's round; gives what went wrong, which a copy of the process cannot raise."""
        self.moment = moment
        try:
            self.do(None, "worker", "--once", "--only", "post")
        except StoryBroke as broke:
            return str(broke)
        return ""

    def file(self, name: str, content: str | bytes) -> str:
        """Writes a file for a command to read, and gives its path."""
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(path)


@contextmanager
def _environment(moment: datetime | None) -> Iterator[None]:
    """The demo's clock, for one command; a person's own use of the installation goes by the system's."""
    if moment is None:
        yield
        return
    before = dict(os.environ)
    os.environ.update(VOUCHER_TESTING="1", VOUCHER_NOW=moment.isoformat())
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@contextmanager
def _standard_input(text: str) -> Iterator[None]:
    before, sys.stdin = sys.stdin, io.StringIO(text)
    try:
        yield
    finally:
        sys.stdin = before
