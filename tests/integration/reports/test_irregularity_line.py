"""Line 21 shows irregularities gross, by reference only, as they stood at the end of the period (rule 63)."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests.harness.clock import FixedClock
from tests.harness.world import World, add_agreement, build_world
from tests.journeys.steps import on, prepared, value
from voucher.assurance.models import Irregularity, IrregularityEvent
from voucher.assurance.rules import IrregularityKind, IrregularityState
from voucher.platform.db import session
from voucher.redemptions.models import Redemption
from voucher.reports import irregularity_lines
from voucher.reports.models import Statement

pytestmark = pytest.mark.usefixtures("sketched")

APRIL = date(2026, 4, 1), date(2026, 4, 30)
SECRET = "Mr Smith of the bakery"


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    return build_world(clock)


def paid(world: World) -> None:
    """One claim paid."""
    world.payable()
    world.paid()


BEGINS_WITH = paid


def registered(
    world: World, pence: int, kind: IrregularityKind = IrregularityKind.IRREGULARITY, *, of_a_claim: bool = True
) -> Irregularity:
    """An irregularity in the register, with its first event."""
    claim = session.scalars(select(Redemption)).one().id if of_a_claim else None
    with world.by("fred") as act:
        thing = Irregularity(
            reference=f"NTT-N-{next(world.numbers)}",
            scheme_id=world.scheme.id,
            redemption_id=claim,
            kind=str(kind),
            pence=pence,
            state=str(IrregularityState.OPEN),
            note=SECRET,
            opened_by=act.person_id,
            opened_at=act.now,
        )
        session.add(thing)
        session.flush()
        _event(world, thing, act.person_id)
    return thing


def _event(world: World, thing: Irregularity, person_id: int) -> None:
    session.add(
        IrregularityEvent(
            scheme_id=thing.scheme_id,
            irregularity_id=thing.id,
            kind=thing.kind,
            state=thing.state,
            pence=thing.pence,
            note=SECRET,
            by_id=person_id,
            at=world.clock(),
        )
    )


def closed(world: World, thing: Irregularity) -> None:
    with world.by("fay") as act:
        thing = session.merge(thing)
        thing.state, thing.closed_by, thing.closed_at = str(IrregularityState.PROVED), act.person_id, act.now
        _event(world, thing, act.person_id)


def figures(statement: Statement) -> list[int]:
    return [value(statement, code) for code in ("21", "21a", "21b", "21c", "21d")]


def rows(statement: Statement) -> list[dict[str, Any]]:
    return list(json.loads(statement.data)["irregularities"])


@pytest.mark.rule(63)
def test_they_stand_gross_beside_what_was_paid_and_are_never_netted_off(world: World) -> None:
    registered(world, 9_000)
    registered(world, 1_000, IrregularityKind.SUSPECTED_FRAUD)
    on(world, "2026-05-04")
    statement = prepared(world, *APRIL)
    assert figures(statement) == [2, 10_000, 1, 2, 0]
    assert (value(statement, "7"), value(statement, "8")) == (24_000, 24_000)
    assert SECRET not in statement.data


@pytest.mark.rule(63)
def test_control_netted_off_the_figures_would_differ(world: World) -> None:
    on(world, "2026-05-04")
    assert figures(prepared(world, *APRIL)) == [0, 0, 0, 0, 0]


@pytest.mark.rule(54, 63)
def test_a_period_shows_how_they_stood_at_its_end(world: World) -> None:
    thing = registered(world, 9_000)
    on(world, "2026-05-04")
    closed(world, thing)
    statement = prepared(world, *APRIL)
    assert figures(statement) == [1, 9_000, 0, 1, 0]
    assert [(each["state"], each["closed_on"]) for each in rows(statement)] == [("open", None)]


@pytest.mark.rule(63)
def test_what_is_closed_in_the_period_is_listed_and_no_longer_open(world: World) -> None:
    closed(world, registered(world, 9_000))
    on(world, "2026-05-04")
    statement = prepared(world, *APRIL)
    assert figures(statement) == [0, 0, 0, 1, 1]
    assert [(each["state"], each["closed_on"]) for each in rows(statement)] == [("proved", "2026-04-07")]


@pytest.mark.rule(63)
def test_an_agreement_shows_its_own_part_and_what_is_about_no_claim(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    registered(world, 9_000)
    registered(world, 500, of_a_claim=False)
    on(world, "2026-05-04")
    other = add_agreement(world, "UKSPF", [10_000])
    assert figures(prepared(world, *APRIL, other))[:2] == [1, 500]
    line = other.lines[0].id
    ours = world.agreement.lines[0].id
    monkeypatch.setattr(irregularity_lines, "_spread", lambda claims: {each: {ours: 2, line: 1} for each in claims})
    assert figures(prepared(world, *APRIL))[1] == 6_500
