"""What a funder may see: the statements of its own agreements that were sent, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from flask import Flask
from sqlalchemy import true

from tests.harness.client import PageClient
from tests.harness.clock import FixedClock
from tests.harness.world import World, add_agreement, build_world
from tests.integration.reports.staff import browser_of, with_role
from tests.journeys.steps import on, prepared, sent, signed
from voucher.accounts.rules import Role
from voucher.funding.models import Agreement
from voucher.reports import queries
from voucher.reports.models import Statement

pytestmark = pytest.mark.usefixtures("sketched")

APRIL = date(2026, 4, 1), date(2026, 4, 30)


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    made = build_world(clock)
    on(made, "2026-05-04")
    return made


def funder(app: Flask, world: World, agreement: Agreement, name: str = "flora") -> PageClient:
    """The browser of somebody who reads for the agreement's funder."""
    with_role(world, name, Role.FUNDER, organisation_id=agreement.funder_id)
    return browser_of(app, world, name)


def paths(statement: Statement) -> list[str]:
    base = f"/funder/statements/{statement.public_id}"
    return [base, *(f"{base}/files/{name}" for name in ("statement.pdf", "lines.csv", "transactions.csv", "data.json"))]


def test_a_funder_sees_its_own_agreements_only_and_no_page_of_the_scheme(app: Flask, world: World) -> None:
    other = add_agreement(world, "UKSPF", [50_000])
    mine, theirs = sent(world, *APRIL), sent(world, *APRIL, other)
    flora = funder(app, world, world.agreement)
    page = flora.get("/funder/statements")
    assert mine.reference in page
    assert theirs.reference not in page
    for path in paths(theirs):
        flora.get(path, expect=404)
    for path in ("/statements", f"/statements/{mine.public_id}", f"/statements/{mine.public_id}/evidence"):
        flora.get(path, expect=403)


def test_control_without_the_condition_on_its_funder_another_statement_would_be_shown(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = sent(world, *APRIL, add_agreement(world, "UKSPF", [50_000]))
    flora = funder(app, world, world.agreement)
    monkeypatch.setattr(queries, "false", true)
    flora.get(paths(theirs)[0])


@pytest.mark.parametrize("made", [prepared, signed])
def test_what_is_not_sent_is_not_the_funders_yet(app: Flask, world: World, made: Callable[..., Statement]) -> None:
    statement = made(world, *APRIL)
    flora = funder(app, world, world.agreement)
    assert "No statement of your agreements was sent to you yet." in flora.get("/funder/statements")
    for path in paths(statement):
        flora.get(path, expect=404)


def test_staff_do_not_open_the_funders_pages(app: Flask, world: World) -> None:
    statement = sent(world, *APRIL)
    for path in paths(statement):
        browser_of(app, world, "sigrid").get(path, expect=403)


def test_a_funder_arrives_at_its_statements_reads_definitions_and_keeps_the_files(app: Flask, world: World) -> None:
    statement = sent(world, *APRIL)
    flora = funder(app, world, world.agreement)
    page = flora.follow(flora.get("/", expect=302))
    assert page.heading == "Statements of your agreements"
    page = flora.click(page, statement.reference)
    assert "Left on vouchers, with what recorded support holds on them." in page
    assert "I certify that these figures are true." in page
    assert statement.data_hash in page
    assert flora.get(paths(statement)[1]).body.startswith(b"%PDF")
    assert flora.get(paths(statement)[4]).text == statement.data


def test_a_second_statement_shows_how_it_differs_from_the_one_before(app: Flask, world: World) -> None:
    first = sent(world, *APRIL)
    world.payable()
    world.paid()
    on(world, "2026-06-02")
    second = sent(world, date(2026, 5, 1), date(2026, 5, 31))
    flora = funder(app, world, world.agreement)
    page = flora.get(paths(second)[0])
    assert f"since statement {first.reference}" in page
    assert [row[-1] for row in page.rows if row[0] == "8"] == ["+£240.00"]
