"""Staff find and decide applications: money reserved, notices sent, reasons given, never one's own."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask

from tests.harness.client import PageClient
from tests.harness.clock import FixedClock
from tests.harness.world import World, add_round_over, build_world
from tests.integration.applications.people import sent, with_rules
from tests.integration.desk import at_desk, gains, outsider, reads_nothing
from tests.integration.redemptions.pages import second_scheme, told
from voucher.accounts.rules import Role
from voucher.app import office
from voucher.applications.commands import submit
from voucher.applications.models import Application
from voucher.audit.queries import history
from voucher.funding.queries import standing_of_application
from voucher.funding.rules import Account
from voucher.platform.db import read_anew, session
from voucher.worker import run_worker


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    return build_world(clock)


def asked(world: World) -> Application:
    """An application that waits for a decision."""
    business, contact = world.business()
    return world.do("asha", submit, world.round, business, contact)


def path_of(application: Application, step: str = "") -> str:
    return f"/applications/{application.public_id}" + (f"/{step}" if step else "")


def approval(*applications: Application) -> str:
    return "/applications/approve?" + "&".join(f"application={each.public_id}" for each in applications)


def reserved(application: Application) -> int:
    return sum(standing_of_application(application.id, Account.RESERVED).values())


def state_of(application: Application) -> str:
    read_anew()
    return session.merge(application).state


# Who may not


@pytest.mark.rule(3)
def test_providers_businesses_and_those_without_a_role_open_none_of_it(app: Flask, world: World) -> None:
    waiting = asked(world)
    paths = ["/applications", path_of(waiting), path_of(waiting, "decline"), approval(waiting)]
    for name in ("pat", "owner2", "ada"):
        world.people.setdefault("owner2", waiting.contact)
        reads_nothing(at_desk(app, world, name), paths, expect=403)


def test_staff_of_another_scheme_find_no_such_application(app: Flask, world: World) -> None:
    waiting = asked(world)
    otto = at_desk(app, world, outsider(world, Role.ASSESSOR))
    reads_nothing(otto, [path_of(waiting), path_of(waiting, "decline"), approval(waiting)], expect=404)
    assert waiting.reference not in otto.get("/applications", query={"state": "any"})


def test_who_only_reads_sees_the_reason_and_no_button(app: Flask, world: World) -> None:
    waiting = asked(world)
    vera = at_desk(app, world, "vera")
    page = vera.get(path_of(waiting))
    assert "Approve: Only people with this role may do this: assessor." in page
    assert "Approve" not in page.links
    vera.get(path_of(waiting, "decline"), expect=403)


def own_application(app: Flask, world: World) -> tuple[Application, PageClient]:
    """One of asha's own business, and her browser: she holds both."""
    waiting = asked(world)
    gains(world, "asha", Role.BUSINESS_MEMBER, organisation_id=waiting.business_id)
    return waiting, at_desk(app, world, "asha")


@pytest.mark.rule(65)
def test_nobody_decides_the_application_of_their_own_organisation(app: Flask, world: World) -> None:
    waiting, asha = own_application(app, world)
    page = asha.get(path_of(waiting))
    assert "This is your own organisation's application: another person must decide it." in page
    assert not {"Approve", "Decline"} & set(page.links)
    assert "Nothing to approve" in asha.get(approval(waiting))
    assert asha.get("/applications").all("input", name="application") == []
    asha.post(path_of(waiting, "decline"), {"reason": "not mine"}, expect=403)
    asha.post("/applications/approve", {"application": waiting.public_id}, expect=403)
    assert (state_of(waiting), reserved(waiting)) == ("submitted", 0)


@pytest.mark.rule(65)
def test_control_without_the_policy_it_would_be_decided(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting, asha = own_application(app, world)
    monkeypatch.setattr("voucher.applications.reviewing.why_not_decide", lambda *_anything: None)
    asha.get("/account")
    asha.post("/applications/approve", {"application": waiting.public_id})
    assert (state_of(waiting), reserved(waiting)) == ("approved", 75_000)


# The queue


def test_the_queue_shows_what_waits_with_its_age_and_money(app: Flask, world: World, clock: FixedClock) -> None:
    waiting, offered = asked(world), world.offered()
    clock.advance(days=3)
    page = at_desk(app, world, "asha").get("/applications")
    assert "1 to decide, £750.00, oldest 3 days" in page
    assert "1 approved, £750.00" in page
    assert [row[1] for row in page.rows] == [waiting.reference]
    assert offered.reference not in page


def test_a_business_s_numbers_are_called_what_people_call_them(app: Flask, world: World) -> None:
    application = world.offered()
    [number] = application.business.identifiers
    page = at_desk(app, world, "vera").get(f"/applications/{application.public_id}")
    assert f"Company number {number.value}" in page


def test_filters_stand_in_the_address(app: Flask, world: World) -> None:
    offered, waiting = world.offered(), asked(world)
    asha = at_desk(app, world, "asha")
    for query, found in (
        ({"state": "approved"}, [offered]),
        ({"state": "any"}, [offered, waiting]),
        ({"state": "any", "text": waiting.business.name.lower()}, [waiting]),
        ({"state": "any", "text": offered.reference[-6:]}, [offered]),
        ({"state": "any", "text": "100%"}, []),
        ({"round": "NTT.R1"}, [waiting]),
        ({"round": "made up"}, [waiting]),
    ):
        page = asha.get("/applications", query=query)
        references = [each.reference for each in found]
        assert [cell for row in page.rows for cell in row if cell.startswith("NTT-A")] == references, query
    assert "No application fits." in asha.get("/applications", query={"text": "nobody"})


def test_the_round_narrows_the_queue(app: Flask, world: World) -> None:
    first = asked(world)
    lines = world.agreement.lines
    world.round = add_round_over(world, "R2", [(line, 3_333 + (i == 1)) for i, line in enumerate(lines)], 100_000)
    second = asked(world)
    page = at_desk(app, world, "asha").get("/applications", query={"round": "NTT.R2"})
    assert (second.reference in page, first.reference in page) == (True, False)


def test_who_works_in_two_schemes_may_narrow_the_queue_to_one(app: Flask, world: World) -> None:
    waiting = asked(world)
    assert "Any scheme" not in at_desk(app, world, "asha").get("/applications")
    with second_scheme(world):
        gains(world, "asha", Role.ASSESSOR)
    asha = at_desk(app, world, "asha")
    assert waiting.reference in asha.get("/applications", query={"scheme": "NTT"})
    assert waiting.reference not in asha.get("/applications", query={"scheme": "OTH"})


# Deciding


def test_approving_reserves_the_money_and_sends_the_notice(app: Flask, world: World) -> None:
    waiting = asked(world)
    asha = at_desk(app, world, "asha")
    page = asha.click(asha.get(path_of(waiting)), "Approve", expect=302)
    page = asha.submit(asha.follow(page), button="Approve 1 application, £750.00")
    record = asha.follow(page)
    assert "1 application is approved: £750.00 reserved." in record
    assert reserved(waiting) == 75_000
    assert told("offer") == [waiting.contact.email]
    assert ["7 April 2026", "Reserved", "LGF-1, line L1", "Unallocated", "Reserved", "£249.98"] in record.rows
    assert any("Notice" in row for row in record.rows)


def test_the_ticked_ones_are_approved_together_for_the_total_on_the_button(app: Flask, world: World) -> None:
    first, second, third = asked(world), asked(world), asked(world)
    asha = at_desk(app, world, "asha")
    page = asha.get(approval(first, third))
    asha.submit(page, button="Approve 2 applications, £1,500.00")
    assert [state_of(each) for each in (first, second, third)] == ["approved", "submitted", "approved"]


def test_when_one_of_several_cannot_be_approved_none_is(app: Flask, world: World) -> None:
    lines = world.agreement.lines
    world.round = add_round_over(world, "R2", [(line, 3_333 + (i == 1)) for i, line in enumerate(lines)], 100_000)
    first, second = asked(world), asked(world)
    asha = at_desk(app, world, "asha")
    page = asha.submit(asha.get(approval(first, second)), button="Approve 2 applications, £1,500.00", expect=409)
    assert page.title.startswith("Error: ")
    assert [state_of(each) for each in (first, second)] == ["submitted", "submitted"]
    assert told("offer") == []


def test_what_is_decided_already_is_left_out_and_named(app: Flask, world: World) -> None:
    offered, waiting = world.offered(), asked(world)
    page = at_desk(app, world, "asha").get(approval(offered, waiting))
    assert f"{offered.reference} of {offered.business.name}: It is approved." in page
    assert list(page.form("Approve 1 application, £750.00").data["application"]) == [waiting.public_id]


def test_declining_wants_a_reason_which_the_business_reads(app: Flask, world: World) -> None:
    waiting = asked(world)
    asha = at_desk(app, world, "asha")
    page = asha.click(asha.get(path_of(waiting)), "Decline")
    empty = asha.submit(page, {}, button="Decline the application", expect=422)
    assert empty.links["Say why: the business reads the reason."] == "#reason"
    question = "Why is it declined? The business reads this."
    record = asha.follow(asha.submit(page, {question: "It trades outside the area"}, button="Decline the application"))
    assert "It trades outside the area" in record
    run_worker(office(), once=True, environ={})
    [letter] = [path.read_text() for path in Path(office().config.mail).iterdir()]
    assert "Why: It trades outside the area" in letter


def test_withdrawing_gives_the_money_back(app: Flask, world: World) -> None:
    offered = world.offered()
    asha = at_desk(app, world, "asha")
    page = asha.click(asha.get(path_of(offered)), "Withdraw")
    asha.submit(page, {"Why": "The business asked us to"}, button="Withdraw the application")
    assert (state_of(offered), reserved(offered)) == ("withdrawn", 0)
    assert history("application", offered.id)[-1].reason == "The business asked us to"


def test_the_notice_is_sent_again(app: Flask, world: World) -> None:
    offered = world.offered()
    asha = at_desk(app, world, "asha")
    page = asha.click(asha.get(path_of(offered)), "Send the notice again")
    asha.submit(page, button="Send the notice")
    assert told("offer") == [offered.contact.email] * 2


def test_a_step_that_is_over_says_so(app: Flask, world: World) -> None:
    waiting = asked(world)
    asha = at_desk(app, world, "asha")
    asha.get(path_of(waiting, "send-notice"), expect=409)
    asha.get(path_of(waiting, "elsewhere"), expect=404)
    page, answer = asha.get(path_of(waiting, "decline")), {"Why is it declined? The business reads this.": "late"}
    asha.submit(page, answer, button="Decline the application")
    asha.submit(page, answer, button="Decline the application", expect=409)


def test_an_accepted_application_leads_to_its_voucher(app: Flask, world: World) -> None:
    voucher = world.issued()
    asha = at_desk(app, world, "asha")
    page = asha.get(path_of(voucher.application))
    assert asha.follow(asha.click(page, "Go to the voucher", expect=302)).heading == f"Voucher {voucher.reference}"


@pytest.mark.rule(3)
def test_who_decides_reads_what_the_business_answered_and_what_the_rules_say_of_it(app: Flask, world: World) -> None:
    with_rules(world, most_employees=249)
    form = sent(world, changes={"employees": {"employees": 3}, "support": {"support": "A till that counts the stock"}})
    assert form.application is not None
    client = at_desk(app, world, "asha")
    page = client.get(path_of(form.application))
    assert "What the business answered" in page
    assert "A till that counts the stock" in page
    assert "Met The business has at most 249 employees." in page.words
    assert "What the business answered" not in client.get(path_of(asked(world)))  # entered by an officer as an offer
