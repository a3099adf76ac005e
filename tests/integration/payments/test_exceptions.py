"""What does not fit between the payments and the bank: found, resolved with a reason, there again when facts change."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask
from sqlalchemy import select

from tests.harness.clock import FixedClock
from tests.harness.reconciled import assert_reconciled
from tests.harness.world import World, build_world
from tests.integration.payments.exported import payments, three_payments
from tests.integration.payments.pages import browser_of, stranger
from tests.journeys.steps import prepared, value
from voucher.payments.bank import match_part, match_payments, match_return
from voucher.payments.exception_queries import Unfitting, exceptions_of
from voucher.payments.exceptions import resolve_exception
from voucher.payments.models import BankLine, ExceptionResolution, Payment
from voucher.payments.rules import ExceptionKind, Outcome
from voucher.platform.db import session
from voucher.platform.errors import DomainError, Forbidden

BEGINS_WITH = three_payments
K = ExceptionKind
EXCEPTIONS = "/bank-lines/exceptions"


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    return build_world(clock)


def found(world: World, *, resolved: bool = False) -> list[tuple[ExceptionKind, str]]:
    """The exceptions of today that wait for a person, or those with a reason: what each is and its reference."""
    session.expire_all()
    all_of_them = exceptions_of(session.merge(world.scheme), world.act("bina").today)
    return [(each.kind, each.reference) for each in all_of_them if (each.resolved is not None) == resolved]


def resolve(world: World, thing: BankLine | Payment, outcome: Outcome, **given: object) -> ExceptionResolution:
    return world.do("bina", resolve_exception, thing, outcome, **{"reason": "the bank's letter", **given})


def test_each_kind_is_found_at_its_time(world: World, clock: FixedClock) -> None:
    first, second, third = payments()
    world.bank_line(-first.pence - 35, first.reference)
    world.bank_line(-500, "LONELY")
    world.do("bina", match_payments, world.bank_line(-second.pence, second.reference), [second])
    world.do("bina", match_return, world.bank_line(second.pence, "BACK"), second, reason="account closed")
    at_once = [(K.AMOUNT_DIFFERS, first.reference), (K.PAYMENT_RETURNED, second.reference)]
    assert sorted(found(world)) == sorted(at_once)
    clock.advance(days=2)
    assert len(found(world)) == 2
    clock.advance(days=1)
    later = [(K.LINE_UNEXPLAINED, "LONELY"), (K.PAYMENT_UNSEEN, first.reference), (K.PAYMENT_UNSEEN, third.reference)]
    assert sorted(found(world)) == sorted([*at_once, *later])
    world.exported()  # the claim of what came back is paid again
    assert (K.PAYMENT_RETURNED, second.reference) not in found(world)


def test_two_lines_that_name_one_payment_ask_whether_it_was_paid_twice(app: Flask, world: World) -> None:
    """Each of them alone would fit; that they differ from it together is no help to who looks."""
    first, _second, _third = payments()
    for _time in range(2):
        world.bank_line(-first.pence, first.reference)
    client = browser_of(app, world, "bina")
    named = [row[4] for row in client.get(EXCEPTIONS).rows]
    assert len(named) == 2
    for words in named:
        assert words.startswith(first.reference)
        assert words.endswith("£240.00. Another open line names it, too: was it paid twice?")
    world.bank_line(-first.pence, first.reference)
    assert "2 other open lines name it, too: was it paid more than once?" in client.get(EXCEPTIONS)


def test_the_days_are_the_scheme_s(world: World, clock: FixedClock) -> None:
    with world.by("shay"):
        session.merge(world.scheme).exception_days = 10
    clock.advance(days=9)
    assert found(world) == []
    clock.advance(days=1)
    assert len(found(world)) == 3


def test_who_may_not_match_resolves_nothing(world: World) -> None:
    line = world.bank_line(-500, "LONELY")
    for name in ("petra", "stella", "fred"):
        with pytest.raises(Forbidden):
            world.do(name, resolve_exception, line, Outcome.PUT_RIGHT, reason="mine")
    assert session.scalars(select(ExceptionResolution)).all() == []


def test_a_reason_holds_while_the_amount_stays_as_it_is_and_no_longer(world: World, clock: FixedClock) -> None:
    first = payments()[0]
    line = world.bank_line(-first.pence - 35, first.reference)
    resolve(world, line, Outcome.PUT_RIGHT)
    assert (K.AMOUNT_DIFFERS, first.reference) in found(world, resolved=True)
    world.do("bina", match_part, line, [first], reason="35p charge")
    clock.advance(days=3)
    assert (K.LINE_UNEXPLAINED, first.reference) in found(world)
    resolve(world, line, Outcome.BANK_CHARGE)
    assert (K.LINE_UNEXPLAINED, first.reference) in found(world, resolved=True)
    assert_reconciled(world)


def test_what_waits_for_the_bank_comes_back_on_its_day(world: World, clock: FixedClock) -> None:
    third = payments()[2]
    clock.advance(days=3)
    with pytest.raises(DomainError, match="Enter a day after today"):
        resolve(world, third, Outcome.WAITS)
    with pytest.raises(DomainError, match="Only what waits"):
        resolve(world, third, Outcome.PUT_RIGHT, again_on=date(2026, 4, 20))
    resolve(world, third, Outcome.WAITS, again_on=date(2026, 4, 12))
    assert (K.PAYMENT_UNSEEN, third.reference) in found(world, resolved=True)
    clock.advance(days=2)
    assert (K.PAYMENT_UNSEEN, third.reference) in found(world)


def test_what_is_no_exception_or_no_outcome_of_it_is_refused(world: World) -> None:
    first, second, _third = payments()
    line = world.bank_line(-first.pence, first.reference)
    world.do("bina", match_payments, line, [first])
    with pytest.raises(DomainError, match="Nothing is wrong"):
        resolve(world, line, Outcome.PUT_RIGHT)
    with pytest.raises(DomainError, match="Say why"):
        resolve(world, second, Outcome.PUT_RIGHT, reason=" ")
    with pytest.raises(DomainError, match="A payment waits"):
        resolve(world, second, Outcome.NOT_THE_SCHEMES)


@pytest.mark.rule(56)
def test_the_statement_counts_exceptions_and_lists_what_was_set_aside(world: World, clock: FixedClock) -> None:
    first, _second, third = payments()
    short, stray = world.bank_line(-first.pence + 1, first.reference), world.bank_line(-500, "STRAY")
    clock.advance(days=20)
    resolve(world, stray, Outcome.NOT_THE_SCHEMES, reason="another department's")
    resolve(world, third, Outcome.WAITS, again_on=date(2026, 6, 1), reason="the bank confirms it")
    clock.advance(days=10)
    statement = prepared(world, date(2026, 4, 1), date(2026, 4, 30))
    assert [value(statement, f"22{part}") for part in "abcde"] == [2, 3, 0, 1, 2]
    assert "another department's" in statement.data
    assert "money of others: another department's" in statement.data
    assert '"bank line set aside without a payment"' in statement.data
    assert session.merge(short).open_pence == first.pence - 1


def test_outsiders_and_people_of_other_schemes_see_no_exception(app: Flask, world: World) -> None:
    line = world.bank_line(-500, "LONELY")
    browser_of(app, world, "pat").get(EXCEPTIONS, expect=403)
    stranger(world)
    for where in (f"lines/{session.merge(line).public_id}", f"payments/{payments()[0].public_id}"):
        browser_of(app, world, "stan").get(f"{EXCEPTIONS}/{where}", expect=404)
        browser_of(app, world, "petra").get(f"{EXCEPTIONS}/{where}", expect=403)


def test_an_exception_is_resolved_on_its_page_and_found_again_among_those_with_a_reason(
    app: Flask, world: World, clock: FixedClock
) -> None:
    world.bank_line(-500, "LONELY")
    clock.advance(days=3)
    assert "Say what it is" not in browser_of(app, world, "petra").get(EXCEPTIONS)
    client = browser_of(app, world, "bina")
    page = client.get(EXCEPTIONS, query={"kind": "LINE_UNEXPLAINED"})
    assert "Error" not in page.title
    assert payments()[0].reference not in page
    form = client.get(page.links["Say what it is : LONELY"])
    refused = client.submit(form, button="Keep the reason", expect=422)
    assert {"Say what it is.", "Say why."} <= set(refused.links)
    client.submit(refused, {"What it is": "Money of others", "Reason": "a mistake"}, button="Keep the reason")
    assert "LONELY" not in client.get(EXCEPTIONS)
    assert "a mistake (Bina" in client.get(EXCEPTIONS, query={"show": "resolved"})
    assert "LONELY" in client.get(EXCEPTIONS, query={"show": "all", "sort": "-amount"})


def test_what_is_wrong_with_a_reason_is_said_at_its_field(app: Flask, world: World, clock: FixedClock) -> None:
    clock.advance(days=3)
    client = browser_of(app, world, "bina")
    form = client.get(f"{EXCEPTIONS}/payments/{payments()[0].public_id}")
    answers = {"What it is": "Waits for the bank", "Reason": "they say so"}
    refused = client.submit(form, answers, button="Keep the reason", expect=422)
    assert refused.links["Enter a day after today on which it is looked at again."] == "#again_on"
    client.submit(refused, {**answers, "Look at it again on": "2026-04-20"}, button="Keep the reason")
    assert "again on 20 April 2026" in client.get(EXCEPTIONS, query={"show": "resolved"})


def test_an_exception_is_about_a_line_or_a_payment(world: World) -> None:
    both: list[Unfitting] = exceptions_of(session.merge(world.scheme), world.act("bina").today, days=0)
    assert {each.of_line for each in both} == {False}
    assert all(each.detail == payment.batch.reference for each, payment in zip(both, payments(), strict=True))
