"""The calendar of statements and the list of what to chase before a cut-off."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask

from tests.harness.clock import FixedClock
from tests.harness.world import World, build_world
from tests.integration.redemptions.pages import second_scheme
from tests.integration.reports.staff import browser_of, with_role
from tests.journeys.steps import on, signed
from voucher.accounts.rules import Role
from voucher.platform.errors import DomainError, Forbidden
from voucher.reports.commands import move_on
from voucher.reports.due import calendar_of, set_rhythm, to_chase
from voucher.reports.periods import Rhythm
from voucher.reports.rules import StatementState

pytestmark = pytest.mark.usefixtures("sketched")
# What this shows does not depend on the engine.
ON_SQLITE = pytest.mark.parametrize("engine_kind", ["sqlite"], indirect=True)

MONTHLY = Rhythm(months=1, due_days=10, cut_off_days=5)
APRIL = date(2026, 4, 1), date(2026, 4, 30)


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    return build_world(clock)


def waiting(world: World) -> None:
    """One claim paid, one under check, and support that nobody claimed."""
    world.payable()
    world.paid()
    world.claimed(world.issued())
    world.recorded(world.issued())


BEGINS_WITH = waiting


def standings(world: World) -> list[tuple[str, str]]:
    found = calendar_of(world.scheme.id, world.act("stella").today)
    return [(each.due.last.isoformat(), str(each.standing)) for each in found]


@ON_SQLITE
def test_who_may_not_look_or_set_it(app: Flask, world: World) -> None:
    pat, vera = browser_of(app, world, "pat"), browser_of(app, world, "vera")
    chase, rhythm = f"/agreements/{world.agreement.public_id}/chase", f"/funding/agreements/{world.agreement.public_id}"
    for path in ("/statements/calendar", chase):
        pat.get(path, expect=403)
    vera.get(f"{rhythm}/reporting", expect=403)
    with pytest.raises(Forbidden):
        world.do("vera", set_rhythm, world.agreement, MONTHLY)
    with second_scheme(world):
        with_role(world, "otto", Role.STATEMENT_PREPARER)
    browser_of(app, world, "otto").get(chase, expect=404)


def test_the_calendar_goes_from_running_to_sent_and_is_overdue_in_between(world: World) -> None:
    assert standings(world) == []
    world.do("fred", set_rhythm, world.agreement, MONTHLY)
    assert standings(world) == [("2026-04-30", "running"), ("2026-05-31", "to come"), ("2026-06-30", "to come")]
    on(world, "2026-05-04")
    assert standings(world)[0] == ("2026-04-30", "to prepare")
    statement = signed(world, *APRIL)
    assert standings(world)[0] == ("2026-04-30", "signed")
    on(world, "2026-05-11")
    assert standings(world)[0] == ("2026-04-30", "overdue")
    world.do("stella", move_on, statement, StatementState.SENT)
    assert standings(world)[0] == ("2026-05-31", "running")


@ON_SQLITE
def test_a_rhythm_out_of_reason_is_refused(world: World) -> None:
    for wrong, words in ((Rhythm(2, 10, 5), "1, 3, 6 or 12"), (Rhythm(3, 400, 5), "365"), (Rhythm(3, 10, 61), "60")):
        with pytest.raises(DomainError, match=words):
            world.do("fred", set_rhythm, world.agreement, wrong)


def test_what_to_chase_is_what_is_not_claimed_and_not_paid(world: World) -> None:
    found = to_chase(world.agreement)
    assert sorted((each.what, each.waits_for) for each in found) == [
        ("claim not paid yet", "the business"),
        ("support not claimed yet", "the provider"),
    ]
    assert all(each.pence > 0 for each in found)


def test_the_pages_show_both_and_hand_them_out(app: Flask, world: World) -> None:
    fred, stella = browser_of(app, world, "fred"), browser_of(app, world, "stella")
    assert "No agreement says how often it reports yet." in stella.get("/statements/calendar")
    page = fred.get(f"/funding/agreements/{world.agreement.public_id}")
    page = fred.click(page, "When its statements are due")
    days = {"Days after the period in which it is due": "10"}
    assert "Enter the number of days." in fred.submit(page, days, button="Keep the calendar", expect=422)
    days["Days before the end of the period by which claims must be through"] = "5"
    page = fred.follow(fred.submit(page, {**days, "A statement covers": "Three months"}, button="Keep the calendar"))
    assert [row[4] for row in page.rows] == ["Running", "To come", "To come"]
    page = stella.get(f"/agreements/{world.agreement.public_id}/chase")
    assert "What is through by 25 June 2026 can still be paid in it." in page
    assert len(page.rows) == 2
    file = stella.get(f"/agreements/{world.agreement.public_id}/chase?as=csv").text
    assert file.splitlines()[0].endswith("what,reference,voucher,business,provider,waits_for,since,pounds")
    assert "2026-06-30,2026-06-25,2026-07-10,running," in stella.get("/statements/calendar?as=csv").text
