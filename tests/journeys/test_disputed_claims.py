"""Claims that do not go through at once: disputed, refused, sent back, withdrawn."""

from __future__ import annotations

import pytest

from tests.harness.reconciled import assert_reconciled
from tests.harness.world import World
from tests.journeys.steps import SEEN, resubmitted, standing
from voucher.funding.rules import Account
from voucher.payments.batches import prepare_batch
from voucher.platform.errors import DomainError, InvalidTransition
from voucher.redemptions import claims
from voucher.redemptions.answers import answer_claim, answer_session, dispute_claim
from voucher.redemptions.checks import verify_claim
from voucher.redemptions.claims import Accepted, Refused, withdraw_claim
from voucher.redemptions.decisions import approve_claim, refuse_claim, send_back
from voucher.redemptions.models import Redemption
from voucher.redemptions.rules import Delivered


def said(world: World, claim: Redemption, delivered: Delivered) -> None:
    for item in list(claim.sessions):
        world.do(world.owner_of(claim.voucher), answer_session, item, delivered, note="the training is missing")


@pytest.mark.rule(16, 21)
def test_a_partly_delivered_claim_is_disputed_and_refused_and_its_money_returns(world: World) -> None:
    voucher = world.issued()
    claim = world.claimed(voucher)
    said(world, claim, Delivered.PARTLY)
    assert (claim.state, claim.state_reason) == ("disputed", "The business says that not all of it was delivered.")
    with pytest.raises(DomainError):
        world.do("vera", verify_claim, claim, SEEN)
    world.do("carl", refuse_claim, claim, reason="the business did not get what was billed")
    assert (claim.state, claim.grant_pence, voucher.remaining_pence) == ("refused", 0, 75_000)
    assert [item.state for item in claim.sessions] == ["lapsed"]
    assert standing(world, Account.COMMITTED) == 75_000
    assert_reconciled(world)


@pytest.mark.rule(16)
@pytest.mark.parametrize("who", ["owner", "pat", "vera"])
def test_either_side_or_the_scheme_disputes_an_approved_claim_and_no_batch_takes_it(world: World, who: str) -> None:
    claim = world.payable()
    name = world.owner_of(claim.voucher) if who == "owner" else who
    world.do(name, dispute_claim, claim, reason="the invoice is not mine")
    assert claim.state == "disputed"
    assert standing(world, Account.CLAIMED) == 24_000
    prepared = world.do("petra", prepare_batch, world.scheme)
    assert (prepared.batch, prepared.left_out) == (None, ())
    assert_reconciled(world)


@pytest.mark.rule(16)
def test_a_claim_in_a_batch_can_no_longer_be_disputed(world: World) -> None:
    claim = world.payable()
    world.do("petra", prepare_batch, world.scheme)
    with pytest.raises(InvalidTransition):
        world.do(world.owner_of(claim.voucher), dispute_claim, claim, reason="too late")


@pytest.mark.rule(7, 14)
def test_a_corrected_claim_with_the_same_figures_is_not_asked_about_again(world: World) -> None:
    claim = world.payable()
    world.do("carl", send_back, claim, reason="the invoice's number is wrong")
    assert (claim.state, standing(world, Account.APPROVED)) == ("sent back", 0)
    assert isinstance(resubmitted(world, claim, 30_000), Accepted)
    assert (claim.state, claim.version, claim.material_version) == ("confirmed", 2, 1)
    world.approved(world.verified(claim))
    world.paid()
    assert claim.state == "paid"
    assert_reconciled(world)


@pytest.mark.rule(14, 21)
def test_a_corrected_claim_of_which_the_business_pays_more_is_asked_about_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim = world.confirmed(world.claimed(world.issued()))
    world.do("carl", send_back, claim, reason="the invoice's number is wrong")
    less = claim.grant_pence - 1_000  # as when the voucher has no more by now
    monkeypatch.setattr(claims, "worked_out_grant", lambda *_given: less)
    resubmitted(world, claim, 30_000)
    assert (claim.state, claim.grant_pence, claim.material_version) == ("submitted", less, 2)
    assert_reconciled(world)


@pytest.mark.rule(7, 14, 21)
@pytest.mark.parametrize(("net", "grant", "left"), [(20_000, 15_000, 60_000), (40_000, 32_000, 43_000)])
def test_a_corrected_claim_with_other_figures_is_asked_about_again_and_paid(
    world: World, net: int, grant: int, left: int
) -> None:
    claim = world.confirmed(world.claimed(world.issued()))
    world.do("carl", send_back, claim, reason="the invoice is for other work, too")
    assert isinstance(resubmitted(world, claim, net), Accepted)
    assert (claim.state, claim.grant_pence, claim.voucher.remaining_pence) == ("submitted", grant, left)
    world.approved(world.verified(world.confirmed(claim)))
    assert [payment.pence for payment in world.paid()] == [grant]
    assert_reconciled(world)


@pytest.mark.rule(14, 21)
def test_a_corrected_claim_whose_delivery_nobody_confirmed_is_not_confirmed(world: World) -> None:
    claim = world.claimed(world.issued())
    owner = world.owner_of(claim.voucher)
    world.do(owner, answer_claim, claim, accepts=True)
    assert claim.state == "submitted"
    world.do("carl", send_back, claim, reason="the invoice's number is wrong")
    resubmitted(world, claim, 30_000)
    assert claim.state == "submitted"


@pytest.mark.rule(20, 22)
def test_a_withdrawn_claim_gives_everything_back_and_its_session_can_be_claimed_anew(world: World) -> None:
    voucher = world.issued()
    claim = world.claimed(voucher)
    (item,) = claim.sessions
    world.do("pat", withdraw_claim, claim, reason="billed twice")
    assert (claim.state, item.state, voucher.remaining_pence) == ("withdrawn", "recorded", 75_000)
    assert isinstance(world.submit([item], 25_000), Accepted)
    assert voucher.remaining_pence == 55_000
    assert_reconciled(world)


@pytest.mark.rule(19)
def test_a_claim_approved_in_part_gives_the_rest_back_to_its_voucher(world: World) -> None:
    claim = world.verified(world.confirmed(world.claimed(world.issued())))
    with pytest.raises(DomainError, match="Say why"):
        world.do("carl", approve_claim, claim, pence=20_000)
    world.do("carl", approve_claim, claim, pence=20_000, reason="an hour was not evidenced")
    assert (claim.grant_pence, claim.voucher.remaining_pence) == (20_000, 55_000)
    assert [payment.pence for payment in world.paid()] == [20_000]
    assert_reconciled(world)


@pytest.mark.rule(18, 33)
def test_a_request_sent_twice_is_one_claim_and_one_with_other_figures_is_refused(world: World) -> None:
    voucher = world.issued()
    items, act = [world.recorded(voucher)], world.act("pat")
    invoice = world.invoice(30_000)

    def send(net: int) -> Accepted | Refused:
        bill = invoice if net == 30_000 else world.invoice(net)
        return world.do("pat", claims.submit_claim, world.provider, items, bill, request_key="one intent")

    first, second, third = send(30_000), send(30_000), send(20_000)
    assert isinstance(first, Accepted)
    assert isinstance(second, Accepted)
    assert isinstance(third, Refused)
    assert (second.redemption.id, second.repeated) == (first.redemption.id, True)
    assert (third.code, voucher.remaining_pence, act.today) == ("key_reused", 51_000, voucher.issued_on)
    assert_reconciled(world)
