"""What falls due by itself: at its time, once, by any number of workers."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask
from sqlalchemy import event

from tests.harness.clock import FixedClock
from tests.harness.reconciled import assert_reconciled
from tests.harness.world import World, add_package, build_world
from tests.integration.redemptions.due_days import cut, entries, mails, on, run
from voucher.app import office
from voucher.audit.commands import transaction
from voucher.audit.queries import history
from voucher.funding.queries import award_of
from voucher.funding.rules import EntryKind
from voucher.platform.actor import WORKER
from voucher.platform.db import atomic, engine, read_anew, session
from voucher.redemptions import due
from voucher.redemptions.claims import Accepted, resubmit_claim
from voucher.redemptions.decisions import send_back
from voucher.redemptions.due import DueReport, run_due
from voucher.vouchers.commands import cancel, expire, extend

FACE = 750_00
LAST_DAY = date(2026, 7, 6)  # 90 days from the clock's start.


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    return build_world(clock)


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
    voucher.late_session_days = 0
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
def test_half_way_is_half_of_what_was_promised_whatever_the_scheme_says_by_then(world: World) -> None:
    world.claimed(world.issued())
    with atomic():
        session.merge(world.scheme).confirmation_days = 60
    on(world, date(2026, 4, 20))
    assert run(world).total == 0
    with atomic():
        session.merge(world.scheme).confirmation_days = 2
    on(world, date(2026, 4, 21))
    assert run(world).halfway_alerts == 1


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


def test_a_cut_that_waited_is_applied_once_its_money_is_back(world: World) -> None:
    cut(world)
    before = award_of(world.agreement)
    assert run(world).cuts_applied == 1
    assert award_of(world.agreement) < before
    assert run(world).total == 0
    assert len(entries(EntryKind.AGREEMENT_LOWERED)) == 1
    assert_reconciled(world)


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
        read_anew()
        _scheme_is_loaded = world.scheme.late_session_days
        statements.clear()
        run(world)
        costs.append(len(statements))
    assert costs[0] == costs[1] == costs[2]
