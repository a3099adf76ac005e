"""Days to payment of more claims than a statement may be given values."""

from __future__ import annotations

from typing import NamedTuple

import pytest
from sqlalchemy.exc import OperationalError

from tests.harness.clock import FixedClock
from tests.harness.world import World, build_world
from voucher.payments import pay_days as module
from voucher.payments.pay_days import Asked, claims_in, pay_days
from voucher.platform.db import session
from voucher.redemptions.models import Redemption

MANY = 65_600  # values in one statement are numbered with 16 bits on PostgreSQL


class Stand(NamedTuple):
    """What is asked of a claim that stands in for one."""

    id: int
    submitted_at: object


@pytest.fixture
def world(app: object, clock: FixedClock) -> World:
    return build_world(clock)


@pytest.mark.slow
@pytest.mark.rule(38)
@pytest.mark.parametrize("engine_kind", ["postgresql"], indirect=True)
def test_the_days_of_any_number_of_claims_are_counted(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    claim = world.payable()
    world.paid()
    today = world.act("vera").today
    first = session.merge(claim)
    claims = [Stand(number, first.submitted_at) for number in range(first.id, first.id + MANY)]
    found = pay_days(claims, today)
    assert len(found) == MANY
    assert [each.claim.id for each in found if each.paid_on] == [claims[0].id]
    # The control: all of them in one statement are more than it takes.
    monkeypatch.setattr(module, "AT_ONCE", MANY)
    with pytest.raises(OperationalError):
        pay_days(claims, today)


@pytest.mark.rule(38)
def test_it_says_of_each_claim_the_same_in_pieces(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for _each in range(3):
        world.payable()
    world.paid()
    world.payable()
    world.clock.advance(days=31)
    today = world.act("vera").today

    def told() -> list[tuple[str, object, bool]]:
        claims = session.scalars(claims_in(world.scheme.id, Asked(), today).order_by(Redemption.id)).all()
        late = session.scalars(claims_in(world.scheme.id, Asked(show="late"), today)).all()
        return [(each.claim.reference, each.days, each.claim in late) for each in pay_days(claims, today)]

    whole = told()
    assert [late for _claim, _days, late in whole] == [False, False, False, True]
    monkeypatch.setattr(module, "AT_ONCE", 3)
    assert told() == whole
