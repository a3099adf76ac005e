"""Weaker duties: proposed by a scheme administrator, confirmed by the signer, made strict again by one."""

from __future__ import annotations

import pytest
from flask import Flask

from tests.harness.clock import FixedClock
from tests.harness.page import Page
from tests.harness.world import World, build_world
from tests.integration.desk import gains, outsider
from tests.integration.payments.pages import authenticator, browser_of
from voucher.accounts.rules import Role
from voucher.audit.queries import history
from voucher.platform.db import session
from voucher.platform.errors import Conflict, DomainError, Forbidden
from voucher.schemes import duties
from voucher.schemes.duties import confirm_weaker, end_duty_proposal, make_strict, propose_weaker
from voucher.schemes.models import DutyProposal, Scheme
from voucher.schemes.rules import Duty

REVIEWER, DECIDER = Duty.REVIEWER_NEEDED, Duty.DECIDER_MAY_VERIFY


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    return build_world(clock)


def proposed(world: World, duty: Duty = REVIEWER, by: str = "shay") -> DutyProposal:
    return world.do(by, propose_weaker, world.scheme, duty, reason="we are three")


def scheme_of(world: World) -> Scheme:
    session.expire_all()
    return session.get_one(Scheme, world.scheme.id)


def propose_page(app: Flask, world: World) -> Page:
    code = authenticator(world, "shay").at(world.clock())
    client = browser_of(app, world, "shay")
    page = client.click(client.get("/scheme/duties"), "Propose: no reviewer stands between preparer and signer")
    answers = {"Reason": "we are three", "Code of your second factor": code}
    return client.follow(client.submit(page, answers, button="Propose it to the signer"))


def test_who_may_not_propose_or_confirm(app: Flask, world: World) -> None:
    proposal = proposed(world)
    at = f"/scheme/duty-proposals/{proposal.public_id}"
    browser_of(app, world, "vera").post(f"/scheme/duties/{REVIEWER}/weaken", {"reason": "x"}, expect=403)
    browser_of(app, world, "vera").post(f"/scheme/duties/{REVIEWER}/make-strict", {"reason": "x"}, expect=403)
    browser_of(app, world, "shay").post(f"{at}/confirm", {"proof": "123456"}, expect=403)
    browser_of(app, world, "pat").get("/scheme/duties", expect=403)
    browser_of(app, world, outsider(world, Role.SCHEME_ADMINISTRATOR)).get(at, expect=404)
    assert scheme_of(world).reviewer_needed


def test_a_weaker_duty_takes_two_people_with_their_second_factors(app: Flask, world: World) -> None:
    shown = propose_page(app, world)
    assert scheme_of(world).reviewer_needed
    link = "A weaker duty waits for the signer: no reviewer stands between preparer and signer"
    code = authenticator(world, "sigrid").at(world.clock())
    client = browser_of(app, world, "sigrid")
    page = client.get(shown.links[link])
    client.submit(page, {"Code of your second factor": "000000"}, button="Confirm this weaker duty", expect=422)
    done = client.submit(page, {"Code of your second factor": code}, button="Confirm this weaker duty")
    assert "Decided by Sigrid" in client.follow(done)
    assert not scheme_of(world).reviewer_needed
    event = history("scheme", world.scheme.id)[-1]
    assert (event.action, event.details) == ("scheme.duty_changed", {"reviewer_needed": [True, False]})


@pytest.mark.rule(30)
def test_nobody_confirms_what_they_proposed_themselves(world: World) -> None:
    gains(world, "sigrid", Role.SCHEME_ADMINISTRATOR)
    proposal = proposed(world, by="sigrid")
    with pytest.raises(Forbidden, match="somebody else"):
        world.do("sigrid", confirm_weaker, proposal)
    assert scheme_of(world).reviewer_needed


@pytest.mark.rule(30)
def test_control_without_the_policy_the_database_still_wants_two(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    gains(world, "sigrid", Role.SCHEME_ADMINISTRATOR)
    proposal = proposed(world, by="sigrid")
    monkeypatch.setattr(duties, "why_not_confirm", lambda _act, _proposal: None)
    with pytest.raises(Exception, match="confirmed_by_a_second_person"):
        world.do("sigrid", confirm_weaker, proposal)


def test_a_proposal_is_withdrawn_or_declined_and_can_be_made_again(app: Flask, world: World) -> None:
    first = proposed(world)
    with pytest.raises(Conflict, match="waits for the signer"):
        proposed(world)
    world.do("shay", end_duty_proposal, first, reason="not needed")
    second = proposed(world)
    client = browser_of(app, world, "sigrid")
    page = client.get(f"/scheme/duty-proposals/{second.public_id}")
    client.submit(page, {"Reason": "we found a reviewer"}, button="Decline this proposal")
    session.expire_all()
    states = [each.state for each in session.query(DutyProposal).order_by(DutyProposal.id)]
    assert states == ["withdrawn", "declined"]
    assert scheme_of(world).reviewer_needed


def test_one_administrator_makes_a_duty_strict_again(app: Flask, world: World) -> None:
    world.do("sigrid", confirm_weaker, proposed(world, DECIDER))
    assert scheme_of(world).decider_may_verify
    client = browser_of(app, world, "shay")
    page = client.click(client.get("/scheme/duties"), "Make it strict again")
    client.submit(page, {"Reason": "we are five now"}, button="Make it strict")
    assert not scheme_of(world).decider_may_verify
    with pytest.raises(DomainError, match="so already"):
        world.do("shay", make_strict, world.scheme, DECIDER, reason="again")
