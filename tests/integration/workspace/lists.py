"""What the tests of lists share: every list with somebody who may see it, and how its page and its file are read."""

from __future__ import annotations

import codecs
import csv
import io
from datetime import date
from typing import NamedTuple

from flask import Flask

from tests.harness.bank_statements import Moved, csv_statement
from tests.harness.client import PageClient
from tests.harness.form import words_of
from tests.harness.page import Page
from tests.harness.signed_in import browser_of
from tests.harness.world import World, add_round_over
from tests.integration.payments.bank_imports import ready_for_files, taken_in
from tests.integration.redemptions.pages import other_provider
from tests.journeys.steps import on, prepared, sent
from voucher.applications.staff_lists import APPLICATIONS
from voucher.funding.views.lists import LINES, ROUNDS
from voucher.payments.bank import request_drawdown
from voucher.payments.views.lists import (
    BANK_FILES,
    BANK_LINES,
    BATCHES,
    DEBTS,
    DRAWDOWNS,
    EXCEPTIONS,
    PAYMENTS,
    REMITTANCES,
)
from voucher.platform.db import session
from voucher.platform.lists import Listing
from voucher.redemptions.views.lists import CLAIMS, OWN_CLAIMS, VOUCHERS
from voucher.reports.views.lists import CASH, MOVEMENTS, STATEMENTS
from voucher.workspace.lists import BEHIND, MESSAGES, PEOPLE, PROVIDERS, ROLES


class Shown(NamedTuple):
    """A list at an address, with who may see it by first name."""

    name: str
    path: str
    listing: Listing


def lists_of(world: World) -> list[Shown]:
    """Every list that can be ordered and downloaded; that of a batch's payments for the first batch."""
    agreement = session.merge(world.agreement).public_id
    return [
        Shown("fred", "/applications?state=any", APPLICATIONS),
        Shown("fred", "/claims-desk?state=any", CLAIMS),
        Shown("fred", "/vouchers-desk", VOUCHERS),
        Shown("fred", "/providers-desk", PROVIDERS),
        Shown("fred", "/batches", BATCHES),
        Shown("fred", "/bank-lines", BANK_LINES),
        Shown("fred", "/bank-lines/files", BANK_FILES),
        Shown("fred", "/bank-lines/exceptions?days=0", EXCEPTIONS),
        Shown("fred", "/cash", CASH),
        Shown("fred", "/debts", DEBTS),
        Shown("fred", "/statements", STATEMENTS),
        Shown("fred", "/drawdowns", DRAWDOWNS),
        Shown("fred", "/funding", LINES),
        Shown("fred", "/rounds", ROUNDS),
        Shown("fred", "/settings/letters/messages", MESSAGES),
        Shown("ada", "/people?whose=everybody", PEOPLE),
        Shown("ada", "/people/roles", ROLES),
        Shown("pat", "/claims", OWN_CLAIMS),
        Shown("pat", "/remittances", REMITTANCES),
        Shown("vera", "/desk/queues/verify", BEHIND),
        Shown("fred", "/desk/vouchers/issued", BEHIND),
        Shown("fred", f"/funding/lines/{agreement}/L1/committed", MOVEMENTS),
    ]


def several_of_each(world: World) -> Shown:
    """At least two rows in every list; gives the list of a batch's payments."""
    claim = world.payable(net_pence=30_000)
    world.paid()
    world.debt_on(claim, 1_000)
    world.debt_on(claim, 2_000)
    world.payable(net_pence=25_000)
    batch = world.exported()
    for net in (20_000, 10_000):
        world.confirmed(world.claimed(world.issued(), net))
    world.bank_line(-100, "A")
    bank_files(world)
    for line in session.merge(world.agreement).lines[:2]:
        world.do("fred", request_drawdown, line, 5_000)
    add_round_over(world, "R2", [(session.merge(world.agreement).lines[0], 10_000)], 100_00)
    other_provider(world)
    on(world, "2026-07-01")
    sent(world, date(2026, 4, 1), date(2026, 4, 30))
    prepared(world, date(2026, 5, 1), date(2026, 5, 31))
    return Shown("fred", f"/batches/{session.merge(batch).public_id}", PAYMENTS)


def bank_files(world: World) -> None:
    """Two bank files that were taken in, the second with two lines."""
    ready_for_files(world)
    day = world.clock().date()
    taken_in(world, csv_statement([Moved(-100, "FEE", on=day)]))
    taken_in(world, csv_statement([Moved(-200, "FEE", on=day), Moved(-300, "FEE", on=day)], -100))


def with_query(path: str, **more: str) -> str:
    sign = "&" if "?" in path else "?"
    return path + sign + "&".join(f"{name}={value}" for name, value in more.items())


def seen_by(app: Flask, world: World) -> dict[str, PageClient]:
    """The browsers of those who see the lists."""
    return {name: browser_of(app, world.people[name]) for name in ("ada", "fred", "pat", "vera")}


def file_of(client: PageClient, path: str, **more: str) -> list[list[str]]:
    """The rows of a list's file, its head first."""
    page = client.get(with_query(path, **more, **{"as": "csv"}))
    assert page.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert page.headers["Content-Disposition"].startswith("attachment; filename=")
    assert page.body.startswith(codecs.BOM_UTF8)
    return list(csv.reader(io.StringIO(page.body.decode("utf-8-sig"), newline="")))


def table_of(page: Page) -> tuple[list[str], list[list[str]]]:
    """The heads and the rows of the table that can be ordered."""
    table = next(each for each in page.all("table") if any("aria-sort" in head.attrib for head in each.iter("th")))
    rows = [[words_of(cell) for cell in row.findall("td")] for row in table.iter("tr")]
    return [words_of(head) for head in table.iter("th")], [row for row in rows if row]


def ordered_by(page: Page) -> dict[str, str]:
    """How the list stands by each column that it can be ordered by."""
    return {words_of(head): head.attrib["aria-sort"] for head in page.all("th") if "aria-sort" in head.attrib}
