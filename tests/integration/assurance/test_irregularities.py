"""The register of irregularities: gross, by claim, closed by another person, told as it stood on any day."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy.exc import IntegrityError

from tests.harness.clock import FixedClock
from tests.harness.reconciled import assert_reconciled
from tests.harness.world import World, build_world
from tests.integration.desk import gains
from voucher.accounts.rules import Role
from voucher.assurance import irregularities as commands
from voucher.assurance.irregularities import (
    change_irregularity,
    close_irregularity,
    register_irregularity,
    reopen_irregularity,
)
from voucher.assurance.models import Irregularity
from voucher.assurance.queries import events_of, irregularities_about
from voucher.assurance.rules import IrregularityKind, IrregularityState
from voucher.platform.errors import DomainError, Forbidden
from voucher.redemptions.models import Redemption

FRAUD, ODD = IrregularityKind.SUSPECTED_FRAUD, IrregularityKind.IRREGULARITY
PROVED, UNFOUNDED = IrregularityState.PROVED, IrregularityState.UNFOUNDED


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    return build_world(clock)


def registered(world: World, claim: Redemption | None = None, pence: int = 5_000) -> Irregularity:
    return world.do(
        "vera", register_irregularity, world.scheme, kind=FRAUD, pence=pence, note="paid in notes", claim=claim
    )


@pytest.mark.rule(63)
def test_it_stands_beside_the_money_and_moves_none(world: World) -> None:
    claim = world.payable()
    found = registered(world, claim)
    assert irregularities_about(claim) == [found]
    assert (claim.state, claim.grant_pence, found.pence) == ("approved", 24_000, 5_000)
    assert_reconciled(world)


@pytest.mark.rule(63)
def test_how_it_stood_on_a_past_day_can_be_told(world: World) -> None:
    found = registered(world, pence=0)
    world.clock.advance(days=1)
    world.do("fred", change_irregularity, found, kind=ODD, pence=700, note="a receipt was found")
    world.do("fred", close_irregularity, found, outcome=PROVED, note="the firm admits it")
    assert (found.state, found.closed_by, found.closed_at) == ("proved", world.people["fred"].id, world.clock())
    world.do("vera", reopen_irregularity, found, note="there is a second one")
    assert (found.state, found.closed_by, found.closed_at) == ("open", None, None)
    told = [(each.kind, each.state, each.pence) for each in events_of(found)]
    assert told == [(FRAUD, "open", 0), (ODD, "open", 700), (ODD, "proved", 700), (ODD, "open", 700)]


@pytest.mark.rule(63)
def test_another_person_than_who_registered_it_closes_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    found = registered(world)
    with pytest.raises(Forbidden, match="another person must close it"):
        world.do("vera", close_irregularity, found, outcome=UNFOUNDED, note="nothing there")
    monkeypatch.setattr(commands, "why_not_close", lambda *_anything: None)
    with pytest.raises(IntegrityError, match="another_person_closes_it"):  # the database holds it, too
        world.do("vera", close_irregularity, found, outcome=UNFOUNDED, note="nothing there")


@pytest.mark.rule(65)
def test_nobody_looks_into_their_own_organisation(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    claim = world.claimed(world.issued())
    gains(world, "vera", Role.PROVIDER_SCANNER, organisation_id=claim.provider.organisation_id)
    with pytest.raises(Forbidden, match="your own organisation"):
        registered(world, claim)
    monkeypatch.setattr(commands, "why_not_look_into", lambda *_anything: None)
    assert registered(world, claim).state == "open"


def test_it_wants_a_note_and_no_more_than_was_claimed(world: World) -> None:
    claim = world.claimed(world.issued())
    with pytest.raises(DomainError, match=r"up to £240\.00"):
        registered(world, claim, pence=24_001)
    found = registered(world, claim, pence=24_000)
    for command, more in ((change_irregularity, {"kind": ODD, "pence": 1}), (reopen_irregularity, {})):
        with pytest.raises(DomainError, match="Write down"):
            world.do("fred", command, found, note=" ", **more)
    world.do("fred", close_irregularity, found, outcome=UNFOUNDED, note="an honest mistake")
    with pytest.raises(DomainError, match="open it again"):
        world.do("fred", change_irregularity, found, kind=ODD, pence=1, note="more")


def test_only_who_looks_after_irregularities_registers_one(world: World) -> None:
    with pytest.raises(Forbidden):
        world.do("carl", register_irregularity, world.scheme, kind=ODD, pence=0, note="odd")
