"""A business goes the whole way on its own pages, from the offer to the provider's payment."""

from __future__ import annotations

from flask import Flask

from tests.harness.reconciled import assert_reconciled
from tests.harness.world import World
from tests.integration.workspace.business import (
    ACCEPT,
    DELIVERED,
    PAID,
    SEND,
    owner,
    ticks,
)
from voucher.platform.db import session
from voucher.redemptions.claims import Accepted
from voucher.vouchers.models import Voucher


def test_from_the_offer_to_the_payment_signed_in(app: Flask, world: World) -> None:
    client = owner(app, world, world.offered())
    page = client.click(
        client.click(client.get("/business"), "Answer the offer of £750.00"), "Read the notice and answer"
    )
    client.submit(page, ticks(page), button=ACCEPT)
    recorded = world.recorded(session.query(Voucher).one())
    page = client.click(client.get("/business"), "Say whether this was delivered: First web shop")
    client.submit(page, {DELIVERED: "Yes, all of it"}, button=SEND)
    receipt = world.submit([recorded], 30_000)
    assert isinstance(receipt, Accepted)
    page = client.click(client.get("/business"), "Check the claim for £240.00 and say what you have paid")
    assert "You have said that this was delivered" in page
    client.submit(page, PAID, button=SEND)
    world.approved(world.verified(receipt.redemption))
    world.paid()
    page = client.get(f"/business/claims/{receipt.redemption.public_id}")
    assert "Paid to the provider on 7 April 2026." in page
    assert "There is nothing that you must do now." in client.get("/business")
    assert_reconciled(world)
