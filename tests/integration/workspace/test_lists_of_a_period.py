"""Every list whose rows belong to a day can be narrowed to a period, on its page and in its file."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask

from tests.harness.clock import FixedClock
from tests.harness.page import Page
from tests.harness.world import World, build_world
from tests.integration.desk import at_desk
from tests.integration.redemptions.pages import signed_in
from tests.integration.workspace.lists import Shown, file_of, lists_of, seen_by, several_of_each, table_of, with_query
from tests.journeys.steps import on
from voucher.assurance.views.lists import SHARES
from voucher.funding.views.lists import LINES, ROUNDS
from voucher.payments.views.days_pages import DAYS
from voucher.payments.views.lists import PAYMENTS
from voucher.platform.lists import Listing
from voucher.platform.money import parse_pounds, pounds
from voucher.reports.views.lists import CASH, PAST_YEARS_END
from voucher.workspace.lists import BEHIND, PEOPLE, PROVIDERS, ROLES

pytestmark = pytest.mark.usefixtures("sketched")

DAY = re.compile(r"\d{4}-\d\d-\d\d")
# What is there now, whenever it began; what lies in one batch; and what has a period or a day of its own to ask for.
OF_NO_PERIOD = (SHARES, LINES, ROUNDS, PAST_YEARS_END, BEHIND, PEOPLE, PROVIDERS, PAYMENTS, DAYS, CASH, ROLES)


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    return build_world(clock)


def day_of(row: list[str], listing: Listing) -> str:
    """The day that puts a row into a period: of two days the second, where a column holds a period itself."""
    found = DAY.findall(row[[column.key for column in listing.columns].index(listing.dated)])
    return found[-1] if found else ""


def entered(page: Page, name: str) -> str:
    return page.all("input", name=name)[0].get("value", "")


def dated_lists(world: World) -> list[Shown]:
    return [each for each in lists_of(world) if each.listing not in OF_NO_PERIOD]


def test_every_list_narrows_to_a_period_on_its_page_and_in_its_file(app: Flask, world: World) -> None:
    several_of_each(world)
    browsers = seen_by(app, world)
    for name, path, listing in dated_lists(world):
        rows = file_of(browsers[name], path)[1:]
        day = max(day_of(row, listing) for row in rows)
        within = file_of(browsers[name], path, first=day, last=day)[1:]
        assert within == [row for row in rows if day_of(row, listing) == day] != [], path
        page = browsers[name].get(with_query(path, first=day, last=day))
        assert entered(page, "first") == day, path
        if path != "/claims":
            assert len(table_of(page)[1]) == len(within), path


def test_control_without_the_period_the_file_has_the_other_rows_too(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.bank_line(-100, "EARLY", date(2026, 4, 1))
    monkeypatch.setattr(Listing, "within", lambda _listing, query: query)
    fred = at_desk(app, world, "fred")
    assert len(file_of(fred, "/bank-lines", first="2030-01-01")) == 2


def test_a_period_without_rows_says_so_and_keeps_its_days(app: Flask, world: World) -> None:
    several_of_each(world)
    browsers = seen_by(app, world)
    for name, path, _listing in dated_lists(world):
        page = browsers[name].get(with_query(path, first="2041-01-01", last="2041-03-31"))
        assert entered(page, "last") == "2041-03-31", path
        assert 'class="govuk-inset-text"' in page.text, path
        assert len(file_of(browsers[name], path, first="2041-01-01")) == 1, path


def test_a_moment_counts_on_its_day_in_london(app: Flask, world: World, clock: FixedClock) -> None:
    clock.set(datetime(2026, 6, 30, 23, 30, tzinfo=UTC))  # half past midnight in London, on the day after
    claim = world.claimed(world.issued())
    fred = at_desk(app, world, "fred")
    for first, last, found in (("2026-06-30", "2026-06-30", False), ("2026-07-01", "2026-07-01", True)):
        rows = file_of(fred, "/claims-desk?state=any", first=first, last=last)
        assert (claim.reference in str(rows)) == found, first


def test_the_sum_above_a_provider_s_claims_is_that_of_the_period(app: Flask, world: World) -> None:
    early = world.claimed(world.issued(), 6_000)
    on(world, (early.submitted_at.date() + timedelta(days=3)).isoformat())
    late = world.claimed(world.issued(), 9_000)
    page = signed_in(app).get("/claims", query={"first": late.submitted_at.date().isoformat()})
    assert late.reference in page
    assert early.reference not in page
    assert "1 claim, for which vouchers pay" in page


def test_the_movements_of_an_account_are_summed_for_the_period(app: Flask, world: World) -> None:
    world.issued()
    path = next(each.path for each in lists_of(world) if each.path.startswith("/funding/lines"))
    fred = at_desk(app, world, "fred")
    rows = file_of(fred, path)[1:]
    changed = f"it changed by {pounds(sum(parse_pounds(row[-1]) for row in rows))}."
    assert changed in fred.get(with_query(path, first="2020-01-01"))
    assert "it changed by £0.00." in fred.get(with_query(path, first="2041-01-01"))


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        ("yesterday", "", "Enter a date, like 7 April 2026."),
        ("0001-01-01", "", "Enter a date, like 7 April 2026."),
        ("", "9999-12-31", "Enter a date, like 7 April 2026."),
        ("2026-05-01", "2026-04-01", "Enter a day that is not before the first one."),
    ],
)
def test_days_that_make_no_period_are_named_and_give_no_file(
    app: Flask, world: World, first: str, last: str, words: str
) -> None:
    world.bank_line(-100, "A")
    fred = at_desk(app, world, "fred")
    assert words in fred.get("/bank-lines", query={"first": first, "last": last})
    assert words in fred.get("/bank-lines", query={"first": first, "last": last, "as": "csv"}, expect=422)
