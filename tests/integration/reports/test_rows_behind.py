"""Each figure of a statement's page leads to the rows that make it up, with its definition; so does its file."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from datetime import date
from typing import cast
from urllib.parse import urlsplit

import pytest
from flask import Flask

from tests.harness.client import PageClient
from tests.harness.clock import FixedClock
from tests.harness.rows_behind import assert_rows_come_to_figures, come_to
from tests.harness.world import World, add_agreement, add_round_over, build_world
from tests.integration.reports.staff import browser_of
from tests.journeys.steps import on, prepared, signed
from voucher.funding.rules import EntryKind
from voucher.payments.bank import match_return, request_drawdown
from voucher.platform import lists, paging
from voucher.platform.db import session
from voucher.platform.money import pounds
from voucher.reports import behind
from voucher.reports.commands import data_of
from voucher.reports.comparing import parts_of
from voucher.reports.models import Statement

pytestmark = pytest.mark.usefixtures("sketched")

APRIL = date(2026, 4, 1), date(2026, 4, 30)
COME_TO_IT = "These rows come to it"


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    """A voucher on two agreements, one payment returned and made again, a claim waiting, money asked for."""
    made = build_world(clock)
    second = add_agreement(made, "LGF-2", [5_000_00])
    shares = [(made.agreement.lines[0], 6_000), (second.lines[0], 4_000)]
    shared = add_round_over(made, "R2", shares, 5_000_00)
    made.payable(made.issued(shared))
    [payment] = made.paid()
    made.do("bina", match_return, made.bank_line(payment.pence, "RETURNED"), payment, reason="account closed")
    made.payable(net_pence=45_999)
    made.paid()
    made.claimed(made.issued(), 31_111)
    made.do("fred", request_drawdown, made.agreement.lines[0], 100_00)
    on(made, "2026-05-04")
    return made


def linked(client: PageClient, statement: Statement) -> dict[str, list[str]]:
    """The addresses behind the figures of each line of a statement's page."""
    found = {}
    for row in client.get(f"/statements/{statement.public_id}").all("tr"):
        head = row.find("th[@scope='row']")
        if head is not None:
            hrefs = [link.get("href") or "" for link in row.iter("a")]
            found["".join(head.itertext()).strip()] = hrefs
    return found


def counted(client: PageClient, href: str) -> int:
    """What the last column of a figure's file comes to, in pence."""
    join = "&" if urlsplit(href).query else "?"
    text = client.get(f"{href}{join}as=csv").text.lstrip("\ufeff")
    return sum(int(row[-1].replace(".", "")) for row in list(csv.reader(io.StringIO(text)))[1:])


@pytest.mark.rule(54, 56)
def test_every_amount_leads_to_rows_that_come_to_it(app: Flask, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    statement = signed(world, *APRIL)
    assert_rows_come_to_figures(statement)
    monkeypatch.setattr(paging, "PAGE", 2)
    client = browser_of(app, world, "stella")
    addresses, checked = linked(client, statement), set()
    for part in parts_of(data_of(statement)):
        code, figure = str(part["code"]), part["value"]
        for href in addresses[code]:
            if not href.startswith(f"/statements/{statement.public_id}/figures/"):
                continue
            page = client.get(href)
            assert COME_TO_IT in page, code
            if part["unit"] == "pence":
                by_line = cast(Mapping[str, int], part["by_funding_line"] or {})
                amount = by_line.get(urlsplit(href).query.removeprefix("only="), figure)
                assert pounds(int(str(amount))) in page
                assert counted(client, href) == amount, href
            checked.add(code)
    others = {"13a", "14", "14a", "14d", "14e", "14f", "17", "17b", "18b", "24", "24c", "25", "27b"}
    assert behind.SUMS | others <= checked


def test_days_leave_rows_out_and_the_line_stays(app: Flask, world: World) -> None:
    statement = signed(world, *APRIL)
    client = browser_of(app, world, "stella")
    page = client.get(f"/statements/{statement.public_id}/figures/4?only=L1&first=2026-04-08")
    assert "Only what is on funding line L1." in page
    assert COME_TO_IT not in page
    assert "only those of the days below are shown" in page
    assert '<input type="hidden" name="only" value="L1">' in page.text
    later = client.get(f"/statements/{statement.public_id}/figures/4?only=L1&first=2026-05-01")
    assert "None of the rows is of these days. Clear them to see all." in later
    assert COME_TO_IT in client.click(page, "Clear")
    assert "Only what is on funding line L1." in client.click(page, "Clear")


def test_rows_that_were_worked_out_are_in_the_file_however_many(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing narrows the claims behind line 14, so its file is not refused for its length."""
    statement = signed(world, *APRIL)
    monkeypatch.setattr(lists, "MOST_ROWS", 0)
    client = browser_of(app, world, "stella")
    page = client.get(f"/statements/{statement.public_id}/figures/14")
    assert "all pages" in page
    assert "at most" not in page
    assert counted(client, f"/statements/{statement.public_id}/figures/14") > 0
    client.get(f"/statements/{statement.public_id}/figures/4?as=csv", expect=422)


def test_what_has_no_page_of_its_own_stands_below_or_in_a_list(app: Flask, world: World) -> None:
    addresses = linked(browser_of(app, world, "stella"), signed(world, *APRIL))
    assert (addresses["28"], addresses["22c"]) == (["#overrides"], ["#exceptions"])
    assert addresses["14b"] == addresses["19a"] == []
    assert addresses["27a"][0].endswith("/evidence")


def test_what_was_entered_since_is_said_and_not_hidden(app: Flask, world: World) -> None:
    statement = prepared(world, *APRIL)
    client = browser_of(app, world, "stella")
    href = f"/statements/{statement.public_id}/figures/4"
    assert COME_TO_IT in client.get(href)
    on(world, "2026-04-30")
    world.issued()
    on(world, "2026-05-04")
    page = browser_of(app, world, "stella").get(href)
    assert COME_TO_IT not in page
    assert "Something was entered after the figures were read on 4 May 2026" in page


def test_a_figure_that_is_none_or_of_another_scheme_is_not_found(app: Flask, world: World) -> None:
    statement = signed(world, *APRIL)
    client = browser_of(app, world, "stella")
    for code in ("99", "14b", "4?only=L9", "14?only=L1"):
        client.get(f"/statements/{statement.public_id}/figures/{code}", expect=404)
    browser_of(app, world, "pat").get(f"/statements/{statement.public_id}/figures/4", expect=403)


def test_control_a_way_of_money_that_is_forgotten_is_noticed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    statement = signed(world, *APRIL)
    before = come_to(statement, "7")
    ways = [move for move in behind.MOVES if move.kind != EntryKind.PAYMENT_RETURNED]
    monkeypatch.setattr(behind, "MOVES", ways)
    behind.added_by.cache_clear()
    try:
        assert come_to(statement, "7") > before
        with pytest.raises(AssertionError):
            assert_rows_come_to_figures(statement)
    finally:
        monkeypatch.undo()
        behind.added_by.cache_clear()
    assert session.get_one(Statement, statement.id)
    assert_rows_come_to_figures(statement)
