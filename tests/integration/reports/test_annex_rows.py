"""The rows of a statement's annex are read together: more of them send no more queries."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask
from sqlalchemy import select

from tests.harness.clock import FixedClock
from tests.harness.world import World, add_agreement, add_round_over, build_world
from tests.integration.redemptions.pages import asked_of_the_database
from voucher.funding.models import FundingLine
from voucher.payments.bank import match_return
from voucher.platform.db import session
from voucher.redemptions.models import Redemption
from voucher.redemptions.queries import answer_in_force, sessions_of
from voucher.reports import reading
from voucher.reports.claims_paid import paid_in
from voucher.reports.findings import providers
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
def test_two_agreements_share_what_a_business_said_and_what_a_provider_claimed(world: World) -> None:
    """Each statement has its part of a claim that both pay for; what came back from the bank is below zero."""
    second = add_agreement(world, "LGF-2", [5_000_00])
    shares = [(session.merge(world.agreement).lines[0], 7_500), (second.lines[0], 2_500)]
    claim = world.payable(world.issued(add_round_over(world, "R2", shares, 3_000_00)))
    [payment] = world.paid()
    said, found = claim.own_pence + claim.vat_pence, dict[str, list[int]]()
    for agreement in (world.agreement, second):
        lines = [line.id for line in session.merge(agreement).lines]
        paid = [each for each in paid_in(lines, ALWAYS) if each.redemption.id == claim.id]
        [row], [provider] = transaction_rows(paid, lines), providers(paid, lines)
        parts = (row["paid_by_business"], provider["claimed"], provider["approved"])
        found[agreement.reference] = [int(str(part)) for part in parts]
        assert provider["approved"] == provider["defrayed"]
    assert [sum(parts) for parts in zip(*found.values(), strict=True)] == [said, claim.claimed_pence, claim.grant_pence]
    assert found["LGF-2"][2] == claim.grant_pence // 4
    world.do("bina", match_return, world.bank_line(payment.pence, "RETURNED"), payment, reason="account closed")
    lines = [line.id for line in session.merge(second).lines]
    both = [row["paid_by_business"] for row in transaction_rows(paid_in(lines, ALWAYS), lines)]
    assert both == [found["LGF-2"][0], -found["LGF-2"][0]]


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
