"""What a session and a claim must be before they are taken in, confirmed and approved."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from tests.harness.clock import FixedClock
from tests.harness.reconciled import assert_reconciled
from tests.harness.world import World, add_package, add_provider, build_world
from tests.journeys.steps import SEEN, fall_due, on
from voucher.accounts.commands import grant_role
from voucher.accounts.rules import Role
from voucher.documents.commands import RETAINED_CLAIM, keep_document
from voucher.platform.actor import Channel
from voucher.platform.db import session
from voucher.platform.errors import Conflict, DomainError, Forbidden
from voucher.providers.models import Package
from voucher.redemptions import answers, automatic, claim_checks, claims, sessions
from voucher.redemptions.answers import answer_claim, answer_session
from voucher.redemptions.checks import Finding, accept_on_other_evidence, put_on_hold, verify_claim
from voucher.redemptions.claim_checks import Attached, Invoice
from voucher.redemptions.claims import Accepted, Refused, submit_claim
from voucher.redemptions.decisions import approve_claim
from voucher.redemptions.models import DeliverySession, Redemption
from voucher.redemptions.queries import lock_session
from voucher.redemptions.rules import ContributionProof, Delivered, EvidenceKind, Task
from voucher.redemptions.sessions import record_session, undo_session
from voucher.vouchers.balances import hold

TODAY = date(2026, 4, 7)


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    return build_world(clock)


def add_role(world: World, name: str, role: Role) -> None:
    world.do("ada", grant_role, world.people[name], role, scheme_id=world.scheme.id)


def record(world: World, opened: DeliverySession, day: date = TODAY, **changes: Any) -> DeliverySession:
    given = {"package": world.package, "minutes": 60, "description": "web shop", "late_reason": ""} | changes
    package = given.pop("package")
    return world.do("pat", record_session, opened, package, delivered_on=day, **given)


def code(receipt: Accepted | Refused) -> str:
    return receipt.code if isinstance(receipt, Refused) else "accepted"


def send(world: World, items: list[DeliverySession], invoice: Invoice, *kinds: EvidenceKind) -> Accepted | Refused:
    with world.by("pat") as act:
        return submit_claim(
            act, world.provider, items, invoice, world.attach(act, *kinds), request_key=f"k{next(world.numbers)}"
        )


@pytest.mark.rule(11)
def test_work_before_issue_or_after_the_last_day_or_in_the_future_is_not_recorded(world: World) -> None:
    on(world, "2026-04-10")
    voucher = world.issued()
    opened = world.opened(voucher)
    with pytest.raises(DomainError, match="good for work from 10 April 2026"):
        record(world, opened, date(2026, 4, 9))
    with pytest.raises(DomainError, match="lies in the future"):
        record(world, opened, date(2026, 4, 11))
    assert record(world, opened, date(2026, 4, 10)).state == "recorded"


@pytest.mark.rule(11)
def test_without_its_days_a_voucher_would_pay_for_earlier_work(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control; the checks of the claim stand behind it and are taken away, too."""
    on(world, "2026-04-10")
    opened = world.opened(world.issued())
    for module in (sessions, claim_checks, automatic):
        monkeypatch.setattr(module, "delivered_in_date", lambda *_days: True)
    item = record(world, opened, date(2026, 4, 1))
    receipt = world.submit([item], 30_000)
    assert isinstance(receipt, Accepted)
    world.approved(world.verified(world.confirmed(receipt.redemption)))


@pytest.mark.rule(11)
def test_a_claim_whose_work_turns_out_to_be_out_of_date_is_not_verified(world: World) -> None:
    claim = world.confirmed(world.claimed(world.issued()))
    with world.by("shay"):
        session.execute(text("UPDATE delivery_session SET delivered_on = '2026-04-06'"))
    assert set(world.do("vera", verify_claim, claim, SEEN)) == {Task.DATES}
    assert claim.state == "confirmed"


@pytest.mark.rule(10)
def test_late_work_needs_a_reason_and_is_too_late_after_the_late_days(world: World) -> None:
    voucher, other = world.issued(), world.issued()
    on(world, "2026-07-13")
    opened = world.opened(voucher)
    with pytest.raises(DomainError, match="say why"):
        record(world, opened, date(2026, 7, 6))
    record(world, opened, date(2026, 7, 6), late_reason="the scanner was broken")
    opened = world.opened(other)
    world.clock.set(datetime(2026, 7, 13, 23, 0, tzinfo=UTC))
    with pytest.raises(DomainError, match="are over"):
        record(world, opened, date(2026, 7, 6), late_reason="the scanner was broken")


@pytest.mark.rule(10)
@pytest.mark.parametrize(("moment", "outcome"), [((22, 59, 59), "accepted"), ((23, 0, 0), "claim_window")])
def test_a_claim_is_in_time_to_the_last_second_of_the_window(
    world: World, moment: tuple[int, int, int], outcome: str
) -> None:
    item = world.recorded(world.issued())
    world.clock.set(datetime(2026, 8, 3, *moment, tzinfo=UTC))
    assert code(world.submit([item], 30_000)) == outcome


@pytest.mark.rule(53)
def test_only_the_provider_s_own_packages_for_that_kind_of_voucher_are_recorded(world: World) -> None:
    opened = world.opened(world.issued())
    theirs = add_package(world, add_provider(world, "Wharfe Systems Ltd", "09000002", "quinn"), "WEB", 90_000)
    with pytest.raises(DomainError, match="cannot be used with this voucher"):
        record(world, opened, package=theirs)
    assert record(world, opened).held_pence == 75_000


@pytest.mark.rule(53)
def test_a_package_that_is_no_longer_listed_is_not_recorded(world: World) -> None:
    opened = world.opened(world.issued())
    with world.by("shay"):
        session.get_one(Package, world.package.id).active = False
    with pytest.raises(DomainError):
        record(world, opened)


@pytest.mark.rule(53)
def test_an_invoice_above_the_price_of_its_packages_is_refused(world: World) -> None:
    item = world.recorded(world.issued())
    assert code(world.submit([item], 100_001)) == "above_package_price"
    assert code(world.submit([item], 100_000)) == "accepted"


@pytest.mark.rule(6)
def test_a_claim_is_for_one_voucher_and_the_sessions_of_its_own_provider(world: World) -> None:
    first, second = world.recorded(world.issued()), world.recorded(world.issued())
    assert code(world.submit([first, second], 30_000)) == "sessions"
    add_provider(world, "Wharfe Systems Ltd", "09000002", "quinn")
    with pytest.raises(Forbidden):
        world.do("quinn", submit_claim, world.provider, [first], world.invoice(30_000), request_key="k")


@pytest.mark.rule(6, 15)
@pytest.mark.parametrize("who", ["another business", "pat", "vera", "ada"])
def test_nobody_but_the_named_business_gives_its_word(world: World, who: str) -> None:
    claim, other = world.claimed(world.issued()), world.issued()
    name = world.owner_of(other) if who == "another business" else who
    with pytest.raises(Forbidden):
        world.do(name, answer_session, claim.sessions[0], Delivered.YES)
    with pytest.raises(Forbidden):
        world.do(name, answer_claim, claim, accepts=True)
    assert claim.sessions[0].answer is None


@pytest.mark.rule(15)
def test_a_person_of_both_sides_cannot_confirm_their_own_work(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    claim = world.claimed(world.issued())
    owner = world.owner_of(claim.voucher)
    ids = {"organisation_id": claim.provider.organisation_id}
    world.do("ada", grant_role, world.people[owner], Role.PROVIDER_SCANNER, **ids)
    with pytest.raises(Forbidden, match="You work for the provider"):
        world.do(owner, answer_session, claim.sessions[0], Delivered.YES)
    monkeypatch.setattr("voucher.redemptions.answers.why_not_answer", lambda *_args: None)
    world.do(owner, answer_session, claim.sessions[0], Delivered.YES)
    assert claim.sessions[0].answer == "yes"


@pytest.mark.rule(15)
@pytest.mark.parametrize(("channel", "strength"), [(Channel.WEB, "ordinary"), (Channel.LINK, "weak")])
def test_an_answer_by_a_link_alone_is_recorded_as_weak(world: World, channel: Channel, strength: str) -> None:
    claim = world.claimed(world.issued())
    with world.by(world.owner_of(claim.voucher), channel) as act:
        answer_session(act, claim.sessions[0], Delivered.YES)
    assert claim.sessions[0].answer_strength == strength


@pytest.mark.rule(14)
def test_a_claim_that_nobody_answers_becomes_unconfirmed_and_is_never_approved_by_itself(world: World) -> None:
    claim = world.claimed(world.issued())
    world.clock.advance(days=14)
    assert (fall_due(world).halfway_alerts, fall_due(world).halfway_alerts) == (1, 0)
    world.clock.advance(days=14)
    assert fall_due(world).claims_unconfirmed == 0
    world.clock.advance(days=1)
    assert fall_due(world).claims_unconfirmed == 1
    for command in (approve_claim, lambda act, item: verify_claim(act, item, SEEN)):
        with pytest.raises(DomainError):
            world.do("carl" if command is approve_claim else "vera", command, claim)
    assert claim.state == "unconfirmed"


@pytest.mark.rule(14, 21)
def test_a_claim_accepted_on_other_evidence_is_sampled_and_needs_proof_of_the_contribution(world: World) -> None:
    claim = world.claimed(world.issued())
    world.clock.advance(days=29)
    fall_due(world)
    add_role(world, "asha", Role.VERIFIER)
    with world.by("shay"):
        world.scheme.decider_may_verify = True
    world.do("vera", accept_on_other_evidence, claim, reason="two reminders, a call, photographs")
    found = {**SEEN, Task.CONTRIBUTION: Finding(True, "bank statement", ContributionProof.BUSINESS_BANK)}
    assert (world.do("asha", verify_claim, claim, found), claim.sampled) == ({}, True)
    with pytest.raises(DomainError, match="Proof that the business paid"):
        world.do("carl", approve_claim, claim)


@pytest.mark.rule(14, 16)
def test_a_business_that_says_no_at_last_disputes_what_other_evidence_was_taken_for(world: World) -> None:
    claim = world.claimed(world.issued())
    world.clock.advance(days=29)
    fall_due(world)
    world.do("vera", accept_on_other_evidence, claim, reason="two reminders, a call, photographs")
    world.do(world.owner_of(claim.voucher), answer_session, claim.sessions[0], Delivered.NO, note="nobody came")
    assert claim.state == "disputed"
    assert_reconciled(world)


@pytest.mark.rule(16)
def test_the_word_on_a_delivery_stands_once_its_claim_is_paid(world: World) -> None:
    claim = world.payable()
    world.paid()
    item, owner = session.merge(claim).sessions[0], world.owner_of(claim.voucher)
    with pytest.raises(DomainError, match="is paid; there is nothing to answer"):
        world.do(owner, answer_session, item, Delivered.NO, note="changed my mind")
    assert item.answer == "yes"


def test_a_word_on_a_delivery_that_was_claimed_meanwhile_is_asked_for_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    voucher = world.issued()
    item = world.recorded(voucher)
    owner, lock = world.owner_of(voucher), lock_session

    def claimed_just_before(session_id: int) -> DeliverySession:
        locked = lock(session_id)
        locked.redemption_id = other.id
        return locked

    other = world.claimed(world.issued())
    monkeypatch.setattr(answers, "lock_session", claimed_just_before)
    with pytest.raises(Conflict, match="Answer again"):
        world.do(owner, answer_session, item, Delivered.NO, note="nobody came")


def without_invoice(world: World) -> Redemption:
    receipt = send(world, [world.recorded(world.issued())], world.invoice(30_000), EvidenceKind.DELIVERY)
    assert isinstance(receipt, Accepted)
    return world.verified(world.confirmed(receipt.redemption))


def without_payment(world: World) -> Redemption:
    claim = world.claimed(world.issued())
    owner = world.owner_of(claim.voucher)
    world.do(owner, answer_session, claim.sessions[0], Delivered.YES)
    world.do(owner, answer_claim, claim, accepts=True)
    found = {**SEEN, Task.CONTRIBUTION: Finding(True, "the provider's bank says so", ContributionProof.PROVIDER_BANK)}
    assert not world.do("vera", verify_claim, claim, found)
    return claim


def with_an_open_answer(world: World) -> Redemption:
    claim = world.verified(world.confirmed(world.claimed(world.issued())))
    with world.by("shay"):
        claim.sessions[0].answer = None
    return claim


def on_hold(world: World) -> Redemption:
    claim = world.verified(world.confirmed(world.claimed(world.issued())))
    world.do("vera", put_on_hold, claim, reason="a call is due")
    return claim


@pytest.mark.rule(16, 21)
@pytest.mark.parametrize(
    ("made", "reason"),
    [
        (without_invoice, "invoice is missing"),
        (without_payment, "Neither the business's word nor a proof"),
        (with_an_open_answer, "has not confirmed every session"),
        (on_hold, "on hold"),
    ],
)
def test_a_claim_is_not_approved_while_something_is_missing(
    world: World, made: Callable[[World], Redemption], reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim = made(world)
    with pytest.raises(DomainError, match=reason):
        world.do("carl", approve_claim, claim)
    monkeypatch.setattr("voucher.redemptions.decisions.why_not_ready", lambda _claim: None)
    world.do("carl", approve_claim, claim)
    assert claim.state == "approved"


@pytest.mark.rule(21)
def test_a_business_that_paid_a_penny_too_little_keeps_the_contribution_open(world: World) -> None:
    claim = world.claimed(world.issued())
    owner, owed = world.owner_of(claim.voucher), claim.own_pence + claim.vat_pence
    assert owed == 12_000
    world.do(owner, answer_session, claim.sessions[0], Delivered.YES)
    paid = {"accepts": True, "paid_on": TODAY, "paid_by": "card"}
    world.do(owner, answer_claim, claim, paid_pence=owed - 1, **paid)
    assert set(world.do("vera", verify_claim, claim, SEEN)) == {Task.CONTRIBUTION}
    world.do(owner, answer_claim, claim, paid_pence=owed, **paid)
    assert world.do("vera", verify_claim, claim, SEEN) == {}


@pytest.mark.rule(18)
def test_of_two_full_claims_on_one_voucher_one_is_taken(world: World) -> None:
    voucher = world.issued()
    first, second = world.opened(voucher), world.opened(voucher)
    item = record(world, first)
    with pytest.raises(DomainError, match="Nothing is left"):
        record(world, second)
    assert code(world.submit([item], 100_000)) == "accepted"
    assert (voucher.state, voucher.remaining_pence) == ("spent", 0)
    with pytest.raises(Conflict, match="Less is left"), world.by("pat"):
        hold(voucher, 1)
    assert_reconciled(world)


@pytest.mark.rule(18, 19)
def test_a_claim_above_its_estimate_takes_what_remains_and_no_more(world: World) -> None:
    voucher = world.issued()
    small = add_package(world, world.provider, "SMALL", 50_000)
    item = world.recorded(voucher, small)
    world.recorded(voucher, small)
    assert voucher.remaining_pence == 0
    receipt = world.submit([item], 50_000)
    assert isinstance(receipt, Accepted)
    assert (receipt.redemption.grant_pence, voucher.remaining_pence) == (40_000, 0)


@pytest.mark.rule(19)
@pytest.mark.parametrize(("net", "grant"), [(25_000, 20_000), (24_999, 19_999), (20_000, 15_000), (5_001, 1)])
def test_the_grant_is_worked_out_and_what_the_business_pays_is_the_rest(world: World, net: int, grant: int) -> None:
    claim = world.claimed(world.issued(), net)
    assert (claim.grant_pence, claim.own_pence) == (grant, net - grant)
    assert claim.own_pence >= claim.voucher.minimum_own_pence


@pytest.mark.rule(20)
def test_vat_is_never_funded(world: World) -> None:
    with_vat = world.claimed(world.issued(), 30_000)
    item = world.recorded(world.issued())
    without = send(world, [item], world.invoice(30_000, vat_bp=0))
    assert isinstance(without, Accepted)
    assert with_vat.grant_pence == without.redemption.grant_pence == 24_000
    assert (with_vat.vat_pence, with_vat.own_pence) == (6_000, 6_000)


@pytest.mark.rule(20)
def test_an_invoice_that_does_not_add_up_is_refused_and_the_attempt_is_kept(world: World) -> None:
    item = world.recorded(world.issued())
    wrong = Invoice("INV-X", TODAY, 30_000, 6_000, 36_001, ((30_000, 2000),))
    assert code(send(world, [item], wrong)) == "invoice_arithmetic"
    kept = session.execute(text("SELECT count(*) FROM audit_event WHERE action = 'claim.refused_at_submission'"))
    assert (kept.scalar(), item.state, item.voucher.remaining_pence) == (1, "recorded", 0)


@pytest.mark.rule(22)
def test_an_invoice_supports_one_claim_whatever_its_dress(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = world.recorded(world.issued()), world.recorded(world.issued())
    number = "INV-9001"
    bills = [Invoice(n, TODAY, 30_000, 6_000, 36_000, ((30_000, 2000),)) for n in (number, " inv 9001")]
    assert [code(send(world, [first], bills[0])), code(send(world, [second], bills[1]))] == ["accepted", "invoice_used"]
    monkeypatch.setattr(claim_checks, "claim_with_invoice", lambda *_args: None)
    assert code(send(world, [second], bills[1])) == "invoice_used"  # by the unique index
    monkeypatch.setattr(claims, "IntegrityError", ZeroDivisionError)
    with pytest.raises(IntegrityError):
        send(world, [second], bills[1])


@pytest.mark.rule(22)
def test_a_file_supports_one_claim(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = world.recorded(world.issued()), world.recorded(world.issued())

    def with_the_same_file(item: DeliverySession) -> str:
        invoice = world.invoice(30_000)
        with world.by("pat") as act:
            kept = keep_document(
                act, scheme_id=world.scheme.id, data=b"%PDF-1.7 same", name="a.pdf", retention_class=RETAINED_CLAIM
            )
            evidence = [Attached(kept, EvidenceKind.INVOICE)]
            return code(submit_claim(act, world.provider, [item], invoice, evidence, request_key=invoice.number))

    assert [with_the_same_file(first), with_the_same_file(second)] == ["accepted", "file_used"]
    monkeypatch.setattr(claim_checks, "claim_with_file", lambda *_args: None)
    assert with_the_same_file(second) == "accepted"


@pytest.mark.rule(7)
def test_a_session_is_taken_back_by_its_recorder_until_the_business_has_answered(world: World) -> None:
    voucher = world.issued()
    item, other = world.recorded(voucher), world.recorded(world.issued())
    with pytest.raises(Forbidden):
        world.do("vera", undo_session, item, reason="wrong voucher")
    with pytest.raises(DomainError, match="Say why"):
        world.do("pat", undo_session, item, reason=" ")
    world.do("pat", undo_session, item, reason="wrong voucher")
    assert (item.state, item.held_pence, voucher.remaining_pence) == ("undone", 0, 75_000)
    world.do(world.owner_of(other.voucher), answer_session, other, Delivered.YES)
    with pytest.raises(DomainError, match="has answered"):
        world.do("pat", undo_session, other, reason="wrong voucher")
    assert_reconciled(world)
