"""Indicators, enterprises and jobs on pages: entered by whoever may, read by the scheme's people."""

from __future__ import annotations

from io import BytesIO

import pytest
from flask import Flask
from sqlalchemy import select

from tests.harness.client import PageClient
from tests.harness.clock import FixedClock
from tests.harness.page import Page
from tests.harness.world import PDF, World, build_world
from tests.integration.outputs.asked_for import business_of, furnished, post, supported
from tests.integration.redemptions.pages import second_scheme
from tests.integration.reports.staff import browser_of, with_role
from voucher.accounts.rules import Role
from voucher.demo.files import indicators
from voucher.outputs.models import IndicatorSet, Job, Output
from voucher.platform.db import session
from voucher.redemptions.models import Redemption

FILE = "File with the indicators (TOML)"


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    return build_world(clock)


def support(world: World) -> None:
    furnished(world)
    supported(world, 90)


BEGINS_WITH = support


def paper() -> tuple[BytesIO, str]:
    return BytesIO(PDF.format("a statement of the business").encode()), "statement.pdf"


def name_of_business() -> str:
    return business_of(session.scalars(select(Redemption)).one()).name


def enter(client: PageClient, world: World, text: str, reason: str = "", *, expect: int = 302) -> Page:
    page = client.get(f"/funding/agreements/{world.agreement.public_id}/indicators/new")
    answers = {FILE: (BytesIO(text.encode()), "indicators.toml"), "Reason": reason}
    return client.submit(page, answers, button="Enter the indicators", expect=expect)


def test_who_may_not_open_them(app: Flask, world: World) -> None:
    pat, rob = browser_of(app, world, "pat"), browser_of(app, world, "rob")
    agreement = f"/funding/agreements/{world.agreement.public_id}/indicators"
    for path in ("/outputs", "/outputs/jobs", agreement):
        pat.get(path, expect=403)
    for path in (f"{agreement}/new", "/outputs/new", "/outputs/jobs/new"):
        rob.get(path, expect=403)
    with second_scheme(world):
        with_role(world, "otto", Role.STATEMENT_PREPARER)
    otto = browser_of(app, world, "otto")
    otto.get(agreement, expect=404)
    assert name_of_business() not in otto.get("/outputs")


@pytest.mark.rule(60)
def test_a_new_version_is_entered_from_a_file_with_a_reason(app: Flask, world: World) -> None:
    fred = browser_of(app, world, "fred")
    assert "Say why the indicators change." in enter(fred, world, indicators(), expect=422)
    text = indicators().replace("[indicators]", "[indicators]\nin_force_from = 2026-05-01")
    page = fred.follow(enter(fred, world, text, "the funder's version 4"))
    assert "Local growth indicators, version 3" in page
    assert len(session.scalars(select(IndicatorSet)).all()) == 2


def test_a_file_with_faults_names_each_of_them_and_nothing_is_written(app: Flask, world: World) -> None:
    fred = browser_of(app, world, "fred")
    wrong = (
        indicators().replace("threshold_minutes = 720", "threshold_minutes = 0").replace('target = "20"', "goal = 20")
    )
    page = enter(fred, world, wrong.replace("jobs created", "jobs dreamt of"), "again", expect=422)
    for where in ("indicator[1].threshold_minutes", "indicator[4].measure", "indicator[5].target", "indicator[5].goal"):
        assert f"indicators.{where}" in page
    assert "this is not a TOML file" in enter(fred, world, "= =", "again", expect=422)
    page = fred.get(f"/funding/agreements/{world.agreement.public_id}/indicators/new")
    empty = fred.submit(page, button="Enter the indicators", expect=422)
    assert "Choose the file with the indicators." in empty
    assert len(session.scalars(select(IndicatorSet)).all()) == 1


def test_the_agreement_leads_to_its_indicators_and_each_to_what_counts(app: Flask, world: World) -> None:
    post(world, business_of(session.scalars(select(Redemption)).one()))
    vera = browser_of(app, world, "vera")
    page = vera.get(f"/funding/agreements/{world.agreement.public_id}")
    page = vera.click(page, "What it asks for beside money: its indicators")
    assert [row[-4:] for row in page.rows if row[0] == "E22"] == [["12.50", "0.60", "1", "0"]]
    assert "Web editor" in vera.click(page, "E22")


@pytest.mark.rule(60)
def test_an_enterprise_is_recorded_gets_its_evidence_and_is_withdrawn(app: Flask, world: World) -> None:
    stella = browser_of(app, world, "stella")
    page = stella.get("/outputs/new")
    chosen = "LGF-1, E30: Enterprises adopting technology"
    refused = stella.submit(page, {"Indicator": chosen, "Business": "Nobody Ltd"}, button="Record it", expect=422)
    assert "There is no such business." in refused
    page = stella.submit(page, {"Indicator": chosen, "Business": name_of_business()}, button="Record it")
    page = stella.follow(page)
    assert "No evidence" in page
    form = stella.click(page, f"Add evidence {name_of_business()}")
    assert "The indicator asks for: A statement" in form
    assert "Choose the file with the evidence." in stella.submit(form, button="Keep the evidence", expect=422)
    page = stella.follow(stella.submit(form, {"Evidence": paper()}, button="Keep the evidence"))
    assert "Counts" in page
    page = stella.click(page, f"Withdraw {name_of_business()}")
    stella.submit(page, {"Reason": "recorded twice"}, button="Withdraw it")
    assert session.scalars(select(Output)).one().withdrawn_reason == "recorded twice"


@pytest.mark.rule(61)
def test_a_job_is_recorded_with_what_is_wrong_named_at_its_field(app: Flask, world: World) -> None:
    stella = browser_of(app, world, "stella")
    page = stella.get("/outputs/jobs/new")
    answers: dict[str, object] = {
        "Indicator": "LGF-1, E22: Jobs created",
        "Business": name_of_business(),
        "Post": "Web editor",
        "Full-time equivalent of the post": "1.2",
        "Full-time equivalents before the support": "4.5",
        "Day of that baseline": "2026-03-01",
        "The post began, or was kept, on": "2026-04-01",
        "It is paid and to last twelve months or longer": True,
        "Evidence": paper(),
    }
    refused = stella.submit(page, answers, button="Record the job", expect=422)
    assert "at most 1, like 0.6 or 1." in refused
    assert "Choose the file again: it was not kept." in refused
    good = {**answers, "Full-time equivalent of the post": "0.6", "Evidence": paper()}
    page = stella.follow(stella.submit(refused, good, button="Record the job"))
    assert [row[3:6] for row in page.rows] == [["0.60", "4.50", "Counts"]]
    twice = {**good, "Indicator": "LGF-1, E23: Jobs safeguarded", "Evidence": paper()}
    assert "a post counts once" in stella.submit(refused, twice, button="Record the job", expect=422)
    assert len(session.scalars(select(Job)).all()) == 1
