"""A provider's manager corrects a claim that was sent back, takes one back, and reads where each one stands."""

from __future__ import annotations

from datetime import date
from io import BytesIO

import pytest
from flask import Flask

from tests.harness.client import PageClient
from tests.harness.clock import FixedClock
from tests.harness.page import Page
from tests.harness.world import PDF, World, build_world
from tests.integration.redemptions.pages import (
    BODY,
    asked_of_the_database,
    colleague,
    other_provider,
    paper,
    rows,
    signed_in,
    suspend_firm,
)
from voucher.accounts.rules import Role
from voucher.platform.db import session
from voucher.platform.errors import DomainError
from voucher.redemptions.checks import put_on_hold
from voucher.redemptions.claims import withdraw_claim
from voucher.redemptions.decisions import send_back
from voucher.redemptions.models import Evidence, Redemption
from voucher.redemptions.rules import WORDS, Outcome


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    return build_world(clock)


def sent_back(world: World) -> Redemption:
    claim = world.confirmed(world.claimed(world.issued()))
    world.do("carl", send_back, claim, reason="The invoice's number is wrong")
    return claim


def correct(client: PageClient, claim: Redemption, answers: dict[str, object], *, expect: int = 302) -> Page:
    page = client.get(f"/claims/{claim.public_id}/correct")
    return client.submit(page, answers, button="Send the correction", expect=expect)


# Who may not


def test_another_firm_finds_no_such_claim_and_a_scanner_may_not_ask(app: Flask, world: World) -> None:
    claim = sent_back(world)
    other_provider(world)
    colleague(world, "sid", Role.PROVIDER_SCANNER)
    for name, status in (("olga", 404), ("sid", 403)):
        client = signed_in(app, name)
        client.get("/provider")
        client.get(f"/claims/{claim.public_id}/correct", expect=status)
        client.post(f"/claims/{claim.public_id}/correct", BODY, expect=status)
        client.post(f"/claims/{claim.public_id}/withdraw", {"reason": "not ours"}, expect=status)
        client.get(f"/claims/{claim.public_id}/payment", expect=status)
    assert claim.state == "sent back"


@pytest.mark.rule(51)
def test_a_suspended_provider_corrects_nothing_and_reads_that_its_claims_stand_still(app: Flask, world: World) -> None:
    claim, pat = sent_back(world), signed_in(app)
    suspend_firm(world)
    assert "so its claims stand still" in pat.get(f"/claims/{claim.public_id}")
    page = correct(pat, claim, {"Invoice number": "INV-78"}, expect=422)
    assert WORDS[Outcome.PROVIDER_SUSPENDED].sentence in page
    assert claim.state == "sent back"


@pytest.mark.rule(51)
def test_control_without_the_check_a_suspended_provider_would_correct_it(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim = sent_back(world)
    suspend_firm(world)
    monkeypatch.setattr("voucher.redemptions.claims.why_provider_cannot", lambda *_anything: None)
    correct(signed_in(app), claim, {"Invoice number": "INV-78"})
    assert claim.state == "confirmed"


@pytest.mark.rule(6)
def test_support_for_two_businesses_cannot_be_claimed_on_the_voucher_of_one(app: Flask, world: World) -> None:
    first, second = world.recorded(world.issued()), world.recorded(world.issued())
    pat = signed_in(app)
    page = pat.get("/claims/new", query={"session": first.public_id})
    sent = {**page.form("Send the claim").data, **BODY, "session": [first.public_id, second.public_id]}
    refused = pat.post("/claims/new", {**sent, "invoice_files": paper()}, expect=422)
    assert "A claim is for your own sessions on one voucher." in refused
    assert rows(Redemption) == 0


@pytest.mark.rule(6)
def test_control_without_the_check_one_voucher_would_pay_for_both(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("voucher.redemptions.claims.check_sessions", lambda *_anything: None)
    with world.by("shay"):
        session.merge(world.package).net_pence = 40_000  # a dearer one would be more than the database lets through
    first, second = world.recorded(world.issued()), world.recorded(world.issued())
    pat = signed_in(app)
    page = pat.get("/claims/new", query={"session": first.public_id})
    sent = {**page.form("Send the claim").data, **BODY, "session": [first.public_id, second.public_id]}
    pat.post("/claims/new", {**sent, "invoice_files": paper()})
    assert first.redemption_id == second.redemption_id is not None


# Correcting


def test_a_claim_that_was_sent_back_is_corrected_from_what_it_said(app: Flask, world: World) -> None:
    claim, pat = sent_back(world), signed_in(app)
    page = pat.click(pat.get(f"/claims/{claim.public_id}"), "Correct the claim")
    assert "Why it was sent back: The invoice's number is wrong" in page
    kept = page.form("Send the correction").data
    assert (kept["net"], kept["vat"], kept["vat_rate"]) == (["300.00"], ["60.00"], ["2000"])
    after = pat.follow(pat.submit(page, {"Invoice number": "INV-78"}, button="Send the correction"))
    assert "Your correction is handed in." in after
    assert "Waits for: the scheme's office" in after  # the business had confirmed these very figures
    assert "Pat sent the claim again, corrected." in after
    assert (claim.version, claim.invoice_number) == (2, "INV-78")


def test_another_amount_is_asked_about_again(app: Flask, world: World) -> None:
    claim, pat = sent_back(world), signed_in(app)
    after = pat.follow(correct(pat, claim, {"Amount before VAT": "250.00", "VAT": "50.00"}))
    assert "Waits for: the business" in after
    assert (claim.grant_pence, claim.voucher.remaining_pence) == (20_000, 55_000)


def test_a_file_that_the_claim_rests_on_may_be_sent_again(app: Flask, world: World) -> None:
    claim, pat = sent_back(world), signed_in(app)
    before, file = rows(Evidence), PDF.format("the right invoice").encode()
    correct(pat, claim, {"Invoice number": "INV-78", "Your invoice": (BytesIO(file), "right.pdf")})
    world.do("carl", send_back, claim, reason="and the date")
    correct(pat, claim, {"Invoice number": "INV-79", "Your invoice": (BytesIO(file), "right.pdf")})
    assert (claim.version, rows(Evidence)) == (3, before + 1)


def test_what_is_wrong_is_named_at_its_field_and_kept(app: Flask, world: World) -> None:
    claim, pat = sent_back(world), signed_in(app)
    page = correct(pat, claim, {"VAT": "1.00", "Your invoice": paper("right.pdf")}, expect=422)
    assert page.title.startswith("Error: Correct claim")
    assert page.links["The VAT is not its rate times the net amount."] == "#vat"
    assert page.form("Send the correction").data["kept"]
    assert "£240.00" in page  # what the voucher would pay, without a script
    assert claim.version == 1


def test_sending_a_correction_twice_makes_one_version(app: Flask, world: World) -> None:
    claim, pat = sent_back(world), signed_in(app)
    page = pat.get(f"/claims/{claim.public_id}/correct")
    for _time in range(2):
        pat.submit(page, {"Invoice number": "INV-78"}, button="Send the correction")
    assert claim.version == 2
    assert pat.get(f"/claims/{claim.public_id}/correct", expect=302).location == f"/claims/{claim.public_id}"


# Taking back


def test_a_claim_is_taken_back_once_with_a_reason(app: Flask, world: World) -> None:
    claim, pat = world.claimed(world.issued()), signed_in(app)
    page = pat.get(f"/claims/{claim.public_id}")
    refused = pat.submit(page, {"Why do you take the claim back?": " "}, button="Take this claim back", expect=422)
    assert refused.links["Say why you take the claim back."] == "#reason"
    for _time in range(2):
        after = pat.submit(page, {"Why do you take the claim back?": "Billed twice"}, button="Take this claim back")
    done = pat.follow(after)
    assert "Why: Billed twice" in done
    assert (claim.state, claim.voucher.remaining_pence, claim.sessions) == ("withdrawn", 75_000, [])


def test_a_claim_that_is_being_paid_cannot_be_taken_back(app: Flask, world: World) -> None:
    claim, pat = world.payable(), signed_in(app)
    page = pat.get(f"/claims/{claim.public_id}")
    assert "Take this claim back" not in page
    pat.post(f"/claims/{claim.public_id}/withdraw", {"reason": "too late"}, expect=409)
    assert claim.state == "approved"


def test_the_command_wants_a_reason_whoever_asks(app: Flask, world: World) -> None:
    claim = world.claimed(world.issued())
    with pytest.raises(DomainError, match="Say why you take the claim back"):
        world.do("pat", withdraw_claim, claim, reason=" ")


# Where claims stand


def test_a_claim_says_who_is_waited_for_since_when_and_by_when_it_is_paid(
    app: Flask, world: World, clock: FixedClock
) -> None:
    claim, pat = world.claimed(world.issued()), signed_in(app)
    clock.advance(days=3)
    world.confirmed(claim)
    page = pat.get(f"/claims/{claim.public_id}")
    assert "Waits for: the scheme's office. Since 10 April 2026, 10:00am." in page
    assert "Expected to be paid by 7 May 2026" in page
    told = [what for _when, what, _why in page.rows]
    assert told == [
        "The business had confirmed the support and the figures.",
        "The business answered.",
        "Pat sent the claim.",
    ]
    clock.advance(days=30)
    assert "It should have been paid by 7 May 2026. Ask the scheme's office" in pat.get(f"/claims/{claim.public_id}")
    world.do("vera", put_on_hold, claim, reason="something odd")
    held = pat.get(f"/claims/{claim.public_id}")
    assert "The scheme's office has put the claim on hold." in held
    assert "be paid by" not in held
    assert "something odd" not in held


def test_the_list_is_narrowed_by_state_in_the_address_with_its_money(app: Flask, world: World) -> None:
    claim, other, pat = sent_back(world), world.claimed(world.issued(), 25_000), signed_in(app)
    page = pat.get("/claims")
    assert "2 claims, for which vouchers pay £440.00" in page
    assert "Not a valid choice" not in page
    page = pat.get("/claims", query={"state": "sent back"})
    assert "1 claim, for which vouchers pay £240.00" in page
    assert f"Claim {claim.reference}" in page.links
    assert f"Claim {other.reference}" not in page.links
    assert "None of your claims is in this state and of these days." in pat.get("/claims", query={"state": "paid"})
    assert "2 claims" in pat.get("/claims", query={"state": "no such"})
    assert claim.submitted_at.date() == date(2026, 4, 7)


def test_a_claim_with_much_history_asks_the_database_no_more_than_a_new_one(app: Flask, world: World) -> None:
    claim, other, pat = world.payable(), world.claimed(world.issued()), signed_in(app)
    few = asked_of_the_database(lambda: pat.get(f"/claims/{other.public_id}"))
    assert asked_of_the_database(lambda: pat.get(f"/claims/{claim.public_id}")) <= few
