"""A provider's way in, and the end of its approval."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from flask import Flask

from tests.harness.clock import FixedClock
from tests.harness.world import World, build_world
from voucher.organisations.commands import add_organisation
from voucher.platform.errors import Forbidden
from voucher.providers.commands import apply_as_provider, approve_provider, record_vetting, sponsor
from voucher.providers.models import Provider
from voucher.providers.rules import VettingCheck
from voucher.redemptions.claims import Refused


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    return build_world(clock)


def in_vetting(world: World, *passed: VettingCheck) -> Provider:
    with world.by("sam") as act:
        firm = add_organisation(act, name="Wharfe Systems Ltd", legal_form="company")
        provider = apply_as_provider(act, world.scheme, firm, contact_email="wharfe@provider.example")
        sponsor(act, provider)
        for check in passed:
            record_vetting(act, provider, check, passed=True, note="seen")
    return provider


@pytest.mark.rule(50)
@pytest.mark.parametrize("missing", list(VettingCheck))
def test_a_provider_is_not_approved_while_one_check_is_missing_or_failed(world: World, missing: VettingCheck) -> None:
    provider = in_vetting(world, *(check for check in VettingCheck if check != missing))
    until = date(2027, 4, 7)
    with pytest.raises(Forbidden, match=f"not complete: {missing}"):
        world.do("val", approve_provider, provider, until=until)
    world.do("sam", record_vetting, provider, missing, passed=False, note="seen")
    with pytest.raises(Forbidden, match=f"not complete: {missing}"):
        world.do("val", approve_provider, provider, until=until)
    world.do("sam", record_vetting, provider, missing, passed=True, note="seen")
    world.do("val", approve_provider, provider, until=until)
    assert (provider.state, provider.approved_until) == ("approved", until)


@pytest.mark.rule(50)
def test_an_approval_ends_on_a_day_to_come(world: World) -> None:
    provider = in_vetting(world, *VettingCheck)
    with pytest.raises(Forbidden, match="still to come"):
        world.do("val", approve_provider, provider, until=world.act("val").today)


@pytest.mark.rule(50)
def test_without_its_rule_an_unvetted_provider_would_be_approved(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    provider = in_vetting(world)
    monkeypatch.setattr("voucher.providers.commands.why_not_approve", lambda *_args, **_more: None)
    world.do("val", approve_provider, provider, until=date(2027, 4, 7))
    assert provider.state == "approved"


@pytest.mark.rule(50)
def test_a_claim_after_the_approval_has_run_out_is_refused(world: World) -> None:
    item = world.recorded(world.issued())
    with world.by("shay"):
        world.provider.approved_until = world.act("val").today
    world.clock.advance(days=1)
    receipt = world.submit([item], 30_000)
    assert isinstance(receipt, Refused)
    assert receipt.code == "provider_not_approved"


@pytest.mark.rule(50)
def test_an_approval_is_renewed(world: World) -> None:
    until = world.act("val").today + timedelta(days=730)
    world.do("val", approve_provider, world.provider, until=until)
    assert world.provider.approved_until == until
