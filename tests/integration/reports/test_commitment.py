"""The commitment view: what stands where, what expiry releases and when, what dies at the year's end."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from flask import Flask

from tests.harness.clock import FixedClock
from tests.harness.two_people import change_conditions
from tests.harness.world import World, add_agreement, build_world
from tests.integration.payments.pages import browser_of, stranger
from tests.integration.redemptions.pages import asked_of_the_database
from tests.integration.reports.staff import with_role
from tests.journeys.steps import on
from voucher.accounts.rules import Role
from voucher.funding.conditions import Conditions, YearBy
from voucher.funding.queries import agreements_of
from voucher.funding.rules import Account as A
from voucher.platform.db import session
from voucher.redemptions.due import run_due
from voucher.reports.commitment import LineCommitment, commitments, vouchers_past_years_end
from voucher.reports.commitment_plot import release_plot
from voucher.vouchers.commands import cancel, extend


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    return build_world(clock)


def books(world: World) -> None:
    """A voucher with £240.00 claimed on it, one with £240.00 held by recorded support, one offer."""
    world.claimed(world.issued())
    world.recorded(world.issued())
    world.offered()


BEGINS_WITH = books


def found(world: World) -> list[LineCommitment]:
    session.expire_all()
    return commitments(agreements_of(world.scheme.id), world.act("fred").today)


def total(lines: list[LineCommitment]) -> dict[date, int]:
    months = {month for each in lines for month in each.releases}
    return {month: sum(each.releases.get(month, 0) for each in lines) for month in sorted(months)}


def test_who_reads_no_money_sees_no_commitment(app: Flask, world: World) -> None:
    browser_of(app, world, "pat").get("/funding/commitment", expect=403)
    browser_of(app, world, "kit").get("/funding/commitment/year-end", expect=403)
    browser_of(app, world, "fred").get("/funder/commitment", expect=403)
    stranger(world)
    assert "LGF-1" not in browser_of(app, world, "stan").get("/funding/commitment")


def test_every_line_tells_where_its_money_stands(world: World) -> None:
    lines = found(world)
    sums = {account: sum(each.figures[account] for each in lines) for account in lines[0].figures}
    assert sums == {
        A.UNALLOCATED: 10_000_00 - 3 * 750_00, A.RESERVED: 750_00, A.COMMITTED: 1_260_00, A.CLAIMED: 240_00,
        A.APPROVED: 0, A.DEFRAYED: 0,
    }  # fmt: skip
    assert [each.line.code for each in lines] == ["L1", "L2", "L3"]


def test_expiry_releases_what_is_left_after_the_late_days_and_what_is_held_after_the_claim_window(
    world: World,
) -> None:
    """The vouchers of 7 April run to 6 July: late days to the 13th, the claim window to 3 August."""
    assert total(found(world)) == {date(2026, 7, 1): 510_00, date(2026, 8, 1): 750_00}


def test_the_forecast_comes_true_to_the_penny(world: World) -> None:
    before = {each.line.code: each.releases for each in found(world)}
    on(world, "2026-07-14")
    with world.by("fred") as act:
        run_due(act, session.merge(world.scheme))
    after = {each.line.code: each for each in found(world)}
    for code, releases in before.items():
        assert after[code].releases == {date(2026, 8, 1): releases[date(2026, 8, 1)]}


def test_an_extended_voucher_is_released_later(world: World) -> None:
    voucher = world.issued()
    assert total(found(world)) == {date(2026, 7, 1): 1_260_00, date(2026, 8, 1): 750_00}
    world.do("shay", extend, voucher, last_day=date(2026, 8, 5), reason="the trainer is ill")
    assert total(found(world)) == {date(2026, 7, 1): 510_00, date(2026, 8, 1): 1_500_00}


def test_of_vouchers_that_are_alike_each_one_counts(world: World) -> None:
    """A page of thousands sums them by kind."""
    for _number in range(2):
        world.issued()
    assert total(found(world)) == {date(2026, 7, 1): 510_00 + 2 * 750_00, date(2026, 8, 1): 750_00}
    on(world, "2026-12-31")
    for _number in range(2):
        world.issued()
    assert sum(each.years_end.on_vouchers for each in found(world)) == 2 * 750_00


def listed(world: World) -> dict[str, tuple[int, int]]:
    """What the list of the year's end says is left on each voucher, and held on it, in pence."""
    session.expire_all()
    rows = session.execute(vouchers_past_years_end(world.scheme, world.act("fred").today))
    return {row.Voucher.reference: (row.Voucher.remaining_pence, row.held) for row in rows}


@pytest.mark.rule(25)
def test_what_dies_at_the_years_end_follows_the_agreements_year(world: World) -> None:
    """A voucher of December runs to 31 March: by delivery it counts this year, by defrayal the next."""
    on(world, "2026-12-31")
    voucher = world.issued()
    assert sum(each.years_end.on_vouchers for each in found(world)) == 750_00
    assert listed(world) == {voucher.reference: (750_00, 0)}
    change_conditions(world, world.agreement, replace(Conditions(), year_by=YearBy.DELIVERY))
    assert sum(each.years_end.on_vouchers for each in found(world)) == 0
    assert listed(world) == {}


@pytest.mark.rule(25)
def test_the_list_comes_to_the_table_with_what_recorded_support_holds(world: World) -> None:
    """A cancelled voucher's money has gone back, but for what support holds until its claim window is over."""
    on(world, "2026-12-31")
    fresh, held = world.issued(), world.recorded(world.issued()).voucher
    world.do("shay", cancel, held, reason="the business has closed")
    assert listed(world) == {fresh.reference: (750_00, 0), held.reference: (0, 750_00)}
    assert sum(each.years_end.on_vouchers for each in found(world)) == 2 * 750_00


def test_the_page_shows_a_table_and_a_plot_with_its_words(app: Flask, world: World) -> None:
    client = browser_of(app, world, "fred")
    page = client.get("/funding/commitment")
    assert "Released at most, by month: July 2026" in page.text
    assert 'src="data:image/svg+xml' in page.text
    assert "There is none" in client.get("/funding/commitment/year-end")
    rows = client.get("/funding/commitment?as=csv").text.splitlines()
    assert rows[0].lstrip("\ufeff").startswith("agreement,line,kind,unallocated,reserved,committed")
    assert "released_2026_07,released_2026_08,year_ends_on" in rows[0]
    assert len(rows) == 4


def test_a_funder_sees_its_own_agreements_only(app: Flask, world: World) -> None:
    with_role(world, "fiona", Role.FUNDER, organisation_id=world.agreement.funder_id)
    with_role(world, "other", Role.FUNDER, organisation_id=world.scheme.owner_id)
    page = browser_of(app, world, "fiona").get("/funder/commitment")
    assert "LGF-1 L1: Line 1" in page
    assert "/funding/lines/" not in page.text
    assert "LGF-1" not in browser_of(app, world, "other").get("/funder/commitment")


def test_a_gap_in_time_is_a_gap_in_the_plot() -> None:
    plot = release_plot("Released", {date(2026, 11, 1): 100, date(2027, 1, 1): 50})
    assert plot.words == "Released: November 2026 £1.00; January 2027 £0.50."
    assert plot.width == 24 + 3 * 96


def test_more_lines_and_vouchers_ask_the_database_no_more(app: Flask, world: World) -> None:
    client = browser_of(app, world, "fred")
    few = asked_of_the_database(lambda: client.get("/funding/commitment"))
    world.issued()
    world.offered()
    add_agreement(world, "TWO", [1_00, 2_00])
    assert asked_of_the_database(lambda: client.get("/funding/commitment")) == few
