"""Sign-in sessions and limits, by the commands."""

from __future__ import annotations

from typing import Literal

import pytest
from argon2 import PasswordHasher, Type
from flask import Flask
from sqlalchemy import select

from tests.harness.clock import FixedClock
from tests.harness.hashing import PRODUCT_HASHER
from tests.integration.accounts.people import (
    BRYN,
    OLWEN,
    PASSWORD,
    as_person,
    begin_session,
    bryn,
    kept_attempts,
    nobody,
    olwen,
)
from voucher.accounts import sign_in as sessions
from voucher.accounts.models import Person, SignInSession
from voucher.accounts.sign_in import SignedIn, SignInRefused, end_sessions, holder_of, sign_in, sign_out
from voucher.app import office
from voucher.audit.commands import transaction
from voucher.audit.models import AuditEvent
from voucher.platform.db import atomic, read_anew, session
from voucher.platform.errors import DomainError, Forbidden


def attempt(email: str, password: str, address: str = "192.0.2.7") -> SignedIn | SignInRefused:
    act = nobody()
    with transaction(act.actor, act.clock):
        return sign_in(act, email=email, password=password, address=address)


def holder(token: str) -> Person | None:
    found = holder_of(office().ring.lookup_hash(token), office().clock())
    return found.person if found else None


def suspend(person: Person) -> None:
    with atomic():
        person.active = False


def test_a_wrong_password_is_refused_and_the_attempt_is_kept(app: Flask) -> None:
    olwen()
    result = attempt(OLWEN, "another lantern")
    assert isinstance(result, SignInRefused)
    read_anew()
    assert kept_attempts() == 1
    assert session.scalars(select(SignInSession)).all() == []


def test_unknown_suspended_and_passwordless_people_get_the_answer_of_a_wrong_password(app: Flask) -> None:
    administrator = olwen()
    wrong = attempt(OLWEN, "another lantern")
    bryn(administrator, password=None)
    suspend(administrator)
    assert [attempt("nobody@scheme.example", PASSWORD), attempt(BRYN, PASSWORD), attempt(OLWEN, PASSWORD)] == [
        wrong
    ] * 3


def test_passwords_are_hashed_by_argon2id_at_the_cost_that_rfc_9106_asks_for_at_least() -> None:
    hasher = PRODUCT_HASHER
    assert hasher.type is Type.ID
    assert hasher.time_cost >= 3
    assert hasher.memory_cost >= 64 * 1024


def test_an_unknown_address_costs_the_same_work_as_a_known_one(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    olwen()
    work: list[str] = []

    class Counting(PasswordHasher):
        def hash(self, password: str | bytes, *, salt: bytes | None = None) -> str:
            work.append("once")
            return super().hash(password, salt=salt)

        def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:
            work.append("once")
            return super().verify(hash, password)

    monkeypatch.setattr(sessions, "HASHER", Counting())
    attempt("nobody@scheme.example", PASSWORD)
    assert work == ["once"]
    attempt(OLWEN, "another lantern")
    assert work == ["once", "once"]


def test_the_right_password_begins_a_session_of_which_only_a_keyed_hash_is_kept(app: Flask) -> None:
    person = olwen()
    token = begin_session(f"  {OLWEN.upper()} ")
    assert holder(token) == person
    row = session.scalars(select(SignInSession)).one()
    assert (row.person_id, row.token_hash, row.address) == (person.id, office().ring.lookup_hash(token), "192.0.2.7")
    assert holder_of(token, office().clock()) is None
    assert token not in repr(SignedIn(token))


def test_a_session_lasts_twelve_hours(app: Flask, clock: FixedClock) -> None:
    olwen()
    token = begin_session()
    clock.advance(hours=11, minutes=59)
    assert holder(token) is not None
    clock.advance(minutes=1)
    assert holder(token) is None


def test_signing_out_ends_that_session_and_no_other(app: Flask) -> None:
    person = olwen()
    here, elsewhere = begin_session(), begin_session()
    for _twice in range(2):
        with atomic():
            sign_out(as_person(person), here)
    assert holder(here) is None
    assert holder(elsewhere) == person
    assert actions() == ["person.added", "person.signed_in", "person.signed_in", "person.signed_out"]


def actions() -> list[str]:
    """What the audit trail has on people, in order."""
    about_people = select(AuditEvent.action).where(AuditEvent.object_kind == "person").order_by(AuditEvent.id)
    return list(session.scalars(about_people))


def test_only_who_manages_people_ends_the_sessions_of_others(app: Flask) -> None:
    administrator = olwen()
    other = bryn(administrator)
    token = begin_session()
    with pytest.raises(Forbidden), atomic():
        end_sessions(as_person(other), administrator)
    assert holder(token) == administrator


def test_ending_a_persons_sessions_ends_all_of_them_and_nobody_elses(app: Flask) -> None:
    administrator = olwen()
    other = bryn(administrator)
    own, theirs = begin_session(), [begin_session(BRYN), begin_session(BRYN)]
    with atomic():
        assert end_sessions(as_person(administrator), other) == 2
    assert [holder(token) for token in theirs] == [None, None]
    assert holder(own) == administrator
    with atomic():
        assert end_sessions(as_person(administrator), administrator) == 1
    assert holder(own) is None


def test_a_suspended_persons_session_is_over_at_once(app: Flask) -> None:
    person = olwen()
    token = begin_session()
    assert holder(token) is not None
    suspend(person)
    assert holder(token) is None


def fail(times: int, email: str = OLWEN, address: str = "192.0.2.7") -> None:
    for _time in range(times):
        assert isinstance(attempt(email, "another lantern", address), SignInRefused)


def test_five_failures_lock_an_address_even_for_the_right_password(app: Flask, clock: FixedClock) -> None:
    olwen()
    fail(5)
    with pytest.raises(DomainError, match="Wait 15 minutes") as refusal:
        attempt(OLWEN, PASSWORD, "198.51.100.1")
    assert refusal.value.code == "locked"
    assert kept_attempts() == 5
    clock.advance(minutes=15)
    begin_session()


def test_control_without_the_limit_the_sixth_guess_would_succeed(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    olwen()
    monkeypatch.setattr(sessions, "FAILURES_PER_EMAIL", 1000)
    fail(5)
    begin_session()


def test_twenty_failures_lock_a_network_address_and_no_other(app: Flask) -> None:
    for number in range(20):
        fail(1, f"guess{number}@scheme.example")
    with pytest.raises(DomainError) as refusal:
        attempt("guess20@scheme.example", PASSWORD)
    assert refusal.value.code == "locked"
    fail(1, "guess20@scheme.example", "198.51.100.1")


def test_a_password_kept_in_an_older_way_is_kept_in_todays_after_signing_in(app: Flask) -> None:
    person = olwen()
    older = PasswordHasher(time_cost=2, memory_cost=8, parallelism=1)
    with atomic():
        person.password_hash = older.hash(PASSWORD)
    fail(1)
    assert person.password_hash
    assert sessions.HASHER.check_needs_rehash(person.password_hash)
    begin_session()
    assert not sessions.HASHER.check_needs_rehash(person.password_hash)
    begin_session()
