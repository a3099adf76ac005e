"""Results so far on the scheme's page: off at first, as of a month's end, and nothing that tells about one business."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask

from tests.harness.client import PageClient
from tests.harness.clock import FixedClock
from tests.harness.world import World, build_world
from tests.integration.redemptions.pages import asked_of_the_database
from tests.integration.reports.staff import browser_of
from tests.journeys.steps import on
from voucher.app import office
from voucher.audit.commands import transaction
from voucher.audit.queries import history
from voucher.platform.actor import WORKER
from voucher.platform.db import read_anew, session
from voucher.platform.errors import Forbidden
from voucher.reports import public_results
from voucher.reports.models import PublicResult
from voucher.reports.public_results import hide_results, results_of, show_results, take_results
from voucher.worker import run_worker

# What this shows does not depend on the engine.
ON_SQLITE = pytest.mark.parametrize("engine_kind", ["sqlite"], indirect=True)
FEW = "Not shown while it is of fewer than five businesses"


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    return build_world(clock)


def five(world: World) -> None:
    """Five businesses have a voucher; all had support of 90 minutes; four were claimed for and paid, £240.00 each."""
    for _number in range(4):
        world.payable()
    world.paid()
    world.recorded(world.issued())


BEGINS_WITH = five


def public_page(app: Flask) -> str:
    return PageClient(app).get("/schemes/NTT").words


@ON_SQLITE
def test_who_may_not_show_them(app: Flask, world: World) -> None:
    for name in ("stella", "sigrid", "pat"):
        browser_of(app, world, name).get("/scheme/results", expect=403)
        with pytest.raises(Forbidden):
            world.do(name, show_results, world.scheme)
        with pytest.raises(Forbidden):
            world.do(name, hide_results, world.scheme)


@ON_SQLITE
def test_they_are_off_at_first_and_shown_and_hidden_on_a_page(app: Flask, world: World) -> None:
    on(world, "2026-05-04")
    assert "Results so far" not in public_page(app)
    shay = browser_of(app, world, "shay")
    page = shay.click(shay.get("/scheme"), "Results on the public page")
    page = shay.follow(shay.submit(page, {}, button="Show the results"))
    shown = public_page(app)
    assert "Results so far As of 30 April 2026" in shown
    assert "Vouchers issued 5" in shown
    assert "Businesses supported 5" in shown
    assert "Sessions of support 5, 7 hours" in shown
    # Four were paid for: the fifth could be told from the sum that the others know.
    assert f"Paid to providers {FEW}" in shown
    shay.submit(page, {}, button="Hide the results")
    assert "Results so far" not in public_page(app)
    actions = [event.action for event in history("scheme", world.scheme.id)]
    assert actions[-2:] == ["scheme.results_shown", "scheme.results_hidden"]


def test_what_was_paid_is_told_in_whole_hundreds_from_five_businesses_on(world: World) -> None:
    world.payable(net_pence=40_000)
    world.paid()
    on(world, "2026-05-04")
    world.do("shay", show_results, world.scheme)
    found = results_of(session.merge(world.scheme))
    assert found is not None
    assert session.query(PublicResult).one().paid_pence == 4 * 240_00 + 320_00
    assert (found.vouchers, found.businesses, found.paid_pence) == (6, 6, 1_200_00)


@ON_SQLITE
def test_control_without_the_limit_one_business_is_read_from_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    on(world, "2026-05-04")
    world.do("shay", show_results, world.scheme)
    monkeypatch.setattr(public_results, "FEWEST", 1)
    monkeypatch.setattr(public_results, "ROUNDED_TO_PENCE", 1)
    found = results_of(session.merge(world.scheme))
    assert found is not None
    assert found.paid_pence == 4 * 240_00


@ON_SQLITE
def test_the_worker_takes_them_once_a_month_and_what_happens_in_between_does_not_show(world: World) -> None:
    on(world, "2026-05-04")
    world.do("shay", show_results, world.scheme)
    world.issued()
    read_anew()
    assert run_worker(office(), once=True, environ={}).failed == 0
    found = results_of(session.merge(world.scheme))
    assert found is not None
    assert (found.as_of, found.vouchers) == (date(2026, 4, 30), 5)
    on(world, "2026-06-02")
    assert run_worker(office(), once=True, environ={}).failed == 0
    found = results_of(session.merge(world.scheme))
    assert found is not None
    assert (found.as_of, found.vouchers) == (date(2026, 5, 31), 6)
    with transaction(WORKER, world.clock):
        assert not take_results(office().act(WORKER), session.merge(world.scheme))


@ON_SQLITE
def test_the_page_costs_the_same_whether_they_are_shown_or_not_and_however_many_there_are(
    app: Flask, world: World
) -> None:
    on(world, "2026-05-04")
    client = PageClient(app)
    hidden = asked_of_the_database(lambda: client.get("/schemes/NTT"))
    world.do("shay", show_results, world.scheme)
    shown = asked_of_the_database(lambda: client.get("/schemes/NTT"))
    world.issued()
    world.payable()
    on(world, "2026-06-02")
    world.do("shay", show_results, world.scheme)
    assert [hidden, shown, asked_of_the_database(lambda: client.get("/schemes/NTT"))] == [hidden] * 3
