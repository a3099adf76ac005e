"""The ledger: balanced by construction, moved along its routes only, corrected by new entries."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests.harness.clock import FixedClock
from tests.harness.reconciled import assert_reconciled
from tests.harness.two_people import change_award, move_between_lines
from tests.harness.world import World, build_world
from tests.journeys.steps import standing
from voucher.applications.commands import withdraw_application
from voucher.funding.changes import apply_pending_changes, propose_virement
from voucher.funding.ledger import Move, post
from voucher.funding.models import Entry, FundingLine, Posting
from voucher.funding.queries import balances
from voucher.funding.rules import ROUTES, Account, EntryKind
from voucher.platform.db import session
from voucher.platform.errors import Conflict, DomainError
from voucher.redemptions.decisions import send_back

SPOKEN_FOR = (
    Account.RESERVED,
    Account.COMMITTED,
    Account.CLAIMED,
    Account.APPROVED,
    Account.DEFRAYED,
    Account.DISALLOWED,
)


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    return build_world(clock)


def within_award(world: World) -> bool:
    for found in balances([line.id for line in world.agreement.lines]).values():
        if sum(found[account] for account in SPOKEN_FOR) > -found[Account.AWARD] - found[Account.RECOVERED]:
            return False
    return True


@pytest.mark.rule(23, 24)
def test_no_line_ever_owes_more_than_its_award_however_odd_the_shares(world: World) -> None:
    voucher = world.issued()
    assert within_award(world)
    for net in (10_001, 10_003, 33_333):
        world.claimed(voucher, net)
        found = balances([line.id for line in world.agreement.lines])
        assert within_award(world)
        assert min(each[account] for each in found.values() for account in SPOKEN_FOR) >= 0
    assert_reconciled(world)


@pytest.mark.rule(24)
@pytest.mark.parametrize("kind", list(EntryKind))
def test_an_event_moves_money_along_its_own_routes_only(world: World, kind: EntryKind) -> None:
    line_id = world.agreement.lines[0].id
    with world.by("fred") as act:
        for source, target in {(a, b) for a in Account for b in Account if a != b} - ROUTES[kind]:
            with pytest.raises(ValueError, match="does not move money that way"):
                post(act, kind, world.scheme.id, [Move(line_id, source, target, 1)], reason="wrong")
        with pytest.raises(ValueError, match="does not move money"):
            post(act, kind, world.scheme.id, [], reason="nothing")
    assert session.scalar(select(func.count()).select_from(Entry)) == 1


@pytest.mark.rule(24)
def test_an_approval_undone_is_a_new_entry_and_the_first_stays(world: World) -> None:
    claim = world.payable()
    before = session.scalars(select(Posting.id).order_by(Posting.id)).all()
    world.do("carl", send_back, claim, reason="the invoice is wrong")
    after = session.scalars(select(Posting.id).order_by(Posting.id)).all()
    assert after[: len(before)] == before
    assert (standing(world, Account.APPROVED), standing(world, Account.CLAIMED)) == (0, 24_000)


@pytest.mark.rule(23)
def test_a_cut_beyond_what_is_unallocated_waits_until_money_comes_back(world: World) -> None:
    line = world.agreement.lines[0]
    before = standing(world, Account.AWARD)
    application = world.offered()
    left = line.unallocated_pence
    change = change_award(world, world.agreement, {"L1": -(left + 1)}, reason="the funder cuts")
    assert (change.state, standing(world, Account.AWARD)) == ("pending", before)
    assert world.do("fred", apply_pending_changes, world.scheme) == 0
    world.do(world.owner_of(application), withdraw_application, application, reason="no time")
    assert world.do("fred", apply_pending_changes, world.scheme) == 1
    assert standing(world, Account.AWARD) == before + left + 1
    assert_reconciled(world)


@pytest.mark.rule(23)
def test_a_virement_moves_what_is_unallocated_and_no_more(world: World) -> None:
    first, second = world.agreement.lines[0], world.agreement.lines[1]
    given = {"source": "L1", "target": "L2", "reason": "more training"}
    with pytest.raises(Conflict, match="is needed from it"):
        world.do("fred", propose_virement, world.agreement, pence=first.unallocated_pence + 1, **given)
    with pytest.raises(DomainError, match="two different lines"):
        world.do("fred", propose_virement, world.agreement, source="L1", target="L1", pence=1, reason="none")
    total = standing(world, Account.UNALLOCATED)
    move_between_lines(world, world.agreement, pence=10_000, **given)
    assert [session.get_one(FundingLine, each.id).unallocated_pence for each in (first, second)] == [323_300, 343_400]
    assert standing(world, Account.UNALLOCATED) == total
    assert_reconciled(world)
