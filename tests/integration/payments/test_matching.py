"""Matching by commands: all that is certain in one act, several lines for one payment, a line with more in it."""

from __future__ import annotations

from contextlib import suppress
from datetime import date

import pytest
from flask import Flask
from sqlalchemy import event, select, text
from sqlalchemy.exc import DBAPIError

from tests.harness.clock import FixedClock
from tests.harness.reconciled import assert_reconciled
from tests.harness.world import World, build_world
from tests.integration.payments.exported import payments, states, three_payments
from tests.integration.payments.pages import add_role
from tests.journeys.steps import standing
from voucher.accounts.rules import Role
from voucher.audit.models import AuditEvent
from voucher.audit.rules import Override
from voucher.funding.rules import Account
from voucher.payments.bank import (
    match_part,
    match_parts_of_payment,
    match_payments,
    match_returns,
    request_drawdown,
    type_bank_line,
)
from voucher.payments.debts import raise_debt
from voucher.payments.matching import fingerprint, match_certain
from voucher.payments.matching_queries import look_at
from voucher.payments.models import BankLine, BankMatch, Drawdown
from voucher.platform.db import atomic, engine, session
from voucher.platform.errors import Conflict, DomainError, Forbidden

BEGINS_WITH = three_payments


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    return build_world(clock)


def matched(world: World) -> list[str]:
    """What is certain and was matched now, by its references."""
    done = world.do("bina", match_certain, world.scheme)
    return [" ".join(thing.reference for thing in each.things) for each in done.proposals]


def open_lines() -> int:
    session.expire_all()
    return len(session.scalars(select(BankLine).where(BankLine.open_pence > 0)).all())


@pytest.mark.rule(35)
def test_who_may_not_match_matches_nothing_in_one_act_either(world: World) -> None:
    world.bank_line(-24_000, payments()[0].reference)
    for name in ("petra", "fred", "carl"):
        with pytest.raises(Forbidden):
            world.do(name, match_certain, world.scheme)
    assert states() == ["exported"] * 3


@pytest.mark.rule(35)
def test_what_carries_its_reference_and_amount_is_matched_in_one_act_and_the_rest_is_left(world: World) -> None:
    first, second, third = payments()
    world.bank_line(-first.pence, f"BACS {first.reference.replace('-', ' ').lower()}")
    world.bank_line(-second.pence - 1, second.reference)
    world.bank_line(-third.pence, "SUNDRY", on=date(2026, 4, 7))
    assert matched(world) == [first.reference]
    assert states() == ["defrayed", "exported", "exported"]
    assert open_lines() == 2
    assert standing(world, Account.DEFRAYED) == first.pence
    assert_reconciled(world)


@pytest.mark.rule(35)
def test_one_debit_for_a_whole_batch_and_two_for_one_payment_are_certain(world: World) -> None:
    first, second, third = payments()
    world.bank_line(-first.pence - second.pence, f"BULK {first.batch.reference}")
    for pence in (10_000, 14_000):
        world.bank_line(-pence, third.reference)
    assert matched(world) == [f"{first.reference} {second.reference}", third.reference]
    assert states() == ["defrayed"] * 3
    assert {payment.batch.state for payment in payments()} == {"settled"}
    assert (open_lines(), matched(world)) == (0, [])
    assert_reconciled(world)


@pytest.mark.rule(37, 63)
def test_returns_drawdowns_and_recoveries_are_matched_by_their_references_in_the_same_act(world: World) -> None:
    first, second, third = payments()
    for payment in (first, second, third):
        world.bank_line(-payment.pence, payment.reference)
    assert len(matched(world)) == 3
    claim = payments()[2].items[0].redemption
    debt = world.do("fred", raise_debt, claim, owed_by=claim.voucher.business, pence=500, reason="not delivered")
    drawdown = world.do("fred", request_drawdown, session.merge(world.agreement).lines[0], 5_000)
    world.bank_line(first.pence + second.pence, f"RETURNED {first.reference} {second.reference}")
    world.bank_line(5_000, drawdown.reference)
    world.bank_line(200, debt.reference)
    assert sorted(matched(world)) == sorted(
        [f"{first.reference} {second.reference}", drawdown.reference, debt.reference]
    )
    assert states() == ["returned", "returned", "defrayed"]
    assert session.merge(debt).outstanding_pence == 300
    assert session.scalars(select(Drawdown)).one().received_on == date(2026, 4, 7)
    assert standing(world, Account.APPROVED) == first.pence + second.pence
    assert_reconciled(world)


@pytest.mark.rule(35)
def test_what_was_not_shown_is_not_matched(world: World) -> None:
    first, second, _third = payments()
    world.bank_line(-first.pence, first.reference)
    act = world.act("bina")
    seen = fingerprint(look_at(session.merge(world.scheme), act.ring).certain)
    world.bank_line(-second.pence, second.reference)
    with pytest.raises(Conflict, match="changed"):
        world.do("bina", match_certain, world.scheme, seen=seen)
    assert states() == ["exported"] * 3


def test_three_matches_in_one_act_ask_the_database_no_more_than_two(world: World) -> None:
    """Rows are written one by one on SQLite, which costs nothing there; all else is asked once for all of them."""
    first, second, third = payments()
    asked = []
    for chosen in ([first, third], [first, second, third]):
        for payment in chosen:
            world.bank_line(-payment.pence, payment.reference)
        asked.append(_asked_beside_rows(world))
        _without_lines()
    assert asked[0] == asked[1]


def _asked_beside_rows(world: World) -> list[str]:
    """The statements of one act: what they begin with, and what they are about."""
    asked: list[str] = []

    def look(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        if engine().dialect.name == "postgresql" or not statement.startswith("INSERT"):
            asked.append(statement[:40])

    event.listen(engine(), "before_cursor_execute", look)
    _tried(world)
    event.remove(engine(), "before_cursor_execute", look)
    return asked


class _Undone(Exception):
    pass


def _tried(world: World) -> None:
    """Matches what is certain and takes all of it back."""
    with suppress(_Undone), world.by("bina") as act:
        assert len(match_certain(act, session.merge(world.scheme)).proposals) > 1
        session.flush()
        raise _Undone


def _without_lines() -> None:
    with atomic():
        session.execute(text("DELETE FROM bank_line"))


@pytest.mark.rule(35)
def test_a_payment_that_left_in_two_lines_is_defrayed_on_the_day_of_the_last(world: World, clock: FixedClock) -> None:
    third = payments()[2]
    clock.advance(days=10)
    lines = [world.bank_line(-10_000, "PART", date(2026, 4, 8)), world.bank_line(-14_000, "REST", date(2026, 4, 13))]
    with pytest.raises(DomainError, match="Say why"):
        world.do("bina", match_parts_of_payment, lines, third)
    world.do("bina", match_parts_of_payment, lines, third, reason="the bank's limit for a day")
    on = {day: (paid(world, Account.CASH_PAID, day), paid(world, Account.DEFRAYED, day)) for day in (8, 12, 13)}
    assert on == {8: (10_000, 0), 12: (10_000, 0), 13: (24_000, 24_000)}
    assert overrides() == [Override.MATCH_WITHOUT_REFERENCE]
    assert_reconciled(world)


def paid(world: World, account: Account, day: int) -> int:
    return standing(world, account, session.merge(world.agreement), date(2026, 4, day))


def overrides() -> list[str | None]:
    return list(session.scalars(select(AuditEvent.override).where(AuditEvent.override.like("bank line%"))))


@pytest.mark.rule(35)
def test_lines_that_do_not_come_to_the_payment_are_not_it(world: World) -> None:
    first, _second, third = payments()
    lines = [world.bank_line(-pence, third.reference) for pence in (10_000, 13_999)]
    with pytest.raises(DomainError, match=r"The lines have £239.99 open; the payment is £240.00"):
        world.do("bina", match_parts_of_payment, lines, third)
    with pytest.raises(DomainError, match="Name several lines for one payment"):
        world.do("bina", match_parts_of_payment, [lines[0], lines[0]], third)
    with pytest.raises(DomainError, match="come to"):
        world.do("bina", match_payments, world.bank_line(-47_999, "BOTH"), [first, third], reason="both")
    assert states() == ["exported"] * 3


@pytest.mark.rule(35)
def test_a_line_with_the_bank_s_charge_in_it_keeps_the_rest_open_and_is_counted(world: World) -> None:
    first = payments()[0]
    line = world.bank_line(-24_035, first.reference)
    with pytest.raises(DomainError, match="Say why the line is more"):
        world.do("bina", match_part, line, [first], reason="")
    world.do("bina", match_part, line, [first], reason="35p charge")
    assert session.merge(line).open_pence == 35
    assert overrides() == [Override.MATCH_LEAVES_REST]
    with pytest.raises(DomainError, match="come to"):
        world.do("bina", match_part, world.bank_line(-1, "LESS"), [payments()[1]], reason="less")
    assert_reconciled(world)


@pytest.mark.rule(37)
def test_payments_that_came_back_in_one_sum_are_taken_back_together(world: World) -> None:
    first, second, _third = payments()
    for payment in (first, second):
        world.do("bina", match_payments, world.bank_line(-payment.pence, payment.reference), [payment])
    line = world.bank_line(44_000, "RETURNED ITEMS")
    with pytest.raises(DomainError, match="the payment was"):
        world.do("bina", match_returns, line, [first], reason="accounts closed")
    world.do("bina", match_returns, line, [first, second], reason="accounts closed")
    assert states() == ["returned", "returned", "exported"]
    with pytest.raises(DomainError, match="explained already"):
        world.do("bina", match_returns, line, [first], reason="again")
    assert_reconciled(world)


def match_row(world: World, line: BankLine, pence: int) -> None:
    """A match written past every command."""
    payment = payments()[0]
    with atomic():
        session.add(
            BankMatch(
                scheme_id=payment.scheme_id,
                bank_line_id=session.merge(line).id,
                kind="payment",
                pence=pence,
                payment_id=payment.id,
                by_id=session.merge(world.people["bina"]).id,
                at=world.clock(),
                reason="",
            )
        )


@pytest.mark.rule(35)
@pytest.mark.parametrize("with_trigger", [True, False])
def test_the_database_holds_a_payment_s_matches_within_its_sum(world: World, with_trigger: bool) -> None:
    lines = [world.bank_line(-20_000, "PART"), world.bank_line(-20_000, "MORE")]
    if not with_trigger:
        on = " ON bank_match" if engine().dialect.name == "postgresql" else ""
        with atomic():
            session.execute(text(f"DROP TRIGGER bank_match_within_the_payment{on}"))
    match_row(world, lines[0], 20_000)
    if not with_trigger:
        match_row(world, lines[1], 20_000)
        return
    with pytest.raises(DBAPIError, match="beyond its sum"):
        match_row(world, lines[1], 4_001)
    match_row(world, lines[1], 4_000)


@pytest.mark.rule(35)
def test_what_the_preparer_typed_is_never_certain(world: World) -> None:
    first = payments()[0]
    add_role(world, "petra", Role.BANK_LINE_KEEPER)
    given = {"booked_on": date(2026, 4, 7), "pence": -24_000, "bank_reference": first.reference, "counterparty": ""}
    world.do("petra", type_bank_line, world.scheme, **given)
    assert matched(world) == []
    world.bank_line(-24_000, first.reference)
    assert matched(world) == []  # now two lines have a claim to it
