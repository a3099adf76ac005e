"""No test reaches beyond this machine: not by a socket, and not by asking for a name's address."""

from __future__ import annotations

import ipaddress
import os
import socket
import sys
from collections.abc import Sequence

from sqlalchemy import make_url

REACHES_OUT = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})
ASKS_FOR_A_NAME = frozenset({"socket.getaddrinfo", "socket.gethostbyname"})


class OutsideReached(RuntimeError):
    """A test wanted something from another machine."""


class Guard:
    """Refuses and remembers, so that a test fails even when the code that it tests swallows the refusal."""

    def __init__(self) -> None:
        given = os.environ.get("TEST_DATABASE_URL")
        self._allowed = {"localhost", make_url(given).host if given else None}
        self.refused: list[str] = []

    def install(self) -> None:
        """Watches every socket of the process until it ends."""
        sys.addaudithook(self.watch)

    def watch(self, event: str, args: Sequence[object]) -> None:
        """Raises OutsideReached for an event that leaves the machine."""
        if event in REACHES_OUT:
            sock, address = args[0], args[1]
            if isinstance(sock, socket.socket) and sock.family in (socket.AF_INET, socket.AF_INET6):
                self._check(event, address[0] if isinstance(address, tuple) else None)
        elif event in ASKS_FOR_A_NAME:
            self._check(event, args[0])

    def _check(self, event: str, host: object) -> None:
        name = host.decode() if isinstance(host, bytes) else host
        if name is None or name in self._allowed or (isinstance(name, str) and _is_loopback(name)):
            return
        self.refused.append(f"{event} {name}")
        raise OutsideReached(f"a test may not reach {name}")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
