"""What a provider was paid: its own payments, the claims in each, the bank's day."""

from __future__ import annotations

import pytest
from flask import Flask

from tests.harness.clock import FixedClock
from tests.harness.world import World, build_world
from tests.integration.payments.pages import browser_of
from tests.integration.redemptions.pages import asked_of_the_database, colleague, other_provider, signed_in
from voucher.accounts.rules import Role
from voucher.payments.bank import match_return
from voucher.payments.batches import prepare_batch
from voucher.payments.models import Payment
from voucher.redemptions.models import Redemption


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    return build_world(clock)


def paid(world: World, *nets: int) -> tuple[list[Redemption], Payment]:
    claims = [world.payable(net_pence=net) for net in nets]
    [payment] = world.paid()
    return claims, payment


def test_another_firm_finds_no_such_payment_and_a_scanner_may_not_ask(app: Flask, world: World) -> None:
    [claim], payment = paid(world, 30_000)
    other_provider(world)
    colleague(world, "sid", Role.PROVIDER_SCANNER)
    olga, sid = signed_in(app, "olga"), signed_in(app, "sid")
    assert "Nothing was paid to your firm yet." in olga.get("/remittances")
    olga.get(f"/remittances/{payment.reference}", expect=404)
    olga.get(f"/remittances/{payment.reference}/advice.pdf", expect=404)
    olga.get(f"/claims/{claim.public_id}/payment", expect=404)
    sid.get("/remittances", expect=403)
    sid.get(f"/remittances/{payment.reference}", expect=403)


def test_a_payment_shows_its_claims_and_the_banks_day(app: Flask, world: World) -> None:
    claims, payment = paid(world, 30_000, 25_000)
    pat = signed_in(app)
    page = pat.click(pat.get("/remittances"), payment.reference)
    assert page.heading == f"Payment {payment.reference}"
    assert "Left the scheme's account 7 April 2026" in page
    assert [(row[0], row[1]) for row in page.rows] == [
        (claims[0].reference, "£240.00"),
        (claims[1].reference, "£200.00"),
        ("Total", "£440.00"),
    ]
    assert "account ending" in page
    [row] = pat.get("/remittances").rows
    invoices = " ".join(f"{claim.reference}, {claim.invoice_number}" for claim in claims)
    assert row == [payment.reference, "£440.00", "Paid", invoices, "7 April 2026", "7 April 2026"]


def test_the_advice_can_be_saved_by_the_firm_and_by_staff(app: Flask, world: World) -> None:
    _claims, payment = paid(world, 30_000)
    pat, vera = signed_in(app), browser_of(app, world, "vera")
    own = pat.click(pat.get(f"/remittances/{payment.reference}"), "Download this advice (PDF)")
    theirs = vera.click(vera.get(f"/batches/{payment.batch.public_id}"), f"Advice (PDF) {payment.reference}")
    assert own.body.startswith(b"%PDF-")
    assert own.body == theirs.body
    assert own.headers["Content-Disposition"] == f"attachment; filename={payment.reference}.pdf"


def test_what_was_not_sent_has_no_advice(app: Flask, world: World) -> None:
    world.payable()
    batch = world.do("petra", prepare_batch, world.scheme).batch
    assert batch is not None
    address = f"/batches/{batch.public_id}/payments/{batch.payments[0].public_id}/advice.pdf"
    browser_of(app, world, "vera").get(address, expect=404)


def test_a_claim_leads_to_its_payment_once_that_is_with_the_bank(app: Flask, world: World) -> None:
    claim, pat = world.payable(), signed_in(app)
    world.do("petra", prepare_batch, world.scheme)
    page = pat.click(pat.get(f"/claims/{claim.public_id}"), "See the payment", expect=302)
    assert "This claim has not been sent to the bank yet." in pat.follow(page)
    assert "Nothing was paid to your firm yet." in pat.get("/remittances")


def test_a_payment_that_the_bank_sent_back_says_so(app: Flask, world: World) -> None:
    [claim], payment = paid(world, 30_000)
    world.do("bina", match_return, world.bank_line(payment.pence, payment.reference), payment, reason="account closed")
    pat = signed_in(app)
    page = pat.get(f"/remittances/{payment.reference}")
    assert "The bank sent this payment back." in page
    assert "Sent back by the bank 7 April 2026" in page
    assert "The bank sent the payment back." in pat.get(f"/claims/{claim.public_id}")


def test_a_list_of_many_payments_asks_the_database_no_more_than_one_of_few(app: Flask, world: World) -> None:
    pat = signed_in(app)
    _claims, payment = paid(world, 30_000)
    few = asked_of_the_database(lambda: pat.get("/remittances"))
    small = asked_of_the_database(lambda: pat.get(f"/remittances/{payment.reference}"))
    _claims, bigger = paid(world, 30_000, 25_000, 20_000)
    assert asked_of_the_database(lambda: pat.get("/remittances")) == few
    assert asked_of_the_database(lambda: pat.get(f"/remittances/{bigger.reference}")) == small
