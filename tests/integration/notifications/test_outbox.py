"""The outbox: each row leaves once, whoever polls and whoever dies; nothing in it tells a secret."""

from __future__ import annotations

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import NoReturn

import pytest
from flask import Flask
from sqlalchemy import select

from config import Config
from tests.harness.clock import FixedClock
from voucher.app import office
from voucher.notifications import worker
from voucher.notifications.commands import tell
from voucher.notifications.delivery import Attachment, Delivery, Envelope, FolderDelivery, Mail
from voucher.notifications.models import OutboxMessage
from voucher.notifications.worker import LEASE, PostOffice, deliver_one
from voucher.platform.act import Act
from voucher.platform.actor import WORKER
from voucher.platform.db import atomic, db, read_anew, session


def hello(_act: Act, message: OutboxMessage) -> Mail:
    return Mail(f"Hello {message.id}", "The secret is 42.\n")


@dataclass
class Kept:
    """A delivery that keeps what it is handed."""

    sent: list[Envelope] = field(default_factory=list)

    def send(self, envelope: Envelope, mail: Mail) -> None:
        self.sent.append(envelope)


class Down:
    """A mail server that is away and quotes what it was sent."""

    def send(self, envelope: Envelope, mail: Mail) -> None:
        raise ConnectionRefusedError(111, "Connection refused", f"{envelope.to} {mail.text}")


def post(delivery: Delivery) -> PostOffice:
    return PostOffice({"hello": hello}, delivery, "vouchers@localhost")


def act() -> Act:
    return office().act(WORKER)


def queue(number: int = 1, kind: str = "hello") -> None:
    with atomic():
        for _ in range(number):
            tell(act(), kind, email="ann@example.org", scheme_id=None)


def drain(delivery: Delivery) -> list[bool]:
    outcomes: list[bool] = []
    while (outcome := deliver_one(act(), post(delivery))) is not None:
        outcomes.append(outcome)
    return outcomes


def only_row() -> OutboxMessage:
    read_anew()
    return session.scalars(select(OutboxMessage)).one()


def mails(folder: Path) -> dict[str, EmailMessage]:
    return {
        path.name: message_from_bytes(path.read_bytes(), policy=policy.default) for path in sorted(folder.iterdir())
    }


def test_a_row_becomes_a_message_that_only_its_owner_reads(app: Flask, place: Config) -> None:
    queue()
    assert drain(FolderDelivery(place.mail)) == [True]
    assert list(mails(place.mail)) == ["1.eml"]
    message = mails(place.mail)["1.eml"]
    assert (message["To"], message["Subject"]) == ("ann@example.org", "Hello 1")
    assert message.get_content().split("\r\n") == ["The secret is 42.", ""]
    assert (place.mail.stat().st_mode & 0o77, (place.mail / "1.eml").stat().st_mode & 0o77) == (0, 0)
    assert only_row().done_at is not None
    assert drain(FolderDelivery(place.mail)) == []


def test_rows_leave_in_their_order(app: Flask) -> None:
    queue(3)
    kept = Kept()
    drain(kept)
    assert [envelope.outbox_id for envelope in kept.sent] == [1, 2, 3]


def test_workers_at_once_deliver_each_row_once(app: Flask) -> None:
    queue(7)
    read_anew()
    kept = Kept()

    def poll(_number: int) -> None:
        with app.app_context():
            drain(kept)

    with ThreadPoolExecutor(3) as threads:
        list(threads.map(poll, range(3)))
    assert sorted(envelope.outbox_id for envelope in kept.sent) == [1, 2, 3, 4, 5, 6, 7]


@dataclass
class WhileAnotherPolls(Kept):
    """While the first message is handed over, another worker looks for work."""

    def send(self, envelope: Envelope, mail: Mail) -> None:
        super().send(envelope, mail)
        if len(self.sent) == 1:
            drain(self)


def test_a_row_that_one_worker_is_delivering_is_not_due_for_another(app: Flask) -> None:
    queue()
    kept = WhileAnotherPolls()
    drain(kept)
    assert len(kept.sent) == 1


def test_control_without_the_lease_the_other_delivers_it_too(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "LEASE", timedelta(0))
    queue()
    kept = WhileAnotherPolls()
    drain(kept)
    assert len(kept.sent) == 2


def _die(*_args: object, **_named: object) -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


KILLED = {
    "after the lease": (worker, "draw"),
    "before delivery": (FolderDelivery, "send"),
    "after delivery": (worker, "mark_done"),
}


def killed_worker(app: Flask, place: Config, where: str) -> int:
    """The signal by which a worker process ended that died there."""
    session.remove()
    process = os.fork()
    if process == 0:
        try:
            # The parent's connections are no business of the child's.
            for engine in db.engines.values():
                engine.dispose(close=False)
            setattr(*KILLED[where], _die)
            drain(FolderDelivery(place.mail))
        finally:
            os._exit(0)
    return os.WTERMSIG(os.waitpid(process, 0)[1])


@pytest.mark.parametrize("where", KILLED)
def test_a_worker_killed_at_any_point_loses_nothing_and_does_nothing_twice(
    app: Flask, place: Config, clock: FixedClock, where: str
) -> None:
    queue()
    assert killed_worker(app, place, where) == signal.SIGKILL
    assert place.mail.exists() == (where == "after delivery")
    assert drain(FolderDelivery(place.mail)) == []  # The dead worker's lease still runs.
    clock.set(clock() + LEASE)
    assert drain(FolderDelivery(place.mail)) == [True]
    assert list(mails(place.mail)) == ["1.eml"]
    assert (only_row().done_at, only_row().attempts) == (clock(), 2)


def test_what_is_delivered_again_is_the_same_message(
    app: Flask, place: Config, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue()
    with monkeypatch.context() as broken:
        broken.setattr(worker, "mark_done", lambda _act, _leased: None)
        assert deliver_one(act(), post(FolderDelivery(place.mail))) is True
    first = (place.mail / "1.eml").read_bytes()
    clock.set(clock() + LEASE)
    assert drain(FolderDelivery(place.mail)) == [True]
    assert (place.mail / "1.eml").read_bytes() == first


def test_a_worker_whose_lease_ran_out_does_not_end_the_row_of_another(app: Flask, clock: FixedClock) -> None:
    queue()
    slow = worker.take(act())
    assert slow is not None
    clock.set(clock() + LEASE)
    assert worker.take(act()) is not None
    worker.mark_done(act(), slow)
    assert only_row().done_at is None


def test_a_failure_waits_longer_each_time_and_keeps_no_text(app: Flask, clock: FixedClock) -> None:
    queue()
    waits = []
    for _ in range(12):
        assert drain(Down()) == [False]
        row = only_row()
        waits.append(row.due_at - clock())
        clock.set(row.due_at)
    minutes = [wait / timedelta(minutes=1) for wait in waits]
    assert minutes[:4] == [1, 2, 4, 8]
    assert minutes[-2:] == [360, 360]
    assert (only_row().last_error, only_row().attempts) == ("ConnectionRefusedError: Connection refused", 12)
    kept = Kept()
    assert drain(kept) == [True]
    assert (len(kept.sent), only_row().last_error) == (1, "")


def test_one_message_that_cannot_be_drawn_does_not_keep_the_others_back(app: Flask) -> None:
    queue(kind="unheard of")
    queue()
    kept = Kept()
    assert drain(kept) == [False, True]
    first = session.scalars(select(OutboxMessage).order_by(OutboxMessage.id)).first()
    assert first is not None
    assert (first.last_error, first.done_at) == ("UnknownKind", None)


def test_no_row_holds_what_was_sent(app: Flask, place: Config) -> None:
    queue()
    drain(FolderDelivery(place.mail))
    row = session.execute(select(OutboxMessage.__table__)).mappings().one()
    assert "42" not in " ".join(map(str, row.values()))


def test_an_attachment_is_drawn_when_no_transaction_is_open(app: Flask, place: Config) -> None:
    open_then: list[bool] = []

    def draw() -> bytes:
        open_then.append(session().in_transaction())
        return b"%PDF-1.7"

    def with_paper(_act: Act, _message: OutboxMessage) -> Mail:
        return Mail("Paper", "Attached.\n", [Attachment("paper.pdf", "application/pdf", draw)])

    queue()
    delivery = FolderDelivery(place.mail)
    assert deliver_one(act(), PostOffice({"hello": with_paper}, delivery, "vouchers@localhost")) is True
    assert open_then == [False]
    [attached] = mails(place.mail)["1.eml"].iter_attachments()
    assert (attached.get_filename(), attached.get_content()) == ("paper.pdf", b"%PDF-1.7")
