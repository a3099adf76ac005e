"""Claims a second through HTTP, and the same writes as raw SQL by as many clients in the same run."""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import BrokenBarrierError
from typing import Any

from config import Config
from scripts.benchmarks.capture import PROVIDER, Claim, claims_written, connect, net_pence
from scripts.benchmarks.figures import line, percentile, table
from scripts.benchmarks.place import Place, durability, place, town
from tests.concurrency.processes import Browser, WebServer, web

START_SECONDS = 300
HEADER = ("clients", "claims/s", "raw/s", "ratio", "p50 ms", "p99 ms", "raw p50", "raw p99", "web CPU ms a claim")
# Forked: a client begins with what it is to send, and opens its own connections.
_FORK = multiprocessing.get_context("fork")


@dataclass(frozen=True)
class Result:
    """What some clients did: how long each claim took, and all of them together, in seconds."""

    durations: list[float]
    seconds: float

    @property
    def rate(self) -> float:
        """Claims a second."""
        return len(self.durations) / self.seconds


def measure(engine: str, number: int, clients: Sequence[int]) -> None:
    """Measures one engine and prints a row for each number of clients."""
    with place(engine) as here:
        original, sessions = _recorded(here, number)
        with here.copied(original) as copy:
            written = claims_written(copy, sessions)
        print(f"\n{durability(original.database_url)}")
        print(f"One claim: {sum(map(len, written)) / number:.1f} statements that write. {number} claims each time.\n")
        print(table(HEADER, []), flush=True)
        for each in clients:  # A row at a time: the whole takes minutes.
            print(line(_row(here, original, sessions, written, each), [len(name) for name in HEADER]), flush=True)


def _recorded(here: Place, number: int) -> tuple[Config, list[str]]:
    """A town at rest with so many recorded sessions, each on a voucher of its own."""
    config = here.new()
    with town(config, number) as world:
        return config, [world.recorded(world.issued()).public_id for _each in range(number)]


def _row(here: Place, original: Config, sessions: list[str], written: list[Claim], clients: int) -> list[str]:
    with here.copied(original) as copy, web(copy, copy.data / "web.log") as server:
        parts = _parts(list(enumerate(sessions)), clients)
        before = 0.0

        def started() -> None:
            nonlocal before
            before = _cpu_seconds(server)

        http = _at_once([_HttpClient(server.port, part) for part in parts], started)
        used = _cpu_seconds(server) - before
    with here.copied(original) as copy:
        raw = _at_once([_RawClient(copy.database_url, part) for part in _parts(written, clients)])
    return [
        str(clients),
        f"{http.rate:.1f}",
        f"{raw.rate:.1f}",
        f"{http.rate / raw.rate:.3f}",
        *(f"{percentile(each.durations, share):.0f}" for each in (http, raw) for share in (50, 99)),
        f"{used / len(sessions) * 1000:.0f}",
    ]


def _parts(things: list[Any], clients: int) -> list[list[Any]]:
    return [things[first::clients] for first in range(min(clients, len(things)))]


@dataclass(frozen=True)
class _HttpClient:
    """A person of the provider's who signs in once and then hands one claim in after the other."""

    port: int
    part: list[tuple[int, str]]

    def prepare(self) -> list[Callable[[], None]]:
        browser = Browser(self.port)
        browser.sign_in(PROVIDER)
        return [lambda number=number, one=one: self._claim(browser, number, one) for number, one in self.part]

    def _claim(self, browser: Browser, number: int, session_id: str) -> None:
        status, answer = browser.claim(session_id, f"bench-{number:08d}", f"BENCH-{number}", net_pence(number))
        if status != 201:
            raise RuntimeError(f"a claim was answered {status}: {answer}")


@dataclass(frozen=True)
class _RawClient:
    """A connection that sends what claims wrote, each claim in a transaction."""

    url: str
    part: list[Claim]

    def prepare(self) -> list[Callable[[], None]]:
        connection = connect(self.url)
        begin = "BEGIN IMMEDIATE" if self.url.startswith("sqlite") else "BEGIN"
        return [lambda claim=claim: self._write(connection, begin, claim) for claim in self.part]

    def _write(self, connection: Any, begin: str, claim: Claim) -> None:
        connection.execute(begin)
        for statement, given in claim:
            connection.execute(statement, given)
        connection.execute("COMMIT")


def _at_once(clients: Sequence[_HttpClient | _RawClient], started: Callable[[], None] = lambda: None) -> Result:
    """Lets each client work in a process of its own, all from the same moment."""
    ready, told = _FORK.Barrier(len(clients) + 1), _FORK.SimpleQueue()
    workers = [_FORK.Process(target=_work, args=(client, ready, told), daemon=True) for client in clients]
    for worker in workers:
        worker.start()
    with suppress(BrokenBarrierError):  # A client that could not begin says why below.
        ready.wait(START_SECONDS)
        started()
        ready.wait(START_SECONDS)
    results = [told.get() for _worker in workers]
    for worker in workers:
        worker.join()
    failed = [each for each in results if isinstance(each, str)]
    if failed:
        raise RuntimeError("\n".join(failed))
    durations = [seconds for begun, took in results for seconds in took]
    return Result(durations, max(begun + sum(took) for begun, took in results) - min(begun for begun, _took in results))


def _work(client: _HttpClient | _RawClient, ready: Any, told: Any) -> None:
    try:
        steps = client.prepare()
        ready.wait(START_SECONDS)
        ready.wait(START_SECONDS)
        begun, took = time.monotonic(), []
        for step in steps:
            at = time.monotonic()
            step()
            took.append(time.monotonic() - at)
        told.put((begun, took))
    except Exception as error:  # Whatever it is, whoever waits for this client hears of it.
        ready.abort()
        told.put(f"{type(error).__name__}: {error}")


def _cpu_seconds(server: WebServer) -> float:
    """What the web server's workers have used of the processors so far."""
    ticks = 0
    for worker in server.workers():
        fields = Path(f"/proc/{worker}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")
