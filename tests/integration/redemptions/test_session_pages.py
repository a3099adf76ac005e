"""A provider's people record support in half a minute, and take back what they recorded by mistake."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask

from tests.harness.clock import FixedClock
from tests.harness.world import World, add_package, build_world
from tests.integration.redemptions.pages import colleague, record, signed_in, suspend_firm, told
from voucher.accounts.rules import Role
from voucher.redemptions.answers import answer_session
from voucher.redemptions.rules import WORDS, Delivered, Outcome, SessionState


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    return build_world(clock)


@pytest.mark.rule(51)
def test_a_suspended_provider_records_nothing_and_reads_why(app: Flask, world: World) -> None:
    opened = world.opened(world.issued())
    suspend_firm(world)
    page = record(signed_in(app), opened, expect=403)
    assert WORDS[Outcome.PROVIDER_SUSPENDED].sentence in page
    assert opened.state == SessionState.OPEN


@pytest.mark.rule(51)
def test_control_without_the_check_a_suspended_provider_would_record(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = world.opened(world.issued())
    suspend_firm(world)
    monkeypatch.setattr("voucher.redemptions.sessions.why_provider_cannot", lambda *_anything: None)
    record(signed_in(app), opened)
    assert opened.state == SessionState.RECORDED


def test_support_is_recorded_with_today_as_its_day_and_holds_its_estimate(app: Flask, world: World) -> None:
    opened = world.opened(world.issued())
    pat = signed_in(app)
    page = pat.get(f"/sessions/{opened.public_id}")
    assert page.form("Record support").data["delivered_on"] == ["2026-04-07"]
    assert "£1,000.00 before VAT. £750.00 is held on the voucher for it until the claim." in page
    filled = page.form("Record support").data
    assert (filled["package"], filled["minutes"]) == (["WEB"], ["360"])
    after = pat.follow(record(pat, opened))
    assert f"Recorded. We have told {opened.voucher.business.name} and asked whether it was delivered." in after
    assert "Make the claim" in after.links
    assert (opened.state, opened.held_pence, opened.delivered_on) == ("recorded", 75_000, date(2026, 4, 7))
    assert told("session_recorded") == [world.people[world.owner_of(opened.voucher)].email]


@pytest.mark.parametrize(
    ("question", "answer", "words"),
    [
        ("Minutes", "", "Enter how many minutes the support took."),
        ("Minutes", "an hour", "Enter the minutes as a whole number, like 90."),
        ("Minutes", "0", "Enter how many minutes the support took, up to a whole day."),
        ("What was done", " ", "Say in a few words what was done."),
        ("Date", "", "Enter the day of the support."),
        ("Date", "7 April", "Enter a date, like 7 April 2026."),
        ("Date", "2026-04-08", "The day of the support lies in the future."),
        ("Date", "2026-04-06", "The voucher is good for work from 7 April 2026 to 6 July 2026."),
    ],
)
def test_what_cannot_be_recorded_is_named_at_its_field_and_the_rest_is_kept(
    app: Flask, world: World, question: str, answer: str, words: str
) -> None:
    opened = world.opened(world.issued())
    page = record(signed_in(app), opened, {question: answer}, expect=422)
    anchor = page.links[words].removeprefix("#")
    [control] = [e for tag in ("input", "textarea") for e in page.all(tag, id=anchor)]
    assert words in page.text.split(f'id="{(control.get("aria-describedby") or "").split()[-1]}"')[1]
    assert page.form("Record support").data["package"] == ["WEB"]
    assert opened.state == SessionState.OPEN


def test_of_several_packages_none_is_chosen_beforehand_and_without_one_nothing_is_recorded(
    app: Flask, world: World
) -> None:
    add_package(world, world.provider, "APP", 500_00)
    opened = world.opened(world.issued())
    pat = signed_in(app)
    page = pat.submit(pat.get(f"/sessions/{opened.public_id}"), button="Record support", expect=422)
    assert page.links["Choose the package that was delivered."] == "#package"


def test_after_the_last_day_the_page_asks_why_it_is_late(app: Flask, world: World, clock: FixedClock) -> None:
    voucher = world.issued()
    clock.advance(days=92)
    opened, pat = world.opened(voucher), signed_in(app)
    page = record(pat, opened, expect=422)
    assert "The last day has passed: say why the work is recorded only now." in page.links
    assert page.form("Record support").data["delivered_on"] == ["2026-07-06"]
    record(pat, opened, {"Why is it recorded only now?": "The trainer was ill"})
    assert opened.late_reason == "The trainer was ill"


def test_a_day_after_the_look_up_the_page_asks_for_another_one(app: Flask, world: World, clock: FixedClock) -> None:
    opened = world.opened(world.issued())
    clock.advance(hours=25)
    page = signed_in(app).get(f"/sessions/{opened.public_id}")
    assert page.heading == "Session ended"
    assert page.links["Scan a voucher"] == "/scan"


def test_recording_twice_records_once(app: Flask, world: World) -> None:
    opened, pat = world.opened(world.issued()), signed_in(app)
    page = pat.get(f"/sessions/{opened.public_id}")
    answers = {"Package": "First web shop", "Minutes": "90", "What was done": "A shop"}
    for _time in range(2):
        pat.submit(page, answers, button="Record support")
    assert len(told("session_recorded")) == 1


# Taking back


def test_a_session_is_taken_back_by_who_recorded_it_with_a_reason(app: Flask, world: World) -> None:
    recorded, pat = world.recorded(world.issued()), signed_in(app)
    page = pat.get(f"/sessions/{recorded.public_id}")
    refused = pat.submit(page, button="Take this session back", expect=422)
    assert refused.links["Say why: the business reads that it was taken back."] == "#reason"
    for _time in range(2):
        after = pat.submit(page, {"Why do you take it back?": "Wrong business"}, button="Take this session back")
    assert "This session was taken back." in pat.follow(after)
    assert (recorded.state, recorded.voucher.remaining_pence) == ("undone", 75_000)
    assert len(told("session_undone")) == 1


def test_nobody_else_takes_a_session_back_nor_anybody_once_the_business_has_answered(app: Flask, world: World) -> None:
    recorded = world.recorded(world.issued())
    colleague(world, "pia", Role.PROVIDER_MANAGER)
    pia = signed_in(app, "pia")
    assert not pia.get(f"/sessions/{recorded.public_id}").labels
    page = pia.post(f"/sessions/{recorded.public_id}/undo", {"reason": "not mine"}, expect=403)
    assert "Only the person who recorded this session can take it back." in page
    world.do(world.owner_of(recorded.voucher), answer_session, recorded, Delivered.YES)
    assert not signed_in(app).get(f"/sessions/{recorded.public_id}").labels
