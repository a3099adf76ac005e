"""The pages behind one-time links to a delivery and a claim: a business answers as itself, once."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import Context
from functools import partial

import pytest
from flask import Flask

from tests.harness.client import PageClient
from tests.harness.clock import FixedClock
from tests.harness.page import Page
from tests.harness.world import World, build_world
from tests.integration.redemptions.pages import link_to, rows, signed_in, suspend_firm, writes
from voucher.accounts.commands import end_role
from voucher.accounts.links import open_link
from voucher.accounts.models import Membership, Person
from voucher.accounts.rules import Purpose
from voucher.platform.db import session
from voucher.redemptions import answer_views
from voucher.redemptions.claims import Accepted, resubmit_claim, withdraw_claim
from voucher.redemptions.decisions import send_back
from voucher.redemptions.models import ClaimAnswer, DeliverySession, Redemption
from voucher.redemptions.sessions import undo_session

SEND = "Send this answer"

Asking = Callable[[World], tuple[object, str]]


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    return build_world(clock)


def contact_of(world: World, asked: DeliverySession | Redemption) -> Person:
    return world.people[world.owner_of(asked.voucher)]


def delivery(world: World) -> tuple[DeliverySession, str]:
    """A recorded session, and the link that asks its business about it."""
    recorded = world.recorded(world.issued())
    return recorded, link_to(world, contact_of(world, recorded), Purpose.CONFIRM_DELIVERY, recorded.id)


def claimed(world: World) -> tuple[Redemption, str]:
    """A claim of £300 and its VAT, and the link that asks its business about it."""
    made = world.claimed(world.issued())
    return made, link_to(world, contact_of(world, made), Purpose.CONFIRM_CLAIM, made.id)


def same(page: Page) -> str:
    """The words of a page and what goes with them, without the number of the request."""
    return page.text + page.headers["Cache-Control"] + page.headers["Referrer-Policy"]


DELIVERED = "Was this delivered? First web shop on 7 April 2026, 90 minutes"
PAID = {
    DELIVERED: "Yes",
    "Are these figures right, and have you paid?": "The figures are right and we have paid",
    "How much have you paid to the provider, VAT included?": "£120.00",
    "When did you pay?": "2026-04-07",
    "How did you pay?": "Bank transfer",
}
NOT_YET = {**PAID, "Are these figures right, and have you paid?": "The figures are right, but we have not paid yet"}
WRONG = {"Are these figures right, and have you paid?": "Something is wrong"}


# Who may not


@pytest.mark.rule(15)
def test_unknown_used_and_old_links_are_one_page(
    app: Flask, client: PageClient, world: World, clock: FixedClock
) -> None:
    (_first, used), (_second, old) = delivery(world), delivery(world)
    client.submit(client.get(used), {"Was this delivered?": "Yes, all of it"}, button=SEND)
    fresh = PageClient(app)
    pages = [fresh.get(used, expect=404), fresh.get("/L/" + "A" * 32, expect=404), fresh.get("/L/x", expect=404)]
    clock.advance(days=15)
    pages.append(fresh.get(old, expect=404))
    assert len({same(page) for page in pages}) == 1
    assert "Ask for another." in pages[0]


@pytest.mark.rule(15)
@pytest.mark.parametrize("asking", [delivery, claimed])
def test_a_signed_in_provider_does_not_reach_the_businesss_page(app: Flask, world: World, asking: Asking) -> None:
    _asked, path = asking(world)
    pat = signed_in(app)
    assert "This link is not good any more" in pat.get(path, expect=404)
    pat.get("/look-up")
    pat.post(path, {"delivered": "yes", "paid": "not yet"}, expect=404)
    assert rows(ClaimAnswer) == 0


@pytest.mark.rule(15)
def test_control_without_the_look_at_who_is_signed_in_it_would(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    _recorded, path = delivery(world)
    monkeypatch.setattr(answer_views, "_link_of_visitor", open_link)
    assert signed_in(app).get(path).heading == "Was this delivered?"


@pytest.mark.rule(15)
def test_who_has_left_the_business_reaches_nothing(app: Flask, client: PageClient, world: World) -> None:
    recorded, path = delivery(world)
    with world.by("ada") as act:
        membership = session.query(Membership).filter_by(person_id=contact_of(world, recorded).id).one()
        end_role(act, membership, reason="left")
    assert "This link is not good any more" in client.get(path, expect=404)


# Looking changes nothing


@pytest.mark.parametrize("asking", [delivery, claimed])
def test_looking_at_a_link_writes_nothing_however_often(app: Flask, world: World, asking: Asking) -> None:
    _asked, path = asking(world)
    browser = app.test_client()
    visits = [partial(Context().run, method, path) for method in (browser.get, browser.head, browser.get)]
    assert [writes(visit) for visit in visits] == [[], [], []]
    answer = Context().run(browser.get, path)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"


def test_control_answering_writes(app: Flask, client: PageClient, world: World) -> None:
    _recorded, path = delivery(world)
    page = client.get(path)
    assert writes(lambda: client.submit(page, {"Was this delivered?": "Yes, all of it"}, button=SEND))


# A delivery


def test_the_page_shows_what_the_provider_says_and_what_each_side_pays(client: PageClient, world: World) -> None:
    _recorded, path = delivery(world)
    page = client.get(path)
    assert "Calder Digital Ltd says that it did this for Aire Valley Bakery" in page
    for words in ("Set up a first web shop", "7 April 2026, 90 minutes", "£1,000.00 and VAT", "£750.00", "£250.00 and"):
        assert words in page


@pytest.mark.rule(15)
def test_a_yes_is_kept_as_the_businesss_own_word_and_as_weak(client: PageClient, world: World) -> None:
    recorded, path = delivery(world)
    after = client.submit(client.get(path), {"Was this delivered?": "Yes, all of it"}, button=SEND)
    assert "We have kept that all of it was delivered." in client.follow(after)
    assert (recorded.answer, recorded.answer_strength) == ("yes", "weak")
    assert recorded.answered_by == contact_of(world, recorded).id


def test_a_no_says_what_is_wrong(client: PageClient, world: World) -> None:
    recorded, path = delivery(world)
    page = client.submit(client.get(path), button=SEND, expect=422)
    assert page.links["Say whether it was delivered."] == "#delivered"
    page = client.submit(page, {"Was this delivered?": "Partly"}, button=SEND, expect=422)
    assert page.links["Say what was not delivered."] == "#note"
    client.submit(page, {"If not all was delivered: what is missing or wrong?": "No training"}, button=SEND)
    assert (recorded.answer, recorded.answer_note) == ("partly", "No training")


def test_a_button_pressed_twice_tells_what_came_first(app: Flask, client: PageClient, world: World) -> None:
    recorded, path = delivery(world)
    page = client.get(path)
    client.submit(page, {"Was this delivered?": "Yes, all of it"}, button=SEND)
    no = {
        "Was this delivered?": "No, or something is wrong",
        "If not all was delivered: what is missing or wrong?": "?",
    }
    again = client.submit(page, no, button=SEND)
    assert "We have kept that all of it was delivered." in client.follow(again)
    assert recorded.answer == "yes"
    other = PageClient(app)
    other.get("/sign-in")
    other.post(path, {"delivered": "no", "note": "?"}, expect=404)


def test_what_was_taken_back_needs_no_answer(client: PageClient, world: World) -> None:
    recorded, path = delivery(world)
    page = client.get(path)
    world.do("pat", undo_session, recorded, reason="wrong business")
    assert client.get(path).heading == "There is nothing to answer any more"
    client.submit(page, {"Was this delivered?": "Yes, all of it"}, button=SEND, expect=200)
    assert recorded.answer is None


# A claim


def test_a_claim_is_confirmed_with_its_delivery_and_what_was_paid(client: PageClient, world: World) -> None:
    made, path = claimed(world)
    page = client.get(path)
    for words in ("£300.00 and £60.00 VAT", "£240.00", "£60.00 and £60.00 VAT, £120.00 in all", made.reference):
        assert words in page
    after = client.submit(page, PAID, button=SEND)
    assert "We have kept that you paid £120.00 on 7 April 2026." in client.follow(after)
    assert made.state == "confirmed"
    [answer] = session.query(ClaimAnswer)
    assert (answer.paid_pence, answer.paid_by, answer.strength) == (12_000, "bank transfer", "weak")
    client.get(path, expect=404)


@pytest.mark.parametrize(
    ("question", "answer", "words"),
    [
        (DELIVERED, [], "Say whether it was delivered."),
        (DELIVERED, "No", "Say what is wrong or was not delivered."),
        ("How much have you paid to the provider, VAT included?", "", "Enter what you have paid, in pounds."),
        ("How much have you paid to the provider, VAT included?", "0", "Enter what you have paid, in pounds."),
        ("When did you pay?", "", "Enter the day on which you paid."),
        ("When did you pay?", "2026-04-08", "The day of the payment lies in the future."),
        ("How did you pay?", [], "Say how you paid."),
    ],
)
def test_what_is_missing_is_asked_for_and_nothing_is_kept(
    client: PageClient, world: World, question: str, answer: object, words: str
) -> None:
    made, path = claimed(world)
    page = client.submit(client.get(path), {**PAID, question: answer}, button=SEND, expect=422)
    assert words in page.links
    assert made.state == "submitted"
    client.submit(client.get(path), PAID, button=SEND)


def test_not_yet_keeps_the_link_good_until_the_payment_is_told(client: PageClient, world: World) -> None:
    made, path = claimed(world)
    after = client.submit(client.get(path), NOT_YET, button=SEND)
    assert "Open the same link once you have." in client.follow(after)
    assert made.state == "confirmed"
    page = client.get(path)
    assert "You have said that this was delivered" in page
    client.submit(page, {name: answer for name, answer in PAID.items() if name != DELIVERED}, button=SEND)
    assert [answer.paid_pence for answer in session.query(ClaimAnswer).order_by(ClaimAnswer.id)] == [None, 12_000]
    client.get(path, expect=404)


@pytest.mark.rule(16)
def test_something_wrong_disputes_the_claim_and_says_what(client: PageClient, world: World) -> None:
    made, path = claimed(world)
    page = client.submit(client.get(path), WRONG, button=SEND, expect=422)
    assert page.links["Say what is wrong or was not delivered."] == "#note"
    client.submit(page, {"If something is wrong or missing: what?": "We never ordered this"}, button=SEND)
    assert made.state == "disputed"
    assert made.state_reason == "The business says that something in the claim is wrong."
    [answer] = session.query(ClaimAnswer)
    assert (answer.accepts, answer.note) == (False, "We never ordered this")


def test_figures_that_have_changed_since_the_page_was_opened_are_not_accepted(client: PageClient, world: World) -> None:
    made, path = claimed(world)
    page = client.get(path)
    world.do("carl", send_back, made, reason="wrong amount")
    assert client.get(path).heading == "There is nothing to answer any more"
    world.do("pat", resubmit_claim, made, world.invoice(40_000), request_key="again-01")
    refused = client.submit(page, PAID, button=SEND, expect=409)
    assert "The provider has changed the claim. Look at the figures again." in refused
    assert "£400.00 and £80.00 VAT" in refused
    assert rows(ClaimAnswer) == 0
    assert "paid" not in refused.form(SEND).data
    client.submit(refused, PAID, button=SEND)
    assert made.state == "confirmed"


def test_a_delivery_that_was_paid_for_needs_no_answer(client: PageClient, world: World) -> None:
    recorded, link = delivery(world)
    receipt = world.submit([recorded], 30_000)
    assert isinstance(receipt, Accepted)
    world.approved(world.verified(world.confirmed(receipt.redemption)))
    world.paid()
    assert "nothing to answer" in client.get(link)


def test_a_claim_that_was_withdrawn_needs_no_answer(client: PageClient, world: World) -> None:
    made, path = claimed(world)
    world.do("pat", withdraw_claim, made, reason="our mistake")
    suspend_firm(world)
    assert client.get(path).heading == "There is nothing to answer any more"
