"""The worker as a whole: what is due is done, what is told is sent, what was written is sealed; then it stops."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from config import Config
from tests.harness.clock import FixedClock
from tests.harness.world import World, build_world
from voucher import worker
from voucher.app import office
from voucher.audit.commands import highest_seal
from voucher.audit.queries import verify
from voucher.notifications.delivery import Envelope, FolderDelivery, Mail, SmtpDelivery
from voucher.notifications.models import OutboxMessage
from voucher.platform.db import read_anew, session
from voucher.worker import WorkReport, post_office, run_worker, unsealed_rows

ROOT = Path(__file__).resolve().parents[3]
CHILD = """
import sys
from datetime import datetime
from pathlib import Path
from config import Config
from tests.harness.clock import FixedClock
from voucher.app import create_app, office
from voucher.worker import run_worker

data, url, now = sys.argv[1:]
place = Config(Path(data), url, "http://localhost", testing=True)
with create_app(place, clock=FixedClock(datetime.fromisoformat(now))).app_context():
    run_worker(office(), once=False, environ={})
"""


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    return build_world(clock)


def test_once_does_all_that_is_due_and_seals_it(world: World, place: Config) -> None:
    world.offered()
    world.clock.advance(days=31)
    read_anew()
    found = run_worker(office(), once=True, environ={})
    assert (found.delivered, found.settled, found.seals, found.failed) == (1, 1, 1, 0)
    assert (highest_seal(), unsealed_rows(), verify(place.roots).holds) == (1, 0, True)
    again = run_worker(office(), once=True, environ={})
    assert (again.delivered, again.settled, again.seals) == (0, 0, 0)


def test_several_processes_send_at_once_and_each_message_leaves_once(
    world: World, place: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _number in range(4):
        world.offered()
    monkeypatch.setattr(worker, "MESSAGES_WORTH_A_COPY", 1)
    both_have_one = multiprocessing.get_context("fork").Barrier(2)
    once = iter([True])
    send = FolderDelivery.send

    def send_when_both_have_one(folder: FolderDelivery, envelope: Envelope, mail: Mail) -> None:
        if next(once, False):
            both_have_one.wait(60)
        send(folder, envelope, mail)

    monkeypatch.setattr(FolderDelivery, "send", send_when_both_have_one)
    found = run_worker(office(), once=True, processes=2, environ={})
    assert (found.delivered, found.failed, found.seals) == (4, 0, 1)
    assert len(list(place.mail.iterdir())) == 4
    assert session.scalars(select(OutboxMessage.attempts)).all() == [1, 1, 1, 1]


def test_a_process_that_dies_is_counted_and_the_others_do_its_work(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _number in range(2):
        world.offered()
    monkeypatch.setattr(worker, "MESSAGES_WORTH_A_COPY", 1)
    drain, first = worker._Worker.drain, os.getpid()

    def drain_or_die(each: worker._Worker) -> WorkReport:
        if os.getpid() != first:
            os.kill(os.getpid(), signal.SIGKILL)
        return drain(each)

    monkeypatch.setattr(worker._Worker, "drain", drain_or_die)
    found = run_worker(office(), once=True, processes=2, environ={})
    assert (found.delivered, found.failed) == (2, 1)


def test_a_message_that_cannot_leave_is_counted_and_stays_due(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.offered()
    monkeypatch.setattr(FolderDelivery, "send", lambda *_args: (_ for _ in ()).throw(OSError(28, "No space left")))
    found = run_worker(office(), once=True, environ={})
    assert (found.delivered, found.failed) == (0, 1)
    monkeypatch.undo()
    world.clock.advance(minutes=1)
    assert run_worker(office(), once=True, environ={}).delivered == 1


def test_a_fault_in_one_turn_does_not_end_the_worker(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    loop = worker._Worker(office(), post_office(office(), {}))
    world.offered()
    read_anew()
    with monkeypatch.context() as broken, worker._stopping() as stop:
        broken.setattr(worker, "deliver_one", lambda *_args: (_ for _ in ()).throw(ConnectionError("gone")))
        assert loop.turn(stop) is False
    with worker._stopping() as stop:
        loop.turn(stop)
    assert loop.report.delivered == 1


def test_the_mail_server_is_the_one_that_the_environment_names(app: Flask, place: Config) -> None:
    assert post_office(office(), {}).delivery == FolderDelivery(place.mail)
    named = post_office(office(), {"VOUCHER_SMTP_URL": "smtp://mail", "VOUCHER_MAIL_FROM": "v@northmoor.example"})
    assert (named.delivery, named.sender) == (SmtpDelivery("smtp://mail"), "v@northmoor.example")


def until(path: Path, child: subprocess.Popen[bytes]) -> None:
    """Waits for the file, as long as the process lives."""
    for _ in range(600):
        if path.exists() or child.poll() is not None:
            break
        time.sleep(0.1)
    assert path.exists(), child.returncode


def test_a_worker_that_is_told_to_stop_ends_in_order(world: World, place: Config) -> None:
    world.offered()
    now = world.clock().isoformat()
    session.remove()
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(place.data), place.database_url, now],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    try:
        until(place.roots, child)
        child.send_signal(signal.SIGTERM)
        assert child.wait(timeout=60) == 0
    finally:
        child.kill()
    assert list(place.mail.iterdir()) == [place.mail / "1.eml"]
    assert verify(place.roots).holds
