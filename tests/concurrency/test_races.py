"""Crowds: fifty people at once on one voucher, one line, one offer, one request."""

from __future__ import annotations

from collections import Counter

import pytest
from flask import Flask

from tests.concurrency.races import (
    FREE,
    LOCKED,
    approval,
    claim_job,
    claim_of,
    holding,
    holding_nothing,
    number,
    plain_begin,
    submitted,
    unlocked,
)
from tests.harness.at_once import Job, Overtaking, at_once
from tests.harness.balances import faults
from tests.harness.reconciled import assert_reconciled
from tests.harness.two_people import change_award
from tests.harness.world import SHARES, World, add_package, add_round_over
from voucher.applications import commands as applications
from voucher.applications import reviewing
from voucher.applications.models import Application
from voucher.applications.policy import why_not_decide
from voucher.funding import ledger
from voucher.funding.ledger import Move
from voucher.funding.models import FundingLine
from voucher.funding.rules import Account
from voucher.platform.act import Act
from voucher.platform.db import session
from voucher.redemptions import claims
from voucher.redemptions.models import DeliverySession, Redemption
from voucher.schemes.models import Round
from voucher.vouchers import commands as vouchers
from voucher.vouchers.commands import accept
from voucher.vouchers.models import Voucher

CROWD = 50
FACE = 750_00
L2_PART = 250_05  # of one voucher, at the middle line's share of 33.34%
postgresql_only = pytest.mark.parametrize("engine_kind", ["postgresql"], indirect=True)


def books_are_right(world: World) -> None:
    assert faults() == []
    assert_reconciled(world)


# Fifty claims on one voucher


@pytest.mark.rule(18, 19)
def test_fifty_claims_at_once_on_one_voucher_share_its_face_and_no_penny_more(app: Flask, world: World) -> None:
    voucher = world.issued()
    full, small = add_package(world, world.provider, "FULL", 81_00), add_package(world, world.provider, "SMALL", 55_00)
    unheld = holding_nothing(world, voucher, full, CROWD - 5)
    held = holding(world, voucher, small, 5)
    jobs = [claim_job(world, item, 81_00) for item in unheld] + [claim_job(world, item, 55_00) for item in held]

    came_to = Counter(at_once(app, jobs))

    # Five take the £5 that they hold; of the £725 that remain, 23 take £31, one takes the last £12, 21 find nothing.
    assert came_to == {"3100": 23, "1200": 1, "500": 5, "nothing_left": 21}
    assert number("SELECT SUM(grant_pence) FROM redemption") == FACE
    assert number("SELECT remaining_pence FROM voucher") == 0
    books_are_right(world)


def two_large_claims(world: World) -> tuple[Job, Job]:
    """Either wants £450 of the £750 that remain."""
    package = add_package(world, world.provider, "LARGE", 562_50)
    first, second = holding_nothing(world, world.issued(), package, 2)
    return claim_job(world, first, 562_50), claim_job(world, second, 562_50)


def hold_by_reading_and_writing(voucher: Voucher, pence: int) -> None:
    """What *hold* must not be."""
    voucher.remaining_pence -= pence
    session.flush()


@postgresql_only
def test_without_the_lock_the_guarded_update_still_keeps_the_face(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs, schedule = two_large_claims(world), Overtaking(FREE)
    monkeypatch.setattr(claims, "lock_voucher", schedule.stopping_after(unlocked(Voucher)))
    assert schedule.run(app, *jobs) == ("nothing_left", "45000")
    books_are_right(world)


def test_control_without_lock_and_guard_two_claims_take_more_than_the_face(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch, engine_kind: str
) -> None:
    jobs, schedule = two_large_claims(world), Overtaking(FREE)
    plain_begin(monkeypatch)
    monkeypatch.setattr(claims, "lock_voucher", schedule.stopping_after(unlocked(Voucher)))
    monkeypatch.setattr(claims, "hold", hold_by_reading_and_writing)
    came_to = schedule.run(app, *jobs)
    if engine_kind == "sqlite":
        assert came_to == (LOCKED, "45000")
        return
    assert came_to == ("45000", "45000")
    assert number("SELECT SUM(grant_pence) FROM redemption") == 900_00
    assert any("a voucher's claims go beyond its face" in fault for fault in faults())


# The last pound of a line, and of a round


def money_for(world: World, count: int, *, beside: int = 0) -> list[Round]:
    """Two rounds over the same lines, whose middle one has money for so many vouchers and some pence beside."""
    award = next(line for line in world.agreement.lines if line.code == "L2").unallocated_pence
    shares = list(zip(world.agreement.lines, SHARES, strict=True))
    rounds = [world.round, add_round_over(world, "R2", shares, 9_000_00)]
    cut = {"L2": count * L2_PART + beside - award}
    change_award(world, world.agreement, cut, reason="the funder cut the line")
    return [session.merge(item) for item in rounds]


@pytest.mark.rule(23)
def test_of_fifty_approvals_at_once_as_many_succeed_as_the_line_has_money_for(app: Flask, world: World) -> None:
    rounds = money_for(world, 5, beside=L2_PART - 1)
    jobs = [approval(world, item) for item in submitted(world, rounds * (CROWD // 2))]

    assert Counter(at_once(app, jobs)) == {"approved": 5, "line_short": 45}

    assert number("SELECT unallocated_pence FROM funding_line WHERE code = 'L2'") == L2_PART - 1
    assert number("SELECT SUM(budget_pence - available_pence) FROM round") == 5 * FACE
    assert number("SELECT COUNT(*) FROM application WHERE state = 'approved'") == 5
    books_are_right(world)


def stopped_at_the_decision(monkeypatch: pytest.MonkeyPatch, engine_kind: str) -> Overtaking:
    """A schedule for controls. SQLite has one lock for all, so there the first stops before it writes anything."""
    schedule = Overtaking(FREE)
    plain_begin(monkeypatch)
    if engine_kind == "sqlite":
        stopping = schedule.stopping_after(why_not_decide)
        monkeypatch.setattr(reviewing, "why_not_decide", stopping)
    return schedule


def read_and_write(movements: list[Move], schedule: Overtaking) -> None:
    """What the ledger's guards must not be: read all lines, then write them."""
    lines = [(session.get_one(FundingLine, move.line_id, populate_existing=True), move) for move in movements]
    schedule.stopping_after(lambda: None)()
    for line, move in lines:
        if move.source == Account.UNALLOCATED:
            assert line.unallocated_pence >= move.pence
            line.unallocated_pence -= move.pence
    session.flush()


def test_control_with_a_line_that_is_read_and_written_two_get_the_money_of_one(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch, engine_kind: str
) -> None:
    first, second = submitted(world, money_for(world, 1))
    schedule = stopped_at_the_decision(monkeypatch, engine_kind)
    monkeypatch.setattr(ledger, "_move_guards", lambda movements: read_and_write(movements, schedule))
    came_to = schedule.run(app, approval(world, first), approval(world, second))
    if engine_kind == "sqlite":
        assert came_to == (LOCKED, "approved")
        return
    assert came_to == ("approved", "approved")
    assert any("an account of a line is below zero" in fault for fault in faults())


def small_round(world: World, count: int) -> Round:
    """A round with a budget for so many vouchers, over lines that have more."""
    shares = list(zip(world.agreement.lines, SHARES, strict=True))
    return add_round_over(world, "SMALL", shares, count * FACE)


@pytest.mark.rule(23)
def test_of_twelve_approvals_at_once_as_many_succeed_as_the_round_has_budget_for(app: Flask, world: World) -> None:
    jobs = [approval(world, item) for item in submitted(world, [small_round(world, 3)] * 12)]
    assert Counter(at_once(app, jobs)) == {"approved": 3, "round_short": 9}
    assert number("SELECT available_pence FROM round WHERE code = 'SMALL'") == 0
    books_are_right(world)


def test_control_with_a_round_that_is_read_and_written_two_are_offered_the_budget_of_one(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch, engine_kind: str
) -> None:
    first, second = submitted(world, [small_round(world, 1)] * 2)
    schedule = stopped_at_the_decision(monkeypatch, engine_kind)

    def read_and_write_round(target: Round, pence: int) -> None:
        schedule.stopping_after(unlocked(Round))(target)
        target.available_pence -= pence
        session.flush()

    monkeypatch.setattr(applications, "take_from_round", read_and_write_round)
    came_to = schedule.run(app, approval(world, first), approval(world, second))
    if engine_kind == "sqlite":
        assert came_to == (LOCKED, "approved")
        return
    assert came_to == ("approved", "approved")
    assert any("a round's guard differs from its offers" in fault for fault in faults())


# One acceptance, sent many times


def acceptance(world: World, application: Application) -> Job:
    application_id = application.id

    def work(act: Act) -> str:
        found = session.get_one(Application, application_id)
        return accept(act, found, declared_pence=0, terms_version="2026-1").reference

    return world.act(world.owner_of(application)), work


@pytest.mark.rule(8)
def test_one_acceptance_sent_fifty_times_makes_one_voucher_and_gives_it_fifty_times(app: Flask, world: World) -> None:
    application = world.offered()
    came_to = at_once(app, [acceptance(world, application)] * CROWD)
    assert len(came_to) == CROWD
    assert set(came_to) == {session.query(Voucher.reference).scalar()}
    assert number("SELECT COUNT(*) FROM voucher") == 1
    books_are_right(world)


def test_control_without_the_lock_a_second_acceptance_is_refused_instead(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch, engine_kind: str
) -> None:
    application = world.offered()
    schedule = Overtaking(FREE)
    plain_begin(monkeypatch)
    monkeypatch.setattr(vouchers, "lock_application", unlocked(Application))
    monkeypatch.setattr(vouchers, "good_notice", schedule.stopping_after(applications.good_notice))
    first, second = schedule.run(app, acceptance(world, application), acceptance(world, application))
    assert second == session.query(Voucher.reference).scalar()
    assert first == (LOCKED if engine_kind == "sqlite" else "not_reserved")


# One request, sent many times


def requests_with_one_key(world: World, count: int) -> list[Job]:
    item = world.recorded(world.issued())
    invoice = world.invoice(300_00)
    job = claim_of(world, item, invoice, "one-key", lambda receipt: receipt.redemption.reference)
    return [job] * count


@pytest.mark.rule(18)
def test_one_request_sent_fifty_times_makes_one_claim_and_gives_fifty_identical_receipts(
    app: Flask, world: World
) -> None:
    came_to = at_once(app, requests_with_one_key(world, CROWD))
    assert len(came_to) == CROWD
    assert set(came_to) == {session.query(Redemption.reference).scalar()}
    assert number("SELECT COUNT(*) FROM redemption") == 1
    assert number("SELECT COUNT(*) FROM request_key") == 1
    books_are_right(world)


def test_control_without_the_lock_the_same_request_is_refused_the_second_time(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch, engine_kind: str
) -> None:
    jobs, schedule = requests_with_one_key(world, 2), Overtaking(FREE)
    plain_begin(monkeypatch)
    monkeypatch.setattr(claims, "lock_voucher", unlocked(Voucher))
    monkeypatch.setattr(claims, "lock_session", unlocked(DeliverySession))
    monkeypatch.setattr(claims, "_repeat", schedule.stopping_after(claims._repeat))
    first, second = schedule.run(app, jobs[0], jobs[1])
    assert second == session.query(Redemption.reference).scalar()
    assert first == (LOCKED if engine_kind == "sqlite" else "session_not_recorded")
