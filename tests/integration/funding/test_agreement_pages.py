"""Agreements on pages: signed, changed with a reason, money moved between lines; and rule 23 at the field."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from flask import Flask

from tests.harness.clock import FixedClock
from tests.harness.page import Page
from tests.harness.reconciled import assert_reconciled
from tests.harness.world import World, add_agreement, build_world
from tests.integration.payments.pages import browser_of, stranger
from tests.integration.redemptions.pages import rows
from voucher.funding.changes import propose_award
from voucher.funding.commands import LineTerms
from voucher.funding.models import Agreement, FundingLine
from voucher.funding.rules import LineKind
from voucher.organisations.commands import add_organisation
from voucher.platform.db import session
from voucher.platform.errors import DomainError


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    return build_world(clock)


def address(world: World, *more: str) -> str:
    return "/".join(["/funding/agreements", session.merge(world.agreement).public_id, *more])


def unallocated(world: World) -> list[int]:
    session.expire_all()
    return [line.unallocated_pence for line in session.merge(world.agreement).lines]


def test_outsiders_and_people_of_other_schemes_see_no_agreement(app: Flask, world: World) -> None:
    browser_of(app, world, "pat").get("/funding", expect=403)
    stranger(world)
    client = browser_of(app, world, "stan")
    for more in ((), ("award",), ("virement",)):
        client.get(address(world, *more), expect=404)


def test_who_only_reads_changes_no_agreement(app: Flask, world: World) -> None:
    client = browser_of(app, world, "shay")
    assert "Change the award" not in client.get(address(world)).links
    for at in ("/funding/agreements/new", address(world, "award"), address(world, "virement")):
        client.post(at, {"reason": "x"}, expect=403)


GIVEN = {
    "Reference of the agreement": "UKSPF-2",
    "Funder": "Department for Tasters",
    "Signed on": "2026-04-01",
    "First day": "2026-04-01",
    "Last day": "2027-09-30",
    "Intervention rate in percent": "66.67",
    "Code of line 1": "CAP",
    "Name of line 1": "Capital",
    "Kind of line 1": "Capital",
    "Award of line 1": "1,000.00",
    "Title of the officer who signs statements": "Section 73 officer",
    "Statute under which the officer signs": "Local Government Act 1985, section 73",
    "What the officer certifies": "I certify that these figures are true.",
}

TWICE = "Line CAP is there twice: give each line a code of its own."
NONE = "An agreement has at least one funding line."
PERCENT = "Enter a percentage with at most two decimals, like 20 or 33.33."


def enter(app: Flask, world: World, changes: Mapping[str, str], *, expect: int = 302) -> Page:
    client = browser_of(app, world, "fred")
    page = client.get("/funding/agreements/new")
    return client.submit(page, {**GIVEN, **changes}, button="Enter the agreement", expect=expect)


def test_an_agreement_is_entered_and_its_award_can_be_offered(app: Flask, world: World) -> None:
    sent = enter(app, world, {})
    page = browser_of(app, world, "shay").get(str(sent.location))
    assert "Version 1, award £1,000.00" in page
    made = session.query(Agreement).filter_by(reference="UKSPF-2").one()
    assert (made.intervention_rate_bp, [line.unallocated_pence for line in made.lines]) == (6_667, [100_000])
    assert_reconciled(world)


@pytest.mark.parametrize(
    ("changes", "words", "field"),
    [
        ({"Reference of the agreement": "LGF-1"}, "Agreement LGF-1 is there already.", "#reference"),
        ({"Last day": "2026-03-31"}, "The agreement ends before it starts.", "#ends_on"),
        ({"Name of line 1": ""}, "Enter the line's name, or empty its row.", "#name_1"),
        ({"Code of line 2": "CAP", "Name of line 2": "b", "Award of line 2": "1"}, TWICE, "#code_1"),
        ({"Code of line 1": "", "Name of line 1": "", "Award of line 1": ""}, NONE, "#code_1"),
        ({"Intervention rate in percent": "101"}, PERCENT, "#intervention_rate"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_an_agreement_is_said_at_its_field(
    app: Flask, world: World, changes: dict[str, str], words: str, field: str
) -> None:
    page = enter(app, world, changes, expect=422)
    assert page.links[words] == field
    assert 'value="Department for Tasters"' in page.text
    assert rows(Agreement) == 1


def test_another_row_keeps_what_was_entered(app: Flask, world: World) -> None:
    client = browser_of(app, world, "fred")
    page = client.submit(client.get("/funding/agreements/new"), GIVEN, button="Add another row", expect=200)
    more = {"Code of line 4": "REV", "Name of line 4": "Revenue", "Award of line 4": "5.00"}
    client.submit(page, more, button="Enter the agreement")
    assert [line.code for line in session.query(FundingLine).order_by(FundingLine.id)][3:] == ["CAP", "REV"]


def test_a_name_that_several_organisations_have_is_not_guessed(app: Flask, world: World) -> None:
    with world.by("fred") as act:
        for _time in range(2):
            add_organisation(act, name="Twins", legal_form="other")
    page = enter(app, world, {"Funder": "Twins"}, expect=422)
    assert page.links["Several organisations have this name: give the reference of one."] == "#funder"


def test_a_change_of_nothing_is_no_version(app: Flask, world: World) -> None:
    client = browser_of(app, world, "fred")
    page = client.submit(client.get(address(world, "award")), {"Reason": "x"}, button="Propose this change", expect=422)
    assert page.links["Say by how much the award of a line changes."] == "#change_0"
    with pytest.raises(DomainError, match="by how much"):
        world.do("fred", propose_award, world.agreement, {"L1": 0}, reason="x")


def test_a_line_that_is_there_twice_is_refused_by_the_command(app: Flask, world: World) -> None:
    twice = tuple(LineTerms("L1", "Line", LineKind.REVENUE, pence) for pence in (1, 2))
    with pytest.raises(DomainError, match="is there twice"):
        add_agreement(world, "A-1", [], lines=twice)
