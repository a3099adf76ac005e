"""Work in a copy of the process: both sides use the database, and a copy that dies is told of."""

from __future__ import annotations

import os
import signal

import pytest
from flask import Flask
from sqlalchemy import func, select

from voucher.organisations.models import Enterprise
from voucher.platform.beside import Beside
from voucher.platform.db import atomic, session


def write(group: str) -> int:
    with atomic():
        session.add(Enterprise(group_name=f"{group} {os.getpid()}"))
    return os.getpid()


def enterprises() -> list[str]:
    return sorted(name.split()[0] for name in session.scalars(select(Enterprise.group_name)) if name)


def test_all_write_at_once_and_what_each_copy_gives_arrives(app: Flask) -> None:
    write("before")  # so that a connection was open
    copies = Beside(write, 2)
    copies.begin("first")
    copies.begin("second")
    write("here")
    found = [*copies.wait(left=1), *copies.wait()]
    session.remove()
    assert enterprises() == ["before", "first", "first", "here", "second", "second"]
    assert len(found) == 4
    assert len(set(found)) == 2  # each copy did both
    assert os.getpid() not in found
    assert copies.wait() == []
    copies.begin("third")
    assert set(copies.wait()) == set(found)
    copies.end()
    assert [copy.exitcode for copy, _pipe in copies._copies] == [0, 0]


def test_a_copy_that_dies_is_an_error_when_it_is_waited_for_and_leaves_nothing_by_half(app: Flask) -> None:
    def die(group: str) -> None:
        with atomic():
            session.add(Enterprise(group_name=group))
            session.flush()
            os.kill(os.getpid(), signal.SIGKILL)

    copies = Beside(die, 1)
    copies.begin("lost")
    with pytest.raises(ChildProcessError, match="-9"):
        copies.wait()
    copies.end()
    assert session.scalar(select(func.count()).select_from(Enterprise)) == 0
