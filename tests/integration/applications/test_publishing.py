"""Where a large subsidy was published: noted by an officer, kept with its corrections, and listed by statements."""

from __future__ import annotations

import json
from datetime import date

import pytest
from flask import Flask
from sqlalchemy import select

from tests.harness.clock import FixedClock
from tests.harness.world import World, build_world
from tests.integration.reports.staff import browser_of
from tests.journeys.steps import on, prepared
from voucher.applications.models import Application
from voucher.applications.publishing import note_database_number
from voucher.audit.queries import history
from voucher.platform.db import session
from voucher.platform.errors import Conflict, DomainError, Forbidden
from voucher.reports.breaches import breaches
from voucher.reports.ledger_side import Period
from voucher.reports.models import Statement
from voucher.reports.subsidy_lines import SubsidySide
from voucher.subsidies.models import SubsidyPublication
from voucher.workspace.queues import QUEUES, how_many

pytestmark = [pytest.mark.rule(42), pytest.mark.usefixtures("sketched")]
# What this shows does not depend on the engine.
ON_SQLITE = pytest.mark.parametrize("engine_kind", ["sqlite"], indirect=True)
APRIL = date(2026, 4, 1), date(2026, 4, 30)


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    return build_world(clock)


def two_given(world: World) -> None:
    """Two vouchers of £750.00 are issued on 7 April."""
    world.issued()
    world.issued()


BEGINS_WITH = two_given


@pytest.fixture(autouse=True)
def _everything_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Vouchers of this scheme are of £750.00, so the amount from which subsidies are published is lowered below it."""
    for place in ("subsidies.rules", "reports.subsidy_lines", "workspace.queues"):
        monkeypatch.setattr(f"voucher.{place}.PUBLISHED_ABOVE_PENCE", 74_999)


@pytest.fixture
def given(world: World) -> list[Application]:
    return list(session.scalars(select(Application).order_by(Application.id)))


def large(statement: Statement) -> list[tuple[str, str | None]]:
    return [(each["due_on"], each["database_number"]) for each in json.loads(statement.data)["large_subsidies"]]


def line_24(statement: Statement) -> dict[str, int]:
    return {
        part["code"]: part["value"]
        for line in json.loads(statement.data)["lines"]
        if line["code"] == "24"
        for part in line["parts"]
    }


@ON_SQLITE
def test_who_may_not_note_it(app: Flask, world: World, given: list[Application]) -> None:
    path = f"/applications/{given[0].public_id}/database-number"
    for name in ("vera", "sigrid", "pat"):
        browser_of(app, world, name).get(path, expect=403)
        with pytest.raises(Forbidden):
            world.do(name, note_database_number, given[0], number="1234567")


def test_the_statement_lists_the_numbers_and_what_has_none_with_its_day(world: World, given: list[Application]) -> None:
    world.do("asha", note_database_number, given[0], number="123 4567")
    on(world, "2026-05-02")
    statement = prepared(world, *APRIL)
    assert large(statement) == [("2026-07-07", "1234567"), ("2026-07-07", None)]
    assert (line_24(statement)["24d"], line_24(statement)["24e"]) == (2, 1)
    assert breaches(json.loads(statement.data)) == []


def test_a_day_that_passed_is_read_at_the_head_of_the_statement_and_a_number_ends_that(
    world: World, given: list[Application]
) -> None:
    first, second = given
    world.do("asha", note_database_number, first, number="1234567")
    on(world, "2026-08-03")
    july = date(2026, 7, 31)
    words = f"The subsidy of application {second.reference} is not in the subsidy database; it was due there by"
    assert late_on(world, july) == [f"{words} 7 July 2026."]
    world.do("asha", note_database_number, second, number="7654321")
    # Noted after the period: the statement says how it stood at the period's end.
    assert late_on(world, july) == [f"{words} 7 July 2026."]
    assert late_on(world, date(2026, 8, 31)) == []


def late_on(world: World, last: date) -> list[str]:
    """What a statement to that day says at its head of subsidies that were to be published by then."""
    rows = SubsidySide(session.merge(world.agreement), Period(date(2026, 4, 1), last)).rows()
    data = {"header": {"period_to": last.isoformat()}, "lines": [], "large_subsidies": rows}
    return [each.words for each in breaches(data)]


@ON_SQLITE
@pytest.mark.parametrize("wrong", ["SC12345", "12", "1234567890123456789", "12a4567", "١٢٣٤٥٦٧", " "])
def test_what_is_no_number_of_an_award_is_refused(world: World, given: list[Application], wrong: str) -> None:
    with pytest.raises(DomainError, match="digits only") as refused:
        world.do("asha", note_database_number, given[0], number=wrong)
    assert refused.value.field == "number"
    assert session.scalars(select(SubsidyPublication)).all() == []


@ON_SQLITE
def test_a_number_is_corrected_with_a_reason_and_both_stay(world: World, given: list[Application]) -> None:
    first, second = given
    world.do("asha", note_database_number, first, number="1234567")
    with pytest.raises(DomainError, match="Say what was wrong"):
        world.do("asha", note_database_number, first, number="1234568")
    with pytest.raises(DomainError, match="noted already"):
        world.do("asha", note_database_number, first, number="1234567", reason="the same")
    with pytest.raises(DomainError, match="another application"):
        world.do("asha", note_database_number, second, number="1234567")
    world.do("asha", note_database_number, first, number="1234568", reason="a digit was wrong")
    # A number that was given up is free for where it belongs.
    world.do("asha", note_database_number, second, number="1234567")
    event = history("application", first.id)[-1]
    assert (event.action, event.reason) == ("application.subsidy_published", "a digit was wrong")
    assert event.details == {"number": ["1234567", "1234568"]}


@ON_SQLITE
def test_what_need_not_be_published_has_no_number(
    world: World, given: list[Application], monkeypatch: pytest.MonkeyPatch
) -> None:
    offered = world.offered()
    with pytest.raises(Conflict, match="above £100,000"):
        world.do("asha", note_database_number, offered, number="1234567")
    monkeypatch.setattr("voucher.subsidies.rules.PUBLISHED_ABOVE_PENCE", 75_000)
    with pytest.raises(Conflict, match="above £100,000"):
        world.do("asha", note_database_number, given[0], number="1234567")


@ON_SQLITE
def test_the_page_says_by_when_and_keeps_what_was_typed(app: Flask, world: World, given: list[Application]) -> None:
    asha = browser_of(app, world, "asha")
    page = asha.get(f"/applications/{given[0].public_id}")
    assert "by 7 July 2026, for it is above £100,000" in page
    page = asha.click(page, "Note the number in the subsidy database")
    label = "Number of the award in the subsidy database"
    page = asha.submit(page, {label: "SC12345"}, button="Note the number", expect=422)
    assert "digits only" in page
    assert 'value="SC12345"' in page.text
    page = asha.follow(asha.submit(page, {label: "1234567"}, button="Note the number"))
    assert "1234567" in page
    (queue,) = [each for each in QUEUES if each.key == "publish"]
    assert how_many(queue.rows(world.scheme)) == 1
