"""What tests of things that fall due share."""

from __future__ import annotations

from datetime import UTC, date, datetime

from sqlalchemy import select

from tests.harness.two_people import change_award
from tests.harness.world import World
from voucher.app import office
from voucher.audit.commands import transaction
from voucher.funding.models import Entry
from voucher.funding.rules import EntryKind
from voucher.notifications.models import OutboxMessage
from voucher.platform.actor import WORKER
from voucher.platform.db import read_anew, session
from voucher.redemptions.due import DueReport, run_due
from voucher.vouchers.commands import cancel


def run(world: World) -> DueReport:
    """The worker's way: each thing in a transaction of its own."""
    act = office().act(WORKER)
    found = run_due(act, world.scheme, each=lambda: transaction(WORKER, world.clock))
    read_anew()
    return found


def on(world: World, day: date) -> None:
    world.clock.set(datetime(day.year, day.month, day.day, 9, tzinfo=UTC))


def entries(kind: EntryKind) -> list[Entry]:
    return list(session.scalars(select(Entry).where(Entry.kind == str(kind)).order_by(Entry.id)))


def mails(kind: str) -> list[str]:
    return list(session.scalars(select(OutboxMessage.email).where(OutboxMessage.kind == kind).order_by("id")))


def cut(world: World) -> None:
    """A cut of all that is unallocated and £1 more, which waits for a voucher's money."""
    voucher = world.issued()
    line = world.agreement.lines[0]
    change_award(world, world.agreement, {line.code: -(line.unallocated_pence + 100)}, reason="the funder cut")
    world.do("shay", cancel, voucher, reason="closed down")
