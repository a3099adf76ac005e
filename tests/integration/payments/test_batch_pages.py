"""Batches on pages: prepared, looked at payment by payment, approved with a second factor, exported, taken back."""

from __future__ import annotations

import pytest
from flask import Flask

from tests.harness.clock import FixedClock
from tests.harness.page import Page
from tests.harness.world import World, build_world
from tests.integration.payments.pages import (
    add_role,
    authenticator,
    browser_of,
    second_payee,
    second_scheme,
    stranger,
    submitted,
)
from tests.integration.redemptions.pages import asked_of_the_database, rows
from voucher.accounts.rules import Role
from voucher.payments.bank import match_return
from voucher.payments.batches import take_out
from voucher.payments.models import Batch
from voucher.platform.db import session
from voucher.redemptions.checks import put_on_hold

CODE = "Code of your second factor"


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    return build_world(clock)


def address(batch: Batch, *more: str) -> str:
    return "/".join(["/batches", session.merge(batch).public_id, *more])


def state_of(batch: Batch) -> str:
    session.expire_all()
    return session.get_one(Batch, batch.id).state


def approve(app: Flask, world: World, batch: Batch, button: str, *, expect: int = 302) -> Page:
    code = authenticator(world, "paul")
    client = browser_of(app, world, "paul")
    page = client.get(address(batch, "approve"))
    return client.submit(page, {CODE: code.at(world.clock())}, button=button, expect=expect)


def test_providers_and_people_of_other_schemes_see_no_batch(app: Flask, world: World) -> None:
    world.payable()
    batch = submitted(world)
    browser_of(app, world, "pat").get("/batches", expect=403)
    stranger(world)
    browser_of(app, world, "stan").get(address(batch), expect=404)


def test_who_only_reads_changes_nothing(app: Flask, world: World) -> None:
    world.payable()
    batch = submitted(world)
    client = browser_of(app, world, "vera")
    assert "Look at it and approve" not in client.get(address(batch)).links
    client.get("/account")
    for act in ("submit", "file", "reject", "recall", "approve"):
        client.post(address(batch, act), {"reason": "x"}, expect=403)
    assert state_of(batch) == "submitted"


def test_whoever_pays_a_claim_again_reads_that_its_money_came_back(app: Flask, world: World) -> None:
    claim = world.payable()
    [payment] = world.paid()
    first = session.merge(payment).batch
    petra = browser_of(app, world, "petra")
    words = "Came back from the bank before"
    assert words not in petra.get(address(first))
    world.do("bina", match_return, world.bank_line(payment.pence, "RETURNED"), payment, reason="account closed")
    assert "something came back since. Its claims wait for the next batch" in petra.get(address(first))
    page = petra.get("/batches/new")
    told = [
        claim.reference,
        payment.reference,
        "7 April 2026",
        "account closed",
        f"Account ending {session.merge(payment).payee_details.last_four}",
    ]
    assert told in page.rows
    shown = petra.follow(petra.submit(page, button="Prepare 1 payment, £240.00"))
    assert told in shown.rows
    petra.submit(shown, button="Hand the batch over for approval")
    again = session.query(Batch).order_by(Batch.id.desc()).first()
    assert again is not None
    authenticator(world, "paul")
    assert words in browser_of(app, world, "paul").get(address(again, "approve"))


def test_a_batch_is_prepared_from_what_can_be_paid_and_handed_over(app: Flask, world: World) -> None:
    world.payable()
    client = browser_of(app, world, "petra")
    page = client.get("/batches/new")
    shown = client.follow(client.submit(page, button="Prepare 1 payment, £240.00"))
    assert "Calder Digital Ltd" in shown
    client.submit(shown, button="Hand the batch over for approval")
    assert session.query(Batch).one().state == "submitted"
    assert "Nothing can be paid at the moment" in client.get("/batches/new")


def test_a_claim_that_cannot_be_paid_is_named_with_the_reason(app: Flask, world: World) -> None:
    claim = world.payable()
    world.do("vera", put_on_hold, claim, reason="a question")
    client = browser_of(app, world, "petra")
    page = client.get("/batches/new")
    assert f"{session.merge(claim).reference} Calder Digital Ltd" in page
    assert "It is on hold: a question" in page
    client.post("/batches/new")
    assert rows(Batch) == 0


@pytest.mark.rule(29)
def test_the_page_names_who_may_approve_which_payment_and_what_bars_the_others(app: Flask, world: World) -> None:
    world.payable()
    second_payee(world, keyed_by="paul")
    batch = submitted(world)
    add_role(world, "petra", Role.PAYMENTS_APPROVER)
    page = browser_of(app, world, "carl").get(address(batch))
    assert "Paul: you keyed the payee's bank details" in page
    assert "Petra: You prepared this batch: another person must approve it." in page
    assert "Nobody: give another person the role of payments approver" in page


@pytest.mark.rule(29)
def test_only_what_one_may_approve_is_approved_and_the_rest_is_split_off(app: Flask, world: World) -> None:
    world.payable()
    second_payee(world, keyed_by="paul")
    batch = submitted(world)
    approve(app, world, batch, "Approve 1 payment, £240.00")
    session.expire_all()
    first, other = session.query(Batch).order_by(Batch.id).all()
    assert [first.state, other.state] == ["approved", "submitted"]
    assert [payment.pence for payment in other.payments] == [20_000]


@pytest.mark.rule(29)
def test_control_without_the_rule_the_page_would_let_both_be_approved(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.payable()
    second_payee(world, keyed_by="paul")
    batch = submitted(world)
    for module in ("approvers", "batches"):
        monkeypatch.setattr(f"voucher.payments.{module}.why_not_approve_payment", lambda *_given: None)
    approve(app, world, batch, "Approve 2 payments, £440.00")
    assert rows(Batch) == 1


@pytest.mark.rule(29)
def test_whoever_prepared_a_batch_is_told_so_and_cannot_approve_it(app: Flask, world: World) -> None:
    world.payable()
    batch = submitted(world)
    add_role(world, "petra", Role.PAYMENTS_APPROVER)
    code = authenticator(world, "petra")
    client = browser_of(app, world, "petra")
    assert "You prepared this batch" in client.get(address(batch, "approve"))
    client.get("/batches/new")
    client.post(address(batch, "approve"), {"proof": code.at(world.clock()), "seen": "24000"}, expect=403)
    assert state_of(batch) == "submitted"


def test_a_wrong_code_approves_nothing(app: Flask, world: World) -> None:
    world.payable()
    batch = submitted(world)
    authenticator(world, "paul")
    client = browser_of(app, world, "paul")
    page = client.get(address(batch, "approve"))
    refused = client.submit(page, {CODE: "000000"}, button="Approve 1 payment, £240.00", expect=422)
    assert refused.title.startswith("Error: Approve batch")
    assert state_of(batch) == "submitted"


def test_what_changed_since_it_was_shown_is_not_approved_unseen(app: Flask, world: World) -> None:
    world.payable()
    second_payee(world)
    batch = submitted(world)
    code = authenticator(world, "paul")
    client = browser_of(app, world, "paul")
    page = client.get(address(batch, "approve"))
    world.do("petra", take_out, session.merge(batch).payments[0], reason="next week")
    answers = {CODE: code.at(world.clock())}
    again = client.submit(page, answers, button="Approve 2 payments, £440.00", expect=422)
    assert "You could now approve £200.00" in again
    client.submit(again, answers, button="Approve 1 payment, £200.00")
    assert state_of(batch) == "approved"


def test_the_bank_file_is_made_once_and_given_again_byte_for_byte(app: Flask, world: World) -> None:
    world.payable()
    batch = submitted(world)
    approve(app, world, batch, "Approve 1 payment, £240.00")
    client = browser_of(app, world, "petra")
    first = client.submit(client.get(address(batch)), button="Make the bank file", expect=200)
    again = client.submit(client.get(address(batch)), button="Download the bank file again", expect=200)
    assert first.mimetype == "text/csv"
    assert (first.body, state_of(batch)) == (again.body, "exported")


def test_a_batch_is_sent_back_with_a_reason_and_a_payment_taken_out(app: Flask, world: World) -> None:
    world.payable()
    batch = submitted(world)
    client = browser_of(app, world, "paul")
    page = client.click(client.get(address(batch)), "Send it back")
    assert "Say why." in client.submit(page, {"Reason": " "}, button="Send the batch back", expect=422)
    client.submit(page, {"Reason": "wrong week"}, button="Send the batch back")
    petra = browser_of(app, world, "petra")
    shown = petra.get(address(batch))
    assert "wrong week" in shown
    payment = session.merge(batch).payments[0]
    page = petra.click(shown, f"Take out {payment.reference}")
    petra.submit(page, {"Reason": "next week"}, button="Take the payment out")
    assert session.merge(batch).payments[0].state == "taken out"


def test_a_recall_takes_two_people(app: Flask, world: World) -> None:
    world.payable()
    batch = world.exported()
    petra, paul = browser_of(app, world, "petra"), browser_of(app, world, "paul")
    page = petra.click(petra.get(address(batch)), "Recall the file")
    petra.submit(page, {"Reason": "not sent"}, button="Ask for the recall")
    page = petra.click(petra.get(address(batch)), "Confirm the recall")
    petra.submit(page, {"Reason": "not sent"}, button="Confirm the recall", expect=403)
    page = paul.click(paul.get(address(batch)), "Confirm the recall")
    paul.submit(page, {"Reason": "not sent"}, button="Confirm the recall")
    assert state_of(batch) == "recalled"


def test_more_claims_to_pay_ask_the_database_no_more(app: Flask, world: World) -> None:
    client = browser_of(app, world, "petra")
    world.payable()
    one = asked_of_the_database(lambda: client.get("/batches/new"))
    world.payable()
    second_payee(world)
    world.payable()
    assert asked_of_the_database(lambda: client.get("/batches/new")) == one


def test_the_list_is_narrowed_by_state(app: Flask, world: World) -> None:
    world.payable()
    batch = submitted(world)
    client = browser_of(app, world, "vera")
    reference = session.merge(batch).reference
    assert reference in client.get("/batches", query={"state": "submitted"})
    assert "There is no such batch" in client.get("/batches", query={"state": "draft"})


def test_who_works_in_two_schemes_goes_from_one_to_the_other(app: Flask, world: World) -> None:
    second_scheme(world, "petra")
    client = browser_of(app, world, "petra")
    page = client.click(client.get("/batches"), "Go to Other Tech Tasters")
    assert page.path == "/batches?scheme=OTH"
    browser_of(app, world, "paul").get("/batches?scheme=OTH", expect=404)
