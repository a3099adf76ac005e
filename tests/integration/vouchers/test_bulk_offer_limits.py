"""Offers by file and the money: the round's, the line's, and what the law allows one enterprise (rules 23, 39)."""

from __future__ import annotations

import pytest
from flask import Flask

from tests.harness.clock import FixedClock
from tests.harness.reconciled import assert_reconciled
from tests.harness.world import World, add_round_over, build_world
from tests.integration.vouchers.offers import (
    CONFIRMED,
    TODAY,
    businesses,
    count_of,
    places,
    refused,
    send,
)
from voucher.applications import commands as applications
from voucher.applications.models import Application
from voucher.organisations.models import Organisation
from voucher.platform.db import session
from voucher.platform.errors import FileRefused
from voucher.subsidies import commands as subsidies


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    return build_world(clock)


def test_the_row_from_which_the_rounds_money_is_gone_is_named_with_what_is_left(world: World) -> None:
    references = businesses(world, 15)
    faults = refused(world, *(f"{reference},," for reference in references))
    assert places(faults) == [(14, "")]  # Twelve offers of £750 are £9,000, the whole budget.
    assert "£0.00 left" in faults[0].message
    assert count_of(Application) == 0
    assert send(world, *(f"{reference},," for reference in references[:12])).left_pence == 0
    assert_reconciled(world)


def test_control_without_the_rounds_guard_more_is_offered_than_the_budget(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(applications, "take_from_round", lambda _round, _pence: None)
    found = send(world, *(f"{reference},," for reference in businesses(world, 13)))
    assert found.offered_pence > world.round.budget_pence


@pytest.mark.rule(23)
def test_the_row_from_which_a_lines_money_is_gone_is_named(world: World) -> None:
    shares = [(line, share) for line, share in zip(world.agreement.lines, (3333, 3334, 3333), strict=True)]
    other = add_round_over(world, "R2", shares, 9_000_00)
    send(world, *(f"{reference},," for reference in businesses(world, 12)))
    rows = [f"{reference},," for reference in businesses(world, 3)]
    with pytest.raises(FileRefused) as refusal:
        send(world, *rows, target=other)
    assert places(refusal.value.faults) == [(3, "")]
    assert "Funding line L1 has" in refusal.value.faults[0].message


@pytest.mark.rule(39)
def test_up_to_the_limit_is_issued_and_a_penny_more_is_refused(world: World) -> None:
    first, second = businesses(world, 2)
    faults = refused(
        world, f"{first},{TODAY},2026-1,314250.00,a.pdf", f"{second},{TODAY},2026-1,314250.01,b.pdf", columns=CONFIRMED
    )
    assert places(faults) == [(3, "subsidy_received")]
    assert send(world, f"{first},{TODAY},2026-1,314250.00,a.pdf", columns=CONFIRMED).issued == 1


@pytest.mark.rule(39)
def test_two_businesses_of_one_enterprise_count_together(world: World) -> None:
    pair = [world.business()[0] for _ in range(2)]
    with world.by("asha"):
        session.get_one(Organisation, pair[1].id).enterprise_id = pair[0].enterprise_id
    rows = [f"{business.reference},{TODAY},2026-1,314250.00,a.pdf" for business in pair]
    assert places(refused(world, *rows, columns=CONFIRMED)) == [(3, "subsidy_received")]


@pytest.mark.rule(39)
def test_control_without_the_limit_more_is_given_than_the_law_allows(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subsidies, "within_limit", lambda *_pence: True)
    [first] = businesses(world, 1)
    assert send(world, f"{first},{TODAY},2026-1,400000.00,a.pdf", columns=CONFIRMED).issued == 1
