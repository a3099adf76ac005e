"""``reconcile`` sees a difference on either side, whichever was broken."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import text

from tests.harness.clock import FixedClock
from tests.harness.reconciled import assert_reconciled
from tests.harness.world import World, build_world
from voucher.platform.db import atomic, engine, session
from voucher.reports.reconcile import reconcile

BROKEN_ROWS = [
    ("UPDATE voucher SET remaining_pence = remaining_pence - 1 WHERE remaining_pence > 0", "committed of voucher"),
    ("UPDATE redemption SET grant_pence = grant_pence - 1 WHERE state = 'paid'", "defrayed of redemption"),
    ("UPDATE redemption SET state = 'verified' WHERE state = 'approved'", "claimed of redemption"),
    ("UPDATE application SET state = 'lapsed' WHERE state = 'approved'", "reserved of application"),
    ("UPDATE application SET state = 'lapsed' WHERE state = 'approved'", "round budget"),
    ("UPDATE funding_line SET unallocated_pence = unallocated_pence + 1", "unallocated of line"),
    ("UPDATE bank_line SET open_pence = 1", "bank line"),
    ("UPDATE payment SET state = 'exported' WHERE state = 'defrayed'", "payment"),
    ("UPDATE voucher SET state = 'spent' WHERE state = 'issued'", "voucher state"),
    ("UPDATE debt SET outstanding_pence = outstanding_pence - 1", "outstanding of debt"),
    ("UPDATE agreement_change SET changes = '{\"L1\": 1}'", "award of line"),
]
BROKEN_POSTINGS = [
    ("UPDATE posting SET pence = pence + 1 WHERE to_account = 'committed'", "committed of voucher"),
    ("UPDATE posting SET pence = pence + 1 WHERE to_account = 'defrayed'", "defrayed of redemption"),
    ("UPDATE posting SET pence = pence + 1 WHERE to_account = 'cash: payments'", "cash"),
    ("UPDATE posting SET pence = pence + 1 WHERE to_account = 'receivable'", "outstanding of debt"),
    ("UPDATE posting SET pence = pence + 1 WHERE from_account = 'award'", "award of line"),
]


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    return build_world(clock)


def books(world: World) -> None:
    """One claim paid with a debt on it, one approved, one under check, one voucher untouched, one offer open."""
    paid = world.payable()
    world.paid()
    world.debt_on(paid, 1_000)
    world.payable()
    world.claimed(world.issued())
    world.issued()
    world.offered()


BEGINS_WITH = books


def _break(statement: str) -> None:
    with atomic():
        if engine().dialect.name == "postgresql":
            session.execute(text("ALTER TABLE posting DISABLE TRIGGER ALL"))
        else:
            session.execute(text("DROP TRIGGER IF EXISTS posting_no_update"))
        assert session.execute(text(statement)).rowcount  # type: ignore[attr-defined]


def _differences(world: World) -> str:
    session.expire_all()
    return "\n".join(reconcile(world.scheme).differences)


@pytest.mark.rule(54, 56)
def test_untouched_books_hold(world: World) -> None:
    assert_reconciled(world)


@pytest.mark.parametrize(("statement", "named"), BROKEN_ROWS)
def test_a_changed_row_is_named(world: World, statement: str, named: str) -> None:
    _break(statement)
    assert named in _differences(world)


@pytest.mark.rule(56)
@pytest.mark.parametrize(("statement", "named"), BROKEN_POSTINGS)
def test_a_changed_posting_is_named(world: World, statement: str, named: str) -> None:
    _break(statement)
    assert named in _differences(world)


@pytest.mark.rule(7)
def test_a_state_that_no_event_made_is_named(world: World) -> None:
    _break("UPDATE voucher SET state = 'suspended' WHERE state = 'issued'")
    assert "state of voucher" in _differences(world)
