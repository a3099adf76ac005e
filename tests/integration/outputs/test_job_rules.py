"""Jobs are full-time equivalents with a baseline and evidence; created and safeguarded never share a post (rule 61)."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests.harness.clock import FixedClock
from tests.harness.world import World, build_world
from tests.integration.outputs.asked_for import business_of, furnished, post, supported
from tests.journeys.steps import on, prepared, signed
from voucher.organisations.models import Organisation
from voucher.outputs import jobs
from voucher.outputs.commands import add_evidence, withdraw
from voucher.platform.db import session
from voucher.platform.errors import Conflict, DomainError
from voucher.redemptions.models import Redemption
from voucher.reports.models import Statement

pytestmark = pytest.mark.usefixtures("sketched")
# What this shows does not depend on the engine.
ON_SQLITE = pytest.mark.parametrize("engine_kind", ["sqlite"], indirect=True)

APRIL = date(2026, 4, 1), date(2026, 4, 30)
MAY = date(2026, 5, 1), date(2026, 5, 31)


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    return build_world(clock)


def support(world: World) -> None:
    furnished(world)
    supported(world, 90)


BEGINS_WITH = support


@pytest.fixture
def business(world: World) -> Organisation:
    """The one business that has a voucher."""
    return business_of(session.scalars(select(Redemption)).one())


def row(statement: Statement, code: str) -> dict[str, Any]:
    (found,) = [each for each in json.loads(statement.data)["outputs"] if each["code"] == code]
    return dict(found)


@pytest.mark.rule(61)
def test_a_job_counts_to_two_decimals_with_its_evidence(world: World, business: Organisation) -> None:
    assert post(world, business).counts_on == world.act("stella").today
    post(world, business, post="Stock clerk", fte_hundredths=100)
    on(world, "2026-05-04")
    figures = row(prepared(world, *APRIL), "E22")
    assert (figures["this_period"], figures["to_date"], figures["unit"]) == (160, 160, "hundredths")
    assert (figures["evidenced"], figures["target"]) == (2, 1250)


@pytest.mark.rule(60, 61)
def test_a_job_without_evidence_or_for_less_than_twelve_months_does_not_count(
    world: World, business: Organisation
) -> None:
    bare = post(world, business, document_id=None)
    short = post(world, business, post="Summer help", permanent=False)
    assert (bare.counts_on, short.counts_on) == (None, None)
    on(world, "2026-05-04")
    figures = row(signed(world, *APRIL), "E22")
    assert (figures["to_date"], figures["unevidenced"]) == (0, 1)
    with world.by("stella") as act:
        add_evidence(act, session.merge(bare), world.new_document(act))
    on(world, "2026-06-02")
    assert row(prepared(world, *MAY), "E22")["this_period"] == 60


@pytest.mark.rule(61)
def test_created_and_safeguarded_never_share_a_post(world: World, business: Organisation) -> None:
    made = post(world, business)
    with pytest.raises(Conflict, match="recorded already, as jobs created"):
        post(world, business, code="E23", post="WEB EDITOR")
    with pytest.raises(Conflict, match="a post counts once"):
        post(world, business)
    world.do("stella", withdraw, made, reason="it was there before")
    assert post(world, business, code="E23").post_key == "webeditor"


@pytest.mark.rule(61)
def test_the_database_itself_keeps_a_post_from_counting_twice(
    world: World, business: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    post(world, business)
    monkeypatch.setattr(jobs, "_check_post", lambda *_args: None)
    with pytest.raises(Exception, match=r"(?i)unique"):
        post(world, business, code="E23")


@pytest.mark.rule(61)
@ON_SQLITE
def test_control_under_another_name_the_post_would_count_twice(
    world: World, business: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    post(world, business)
    monkeypatch.setattr(jobs, "post_key", str)
    assert post(world, business, code="E23").counts_on is not None


@pytest.mark.rule(61)
@ON_SQLITE
def test_an_enterprise_has_one_baseline_from_before_the_post(world: World, business: Organisation) -> None:
    post(world, business)
    with pytest.raises(DomainError, match=r"was given as 4\.50"):
        post(world, business, post="Clerk", baseline_hundredths=300)
    with pytest.raises(DomainError, match="a day after the post began"):
        post(world, business, post="Clerk", baseline_on=date(2026, 4, 2))
    with pytest.raises(DomainError, match="has not begun"):
        post(world, business, post="Clerk", begins_on=date(2026, 8, 1))
    with pytest.raises(DomainError, match="not who holds it"):
        post(world, business, post="...")
    with pytest.raises(DomainError, match="has no voucher"):
        post(world, world.business()[0])
