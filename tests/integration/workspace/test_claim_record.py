"""Staff's record of a claim names the payments that it is in."""

from __future__ import annotations

import pytest
from flask import Flask

from tests.harness.clock import FixedClock
from tests.harness.world import World, build_world
from tests.integration.desk import at_desk, outsider
from voucher.accounts.rules import Role
from voucher.payments.batches import prepare_batch, take_out
from voucher.platform.db import session


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    return build_world(clock)


def test_nobody_else_learns_of_a_payment_by_the_claim(app: Flask, world: World) -> None:
    claim = world.payable()
    world.exported()
    at_desk(app, world, outsider(world, Role.CLAIM_APPROVER)).get(f"/claims-desk/{claim.public_id}", expect=404)
    at_desk(app, world, "pat").get(f"/claims-desk/{claim.public_id}", expect=403)


def test_an_approved_claim_is_in_no_batch_until_one_is_prepared(app: Flask, world: World) -> None:
    claim = world.payable()
    carl = at_desk(app, world, "carl")
    assert "It is in no batch yet." in carl.get(f"/claims-desk/{claim.public_id}")
    batch = world.do("petra", prepare_batch, world.scheme).batch
    assert batch is not None
    page = carl.get(f"/claims-desk/{claim.public_id}")
    assert "It is in no batch yet." not in page
    assert carl.click(page, batch.reference).heading == f"Batch {batch.reference}"


def test_every_payment_of_a_claim_is_named_with_its_state_and_the_bank_s_day(app: Flask, world: World) -> None:
    claim = world.payable()
    batch = world.do("petra", prepare_batch, world.scheme).batch
    assert batch is not None
    first = batch.payments[0]
    world.do("petra", take_out, first, reason="wrong account")
    (second,) = world.paid()
    rows = at_desk(app, world, "carl").get(f"/claims-desk/{claim.public_id}").rows
    named = [row[:1] + row[2:] for row in rows if row[0] in (session.merge(first).reference, second.reference)]
    assert named == [
        [second.reference, "Defrayed", "7 April 2026", "£240.00"],
        [first.reference, "Taken out", "not yet seen at the bank", "£240.00"],
    ]


def test_a_claim_that_was_never_approved_says_nothing_of_payments(app: Flask, world: World) -> None:
    claim = world.confirmed(world.claimed(world.issued()))
    assert "Payments" not in [
        heading.text for heading in at_desk(app, world, "carl").get(f"/claims-desk/{claim.public_id}").all("h2")
    ]
