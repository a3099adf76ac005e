"""The worker as a whole: what is due is done, what is told is sent, what was written is sealed; then it stops."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from threading import Event

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
from voucher.notifications.delivery import FolderDelivery, SmtpDelivery
from voucher.notifications.models import OutboxMessage
from voucher.platform.db import read_anew, session
from voucher.platform.keyring import KeyRing
from voucher.worker import Part, post_office, run_worker, unsealed_rows

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


def test_a_worker_for_one_part_leaves_the_other(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = list[object]()
    monkeypatch.setattr(worker, "draw_one", lambda act, _meanwhile: drawn.append(act))  # there is none to draw
    world.offered()
    world.clock.advance(days=31)
    read_anew()
    due = run_worker(office(), once=True, only=Part.DUE, environ={})
    assert (due.delivered, due.settled, due.seals, due.failed, drawn) == (0, 1, 1, 0, [])
    assert session.scalars(select(OutboxMessage.attempts).where(OutboxMessage.done_at.is_(None))).all() == [0]
    read_anew()
    post = run_worker(office(), once=True, only=Part.POST, environ={})
    assert (post.delivered, post.settled, post.seals, post.failed, len(drawn)) == (1, 0, 0, 0, 1)


def test_in_its_loop_a_worker_for_the_post_hears_of_compromised_keys_and_leaves_what_falls_due(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    refreshed, refresh = list[KeyRing](), KeyRing.refresh

    def noted(ring: KeyRing) -> None:
        refreshed.append(ring)
        refresh(ring)

    world.offered()
    world.clock.advance(days=31)
    read_anew()
    loop = worker._Worker(office(), post_office(office(), {}), Part.POST)
    monkeypatch.setattr(KeyRing, "refresh", noted)
    assert loop.turn(Event()) is False
    assert (loop.report.delivered, loop.report.settled, loop.report.seals, len(refreshed)) == (1, 0, 0, 1)


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
