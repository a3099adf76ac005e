"""Real processes on a copy of an installation: the web server with two workers, the job worker, and a browser."""

from __future__ import annotations

import http.client
import json
import multiprocessing
import os
import re
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from http.cookies import SimpleCookie
from multiprocessing.process import BaseProcess
from pathlib import Path
from urllib.parse import urlencode

from config import Config
from tests.harness import shifted
from tests.harness.clock import START
from tests.harness.world import PASSWORD

# A machine with other work needs half a minute to start a worker anew.
START_SECONDS, ANSWER_SECONDS = 180.0, 120.0
PDF = b"%%PDF-1.7\n%% %s\n%%%%EOF\n"


def until(true: Callable[[], bool], what: str, seconds: float = START_SECONDS) -> None:
    """Waits for something, but not for ever."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, f"waited {seconds} seconds in vain: {what}"
        time.sleep(0.05)


def environment(config: Config, *, ahead: timedelta = timedelta(), die_once: Path | None = None) -> dict[str, str]:
    """What the processes are told; their clock starts where the test's stands, or ahead of it."""
    shift = (START + ahead - datetime.now(UTC)).total_seconds()
    return {
        **os.environ,
        "VOUCHER_DATA": str(config.data),
        "DATABASE_URL": config.database_url,
        "VOUCHER_BASE_URL": config.base_url,
        "SHIFT_SECONDS": str(shift),
        **({"DIE_ONCE": str(die_once)} if die_once else {}),
    }


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


# One process reads the product and does nothing else: what it forks is as new as if it had begun by itself, seconds
# sooner.
_NEW = multiprocessing.get_context("forkserver")
_NEW.set_forkserver_preload([shifted.__name__])


@contextmanager
def process(work: Callable[[], object], *, env: Mapping[str, str], log: Path) -> Iterator[BaseProcess]:
    """A process of our own, which is gone at the end whatever happens; what it says is in the log."""
    started = _NEW.Process(target=_begin, args=(work, dict(env), log))
    started.start()
    try:
        yield started
    finally:
        if started.is_alive():
            os.killpg(os.getpgid(started.pid or 0), signal.SIGKILL)
        started.join()


def _begin(work: Callable[[], object], env: Mapping[str, str], log: Path) -> None:
    os.setsid()
    os.environ.clear()
    os.environ.update(env)
    with log.open("ab") as out:
        for said in (sys.stdout, sys.stderr):
            os.dup2(out.fileno(), said.fileno())
    work()


def status(ended: BaseProcess, seconds: float = START_SECONDS) -> int | None:
    """The exit status of a process that ends by itself."""
    ended.join(seconds)
    return ended.exitcode


@contextmanager
def web(config: Config, log: Path, *, die_once: Path | None = None) -> Iterator[WebServer]:
    """gunicorn with two workers, as it is run in earnest."""
    server = WebServer(free_port())
    env = environment(config, die_once=die_once)
    with process(partial(shifted.serve, server.port), env=env, log=log) as master:
        server.master = master
        until(server.answers, f"the web server's start; see {log}")
        yield server


class WebServer:
    """A running web server."""

    master: BaseProcess

    def __init__(self, port: int) -> None:
        self.port = port

    def answers(self) -> bool:
        try:
            return Browser(self.port).ask("GET", "/sign-in")[0] == 200
        except OSError:
            return False

    def workers(self) -> list[int]:
        """The processes that answer, which the master starts again when one dies."""
        pid = self.master.pid
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

    def kill_one(self) -> int:
        """Kills a worker without warning and gives its number."""
        killed = self.workers()[0]
        os.kill(killed, signal.SIGKILL)
        return killed


class Browser:
    """Somebody at a browser: cookies, forms and JSON over HTTP, a connection for each request."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._cookies: dict[str, str] = {}
        self.token = ""

    def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, str]:
        """Status and text; OSError or HTTPException when the server went away."""
        cookies = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        with closing(http.client.HTTPConnection("127.0.0.1", self._port, timeout=ANSWER_SECONDS)) as connection:
            connection.request(method, path, body, {"Cookie": cookies, **sent})
            answer = connection.getresponse()
            text = answer.read().decode()
        for line in answer.headers.get_all("Set-Cookie") or []:
            self._cookies |= {name: morsel.value for name, morsel in SimpleCookie(line).items()}
        return answer.status, text

    def sign_in(self, email: str) -> None:
        _status, page = self.ask("GET", "/sign-in")
        found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
        assert found, "the sign-in page has no token"
        fields = {"csrf_token": found[1], "email": email, "password": PASSWORD}
        status, text = self.ask(
            "POST", "/sign-in", urlencode(fields).encode(), Content_Type="application/x-www-form-urlencoded"
        )
        assert status == 302, text
        status, text = self.ask("GET", "/claims/new", Accept="application/json")
        assert status == 200, text
        self.token = json.loads(text)["csrf_token"]

    def claim(self, session_id: str, key: str, invoice: str, net_pence: int = 5500) -> tuple[int, dict[str, object]]:
        """Hands in a claim with an invoice of its own, as JSON asks for it."""
        vat_pence = (net_pence * 20 + 50) // 100
        fields = {
            "session": session_id,
            "request_key": key,
            "invoice_number": invoice,
            "invoiced_on": START.date().isoformat(),
            "net": f"{net_pence / 100:.2f}",
            "vat": f"{vat_pence / 100:.2f}",
            "vat_rate": "2000",
        }
        parts = [f'Content-Disposition: form-data; name="{name}"\r\n\r\n{value}' for name, value in fields.items()]
        file = PDF % invoice.encode()
        parts.append(
            'Content-Disposition: form-data; name="invoice_files"; filename="invoice.pdf"\r\n'
            f"Content-Type: application/pdf\r\n\r\n{file.decode()}"
        )
        body = "".join(f"--limit\r\n{part}\r\n" for part in parts) + "--limit--\r\n"
        status, text = self.ask(
            "POST",
            "/claims/new",
            body.encode(),
            Accept="application/json",
            X_CSRFToken=self.token,
            Content_Type="multipart/form-data; boundary=limit",
        )
        return status, json.loads(text)
