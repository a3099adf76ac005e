"""Payee details, the bank file, and what counts as evidence that money left."""

from __future__ import annotations

import csv
import io
from datetime import date

import pytest
from flask import Flask
from sqlalchemy import select

from tests.harness.clock import FixedClock
from tests.harness.reconciled import assert_reconciled
from tests.harness.world import World, build_world
from tests.journeys.steps import standing
from voucher.accounts.commands import grant_role
from voucher.accounts.rules import Role
from voucher.documents.models import Document
from voucher.funding.rules import Account
from voucher.notifications.models import OutboxMessage
from voucher.payments.bank import match_payments, match_return, type_bank_line
from voucher.payments.batches import approve_batch, export_batch, prepare_batch, submit_batch
from voucher.payments.models import BankLine, Payment
from voucher.platform.db import session
from voucher.platform.errors import Conflict, DomainError, Forbidden
from voucher.providers.models import PayeeDetails
from voucher.providers.payees import confirm_details, key_details, record_payee_check
from voucher.providers.rules import PayeeCheck


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    return build_world(clock)


def newly_keyed(world: World) -> PayeeDetails:
    return world.do(
        "kit", key_details, world.provider, name="Calder", sort_code_text="20-00-00", number_text="51234567"
    )


def left_out(world: World) -> list[str]:
    return [each.reason for each in world.do("petra", prepare_batch, world.scheme).left_out]


@pytest.mark.rule(30)
def test_new_details_are_unusable_until_checked_and_confirmed_and_the_old_contact_is_told(world: World) -> None:
    world.payable()
    details = newly_keyed(world)
    told = session.scalars(select(OutboxMessage.email).where(OutboxMessage.kind == "payee_changed")).all()
    assert told == ["pat@provider.example"]
    assert left_out(world) == ["No Confirmation of Payee outcome is recorded."]
    with pytest.raises(DomainError, match="No Confirmation"):
        world.do("kay", confirm_details, details)
    world.do("kit", record_payee_check, details, PayeeCheck.MATCH)
    assert left_out(world) == ["A second person has not confirmed them."]
    world.do("kay", confirm_details, details)
    assert left_out(world) == []


@pytest.mark.rule(31)
def test_no_match_bars_payment_and_anything_between_needs_a_note(world: World) -> None:
    details = newly_keyed(world)
    for outcome in (PayeeCheck.CLOSE_MATCH, PayeeCheck.UNAVAILABLE):
        with pytest.raises(DomainError, match="Write down"):
            world.do("kit", record_payee_check, details, outcome)
    world.do("kit", record_payee_check, details, PayeeCheck.NO_MATCH, note="but we know them")
    with pytest.raises(DomainError, match="found no match"):
        world.do("kay", confirm_details, details)
    world.do("kit", record_payee_check, details, PayeeCheck.CLOSE_MATCH, note="trades as Calder")
    world.do("kay", confirm_details, details)
    assert details.confirmed_by == world.people["kay"].id


@pytest.mark.rule(30, 31)
def test_once_confirmed_nobody_alone_makes_a_check_better_than_it_was(world: World) -> None:
    details = newly_keyed(world)
    world.do("kit", record_payee_check, details, PayeeCheck.CLOSE_MATCH, note="trades as Calder")
    world.do("kay", confirm_details, details)
    with pytest.raises(Conflict, match="Key them again"):
        world.do("kit", record_payee_check, details, PayeeCheck.MATCH)
    world.do("kit", record_payee_check, details, PayeeCheck.NO_MATCH, note="the bank says otherwise now")
    with pytest.raises(Conflict, match="Key them again"):
        world.do("kit", record_payee_check, details, PayeeCheck.MATCH)
    assert details.payee_check == "no match"


@pytest.mark.rule(30, 33)
def test_details_changed_after_the_batch_was_made_stop_its_export(world: World) -> None:
    world.payable()
    batch = world.do("petra", prepare_batch, world.scheme).batch
    world.do("petra", submit_batch, batch)
    world.do("paul", approve_batch, batch)
    newly_keyed(world)
    with pytest.raises(Conflict, match="replaced by newer details"):
        world.do("petra", export_batch, batch)


@pytest.mark.rule(30)
def test_without_its_rule_unchecked_details_would_be_paid(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.payable()
    newly_keyed(world)
    monkeypatch.setattr("voucher.providers.payees.why_details_cannot_be_used", lambda **_given: None)
    assert left_out(world) == []


@pytest.mark.rule(32, 33)
def test_the_file_sums_to_its_control_total_and_is_given_again_byte_for_byte(world: World) -> None:
    world.payable()
    world.payable(net_pence=25_000)
    batch = world.exported()
    first, again = (world.do("petra", export_batch, batch).content for _ in range(2))
    rows = list(csv.DictReader(io.StringIO(first.decode("utf-8-sig"))))
    assert first == again
    assert [row["amount"] for row in rows] == ["440.00"]
    assert (batch.control_pence, rows[0]["sort_code"]) == (44_000, "200000")
    assert rows[0]["name"] == rows[0]["name"].upper()
    assert len(rows[0]["reference"]) <= 18


@pytest.mark.rule(1, 33)
def test_the_kept_file_is_encrypted_and_one_that_was_changed_is_not_given_out(world: World) -> None:
    world.payable()
    batch = world.exported()
    kept = session.get_one(Document, batch.file_id)
    assert b"200000" not in world.act("petra").files.get(kept.sha256)
    with world.by("shay"):
        batch.file_sha256 = "0" * 64
    with pytest.raises(Conflict, match="not the one that was exported"):
        world.do("petra", export_batch, batch)


@pytest.mark.rule(33)
def test_a_claim_is_in_one_live_batch(world: World) -> None:
    world.payable()
    assert world.do("petra", prepare_batch, world.scheme).batch is not None
    assert world.do("petra", prepare_batch, world.scheme).batch is None


def exported_payment(world: World) -> Payment:
    world.payable()
    return world.exported().payments[0]


@pytest.mark.rule(35)
def test_only_the_same_amount_in_the_window_is_evidence(world: World) -> None:
    payment = exported_payment(world)
    world.clock.advance(days=40)
    for pence, day, code in (
        (-23_999, date(2026, 4, 7), "amounts_differ"),
        (-24_001, date(2026, 4, 7), "amounts_differ"),
        (24_000, date(2026, 4, 7), "direction"),
        (-24_000, date(2026, 4, 6), "out_of_window"),
        (-24_000, date(2026, 5, 8), "out_of_window"),
    ):
        line = world.bank_line(pence, payment.reference, day)
        with pytest.raises(DomainError) as refused:
            world.do("bina", match_payments, line, [payment])
        assert (refused.value.code, payment.state) == (code, "exported")
        assert standing(world, Account.DEFRAYED) == 0
    world.do("bina", match_payments, world.bank_line(-24_000, payment.reference, date(2026, 5, 7)), [payment])
    assert payment.state == "defrayed"


@pytest.mark.rule(35)
def test_a_line_without_the_reference_needs_a_reason_and_is_counted(world: World) -> None:
    payment = exported_payment(world)
    line = world.bank_line(-24_000, "SUNDRY")
    with pytest.raises(DomainError, match="does not carry the reference"):
        world.do("bina", match_payments, line, [payment])
    world.do("bina", match_payments, line, [payment], reason="the bank cut the reference off")
    assert_reconciled(world)


@pytest.mark.rule(35)
@pytest.mark.parametrize("name", ["petra", "paul"])
def test_a_line_typed_by_whoever_made_the_batch_is_no_evidence(
    world: World, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment = exported_payment(world)
    world.do("ada", grant_role, world.people[name], Role.BANK_LINE_KEEPER, scheme_id=world.scheme.id)
    given = {"booked_on": date(2026, 4, 7), "pence": -24_000, "bank_reference": payment.reference, "counterparty": ""}
    line: BankLine = world.do(name, type_bank_line, world.scheme, **given)
    with pytest.raises(Forbidden, match="typed by somebody"):
        world.do("bina", match_payments, line, [payment])
    monkeypatch.setattr("voucher.payments.evidence.why_line_is_no_evidence", lambda *_args: None)
    world.do("bina", match_payments, line, [payment])
    assert payment.state == "defrayed"


@pytest.mark.rule(35)
def test_a_line_and_a_payment_are_matched_once(world: World) -> None:
    payment = exported_payment(world)
    line, second = (world.bank_line(-24_000, payment.reference) for _ in range(2))
    world.do("bina", match_payments, line, [payment])
    with pytest.raises(DomainError, match="explained already"):
        world.do("bina", match_payments, line, [payment])
    with pytest.raises(DomainError, match="cannot have been paid"):
        world.do("bina", match_payments, second, [payment])
    assert standing(world, Account.DEFRAYED) == 24_000


@pytest.mark.rule(35)
def test_a_line_of_a_day_to_come_is_not_typed(world: World) -> None:
    with pytest.raises(DomainError, match="lies in the future"):
        world.bank_line(-1, "X", date(2026, 4, 8))


@pytest.mark.rule(37)
def test_only_a_payment_that_arrived_is_returned_and_wholly(world: World) -> None:
    payment = exported_payment(world)
    with pytest.raises(DomainError, match="cannot be returned"):
        world.do("bina", match_return, world.bank_line(24_000, "BACK"), payment, reason="closed")
    world.paid(payment.batch)
    with pytest.raises(DomainError, match="the payment was"):
        world.do("bina", match_return, world.bank_line(23_999, "BACK"), payment, reason="closed")
    assert payment.items[0].live
