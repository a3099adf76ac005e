"""The worker: sends what the outbox holds, draws the papers of signed statements, does what falls due, seals the audit
trail; until it is told to stop.

Any number may run at once, and any may die at any moment: each step is a transaction of its own that is done or not,
and whoever comes next finds what is left.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from threading import Event
from types import FrameType
from typing import Protocol
from urllib.parse import urlsplit

from sqlalchemy import func, select

from config import Config
from voucher.accounts import messages as accounts
from voucher.accounts.kept_forms import forget_kept
from voucher.assurance.concentration import evaluate_daily
from voucher.audit.commands import seal, transaction
from voucher.audit.models import AuditEvent, AuditSealMember
from voucher.audit.queries import oldest_unsealed_at
from voucher.notifications.delivery import Delivery, FolderDelivery, SmtpDelivery
from voucher.notifications.models import OutboxMessage
from voucher.notifications.worker import PostOffice, Renderer, deliver_one
from voucher.platform.act import Act
from voucher.platform.actor import WORKER, Actor
from voucher.platform.db import atomic, session
from voucher.platform.keyring import KeyRing
from voucher.platform.logs import LOG, log_fault
from voucher.providers import messages as providers
from voucher.redemptions import messages as redemptions
from voucher.redemptions.due import DueReport, run_due
from voucher.reports import messages as reports
from voucher.reports.checking import forget_checks
from voucher.reports.models import StatementPaper
from voucher.reports.papers import draw_one
from voucher.reports.public_results import take_results
from voucher.reports.reminders import remind
from voucher.schemes import messages as schemes
from voucher.schemes.models import Scheme

# Every kind of message with who draws it. A domain that has messages adds its RENDERERS here.
RENDERERS: Mapping[str, Renderer] = {
    **accounts.RENDERERS,
    **schemes.RENDERERS,
    **providers.RENDERERS,
    **redemptions.RENDERERS,
    **reports.RENDERERS,
}

EVERY = timedelta(minutes=1)
POLL_SECONDS = 2.0
MESSAGES_A_TURN = 100
# A long paper takes some twenty seconds, and somebody waits for a code to sign in.
MAIL_SECONDS_BETWEEN_LINES = 1.0
SEAL_AT_ROWS = 1000
# A message that no mail server takes is tried for hours; a worker that is not there is noticed by then.
BEHIND = timedelta(minutes=15)


class Part(StrEnum):
    """A part of the work, whose other part is left to another worker."""

    DUE = "due"  # and the seals
    POST = "post"  # messages and papers


class Office(Protocol):
    """What an installation has at hand."""

    @property
    def config(self) -> Config:
        """Where things lie."""

    @property
    def ring(self) -> KeyRing:
        """The keys, which other processes may change."""

    def act(self, actor: Actor) -> Act:
        """An act of this person, here and now."""


@dataclass
class WorkReport:
    """What one run did, counted. What failed stays due, and the log says where."""

    delivered: int = 0
    drawn: int = 0
    settled: int = 0
    seals: int = 0
    failed: int = 0


def run_worker(
    office: Office, *, once: bool, only: Part | None = None, environ: Mapping[str, str] = os.environ
) -> WorkReport:
    """Works in the current app's context until SIGTERM or SIGINT; with ``once`` until nothing is due any more.

    With ``only`` one part of the work it leaves the other to another worker.

    VOUCHER_SMTP_URL names a mail server; without it every message becomes a file in the data folder's ``mail``.
    VOUCHER_MAIL_FROM is the sender's address.
    """
    worker = _Worker(office, post_office(office, environ), only)
    if once:
        worker.everything()
        return worker.report
    with _stopping() as stop:
        while not stop.is_set():
            if not worker.turn(stop):
                stop.wait(POLL_SECONDS)
    return worker.report


def post_office(office: Office, environ: Mapping[str, str]) -> PostOffice:
    """How messages are drawn and leave in this installation."""
    url = environ.get("VOUCHER_SMTP_URL")
    delivery: Delivery = SmtpDelivery(url) if url else FolderDelivery(office.config.mail)
    host = urlsplit(office.config.base_url).hostname or "localhost"
    return PostOffice(RENDERERS, delivery, environ.get("VOUCHER_MAIL_FROM") or f"vouchers@{host}")


@contextmanager
def _stopping() -> Iterator[Event]:
    """An event that SIGTERM and SIGINT set: what was begun is ended, nothing new is begun."""
    stop = Event()

    def ask(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    before = {number: signal.signal(number, ask) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class _Stopped(BaseException):
    """The worker was told to stop between two things; not an error that one of them could have."""


class _Worker:
    """One process's worker, with when it last did what it does every minute."""

    def __init__(self, office: Office, post: PostOffice, only: Part | None = None) -> None:
        self.office = office
        self.act: Act = office.act(WORKER)
        self.post = post
        self.only = only
        self.report = WorkReport()
        self.last_round: datetime | None = None

    def everything(self) -> None:
        """Does what is due, sends what that put into the outbox, draws and seals; faults are left to the caller."""
        if self.only is not Part.POST:
            self.forget()
            self.settle()
        self.deliver(None)
        while self.draw(None):
            pass
        if self.only is not Part.POST:
            self.seal()

    def turn(self, stop: Event) -> bool:
        """One turn of the loop; True when there may be more to do at once. A fault is logged and the loop goes on."""
        try:
            busy = self.deliver(stop)
            busy = self.draw(stop) or busy
            due = self.last_round is None or self.act.now - self.last_round >= EVERY
            if due:
                self.last_round = self.act.now
                self.office.ring.refresh()  # What another process has marked as compromised is no longer used here.
            if self.only is not Part.POST:
                self._round(stop, due=due)
        except Exception as error:  # The database may be away for a while; the worker outlives that.
            log_fault(error)
            busy = False
        finally:
            session.remove()
        return busy

    def _round(self, stop: Event, *, due: bool) -> None:
        """What is done every minute, and a seal in between when there is much to seal."""
        if due:
            self.forget()
            self.settle(stop)
        if due or unsealed_rows() >= SEAL_AT_ROWS:
            self.seal()

    def deliver(self, stop: Event | None) -> bool:
        """Sends what is due, with an event to stop it a turn's worth at most; True when there may be more."""
        sent = 0
        while stop is None or (sent < MESSAGES_A_TURN and not stop.is_set()):
            if not self._deliver_next(stop):
                return False
            sent += 1
        return True

    def _deliver_next(self, stop: Event | None) -> bool:
        """Sends the next message, unless none is due or the worker is told to stop."""
        if self.only is Part.DUE or (stop is not None and stop.is_set()):
            return False
        outcome = deliver_one(self.act, self.post)
        self.report.delivered += outcome is True
        self.report.failed += outcome is False
        return outcome is not None

    def draw(self, stop: Event | None) -> bool:
        """Draws one paper, so that all else has its turn before the next; True when there may be more."""
        if self.only is Part.DUE or (stop is not None and stop.is_set()):
            return False
        outcome = draw_one(self.act, partial(self._deliver_meanwhile, stop))
        if outcome is None:
            return False
        self.report.drawn += outcome
        self.report.failed += not outcome
        return True

    def _deliver_meanwhile(self, stop: Event | None) -> None:
        """Between two lines of a paper, so that nobody's message waits until the last one is drawn."""
        end = time.monotonic() + MAIL_SECONDS_BETWEEN_LINES
        while time.monotonic() < end and self._deliver_next(stop):
            pass

    def settle(self, stop: Event | None = None) -> None:
        """Does what falls due in every scheme, each thing in a transaction of its own."""

        @contextmanager
        def alone() -> Iterator[None]:
            if stop is not None and stop.is_set():
                raise _Stopped
            with transaction(self.act.actor, self.act.clock):
                yield

        with suppress(_Stopped):
            for scheme_id in session.scalars(select(Scheme.id).order_by(Scheme.id)).all():
                self._tell(scheme_id, run_due(self.act, session.get_one(Scheme, scheme_id), each=alone))
                self._remind(scheme_id, alone)
                self._take(scheme_id, alone)
                self._watch(scheme_id, alone)

    def _remind(self, scheme_id: int, alone: Callable[[], AbstractContextManager[None]]) -> None:
        """Tells once a day whoever has something to do before a cut-off; a fault there keeps nothing else back."""
        try:
            with alone():
                told = remind(self.act, session.get_one(Scheme, scheme_id))
        except Exception as error:
            self.report.failed += 1
            log_fault(error)
            return
        if told:
            LOG.info("reminded of a cut-off", scheme=scheme_id, people=told)

    def _take(self, scheme_id: int, alone: Callable[[], AbstractContextManager[None]]) -> None:
        """Takes once a month what a scheme's public page shows; a fault there keeps nothing else back."""
        try:
            with alone():
                take_results(self.act, session.get_one(Scheme, scheme_id))
        except Exception as error:
            self.report.failed += 1
            log_fault(error)

    def _watch(self, scheme_id: int, alone: Callable[[], AbstractContextManager[None]]) -> None:
        """Looks once a day for what is concentrated in few hands; a fault there keeps nothing else back."""
        try:
            with alone():
                found = evaluate_daily(self.act, session.get_one(Scheme, scheme_id))
        except Exception as error:
            self.report.failed += 1
            log_fault(error)
            return
        if found is not None and found.raised:
            LOG.info("concentration", scheme=scheme_id, raised=found.raised)

    def forget(self) -> None:
        """Takes away what was kept for a time that is over."""
        with atomic():
            forget_kept(self.act.now)
            forget_checks(self.act.now)

    def _tell(self, scheme_id: int, found: DueReport) -> None:
        self.report.settled += found.total
        self.report.failed += len(found.failed)
        for kind, row_id, error in found.failed:
            LOG.error("not settled", scheme=scheme_id, kind=kind, row=row_id)
            log_fault(error)
        if found.total:
            LOG.info("settled", scheme=scheme_id, things=found.total, released_pence=found.released_pence)

    def seal(self) -> None:
        """Seals what was written since the last seal, by whomever."""
        with atomic():
            made = seal(self.act.clock, roots_file=self.office.config.roots)
        self.report.seals += made is not None


@dataclass(frozen=True)
class Backlog:
    """What waits for a worker, and since when; with a worker at work nothing waits for more than minutes.

    ``failing`` counts messages that were tried and could not be sent: those wait for their next try. ``papers`` are
    those of signed statements that are not drawn yet.
    """

    messages: int
    oldest_message: datetime | None
    failing: int
    oldest_unsealed: datetime | None
    papers: int
    oldest_paper: datetime | None

    def is_behind(self, now: datetime) -> bool:
        """Whether something has waited for so long that no worker can be at work, or none that succeeds."""
        waiting = (self.oldest_message, self.oldest_unsealed, self.oldest_paper)
        return any(at is not None and now - at > BEHIND for at in waiting)


def backlog(now: datetime) -> Backlog:
    """What waits at this moment. Reads only."""
    waits = OutboxMessage.done_at.is_(None)
    oldest, due, failing = session.execute(
        select(
            func.min(OutboxMessage.created_at),
            func.count().filter(OutboxMessage.due_at <= now),
            func.count().filter(OutboxMessage.attempts > 0, OutboxMessage.last_error != ""),
        ).where(waits)
    ).one()
    undrawn = select(func.count(), func.min(StatementPaper.ordered_at)).where(StatementPaper.drawn_at.is_(None))
    papers, ordered = session.execute(undrawn).one()
    return Backlog(due, oldest, failing, oldest_unsealed_at(), papers, ordered)


def unsealed_rows() -> int:
    """About how many audit rows wait for a seal: cheap to ask for, which is why it is no exact count."""
    last = session.scalar(select(func.max(AuditEvent.id))) or 0
    return last - (session.scalar(select(func.max(AuditSealMember.event_id))) or 0)
