"""The harness itself: what stops a test from reaching a database or another machine."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from tests.conftest import GUARD
from tests.harness.clock import START, FixedClock
from tests.harness.sockets import OutsideReached

ELSEWHERE = "192.0.2.1"  # an address that stands for another machine in documents


@pytest.fixture
def forgotten(nothing_outside: None) -> Iterator[None]:
    """Takes the noted refusals away again, so that this test does not fail by what it provokes."""
    yield
    GUARD.refused.clear()


@pytest.mark.usefixtures("forgotten")
def test_a_socket_to_another_machine_is_refused_and_noted() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock, pytest.raises(OutsideReached):
        sock.connect((ELSEWHERE, 9))
    assert GUARD.refused == [f"socket.connect {ELSEWHERE}"]


@pytest.mark.usefixtures("forgotten")
def test_a_question_for_a_name_is_refused_and_noted() -> None:
    with pytest.raises(OutsideReached):
        socket.getaddrinfo("mail.example.org", 25)
    assert len(GUARD.refused) == 1


def test_loopback_and_unix_sockets_are_allowed() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()):
        pass
    near, far = socket.socketpair()
    near.close()
    far.close()
    assert GUARD.refused == []


def test_the_clock_stands_still_until_it_is_moved() -> None:
    clock = FixedClock()
    assert clock() == clock() == START
    clock.advance(days=1, hours=2)
    assert clock().isoformat() == "2026-04-08T11:00:00+00:00"
    with pytest.raises(ValueError, match="time zone"):
        clock.set(START.replace(tzinfo=None))
