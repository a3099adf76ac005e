"""A template of payment files on pages: faults by field, a look with a made-up payment, and then it is kept."""

from __future__ import annotations

from io import BytesIO

import pytest
from flask import Flask
from sqlalchemy import select

from tests.harness.client import PageClient
from tests.harness.clock import FixedClock
from tests.harness.page import Page
from tests.harness.world import World, build_world
from tests.integration.payments.pages import browser_of, stranger
from voucher.payments.way_models import FileTemplate
from voucher.platform.db import read_anew, session

# What this shows does not depend on the engine.
pytestmark = pytest.mark.parametrize("engine_kind", ["sqlite"], indirect=True)
LEDGER = """
name = "Northmoor ledger"
route = "accounts payable"
rows = "funding line"
delimiter = "semicolon"
[[column]]
head = "Supplier"
value = "supplier number"
[[column]]
head = "Cost code"
value = "cost code"
[[column]]
head = "Amount"
value = "amount"
[[column]]
head = "Kind"
text = "BP"
"""
NEW = "/scheme/paying/templates/new"
LOOK, KEEP = "Look at the template", "Keep this template"


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    return build_world(clock)


def given(content: str | bytes, code: str = "northmoor-ledger") -> dict[str, object]:
    data = content if isinstance(content, bytes) else content.encode()
    return {"Code of the template": code, "The template (TOML)": (BytesIO(data), "ledger.toml")}


def kept() -> list[FileTemplate]:
    read_anew()
    return list(session.scalars(select(FileTemplate).order_by(FileTemplate.id)))


def test_who_may_not_add_one(app: Flask, world: World) -> None:
    for name in ("petra", "sigrid", "pat"):
        browser_of(app, world, name).get(NEW, expect=403)
    stranger(world)
    browser_of(app, world, "stan").get("/scheme/paying/templates/finance-csv.toml")
    browser_of(app, world, "pat").get("/scheme/paying/templates/finance-csv.toml", expect=403)


def looked_at(shay: PageClient) -> Page:
    page = shay.click(shay.get("/scheme/paying"), "Add a template")
    return shay.submit(page, given(LEDGER), button=LOOK, expect=200)


def test_it_is_looked_at_with_a_made_up_payment_before_it_is_kept(app: Flask, world: World) -> None:
    shay = browser_of(app, world, "shay")
    page = looked_at(shay)
    assert kept() == []
    # The two parts of £1,234.56 that two funding lines pay, each with its cost code.
    assert "Supplier;Cost code;Amount;Kind" in page
    assert "S-000042;R400-1;411.52;BP" in page
    assert "S-000042;R400-2;823.04;BP" in page
    assert page.rows[2][3] == "411.52 · 823.04"
    page = shay.follow(shay.submit(page, {}, button=KEEP))
    assert "Template northmoor-ledger version 1 is kept." in page
    assert [(each.code, each.version, each.body.strip()) for each in kept()] == [
        ("northmoor-ledger", 1, LEDGER.strip())
    ]
    assert shay.get("/scheme/paying/templates/northmoor-ledger.toml").body.decode().strip() == LEDGER.strip()


def test_every_fault_is_named_by_field_and_what_was_typed_stays(app: Flask, world: World) -> None:
    shay = browser_of(app, world, "shay")
    wrong = LEDGER.replace('"semicolon"', '"pipe"').replace('value = "amount"', 'value = "sum"')
    page = shay.submit(shay.get(NEW), given(wrong), button=LOOK, expect=422)
    assert {row[1] for row in page.rows} >= {"delimiter", "column"}
    assert 'value="northmoor-ledger"' in page.text
    assert kept() == []


@pytest.mark.parametrize(
    ("content", "code", "field", "words"),
    [
        (LEDGER, "pain.001", "code", "a code of its own"),
        (LEDGER, "finance-csv", "code", "a code of its own"),
        ("name = 'Büro'".encode("latin-1"), "ledger", "file", "no text in UTF-8"),
        (b"#" * 70_000, "ledger", "file", "at most 64 KB"),
        (b"", "ledger", "file", "must show"),
    ],
)
def test_what_cannot_be_a_template_is_refused(
    app: Flask, world: World, content: str | bytes, code: str, field: str, words: str
) -> None:
    shay = browser_of(app, world, "shay")
    page = shay.submit(shay.get(NEW), given(content, code), button=LOOK, expect=422)
    assert words in page
    assert page.all("p", id=f"{field}-error") or "Faults of the file" in page
    assert kept() == []


def test_no_file_is_asked_for_at_its_field(app: Flask, world: World) -> None:
    shay = browser_of(app, world, "shay")
    page = shay.submit(shay.get(NEW), {"Code of the template": "ledger"}, button=LOOK, expect=422)
    assert page.all("p", id="file-error")


def test_what_a_page_sends_back_changed_is_read_again(app: Flask, world: World) -> None:
    shay = browser_of(app, world, "shay")
    shay.get(NEW)
    changed = {"code": "ledger", "body": LEDGER.replace("amount", "sum")}
    page = shay.post(NEW, changed, expect=422)
    assert "Faults of the file" in page
    assert kept() == []


def test_an_unknown_template_is_not_there(app: Flask, world: World) -> None:
    browser_of(app, world, "shay").get("/scheme/paying/templates/pain.001.toml", expect=404)
