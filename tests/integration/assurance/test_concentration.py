"""What is concentrated in few hands raises cases, is looked at again, and stops nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from flask import Flask

from tests.harness.clock import FixedClock
from tests.harness.world import World, build_world
from tests.integration.desk import gains
from tests.integration.payments.pages import second_payee
from voucher.accounts.rules import Role
from voucher.app import office
from voucher.assurance import concentration
from voucher.assurance.concentration import (
    close_case,
    look_for_concentration,
    set_thresholds,
    thresholds_of,
)
from voucher.assurance.figures import claims_by_provider, window_of, with_shares
from voucher.assurance.models import ConcentrationCase
from voucher.assurance.queries import cases
from voucher.assurance.rules import Measure, Thresholds
from voucher.organisations.models import Organisation
from voucher.platform.db import read_anew, session
from voucher.platform.errors import DomainError, Forbidden
from voucher.redemptions.claims import withdraw_claim
from voucher.worker import run_worker

HIGH = Thresholds(share_bp=10_000, least_claims=1_000, claims_a_day=1_000, outside_hours=1_000, sharing=1_000)


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    return build_world(clock)


def sets(world: World, **changes: int) -> None:
    """Thresholds that nothing here reaches, but for these."""
    world.do("shay", set_thresholds, world.scheme, replace(HIGH, **changes), reason="to be seen")


def looks(world: World) -> tuple[int, int, int]:
    found = world.do("vera", look_for_concentration, world.scheme)
    return found.raised, found.seen, found.over


def only_case(world: World) -> ConcentrationCase:
    return session.scalars(cases(world.scheme.id)).one()


def figures(world: World) -> dict[str, tuple[int, int, int, int]]:
    """Of each provider: claims, vouchers, and its shares of vouchers and money."""
    window = window_of(session.merge(world.scheme), thresholds_of(world.scheme.id), world.clock())
    shares = with_shares(window, session.execute(claims_by_provider(window)).all())
    return {each.name: (each.claims, each.vouchers, each.vouchers_bp, each.money_bp) for each in shares}


@pytest.mark.rule(52)
def test_shares_are_of_all_that_was_claimed_in_the_window_but_for_what_was_withdrawn(world: World) -> None:
    gone = world.claimed(world.issued())
    world.do("pat", withdraw_claim, gone, reason="a mistake")
    world.clock.advance(days=1)
    world.payable(net_pence=25_000)
    second_payee(world, net_pence=75_000)
    assert figures(world) == {"Calder Digital Ltd": (1, 1, 5_000, 2_500), "Wharfe Systems Ltd": (1, 1, 5_000, 7_500)}
    world.clock.advance(days=91)
    assert figures(world) == {}


@pytest.mark.rule(52)
def test_a_share_above_the_threshold_raises_one_case_and_closes_it_when_it_is_over(world: World) -> None:
    world.claimed(world.issued())
    sets(world, share_bp=6_000, least_claims=2)
    assert looks(world) == (0, 0, 0)  # too few claims to say anything
    claim = world.claimed(world.issued())
    assert (looks(world), looks(world)) == ((2, 0, 0), (0, 2, 0))
    money = session.scalars(cases(world.scheme.id, measure=str(Measure.MONEY))).one()
    assert money.about == "Calder Digital Ltd has 100% of the money claimed in 90 days, £480.00."
    assert (money.found, money.threshold, session.merge(claim).state) == (10_000, 6_000, "submitted")
    world.do("pat", withdraw_claim, claim, reason="a mistake")
    assert looks(world) == (0, 0, 2)
    assert (money.state, money.closed_by, money.reason) == ("closed", None, concentration.OVER)


@pytest.mark.rule(52)
def test_many_claims_on_one_day_raise_a_case_by_the_day_in_london(world: World) -> None:
    sets(world, claims_a_day=2)
    world.clock.set(datetime(2026, 4, 7, 22, 59, tzinfo=UTC))
    world.claimed(world.issued())
    world.clock.set(datetime(2026, 4, 7, 23, 1, tzinfo=UTC))  # the next day, by British summer time
    world.claimed(world.issued())
    assert looks(world) == (0, 0, 0)
    world.claimed(world.issued())
    assert looks(world) == (1, 0, 0)
    assert only_case(world).about == "Calder Digital Ltd handed in 2 claims on 8 April 2026."


@pytest.mark.rule(52)
def test_claims_at_night_raise_a_case(world: World) -> None:
    sets(world, outside_hours=1)
    world.claimed(world.issued())
    assert looks(world) == (0, 0, 0)
    world.clock.set(datetime(2026, 4, 8, 2, 0, tzinfo=UTC))
    world.claimed(world.issued())
    assert looks(world) == (1, 0, 0)
    assert only_case(world).measure == Measure.HOURS


@pytest.mark.rule(52)
def test_businesses_that_share_a_number_raise_a_case_that_does_not_keep_the_number(world: World) -> None:
    sets(world, sharing=2)
    vouchers = [world.issued() for _each in range(2)]
    assert looks(world) == (0, 0, 0)
    with world.by("shay"):
        for voucher in vouchers:
            session.get_one(Organisation, voucher.business_id).phone = "+441134960000"
    assert looks(world) == (1, 0, 0)
    case = only_case(world)
    assert case.about.startswith("2 businesses share one telephone number: Aire Valley Bakery")
    assert "4960000" not in case.about + case.subject


@pytest.mark.rule(52, 73)
def test_what_a_person_has_judged_comes_back_only_when_there_is_more(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    sets(world, claims_a_day=1)
    claim = world.claimed(world.issued())
    looks(world)
    with pytest.raises(DomainError, match="Say what you found"):
        world.do("fred", close_case, only_case(world), reason=" ")
    world.do("fred", close_case, only_case(world), reason="a training day")
    assert (looks(world), session.merge(claim).on_hold, session.merge(claim).state) == ((0, 0, 0), False, "submitted")
    world.claimed(world.issued())
    assert looks(world) == (1, 0, 0)
    world.do("fred", close_case, session.scalars(cases(world.scheme.id, state="open")).one(), reason="two")
    monkeypatch.setattr(concentration, "_judged", lambda *_anything: False)
    assert looks(world) == (1, 0, 0)  # the control: without the judgement it would come back for ever


@pytest.mark.rule(52, 73)
def test_a_judgement_outlives_a_case_that_went_by_itself(world: World) -> None:
    sets(world, claims_a_day=1)
    world.claimed(world.issued())
    looks(world)
    world.do("fred", close_case, only_case(world), reason="a training day")
    second = world.claimed(world.issued())
    assert looks(world) == (1, 0, 0)
    sets(world, claims_a_day=5)
    assert looks(world) == (0, 0, 1)  # by itself, for it is no longer much
    world.do("pat", withdraw_claim, second, reason="the wrong invoice")
    sets(world, claims_a_day=1)
    assert looks(world) == (0, 0, 0)


@pytest.mark.rule(52, 65)
def test_nobody_judges_a_case_about_a_firm_of_their_own(world: World) -> None:
    sets(world, claims_a_day=1)
    claim = world.claimed(world.issued())
    looks(world)
    gains(world, "fred", Role.PROVIDER_SCANNER, organisation_id=claim.provider.organisation_id)
    with pytest.raises(Forbidden, match="your own organisation"):
        world.do("fred", close_case, only_case(world), reason="nothing there")


@pytest.mark.rule(52)
def test_the_worker_looks_once_a_day(world: World) -> None:
    sets(world, claims_a_day=1)
    world.claimed(world.issued())

    def works() -> list[tuple[str, datetime]]:
        assert run_worker(office(), once=True, environ={}).failed == 0
        read_anew()
        return [(case.state, case.seen_at) for case in session.scalars(cases(world.scheme.id))]

    at = world.clock()
    assert works() == [("open", at)]
    world.clock.advance(hours=1)
    assert works() == [("open", at)]
    world.clock.advance(days=1)
    assert works() == [("open", world.clock())]


def test_only_who_looks_after_cases_closes_them_and_only_an_administrator_sets_thresholds(world: World) -> None:
    sets(world, claims_a_day=1)
    world.claimed(world.issued())
    looks(world)
    with pytest.raises(Forbidden):
        world.do("carl", close_case, only_case(world), reason="fine")
    with pytest.raises(Forbidden):
        world.do("vera", set_thresholds, world.scheme, HIGH, reason="x")
    for wrong, field in (({"share_bp": 0}, "share_bp"), ({"opens_at": 20}, "closes_at"), ({"sharing": 1}, "sharing")):
        with pytest.raises(DomainError) as refused:
            sets(world, **wrong)
        assert refused.value.field == field
