"""Pairs of duties: one person who holds both permissions is refused, another who holds the second one is not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.exc import IntegrityError

from tests.harness.clock import FixedClock
from tests.harness.world import World, add_provider, build_world
from tests.integration.payments.test_cost_rules import prepared as cost_of
from tests.integration.payments.test_cost_rules import with_administration
from tests.journeys.steps import SEEN, fall_due, on, prepared
from voucher.accounts.commands import grant_role
from voucher.accounts.rules import Role
from voucher.applications.commands import approve, submit
from voucher.funding.changes import confirm_change, propose_award
from voucher.organisations.commands import add_organisation
from voucher.payments.batches import approve_batch, prepare_batch, recall_batch, submit_batch
from voucher.payments.costs import approve_cost
from voucher.payments.debts import write_off
from voucher.platform.errors import Forbidden
from voucher.providers.commands import (
    apply_as_provider,
    approve_provider,
    record_vetting,
    reinstate_provider,
    sponsor,
    suspend_provider,
)
from voucher.providers.payees import confirm_details, key_details, record_payee_check
from voucher.providers.rules import PayeeCheck, VettingCheck
from voucher.redemptions.checks import accept_on_other_evidence, lift_hold, put_on_hold, verify_claim
from voucher.redemptions.decisions import approve_claim
from voucher.reports.commands import review_statement, sign_statement
from voucher.vouchers.commands import extend
from voucher.vouchers.credentials import replace

pytestmark = pytest.mark.usefixtures("sketched")

APRIL = date(2026, 4, 1), date(2026, 4, 30)


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    return build_world(clock)


def add_role(world: World, name: str, role: Role) -> None:
    world.do("ada", grant_role, world.people[name], role, scheme_id=world.scheme.id)


def submitted(world: World) -> Any:
    world.payable()
    batch = world.do("petra", prepare_batch, world.scheme).batch
    world.do("petra", submit_batch, batch)
    return batch


def recall_asked(world: World) -> Any:
    world.payable()
    batch = world.exported()
    world.do("petra", recall_batch, batch, reason="not sent")
    return batch


def keyed(world: World) -> Any:
    details = world.do(
        "kit", key_details, world.provider, name="Calder", sort_code_text="20-00-00", number_text="51234567"
    )
    world.do("kit", record_payee_check, details, PayeeCheck.MATCH)
    return details


def vetted(world: World) -> Any:
    with world.by("sam") as act:
        firm = add_organisation(act, name="Wharfe Systems Ltd", legal_form="company")
        provider = apply_as_provider(act, world.scheme, firm, contact_email="wharfe@provider.example")
        sponsor(act, provider)
        for check in VettingCheck:
            record_vetting(act, provider, check, passed=True, note="seen")
    return provider


def statement(world: World) -> Any:
    on(world, "2026-05-04")
    return prepared(world, *APRIL)


def reviewed(world: World) -> Any:
    found = statement(world)
    world.do("rob", review_statement, found)
    return found


def write_off_asked(world: World) -> Any:
    claim = world.payable()
    world.paid()
    debt = world.debt_on(claim, 1_000)
    world.do("fred", write_off, debt, reason="gone")
    return debt


def change_proposed(world: World) -> Any:
    return world.do("fred", propose_award, world.agreement, {"L1": 100}, reason="variation 1")


def cost_prepared(world: World) -> Any:
    with_administration(world)
    return cost_of(world)


def accepted_by_vera(world: World) -> Any:
    claim = world.claimed(world.issued())
    world.clock.advance(days=29)
    fall_due(world)
    world.do("vera", accept_on_other_evidence, claim, reason="two reminders, a call, photographs")
    return claim


def approve_firm(act: Any, provider: Any) -> None:
    approve_provider(act, provider, until=act.today + timedelta(days=365))


def verify(act: Any, claim: Any) -> Any:
    return verify_claim(act, claim, SEEN)


def recall(act: Any, batch: Any) -> Any:
    return recall_batch(act, batch, reason="not sent")


def give_up(act: Any, debt: Any) -> Any:
    return write_off(act, debt, reason="gone")


@dataclass(frozen=True)
class Pair:
    """Who did the first duty, what the second one is and needs, and who else may do it."""

    name: str
    first: str
    role: Role
    made: Callable[[World], Any]
    second: Callable[..., Any]
    other: str
    guard: str = field(default="")


BATCHES, VERIFY = "voucher.payments.batches.", "voucher.redemptions.checks.why_not_verify"
PAYMENT = f"{BATCHES}why_not_approve_payment"
PAIRS = [
    Pair("prepare and approve a batch", "petra", Role.PAYMENTS_APPROVER, submitted, approve_batch, "paul",
         f"{BATCHES}why_not_approve_batch"),
    Pair("decide and pay", "asha", Role.PAYMENTS_APPROVER, submitted, approve_batch, "paul", PAYMENT),
    Pair("verify and pay", "vera", Role.PAYMENTS_APPROVER, submitted, approve_batch, "paul", PAYMENT),
    Pair("key details and pay", "kit", Role.PAYMENTS_APPROVER, submitted, approve_batch, "paul", PAYMENT),
    Pair("key and confirm details", "kit", Role.PAYEE_DETAILS_KEEPER, keyed, confirm_details, "kay",
         "voucher.providers.payees.why_not_confirm_details"),
    Pair("sponsor and approve", "sam", Role.PROVIDER_VETTER, vetted, approve_firm, "val",
         "voucher.providers.commands.why_not_approve"),
    Pair("decide and verify", "asha", Role.VERIFIER, lambda w: w.confirmed(w.claimed(w.issued())), verify, "vera",
         VERIFY),
    Pair("accept on other evidence and verify", "vera", Role.VERIFIER, accepted_by_vera, verify, "carl", VERIFY),
    Pair("prepare and review", "stella", Role.STATEMENT_REVIEWER, statement, review_statement, "rob",
         "voucher.reports.commands.why_not_review"),
    Pair("prepare and sign", "stella", Role.SIGNER, reviewed, sign_statement, "sigrid",
         "voucher.reports.commands.why_not_sign"),
    Pair("review and sign", "rob", Role.SIGNER, reviewed, sign_statement, "sigrid",
         "voucher.reports.commands.why_not_sign"),
    Pair("ask for a recall and confirm it", "petra", Role.PAYMENTS_APPROVER, recall_asked, recall, "paul"),
    Pair("propose and confirm a change of an agreement", "fred", Role.FUNDING_MANAGER, change_proposed, confirm_change,
         "fay", "voucher.funding.changes.why_not_confirm"),
    Pair("prepare and approve an administration cost", "petra", Role.PAYMENTS_APPROVER, cost_prepared, approve_cost,
         "paul", "voucher.payments.costs.why_not_approve_cost"),
    Pair("ask for a write-off and agree to it", "fred", Role.FUNDING_MANAGER, write_off_asked, give_up, "fay"),
]  # fmt: skip


@pytest.mark.rule(29, 30, 50, 57)
@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.name)
def test_one_person_does_not_do_both(world: World, pair: Pair) -> None:
    subject = pair.made(world)
    add_role(world, pair.first, pair.role)
    with pytest.raises(Forbidden) as refused:
        world.do(pair.first, pair.second, subject)
    assert refused.value.code != "no_permission"
    if pair.other == "carl":
        add_role(world, "carl", pair.role)
    world.do(pair.other, pair.second, subject)


@pytest.mark.rule(29, 30, 50, 57)
@pytest.mark.parametrize("pair", [each for each in PAIRS if each.guard], ids=lambda pair: pair.name)
def test_without_the_guard_one_person_does_both_or_meets_the_database(
    world: World, pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: a policy that finds nothing lets the act through, but for what the tables forbid as well."""
    subject = pair.made(world)
    add_role(world, pair.first, pair.role)
    monkeypatch.setattr(pair.guard, lambda *_args, **_more: None)
    kept_by_the_database = {
        "prepare and approve a batch",
        "propose and confirm a change of an agreement",
        "prepare and approve an administration cost",
        "key and confirm details",
        "sponsor and approve",
        "prepare and review",
        "prepare and sign",
        "review and sign",
    }
    if pair.name in kept_by_the_database:
        with pytest.raises(IntegrityError):
            world.do(pair.first, pair.second, subject)
    else:
        world.do(pair.first, pair.second, subject)


@pytest.mark.rule(14, 29)
def test_a_small_team_may_join_deciding_and_verifying_and_every_such_claim_is_sampled(world: World) -> None:
    claim = world.confirmed(world.claimed(world.issued()))
    add_role(world, "asha", Role.VERIFIER)
    with world.by("shay"):
        world.scheme.decider_may_verify = True
    assert world.do("asha", verify_claim, claim, SEEN) == {}
    assert (claim.state, claim.sampled) == ("verified", True)


@pytest.mark.rule(29)
def test_an_approver_s_own_payments_are_split_off_and_wait_for_another(world: World) -> None:
    mine = world.payable()
    with world.by("shay"):
        mine.voucher.application.decided_by = world.people["paul"].id
    from_another = add_provider(world, "Wharfe Systems Ltd", "09000002", "quinn")
    with world.by("shay"):
        mine.provider_id = from_another.id
    world.payable()
    batch = world.do("petra", prepare_batch, world.scheme).batch
    assert batch is not None
    world.do("petra", submit_batch, batch)
    other = world.do("paul", approve_batch, batch)
    assert other is not None
    assert ([len(each.payments) for each in (batch, other)], other.state) == ([1, 1], "submitted")
    assert other.payments[0].items[0].redemption_id == mine.id


def member(world: World, name: str, organisation_id: int, role: Role = Role.BUSINESS_MEMBER) -> None:
    world.do("ada", grant_role, world.people[name], role, organisation_id=organisation_id)


@pytest.mark.rule(65)
def test_nobody_decides_the_application_of_their_own_business(world: World) -> None:
    business, contact = world.business()
    member(world, "asha", business.id)
    application = world.do("asha", submit, world.round, business, contact)
    with pytest.raises(Forbidden, match="own organisation"):
        world.do("asha", approve, application)


@pytest.mark.rule(65)
@pytest.mark.parametrize("side", ["provider", "business"])
def test_nobody_verifies_or_approves_a_claim_of_their_own_organisation(world: World, side: str) -> None:
    claim = world.confirmed(world.claimed(world.issued()))
    organisation_id = claim.provider.organisation_id if side == "provider" else claim.voucher.business_id
    member(world, "vera", organisation_id)
    with pytest.raises(Forbidden, match="own organisation"):
        world.do("vera", verify_claim, claim, SEEN)
    add_role(world, "asha", Role.VERIFIER)
    with world.by("shay"):
        world.scheme.decider_may_verify = True
    world.do("asha", verify_claim, claim, SEEN)
    member(world, "carl", organisation_id)
    with pytest.raises(Forbidden, match="own organisation"):
        world.do("carl", approve_claim, claim)


@pytest.mark.rule(50, 65)
def test_nobody_vets_or_approves_their_own_firm_or_pays_it(world: World) -> None:
    provider = vetted(world)
    member(world, "val", provider.organisation_id)
    with pytest.raises(Forbidden, match="belong to this provider"):
        world.do("val", approve_firm, provider)
    batch = submitted(world)
    member(world, "paul", world.provider.organisation_id)
    with pytest.raises(Forbidden, match="own organisation"):
        world.do("paul", approve_batch, batch)


@pytest.mark.rule(65)
def test_nobody_extends_the_voucher_of_their_own_business(world: World) -> None:
    voucher = world.issued()
    member(world, "shay", voucher.business_id)
    with pytest.raises(Forbidden, match="own organisation"):
        world.do("shay", extend, voucher, last_day=date(2026, 7, 20), reason="more time")


@pytest.mark.rule(14, 65)
def test_nobody_accepts_a_claim_of_their_own_firm_on_other_evidence(world: World) -> None:
    claim = world.claimed(world.issued())
    world.clock.advance(days=29)
    fall_due(world)
    member(world, "vera", claim.provider.organisation_id)
    with pytest.raises(Forbidden):
        world.do("vera", accept_on_other_evidence, claim, reason="I know that it was done")


@pytest.mark.rule(65)
def test_nobody_lifts_the_hold_on_a_claim_of_their_own_firm(world: World) -> None:
    claim = world.claimed(world.issued())
    world.do("vera", put_on_hold, claim, reason="something is odd")
    member(world, "vera", claim.provider.organisation_id)
    with pytest.raises(Forbidden):
        world.do("vera", lift_hold, claim, reason="nothing is odd")


@pytest.mark.rule(65)
def test_nobody_replaces_the_voucher_of_their_own_business(world: World) -> None:
    voucher = world.issued()
    member(world, "shay", voucher.business_id)
    with pytest.raises(Forbidden):
        world.do("shay", replace, voucher, reason="lost")


@pytest.mark.rule(51, 65)
def test_nobody_reinstates_their_own_firm(world: World) -> None:
    world.do("val", suspend_provider, world.provider, reason="complaints")
    member(world, "val", world.provider.organisation_id)
    with pytest.raises(Forbidden):
        world.do("val", reinstate_provider, world.provider, reason="all is well")
