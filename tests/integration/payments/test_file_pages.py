"""Bank files on pages: nothing is done before somebody has looked, and what is wrong is told by row and column."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from io import BytesIO

import pytest
from flask import Flask

from tests.harness.bank_statements import DAY, IN, OUT, Moved, camt, csv_statement
from tests.harness.client import PageClient
from tests.harness.clock import FixedClock
from tests.harness.page import Page
from tests.harness.world import World, build_world
from tests.integration.payments.bank_imports import handed_in, lines, ready_for_files, taken_in
from tests.integration.payments.pages import authenticator, browser_of, stranger
from voucher.payments.bank_files.models import BankImport
from voucher.platform.db import session

BEGINS_WITH = ready_for_files
LATER = replace(OUT, on=DAY + timedelta(days=1))
CSV = "Bank statement in CSV"


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    made = build_world(clock)
    made.clock.set(made.clock.at + timedelta(days=60))
    return made


def sent(client: PageClient, data: bytes, more: Mapping[str, object] | None = None, *, expect: int = 302) -> Page:
    answers: dict[str, object] = {"File": (BytesIO(data), "april.csv"), "What it is": CSV}
    answers |= {"Layout of a CSV file": "barclays", **(more or {})}
    page = client.submit(client.get("/bank-lines/files/new"), answers, button="Look at the file", expect=expect)
    return client.follow(page) if page.location else page


def path(found: BankImport) -> str:
    return f"/bank-lines/files/{session.merge(found).public_id}"


def test_outsiders_and_people_of_other_schemes_see_no_bank_file(app: Flask, world: World) -> None:
    found = handed_in(world, csv_statement([OUT]))
    browser_of(app, world, "pat").get("/bank-lines/files", expect=403)
    stranger(world)
    client = browser_of(app, world, "stan")
    client.get(path(found), expect=404)
    client.get(f"{path(found)}/lines", expect=404)


def test_who_only_reads_neither_hands_in_nor_takes_in(app: Flask, world: World) -> None:
    found = handed_in(world, csv_statement([OUT]))
    client = browser_of(app, world, "petra")
    assert "A bank-line keeper takes the file in." in client.get(path(found))
    client.post(path(found), {}, expect=403)
    for closed in ("/bank-lines/files/new", "/bank-lines/accounts", "/bank-lines/layouts", "/bank-lines/layouts/new"):
        client.get(closed, expect=403)
    assert lines() == []


def test_a_file_is_looked_at_and_then_taken_in(app: Flask, world: World) -> None:
    client = browser_of(app, world, "bina")
    page = sent(client, csv_statement([OUT, IN], 50_000))
    assert ("NTT-P-1" in page, "£1,260.00" in page, lines()) == (True, True, [])
    taken = client.follow(client.submit(page, button="Take in 2 new lines"))
    assert "2 bank lines are new." in taken
    listed = client.click(taken, "Its bank lines")
    assert "NTT-P-1" in listed
    line = client.click(listed, "NTT-P-1")
    assert "Imported by" in line
    assert "april.csv" in line
    assert "april.csv" in client.get("/bank-lines/files")


def test_the_same_file_again_leads_to_what_it_brought(app: Flask, world: World) -> None:
    data = csv_statement([OUT])
    taken_in(world, data)
    assert "The same file again adds nothing." in sent(browser_of(app, world, "bina"), data)


def test_every_fault_stands_in_a_table_and_nothing_can_be_taken_in(app: Flask, world: World) -> None:
    data = csv_statement([OUT, IN, LATER], 50_000).replace(b"240.00", b"two").replace(b"1000.00,", b"x,")
    page = sent(browser_of(app, world, "bina"), data)
    assert "The file has 3 faults" in page
    assert "Money Out" in page
    assert "Money In" in page
    assert ("Take in" in page, lines()) == (False, [])


def test_a_break_asks_a_funding_manager_for_a_reason_and_a_code(app: Flask, world: World) -> None:
    code = authenticator(world, "fred")
    taken_in(world, csv_statement([OUT], 100_000))
    found = handed_in(world, csv_statement([LATER], 50_000))
    assert "a funding manager opens this page" in browser_of(app, world, "bina").get(path(found))
    client = browser_of(app, world, "fred")
    page = client.get(path(found))
    assert "begins at £500.00" in page
    missing = client.submit(page, {"Reason": ""}, button="Take it in all the same", expect=422)
    assert "Say why the statement is taken in all the same." in missing
    answers = {"Reason": "the bank lost a day", "Code of your second factor": code.at(world.clock())}
    client.submit(missing, answers, button="Take it in all the same")
    assert "the bank lost a day" in client.get(path(found))


def test_what_is_no_text_and_what_lacks_its_layout_is_refused_at_its_field(app: Flask, world: World) -> None:
    page = sent(browser_of(app, world, "bina"), b"\x00\x01", expect=422)
    assert "#file" in page.links.values()
    page = sent(browser_of(app, world, "bina"), csv_statement([OUT]), {"Layout of a CSV file": "None"}, expect=422)
    assert "#layout" in page.links.values()


def test_an_account_is_added_and_an_impossible_one_is_refused_at_its_field(app: Flask, world: World) -> None:
    client = browser_of(app, world, "bina")
    page = client.get("/bank-lines/accounts")
    wrong = {"Name": "Second", "Sort code": "20-00-00", "Account number": "12"}
    refused = client.submit(page, wrong, button="Add the account", expect=422)
    assert "#number" in refused.links.values()
    client.submit(refused, {**wrong, "Account number": "87654321"}, button="Add the account")
    shown = client.get("/bank-lines/accounts")
    assert ("…4321" in shown, "87654321" in shown) == (True, False)


def test_a_layout_is_described_changed_and_refused_at_its_field(app: Flask, world: World) -> None:
    client = browser_of(app, world, "bina")
    page = client.get("/bank-lines/layouts/new")
    given = {"Name of the layout": "lloyds", "Column of the day": "Transaction Date", "Column of the reference": "Text"}
    refused = client.submit(page, given, button="Save the layout", expect=422)
    assert "#amount" in refused.links.values()
    client.submit(refused, {**given, "Column of amounts with a sign": "Value"}, button="Save the layout")
    again = client.click(client.get("/bank-lines/layouts"), "lloyds")
    assert 'value="Transaction Date"' in again.text
    client.submit(again, {"Column of balances": "Balance"}, button="Save the layout")
    assert "Balance" in client.get("/bank-lines/layouts")


def test_a_camt_file_needs_no_layout(app: Flask, world: World) -> None:
    more = {"What it is": "Bank statement in camt.053 (XML)", "Layout of a CSV file": "None"}
    page = sent(browser_of(app, world, "bina"), camt([Moved(100, "X")]), more)
    assert "Take in 1 new line" in page
