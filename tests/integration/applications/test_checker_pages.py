"""Checking whether a business can apply: by anybody, one question a page, nothing kept, each rule's answer in words."""

from __future__ import annotations

import pytest
from flask import Flask

from tests.harness.client import PageClient
from tests.harness.clock import FixedClock
from tests.harness.page import Page
from tests.harness.world import World, build_world
from tests.integration.applications.people import with_rules
from tests.integration.redemptions.pages import writes

CHECK = "/schemes/NTT/check"


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    return build_world(clock)


def ask(client: PageClient, **answers: str) -> Page:
    return client.get(CHECK, query=answers)


def test_an_unknown_scheme_has_no_checker(client: PageClient, world: World) -> None:
    client.get("/schemes/NOPE/check", expect=404)


def test_a_scheme_without_rules_asks_nothing(client: PageClient, world: World) -> None:
    page = client.get(CHECK)
    assert page.heading == "You can apply"
    assert "no rules on who may apply" in page


def test_one_question_is_asked_at_a_time_and_only_what_a_rule_uses(client: PageClient, world: World) -> None:
    with_rules(world, legal_forms=["company"], most_employees=49)
    assert client.get(CHECK).heading == "What kind of business is it?"
    page = ask(client, legal_form="company")
    assert page.heading == "How many people does it employ?"
    [form] = [each for each in page.forms if not each.posts]
    assert form.data["legal_form"] == ["company"]
    assert ask(client, legal_form="company", employees="49").heading == "You can apply"


def test_a_question_that_nobody_answered_says_so(client: PageClient, world: World) -> None:
    """A browser leaves a choice that nobody made out of the address."""
    with_rules(world, legal_forms=["company"])
    [form] = [each for each in client.get(CHECK).forms if not each.posts]
    page = client.get(CHECK, query={"asked": str(form.data["asked"][0])}, expect=422)
    assert page.all("a", href="#legal_form")
    assert page.heading == "What kind of business is it?"


def test_each_rule_answers_in_words(client: PageClient, world: World) -> None:
    with_rules(world, postcode_areas=["HX"], most_turnover_pence=1_000_000_00)
    page = ask(client, postcode="ls1 4ap", turnover="999,999.99")
    assert page.heading == "You cannot apply to this scheme"
    assert "Not met The business's postcode begins with one of these: HX. The postcode is LS1 4AP." in page
    assert "at most £1,000,000.00. Turnover: £999,999.99." in page
    assert "help@northmoor.example" in page


def test_what_an_officer_must_look_at_keeps_nobody_from_applying(client: PageClient, world: World) -> None:
    with_rules(world, excluded_sic=["64"])
    page = ask(client, sic_code="")
    assert page.heading == "You may be able to apply"
    assert page.links["Apply now"] == "/apply"


@pytest.mark.rule(47)
@pytest.mark.parametrize(
    ("rules", "answers", "field"),
    [
        ({"postcode_areas": ["HX"]}, {"postcode": "nowhere"}, "#postcode"),
        ({"most_employees": 9}, {"employees": "many"}, "#employees"),
        ({"most_employees": 9}, {"employees": ""}, "#employees"),
        ({"legal_forms": ["company"]}, {"legal_form": "club"}, "#legal_form"),
    ],
)
def test_what_cannot_be_right_is_named_at_its_field(
    client: PageClient, world: World, rules: dict[str, object], answers: dict[str, str], field: str
) -> None:
    with_rules(world, **rules)
    page = client.get(CHECK, query=answers, expect=422)
    assert page.title.startswith("Error: ")
    assert [href for href in page.links.values() if href.startswith(field)]


def test_checking_writes_nothing(client: PageClient, world: World) -> None:
    with_rules(world, most_employees=9)
    assert writes(lambda: ask(client, employees="3")) == []
