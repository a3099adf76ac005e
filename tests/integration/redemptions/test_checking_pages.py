"""Taking checks, proof of the contribution, claims that are alike, and the sample, on pages."""

from __future__ import annotations

import pytest
from flask import Flask

from tests.harness.clock import FixedClock
from tests.harness.world import World, build_world
from tests.integration.desk import at_desk, gains, outsider, reads_nothing
from tests.integration.redemptions.checking import billed, confirmed, unpaid
from voucher.accounts.rules import Role
from voucher.platform.db import session
from voucher.redemptions.models import Redemption
from voucher.redemptions.sampling import set_sampling

EVIDENCE = "Does the evidence show the support that is claimed for?"
PAID = "Is it shown that the business paid its contribution and the VAT?"


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    return build_world(clock)


def path_of(claim: Redemption, step: str = "") -> str:
    return f"/claims-desk/{claim.public_id}" + (f"/{step}" if step else "")


def test_others_neither_take_checks_nor_set_the_sample(app: Flask, world: World) -> None:
    claim = confirmed(world)
    paths = [path_of(claim, step) for step in ("take-checks", "hand-over-checks")]
    reads_nothing(at_desk(app, world, "pat"), [*paths, "/scheme/sampling"], expect=403)
    reads_nothing(at_desk(app, world, "carl"), [*paths, "/scheme/sampling"], expect=403)
    reads_nothing(at_desk(app, world, outsider(world, Role.VERIFIER)), paths, expect=404)


def test_checks_are_taken_put_back_and_handed_over(app: Flask, world: World) -> None:
    claim = confirmed(world)
    gains(world, "fay", Role.VERIFIER)
    vera = at_desk(app, world, "vera")
    taken = vera.follow(vera.submit(vera.click(vera.get(path_of(claim)), "Take the checks"), button="Take the checks"))
    assert ["Evidence shows the support", "Open", "Vera"] in [row[:3] for row in taken.rows]
    for query, found in (({"checks": "mine"}, [claim.reference]), ({"checks": "nobody's"}, [])):
        assert [row[0] for row in vera.get("/claims-desk", query=query).rows] == found
    fay = at_desk(app, world, "fay")
    assert "Vera has taken this check." in fay.get(path_of(claim, "verify"))
    answers = {EVIDENCE: "Yes, it passes", "What was seen": "photographs"}
    refused = fay.submit(fay.get(path_of(claim, "verify")), answers, button="Record these findings", expect=409)
    assert "Ask for it to be put back first." in refused
    handing = vera.click(vera.get(path_of(claim)), "Hand the checks over")
    vera.submit(handing, {"Who makes the checks?": "Fay", "Why": "a holiday"}, button="Hand the checks over")
    backwards = fay.click(fay.get(path_of(claim)), "Put the checks back")
    assert "in the queue again" in fay.follow(fay.submit(backwards, button="Put the checks back"))
    fay.submit(fay.get(path_of(claim, "verify")), answers, button="Record these findings")


@pytest.mark.rule(21)
def test_a_receipt_alone_is_named_at_its_field(app: Flask, world: World) -> None:
    claim = unpaid(world)
    vera = at_desk(app, world, "vera")
    page = vera.get(path_of(claim, "verify"))
    assert PAID in page
    sent = {"version": "1", "CONTRIBUTION": "passes", "CONTRIBUTION_NOTE": "stamped paid", "EVIDENCE": "later"}
    refused = vera.post(path_of(claim, "verify"), {**sent, "proof": "receipt of the provider"}, expect=422)
    words = "A receipt of the provider alone does not show that the business paid. Ask for a bank record."
    assert refused.links[words] == "#proof"
    answers = {"What shows it?": "Bank statement of the provider"}
    record = vera.follow(vera.submit(refused, answers, button="Record these findings"))
    assert "stamped paid (bank statement of the provider)" in record


@pytest.mark.rule(22)
def test_claims_that_are_alike_name_each_other(app: Flask, world: World) -> None:
    first, second = billed(world, "INV-0042"), billed(world, "INV-42", 20_000)
    vera = at_desk(app, world, "vera")
    for one, other in ((first, second), (second, first)):
        found = [row[:2] for row in vera.get(path_of(one)).rows]
        assert [session.merge(other).reference, "Similar invoice number"] in found


def test_the_rate_is_set_with_its_seed_and_a_claim_says_why_it_was_not_drawn(app: Flask, world: World) -> None:
    shay = at_desk(app, world, "shay")
    page = shay.get("/scheme/sampling")
    answers = {"Claims to look at": "10", "Weak confirmations to look at": "5", "Seed": "seven", "Why": "few faults"}
    button = "Draw the sample so from now on"
    refused = shay.submit(page, answers, button=button, expect=422)
    assert "#weak_rate" in refused.links.values()
    answers = {"Claims to look at": "0", "Weak confirmations to look at": "50"}
    shown = shay.follow(shay.submit(refused, answers, button=button))
    assert ["Shay", "0%", "50%", "seven", "few faults"] in [row[1:] for row in shown.rows]
    claim = confirmed(world)
    vera = at_desk(app, world, "vera")
    words = "Not drawn: 0% of claims are looked at, by the seed seven."
    assert words in vera.get(path_of(claim))
    done = vera.follow(vera.submit(vera.get(path_of(claim, "verify")), button="Verify the claim"))
    assert "is verified" in done


def test_the_first_rule_shows_that_all_were_looked_at_before(app: Flask, world: World) -> None:
    shay = at_desk(app, world, "shay")
    assert "Every claim is looked at, until something else is set here." in shay.get("/scheme/sampling")
    world.do("shay", set_sampling, world.scheme, rate_bp=2_500, weak_rate_bp=10_000, reason="x")
    assert "25%" in shay.get("/scheme/sampling")
