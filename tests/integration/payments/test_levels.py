"""Levels by amount: up to what each person may approve a payment, set by two people, named and held to (rule 29)."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask

from tests.harness.clock import FixedClock
from tests.harness.world import World, build_world
from tests.integration.payments.pages import add_role, browser_of, second_payee, stranger, submitted
from tests.integration.providers.pages import Factor
from voucher.accounts.rules import Role
from voucher.payments.batches import approve_batch
from voucher.payments.level_models import ApprovalLevel
from voucher.payments.levels import confirm_level, end_level_proposal, levels_on, propose_level
from voucher.payments.models import Batch
from voucher.platform.db import session
from voucher.platform.errors import Conflict, DomainError, Forbidden

pytestmark = pytest.mark.rule(29)
# What this shows does not depend on the engine.
ON_SQLITE = pytest.mark.parametrize("engine_kind", ["sqlite"], indirect=True)
TODAY = date(2026, 4, 7)


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    return build_world(clock)


def two_payees(world: World) -> None:
    """One payment of £240.00 and one of £200.00 can be made; Paul and Fred may approve."""
    world.payable()
    second_payee(world)
    add_role(world, "fred", Role.PAYMENTS_APPROVER)


BEGINS_WITH = two_payees


def proposed(world: World, name: str | None, pence: int | None, from_on: date = TODAY) -> ApprovalLevel:
    person = world.people[name] if name else None
    given = {"up_to_pence": pence, "from_on": from_on, "reason": "small team"}
    return world.do("shay", propose_level, world.scheme, person=person, **given)


def level(world: World, name: str | None, pence: int | None, from_on: date = TODAY) -> None:
    """A level that the scheme administrator proposed and the signer confirmed."""
    world.do("sigrid", confirm_level, proposed(world, name, pence, from_on))


def sums(world: World) -> list[tuple[str, int]]:
    """Each batch with its state and sum."""
    session.expire_all()
    return [(each.state, sum(p.pence for p in each.payments)) for each in session.query(Batch).order_by(Batch.id)]


@ON_SQLITE
def test_who_may_not_set_it(app: Flask, world: World) -> None:
    for name in ("petra", "sigrid", "fred"):
        browser_of(app, world, name).get("/scheme/approval-levels/propose", expect=403)
        with pytest.raises(Forbidden):
            world.do(name, propose_level, world.scheme, person=None, up_to_pence=1, from_on=TODAY, reason="because")
    waits = proposed(world, "paul", 200_00)
    with pytest.raises(Forbidden):
        world.do("fred", confirm_level, waits)
    browser_of(app, world, "pat").get("/scheme/approval-levels", expect=403)
    stranger(world)
    browser_of(app, world, "stan").get(f"/scheme/approval-levels/{session.merge(waits).public_id}", expect=404)


def test_a_payment_above_ones_level_is_split_off_for_another(world: World) -> None:
    level(world, "paul", 200_00)
    batch = submitted(world)
    world.do("paul", approve_batch, batch)
    assert sums(world) == [("approved", 200_00), ("submitted", 240_00)]
    other = session.query(Batch).order_by(Batch.id.desc()).first()
    with pytest.raises(Forbidden, match=r"it is above £200.00, up to which you may approve a payment"):
        world.do("paul", approve_batch, other)
    world.do("fred", approve_batch, other)
    assert sums(world) == [("approved", 200_00), ("approved", 240_00)]


@ON_SQLITE
def test_control_without_the_rule_the_level_holds_nobody(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    level(world, "paul", 200_00)
    monkeypatch.setattr("voucher.payments.batches.why_above_level", lambda *_given: None)
    world.do("paul", approve_batch, submitted(world))
    assert sums(world) == [("approved", 440_00)]


@ON_SQLITE
def test_ones_own_level_counts_before_that_of_the_role_and_the_newest_before_the_older(world: World) -> None:
    level(world, None, 100_00)
    level(world, "fred", None)
    assert [levels_on(world.scheme.id, TODAY).of(world.people[name].id) for name in ("paul", "fred")] == [100_00, None]
    level(world, "paul", 150_00, date(2026, 4, 9))
    assert levels_on(world.scheme.id, date(2026, 4, 8)).of(world.people["paul"].id) == 100_00
    assert levels_on(world.scheme.id, date(2026, 4, 9)).of(world.people["paul"].id) == 150_00
    with pytest.raises(Forbidden, match="none of these payments"):
        world.do("paul", approve_batch, submitted(world))


@ON_SQLITE
def test_nobody_sets_their_own_and_two_people_set_each(world: World) -> None:
    add_role(world, "shay", Role.PAYMENTS_APPROVER)
    with pytest.raises(Forbidden, match="your own level"):
        proposed(world, "shay", 1)
    add_role(world, "sigrid", Role.PAYMENTS_APPROVER)
    own = proposed(world, "sigrid", None)
    with pytest.raises(Forbidden, match="your own level"):
        world.do("sigrid", confirm_level, own)
    with pytest.raises(Conflict, match="proposed already"):
        proposed(world, "paul", 1)
    world.do("sigrid", end_level_proposal, own, reason="no")
    add_role(world, "shay", Role.SIGNER)
    with pytest.raises(Forbidden, match="You proposed this"):
        world.do("shay", confirm_level, proposed(world, "paul", 1))


@ON_SQLITE
def test_what_cannot_be_a_level_is_named_at_its_field(world: World) -> None:
    for name, pence, day, field in (
        ("vera", 1, TODAY, "person"),
        ("paul", 0, TODAY, "up_to"),
        ("paul", 1, date(2026, 4, 6), "from_on"),
    ):
        with pytest.raises(DomainError) as refused:
            proposed(world, name, pence, day)
        assert refused.value.field == field
    assert session.query(ApprovalLevel).all() == []


@ON_SQLITE
def test_the_pages_propose_confirm_and_name_who_may(app: Flask, world: World) -> None:
    shay, sigrid, shays = browser_of(app, world, "shay"), browser_of(app, world, "sigrid"), Factor(world, "shay")
    form = shay.click(shay.get("/scheme/approval-levels"), "Propose a level")
    given = {"Whose level is it?": "Paul", "From which day on": "7 April 2026", "Why": "small sums first"}
    page = shay.submit(form, {**given, "May approve a payment of up to": "abc", **shays.code()},
                       button="Propose it to the signer", expect=422)  # fmt: skip
    assert page.all("p", id="up_to-error")
    more = {"May approve a payment of up to": "200.00", **shays.code()}
    page = shay.follow(shay.submit(page, more, button="Propose it to the signer"))
    shown = sigrid.get(page.links["Another level waits for the signer"])
    sigrid.submit(shown, Factor(world, "sigrid").code(), button="Confirm this level")
    assert ["Paul", "£200.00"] in sigrid.get("/scheme/approval-levels").rows
    batch = submitted(world)
    page = browser_of(app, world, "petra").get(f"/batches/{session.merge(batch).public_id}")
    assert "Paul: it is above £200.00, up to which you may approve a payment" in page
    who = {row[0]: row[1] for row in page.rows if len(row) == 3}
    assert sorted(who.values()) == ["Fred", "Fred, Paul"]
    page = browser_of(app, world, "paul").get(f"/batches/{session.merge(batch).public_id}/approve")
    assert "You may not approve these; they are split off for another person" in page
