"""A provider's manager makes the claim: once however often it is sent, with everything kept that was entered."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from flask import Flask

from tests.harness.client import PageClient
from tests.harness.clock import FixedClock
from tests.harness.page import Page
from tests.harness.world import World, build_world
from tests.integration.redemptions.pages import (
    BODY,
    INVOICE,
    asked_of_the_database,
    claim,
    colleague,
    paper,
    rows,
    signed_in,
    suspend_firm,
    told,
)
from voucher.accounts.rules import Role
from voucher.documents.models import Document
from voucher.platform.db import session
from voucher.redemptions import claim_checks, claims
from voucher.redemptions.models import DeliverySession, Redemption
from voucher.redemptions.queries import claim_with_invoice
from voucher.redemptions.rules import WORDS, EvidenceKind, Outcome
from voucher.redemptions.uploads import kept_as


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    return build_world(clock)


def new_claim(client: PageClient, recorded: DeliverySession) -> Page:
    return client.get("/claims/new", query={"session": recorded.public_id})


# Who may not


@pytest.mark.rule(51)
def test_a_suspended_provider_claims_nothing_and_reads_why(app: Flask, world: World) -> None:
    recorded = world.recorded(world.issued())
    suspend_firm(world)
    pat = signed_in(app)
    page = claim(pat, new_claim(pat, recorded), expect=422)
    assert WORDS[Outcome.PROVIDER_SUSPENDED].sentence in page
    assert rows(Redemption) == 0


@pytest.mark.rule(51)
def test_control_without_the_check_a_suspended_provider_would_claim(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded = world.recorded(world.issued())
    suspend_firm(world)
    monkeypatch.setattr("voucher.redemptions.claim_checks.why_provider_cannot", lambda *_anything: None)
    pat = signed_in(app)
    claim(pat, new_claim(pat, recorded))


def test_a_file_that_somebody_else_handed_in_cannot_be_named(app: Flask, world: World) -> None:
    recorded = world.recorded(world.issued())
    colleague(world, "pia", Role.PROVIDER_MANAGER)
    with world.by("pat") as act:
        [attached] = world.attach(act, EvidenceKind.INVOICE)
    page = new_claim(pia := signed_in(app, "pia"), recorded)
    sent = {**page.form("Send the claim").data, **BODY, "kept": kept_as(attached)}
    assert "Add your invoice as a PDF or a picture." in pia.post("/claims/new", sent, expect=422).links
    sent = {**new_claim(pat := signed_in(app), recorded).form("Send the claim").data, **BODY, "kept": kept_as(attached)}
    pat.post("/claims/new", sent)


# Making a claim


def test_a_claim_leads_to_its_receipt_with_who_is_waited_for(app: Flask, world: World) -> None:
    recorded, pat = world.recorded(world.issued()), signed_in(app)
    page = pat.click(pat.get("/sessions"), f"Make the claim for {recorded.voucher.business.name}, 7 April 2026")
    sent = claim(pat, page, {"Evidence of what was delivered": paper("shop.pdf")})
    receipt = pat.follow(sent)
    assert "Waits for: the business" in receipt
    assert (
        "We have asked the business whether the support was delivered and what it paid. It has until 5 May" in receipt
    )
    for words in ("£400.00", "£100.00 and £100.00 VAT", "INV-77 of 7 April 2026", "invoice.pdf", "shop.pdf"):
        assert words in receipt
    assert told("claim_made") == [world.people[world.owner_of(recorded.voucher)].email]
    assert receipt.heading in pat.get("/claims").links


@pytest.mark.rule(18)
def test_sending_the_form_twice_makes_one_claim_and_shows_the_same_receipt(app: Flask, world: World) -> None:
    recorded, pat = world.recorded(world.issued()), signed_in(app)
    page, (file, name) = new_claim(pat, recorded), paper()
    sent = [claim(pat, page, {"Your invoice": (BytesIO(file.getvalue()), name)}) for _time in range(2)]
    assert sent[0].location == sent[1].location
    assert (rows(Redemption), rows(Document), len(told("claim_made"))) == (1, 1, 1)


def test_control_without_the_key_the_second_sending_would_be_refused(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claims, "first_use", lambda *_anything: None)
    recorded, pat = world.recorded(world.issued()), signed_in(app)
    page = new_claim(pat, recorded)
    claim(pat, page)
    assert "A session of this claim is claimed." in claim(pat, page, expect=409)


def test_the_same_form_with_other_figures_is_no_repeat(app: Flask, world: World) -> None:
    recorded, pat = world.recorded(world.issued()), signed_in(app)
    page = new_claim(pat, recorded)
    claim(pat, page)
    again = claim(pat, page, {"Amount before VAT": "400.00", "VAT": "80.00"}, expect=409)
    assert "This request was sent before with other figures." in again


def blind_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets the first look for another claim with the same invoice find none, as when two are sent at once."""
    looks: list[int] = []

    def look(*asked: Any) -> Redemption | None:
        looks.append(1)
        return None if len(looks) == 1 else claim_with_invoice(*asked)

    monkeypatch.setattr(claim_checks, "claim_with_invoice", look)


@pytest.mark.rule(22)
def test_of_two_at_once_with_one_invoice_the_second_is_told_so(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = world.recorded(world.issued()), world.recorded(world.issued())
    pat = signed_in(app)
    claim(pat, new_claim(pat, first))
    blind_once(monkeypatch)
    page = claim(pat, new_claim(pat, second), expect=409)
    assert page.links["This invoice supports another claim already."] == "#invoice_number"
    assert rows(Redemption) == 1


@pytest.mark.parametrize(
    ("question", "answer", "words", "anchor"),
    [
        ("Invoice number", "", "Enter the number of your invoice.", "invoice_number"),
        ("Invoice number", "--", "Enter the number of your invoice.", "invoice_number"),
        ("Amount before VAT", "5.5", "Enter an amount in pounds and pence, like 1234.50.", "net"),
        ("Amount before VAT", "-500.00", "Enter an amount in pounds and pence, like 1234.50.", "net"),
        ("VAT", "", "Enter the VAT in pounds. If there is none, enter 0.", "vat"),
        ("VAT", "90.00", "The VAT is not its rate times the net amount.", "vat"),
        ("Date of the invoice", "2026-04-08", "The invoice's date must lie between 7 April 2026", "invoiced_on"),
        ("Rate of VAT", "5%", "The VAT is not its rate times the net amount.", "vat"),
    ],
)
def test_what_is_wrong_is_named_at_its_field_and_the_rest_kept(
    app: Flask, world: World, question: str, answer: str, words: str, anchor: str
) -> None:
    recorded, pat = world.recorded(world.issued()), signed_in(app)
    before = new_claim(pat, recorded)
    page = claim(pat, before, {question: answer}, expect=422)
    [link] = [href for text, href in page.links.items() if text.startswith(words)]
    assert link == f"#{anchor}"
    kept = page.form("Send the claim")
    assert kept.data["request_key"] == before.form("Send the claim").data["request_key"]
    corrected = pat.submit(page, INVOICE, button="Send the claim")  # without choosing the file again
    assert "Waits for: the business" in pat.follow(corrected)


@pytest.mark.rule(53)
def test_a_price_above_the_package_is_refused_at_the_amount(app: Flask, world: World) -> None:
    recorded, pat = world.recorded(world.issued()), signed_in(app)
    page = claim(pat, new_claim(pat, recorded), {"Amount before VAT": "1000.01", "VAT": "200.00"}, expect=422)
    assert page.links["The invoice is above the price of the packages listed."] == "#net"


@pytest.mark.rule(22)
def test_an_invoice_or_a_file_that_supports_another_claim_is_refused(app: Flask, world: World) -> None:
    pat, (file, name) = signed_in(app), paper()
    first, second = world.recorded(world.issued()), world.recorded(world.issued())
    claim(pat, new_claim(pat, first), {"Your invoice": (BytesIO(file.getvalue()), name)})
    page = claim(pat, new_claim(pat, second), {"Invoice number": "inv 77"}, expect=409)
    assert page.links["Invoice inv 77 supports another claim already."] == "#invoice_number"
    page = claim(pat, new_claim(pat, second), {"Invoice number": "78", "Your invoice": (file, name)}, expect=409)
    words = f"The file {name} supports another claim already. Untick it or choose another one."
    assert page.links[words] == "#invoice_files"


def test_a_file_of_a_kind_that_is_not_taken_is_named_and_the_others_are_kept(app: Flask, world: World) -> None:
    recorded, pat = world.recorded(world.issued()), signed_in(app)
    wrong = (BytesIO(b"hello"), "notes.txt")
    page = claim(pat, new_claim(pat, recorded), {"Evidence of what was delivered": wrong}, expect=422)
    words = "notes.txt is not a PDF, PNG, JPEG or WebP file. Save it as one of these."
    assert page.links[words] == "#delivery_files"
    assert page.form("Send the claim").data["kept"]
    assert rows(Redemption) == 0
    pat.submit(page, INVOICE, button="Send the claim")
    assert rows(Redemption) == 1


def test_one_claim_may_be_for_several_sessions_on_one_voucher(app: Flask, world: World) -> None:
    voucher = world.issued()
    with world.by("shay"):
        session.merge(world.package).net_pence = 40_000
    first, second = world.recorded(voucher), world.recorded(voucher)
    pat = signed_in(app)
    page = new_claim(pat, first)
    box = "First web shop on 7 April 2026, 90 minutes"
    assert list(page.labels.values()).count(box) == 2
    sent = {**page.form("Send the claim").data, **BODY, "session": [first.public_id, second.public_id]}
    pat.post("/claims/new", {**sent, "invoice_files": paper()})
    assert first.redemption_id == second.redemption_id is not None


def test_a_session_that_is_not_recorded_leads_to_its_own_page(app: Flask, world: World) -> None:
    opened, claimed = world.opened(world.issued()), world.claimed(world.issued())
    pat = signed_in(app)
    assert "Record support" in pat.follow(pat.get(f"/claims/new?session={opened.public_id}", expect=302)).heading
    page = pat.follow(pat.get(f"/claims/new?session={claimed.sessions[0].public_id}", expect=302))
    assert f"Claim {claimed.reference}" in page.links
    assert pat.get("/claims/new", expect=302).location == "/sessions"


def test_a_list_of_many_claims_asks_the_database_no_more_than_one_of_few(app: Flask, world: World) -> None:
    pat = signed_in(app)
    world.claimed(world.issued())
    few = asked_of_the_database(lambda: pat.get("/claims"))
    for _time in range(3):
        world.claimed(world.issued())
    assert asked_of_the_database(lambda: pat.get("/claims")) == few
