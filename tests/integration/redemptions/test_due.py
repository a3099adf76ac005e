"""What falls due by itself: at its time, once, by any number of workers."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, date, datetime
from threading import Barrier, BrokenBarrierError

import pytest
from flask import Flask
from sqlalchemy import event, select

from tests.harness.clock import FixedClock
from tests.harness.reconciled import assert_reconciled
from tests.harness.world import World, add_package, build_world
from voucher.app import office
from voucher.applications.models import Application
from voucher.audit.commands import transaction
from voucher.audit.queries import history
from voucher.funding import commands as funding
from voucher.funding.commands import award_of, change_award
from voucher.funding.models import Entry
from voucher.funding.rules import EntryKind
from voucher.notifications.models import OutboxMessage
from voucher.platform.actor import WORKER
from voucher.platform.db import engine, session
from voucher.redemptions import due
from voucher.redemptions.claims import Accepted, resubmit_claim
from voucher.redemptions.decisions import send_back
from voucher.redemptions.due import DueReport, run_due
from voucher.schemes.models import Scheme
from voucher.vouchers.commands import cancel, expire, extend

FACE = 750_00
LAST_DAY = date(2026, 7, 6)  # 90 days from the clock's start.


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    return build_world(clock)


def run(world: World) -> DueReport:
    """The worker's way: each thing in a transaction of its own."""
    act = office().act(WORKER)
    found = run_due(act, world.scheme, each=lambda: transaction(WORKER, world.clock))
    session.rollback()
    return found


def on(world: World, day: date) -> None:
    world.clock.set(datetime(day.year, day.month, day.day, 9, tzinfo=UTC))


def entries(kind: EntryKind) -> list[Entry]:
    return list(session.scalars(select(Entry).where(Entry.kind == str(kind)).order_by(Entry.id)))


def mails(kind: str) -> list[str]:
    return list(session.scalars(select(OutboxMessage.email).where(OutboxMessage.kind == kind).order_by("id")))


def test_an_offer_lapses_on_the_day_after_it_ends_and_its_money_is_free_again(world: World) -> None:
    application = world.offered()
    on(world, date(2026, 5, 7))
    assert run(world).total == 0
    on(world, date(2026, 5, 8))
    assert run(world).offers_lapsed == 1
    assert (application.state, world.round.available_pence) == ("lapsed", world.round.budget_pence)
    assert run(world).total == 0
    assert len(entries(EntryKind.RESERVATION_RELEASED)) == 1
    assert_reconciled(world)


def test_an_offer_that_was_answered_does_not_lapse(world: World) -> None:
    world.issued()
    on(world, date(2026, 5, 8))
    assert run(world).total == 0


@pytest.mark.rule(12)
def test_a_voucher_is_released_after_its_late_session_days_exactly_once(world: World) -> None:
    voucher = world.issued()
    on(world, date(2026, 7, 13))
    assert run(world).total == 0
    on(world, date(2026, 7, 14))
    found = run(world)
    assert (found.vouchers_expired, found.released_pence) == (1, FACE)
    assert (voucher.state, voucher.remaining_pence, voucher.released_on) == ("expired", 0, date(2026, 7, 14))
    assert run(world).total == 0
    assert len(entries(EntryKind.RELEASED_EXPIRED)) == 1
    assert_reconciled(world)


@pytest.mark.rule(12)
def test_a_worker_that_comes_late_dates_the_release_on_the_day_it_fell_due(world: World) -> None:
    world.issued()
    on(world, date(2026, 9, 1))
    run(world)
    assert [entry.happened_on for entry in entries(EntryKind.RELEASED_EXPIRED)] == [date(2026, 7, 14)]


@pytest.mark.rule(12)
def test_control_without_the_late_days_the_money_goes_while_work_may_still_be_recorded(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    voucher = world.issued()
    monkeypatch.setattr(due, "release_falls_due_on", lambda last_day, _days: last_day)
    world.scheme.late_session_days = 0
    session.commit()
    on(world, date(2026, 7, 7))
    assert run(world).released_pence == FACE
    assert voucher.remaining_pence == 0


@pytest.mark.rule(12)
def test_what_a_recorded_session_holds_stays_until_its_claim_window_is_over(world: World) -> None:
    voucher = world.issued()
    recorded = world.recorded(voucher, add_package(world, world.provider, "SMALL", 500_00))
    held = recorded.held_pence
    assert held == 400_00
    on(world, date(2026, 7, 14))
    assert run(world).released_pence == 350_00
    on(world, date(2026, 8, 3))
    assert run(world).total == 0
    on(world, date(2026, 8, 4))
    found = run(world)
    assert (found.sessions_lapsed, found.released_pence) == (1, held)
    assert run(world).total == 0
    assert (recorded.state, recorded.held_pence) == ("lapsed", 0)
    assert_reconciled(world)


@pytest.mark.rule(12)
def test_what_a_live_claim_holds_outlives_the_voucher(world: World) -> None:
    claim = world.confirmed(world.claimed(world.issued()))
    on(world, date(2026, 9, 1))
    assert run(world).released_pence == FACE - claim.grant_pence
    assert run(world).total == 0
    assert claim.state == "confirmed"
    assert_reconciled(world)


@pytest.mark.rule(12)
def test_a_cancelled_vouchers_session_lapses_with_its_window(world: World) -> None:
    voucher = world.issued()
    held = world.recorded(voucher).held_pence
    world.do("shay", cancel, voucher, reason="closed down")
    on(world, date(2026, 8, 4))
    found = run(world)
    assert (found.vouchers_expired, found.sessions_lapsed, found.released_pence) == (0, 1, held)
    assert_reconciled(world)


def test_an_extended_voucher_is_left_alone_even_when_it_was_found_before(world: World) -> None:
    voucher = world.issued()
    on(world, LAST_DAY)
    world.do("shay", extend, voucher, last_day=date(2026, 8, 5), reason="the provider was ill")
    on(world, date(2026, 7, 14))
    found = DueReport()
    with transaction(WORKER, world.clock):
        due._expire_voucher(office().act(WORKER), voucher.id, found)
    assert (found.total, run(world).total, voucher.state) == (0, 0, "issued")


def test_a_look_up_that_nobody_recorded_lapses_after_a_day(world: World) -> None:
    opened = world.opened(world.issued())
    world.clock.advance(hours=24)
    assert run(world).total == 0
    world.clock.advance(minutes=1)
    assert run(world).sessions_lapsed == 1
    assert run(world).total == 0
    assert opened.state == "lapsed"


@pytest.mark.rule(14)
def test_an_unanswered_claim_becomes_unconfirmed_and_never_more(world: World) -> None:
    claim = world.claimed(world.issued())
    on(world, claim.answer_by)
    run(world)
    assert claim.state == "submitted"
    on(world, date(2026, 5, 6))
    assert run(world).claims_unconfirmed == 1
    for day in (date(2026, 6, 1), date(2026, 12, 31)):
        on(world, day)
        assert run(world).claims_unconfirmed == 0
    assert claim.state == "unconfirmed"
    assert entries(EntryKind.APPROVED) == []


@pytest.mark.rule(14)
def test_staff_and_the_business_hear_half_way_once(world: World) -> None:
    claim = world.claimed(world.issued())
    on(world, date(2026, 4, 20))
    assert run(world).total == 0
    on(world, date(2026, 4, 21))
    assert run(world).halfway_alerts == 1
    on(world, date(2026, 4, 22))
    assert run(world).total == 0
    assert mails("claim_halfway") == ["vera@northmoor.example"]
    assert mails("claim_reminder") == [claim.voucher.application.contact.email]


@pytest.mark.rule(14)
def test_nobody_is_alerted_about_a_claim_that_was_answered(world: World) -> None:
    world.confirmed(world.claimed(world.issued()))
    on(world, date(2026, 4, 21))
    assert run(world).total == 0


@pytest.mark.rule(14)
def test_a_new_version_of_a_claim_has_an_alert_of_its_own(world: World) -> None:
    claim = world.claimed(world.issued())
    on(world, date(2026, 4, 21))
    run(world)
    world.do("carl", send_back, claim, reason="the wrong invoice")
    receipt = world.do("pat", resubmit_claim, claim, world.invoice(20_000), request_key="again")
    assert isinstance(receipt, Accepted)
    assert run(world).total == 0
    on(world, date(2026, 5, 5))
    assert run(world).halfway_alerts == 1
    assert run(world).total == 0
    told = [event.details for event in history("redemption", claim.id) if event.action == due.HALFWAY]
    assert told == [{"version": 1}, {"version": 2}]


@pytest.mark.rule(14)
def test_control_without_the_record_the_alert_comes_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.claimed(world.issued())
    monkeypatch.setattr(due, "record", lambda *_args, **_named: None)
    on(world, date(2026, 4, 21))
    assert [run(world).halfway_alerts for _ in range(2)] == [1, 1]
    assert len(mails("claim_halfway")) == 2


def cut(world: World) -> None:
    """A cut of all that is unallocated and £1 more, which waits for a voucher's money."""
    voucher = world.issued()
    line = world.agreement.lines[0]
    world.do(
        "fred", change_award, world.agreement, {line.code: -(line.unallocated_pence + 100)}, reason="the funder cut"
    )
    world.do("shay", cancel, voucher, reason="closed down")


def test_a_cut_that_waited_is_applied_once_its_money_is_back(world: World) -> None:
    cut(world)
    before = award_of(world.agreement)
    assert run(world).cuts_applied == 1
    assert award_of(world.agreement) < before
    assert run(world).total == 0
    assert len(entries(EntryKind.AGREEMENT_LOWERED)) == 1
    assert_reconciled(world)


def at_once(app: Flask, world: World) -> list[DueReport]:
    """What two workers did that began together."""
    scheme_id, start = world.scheme.id, Barrier(2)
    session.rollback()

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


@pytest.fixture
def both_found_the_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever has found a pending cut waits, for as long as it makes sense, until the other has found it too."""
    meeting, lock = Barrier(2), funding._lock

    def wait_and_lock(*args: object) -> object:
        with suppress(BrokenBarrierError):
            meeting.wait(timeout=1)
        return lock(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(funding, "_lock", wait_and_lock)


def give_room(world: World) -> None:
    """So much unallocated money that a cut applied twice would not be refused."""
    cut(world)
    world.do("fred", change_award, world.agreement, {"L1": 5_000_00}, reason="more money")


def test_two_workers_at_once_apply_a_cut_once(app: Flask, world: World, both_found_the_cut: None) -> None:
    give_room(world)
    found = at_once(app, world)
    assert sum(report.cuts_applied for report in found) == 1
    assert len(entries(EntryKind.AGREEMENT_LOWERED)) == 1


@pytest.mark.parametrize("engine_kind", ["postgresql"], indirect=True)
def test_control_without_the_queue_a_cut_is_applied_twice(
    app: Flask, world: World, both_found_the_cut: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    give_room(world)
    monkeypatch.setattr(due, "_queue_for_agreements", lambda _scheme_id: None)
    found = at_once(app, world)
    assert sum(report.cuts_applied for report in found) == 2


def test_one_thing_that_fails_does_not_keep_the_others_back(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    bad, good = world.issued(), world.issued()

    def fail_for_one(act: object, voucher: object, *, due_on: date) -> None:
        if voucher is bad:
            raise RuntimeError("the books of this one are broken")
        expire(act, voucher, due_on=due_on)  # type: ignore[arg-type]

    monkeypatch.setattr(due, "expire", fail_for_one)
    on(world, date(2026, 7, 14))
    found = run(world)
    assert [(kind, row_id) for kind, row_id, _error in found.failed] == [("voucher", bad.id)]
    assert (found.vouchers_expired, good.state, bad.state) == (1, "expired", "issued")


def test_all_can_be_done_in_the_callers_own_transaction(world: World) -> None:
    world.offered()
    world.issued()
    on(world, date(2026, 7, 14))
    with world.by("shay") as act:
        found = run_due(act, world.scheme)
    assert (found.offers_lapsed, found.vouchers_expired, found.failed) == (1, 1, [])
    assert run(world).total == 0


def test_what_is_not_due_costs_nothing(world: World) -> None:
    statements: list[str] = []
    event.listen(engine(), "before_cursor_execute", lambda *args: statements.append(args[2]))
    costs = []
    for _ in range(3):
        world.recorded(world.issued())
        world.claimed(world.issued())
        session.rollback()
        _scheme_is_loaded = world.scheme.late_session_days
        statements.clear()
        run(world)
        costs.append(len(statements))
    assert costs[0] == costs[1] == costs[2]
