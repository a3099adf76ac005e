"""Two workers that find the same thing due: it is done once, and without the guards it would not be."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import date
from threading import Barrier, BrokenBarrierError

import pytest
from flask import Flask

from tests.harness.clock import FixedClock
from tests.harness.reconciled import assert_reconciled
from tests.harness.two_people import change_award
from tests.harness.world import World, build_world
from tests.integration.redemptions.due_days import cut, entries, on
from voucher.app import office
from voucher.applications.models import Application
from voucher.audit.commands import transaction
from voucher.funding import changes as funding
from voucher.funding.rules import EntryKind
from voucher.platform.actor import WORKER
from voucher.platform.db import read_anew, session
from voucher.redemptions import due
from voucher.redemptions.due import DueReport, run_due
from voucher.schemes.models import Scheme


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    return build_world(clock)


def at_once(app: Flask, world: World) -> list[DueReport]:
    """What two workers did that began together."""
    scheme_id, start = world.scheme.id, Barrier(2)
    read_anew()

    def work(_number: int) -> DueReport:
        with app.app_context():
            act = office().act(WORKER)
            start.wait(timeout=30)
            return run_due(act, session.get_one(Scheme, scheme_id), each=lambda: transaction(act.actor, act.clock))

    with ThreadPoolExecutor(2) as threads:
        return list(threads.map(work, range(2)))


@pytest.mark.rule(12, 14)
def test_two_workers_at_once_do_each_thing_once(app: Flask, world: World) -> None:
    for _ in range(2):
        world.offered()
        world.recorded(world.issued())
    world.claimed(world.issued())
    on(world, date(2026, 8, 4))
    first, second = at_once(app, world)
    assert (first.failed, second.failed) == ([], [])
    assert first.offers_lapsed + second.offers_lapsed == 2
    assert first.vouchers_expired + second.vouchers_expired == 3
    assert first.sessions_lapsed + second.sessions_lapsed == 2
    assert first.claims_unconfirmed + second.claims_unconfirmed == 1
    assert len(entries(EntryKind.RESERVATION_RELEASED)) == 2
    assert len(entries(EntryKind.RELEASED_LATER_EXPIRED)) == 2
    assert_reconciled(world)


@pytest.mark.parametrize("engine_kind", ["postgresql"], indirect=True)
def test_control_without_reading_again_under_the_lock_the_second_worker_fails(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.offered()
    on(world, date(2026, 8, 4))
    meeting = Barrier(2)

    def read_and_meet(application_id: int) -> Application:
        found = session.get_one(Application, application_id)
        meeting.wait(timeout=30)
        return found

    monkeypatch.setattr(due, "lock_application", read_and_meet)
    assert sorted(len(report.failed) for report in at_once(app, world)) == [0, 1]


def wait_for_each_other(monkeypatch: pytest.MonkeyPatch, patience: float) -> None:
    """Whoever has found a pending cut waits until the other has found it too, or for so many seconds."""
    meeting, lock = Barrier(2), funding._lock

    def wait_and_lock(*args: object) -> object:
        with suppress(BrokenBarrierError):
            meeting.wait(timeout=patience)
        return lock(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(funding, "_lock", wait_and_lock)


def give_room(world: World) -> None:
    """So much unallocated money that a cut applied twice would not be refused."""
    cut(world)
    change_award(world, world.agreement, {"L1": 5_000_00}, reason="more money")


def test_two_workers_at_once_apply_a_cut_once(
    app: Flask, world: World, engine_kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    give_room(world)
    # SQLite lets one writer in at a time, so there the other cannot come.
    wait_for_each_other(monkeypatch, patience=0.5 if engine_kind == "sqlite" else 30)
    found = at_once(app, world)
    assert sum(report.cuts_applied for report in found) == 1
    assert len(entries(EntryKind.AGREEMENT_LOWERED)) == 1


@pytest.mark.parametrize("engine_kind", ["postgresql"], indirect=True)
def test_control_without_reading_again_under_the_lock_a_cut_is_applied_twice(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    give_room(world)
    wait_for_each_other(monkeypatch, patience=30)
    monkeypatch.setattr(funding, "_still_pending", lambda _change: True)
    found = at_once(app, world)
    assert sum(report.cuts_applied for report in found) == 2
