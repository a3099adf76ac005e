"""How a scheme pays, on pages: a way is proposed and confirmed, codes and numbers are entered, days are counted."""

from __future__ import annotations

from io import BytesIO

import pytest
from flask import Flask

from tests.harness.clock import FixedClock
from tests.harness.world import PDF, World, build_world
from tests.integration.payments.pages import browser_of, stranger, submitted
from tests.integration.payments.ways import pays_by
from tests.integration.providers.pages import ACCOUNT, Factor
from voucher.payments.cost_codes import cost_codes_of
from voucher.payments.models import Batch
from voucher.payments.way_models import PayingWay
from voucher.payments.ways import way_in_force
from voucher.platform.db import read_anew, session
from voucher.providers.queries import current_details
from voucher.providers.supplier_numbers import current_number

OWN = {
    "Name on the scheme's own account": "Northmoor CA",
    "Sort code": "20-00-00",
    "Account number": "12345678",
    "Why": "as the bank asks",
}
PAIN_001 = {"What file does a batch become?": "ISO 20022 pain.001.001.09, XML"}
PROPOSE, CONFIRM = "Propose it to the signer", "Confirm this way of paying"


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    return build_world(clock)


def test_providers_and_people_of_other_schemes_see_no_way_of_paying(app: Flask, world: World) -> None:
    way = pays_by(world, "pain.001")
    browser_of(app, world, "pat").get("/scheme/paying", expect=403)
    stranger(world)
    browser_of(app, world, "stan").get(f"/scheme/paying/{session.merge(way).public_id}", expect=404)
    for path in ("/scheme/paying/propose", "/scheme/cost-codes"):
        browser_of(app, world, "vera").get(path, expect=403)


@pytest.mark.rule(29)
def test_a_way_is_proposed_by_one_and_confirmed_by_the_signer(app: Flask, world: World) -> None:
    shay, sigrid = browser_of(app, world, "shay"), browser_of(app, world, "sigrid")
    form = shay.click(shay.get("/scheme/paying"), "Propose another way of paying")
    more = {"Batches above this sum take a second approver": "5000.00", **Factor(world, "shay").code()}
    page = shay.follow(shay.submit(form, {**PAIN_001, **OWN, **more}, button=PROPOSE))
    assert "Another way of paying waits for the signer" in page.links
    read_anew()
    address = f"/scheme/paying/{session.query(PayingWay).one().public_id}"
    assert "You proposed this: the signer must confirm it" in shay.get(address)
    shown = sigrid.get(address)
    assert "Account ending 5678" in shown
    assert "Above £5,000.00" in shown
    sigrid.follow(sigrid.submit(shown, Factor(world, "sigrid").code(), button=CONFIRM))
    read_anew()
    assert way_in_force(world.scheme.id).code == "pain.001"
    page = sigrid.get("/scheme/paying")
    assert "Proposed by Shay, confirmed by Sigrid" in page
    assert "12345678" not in page.text


def test_what_is_missing_is_named_at_its_field_and_the_proposal_can_be_declined(app: Flask, world: World) -> None:
    shay, sigrid, factor = browser_of(app, world, "shay"), browser_of(app, world, "sigrid"), Factor(world, "shay")
    form = shay.get("/scheme/paying/propose")
    page = shay.submit(form, {**PAIN_001, "Why": "x", **factor.code()}, button=PROPOSE, expect=422)
    assert page.all("p", id="account_name-error")
    shay.submit(page, {**OWN, **factor.code()}, button=PROPOSE)
    read_anew()
    address = f"/scheme/paying/{session.query(PayingWay).one().public_id}"
    sigrid.submit(sigrid.get(address), {"Reason": "not this bank"}, button="Decline this proposal")
    read_anew()
    assert (session.query(PayingWay).one().state, way_in_force(world.scheme.id).code) == ("declined", "bank-csv")


def test_a_cost_code_is_entered_for_each_line(app: Flask, world: World) -> None:
    fred = browser_of(app, world, "fred")
    page = fred.get("/scheme/cost-codes")
    assert fred.submit(page, {"Cost code": " "}, button="Keep the cost code", expect=422).all("p", id="code-error")
    fred.submit(page, {"Cost code": "R400-1"}, button="Keep the cost code")
    assert "R400-1" in fred.get("/scheme/paying")
    read_anew()
    assert list(cost_codes_of(world.scheme.id).values()) == ["R400-1"]


@pytest.mark.rule(29)
def test_a_supplier_number_is_keyed_by_one_and_confirmed_by_another(app: Flask, world: World) -> None:
    kit, kay = browser_of(app, world, "kit"), browser_of(app, world, "kay")
    kits, kays = Factor(world, "kit"), Factor(world, "kay")
    record = f"/providers-desk/{world.provider.public_id}"
    form = kit.click(kit.get(record), "Key the supplier number")
    kit.submit(form, {"Supplier number": "S-42", **kits.code()}, button="Keep this supplier number")
    assert "You keyed this number: another person must confirm it." in kit.get(record)
    form = kay.click(kay.get(record), "Confirm the supplier number")
    kay.submit(form, kays.code(), button="Confirm the supplier number")
    read_anew()
    number = current_number(world.provider.id)
    assert number is not None
    assert (number.number, number.confirmed_by) == ("S-42", world.people["kay"].id)


@pytest.mark.rule(31)
def test_the_document_behind_an_unavailable_check_is_handed_in_and_can_be_saved(app: Flask, world: World) -> None:
    kit, kits = browser_of(app, world, "kit"), Factor(world, "kit")
    record = f"/providers-desk/{world.provider.public_id}"
    kit.submit(kit.get(f"{record}/bank-details"), {**ACCOUNT, **kits.code()}, button="Keep these bank details")
    page, said = (
        kit.get(f"{record}/payee-check"),
        {"What did Confirmation of Payee say?": "Unavailable", "Note": "seen"},
    )
    again = kit.submit(page, {**said, **kits.code()}, button="Record the payee check", expect=422)
    assert again.all("p", id="evidence-error")
    letter = (BytesIO(PDF.format("letter").encode()), "letter.pdf")
    given = {**said, "Document that shows whose account it is": letter, **kits.code()}
    kit.submit(again, given, button="Record the payee check")
    shown = kit.get(record)
    assert "Not checkable, no tables were loaded" in shown
    assert kit.click(shown, "letter.pdf").body.startswith(b"%PDF-")
    read_anew()
    details = current_details(world.provider.id)
    assert details is not None
    assert details.payee_check == "unavailable"
    assert details.evidence_id is not None


@pytest.mark.rule(29)
def test_the_pages_of_a_batch_say_that_its_sum_takes_two(app: Flask, world: World) -> None:
    world.payable()
    pays_by(world, "bank-csv", above=0)
    batch = submitted(world)
    paul = browser_of(app, world, "paul")
    address = f"/batches/{session.merge(batch).public_id}"
    assert "Not yet: above £0.00 it takes two people" in paul.get(address)
    form = paul.get(f"{address}/approve")
    assert "once you have approved it, a second person has to do the same" in form
    shown = paul.follow(paul.submit(form, Factor(world, "paul").code(), button="Approve 1 payment, £240.00"))
    assert "has its first approval. Its sum takes a second person." in shown
    assert "Paul has approved it first." in shown
    session.expire_all()
    assert session.query(Batch).one().state == "submitted"


def test_an_upload_is_called_one_and_the_file_has_its_own_name(app: Flask, world: World) -> None:
    world.payable()
    pays_by(world, "pain.001")
    batch = world.exported()
    petra = browser_of(app, world, "petra")
    address = f"/batches/{session.merge(batch).public_id}"
    answer = petra.submit(petra.get(address), button="Download the bank file again", expect=200)
    assert answer.headers["Content-Disposition"] == f"attachment; filename={session.merge(batch).reference}.xml"
    assert answer.headers["Content-Type"].startswith("application/xml")


# Days to payment


def test_providers_do_not_see_the_days_of_all_claims(app: Flask, world: World) -> None:
    browser_of(app, world, "pat").get("/days-to-payment", expect=403)


@pytest.mark.rule(38)
def test_claims_over_thirty_days_are_reported_with_whose_days_were_lost(app: Flask, world: World) -> None:
    paid = world.payable()
    world.paid()
    waits = world.payable()
    world.clock.advance(days=31)
    vera = browser_of(app, world, "vera")
    page = vera.get("/days-to-payment")
    first, second = (session.merge(claim).reference for claim in (paid, waits))
    assert f"{first} Calder Digital Ltd Paid 7 April 2026 7 April 2026 7 April 2026 0 0 0 0" in page
    assert f"{second} Calder Digital Ltd Approved 7 April 2026 7 April 2026 Not yet 31 Over 30 0 0 31" in page
    assert "0 by providers, 0 by businesses, 31 by the scheme" in page
    late = vera.get("/days-to-payment?show=late")
    assert (first in late, second in late) == (False, True)
    assert first in vera.get("/days-to-payment?days=31")
    world.clock.advance(days=1)
    assert first not in vera.get("/days-to-payment?days=31")
