"""The audit trail is found out when anybody alters, removes or re-seals it (rule 64)."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest
from flask import Flask
from sqlalchemy import select, text

from tests.harness.clock import FixedClock
from voucher.accounts.commands import create_first_administrator
from voucher.app import Office, office
from voucher.audit.commands import seal, transaction
from voucher.audit.models import AuditEvent, AuditSeal, AuditSealMember
from voucher.audit.queries import Verification, verify
from voucher.platform.actor import WORKER
from voucher.platform.db import atomic, engine, session
from voucher.platform.errors import InvalidTransition

TABLES = ("audit_event", "audit_seal", "audit_seal_member")


@pytest.fixture
def place_of_trail(app: Flask, clock: FixedClock) -> Office:
    """An installation with two sealed batches of rows and one row that is not sealed yet."""
    here = office()
    with transaction(WORKER, clock):
        create_first_administrator(
            here.act(WORKER), name="Ada", email="ada@northmoor.example", password="correct horse battery"
        )
    sealed(here)
    leave_a_row(here)
    sealed(here)
    leave_a_row(here)
    return here


def sealed(here: Office) -> None:
    with transaction(WORKER, here.clock):
        assert seal(here.clock, roots_file=here.config.roots) is not None


def leave_a_row(here: Office) -> None:
    with pytest.raises(InvalidTransition), transaction(WORKER, here.clock):
        raise InvalidTransition("voucher", "NTT-V-1", "spent", "suspended")


def verified(here: Office) -> Verification:
    session.expire_all()
    return verify(here.config.roots)


def tamper(statement: str) -> None:
    """What an owner of the database could do: switch the triggers off, then change what they guard."""
    with atomic():
        for table in TABLES:
            if engine().dialect.name == "postgresql":
                session.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER ALL"))
            else:
                for event in ("update", "delete"):
                    session.execute(text(f"DROP TRIGGER {table}_no_{event}"))
        session.execute(text(statement))


@pytest.mark.rule(64)
def test_an_untouched_trail_holds_and_says_what_is_not_sealed_yet(place_of_trail: Office) -> None:
    found = verified(place_of_trail)
    assert (found.holds, found.seals, found.unsealed) == (True, 2, 1)


@pytest.mark.rule(64)
@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("UPDATE audit_event SET actor_name = 'Mallory' WHERE id = 1", "audit row 1 was altered"),
        ("UPDATE audit_event SET reason = reason || '.' WHERE id = 3", "audit row 3 was altered"),
        ("UPDATE audit_seal_member SET leaf = '00' || substr(leaf, 3) WHERE event_id = 1", "seal 1 does not fit"),
        ("DELETE FROM audit_seal_member WHERE event_id = 2", "seal 1 does not fit its members"),
        ("UPDATE audit_seal SET root = digest WHERE number = 1", "seal 1 does not fit its members"),
        ("UPDATE audit_seal SET digest = root WHERE number = 2", "seal 2"),
    ],
)
def test_what_was_tampered_with_is_named(place_of_trail: Office, statement: str, fault: str) -> None:
    tamper(statement)
    assert any(fault in each for each in verified(place_of_trail).faults)


@pytest.mark.rule(64)
def test_a_removed_row_is_named(place_of_trail: Office) -> None:
    if engine().dialect.name == "sqlite":
        with closing(sqlite3.connect(str(engine().url.database))) as raw:  # foreign keys are off unless asked for
            raw.execute("DROP TRIGGER audit_event_no_delete")
            raw.execute("DELETE FROM audit_event WHERE id = 1")
            raw.commit()
    else:
        tamper("DELETE FROM audit_event WHERE id = 1")
    assert "audit row 1 was removed" in verified(place_of_trail).faults


@pytest.mark.rule(64)
def test_a_trail_that_was_sealed_anew_differs_from_the_roots_outside(place_of_trail: Office) -> None:
    kept = place_of_trail.config.roots.read_text(encoding="utf-8")
    tamper("DELETE FROM audit_seal_member")
    tamper_again = ("DELETE FROM audit_seal", "UPDATE audit_event SET reason = 'nothing happened' WHERE id = 3")
    with atomic():
        for statement in tamper_again:
            session.execute(text(statement))
    sealed(place_of_trail)
    place_of_trail.config.roots.write_text(kept, encoding="utf-8")
    assert any("differs from the root" in each for each in verified(place_of_trail).faults)


@pytest.mark.rule(64)
def test_without_the_roots_outside_a_trail_sealed_anew_would_pass(place_of_trail: Office) -> None:
    """The control: inside the database alone nothing shows."""
    tamper("DELETE FROM audit_seal_member")
    with atomic():
        session.execute(text("DELETE FROM audit_seal"))
        session.execute(text("UPDATE audit_event SET reason = 'nothing happened' WHERE id = 3"))
    place_of_trail.config.roots.unlink()
    sealed(place_of_trail)
    assert verified(place_of_trail).holds


@pytest.mark.rule(7, 64)
def test_a_refused_state_change_leaves_a_row(place_of_trail: Office) -> None:
    newest = session.scalars(select(AuditEvent).order_by(AuditEvent.id.desc())).first()
    assert newest is not None
    assert newest.action == "refused.invalid_transition"
    assert "spent; it cannot become suspended" in newest.reason


def test_each_row_is_a_member_of_one_seal_only(place_of_trail: Office) -> None:
    sealed(place_of_trail)
    members = session.scalars(select(AuditSealMember.event_id)).all()
    assert sorted(members) == sorted(session.scalars(select(AuditEvent.id)).all())
    assert len(session.scalars(select(AuditSeal)).all()) == 3


def test_nothing_to_seal_makes_no_seal(place_of_trail: Office) -> None:
    sealed(place_of_trail)
    with transaction(WORKER, place_of_trail.clock):
        assert seal(place_of_trail.clock, roots_file=place_of_trail.config.roots) is None
