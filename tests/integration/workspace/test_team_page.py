"""Can this team work? As the page says it, for the scheme's own people of this moment."""

from __future__ import annotations

import pytest
from flask import Flask

from tests.harness.clock import FixedClock
from tests.harness.world import World, build_world
from tests.integration.payments.test_levels import level
from tests.integration.redemptions.pages import second_scheme
from tests.integration.reports.staff import browser_of, with_role
from voucher.accounts.rules import Role
from voucher.platform.db import atomic, session

STILL = "No. These steps stand still"


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    return build_world(clock)


def stop(world: World, name: str) -> None:
    with atomic():
        session.merge(world.people[name]).active = False


def test_who_has_no_part_in_running_a_scheme_does_not_open_it(app: Flask, world: World) -> None:
    for name in ("pat", "petra", "bina"):
        browser_of(app, world, name).get("/team", expect=403)


def test_one_sees_the_team_of_ones_own_schemes_only(app: Flask, world: World) -> None:
    with second_scheme(world):
        other = world.scheme.name
        with_role(world, "otto", Role.AUDITOR)
    page = browser_of(app, world, "otto").get("/team")
    assert other in page
    assert world.scheme.name not in page


def test_what_only_comes_up_at_times_is_named_apart_and_a_second_person_mends_it(app: Flask, world: World) -> None:
    sigrid = browser_of(app, world, "sigrid")
    page = sigrid.get("/team")
    assert "Yes. Every step has somebody" in page
    assert "these stand still: decide appeals; accept claims on other evidence; confirm roles." in page
    with_role(world, "abel", Role.SYSTEM_ADMINISTRATOR)
    with_role(world, "vic", Role.VERIFIER)
    with_role(world, "abby", Role.ASSESSOR)
    assert "stand still:" not in sigrid.get("/team")


def test_each_absence_says_what_stands_still(app: Flask, world: World) -> None:
    with_role(world, "abel", Role.SYSTEM_ADMINISTRATOR)
    with_role(world, "vic", Role.VERIFIER)
    away = {row[0]: row[1] for row in browser_of(app, world, "ada").get("/team").rows if len(row) == 2}
    assert away["Fay"] == "Confirm changes of agreements; agree to write-offs"
    assert away["Sigrid"] == "Sign statements; confirm weaker duties"
    assert away["Kit"] == "Confirm bank details"
    assert away["Vera"] == "Accept claims on other evidence"
    assert away["Bina"] == "Type bank lines; match bank lines"
    assert away["Abel"] == "Confirm roles"


def test_an_absence_is_not_blamed_for_what_stands_still_anyway(app: Flask, world: World) -> None:
    stop(world, "paul")
    with_role(world, "abby", Role.ASSESSOR)
    with_role(world, "amir", Role.ASSESSOR)
    away = {row[0]: row[1] for row in browser_of(app, world, "ada").get("/team").rows if len(row) == 2}
    assert (away["Asha"], away["Petra"]) == ("Nothing more", "Prepare payment batches; prepare administration costs")


def test_a_suspended_person_counts_for_nothing(app: Flask, world: World) -> None:
    with_role(world, "abel", Role.SYSTEM_ADMINISTRATOR)
    stop(world, "paul")
    page = browser_of(app, world, "ada").get("/team")
    assert f"{STILL}: approve payment batches." in page


def test_a_duty_that_the_scheme_switched_off_is_not_listed(app: Flask, world: World) -> None:
    ada = browser_of(app, world, "ada")
    assert "Decide and verify" in ada.get("/team")
    with atomic():
        session.merge(world.scheme).decider_may_verify = True
    assert "Decide and verify" not in ada.get("/team")


def test_an_amount_that_nobody_or_only_one_person_may_approve_is_named(app: Flask, world: World) -> None:
    with_role(world, "percy", Role.PAYMENTS_APPROVER)
    level(world, "paul", 5_000_00)
    ada = browser_of(app, world, "ada")
    page = ada.get("/team")
    assert ["Approve payment batches", "Paul (up to £5,000.00), Percy", "2"] in page.rows
    assert "Payments above" not in page.words
    away = {row[0]: row[1] for row in page.rows if len(row) == 2}
    assert (away["Percy"], away["Paul"]) == ("Approve payments above £5,000.00", "Nothing more")
    level(world, None, 2_000_00)
    page = ada.get("/team")
    assert "Payments above £5,000.00 stand still: nobody may approve as much." in page
    away = {row[0]: row[1] for row in page.rows if len(row) == 2}
    assert (away["Percy"], away["Paul"]) == ("Nothing more", "Approve payments above £2,000.00")
    world.clock.advance(days=1)
    stop(world, "paul")
    assert "Payments above £2,000.00 stand still: nobody may approve as much." in ada.get("/team")
