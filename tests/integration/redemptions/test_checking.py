"""Checks with an owner, the payee, proof of the contribution, claims that are alike, and the sample."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import text

from tests.harness.clock import FixedClock
from tests.harness.world import World, add_provider, build_world
from tests.integration.redemptions.checking import bill, billed, confirmed, paid_by, unpaid, with_proof
from tests.journeys.steps import SEEN, fall_due, resubmitted
from voucher.accounts.commands import grant_role
from voucher.accounts.rules import Role
from voucher.platform.actor import Channel
from voucher.platform.db import session
from voucher.platform.errors import Conflict, DomainError, Forbidden
from voucher.providers.payees import key_details, record_payee_check
from voucher.providers.rules import PayeeCheck
from voucher.redemptions import automatic, checks, likeness, sampling
from voucher.redemptions.answers import answer_claim, answer_session
from voucher.redemptions.checks import Finding, accept_on_other_evidence, verify_claim
from voucher.redemptions.claims import Refused, withdraw_claim
from voucher.redemptions.decisions import approve_claim, refuse_claim, send_back
from voucher.redemptions.likeness import alike_to
from voucher.redemptions.models import Redemption
from voucher.redemptions.owners import give_back_checks, hand_checks, take_checks
from voucher.redemptions.queries import owners_now, results_in_force
from voucher.redemptions.rules import SOUND_PROOFS, ContributionProof, Delivered, Task
from voucher.redemptions.sampling import is_drawn, sampling_rules, set_sampling


def two_verifiers(world: World) -> None:
    """Beside vera there is hal, who verifies, too."""
    world.people["hal"] = world.people["fay"]
    world.do("ada", grant_role, world.people["hal"], Role.VERIFIER, scheme_id=world.scheme.id)


BEGINS_WITH = two_verifiers


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    world = build_world(clock)
    world.people["hal"] = world.people["fay"]
    return world


def alike(claim: Redemption) -> set[tuple[str, str]]:
    session.expire_all()
    return {(each.claim.invoice_number, str(each.kind)) for each in alike_to(session.merge(claim))}


# The contribution


@pytest.mark.rule(21)
def test_a_provider_s_receipt_alone_does_not_show_that_the_business_paid(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim = unpaid(world)
    with_proof(world, claim)
    for proof, code in ((None, "proof_needed"), (ContributionProof.RECEIPT, "receipt_alone")):
        with pytest.raises(DomainError) as refused:
            world.do("vera", verify_claim, claim, paid_by(proof))
        assert refused.value.code == code
    monkeypatch.setattr(checks, "why_no_proof", lambda _proof: None)
    assert world.do("vera", verify_claim, claim, paid_by(ContributionProof.RECEIPT)) == {}
    with pytest.raises(DomainError, match="Neither the business's word nor a proof"):
        world.do("carl", approve_claim, claim)  # the approval looks at the proof again
    monkeypatch.setattr(checks, "SOUND_PROOFS", frozenset(ContributionProof))
    world.do("carl", approve_claim, claim)


@pytest.mark.rule(21)
@pytest.mark.parametrize("proof", sorted(SOUND_PROOFS))
def test_a_bank_record_of_either_side_does(world: World, proof: ContributionProof) -> None:
    claim = unpaid(world)
    with_proof(world, claim)
    assert world.do("vera", verify_claim, claim, paid_by(proof)) == {}
    world.do("carl", approve_claim, claim)
    assert results_in_force(claim)[Task.CONTRIBUTION].proof == proof


# The payee


@pytest.mark.rule(31)
def test_no_match_of_the_payee_keeps_a_claim_from_being_verified(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    account = {"name": "Calder", "sort_code_text": "20-00-00", "number_text": "51234567"}
    details = world.do("kit", key_details, world.provider, **account)
    world.do("kit", record_payee_check, details, PayeeCheck.NO_MATCH)
    claim = confirmed(world)
    assert set(world.do("vera", verify_claim, claim, SEEN)) == {Task.PAYEE}
    with pytest.raises(DomainError, match="found no match"):
        world.do("vera", verify_claim, claim, {Task.PAYEE: Finding(True, "they told me so")})
    for module in (automatic, checks):
        monkeypatch.setattr(module, "why_nobody_can_be_paid", lambda _claim: None)
    assert world.do("vera", verify_claim, claim, SEEN) == {}


@pytest.mark.rule(30, 46)
def test_an_account_that_two_firms_share_is_looked_at_by_a_person(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = add_provider(world, "Wharfe Systems Ltd", "09000002", "olga")
    account = {"sort_code_text": "20-00-00", "number_text": "51234567"}
    for firm in (world.provider, other):
        world.do("kit", key_details, firm, name="Calder", **account)
    claim = confirmed(world)
    still_open = world.do("vera", verify_claim, claim, SEEN)
    assert still_open[Task.PAYEE].note == "Another provider is paid to the same account: Wharfe Systems Ltd."
    seen = {Task.PAYEE: Finding(True, "both are owned by the Calder family, Companies House")}
    assert world.do("vera", verify_claim, claim, seen) == {}
    monkeypatch.setattr(automatic, "others_with_the_account", lambda _details: [])
    assert world.do("vera", verify_claim, confirmed(world), SEEN) == {}


def test_automatic_checks_are_made_as_soon_as_the_business_has_confirmed(world: World) -> None:
    claim = confirmed(world)
    results = results_in_force(claim)
    assert {task for task, row in results.items() if row.automatic and row.passed} == set(Task) - {Task.EVIDENCE}


# Who has taken a check


def test_what_one_has_taken_nobody_else_finds(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    claim = confirmed(world)
    assert world.do("vera", take_checks, claim) == [Task.EVIDENCE]
    with pytest.raises(Conflict, match="Vera has taken checks"):
        world.do("hal", take_checks, claim)
    with pytest.raises(Conflict, match="Vera has taken the check “evidence shows the support”"):
        world.do("hal", verify_claim, claim, SEEN)
    monkeypatch.setattr(checks, "refuse_taken", lambda *_anything: None)
    assert world.do("hal", verify_claim, claim, SEEN) == {}


def test_a_check_is_put_back_by_its_owner_and_with_a_reason_by_others(world: World) -> None:
    claim = confirmed(world)
    world.do("vera", take_checks, claim)
    with pytest.raises(DomainError, match="Say why you put back"):
        world.do("hal", give_back_checks, claim)
    world.do("hal", give_back_checks, claim, reason="she is away")
    world.do("hal", take_checks, claim)
    world.do("hal", give_back_checks, claim)
    assert owners_now(claim) == {}
    with pytest.raises(DomainError, match="Nobody has taken"):
        world.do("hal", give_back_checks, claim)


def test_checks_are_handed_to_somebody_who_verifies(world: World) -> None:
    claim = confirmed(world)
    world.do("vera", take_checks, claim)
    with pytest.raises(DomainError, match="Carl does not verify claims"):
        world.do("vera", hand_checks, claim, world.people["carl"], reason="a holiday")
    world.do("vera", hand_checks, claim, world.people["hal"], reason="a holiday")
    assert {task: row.person_id for task, row in owners_now(claim).items()} == {Task.EVIDENCE: world.people["hal"].id}
    assert world.do("hal", verify_claim, claim, SEEN) == {}
    with pytest.raises(DomainError, match="is verified"):
        world.do("hal", take_checks, claim)


def test_who_may_not_verify_a_claim_takes_no_check_of_it(world: World) -> None:
    claim = confirmed(world)
    with pytest.raises(Forbidden):
        world.do("carl", take_checks, claim)


# Claims that are alike


@pytest.mark.rule(22)
def test_claims_that_are_alike_say_so_on_both_until_one_of_them_changes(world: World) -> None:
    first, second = billed(world, "INV-0042"), billed(world, "INV-42", 20_000)
    number = "similar invoice number"
    assert (alike(first), alike(second)) == ({("INV-42", number)}, {("INV-0042", number)})
    world.do("carl", send_back, second, reason="is this the same invoice?")
    resubmitted(world, second, 30_000)
    assert alike(first) == {(session.merge(second).invoice_number, "same amount on the same day")}
    world.do("pat", withdraw_claim, first, reason="it was the same")
    assert (alike(first), alike(second)) == (set(), set())


@pytest.mark.rule(22)
def test_a_refused_claim_is_like_no_other(world: World) -> None:
    first, second = billed(world, "INV-0042"), world.confirmed(billed(world, "INV-42", 20_000))
    assert alike(first)
    world.do("carl", refuse_claim, second, reason="billed twice")
    assert alike(first) == set()


@pytest.mark.rule(22)
def test_control_without_the_comparison_nothing_is_noticed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(likeness, "likenesses", lambda *_two: frozenset())
    first, second = billed(world, "INV-0042"), billed(world, "INV-42")
    assert (alike(first), alike(second)) == (set(), set())


@pytest.mark.rule(22)
def test_an_invoice_that_is_sent_again_is_refused_and_noted_on_the_claim_that_it_supports(world: World) -> None:
    first = billed(world, "INV-42")
    assert isinstance(bill(world, "inv 42"), Refused)
    row = session.execute(
        text("SELECT object_reference, reason FROM audit_event WHERE action = 'claim.invoice_sent_again'")
    ).one()
    assert tuple(row) == (first.reference, "refused; sent by Calder Digital Ltd")


# The sample


@pytest.mark.rule(62)
def test_every_claim_is_looked_at_until_a_rate_is_set(world: World) -> None:
    claim = confirmed(world)
    assert (claim.sampled, claim.sample_reason) == (True, "Every claim is looked at.")
    assert set(world.do("vera", verify_claim, claim, {})) == {Task.EVIDENCE}


@pytest.mark.rule(62)
def test_a_claim_that_is_not_drawn_passes_its_evidence_by_itself(world: World) -> None:
    world.do("shay", set_sampling, world.scheme, rate_bp=0, weak_rate_bp=0, seed="seven", reason="a year without fault")
    claim = confirmed(world)
    assert claim.sample_reason == "Not drawn: 0% of claims are looked at, by the seed seven."
    assert world.do("vera", verify_claim, claim, {}) == {}
    assert not claim.sampled


@pytest.mark.rule(62)
def test_the_sample_can_be_drawn_again_from_the_recorded_seed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.do("shay", set_sampling, world.scheme, rate_bp=5_000, weak_rate_bp=5_000, reason="fewer faults")
    rule = sampling_rules(world.scheme.id)[0]
    claims = [confirmed(world) for _each in range(4)]
    assert [is_drawn(rule.seed, each.public_id, rule.rate_bp) for each in claims] == [each.sampled for each in claims]
    monkeypatch.setattr(sampling, "is_drawn", lambda *_anything: False)
    assert not confirmed(world).sampled  # the control: it hangs on the draw alone


@pytest.mark.rule(15, 62)
def test_weak_confirmations_are_sampled_more(world: World) -> None:
    world.do("shay", set_sampling, world.scheme, rate_bp=0, weak_rate_bp=10_000, reason="links may be passed on")
    claim = unpaid(world)
    assert not claim.sampled
    weak = world.claimed(world.issued())
    with world.by(world.owner_of(weak.voucher), Channel.LINK) as act:
        answer_session(act, weak.sessions[0], Delivered.YES)
        answer_claim(act, weak, accepts=True)
    assert (weak.sampled, weak.sample_reason[:41]) == (True, "Drawn: 100% of weak confirmations are loo")
    with pytest.raises(DomainError, match="at least as much"):
        world.do("shay", set_sampling, world.scheme, rate_bp=2, weak_rate_bp=1, reason="x")


@pytest.mark.rule(14, 29, 62)
def test_other_evidence_and_relaxed_duties_are_always_in_the_sample(world: World) -> None:
    world.do("shay", set_sampling, world.scheme, rate_bp=0, weak_rate_bp=0, reason="x")
    world.do("ada", grant_role, world.people["asha"], Role.VERIFIER, scheme_id=world.scheme.id)
    with world.by("shay"):
        session.merge(world.scheme).decider_may_verify = True
    relaxed = confirmed(world)
    assert set(world.do("asha", verify_claim, relaxed, {})) == {Task.EVIDENCE}
    assert (relaxed.sampled, relaxed.sample_reason) == (True, "The verifier also decided the application.")
    claim = world.claimed(world.issued())
    world.clock.advance(days=29)
    fall_due(world)
    world.do("vera", accept_on_other_evidence, claim, reason="two reminders, a call, photographs")
    assert (claim.sampled, claim.sample_reason) == (True, "It was accepted on other evidence.")


def test_only_a_scheme_administrator_sets_the_rate(world: World) -> None:
    with pytest.raises(Forbidden):
        world.do("vera", set_sampling, world.scheme, rate_bp=0, weak_rate_bp=0, reason="x")
