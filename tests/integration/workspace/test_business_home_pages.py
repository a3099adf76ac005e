"""The page at which the people of a business arrive, its lists, and what it shows of the business itself."""

from __future__ import annotations

import pytest
from flask import Flask

from tests.harness.client import PageClient
from tests.harness.clock import FixedClock
from tests.harness.form import words_of
from tests.harness.page import Page
from tests.harness.world import World, build_world
from tests.integration.redemptions.pages import asked_of_the_database
from tests.integration.workspace.business import browser_of, owner
from voucher.accounts.commands import grant_role
from voucher.accounts.rules import Role
from voucher.applications.commands import decline, submit
from voucher.platform.db import session
from voucher.redemptions.answers import answer_session
from voucher.redemptions.rules import Delivered
from voucher.vouchers.models import Voucher
from voucher.workspace import business_queries

ADDRESSES = ("/business", "/business/vouchers", "/business/applications")


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    return build_world(clock)


def joins(world: World, name: str, voucher: Voucher) -> None:
    """Makes somebody a member of the voucher's business as well."""
    with world.by("ada") as act:
        person, business_id = session.merge(world.people[name]), session.merge(voucher).business_id
        grant_role(act, person, Role.BUSINESS_MEMBER, organisation_id=business_id)


def tasks_on(page: Page) -> dict[str, str]:
    """What stands beside each task of the list."""
    items = page.all("li", class_="govuk-task-list__item")
    titles = [words_of(next(item.iter("a"))) for item in items]
    return {title: words_of(item).removeprefix(title).strip() for title, item in zip(titles, items, strict=True)}


def test_whoever_has_applied_comes_to_drafts_and_to_another_application(app: Flask, world: World) -> None:
    client = owner(app, world, world.issued())
    words = "Apply for a voucher, or go on with an application that is not sent"
    assert client.get("/business").links[words] == "/apply"
    assert client.click(client.get("/business"), words).heading


# Who may not


@pytest.mark.parametrize("path", ADDRESSES)
def test_nobody_else_opens_the_pages_of_a_business(app: Flask, client: PageClient, world: World, path: str) -> None:
    client.get(path, expect=302)
    for name in ("pat", "vera", "shay"):
        browser_of(app, world, name).get(path, expect=403)


@pytest.mark.rule(15)
def test_another_business_sees_nothing_of_this_one(app: Flask, world: World) -> None:
    ours, theirs = world.issued(), world.issued()
    page = owner(app, world, theirs).get("/business")
    assert ours.reference not in page
    assert ours.business.name + " " not in page.words + " "
    owner(app, world, theirs).get(f"/business/details/{ours.business.public_id}", expect=404)


def test_control_without_the_scope_another_business_would_see_it(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, theirs = world.issued(), world.issued()
    everybody = [ours.business_id, theirs.business_id]
    monkeypatch.setattr(business_queries, "own_business_ids", lambda *_anybody: everybody)
    assert ours.reference in owner(app, world, theirs).get("/business")


# What stands there


def test_signing_in_leads_to_the_businesss_own_page(app: Flask, world: World) -> None:
    voucher = world.issued()
    client = owner(app, world, voucher)
    page = client.follow(client.get("/", expect=302))
    assert page.heading == voucher.business.name
    assert "There is nothing that you must do now." in page
    assert "£750.00 left of £750.00. Last day: 6 July 2026, in 90 days." in page


def test_an_offer_is_a_task_with_its_day(app: Flask, world: World) -> None:
    client = owner(app, world, world.offered())
    page = client.get("/business")
    [beside] = tasks_on(page).values()
    assert beside.endswith("Northern Tech Tasters. By 7 May 2026. In 30 days")
    assert client.click(page, "Answer the offer of £750.00").heading.startswith("Application NTT-A-")


def test_a_delivery_is_a_task_until_it_is_answered_and_then_waits_for_the_provider(app: Flask, world: World) -> None:
    recorded = world.recorded(world.issued())
    client = owner(app, world, recorded.voucher)
    assert tasks_on(client.get("/business")) == {
        "Say whether this was delivered: First web shop": "Calder Digital Ltd, 7 April 2026. Since 7 April 2026. To do"
    }
    world.do(world.owner_of(recorded.voucher), answer_session, recorded, Delivered.YES)
    page = client.get("/business")
    assert tasks_on(page) == {}
    assert "Waits for: the provider, since 7 April 2026, at the latest until 3 August 2026" in page


def test_a_claim_is_a_task_until_it_is_confirmed_and_then_waits_for_the_office(app: Flask, world: World) -> None:
    made = world.claimed(world.issued())
    client = owner(app, world, made.voucher)
    [due] = tasks_on(client.get("/business")).values()
    assert due.endswith("of Calder Digital Ltd. By 5 May 2026. In 28 days")
    world.confirmed(made)
    page = client.get("/business")
    assert tasks_on(page) == {}
    assert "The claim for £240.00 is confirmed" in page
    assert "Waits for: the scheme's office, since 7 April 2026" in page


def test_a_declined_application_says_why(app: Flask, world: World) -> None:
    business, person = world.business()
    application = world.do("asha", submit, world.round, business, person)
    client = owner(app, world, application)
    assert "The application is being decided" in client.get("/business")
    world.do("asha", decline, application, reason="The business is outside the area.")
    assert "Why: The business is outside the area." in client.get("/business")
    page = client.get(f"/business/applications/{application.public_id}")
    assert "Why it was declined: The business is outside the area." in page
    assert "Another person than the one who decided" in page


def test_whoever_acts_for_two_businesses_sees_which_is_which(app: Flask, world: World) -> None:
    first, second = world.issued(), world.issued()
    joins(world, world.owner_of(first), second)
    page = owner(app, world, first).get("/business")
    assert page.heading == "Your vouchers and what to do"
    for voucher in (first, second):
        assert f"Northern Tech Tasters, {voucher.business.name}" in page


def test_who_has_other_work_as_well_finds_it_from_there(app: Flask, world: World) -> None:
    voucher = world.issued()
    assert "What else you can do" not in owner(app, world, voucher).get("/business")
    joins(world, "pat", voucher)
    assert browser_of(app, world, "pat").get("/business").links["Look up a voucher"] == "/look-up"


def test_more_vouchers_cost_no_more_queries(app: Flask, world: World) -> None:
    vouchers = [world.claimed(world.issued()).voucher for _each in range(2)]
    name = world.owner_of(vouchers[0])
    joins(world, name, vouchers[1])
    client = browser_of(app, world, name)
    few = [asked_of_the_database(lambda path=path: client.get(path)) for path in ADDRESSES]  # type: ignore[misc]
    for _each in range(4):
        joins(world, name, world.claimed(world.issued()).voucher)
        joins(world, name, world.recorded(world.issued()).voucher)
    assert [asked_of_the_database(lambda path=path: client.get(path)) for path in ADDRESSES] == few  # type: ignore[misc]


def test_the_details_show_numbers_people_and_letters(app: Flask, world: World) -> None:
    voucher = world.issued()
    client = owner(app, world, voucher)
    page = client.get("/business")
    page = client.click(page, f"{voucher.business.name}: details, people and letters")
    contact = voucher.application.contact
    assert [contact.name, contact.email, "The last person stays"] in page.rows
    for words in (voucher.business.reference, "Company number", "LS21 1AA", "English"):
        assert words in page
    page = client.click(page, f"Letters of application {voucher.application.reference}")
    assert "Letter that confirms the subsidy, sent to you" in page.links
