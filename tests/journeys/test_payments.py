"""Payments that do not arrive at once: taken out, rejected, recalled, returned."""

from __future__ import annotations

from datetime import date

import pytest

from tests.harness.reconciled import assert_reconciled
from tests.harness.rows_behind import assert_rows_come_to_figures
from tests.harness.world import World, add_provider
from tests.journeys.steps import on, signed, standing, value
from voucher.funding.rules import Account
from voucher.payments.bank import match_payments, match_return
from voucher.payments.batches import (
    approve_batch,
    export_batch,
    prepare_batch,
    recall_batch,
    reject_batch,
    submit_batch,
    take_out,
)
from voucher.payments.models import Batch
from voucher.platform.errors import DomainError, Forbidden

pytestmark = pytest.mark.usefixtures("sketched")

APRIL, MAY = (date(2026, 4, 1), date(2026, 4, 30)), (date(2026, 5, 1), date(2026, 5, 31))


def submitted(world: World) -> Batch:
    batch = world.do("petra", prepare_batch, world.scheme).batch
    assert batch is not None
    world.do("petra", submit_batch, batch)
    return batch


@pytest.mark.rule(33)
def test_a_payment_taken_out_is_paid_with_the_next_batch(world: World) -> None:
    claim = world.payable()
    batch = submitted(world)
    world.do("petra", take_out, batch.payments[0], reason="the provider asked us to wait")
    assert (claim.state, batch.payments[0].state) == ("approved", "taken out")
    (payment,) = world.paid()
    assert (claim.state, payment.batch_id != batch.id) == ("paid", True)
    assert_reconciled(world)


@pytest.mark.rule(29, 33)
def test_a_batch_with_nothing_left_in_it_is_not_exported(world: World) -> None:
    world.payable()
    batch = submitted(world)
    world.do("paul", approve_batch, batch)
    world.do("petra", take_out, batch.payments[0], reason="the provider asked us to wait")
    with pytest.raises(DomainError):
        world.do("petra", export_batch, batch)


@pytest.mark.rule(29)
def test_a_rejected_batch_goes_back_to_its_preparer_and_through_approval_again(world: World) -> None:
    world.payable()
    batch = submitted(world)
    world.do("paul", approve_batch, batch)
    world.do("paul", reject_batch, batch, reason="the total looks wrong")
    assert (batch.state, batch.approved_by) == ("draft", None)
    with pytest.raises(DomainError):
        world.do("petra", export_batch, batch)
    world.do("petra", submit_batch, batch)
    world.do("paul", approve_batch, batch)
    world.do("petra", export_batch, batch)
    assert batch.state == "exported"


@pytest.mark.rule(29, 33)
def test_an_exported_batch_is_recalled_by_two_people_and_its_claims_are_paid_later(world: World) -> None:
    claim = world.payable()
    batch = world.exported()
    assert not world.do("petra", recall_batch, batch, reason="the bank's site is down")
    with pytest.raises(Forbidden, match="second person"):
        world.do("petra", recall_batch, batch, reason="the bank's site is down")
    assert batch.state == "exported"
    assert world.do("paul", recall_batch, batch, reason="the bank's site is down")
    assert (batch.state, batch.payments[0].state, claim.state) == ("recalled", "recalled", "approved")
    world.paid()
    assert claim.state == "paid"
    assert_reconciled(world)


@pytest.mark.rule(33, 35)
def test_a_batch_that_the_bank_has_paid_is_not_recalled(world: World) -> None:
    world.payable()
    batch = world.exported()
    world.paid(batch)
    with pytest.raises(DomainError, match="cannot be recalled"):
        world.do("petra", recall_batch, batch, reason="too late")


@pytest.mark.rule(37, 55)
def test_a_payment_returned_in_the_next_period_is_reversed_there_and_paid_again(world: World) -> None:
    on(world, "2026-04-28")
    claim = world.payable()
    (first,) = world.paid()
    on(world, "2026-05-04")
    april = signed(world, *APRIL)
    line = world.bank_line(first.pence, "RETURNED")
    world.do("bina", match_return, line, first, reason="account closed")
    assert (claim.state, first.state, standing(world, Account.APPROVED)) == ("approved", "returned", 24_000)
    world.paid()
    on(world, "2026-06-01")
    may = signed(world, *MAY)
    assert [value(april, code) for code in ("7a", "7b", "7", "8", "16")] == [24_000, 0, 24_000, 24_000, -24_000]
    assert [value(may, code) for code in ("7a", "7b", "7", "8", "16")] == [24_000, 24_000, 0, 24_000, -24_000]
    assert (value(may, "2"), value(may, "16a"), value(may, "22c")) == (value(april, "12"), -24_000, 1)
    # What was paid and came back afterwards belongs to May; April's rows stay those of April.
    assert_rows_come_to_figures(april)
    assert_rows_come_to_figures(may)
    assert_reconciled(world)


@pytest.mark.rule(37)
def test_a_period_with_more_returned_than_paid_is_below_zero(world: World) -> None:
    on(world, "2026-04-28")
    world.payable()
    (first,) = world.paid()
    on(world, "2026-05-04")
    signed(world, *APRIL)
    world.do("bina", match_return, world.bank_line(first.pence, "RETURNED"), first, reason="account closed")
    on(world, "2026-06-01")
    may = signed(world, *MAY)
    assert [value(may, code) for code in ("7a", "7b", "7", "8", "6", "14")] == [0, 24_000, -24_000, 0, 24_000, 0]
    assert_reconciled(world)


@pytest.mark.rule(35)
def test_one_bank_line_settles_several_payments_to_the_penny(world: World) -> None:
    world.payable()
    second = add_provider(world, "Wharfe Systems Ltd", "09000002", "quinn")
    claim = world.payable(net_pence=25_000)
    with world.by("petra"):
        claim.provider_id = second.id  # the second firm did this one
    batch = world.exported()
    assert len(batch.payments) == 2
    with pytest.raises(DomainError, match="come to"):
        world.do("bina", match_payments, world.bank_line(-43_999, batch.reference), list(batch.payments))
    world.do("bina", match_payments, world.bank_line(-44_000, batch.reference), list(batch.payments))
    assert batch.state == "settled"


@pytest.mark.rule(33)
def test_a_batch_is_partly_settled_until_its_last_payment_is_seen(world: World) -> None:
    world.payable()
    second = add_provider(world, "Wharfe Systems Ltd", "09000002", "quinn")
    claim = world.payable(net_pence=25_000)
    with world.by("petra"):
        claim.provider_id = second.id
    batch = world.exported()
    for payment, state in zip(list(batch.payments), ("partly settled", "settled"), strict=True):
        world.do("bina", match_payments, world.bank_line(-payment.pence, payment.reference), [payment])
        assert batch.state == state
