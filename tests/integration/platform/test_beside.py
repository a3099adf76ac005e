"""Work in a copy of the process: both sides use the database, and a copy that dies is told of."""

from __future__ import annotations

import os
import signal

import pytest
from flask import Flask
from sqlalchemy import func, select

from voucher.organisations.models import Enterprise
from voucher.platform.beside import beside
from voucher.platform.db import atomic, session


def write(group: str) -> int:
    with atomic():
        session.add(Enterprise(group_name=group))
    return os.getpid()


def enterprises() -> list[str]:
    return sorted(session.scalars(select(Enterprise.group_name)))


def test_both_write_and_what_the_copy_gives_arrives(app: Flask) -> None:
    write("before")  # so that a connection was open
    wait = beside(lambda: write("copy"))
    write("here")
    assert wait() != os.getpid()
    session.remove()
    assert enterprises() == ["before", "copy", "here"]


def test_a_copy_that_dies_is_an_error_when_it_is_waited_for_and_leaves_nothing_by_half(app: Flask) -> None:
    def die() -> None:
        with atomic():
            session.add(Enterprise(group_name="lost"))
            session.flush()
            os.kill(os.getpid(), signal.SIGKILL)

    wait = beside(die)
    with pytest.raises(ChildProcessError, match="-9"):
        wait()
    assert session.scalar(select(func.count()).select_from(Enterprise)) == 0
