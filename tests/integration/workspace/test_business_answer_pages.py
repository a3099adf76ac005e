"""A signed-in business says whether support was delivered, what it paid, and that something is wrong."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask

from tests.harness.client import PageClient
from tests.harness.clock import FixedClock
from tests.harness.world import World, build_world
from tests.integration.redemptions.due_days import entries, on, run
from tests.integration.redemptions.pages import rows, told, writes
from tests.integration.workspace.business import (
    AMOUNT,
    DELIVERED,
    MISSING,
    NOT_YET,
    ON_CLAIM,
    PAID,
    SEND,
    browser_of,
    owner,
)
from voucher.accounts.commands import grant_role
from voucher.accounts.rules import Role
from voucher.audit.commands import change_state
from voucher.funding.rules import EntryKind
from voucher.payments.batches import prepare_batch
from voucher.platform.act import Act
from voucher.platform.db import session
from voucher.redemptions import answers, due
from voucher.redemptions.checks import lift_hold, put_on_hold
from voucher.redemptions.claims import resubmit_claim, withdraw_claim
from voucher.redemptions.decisions import send_back
from voucher.redemptions.models import ClaimAnswer, DeliverySession, Redemption
from voucher.redemptions.queries import lock_redemption
from voucher.redemptions.rules import REDEMPTION_TRANSITIONS, RedemptionState
from voucher.workspace import business_answers, business_queries

DISPUTE = "Dispute this claim"


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    return build_world(clock)


def at(asked: DeliverySession | Redemption) -> str:
    return f"/business/{'claims' if isinstance(asked, Redemption) else 'deliveries'}/{asked.public_id}"


def works_there_too(world: World, asked: DeliverySession | Redemption) -> str:
    """The manager of the provider, who is a member of the voucher's business as well."""
    with world.by("ada") as act:
        business_id = session.merge(asked).voucher.business_id
        grant_role(act, session.merge(world.people["pat"]), Role.BUSINESS_MEMBER, organisation_id=business_id)
    return "pat"


# Who may not


@pytest.mark.rule(15)
def test_nobody_but_the_business_reaches_the_pages(app: Flask, client: PageClient, world: World) -> None:
    recorded, made, other = world.recorded(world.issued()), world.claimed(world.issued()), world.issued()
    stranger = owner(app, world, other)
    stranger.get("/business")
    for path in (at(recorded), at(made)):
        client.get(path, expect=302)
        for name in ("pat", "vera", "shay"):
            browser_of(app, world, name).get(path, expect=403)
        stranger.get(path, expect=404)
        stranger.post(path, {"delivered": "yes", "paid": "not yet", "version": "1"}, expect=404)
    stranger.post(at(made) + "/dispute", {"reason": "mine"}, expect=404)
    stranger.get(f"{at(made)}/files/{made.evidence[0].document.public_id}", expect=404)
    assert (recorded.answer, made.state, rows(ClaimAnswer)) == (None, "submitted", 0)


@pytest.mark.rule(15)
def test_who_works_for_the_provider_never_gives_the_businesss_word(app: Flask, world: World) -> None:
    recorded, made = world.recorded(world.issued()), world.claimed(world.issued())
    for asked in (recorded, made):
        works_there_too(world, asked)
    pat = browser_of(app, world, "pat")
    pat.get("/business")
    pat.post(at(recorded), {"delivered": "yes"}, expect=404)
    pat.post(at(made), {"paid": "not yet", "version": "1"}, expect=404)
    pat.post(at(made) + "/dispute", {"reason": "mine"}, expect=404)
    assert "First web shop" not in pat.get(f"/business/vouchers/{recorded.voucher.reference}")
    assert recorded.answer is None


@pytest.mark.rule(15)
def test_control_without_both_looks_at_the_person_it_would(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded = world.recorded(world.issued())
    client = browser_of(app, world, works_there_too(world, recorded))
    monkeypatch.setattr(business_answers, "own_delivery", lambda _actor, _id: session.merge(recorded))
    monkeypatch.setattr(answers, "why_not_answer", lambda *_anybody: None)
    client.submit(client.get(at(recorded)), {DELIVERED: "Yes, all of it"}, button=SEND)
    assert recorded.answer == "yes"


def test_looking_writes_nothing(app: Flask, world: World) -> None:
    made = world.claimed(world.issued())
    client = owner(app, world, made.voucher)
    assert [writes(lambda path=path: client.get(path)) for path in (at(made), at(made.sessions[0]))] == [[], []]  # type: ignore[misc]


# A delivery


@pytest.mark.rule(15)
def test_a_yes_is_kept_as_the_word_of_whoever_signed_in(app: Flask, world: World) -> None:
    recorded = world.recorded(world.issued())
    client = owner(app, world, recorded.voucher)
    page = client.get(at(recorded))
    for words in ("Calder Digital Ltd says that it did this", "Set up a first web shop", "£250.00 and the VAT"):
        assert words in page
    after = client.submit(page, {DELIVERED: "Yes, all of it"}, button=SEND)
    assert "We have kept that all of it was delivered." in client.follow(after)
    assert (recorded.answer, recorded.answer_strength) == ("yes", "ordinary")
    assert recorded.answered_by == recorded.voucher.application.contact_id


def test_partly_says_what_is_missing_and_may_become_a_yes(app: Flask, world: World) -> None:
    recorded = world.recorded(world.issued())
    client = owner(app, world, recorded.voucher)
    page = client.submit(client.get(at(recorded)), {DELIVERED: "Partly"}, button=SEND, expect=422)
    assert page.links["Say what was not delivered."] == "#note"
    client.submit(page, {MISSING: "No training"}, button=SEND)
    page = client.get(at(recorded))
    assert "You have said that it was delivered in part: No training" in page
    client.submit(page, {DELIVERED: "Yes, all of it"}, button="Change the answer")
    assert (recorded.answer, recorded.answer_note) == ("yes", "")


@pytest.mark.rule(16)
def test_a_no_after_the_claim_was_verified_disputes_it(app: Flask, world: World) -> None:
    made = world.verified(world.confirmed(world.claimed(world.issued())))
    client = owner(app, world, made.voucher)
    no = {DELIVERED: "No, or something is wrong", MISSING: "The shop is gone"}
    client.submit(client.get(at(made.sessions[0])), no, button="Change the answer")
    assert made.state == "disputed"


def test_what_is_paid_or_taken_back_takes_no_answer(app: Flask, world: World) -> None:
    made = world.payable()
    client = owner(app, world, made.voucher)
    page = client.get(at(made.sessions[0]))
    world.paid()
    client.submit(page, {DELIVERED: "No, or something is wrong", MISSING: "?"}, button="Change the answer", expect=200)
    assert made.sessions[0].answer == "yes"
    assert "there is nothing to answer" in client.get(at(made.sessions[0]))


# A claim


@pytest.mark.rule(15)
def test_a_claim_is_confirmed_with_its_delivery_and_what_was_paid(app: Flask, world: World) -> None:
    made = world.claimed(world.issued())
    client = owner(app, world, made.voucher)
    page = client.get(at(made))
    for words in ("£300.00 and £60.00 VAT", "£240.00", "£60.00 and £60.00 VAT, £120.00 in all", "Waits for: you"):
        assert words in page
    after = client.follow(client.submit(page, {**PAID, ON_CLAIM: "Yes"}, button=SEND))
    assert made.state == "confirmed"
    [answer] = session.query(ClaimAnswer)
    assert (answer.paid_pence, answer.paid_by, answer.strength) == (12_000, "bank transfer", "ordinary")
    for words in ("Waits for: the scheme's office", "£120.00 paid on 7 April 2026", "the money by 7 May 2026"):
        assert words in after


def test_the_invoice_is_read_before_it_is_confirmed_and_no_other_claims(app: Flask, world: World) -> None:
    made, other = world.claimed(world.issued()), world.claimed(world.issued())
    client = owner(app, world, made.voucher)
    paper = client.get(client.get(at(made)).links["invoice.pdf"])
    assert paper.body.startswith(b"%PDF-")
    assert paper.headers["Content-Disposition"] == "attachment; filename=invoice.pdf"
    assert paper.headers["Cache-Control"] == "no-store"
    client.get(f"{at(made)}/files/{other.evidence[0].document.public_id}", expect=404)


def test_what_is_missing_is_asked_for_and_nothing_is_kept(app: Flask, world: World) -> None:
    made = world.claimed(world.issued())
    client = owner(app, world, made.voucher)
    page = client.submit(client.get(at(made)), {**PAID, "When did you pay?": "2026-04-08"}, button=SEND, expect=422)
    assert "Say whether it was delivered." in page.links
    page = client.submit(page, {ON_CLAIM: "Yes"}, button=SEND, expect=422)
    assert "The day of the payment lies in the future." in page.links
    page = client.submit(page, {"When did you pay?": "1990-12-05"}, button=SEND, expect=422)
    assert "That is more than a year before the voucher was issued. Check the year." in page.links
    assert (made.state, rows(ClaimAnswer)) == ("submitted", 0)


def test_not_yet_keeps_the_task_open_until_the_payment_is_told(app: Flask, world: World) -> None:
    made = world.claimed(world.issued())
    client = owner(app, world, made.voucher)
    client.submit(client.get(at(made)), {**NOT_YET, ON_CLAIM: "Yes"}, button=SEND)
    assert "Tell us once you have paid £120.00 to the provider" in client.get("/business")
    page = client.get(at(made))
    assert "Waits for: you" in page
    client.submit(page, PAID, button=SEND)
    assert [answer.paid_pence for answer in session.query(ClaimAnswer).order_by(ClaimAnswer.id)] == [None, 12_000]
    assert "Tell us once you have paid" not in client.get("/business")


@pytest.mark.rule(21)
def test_too_little_keeps_the_task_open_and_says_what_is_missing(app: Flask, world: World) -> None:
    made = world.claimed(world.issued())
    client = owner(app, world, made.voucher)
    said = {**PAID, ON_CLAIM: "Yes", AMOUNT: "10"}
    page = client.follow(client.submit(client.get(at(made)), said, button=SEND))
    assert made.state == "confirmed"
    assert "You have said that you paid £10.00. Your part is £120.00, so £110.00 is missing." in page
    assert "Waits for: you" in page
    assert "The provider can expect the money" not in page
    assert "Tell us once you have paid £120.00 to the provider" in client.get("/business")
    page = client.follow(client.submit(page, PAID, button=SEND))
    assert "is missing" not in page
    assert "Tell us once you have paid" not in client.get("/business")


def test_what_is_written_beside_a_yes_is_kept(app: Flask, world: World) -> None:
    recorded = world.recorded(world.issued())
    client = owner(app, world, recorded.voucher)
    client.submit(client.get(at(recorded)), {DELIVERED: "Yes, all of it", MISSING: "Very friendly"}, button=SEND)
    assert (recorded.answer, recorded.answer_note) == ("yes", "Very friendly")


def test_support_whose_claim_was_taken_back_tells_what_the_voucher_can_still_pay(app: Flask, world: World) -> None:
    """Its money went back to the voucher; a business that read "up to £0.00" would pay for all of it."""
    made = world.claimed(world.issued())
    [item] = made.sessions
    world.do("pat", withdraw_claim, made, reason="billed twice")
    assert item.held_pence == 0
    page = owner(app, world, made.voucher).get(at(item))
    assert "The voucher pays up to £750.00 You pay £250.00 and the VAT" in page
    words = "Nothing, since its claim was taken back. The voucher can pay £750.00 of it as things stand."
    assert words in browser_of(app, world, "pat").get(f"/sessions/{item.public_id}")
    told = browser_of(app, world, "pat").get("/sessions")
    assert "Nothing is held for it since its claim was taken back; the voucher can pay £750.00 as things stand." in told
    assert world.claimed(world.issued()).sessions[0].payable_pence == 0


def test_a_button_pressed_twice_keeps_one_answer(app: Flask, world: World) -> None:
    made = world.claimed(world.issued())
    client = owner(app, world, made.voucher)
    page = client.get(at(made))
    client.submit(page, {**PAID, ON_CLAIM: "Yes"}, button=SEND)
    client.submit(page, {**PAID, ON_CLAIM: "Yes"}, button=SEND, expect=200)
    assert rows(ClaimAnswer) == 1


def test_figures_that_have_changed_since_the_page_was_opened_are_not_accepted(app: Flask, world: World) -> None:
    made = world.claimed(world.issued())
    client = owner(app, world, made.voucher)
    page = client.get(at(made))
    world.do("carl", send_back, made, reason="wrong amount")
    assert "The provider corrects the claim." in client.get(at(made))
    world.do("pat", resubmit_claim, made, world.invoice(40_000), request_key="again-01")
    refused = client.submit(page, {**PAID, ON_CLAIM: "Yes"}, button=SEND, expect=409)
    assert "The provider has changed the claim. Look at the figures again." in refused
    assert "£400.00 and £80.00 VAT" in refused
    assert rows(ClaimAnswer) == 0


# Nothing by itself


@pytest.mark.rule(14)
def test_a_claim_that_was_not_answered_stands_as_unconfirmed_and_is_still_asked_about(app: Flask, world: World) -> None:
    made = world.claimed(world.issued())
    client = owner(app, world, made.voucher)
    on(world, date(2026, 5, 6))
    run(world)
    page = client.get(at(made))
    assert "Unconfirmed Waits for: you" in page
    assert "You had until 5 May 2026 to answer, so the claim stands as not confirmed and nothing is paid." in page
    assert "By 5 May 2026. Yesterday" in client.get("/business")
    assert (made.state, entries(EntryKind.APPROVED)) == ("unconfirmed", [])
    client.submit(page, {**PAID, ON_CLAIM: "Yes"}, button=SEND)
    assert made.state == "confirmed"


@pytest.mark.rule(14)
def test_control_a_silence_taken_for_a_yes_would_stand_as_confirmed(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def confirm(act: Act, claim: Redemption) -> None:
        asked = lock_redemption(claim.id)
        change_state(act.actor, "claim.confirmed", asked, RedemptionState.CONFIRMED, REDEMPTION_TRANSITIONS, at=act.now)

    made = world.claimed(world.issued())
    client = owner(app, world, made.voucher)
    monkeypatch.setattr(due, "mark_unconfirmed", confirm)
    on(world, date(2026, 5, 6))
    run(world)
    assert "Confirmed Waits for: the scheme's office" in client.get(at(made))


# Something is wrong


@pytest.mark.rule(16)
def test_an_approved_claim_is_disputed_and_no_batch_takes_it(app: Flask, world: World) -> None:
    made = world.payable()
    client = owner(app, world, made.voucher)
    page = client.submit(client.get(at(made)), button=DISPUTE, expect=422)
    assert page.links["Say what is wrong: the provider and the scheme's office read it."] == "#reason"
    for _time in range(2):
        after = client.submit(page, {"What is wrong?": "The shop was taken down"}, button=DISPUTE)
    assert "What is disputed: The shop was taken down" in client.follow(after)
    assert made.state == "disputed"
    assert told("claim_disputed") == ["pat@provider.example"]
    assert world.do("petra", prepare_batch, world.scheme).batch is None


@pytest.mark.rule(16)
def test_control_a_dispute_that_only_is_noted_would_let_it_be_paid(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = world.payable()
    client = owner(app, world, made.voucher)
    monkeypatch.setattr(business_answers, "dispute_claim", lambda *_args, **_more: None)
    client.submit(client.get(at(made)), {"What is wrong?": "The shop was taken down"}, button=DISPUTE)
    assert world.do("petra", prepare_batch, world.scheme).batch is not None


@pytest.mark.rule(16)
def test_a_claim_in_a_batch_offers_no_dispute_and_takes_none(app: Flask, world: World) -> None:
    made = world.payable()
    client = owner(app, world, made.voucher)
    page = client.get(at(made))
    world.do("petra", prepare_batch, world.scheme)
    client.submit(page, {"What is wrong?": "Too late"}, button=DISPUTE, expect=409)
    assert DISPUTE not in client.get(at(made))


def test_the_pay_day_is_said_once_the_business_has_answered_and_while_it_holds(app: Flask, world: World) -> None:
    claim = world.claimed(world.issued())
    business, provider = owner(app, world, claim.voucher), browser_of(app, world, "pat")
    words = "by 7 May 2026"
    assert "expect the money" not in business.get(at(claim))
    world.confirmed(claim)
    assert f"The provider can expect the money {words}" in business.get(at(claim))
    assert f"Expected to be paid {words}" in provider.get("/claims")
    world.do("vera", put_on_hold, claim, reason="a second look")
    assert "expect the money" not in business.get(at(claim))
    world.do("vera", lift_hold, claim, reason="all in order")
    world.clock.advance(days=60)
    assert "expect the money" not in business.get(at(claim))


def test_a_paid_claim_says_when(app: Flask, world: World) -> None:
    made = world.payable()
    world.paid()
    page = owner(app, world, made.voucher).get(at(made))
    assert "Paid to the provider on 7 April 2026." in page
    assert page.all("form") == page.all("form", class_="account")


def test_control_the_list_without_its_scope_would_show_other_firms(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, other = world.claimed(world.issued()), world.issued()
    monkeypatch.setattr(business_queries, "own_business_ids", lambda *_anybody: [made.voucher.business_id])
    assert owner(app, world, other).get(at(made)).heading.startswith("Check claim")
