"""Bank lines on pages: typed by a second person, matched to what they paid or brought, and what is left over."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask

from tests.harness.clock import FixedClock
from tests.harness.page import Page
from tests.harness.world import World, build_world
from tests.integration.payments.pages import add_role, browser_of, second_payee, stranger
from tests.integration.redemptions.pages import rows
from tests.journeys.steps import standing
from voucher.accounts.rules import Role
from voucher.funding.rules import Account
from voucher.payments.bank import request_drawdown, type_bank_line
from voucher.payments.models import BankLine, Payment
from voucher.platform.db import session


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    return build_world(clock)


def exported_payment(world: World) -> Payment:
    world.payable()
    return world.exported().payments[0]


def matching(line: BankLine) -> str:
    return f"/bank-lines/{session.merge(line).public_id}/matching"


def typed(app: Flask, world: World, changes: dict[str, object], *, expect: int = 302) -> Page:
    client = browser_of(app, world, "bina")
    answers: dict[str, object] = {
        "The bank's day": "2026-04-07",
        "Direction": "Money out",
        "Amount": "240.00",
        "The bank's reference": "SUNDRY",
        "Other party": "NORTHMOOR",
    }
    return client.submit(client.get("/bank-lines/new"), {**answers, **changes}, button="Keep the line", expect=expect)


def test_outsiders_and_people_of_other_schemes_see_no_bank_line(app: Flask, world: World) -> None:
    line = world.bank_line(-100, "X")
    browser_of(app, world, "pat").get("/bank-lines", expect=403)
    stranger(world)
    client = browser_of(app, world, "stan")
    client.get(f"/bank-lines/{session.merge(line).public_id}", expect=404)
    client.get(matching(line), expect=404)


def test_who_only_reads_neither_types_nor_matches(app: Flask, world: World) -> None:
    line = world.bank_line(-100, "X")
    client = browser_of(app, world, "petra")
    assert "Match this line" not in client.get(f"/bank-lines/{session.merge(line).public_id}").links
    client.get("/account")
    client.post("/bank-lines/new", {"amount": "1.00"}, expect=403)
    client.post(matching(line), {"what": "payment X"}, expect=403)


def test_a_line_is_typed_and_its_payment_is_ticked_already(app: Flask, world: World) -> None:
    payment = exported_payment(world)
    client = browser_of(app, world, "bina")
    sent = typed(app, world, {"The bank's reference": payment.reference})
    page = client.get(str(sent.location))
    client.submit(page, button="Match the line")
    session.expire_all()
    assert session.merge(payment).state == "defrayed"
    assert "Every bank line is explained." in client.get("/bank-lines/matching")


def test_what_is_wrong_with_a_line_is_said_at_its_field(app: Flask, world: World) -> None:
    page = typed(app, world, {"Amount": "0.00"}, expect=422)
    assert page.title.startswith("Error: Type a bank line")
    assert 'value="SUNDRY"' in page.text
    later = typed(app, world, {"The bank's day": "8 April 2026"}, expect=422)
    assert later.links["The bank's day lies in the future."] == "#booked_on"
    assert rows(BankLine) == 0


def test_one_line_is_matched_to_all_payments_of_the_batch_that_it_names(app: Flask, world: World) -> None:
    world.payable()
    second_payee(world)
    batch = world.exported()
    line = world.bank_line(-44_000, f"BULK {batch.reference}")
    client = browser_of(app, world, "bina")
    client.submit(client.get(matching(line)), button="Match the line")
    session.expire_all()
    assert {payment.state for payment in session.merge(batch).payments} == {"defrayed"}


@pytest.mark.rule(35)
def test_a_line_of_another_amount_proves_nothing_and_the_page_says_so(app: Flask, world: World) -> None:
    payment = exported_payment(world)
    line = world.bank_line(-25_000, payment.reference)
    client = browser_of(app, world, "bina")
    page = client.get(matching(line))
    tick = f"Payment {payment.reference} to Calder Digital Ltd, £240.00"
    refused = client.submit(page, {"This line paid": [tick]}, button="Match the line", expect=422)
    assert "The line has £250.00 open; the payments come to £240.00." in refused
    assert standing(world, Account.DEFRAYED) == 0


@pytest.mark.rule(35)
def test_a_line_without_the_reference_asks_for_a_reason_at_its_field(app: Flask, world: World) -> None:
    payment = exported_payment(world)
    line = world.bank_line(-24_000, "SUNDRY")
    client = browser_of(app, world, "bina")
    answers = {"This line paid": [f"Payment {payment.reference} to Calder Digital Ltd, £240.00"]}
    refused = client.submit(client.get(matching(line)), answers, button="Match the line", expect=422)
    assert "#reason" in refused.links.values()
    client.submit(refused, {**answers, "Reason": "the bank cut it off"}, button="Match the line")
    assert standing(world, Account.DEFRAYED) == 24_000


def line_typed_by_petra(world: World) -> tuple[Payment, BankLine]:
    payment = exported_payment(world)
    add_role(world, "petra", Role.BANK_LINE_KEEPER)
    given = {"booked_on": date(2026, 4, 7), "pence": -24_000, "bank_reference": payment.reference, "counterparty": ""}
    return payment, world.do("petra", type_bank_line, world.scheme, **given)


@pytest.mark.rule(35)
def test_a_line_typed_by_the_preparer_is_named_as_no_evidence_and_refused(app: Flask, world: World) -> None:
    _payment, line = line_typed_by_petra(world)
    client = browser_of(app, world, "bina")
    page = client.get(matching(line))
    assert "This bank line was typed by somebody who prepared or approved the batch." in page
    client.submit(page, button="Match the line", expect=403)
    assert standing(world, Account.DEFRAYED) == 0


@pytest.mark.rule(35)
def test_control_without_the_rule_the_preparer_would_prove_the_payment(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    _payment, line = line_typed_by_petra(world)
    monkeypatch.setattr("voucher.payments.evidence.why_line_is_no_evidence", lambda *_given: None)
    client = browser_of(app, world, "bina")
    client.submit(client.get(matching(line)), button="Match the line")
    assert standing(world, Account.DEFRAYED) == 24_000


def test_money_that_came_back_is_matched_to_its_payment(app: Flask, world: World) -> None:
    world.payable()
    payment = world.paid()[0]
    line = world.bank_line(24_000, payment.reference)
    client = browser_of(app, world, "bina")
    choice = f"Payment {payment.reference} back from Calder Digital Ltd, £240.00"
    answers = {"This line brought": choice, "Reason": "account closed"}
    client.submit(client.get(matching(line)), answers, button="Match the line")
    session.expire_all()
    assert session.merge(payment).state == "returned"


def test_money_in_is_matched_to_a_drawdown(app: Flask, world: World) -> None:
    drawdown = world.do("fred", request_drawdown, world.agreement.lines[0], 5_000)
    line = world.bank_line(5_000, "FUNDER")
    client = browser_of(app, world, "bina")
    answers = {"This line brought": f"Drawdown {drawdown.reference}, £50.00"}
    client.submit(client.get(matching(line)), answers, button="Match the line")
    assert standing(world, Account.CASH) == 5_000
    assert "Drawdown" in client.get(f"/bank-lines/{session.merge(line).public_id}")


def test_money_in_is_matched_to_a_debt(app: Flask, world: World) -> None:
    claim = world.payable()
    world.paid()
    debt = world.debt_on(claim, 1_000)
    line = world.bank_line(400, debt.reference)
    client = browser_of(app, world, "bina")
    answers = {"This line brought": f"Debt {debt.reference} of Calder Digital Ltd"}
    client.submit(client.get(matching(line)), answers, button="Match the line")
    session.expire_all()
    assert session.merge(debt).outstanding_pence == 600
    assert "£4.00" in client.get(f"/debts/{session.merge(debt).public_id}")


def test_money_in_that_fits_nothing_says_what_to_do(app: Flask, world: World) -> None:
    line = world.bank_line(123, "WHO KNOWS")
    assert "Nothing here fits this line" in browser_of(app, world, "bina").get(matching(line))


def test_nothing_chosen_is_said_at_the_field(app: Flask, world: World) -> None:
    exported_payment(world)
    line = world.bank_line(-24_000, "SUNDRY")
    client = browser_of(app, world, "bina")
    page = client.submit(client.get(matching(line)), button="Match the line", expect=422)
    assert "Choose what the line paid." in page.links


def test_the_list_is_narrowed_by_what_is_open_by_direction_and_by_words(app: Flask, world: World) -> None:
    world.payable()
    paid = world.paid()[0]
    world.bank_line(100, "REFUND")
    client = browser_of(app, world, "vera")
    assert paid.reference not in client.get("/bank-lines", query={"what": "open"})
    assert "REFUND" not in client.get("/bank-lines", query={"way": "out"})
    assert "REFUND" in client.get("/bank-lines", query={"words": "refu"})
    assert "There is no such bank line" in client.get("/bank-lines", query={"words": "100%"})
