"""Ways of paying: two people set one, each makes its file, large sums take two approvers, numbers are confirmed."""

from __future__ import annotations

import csv
import io
from xml.etree import ElementTree

import pytest
from flask import Flask
from sqlalchemy import select

from tests.harness.clock import FixedClock
from tests.harness.reconciled import assert_reconciled
from tests.harness.world import World, build_world
from tests.integration.payments.pages import add_role, second_payee, submitted
from tests.integration.payments.ways import ACCOUNT, exported_again, numbered, pays_by
from voucher.accounts.rules import Role
from voucher.audit.models import AuditEvent
from voucher.payments import payment_files
from voucher.payments.batches import approve_batch, prepare_batch
from voucher.payments.cost_codes import set_cost_code
from voucher.payments.file_templates import Template
from voucher.payments.models import Batch
from voucher.payments.rules import FileFormat
from voucher.payments.template_store import add_template, templates_of, text_of
from voucher.payments.way_models import PayingWay
from voucher.payments.ways import NewWay, Way, confirm_way, end_way_proposal, propose_way, way_in_force
from voucher.platform.db import session
from voucher.platform.errors import Conflict, DomainError, FileRefused, Forbidden
from voucher.providers.supplier_numbers import confirm_supplier_number, key_supplier_number


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    return build_world(clock)


def begins(world: World) -> None:
    """Approved claims of two providers, £240.00 and £200.00; Fay keyed the second one's account and approves, too."""
    world.payable()
    second_payee(world, keyed_by="fay")
    add_role(world, "fay", Role.PAYMENTS_APPROVER)


BEGINS_WITH = begins


def proposed(world: World, file: str = "pain.001", **more: str) -> PayingWay:
    account = {**ACCOUNT, **more}
    new = NewWay(file, account["account_name"], account["sort_code"], account["account_number"])
    way: PayingWay = world.do("shay", propose_way, world.scheme, new, reason="why")
    return way


# Who sets a way


def test_nobody_else_proposes_or_confirms_a_way(world: World) -> None:
    for name in ("petra", "paul", "ada", "sigrid"):
        with pytest.raises(Forbidden):
            world.do(name, propose_way, world.scheme, NewWay("bank-csv"), reason="why")
    way = proposed(world)
    for name in ("petra", "paul", "ada"):
        with pytest.raises(Forbidden):
            world.do(name, confirm_way, way)
    assert way_in_force(world.scheme.id).code == "bank-csv"


@pytest.mark.rule(29)
def test_a_way_takes_two_people(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    add_role(world, "shay", Role.SIGNER)
    way = proposed(world)
    with pytest.raises(Forbidden, match="You proposed this"):
        world.do("shay", confirm_way, way)
    world.do("sigrid", confirm_way, way)
    found = way_in_force(world.scheme.id)
    assert (found.code, found.route, found.paying_way) == ("pain.001", "bank file", way)
    # The control: without the look at who proposed it, only the database refuses.
    monkeypatch.setattr("voucher.payments.ways.why_not_confirm_way", lambda *_args: None)
    with pytest.raises(Exception, match="confirmed_by_a_second_person"):
        world.do("shay", confirm_way, proposed(world, "bank-csv"))


def test_one_way_waits_at_a_time_and_a_proposal_can_be_ended(world: World) -> None:
    way = proposed(world)
    with pytest.raises(Conflict, match="proposed already"):
        proposed(world)
    world.do("sigrid", end_way_proposal, way, reason="not yet")
    assert (way.state, proposed(world).state) == ("declined", "proposed")


@pytest.mark.parametrize(
    ("file", "account", "field"),
    [
        ("pain.001", {"account_name": "", "sort_code": "", "account_number": ""}, "account_name"),
        ("bacs-csv", {"account_name": "", "sort_code": "", "account_number": ""}, "account_name"),
        ("pain.001", {"sort_code": "20"}, "sort_code"),
        ("pain.001", {"account_number": "x"}, "account_number"),
        ("nonsense", {}, "file"),
    ],
)
def test_what_cannot_be_is_named_at_its_field(world: World, file: str, account: dict[str, str], field: str) -> None:
    with pytest.raises(DomainError) as refused:
        proposed(world, file, **account)
    assert refused.value.field == field
    assert session.scalar(select(PayingWay.id)) is None


def test_no_whole_account_stands_in_the_database_or_the_trail(world: World) -> None:
    way = proposed(world)
    assert (way.last_four, "12345678" in str(vars(way))) == ("5678", False)
    [event] = session.query(AuditEvent).filter_by(action="paying_way.proposed")
    assert event.details["account_ends_in"] == "5678"
    assert "12345678" not in str(event.details)


# Each file


@pytest.mark.rule(32, 33, 34)
def test_pain_001_pays_from_the_schemes_own_account_and_is_given_again_byte_for_byte(world: World) -> None:
    pays_by(world, "pain.001")
    batch = world.exported()
    made = exported_again(world, batch)
    root = ElementTree.fromstring(made.content)
    found = {each.tag.partition("}")[2]: each.text for each in root.iter()}
    assert (made.name, made.media_type) == (f"{batch.reference}.xml", "application/xml")
    assert (found["NbOfTxs"], found["CtrlSum"]) == ("2", "440.00")
    assert (found["EndToEndId"], found["MmbId"]) == (batch.payments[1].reference, "200000")
    assert b"<Id>12345678</Id>" in made.content
    assert exported_again(world, batch) == made


@pytest.mark.rule(32)
def test_bacs_credits_equal_the_contra(world: World) -> None:
    pays_by(world, "bacs-csv")
    rows = list(csv.reader(io.StringIO(exported_again(world, world.exported()).content.decode())))
    assert [row[2] for row in rows] == ["99", "99", "17"]
    assert [int(row[5]) for row in rows] == [24_000, 20_000, 44_000]
    assert (rows[2][0], rows[2][1]) == ("200000", "12345678")


@pytest.mark.rule(32)
def test_a_file_that_does_not_hold_the_batch_is_not_given_out(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    batch = submitted(world)
    world.do("paul", approve_batch, batch)
    write = Template.write
    monkeypatch.setattr(Template, "write", lambda self, rows, contra=None: write(self, rows[:1], contra))
    with pytest.raises(Conflict, match="it would hold 1 rows and £240"):
        exported_again(world, batch)
    assert (batch.state, batch.file_id) == ("approved", None)
    # The control: without reading it back the short file goes out.
    monkeypatch.setattr(payment_files, "_read_back", lambda *_args: None)
    assert len(exported_again(world, batch).content.splitlines()) == 2


@pytest.mark.rule(25, 32)
def test_an_upload_has_a_row_for_each_funding_line_and_no_account(world: World) -> None:
    pays_by(world, "finance-csv", account=False)
    numbered(world)
    batch = world.exported()
    content = exported_again(world, batch).content.decode()
    rows = list(csv.DictReader(io.StringIO(content)))
    assert {row["Supplier number"] for row in rows} == {"S-1", "S-2"}
    assert [(row["Cost code"], row["Amount"]) for row in rows if row["Supplier number"] == "S-1"] == [
        ("R401", "79.99"), ("R402", "80.02"), ("R403", "79.99"),
    ]  # fmt: skip
    account = batch.payments[0].payee_details
    assert account.last_four not in content.replace(batch.reference, "").replace(batch.payments[0].reference, "")
    assert batch.route == "accounts payable"
    world.paid(batch)
    assert_reconciled(world)


def upload_of(world: World) -> Batch:
    """A batch that was approved, of one payment under a supplier number."""
    pays_by(world, "finance-csv", account=False)
    numbered(world)
    batch = submitted(world)
    world.do("paul", approve_batch, batch)
    return batch


def test_a_line_without_its_cost_code_stops_the_file(world: World) -> None:
    pays_by(world, "finance-csv", account=False)
    numbered(world, "")
    batch = submitted(world)
    world.do("paul", approve_batch, batch)
    with pytest.raises(Conflict, match="Funding line L1 has no cost code"):
        exported_again(world, batch)


@pytest.mark.rule(29, 30)
def test_nothing_is_paid_by_a_number_that_a_second_person_has_not_confirmed(world: World) -> None:
    pays_by(world, "finance-csv", account=False)

    def reasons() -> list[str]:
        return [each.reason for each in world.do("petra", prepare_batch, world.scheme).left_out]

    none = "The provider has no supplier number in the finance system yet."
    assert reasons() == [none, none]
    world.do("kit", key_supplier_number, world.provider, number="S-1")
    assert reasons() == ["A second person has not confirmed its supplier number.", none]
    with pytest.raises(Forbidden, match="You keyed this number"):
        world.do("kit", confirm_supplier_number, world.provider)
    world.do("kay", confirm_supplier_number, world.provider)
    assert reasons() == [none]


@pytest.mark.rule(30)
def test_control_without_that_rule_an_unconfirmed_number_is_paid(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    pays_by(world, "finance-csv", account=False)
    world.do("kit", key_supplier_number, world.provider, number="S-1")
    monkeypatch.setattr("voucher.payments.gathering.why_number_cannot_be_used", lambda _number: None)
    assert world.do("petra", prepare_batch, world.scheme).batch is not None


@pytest.mark.rule(30, 33)
def test_a_number_that_was_replaced_after_the_approval_stops_the_file(world: World) -> None:
    batch = upload_of(world)
    world.do("kit", key_supplier_number, world.provider, number="S-9")
    with pytest.raises(Conflict, match="replaced by a newer one"):
        exported_again(world, batch)


@pytest.mark.rule(29)
def test_nobody_approves_a_payment_whose_supplier_number_they_keyed(world: World) -> None:
    pays_by(world, "finance-csv", account=False)
    world.do("fay", key_supplier_number, world.provider, number="S-1")
    world.do("kay", confirm_supplier_number, world.provider)
    with pytest.raises(Forbidden, match="you keyed the payee's supplier number"):
        world.do("fay", approve_batch, submitted(world))


def test_a_provider_does_not_key_its_own_number(world: World) -> None:
    for name in ("pat", "petra", "paul"):
        with pytest.raises(Forbidden):
            world.do(name, key_supplier_number, world.provider, number="S-1")
    with pytest.raises(DomainError, match="Enter the number as the finance system"):
        world.do("kit", key_supplier_number, world.provider, number=" ")


def test_only_who_looks_after_funding_sets_a_cost_code(world: World) -> None:
    line = world.agreement.lines[0]
    for name in ("petra", "shay"):
        with pytest.raises(Forbidden):
            world.do(name, set_cost_code, line, "R1")
    assert world.do("fred", set_cost_code, line, " R1 ") is True
    assert world.do("fred", set_cost_code, line, "R1") is False
    with pytest.raises(DomainError, match="Enter the cost code"):
        world.do("fred", set_cost_code, line, "")


# Templates of an operator


def test_an_operators_template_is_used_in_the_version_that_was_confirmed(world: World) -> None:
    first = text_of(FileFormat.BANK_CSV).replace('head = "amount"', 'head = "Pounds"')
    world.do("shay", add_template, world.scheme, code="Our-Bank", data=first.encode())
    pays_by(world, "our-bank", account=False)
    second = first.replace('head = "Pounds"', 'head = "Sterling"')
    kept = world.do("shay", add_template, world.scheme, code="our-bank", data=second.encode())
    assert (kept.version, [each.version for each in templates_of(world.scheme.id)]) == (2, [2])
    assert b"Pounds" in exported_again(world, world.exported()).content


def test_a_template_with_faults_or_with_a_known_code_is_not_kept(world: World) -> None:
    with pytest.raises(FileRefused):
        world.do("shay", add_template, world.scheme, code="ours", data=b'name = "x"')
    for code in ("bank-csv", "no/code", ""):
        with pytest.raises(DomainError, match="a code of its own"):
            world.do("shay", add_template, world.scheme, code=code, data=text_of(FileFormat.BANK_CSV).encode())
    with pytest.raises(Forbidden):
        world.do("petra", add_template, world.scheme, code="ours", data=text_of(FileFormat.BANK_CSV).encode())


# Levels by amount


@pytest.mark.rule(29)
def test_a_sum_above_the_level_takes_two_approvers(world: World) -> None:
    pays_by(world, "bank-csv", above=43_999)
    batch = submitted(world)
    world.do("paul", approve_batch, batch)
    assert (batch.state, batch.approved_by) == ("submitted", None)
    with pytest.raises(Forbidden, match="You approved this batch first"):
        world.do("paul", approve_batch, batch)
    with pytest.raises(DomainError):
        exported_again(world, batch)
    add_role(world, "fred", Role.PAYMENTS_APPROVER)
    world.do("fred", approve_batch, batch)
    assert (batch.state, batch.approved_by) == ("approved", world.people["fred"].id)


@pytest.mark.rule(29)
def test_a_sum_at_the_level_takes_one(world: World) -> None:
    pays_by(world, "bank-csv", above=44_000)
    batch = submitted(world)
    world.do("paul", approve_batch, batch)
    assert batch.state == "approved"


@pytest.mark.rule(29)
def test_control_without_the_level_one_person_approves_any_sum(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    pays_by(world, "bank-csv", above=0)
    monkeypatch.setattr(Way, "takes_two_approvers", lambda *_args: False)
    batch = submitted(world)
    world.do("paul", approve_batch, batch)
    assert batch.state == "approved"


@pytest.mark.rule(29)
def test_the_second_approver_splits_off_what_is_not_for_them_and_it_starts_anew(world: World) -> None:
    pays_by(world, "bank-csv", above=0)
    batch = submitted(world)
    world.do("paul", approve_batch, batch)
    other = world.do("fay", approve_batch, batch)
    assert (batch.state, len(batch.payments)) == ("approved", 1)
    assert other is not None
    assert (other.state, other.first_approved_by, len(other.payments)) == ("submitted", None, 1)


@pytest.mark.rule(30)
def test_an_account_that_fails_the_check_by_newer_tables_is_not_paid(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = submitted(world)
    world.do("paul", approve_batch, batch)
    world.act("ada").modulus.keep(b"000000 999999 MOD10" + b" 0" * 13 + b" 1", None, world.act("ada").today)
    with pytest.raises(Conflict, match="does not fit the sort code"):
        exported_again(world, batch)
    monkeypatch.setattr("voucher.payments.batches.why_modulus_fails", lambda _act, _details: None)
    assert exported_again(world, batch).content
