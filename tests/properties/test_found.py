"""Histories in which the books did not hold or a command failed, found by chance and told here step by step."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness.balances import faults
from tests.harness.clock import FixedClock
from tests.harness.ready import Ready, opened
from tests.harness.reconciled import assert_reconciled
from tests.harness.world import World
from voucher.payments.bank import match_return
from voucher.payments.batches import prepare_batch
from voucher.payments.debts import disallow_claim
from voucher.platform.errors import DomainError
from voucher.redemptions.claims import Accepted
from voucher.redemptions.decisions import approve_claim
from voucher.vouchers.commands import resume, suspend

pytestmark = pytest.mark.usefixtures("sketched")


@pytest.fixture
def world(ready: Ready, tmp_path: Path, clock: FixedClock) -> Iterator[World]:
    with opened(ready, tmp_path, clock) as (_app, made):
        yield made


def books_are_right(world: World) -> None:
    assert faults() == []
    assert_reconciled(world)


@pytest.mark.rule(37)
def test_a_payment_with_a_disallowed_claim_that_the_bank_returns_leaves_the_books_right(world: World) -> None:
    claim = world.payable()
    payment = world.paid()[0]
    world.do("fred", disallow_claim, claim, pence=10_00, reason="the funder's audit")
    line = world.bank_line(payment.pence, "RETURNED")
    world.do("bina", match_return, line, payment, reason="account closed")
    books_are_right(world)


@pytest.mark.rule(7, 16)
@pytest.mark.parametrize("pence", [None, 1_00])
def test_a_claim_in_a_batch_cannot_be_approved_again(world: World, pence: int | None) -> None:
    claim = world.payable()
    world.do("petra", prepare_batch, world.scheme)
    with pytest.raises(DomainError):
        world.do("carl", approve_claim, claim, pence=pence, reason="only part")


@pytest.mark.rule(7)
def test_a_voucher_with_nothing_left_is_spent_after_its_suspension(world: World) -> None:
    voucher = world.issued()
    item = world.recorded(voucher)
    world.do("shay", suspend, voucher, reason="a complaint")
    assert isinstance(world.submit([item], 1_000_00), Accepted)
    world.do("shay", resume, voucher, reason="cleared up")
    books_are_right(world)
