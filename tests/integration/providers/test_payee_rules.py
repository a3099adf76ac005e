"""Payee details: the modulus check by an operator's tables, the wait after a change, and what stands in for a check."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from tests.harness.clock import FixedClock
from tests.harness.world import PDF, World, build_world
from voucher.audit.models import AuditEvent
from voucher.audit.rules import Override
from voucher.notifications.models import OutboxMessage
from voucher.platform.db import session
from voucher.platform.errors import DomainError, Forbidden
from voucher.providers.details import PublicDetails, change_public_details
from voucher.providers.models import PayeeDetails
from voucher.providers.modulus_loading import load_tables
from voucher.providers.payee_evidence import evidence_of, keep_evidence
from voucher.providers.payees import confirm_details, key_details, record_payee_check, why_not_usable
from voucher.providers.queries import current_details
from voucher.providers.rules import PayeeCheck

# The account's last digit must be even, for sort codes that begin with 20.
EVEN = b"200000 209999 MOD10" + b" 0" * 13 + b" 5\n"
ISSUED = date(2026, 5, 18)


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    return build_world(clock)


def keyed(world: World, number: str = "51234568", code: str = "20-00-00") -> PayeeDetails:
    details: PayeeDetails = world.do(
        "kit", key_details, world.provider, name="Calder", sort_code_text=code, number_text=number
    )
    return details


def loaded(world: World, weights: bytes = EVEN) -> None:
    world.do("ada", load_tables, weights=weights, substitutes=None, dated=ISSUED)


def checked(world: World, details: PayeeDetails) -> PayeeDetails:
    world.do("kit", record_payee_check, details, PayeeCheck.MATCH)
    return details


def evidence(world: World) -> object:
    data = PDF.format(next(world.numbers)).encode()
    return world.do("kit", keep_evidence, world.provider, "letter.pdf", data)


# The modulus check


@pytest.mark.rule(30)
def test_without_tables_an_account_is_not_checkable_and_says_so(world: World) -> None:
    details = keyed(world)
    assert (details.modulus, details.modulus_tables_on) == ("not checkable", None)


@pytest.mark.rule(30)
def test_the_tables_pass_refuse_or_are_silent(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded(world)
    passed = keyed(world)
    assert (passed.modulus, passed.modulus_tables_on) == ("passed", ISSUED)
    with pytest.raises(DomainError, match="does not fit the sort code") as refused:
        keyed(world, "51234567")
    assert refused.value.field == "account_number"
    assert current_details(world.provider.id) == passed
    silent = keyed(world, "51234567", "30-00-00")
    assert (silent.modulus, silent.modulus_tables_on) == ("not checkable", ISSUED)
    # The control: without the check the wrong number is taken.
    monkeypatch.setattr("voucher.providers.payees.fits", lambda *_args: None)
    assert keyed(world, "51234567").modulus == "not checkable"


@pytest.mark.rule(30)
def test_an_account_is_checked_again_when_it_is_confirmed(world: World) -> None:
    wrong, right = keyed(world, "51234567"), None
    checked(world, wrong)
    loaded(world)
    with pytest.raises(DomainError, match="The tables of 18 May 2026 say so"):
        world.do("kay", confirm_details, wrong)
    right = checked(world, keyed(world))
    world.do("kay", confirm_details, right)
    assert (right.modulus, right.modulus_tables_on, why_not_usable(right)) == ("passed", ISSUED, None)


def test_tables_that_cannot_be_read_are_not_taken_and_the_old_ones_stay(world: World) -> None:
    loaded(world)
    with pytest.raises(DomainError, match="Line 1 has 2 columns"):
        loaded(world, b"200000 209999\n")
    with pytest.raises(Forbidden):
        world.do("kit", load_tables, weights=EVEN, substitutes=None, dated=ISSUED)
    tables = world.act("ada").modulus.tables()
    assert tables is not None
    assert (tables.dated, len(tables.weights)) == (ISSUED, 1)
    [event] = session.query(AuditEvent).filter_by(action="modulus_tables.loaded")
    assert event.object_reference == "modulus tables of 2026-05-18"


def test_tables_that_somebody_spoilt_stop_the_keying_and_not_the_check(world: World) -> None:
    loaded(world)
    path = world.act("ada").modulus.path
    assert path is not None
    (path / "valacdos.txt").write_text("nonsense")
    with pytest.raises(DomainError, match="no bank details are taken: Line 1"):
        keyed(world)


# The wait after a change


def cooled(world: World, days: int) -> None:
    with world.by("shay"):
        world.scheme.payee_cooling_days = days


@pytest.mark.rule(30)
def test_changed_details_wait_before_they_can_be_confirmed(world: World) -> None:
    cooled(world, 3)
    details = checked(world, keyed(world))
    for _day in range(3):
        with pytest.raises(DomainError, match="can be confirmed from 10 April 2026"):
            world.do("kay", confirm_details, details)
        world.clock.advance(days=1)
    cooled(world, 9)  # A setting that is changed meanwhile counts for details keyed later.
    world.do("kay", confirm_details, details)
    assert details.confirmed_at is not None
    assert details.confirmed_at - details.keyed_at == timedelta(days=3)


@pytest.mark.rule(30)
def test_details_keyed_twice_before_the_first_were_confirmed_wait_all_the_same(world: World) -> None:
    cooled(world, 3)
    keyed(world, "51234566")
    details = checked(world, keyed(world))
    with pytest.raises(DomainError, match="They replace details that were confirmed"):
        world.do("kay", confirm_details, details)


@pytest.mark.rule(30)
def test_control_without_the_wait_only_the_database_refuses(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    cooled(world, 3)
    details = checked(world, keyed(world))
    monkeypatch.setattr("voucher.providers.payees.why_still_cooling", lambda *_args: None)
    with pytest.raises(Exception, match="has_cooled"):
        world.do("kay", confirm_details, details)


@pytest.mark.rule(30)
def test_a_change_is_told_to_the_address_of_before_the_contact_was_changed_too(world: World) -> None:
    other = PublicDetails("", "Web shops", "mallory@elsewhere.example", "")
    world.do("pat", change_public_details, world.provider, other)
    keyed(world)
    told = session.scalars(select(OutboxMessage.email).where(OutboxMessage.kind == "payee_changed")).all()
    assert sorted(told) == ["mallory@elsewhere.example", "pat@provider.example"]


# What stands in for an unavailable check


@pytest.mark.rule(31)
def test_an_unavailable_check_needs_a_note_and_a_document(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    details = keyed(world)
    with pytest.raises(DomainError) as refused:
        world.do("kit", record_payee_check, details, PayeeCheck.UNAVAILABLE, note="the bank does not take part")
    assert (refused.value.code, refused.value.field) == ("evidence_needed", "evidence")
    kept = evidence(world)
    world.do("kit", record_payee_check, details, PayeeCheck.UNAVAILABLE, note="letter seen", evidence=kept)
    world.do("kay", confirm_details, details)
    assert why_not_usable(details) is None
    assert evidence_of(world.provider, details.evidence.public_id if details.evidence else "") == kept
    [event] = session.query(AuditEvent).filter_by(action="payee.checked", override=str(Override.PAYEE_CHECK))
    assert event.reason == "letter seen"
    # The control: what was recorded without a document stands, and would be paid to but for the rule.
    bare = keyed(world)
    with world.by("kit"):
        bare.payee_check, bare.payee_check_note = str(PayeeCheck.UNAVAILABLE), "on the telephone"
    with pytest.raises(DomainError, match="no document is kept"):
        world.do("kay", confirm_details, bare)
    monkeypatch.setattr("voucher.providers.payees.why_not_usable", lambda *_args, **_more: None)
    world.do("kay", confirm_details, bare)
    assert bare.confirmed_by == world.people["kay"].id


@pytest.mark.rule(31)
def test_a_match_takes_the_document_of_an_earlier_outcome_away(world: World) -> None:
    details = keyed(world)
    world.do("kit", record_payee_check, details, PayeeCheck.UNAVAILABLE, note="seen", evidence=evidence(world))
    checked(world, details)
    assert details.evidence_id is None
