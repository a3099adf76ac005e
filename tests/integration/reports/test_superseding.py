"""What is found later is told apart in the next statement, or a statement that replaces the signed one says it."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests.harness.clock import FixedClock
from tests.harness.world import World, build_world
from tests.integration.reports.staff import browser_of
from tests.journeys.steps import on, prepared, signed, value
from voucher.payments.bank import match_return
from voucher.payments.models import Payment
from voucher.platform.db import session
from voucher.platform.errors import Conflict, DomainError, Forbidden
from voucher.reports.commands import LedgerTie, return_statement, review_statement, sign_statement
from voucher.reports.models import Statement
from voucher.reports.queries import replacement_of
from voucher.reports.superseding import supersede_statement

pytestmark = pytest.mark.usefixtures("sketched")

APRIL = date(2026, 4, 1), date(2026, 4, 30)
MAY = date(2026, 5, 1), date(2026, 5, 31)
WHY = "the print of the ledger was of another cost code"


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    return build_world(clock)


def first(world: World) -> None:
    """A statement of April is signed, with one claim paid in it."""
    world.payable()
    world.paid()
    on(world, "2026-05-04")
    signed(world, *APRIL)


BEGINS_WITH = first


@pytest.fixture
def april(world: World) -> Statement:
    on(world, "2026-05-06")
    return session.scalars(select(Statement)).one()


def replaced(world: World, old: Statement, *, off_by: int = 500, reason: str = WHY) -> Statement:
    tie = LedgerTie(-24_000 + off_by, old.ledger_evidence_id, "a journal of May")
    return world.do("stella", supersede_statement, old, tie, reason=reason)


def sign(world: World, statement: Statement) -> None:
    world.do("rob", review_statement, statement)
    world.do("sigrid", sign_statement, statement)


def told(statement: Statement) -> dict[str, Any]:
    return dict(json.loads(statement.data)["restated"])


@pytest.mark.rule(55)
def test_a_superseding_statement_says_what_changed_and_why_and_the_signed_one_stays(
    world: World, april: Statement
) -> None:
    before = april.data
    new = replaced(world, april)
    sign(world, new)
    assert json.loads(new.data)["header"]["supersedes"] == april.reference
    assert (told(new)["reason"], told(new)["data_hash"]) == (WHY, april.data_hash)
    changed = {each["code"]: (each["before"], each["after"]) for each in told(new)["changes"]}
    assert changed["27"] == (0, 500)
    assert changed["27a"] == (-24_000, -23_500)
    assert not {"7", "8", "12", "16"} & changed.keys()
    session.expire_all()
    assert session.get_one(Statement, april.id).data == before
    assert replacement_of(april) == new
    assert replacement_of(new) is None


@pytest.mark.rule(55)
def test_the_next_period_goes_on_from_the_statement_that_replaced_it(world: World, april: Statement) -> None:
    sign(world, replaced(world, april))
    on(world, "2026-06-02")
    may = signed(world, *MAY)
    assert (may.period_from, may.sequence) == (MAY[0], 3)
    assert value(may, "2") == value(april, "12")


@pytest.mark.rule(55)
def test_only_the_newest_signed_statement_is_replaced_and_one_at_a_time(world: World, april: Statement) -> None:
    with pytest.raises(DomainError, match="Say why"):
        replaced(world, april, reason=" ")
    with pytest.raises(Forbidden):
        world.do("vera", supersede_statement, april, LedgerTie(0), reason=WHY)
    new = replaced(world, april)
    with pytest.raises(Conflict, match="is in hand"):
        replaced(world, april)
    with pytest.raises(Conflict, match="is not signed"):
        replaced(world, new)
    sign(world, new)
    with pytest.raises(Conflict, match="A later statement"):
        replaced(world, april)
    sign(world, replaced(world, new, off_by=0, reason="it was right before"))


@pytest.mark.rule(55)
def test_a_replacement_that_was_returned_is_prepared_again_for_the_same_period(world: World, april: Statement) -> None:
    new = replaced(world, april)
    world.do("rob", return_statement, new, comments="which journal?")
    with pytest.raises(DomainError, match="has its period"):
        prepared(world, date(2026, 5, 1), date(2026, 5, 3))
    again = prepared(world, *APRIL)
    assert (again.id, again.supersedes_id, told(again)["reason"]) == (new.id, april.id, WHY)
    assert told(again)["changes"] == [] or {each["code"] for each in told(again)["changes"]} <= {"28"}


@pytest.mark.rule(37, 55)
def test_what_relates_to_a_signed_period_is_told_apart_in_the_next(world: World, april: Statement) -> None:
    payment = world_payment()
    line = world.bank_line(24_000, "RETURNED", date(2026, 4, 30))
    world.do("bina", match_return, line, payment, reason="account closed")
    on(world, "2026-06-02")
    may = prepared(world, *MAY)
    rows = json.loads(may.data)["earlier_periods"]
    assert {(each["kind"], each["relates_to"], each["counted_on"]) for each in rows} == {
        ("payment returned", "2026-04-30", "2026-05-01")
    }
    assert sum(each["pence"] for each in rows if each["from"] == "defrayed") == 24_000
    assert value(may, "7b") == 24_000
    assert json.loads(april.data)["earlier_periods"] == []


@pytest.mark.rule(55)
def test_what_happened_in_the_period_itself_is_not_told_apart(world: World, april: Statement) -> None:
    payment = world_payment()
    world.do("bina", match_return, world.bank_line(24_000, "RETURNED"), payment, reason="account closed")
    on(world, "2026-06-02")
    assert json.loads(prepared(world, *MAY).data)["earlier_periods"] == []


def world_payment() -> Payment:
    return session.scalars(select(Payment)).one()


@pytest.mark.rule(55)
def test_it_is_replaced_on_its_page_and_both_say_so(app: Flask, world: World, april: Statement) -> None:
    stella, vera = browser_of(app, world, "stella"), browser_of(app, world, "vera")
    address = f"/statements/{april.public_id}"
    vera.get(f"{address}/replace", expect=403)
    assert "Replace it" not in vera.get(address).links
    page = stella.click(stella.get(address), "Replace it")
    balance = {"Balance of the scheme's cost code on the last day": "-235.00"}
    refused = stella.submit(page, balance, button="Read the figures again", expect=422)
    assert "Say why the signed statement is replaced." in refused
    answers = {
        **balance,
        "Why is the signed statement replaced?": WHY,
        "If it differs from closing cash: why?": "a journal",
    }
    page = stella.follow(stella.submit(page, answers, button="Read the figures again"))
    assert f"What it says otherwise than statement {april.reference}" in page
    assert ["27", "Difference", "£0.00", "£5.00"] in page.rows
    new = session.scalars(select(Statement).where(Statement.supersedes_id == april.id)).one()
    sign(world, new)
    assert "Another statement was signed in its place." in stella.get(address)
