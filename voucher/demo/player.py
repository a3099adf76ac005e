"""Giving commands as named people at chosen moments, as an operator would at a terminal."""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import click


class StoryBroke(RuntimeError):
    """A command of the story was refused; its text says which and why."""


class Player:
    """Runs ``voucher`` commands. ``folder`` takes the files that they read and write.

    At a chosen ``moment`` the clock goes on by ``pause`` after each command.
    """

    def __init__(self, root: click.Command, folder: Path, domain: str) -> None:
        self.root = root
        self.folder = folder
        self.domain = domain
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
        """What the worker does at the story's moment, on all processors: it draws more than half of the time."""
        self.do(None, "worker", "--once", "--processes", str(len(os.sched_getaffinity(0))))

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
