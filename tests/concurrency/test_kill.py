"""Processes that are killed without warning lose nothing and do nothing twice."""

from __future__ import annotations

import http.client
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import NamedTuple

import pytest

from config import ROOT, Config
from tests.concurrency.processes import Browser, WebServer, environment, process, status, until, web
from tests.concurrency.races import holding, number
from tests.harness import shifted
from tests.harness.balances import faults
from tests.harness.clock import FixedClock
from tests.harness.ready import Ready, copied, running
from tests.harness.reconciled import assert_reconciled
from tests.harness.shifted import BEFORE_ANSWER, BEFORE_COMMIT
from tests.harness.world import World, add_package
from voucher.platform.db import session

PAT = "pat@provider.example"
CLAIMS, CLIENTS, PATIENCE = 24, 3, 180
KILL_AFTER = (4, 10, 16)  # acknowledged claims
LEASE_OVER = timedelta(minutes=6)


class Receipt(NamedTuple):
    """What a client was told when its claim was accepted."""

    session_id: str
    key: str
    invoice: str
    status: int
    claim: object


@contextmanager
def books(ready: Ready, config: Config) -> Iterator[World]:
    """The installation read by the test's own process."""
    clock = FixedClock()
    with running(config, clock):
        yield ready.world(clock)


@pytest.fixture
def place(ready: Ready, tmp_path: Path) -> Iterator[Config]:
    with copied(ready, tmp_path, base_url="http://127.0.0.1") as config:
        yield config


def sessions_to_claim(ready: Ready, config: Config, count: int) -> list[str]:
    """Recorded sessions by their public ids, twelve on each voucher at most."""
    with books(ready, config) as world:
        package, made = add_package(world, world.provider, "SMALL", 55_00), list[str]()
        while len(made) < count:
            some = holding(world, world.issued(), package, min(12, count - len(made)))
            made += [item.public_id for item in some]
        return made


def persist(browser: Browser, session_id: str) -> Receipt:
    """Sends a claim with one request key until it is acknowledged, whatever happens to the server."""
    key, invoice, end = f"key-{session_id}", f"INV-{session_id}", time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            status, answer = browser.claim(session_id, key, invoice)
        except (OSError, http.client.HTTPException):
            time.sleep(0.1)  # A worker was killed under this request; whether it was kept, we cannot know.
            continue
        assert status in (200, 201), answer
        return Receipt(session_id, key, invoice, status, answer["claim"])
    raise AssertionError(f"no acknowledgement for {session_id} in {PATIENCE} seconds")


def client(server: WebServer) -> Browser:
    """The provider's manager, signed in."""
    browser = Browser(server.port)
    browser.sign_in(PAT)
    return browser


def claim_while_workers_die(server: WebServer, sessions: list[str]) -> list[Receipt]:
    """Three clients claim everything; each time that enough was acknowledged, a web worker is killed."""
    receipts: list[Receipt] = []

    def claim_some(browser: Browser, mine: list[str]) -> None:
        for session_id in mine:
            receipts.append(persist(browser, session_id))

    def kill_some() -> None:
        for enough in KILL_AFTER:
            until(lambda enough=enough: len(receipts) >= enough, f"{enough} acknowledged claims")  # type: ignore[misc]
            killed = server.kill_one()
            until(lambda killed=killed: killed not in server.workers(), "the worker's end")  # type: ignore[misc]

    with ThreadPoolExecutor(CLIENTS + 1) as threads:
        work = [threads.submit(claim_some, client(server), sessions[i::CLIENTS]) for i in range(CLIENTS)]
        for done in (*work, threads.submit(kill_some)):
            done.result()
    return receipts


@pytest.mark.slow
@pytest.mark.rule(18)
def test_no_acknowledged_claim_is_lost_when_web_workers_are_killed(ready: Ready, place: Config, tmp_path: Path) -> None:
    sessions = sessions_to_claim(ready, place, CLAIMS)
    with web(place, tmp_path / "web.log") as server:
        receipts = claim_while_workers_die(server, sessions)
        until(lambda: len(server.workers()) == 2, "two living workers")
        browser = client(server)
        again = [browser.claim(item.session_id, item.key, item.invoice) for item in receipts]
    assert [status for status, _answer in again] == [200] * CLAIMS
    assert [answer["claim"] for _status, answer in again] == [item.claim for item in receipts]
    with books(ready, place) as world:
        assert number("SELECT COUNT(*) FROM redemption") == CLAIMS
        assert number("SELECT COUNT(DISTINCT redemption_id) FROM delivery_session WHERE state = 'claimed'") == CLAIMS
        assert faults() == []
        assert_reconciled(world)


@pytest.mark.slow
@pytest.mark.rule(18)
def test_a_retry_gets_the_claim_whether_the_worker_died_before_its_commit_or_before_its_answer(
    ready: Ready, place: Config, tmp_path: Path
) -> None:
    first, second = sessions_to_claim(ready, place, 2)
    die_once = tmp_path / "die-once"
    with web(place, tmp_path / "web.log", die_once=die_once) as server:
        browser = client(server)
        die_with(browser, die_once, BEFORE_COMMIT, first)
        assert claims_kept(ready, place) == 0
        assert browser.claim(first, f"key-{first}", f"INV-{first}")[0] == 201

        die_with(browser, die_once, BEFORE_ANSWER, second)
        assert claims_kept(ready, place) == 2
        # Control: without its first key, a client could not tell its own claim from somebody else's.
        assert browser.claim(second, "another-key", f"INV-{second}")[0] == 409
        assert browser.claim(second, f"key-{second}", f"INV-{second}")[0] == 200
    assert claims_kept(ready, place) == 2


def die_with(browser: Browser, die_once: Path, moment: str, session_id: str) -> None:
    """Sends a claim to a worker that dies over it at that moment."""
    die_once.write_text(moment)
    with pytest.raises((OSError, http.client.HTTPException)):
        browser.claim(session_id, f"key-{session_id}", f"INV-{session_id}")
    assert not die_once.exists()


def claims_kept(ready: Ready, config: Config) -> int:
    """How many claims there are; the books hold with them."""
    with books(ready, config) as world:
        assert faults() == []
        assert_reconciled(world)
        return number("SELECT COUNT(*) FROM redemption")


def test_the_app_alone_knows_every_table_that_its_rows_point_to() -> None:
    """In a process of its own, for here somebody else has imported them all."""
    program = (
        "import voucher.app; from voucher.platform.db import Base; "
        "[key.column for table in Base.metadata.tables.values() for key in table.foreign_keys]"
    )
    subprocess.run([sys.executable, "-c", program], check=True, cwd=ROOT, stderr=subprocess.DEVNULL)


# The job worker


def much_to_do(ready: Ready, config: Config) -> int:
    """Messages that wait and, ninety-eight days on, vouchers and sessions whose time is over; gives the vouchers."""
    with books(ready, config) as world:
        small = add_package(world, world.provider, "SMALL", 55_00)
        for _ in range(4):
            holding(world, world.issued(), small, 3)
        world.offered()
        return number("SELECT COUNT(*) FROM voucher")


@pytest.mark.slow
@pytest.mark.rule(12)
def test_a_killed_worker_delivers_every_message_once_and_does_every_job_once(
    ready: Ready, place: Config, tmp_path: Path
) -> None:
    vouchers = much_to_do(ready, place)
    ahead, log = timedelta(days=120), tmp_path / "worker.log"
    for enough in (3, 9):
        with process(shifted.work, env=environment(place, ahead=ahead), log=log) as worker:
            until(lambda enough=enough: len(letters(place)) >= enough, f"{enough} messages; see {log}")  # type: ignore[misc]
            worker.kill()
        ahead += LEASE_OVER  # until then, the row that the dead worker held is nobody else's
    with process(partial(shifted.work, once=True), env=environment(place, ahead=ahead), log=log) as worker:
        assert status(worker) == 0
    with books(ready, place) as world:
        assert letters(place) == {f"{row_id}.eml" for row_id in outbox_ids()}
        assert number("SELECT COUNT(*) FROM outbox_message WHERE done_at IS NULL") == 0
        assert number("SELECT SUM(attempts - 1) FROM outbox_message") <= 2
        assert number("SELECT COUNT(*) FROM audit_event WHERE action = 'voucher.expired'") == vouchers
        assert number("SELECT COUNT(*) FROM voucher WHERE state = 'expired' AND remaining_pence = 0") == vouchers
        assert number("SELECT COUNT(*) FROM audit_event WHERE action = 'session.lapsed'") == 3 * vouchers
        assert faults() == []
        assert_reconciled(world)


def letters(config: Config) -> set[str]:
    """The names of the messages that were delivered."""
    return {path.name for path in config.mail.glob("*.eml")}


def outbox_ids() -> list[int]:
    return [row_id for (row_id,) in session.connection().exec_driver_sql("SELECT id FROM outbox_message").all()]
