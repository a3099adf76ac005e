"""The rows of a statement's annex are read together: more of them send no more queries."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask
from sqlalchemy import select

from tests.harness.clock import FixedClock
from tests.harness.world import World, build_world
from tests.integration.redemptions.pages import asked_of_the_database
from voucher.funding.models import FundingLine
from voucher.platform.db import session
from voucher.redemptions.models import Redemption
from voucher.redemptions.queries import answer_in_force, sessions_of
from voucher.reports import reading
from voucher.reports.claims_paid import paid_in
from voucher.reports.ledger_side import Period
from voucher.reports.transaction_rows import transaction_rows

ALWAYS = Period(date(2026, 1, 1), date(2026, 12, 31))


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    return build_world(clock)


def one_claim_paid(world: World) -> None:
    world.payable()
    world.paid()


BEGINS_WITH = one_claim_paid


def rows(world: World) -> list[dict[str, object]]:
    lines = session.scalars(
        select(FundingLine.id).where(FundingLine.agreement_id == world.agreement.id).order_by(FundingLine.id)
    ).all()
    return transaction_rows(paid_in(lines, ALWAYS), lines)


def asked(world: World) -> int:
    session.expire_all()
    return asked_of_the_database(lambda: rows(world))


def test_three_claims_ask_the_database_no_more_than_one(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(rows(world)) == 1
    for_one = asked(world)
    for _claim in range(2):
        world.payable()
    world.paid()
    assert len(rows(world)) == 3
    assert asked(world) == for_one
    together = rows(world)
    monkeypatch.setattr(reading, "AT_ONCE", 1)
    assert asked(world) > for_one
    assert rows(world) == together


@pytest.mark.rule(54)
def test_a_row_says_what_the_claim_its_sessions_and_its_answer_say(world: World) -> None:
    (row,) = rows(world)
    claim = session.scalars(select(Redemption)).one()
    answer = answer_in_force(claim)
    assert answer is not None
    assert row["paid_by_business"] == answer.paid_pence
    assert row["delivered_on"] == str(max(found.delivered_on for found in sessions_of(claim) if found.delivered_on))
    assert row["voucher"] == claim.voucher.reference
    assert (row["net"], row["own_contribution"]) == (claim.net_pence, claim.own_pence)
    claim.material_version += 1
    session.flush()
    assert rows(world)[0]["paid_by_business"] is None
