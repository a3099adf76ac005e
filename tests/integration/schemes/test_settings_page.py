"""Settings that change while the scheme runs: from then on, and never over what is under way."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from flask import Flask

from tests.harness.clock import FixedClock
from tests.harness.page import Page
from tests.harness.world import World, build_world
from tests.integration.payments.pages import browser_of
from voucher.audit.queries import history
from voucher.funding import commands as funding
from voucher.platform.db import session
from voucher.redemptions.due import run_due
from voucher.schemes.models import Scheme
from voucher.vouchers import scheme_changes
from voucher.vouchers.commands import accept
from voucher.vouchers.rules import VoucherState

SETTINGS = "/scheme/settings"
RECORD = "Days after the last day in which work may still be recorded"
CLAIM = "Days after the last day in which work may still be claimed"
OFFER = "Days that an offer stays open"


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    return build_world(clock)


def change(app: Flask, world: World, answers: dict[str, str], *, expect: int = 302) -> Page:
    client = browser_of(app, world, "shay")
    entered = {"Reason": "as the board decided", **answers}
    page = client.submit(client.get(SETTINGS), entered, button="Change these settings", expect=expect)
    session.expire_all()
    return page


def scheme_of(world: World) -> Scheme:
    return session.get_one(Scheme, world.scheme.id)


def test_only_a_scheme_administrator_of_the_scheme_changes_settings(app: Flask, world: World) -> None:
    for name in ("vera", "ada", "sigrid", "pat"):
        client = browser_of(app, world, name)
        client.get(SETTINGS, expect=403)
        client.post(SETTINGS, {"contact_line": "x"}, expect=403)


def test_a_change_stands_in_the_history_with_before_after_and_reason(app: Flask, world: World) -> None:
    before = scheme_of(world).contact_line
    change(app, world, {OFFER: "14", "Contact line": "new@northmoor.example", "Name of the scheme": "Tasters"})
    event = history("scheme", world.scheme.id)[-1]
    assert (event.action, event.reason, event.actor_name) == ("scheme.settings_changed", "as the board decided", "Shay")
    assert event.details == {
        "offer_days": ["30", "14"],
        "name": ["Northern Tech Tasters", "Tasters"],
        "contact_line": [before, "new@northmoor.example"],
    }


def test_what_is_offered_and_issued_keeps_its_days(app: Flask, world: World) -> None:
    offered, issued = world.offered(), world.issued()
    open_until = offered.offer_until
    answers = {OFFER: "14", RECORD: "0", CLAIM: "10", "Days in which a claim is to be paid": "20"}
    change(app, world, {**answers, "Days that a subsidy notice stays good": "1"})
    world.clock.advance(days=20)
    accepted = world.do(world.owner_of(offered), accept, offered, declared_pence=0, terms_version="2026-1")
    assert offered.offer_until == open_until
    assert (issued.late_session_days, issued.claim_window_days, issued.payment_days) == (7, 28, 30)
    assert (accepted.late_session_days, accepted.claim_window_days, accepted.payment_days) == (0, 10, 20)
    assert world.offered().offer_until == world.act("asha").today + timedelta(days=14)


def test_the_money_of_an_issued_voucher_goes_back_by_the_days_that_it_was_issued_with(app: Flask, world: World) -> None:
    issued = world.issued()
    change(app, world, {RECORD: "0"})
    later = world.issued()
    world.clock.advance(days=(issued.last_day - world.act("shay").today).days + 1)
    with world.by("shay") as act:
        report = run_due(act, scheme_of(world))
    assert (report.vouchers_expired, report.failed) == (1, [])
    assert (issued.state, later.state) == (VoucherState.ISSUED, VoucherState.EXPIRED)


def test_the_scheme_never_ends_before_a_voucher_does(app: Flask, world: World) -> None:
    voucher = world.issued()
    page = change(app, world, {"Last day of the scheme": "2026-06-30"}, expect=422)
    assert page.links["A voucher is good until 6 July 2026: the scheme cannot end before that."] == "#ends_on"
    assert scheme_of(world).ends_on >= voucher.last_day


def test_the_scheme_never_ends_before_an_open_round_does(app: Flask, world: World) -> None:
    page = change(app, world, {"Last day of the scheme": "2026-12-30"}, expect=422)
    assert "A round is open until 31 December 2026: the scheme cannot end before that." in page
    change(app, world, {"Last day of the scheme": "2026-12-31"})
    assert scheme_of(world).ends_on == date(2026, 12, 31)


def test_control_without_the_guard_a_voucher_would_outlast_its_scheme(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    voucher = world.issued()
    monkeypatch.setattr(scheme_changes, "_check_last_day", lambda *_args: None)
    change(app, world, {"Last day of the scheme": "2026-06-30"})
    assert session.merge(voucher).last_day > scheme_of(world).ends_on


@pytest.mark.rule(25)
def test_no_setting_lets_the_vouchers_of_an_open_round_outlast_their_agreement(app: Flask, world: World) -> None:
    page = change(app, world, {CLAIM: "300"}, expect=422)
    assert "go beyond the end of agreement LGF-1" in page
    assert scheme_of(world).claim_window_days == 28


@pytest.mark.rule(25)
def test_control_without_the_check_a_round_would_offer_what_cannot_be_issued(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(funding, "_late_last_day", lambda *_args: None)
    change(app, world, {CLAIM: "300"})
    assert scheme_of(world).claim_window_days == 300


def test_a_look_up_limit_of_none_and_no_change_at_all_are_refused(app: Flask, world: World) -> None:
    locks = "Failed look-ups of one person before look-up locks"
    page = change(app, world, {locks: "0"}, expect=422)
    assert page.links["Enter a whole number from 1 to 3,650."] == "#lookup_limit_person"
    assert "Nothing was changed: these are the values that hold already." in change(app, world, {}, expect=422)
    assert change(app, world, {"Reason": "", OFFER: "14"}, expect=422).links["Say why the settings change."]
