"""The page at which a provider's people arrive."""

from __future__ import annotations

import pytest
from flask import Flask

from tests.harness.clock import FixedClock
from tests.harness.world import World, build_world
from tests.integration.payments.pages import browser_of
from tests.integration.providers.firms import applies
from tests.integration.redemptions.pages import (
    asked_of_the_database,
    colleague,
    other_provider,
    signed_in,
    suspend_firm,
)
from voucher.accounts.rules import Role
from voucher.payments.batches import prepare_batch
from voucher.redemptions.decisions import send_back


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    return build_world(clock)


def test_another_firm_sees_nothing_of_it_and_a_scanner_no_money(app: Flask, world: World) -> None:
    claim, opened = world.claimed(world.issued()), world.opened(world.issued())
    other_provider(world)
    colleague(world, "sid", Role.PROVIDER_SCANNER)
    for name in ("olga", "sid"):
        page = signed_in(app, name).get("/provider")
        for words in ("£", claim.reference, opened.voucher.business.name):
            assert words not in page
    assert "Your claims" not in signed_in(app, "sid").get("/provider")


def test_a_providers_people_arrive_there(app: Flask, world: World) -> None:
    pat = signed_in(app)
    page = pat.follow(pat.get("/", expect=302))
    assert page.path == "/provider"
    assert pat.click(page, "Scan a voucher").heading == "Scan a voucher"
    assert {"Look up a voucher", "Claims", "Payments to you", "What you have recorded"} <= set(page.links)


def test_it_lists_what_waits_and_what_the_claims_come_to(app: Flask, world: World) -> None:
    sent = world.confirmed(world.claimed(world.issued()))
    world.do("carl", send_back, sent, reason="The number is wrong")
    world.claimed(world.issued(), 25_000)
    world.recorded(world.issued())
    opened, pat = world.opened(world.issued()), signed_in(app)
    page = pat.get("/provider")
    assert page.links[f"Correct claim {sent.reference}"] == f"/claims/{sent.public_id}/correct"
    assert "The number is wrong" in page
    assert page.links[f"Record support for {opened.voucher.business.name}"] == f"/sessions/{opened.public_id}"
    assert "Record what was done by 8 April 2026, 10:00am." in page
    assert "Claim for 1 recorded session" in page.links
    assert "Vouchers hold £750.00 for them. The first must be claimed by 3 August 2026, in 118 days." in page
    assert page.rows == [["Submitted", "1", "£200.00"], ["Sent back", "1", "£240.00"]]
    assert pat.click(page, "Sent back").path == "/claims?state=sent+back"


def test_it_says_in_time_that_the_firms_approval_ends(app: Flask, world: World, clock: FixedClock) -> None:
    assert "approval ends" not in signed_in(app).get("/provider")
    clock.advance(days=(world.provider.approved_until - clock().date()).days - 20)  # type: ignore[operator]
    assert "Your firm's approval ends in 20 days" in signed_in(app).get("/provider")


@pytest.mark.rule(51)
def test_a_suspended_firm_reads_so_first(app: Flask, world: World) -> None:
    pat = signed_in(app)
    assert "Your firm is suspended" not in pat.get("/provider")
    suspend_firm(world)
    assert "Your firm is suspended in Northern Tech Tasters. Nothing new can be recorded" in pat.get("/provider")


def test_a_firm_that_has_applied_reads_how_it_goes_on(app: Flask, world: World) -> None:
    applies(world, "wren", "09000077")
    page = browser_of(app, world, "wren").get("/provider")
    assert "Your firm has applied in Northern Tech Tasters." in page
    assert "Speak with the scheme's office" not in page
    assert browser_of(app, world, "wren").click(page, "Enter your bank details and packages meanwhile").status == 200


def test_both_sides_read_that_a_claim_in_a_batch_is_being_paid(app: Flask, world: World) -> None:
    claim = world.payable()
    world.do("petra", prepare_batch, world.scheme)
    pat, owner = signed_in(app), browser_of(app, world, world.owner_of(claim.voucher))
    pages = [
        pat.get("/provider"),
        pat.get("/claims", query={"state": "in batch"}),
        pat.get(f"/claims/{claim.public_id}"),
    ]
    pages += [owner.get(f"/business/claims/{claim.public_id}")]
    for page in pages:
        assert "Being paid" in page, page.path
        assert "In batch" not in page, page.path


def test_with_nothing_to_do_it_says_what_comes_next(app: Flask, world: World) -> None:
    page = signed_in(app).get("/provider")
    assert "Nothing waits for you." in page
    assert "Your firm has made no claim yet." in page


def test_with_many_claims_it_asks_the_database_no_more_than_with_few(app: Flask, world: World) -> None:
    pat = signed_in(app)

    def more() -> None:
        claim = world.confirmed(world.claimed(world.issued()))
        world.do("carl", send_back, claim, reason="wrong")
        world.recorded(world.issued())
        world.opened(world.issued())

    more()
    few = asked_of_the_database(lambda: pat.get("/provider"))
    more()
    more()
    assert asked_of_the_database(lambda: pat.get("/provider")) == few
