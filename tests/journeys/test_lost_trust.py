"""A provider that is suspended, paper that is replaced, a key that has become known."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from tests.harness.reconciled import assert_reconciled
from tests.harness.world import World
from voucher.notifications.models import OutboxMessage
from voucher.payments.batches import approve_batch, export_batch, prepare_batch, submit_batch
from voucher.platform.db import session
from voucher.platform.errors import Conflict, DomainError, Forbidden
from voucher.providers.commands import reinstate_provider
from voucher.redemptions.claims import Accepted, Refused
from voucher.redemptions.lookups import look_up
from voucher.redemptions.rules import Outcome
from voucher.redemptions.sessions import record_session
from voucher.redemptions.suspension import suspend_provider
from voucher.vouchers.commands import cancel, resume, suspend
from voucher.vouchers.credentials import replace, replace_under_key, show
from voucher.vouchers.models import Voucher


def suspend_firm(world: World) -> None:
    world.do("val", suspend_provider, world.provider, reason="complaints from three businesses")


def outcome(world: World, code: str) -> Outcome:
    return world.do("pat", look_up, world.scheme, code).outcome


@pytest.mark.rule(51)
def test_a_suspended_provider_looks_nothing_up_records_nothing_and_claims_nothing(world: World) -> None:
    voucher, other = world.issued(), world.issued()
    item, opened = world.recorded(voucher), world.opened(other)
    suspend_firm(world)
    assert outcome(world, world.code_of(voucher)) == Outcome.PROVIDER_SUSPENDED
    receipt = world.submit([item], 30_000)
    assert isinstance(receipt, Refused)
    assert receipt.code == "provider_suspended"
    with pytest.raises(Forbidden, match="suspended"):
        world.do(
            "pat",
            record_session,
            opened,
            world.package,
            delivered_on=world.act("pat").today,
            minutes=60,
            description="work",
        )
    assert_reconciled(world)


@pytest.mark.rule(51)
def test_nothing_is_paid_to_a_suspended_provider_until_it_is_reinstated(world: World) -> None:
    claim = world.payable()
    suspend_firm(world)
    prepared = world.do("petra", prepare_batch, world.scheme)
    assert prepared.batch is None
    assert [left.reason for left in prepared.left_out] == ["The provider is suspended."]
    world.do("val", reinstate_provider, world.provider, reason="the complaints were answered")
    world.paid()
    assert claim.state == "paid"
    assert_reconciled(world)


@pytest.mark.rule(51)
def test_a_batch_approved_before_the_suspension_is_not_exported(world: World) -> None:
    world.payable()
    batch = world.do("petra", prepare_batch, world.scheme).batch
    world.do("petra", submit_batch, batch)
    world.do("paul", approve_batch, batch)
    suspend_firm(world)
    with pytest.raises(Conflict, match="its provider is suspended"):
        world.do("petra", export_batch, batch)


@pytest.mark.rule(51)
def test_a_claim_in_flight_freezes(world: World) -> None:
    claim = world.confirmed(world.claimed(world.issued()))
    suspend_firm(world)
    with pytest.raises(DomainError):
        world.approved(world.verified(claim))


@pytest.mark.rule(51)
def test_the_businesses_with_work_in_hand_are_told(world: World) -> None:
    voucher = world.issued()
    world.recorded(voucher)
    suspend_firm(world)
    told = session.scalars(select(OutboxMessage.email).where(OutboxMessage.kind.like("provider_suspended%"))).all()
    assert voucher.application.contact.email in told


def both_secrets(world: World, voucher: Voucher) -> tuple[str, str]:
    act = world.act("shay")
    shown = show(act.ring, act.base_url, voucher)
    return shown.qr_text, shown.typed_code


@pytest.mark.rule(1, 3)
def test_a_replaced_voucher_refuses_the_old_paper_and_takes_the_new(world: World) -> None:
    voucher = world.issued()
    old = both_secrets(world, voucher)
    world.do("shay", replace, voucher, reason="left on a train")
    assert [outcome(world, secret) for secret in old] == [Outcome.REPLACED, Outcome.REPLACED]
    assert [outcome(world, secret) for secret in both_secrets(world, voucher)] == [Outcome.GOOD, Outcome.GOOD]
    assert voucher.generation == 2


@pytest.mark.rule(1, 3)
def test_without_its_generation_the_old_paper_would_still_be_good(world: World) -> None:
    """The control: put the number back, and the lost paper opens the voucher again."""
    voucher = world.issued()
    old, _typed = both_secrets(world, voucher)
    world.do("shay", replace, voucher, reason="left on a train")
    with world.by("shay"):
        voucher.generation = 1
    assert outcome(world, old) == Outcome.GOOD


@pytest.mark.rule(1)
def test_a_key_that_became_known_makes_new_paper_for_its_living_vouchers_only(world: World) -> None:
    living, ended = world.issued(), world.issued()
    world.do("shay", cancel, ended, reason="the business has closed")
    old = both_secrets(world, living)
    key_id = world.act("ada").ring.active.kid
    assert world.do("ada", replace_under_key, key_id) == 1
    assert [outcome(world, secret) for secret in old] == [Outcome.REPLACED, Outcome.REPLACED]
    assert (living.generation, ended.generation) == (2, 1)
    assert_reconciled(world)


@pytest.mark.rule(7)
def test_a_suspended_voucher_that_was_used_up_meanwhile_is_spent_when_it_is_resumed(world: World) -> None:
    voucher = world.issued()
    item = world.recorded(voucher)
    world.do("shay", suspend, voucher, reason="a complaint is looked into")
    assert isinstance(world.submit([item], 100_000), Accepted)
    world.do("shay", resume, voucher, reason="the complaint was unfounded")
    assert voucher.state == "spent"
    assert_reconciled(world)
