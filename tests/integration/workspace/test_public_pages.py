"""What everybody may read: the scheme with what a business pays, its terms, approved providers and their packages."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask

from tests.harness.client import PageClient
from tests.harness.clock import FixedClock
from tests.harness.world import World, build_world
from tests.integration.applications.people import with_rules
from tests.integration.redemptions.pages import other_provider, second_scheme, suspend_firm
from voucher.platform.db import atomic, session
from voucher.providers.models import Package

PROVIDERS = "/schemes/NTT/providers"


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    return build_world(clock)


def path_of(world: World) -> str:
    return f"{PROVIDERS}/{session.merge(world.provider).public_id}"


# What is not shown


def test_what_is_not_there_is_not_found(client: PageClient, world: World) -> None:
    for path in ("/schemes/NOPE", "/schemes/NTT/terms/9", f"{PROVIDERS}/nobody", f"{path_of(world)}/NOPE"):
        client.get(path, expect=404)


def test_only_approved_providers_with_packages_are_listed(client: PageClient, world: World) -> None:
    other_provider(world)  # has no package
    page = client.get(PROVIDERS)
    assert "Calder Digital Ltd" in page
    assert "Olga Digital Ltd" not in page
    suspend_firm(world)
    assert "No provider is listed for this." in client.get(PROVIDERS)
    client.get(path_of(world), expect=404)


def test_a_provider_whose_approval_has_run_out_is_not_listed(
    client: PageClient, world: World, clock: FixedClock
) -> None:
    until = session.merge(world.provider).approved_until
    assert until is not None
    clock.set(clock().replace(year=until.year, month=until.month, day=until.day))
    assert "Calder Digital Ltd" in client.get(PROVIDERS)
    clock.set(clock() + timedelta(days=1))
    assert "Calder Digital Ltd" not in client.get(PROVIDERS)


def test_a_package_that_was_withdrawn_is_not_shown(client: PageClient, world: World) -> None:
    path = path_of(world)
    client.get(f"{path}/WEB")
    with atomic():
        session.get_one(Package, world.package.id).active = False
    client.get(f"{path}/WEB", expect=404)
    client.get(path, expect=404)


# The scheme


def test_who_is_not_signed_in_arrives_at_the_only_scheme(client: PageClient, world: World) -> None:
    page = client.get("/")
    assert page.heading == "Northern Tech Tasters"
    assert {"Check if you can apply", "Find a provider", "Apply now", "Sign in"} <= set(page.links)


def test_several_schemes_are_listed(client: PageClient, world: World) -> None:
    with second_scheme(world):
        pass
    assert client.click(client.get("/"), "Other Tech Tasters").heading == "Other Tech Tasters"


def test_an_installation_without_a_scheme_has_a_page_to_arrive_at(app: Flask, client: PageClient) -> None:
    assert "There is no scheme here yet." in client.get("/")


def test_the_worked_example_shows_what_the_business_pays_with_its_vat(client: PageClient, world: World) -> None:
    # 80% of £1,000.00 is £800.00, but the voucher is worth £750.00.
    assert client.get("/schemes/NTT").rows[:6] == [
        ["Price before VAT", "£1,000.00"],
        ["VAT at 20%", "£200.00"],
        ["The voucher pays the provider", "£750.00"],
        ["Your business pays: the rest of the price", "£250.00"],
        ["Your business pays: the VAT", "£200.00"],
        ["Your business pays in all", "£450.00"],
    ]


def test_rounds_show_their_dates_until_they_have_closed(client: PageClient, world: World, clock: FixedClock) -> None:
    words = "Round R1 Open now From 1 April 2026 to 31 December 2026, for the voucher “Tech taster”."
    assert words in client.get("/schemes/NTT")
    clock.advance(days=300)
    page = client.get("/schemes/NTT")
    assert "No round is open or announced." in page
    assert "Apply now" not in page.links


def test_who_may_apply_is_said_in_words(client: PageClient, world: World) -> None:
    assert "Any business may apply" in client.get("/schemes/NTT")
    with_rules(world, most_employees=49, legal_forms=["company", "charity"])
    page = client.get("/schemes/NTT")
    assert "The business has at most 49 employees." in page
    assert "The business is one of these: company, charity." in page


def test_the_terms_can_be_read_in_each_version(client: PageClient, world: World) -> None:
    page = client.click(client.get("/terms"), "Northern Tech Tasters, version 2026-1")
    assert "Terms and conditions of Northern Tech Tasters." in page


@pytest.mark.parametrize("words", ["Accessibility", "Privacy", "Terms", "Complaints"])
def test_every_foot_leads_to_what_the_law_wants(client: PageClient, world: World, words: str) -> None:
    assert client.click(client.get("/sign-in"), words).heading == words


def test_every_foot_names_the_only_scheme_and_its_owner(client: PageClient, world: World) -> None:
    foot = "Northern Tech Tasters, run by Northmoor Combined Authority"
    assert foot in client.get("/sign-in")
    assert foot not in client.get("/no-such-page", expect=404)  # after a refusal nothing more is asked
    with second_scheme(world):
        pass
    assert foot not in client.get("/sign-in")


# Providers


def test_a_package_shows_what_the_voucher_and_the_business_pay(client: PageClient, world: World) -> None:
    page = client.click(client.get(path_of(world)), "First web shop")
    assert ["The voucher pays the provider up to", "£750.00"] in page.rows
    assert ["Your business pays in all, with the VAT", "£450.00"] in page.rows


def test_providers_are_found_by_a_part_of_their_name(client: PageClient, world: World) -> None:
    assert "Calder Digital Ltd" in client.get(PROVIDERS, query={"name": "caLDer"})
    assert "No provider is listed for this." in client.get(PROVIDERS, query={"name": "%"})
