"""Two people at once on one thing: one acts on what it read, the other comes in between if nothing holds it back.

In each control the same two act by the same schedule, with the guard taken away. On SQLite one lock for all writers is
the guard; without it a writer who read before the other wrote is turned away by the database.
"""

from __future__ import annotations

from datetime import date, timedelta
from types import ModuleType

import pytest
from flask import Flask
from sqlalchemy import select

from tests.concurrency.races import (
    FREE,
    HELD_BACK,
    LOCKED,
    claim_job,
    colleague,
    doing,
    holding_nothing,
    number,
    plain_begin,
    sql,
    unlocked,
    unlocked_rows,
)
from tests.harness.at_once import Job, Overtaking
from tests.harness.balances import faults
from tests.harness.reconciled import assert_reconciled
from tests.harness.world import World, add_package
from voucher.accounts.rules import Role
from voucher.payments import batches
from voucher.payments.batches import approve_batch, prepare_batch, submit_batch
from voucher.payments.models import Batch, PaymentItem
from voucher.platform.act import Act
from voucher.platform.db import Base, session
from voucher.redemptions import claims
from voucher.redemptions.models import Redemption
from voucher.reports import commands as statements
from voucher.reports.commands import LedgerTie, prepare_statement, review_statement, sign_statement
from voucher.reports.ledger_side import Period
from voucher.reports.models import Statement
from voucher.reports.rules import data_hash
from voucher.schemes.models import Scheme
from voucher.vouchers import commands as vouchers
from voucher.vouchers.commands import expire
from voucher.vouchers.models import Voucher
from voucher.vouchers.rules import release_falls_due_on

pytestmark = pytest.mark.usefixtures("sketched")

Patch = pytest.MonkeyPatch


def guarded(monkeypatch: Patch, module: ModuleType, step: str) -> Overtaking:
    """The first stops after this step of the product as it is."""
    schedule = Overtaking(HELD_BACK)
    monkeypatch.setattr(module, step, schedule.stopping_after(getattr(module, step)))
    return schedule


def unguarded(monkeypatch: Patch, module: ModuleType, lock: str, table: type[Base]) -> Overtaking:
    """The first stops after this step, which reads without the lock."""
    schedule = Overtaking(FREE)
    plain_begin(monkeypatch)
    monkeypatch.setattr(module, lock, schedule.stopping_after(unlocked(table)))
    return schedule


def unguarded_rows(monkeypatch: Patch, module: ModuleType, lock: str, table: type[Base]) -> Overtaking:
    """The same where the step reads many rows at once."""
    schedule = Overtaking(FREE)
    plain_begin(monkeypatch)
    monkeypatch.setattr(module, lock, schedule.stopping_after(unlocked_rows(table)))
    return schedule


def books_are_right(world: World) -> None:
    assert faults() == []
    assert_reconciled(world)


def events(action: str) -> int:
    return number(f"SELECT COUNT(*) FROM audit_event WHERE action = '{action}'")


# Two approvers of one batch


def two_approvals(world: World) -> tuple[Job, Job]:
    world.payable()
    colleague(world, "pia", Role.PAYMENTS_APPROVER)
    batch = world.do("petra", prepare_batch, world.scheme).batch
    assert batch is not None
    world.do("petra", submit_batch, batch)
    return doing(world, "paul", approve_batch, Batch, batch), doing(world, "pia", approve_batch, Batch, batch)


@pytest.mark.rule(29)
def test_a_batch_is_approved_by_one_of_two_approvers(app: Flask, world: World, monkeypatch: Patch) -> None:
    jobs, schedule = two_approvals(world), guarded(monkeypatch, batches, "lock_batch")
    assert schedule.run(app, *jobs) == ("done", "invalid_transition")
    assert events("batch.approved") == 1
    books_are_right(world)


def test_control_without_the_lock_a_batch_is_approved_twice(
    app: Flask, world: World, monkeypatch: Patch, engine_kind: str
) -> None:
    jobs, schedule = two_approvals(world), unguarded(monkeypatch, batches, "lock_batch", Batch)
    twice = engine_kind == "postgresql"
    assert schedule.run(app, *jobs) == ("done" if twice else LOCKED, "done")
    assert events("batch.approved") == 1 + twice


# Two who gather the same claims


def two_gatherings(world: World) -> tuple[Job, Job]:
    world.payable()
    colleague(world, "pete", Role.PAYMENTS_PREPARER)
    return gathering(world, "petra"), gathering(world, "pete")


def gathering(world: World, name: str) -> Job:
    scheme_id = world.scheme.id

    def work(act: Act) -> str:
        found = prepare_batch(act, session.get_one(Scheme, scheme_id))
        return "a batch" if found.batch else "nothing to pay"

    return world.act(name), work


@pytest.mark.rule(33)
def test_two_who_prepare_at_once_put_a_claim_in_one_payment(app: Flask, world: World, monkeypatch: Patch) -> None:
    jobs, schedule = two_gatherings(world), guarded(monkeypatch, batches, "claims_ready_to_pay")
    assert schedule.run(app, *jobs) == ("a batch", "nothing to pay")
    assert number("SELECT COUNT(*) FROM payment_item WHERE live") == 1
    books_are_right(world)


def ready_without_lock(scheme_id: int) -> list[Redemption]:
    living = select(PaymentItem.id).where(PaymentItem.redemption_id == Redemption.id, PaymentItem.live).exists()
    query = select(Redemption).where(Redemption.scheme_id == scheme_id, Redemption.state == "approved", ~living)
    return list(session.scalars(query))


@pytest.mark.parametrize("with_index", [True, False])
def test_control_without_lock_and_index_a_claim_comes_into_two_payments(
    app: Flask, world: World, monkeypatch: Patch, engine_kind: str, with_index: bool
) -> None:
    jobs, schedule = two_gatherings(world), Overtaking(FREE)
    plain_begin(monkeypatch)
    monkeypatch.setattr(batches, "claims_ready_to_pay", schedule.stopping_after(ready_without_lock))
    if not with_index:
        sql("DROP INDEX uq_payment_item_live")
    first, second = schedule.run(app, *jobs)
    assert second == "a batch"
    if engine_kind == "sqlite":
        assert first == LOCKED
    elif with_index:
        assert "uq_payment_item_live" in first
        assert faults() == []
    else:
        assert first == "a batch"
        assert any("a claim is in two living payments" in fault for fault in faults())


# Two signers of one statement


def two_signings(world: World) -> tuple[Job, Job]:
    world.issued()
    world.clock.set(world.clock.at + timedelta(days=30))
    colleague(world, "sven", Role.SIGNER)
    with world.by("stella") as act:
        period = Period(date(2026, 4, 1), date(2026, 4, 30))
        tie = LedgerTie(0, world.new_document(act))
        statement = prepare_statement(act, session.merge(world.agreement), period, tie)
    world.do("rob", review_statement, statement)
    jobs = [doing(world, name, sign_statement, Statement, statement) for name in ("sigrid", "sven")]
    return jobs[0], jobs[1]


@pytest.mark.rule(57)
def test_a_statement_is_signed_by_one_of_two_signers(app: Flask, world: World, monkeypatch: Patch) -> None:
    jobs, schedule = two_signings(world), guarded(monkeypatch, statements, "data_hash")
    first, second = schedule.run(app, *jobs)
    assert (first, second) == ("done", "invalid_transition")
    assert events("statement.signed") == 1
    books_are_right(world)


class _Unlocked:
    """The session of the statements' commands, which forgets that it was asked to lock."""

    def __getattr__(self, name: str) -> object:
        def call(*args: object, **options: object) -> object:
            options.pop("with_for_update", None)
            return getattr(session, name)(*args, **options)

        return call


@pytest.mark.parametrize("with_trigger", [True, False])
def test_control_without_lock_and_trigger_a_statement_is_signed_twice(
    app: Flask, world: World, monkeypatch: Patch, engine_kind: str, with_trigger: bool
) -> None:
    jobs, schedule = two_signings(world), Overtaking(FREE)
    plain_begin(monkeypatch)
    monkeypatch.setattr(statements, "session", _Unlocked())
    monkeypatch.setattr(statements, "data_hash", schedule.stopping_after(data_hash))
    if engine_kind == "postgresql" and not with_trigger:
        sql("ALTER TABLE statement DISABLE TRIGGER statement_frozen")
        sql("ALTER TABLE statement_paper DROP CONSTRAINT uq_statement_paper_statement_id")
    first, second = schedule.run(app, *jobs)
    assert second == "done"
    if engine_kind == "sqlite":
        assert first == LOCKED
    elif with_trigger:
        assert first.startswith("fault")
        assert events("statement.signed") == 1
    else:
        assert first == "done"
        assert events("statement.signed") == 2


# A claim and the release of the same voucher


def release_and_claim(world: World) -> tuple[Job, Job]:
    """The voucher's late-session days are over; a session on it is still to be claimed, out of what remains."""
    package = add_package(world, world.provider, "LARGE", 562_50)
    voucher = world.issued()
    item = holding_nothing(world, voucher, package, 1)[0]
    due_on = release_falls_due_on(session.merge(voucher).last_day, session.merge(voucher).late_session_days)
    world.clock.advance(days=(due_on - world.act("pat").today).days)
    voucher_id = session.merge(voucher).id

    def release(act: Act) -> str:
        expire(act, session.get_one(Voucher, voucher_id), due_on=due_on)
        return "released"

    return (world.act("shay"), release), claim_job(world, item, 562_50)


@pytest.mark.rule(12, 18)
def test_a_claim_that_comes_while_the_voucher_is_released_finds_nothing_left(
    app: Flask, world: World, monkeypatch: Patch
) -> None:
    (release, claim), schedule = release_and_claim(world), guarded(monkeypatch, vouchers, "lock_voucher")
    assert schedule.run(app, release, claim) == ("released", "nothing_left")
    books_are_right(world)


@pytest.mark.rule(12, 18)
def test_a_release_that_comes_while_a_claim_is_made_releases_only_the_rest(
    app: Flask, world: World, monkeypatch: Patch
) -> None:
    (release, claim), schedule = release_and_claim(world), guarded(monkeypatch, claims, "lock_voucher")
    assert schedule.run(app, claim, release) == ("45000", "released")
    assert number("SELECT SUM(pence) FROM posting WHERE to_account = 'unallocated' AND voucher_id > 0") == 300_00
    books_are_right(world)


def test_control_without_the_lock_the_claimed_money_is_released_too(
    app: Flask, world: World, monkeypatch: Patch, engine_kind: str
) -> None:
    (release, claim), schedule = release_and_claim(world), unguarded(monkeypatch, vouchers, "lock_voucher", Voucher)
    first, second = schedule.run(app, release, claim)
    assert second == "45000"
    if engine_kind == "sqlite":
        assert first == LOCKED
        return
    assert first == "released"
    assert any("money of a voucher is below zero on a line" in fault for fault in faults())
