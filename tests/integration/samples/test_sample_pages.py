"""Samples on pages: drawn, looked into and concluded by an auditor, read by whoever reads statements."""

from __future__ import annotations

import io
import json
import zipfile

import pytest
from flask import Flask
from sqlalchemy import select

from tests.harness.client import PageClient
from tests.harness.clock import FixedClock
from tests.harness.page import Page
from tests.harness.world import World, build_world
from tests.integration.redemptions.pages import second_scheme
from tests.integration.reports.staff import browser_of, with_role
from tests.journeys.steps import on
from voucher.accounts.rules import Role
from voucher.platform.db import session
from voucher.samples.models import AuditSample

pytestmark = pytest.mark.usefixtures("sketched")

FROM_CLAIMS = "From the claims: each claim paid must rest on support, evidence and a bank line"
AT_RANDOM = "Simple random: each item has the same chance"


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    made = build_world(clock)
    on(made, "2026-05-04")
    return made


def paid(world: World) -> None:
    """One claim paid, and an auditor."""
    world.payable()
    world.paid()
    with_role(world, "aude", Role.AUDITOR)


BEGINS_WITH = paid


def draw(client: PageClient, changes: dict[str, object] | None = None, *, expect: int = 302) -> Page:
    answers: dict[str, object] = {
        "Agreement": "LGF-1",
        "Where to begin": FROM_CLAIMS,
        "How to choose": AT_RANDOM,
        "First day": "2026-04-01",
        "Last day": "2026-04-30",
        "Number of draws": "5",
    }
    page = client.get("/samples/new")
    return client.submit(page, {**answers, **(changes or {})}, button="Draw the sample", expect=expect)


def test_who_may_not_draw_or_look(app: Flask, world: World) -> None:
    aude, vera, pat = (browser_of(app, world, name) for name in ("aude", "vera", "pat"))
    draw(aude)
    sample = session.scalars(select(AuditSample)).one()
    address = f"/samples/{sample.public_id}"
    vera.get("/account")
    for path in ("/samples/new", f"{address}/items/1"):
        vera.get(path, expect=403)
    for path in (f"{address}/conclude", f"{address}/items/1/dossier"):
        vera.post(path, {}, expect=403)
    for path in ("/samples", address):
        pat.get(path, expect=403)
    assert sample.reference in vera.get("/samples")
    with second_scheme(world):
        with_role(world, "otto", Role.AUDITOR)
    otto = browser_of(app, world, "otto")
    otto.get(address, expect=404)
    assert sample.reference not in otto.get("/samples")


@pytest.mark.rule(62)
def test_a_sample_is_drawn_looked_into_and_concluded(app: Flask, world: World) -> None:
    aude = browser_of(app, world, "aude")
    page = aude.follow(draw(aude))
    assert "0 of 1 items have a finding" in page
    assert "The same items" in page
    item = aude.get(page.links[page.rows[0][1]])
    assert "£240.00 was paid on claim" in item
    refused = aude.submit(item, {"What did you find?": "Fails"}, button="Keep the finding", expect=422)
    assert "Say what is wrong: it stands behind the error rate." in refused
    found = {"What did you find?": "Fails", "By how much it is wrong": "24.00", "Note": "the invoice is higher"}
    page = aude.follow(aude.submit(refused, found, button="Keep the finding"))
    assert "10%, that is £24.00" in page
    assert page.rows[0][4:] == ["Failed", "£24.00", "the invoice is higher"]
    page = aude.follow(aude.submit(page, button="Conclude the sample"))
    assert "The statement whose period has 30 April 2026 in it counts this result." in page
    assert "nothing more is noted about its items" in aude.get(page.links[page.rows[0][1]])


def test_what_is_wrong_with_a_draw_is_named_at_its_field(app: Flask, world: World) -> None:
    aude = browser_of(app, world, "aude")
    page = draw(aude, {"Number of draws": "", "Confidence in percent": "95"}, expect=422)
    assert "Give either the number of items, or a confidence" in page
    assert "The period is not over" in draw(aude, {"Last day": "2026-05-31"}, expect=422)
    assert "from 1 to 1,000" in draw(aude, {"Number of draws": "0"}, expect=422)
    assert session.scalars(select(AuditSample)).all() == []


def test_the_dossier_is_a_zip_file(app: Flask, world: World) -> None:
    aude = browser_of(app, world, "aude")
    page = aude.follow(draw(aude))
    item = aude.get(page.links[page.rows[0][1]])
    archive = zipfile.ZipFile(io.BytesIO(aude.submit(item, button="Open the dossier (zip)", expect=200).body))
    assert json.loads(archive.read("index.json"))["item"] == 1
    assert "Dossier of item 1" in archive.read("index.html").decode()
