"""The trail: every change with both states, refusals too, sealed so that no change goes unseen."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select, text

from tests.harness.clock import FixedClock
from tests.harness.world import World, build_world
from tests.integration.platform.rows import drop_triggers
from voucher.audit.commands import seal
from voucher.audit.models import AuditEvent
from voucher.audit.queries import Verification, history, verify
from voucher.platform.db import atomic, session
from voucher.platform.errors import Forbidden, InvalidTransition
from voucher.vouchers.commands import cancel, suspend


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    return build_world(clock)


@pytest.fixture
def roots(tmp_path: Path) -> Path:
    return tmp_path / "roots" / "roots.txt"


def sealed(world: World, roots: Path) -> None:
    with atomic():
        seal(world.clock, roots_file=roots)


def changed(statement: str, *tables: str) -> None:
    """What somebody with the database's own password can do."""
    with atomic():
        for table in tables:
            drop_triggers(session.connection(), table)
        session.execute(text(statement))
    session.expire_all()


@pytest.mark.rule(7, 64)
def test_every_change_of_a_claim_says_who_when_what_and_between_which_states(world: World) -> None:
    claim = world.payable()
    world.paid()
    rows = [event for event in history("redemption", claim.id) if event.to_state]
    assert [(row.actor_name, row.from_state, row.to_state) for row in rows] == [
        ("Pat", None, "submitted"),
        (claim.voucher.application.contact.name, "submitted", "confirmed"),
        ("Vera", "confirmed", "verified"),
        ("Carl", "verified", "approved"),
        ("Petra", "approved", "in batch"),
        ("Bina", "in batch", "paid"),
    ]
    assert all(row.at == world.clock() and row.channel == "web" for row in rows)


@pytest.mark.rule(7, 64)
def test_a_step_that_no_table_has_is_refused_and_the_attempt_is_kept(world: World) -> None:
    voucher = world.issued()
    world.do("shay", cancel, voucher, reason="the business has closed")
    with pytest.raises(InvalidTransition):
        world.do("shay", suspend, voucher, reason="a second thought")
    with pytest.raises(Forbidden):
        world.do("vera", suspend, voucher, reason="not mine to do")
    kept = session.scalars(select(AuditEvent).where(AuditEvent.object_kind == "refusal").order_by(AuditEvent.id)).all()
    assert [(row.action, row.actor_name) for row in kept] == [
        ("refused.invalid_transition", "Shay"),
        ("refused.no_permission", "Vera"),
    ]
    assert voucher.state == "cancelled"


@pytest.mark.rule(64)
def test_untouched_rows_verify_over_several_seals(world: World, roots: Path) -> None:
    sealed(world, roots)
    world.issued()
    sealed(world, roots)
    found = verify(roots)
    assert (found.holds, found.seals, found.unsealed) == (True, 2, 0)
    assert found.sealed == session.query(AuditEvent).count()
    with atomic():
        assert seal(world.clock, roots_file=roots) is None


HARMS = [
    ("UPDATE audit_event SET actor_name = 'Nobody' WHERE id = 5", ("audit_event",), "audit row 5 was altered"),
    ("UPDATE audit_event SET pence = 1 WHERE id = 5", ("audit_event",), "audit row 5 was altered"),
    ("UPDATE audit_seal_member SET leaf = 'ab' WHERE position = 0", ("audit_seal_member",), "does not fit"),
    ("UPDATE audit_seal SET root = 'ab' WHERE number = 1", ("audit_seal",), "does not fit"),
    ("UPDATE audit_seal SET previous = 'ab' WHERE number = 2", ("audit_seal",), "does not follow"),
    ("UPDATE audit_seal SET number = 3 WHERE number = 2", ("audit_seal",), "seal 2 is missing"),
]


@pytest.mark.rule(64)
@pytest.mark.parametrize(("statement", "tables", "fault"), HARMS)
def test_whatever_is_altered_afterwards_is_named(
    world: World, roots: Path, statement: str, tables: tuple[str, ...], fault: str
) -> None:
    sealed(world, roots)
    world.issued()
    sealed(world, roots)
    changed(statement, *tables)
    found: Verification = verify(roots)
    assert any(fault in each for each in found.faults), found.faults


@pytest.mark.rule(64)
def test_seals_made_anew_do_not_fit_the_file_outside_the_database(world: World, roots: Path) -> None:
    """The control of the file: without it, whoever rewrites the rows and seals them again is not found out."""
    sealed(world, roots)
    changed("DELETE FROM audit_seal_member", "audit_seal_member")
    changed("DELETE FROM audit_seal", "audit_seal")
    changed("UPDATE audit_event SET actor_name = 'Nobody' WHERE id = 5", "audit_event")
    elsewhere = roots.with_name("forged.txt")
    sealed(world, elsewhere)
    assert verify(elsewhere).holds
    assert verify(roots).faults == ["seal 1 differs from the root kept outside the database"]


@pytest.mark.rule(64)
def test_a_lost_file_and_a_lost_seal_are_named(world: World, roots: Path) -> None:
    sealed(world, roots)
    assert "is missing" in verify(roots.with_name("none.txt")).faults[0]
    text_of_file = roots.read_text(encoding="utf-8")
    roots.write_text(text_of_file + text_of_file.replace("1 ", "3 ", 1), encoding="utf-8")
    assert verify(roots).faults == ["the file of roots knows seal 3; the database ends at 1"]
