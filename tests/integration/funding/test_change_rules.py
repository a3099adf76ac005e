"""Changes of an agreement take two people and a reason, and add a version; what it says binds rounds and sign-off."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from tests.harness.clock import FixedClock
from tests.harness.reconciled import assert_reconciled
from tests.harness.two_people import change_conditions
from tests.harness.world import World, build_world
from tests.journeys.steps import standing
from voucher.funding import changes
from voucher.funding.changes import confirm_change, end_proposal, propose_award, propose_conditions, propose_virement
from voucher.funding.conditions import CapBase, Conditions, YearBy
from voucher.funding.models import AgreementChange, AgreementConditions
from voucher.funding.queries import conditions_of
from voucher.funding.rules import Account
from voucher.platform.db import atomic, session
from voucher.platform.errors import Conflict, DomainError, Forbidden

MORE = {"source": "L1", "target": "L2", "pence": 100, "reason": "more training"}


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    return build_world(clock)


def test_who_does_not_manage_funding_proposes_and_confirms_nothing(world: World) -> None:
    with pytest.raises(Forbidden):
        world.do("shay", propose_award, world.agreement, {"L1": 1}, reason="x")
    proposal = world.do("fred", propose_award, world.agreement, {"L1": 1}, reason="x")
    for command, given in ((confirm_change, {}), (end_proposal, {"reason": "x"})):
        with pytest.raises(Forbidden):
            world.do("shay", command, proposal, **given)


def test_nobody_confirms_a_change_of_their_own(world: World) -> None:
    proposal = world.do("fred", propose_virement, world.agreement, **MORE)
    before = standing(world, Account.AWARD)
    with pytest.raises(Forbidden, match="another funding manager"):
        world.do("fred", confirm_change, proposal)
    assert [line.unallocated_pence for line in world.agreement.lines][:2] == [333_300, 333_400]
    world.do("fay", confirm_change, proposal)
    assert standing(world, Account.AWARD) == before
    made = session.query(AgreementChange).filter_by(version=2).one()
    assert (made.proposed_by, made.by_id) == (world.people["fred"].id, world.people["fay"].id)
    assert_reconciled(world)


def test_control_without_the_policy_the_database_wants_a_second_person(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    proposal = world.do("fred", propose_virement, world.agreement, **MORE)
    monkeypatch.setattr(changes, "why_not_confirm", lambda _actor, _proposal: None)
    with pytest.raises(IntegrityError, match="confirmed_by_a_second_person"):
        world.do("fred", confirm_change, proposal)


def test_a_change_has_a_reason_and_waits_alone(world: World) -> None:
    with pytest.raises(DomainError, match="Say why"):
        world.do("fred", propose_award, world.agreement, {"L1": 1}, reason=" ")
    proposal = world.do("fred", propose_award, world.agreement, {"L1": 1}, reason="x")
    with pytest.raises(Conflict, match="waits for a second person already"):
        world.do("fay", propose_award, world.agreement, {"L1": 2}, reason="y")
    world.do("fred", end_proposal, proposal, reason="typed wrongly")
    assert proposal.state == "withdrawn"
    other = world.do("fay", propose_award, world.agreement, {"L1": 2}, reason="y")
    world.do("fred", end_proposal, other, reason="not agreed")
    assert other.state == "declined"
    assert_reconciled(world)


def test_a_cut_of_more_than_was_awarded_is_refused_also_when_it_is_confirmed(world: World) -> None:
    award = 333_400
    with pytest.raises(DomainError, match="cut it by no more") as refused:
        world.do("fred", propose_award, world.agreement, {"L2": -award - 1}, reason="a slip")
    assert refused.value.field == "changes"
    cut = world.do("fred", propose_award, world.agreement, {"L2": -award}, reason="less money")
    with world.by("fay"):
        cut.content = {"changes": {"L2": -award - 1}}
    with pytest.raises(DomainError, match="cut it by no more"):
        world.do("fay", confirm_change, cut)


@pytest.mark.rule(23)
def test_what_a_line_no_longer_has_when_it_is_confirmed_is_not_moved(world: World) -> None:
    left = world.agreement.lines[0].unallocated_pence
    proposal = world.do("fred", propose_virement, world.agreement, **{**MORE, "pence": left})
    world.offered()
    with pytest.raises(Conflict, match="left unallocated"):
        world.do("fay", confirm_change, proposal)
    assert session.merge(proposal).state == "proposed"
    assert_reconciled(world)


PROFILE = {"L1": {"2026-04-01": 133_300, "2026-07-01": 200_000}}
SAID = Conditions(400, CapBase.SPEND, YearBy.DELIVERY, 3, 1_000, PROFILE)


def test_a_change_of_conditions_adds_a_version_and_the_first_stays(world: World) -> None:
    change_conditions(world, world.agreement, SAID)
    assert conditions_of(world.agreement.id) == SAID
    of_it = select(AgreementConditions.version).where(AgreementConditions.agreement_id == world.agreement.id)
    assert sorted(session.scalars(of_it)) == [1, 2]
    with pytest.raises(DomainError, match="says already"):
        world.do("fred", propose_conditions, world.agreement, SAID, reason="again")


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (Conditions(10_001), "between 0% and 100%"),
        (Conditions(sign_off_steps=4), "two or three steps"),
        (Conditions(tolerance_bp=-1), "not below zero"),
        (Conditions(profile={"L1": {"2026-04-01": 333_299}}), "comes to £3,332.99; its award is £3,333.00"),
        (Conditions(profile={"L9": {"2026-04-01": 1}}), "no line L9"),
        (Conditions(profile={"L1": {"2026-05-01": 333_300}}), "begins no quarter"),
    ],
)
def test_what_an_agreement_cannot_say_is_refused(world: World, said: Conditions, words: str) -> None:
    with pytest.raises(DomainError, match=words.replace("£", ".")):
        world.do("fred", propose_conditions, world.agreement, said, reason="x")


def test_an_agreement_of_before_there_were_conditions_says_what_is_usual(world: World) -> None:
    assert conditions_of(world.agreement.id + 100) == Conditions()


def test_conditions_are_never_edited(world: World) -> None:
    with pytest.raises(Exception, match="append-only"), atomic():
        session.execute(text("UPDATE agreement_conditions SET admin_cap_bp = 1"))
    assert session.query(AgreementConditions).one().admin_cap_bp is None


def test_a_profile_follows_the_agreements_own_days(world: World) -> None:
    assert (world.agreement.starts_on, world.agreement.ends_on) == (date(2026, 4, 1), date(2027, 9, 30))
    beyond = Conditions(profile={"L1": {"2027-10-01": 333_300}})
    with pytest.raises(DomainError, match="from 2026-04-01 to 2027-07-01"):
        world.do("fred", propose_conditions, world.agreement, beyond, reason="x")
