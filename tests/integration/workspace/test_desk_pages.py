"""The desk of scheme staff: what waits for whom, and figures that lead to the rows that they count."""

from __future__ import annotations

import re
from datetime import date
from functools import partial

import pytest
from flask import Flask, url_for
from sqlalchemy import select

from tests.harness.client import PageClient
from tests.harness.clock import FixedClock
from tests.harness.page import Page
from tests.harness.world import STAFF, World, add_agreement, build_world
from tests.integration.payments.pages import browser_of, stranger, submitted
from tests.integration.redemptions.pages import asked_of_the_database
from tests.journeys.steps import on, prepared, signed
from voucher.funding.commands import LineTerms
from voucher.funding.models import FundingLine
from voucher.funding.queries import balances
from voucher.funding.rules import MEANINGS, Account, LineKind
from voucher.payments.costs import prepare_cost
from voucher.payments.exceptions import resolve_exception
from voucher.payments.rules import Outcome
from voucher.platform import paging
from voucher.platform.db import session
from voucher.platform.money import parse_pounds, pounds
from voucher.platform.web import tasks
from voucher.providers.payees import key_details
from voucher.reports.commands import move_on, return_statement
from voucher.reports.rules import StatementState
from voucher.workspace import desk_tasks
from voucher.workspace.funnel import STAGES

FIGURE = re.compile(r"-?£[\d,]+\.\d\d")


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    return build_world(clock)


def links_under(page: Page, start: str) -> dict[str, str]:
    """The addresses of a page's links that begin so, with what stands on them."""
    found = {}
    for link in page.all("a"):
        if (link.get("href") or "").startswith(start):
            found[link.get("href") or ""] = "".join(link.itertext()).strip()
    return found


def test_providers_businesses_and_system_administrators_have_no_desk(app: Flask, world: World) -> None:
    voucher = world.issued()
    for name in ("pat", "ada", world.owner_of(voucher)):
        client = browser_of(app, world, name)
        client.get("/desk", expect=403)
        client.get("/desk/figures", expect=403)
        client.get("/desk/queues/batches-approve", expect=403)


def test_people_of_another_scheme_find_none_of_this_one(app: Flask, world: World) -> None:
    world.payable()
    submitted(world)
    stranger(world)
    client = browser_of(app, world, "stan")
    agreement = session.merge(world.agreement).public_id
    client.get(f"/funding/lines/{agreement}/L1/unallocated", expect=404)
    page = client.get("/desk")
    assert "Desk of Other Tech Tasters" in page
    assert "Nothing waits for you at the moment." in page


def test_everybody_of_the_staff_arrives_at_the_desk(app: Flask, world: World) -> None:
    for name in STAFF.keys() - {"ada"}:
        page = browser_of(app, world, name).get("/", expect=302)
        assert page.location == "/desk", name


def test_a_queue_is_shown_to_those_who_can_empty_it_with_the_age_of_the_oldest(app: Flask, world: World) -> None:
    world.payable()
    submitted(world)
    world.clock.advance(days=3)
    page = browser_of(app, world, "paul").get("/desk")
    assert "1 Batches to approve The oldest waits for 3 days" in page
    assert "Batches to approve" not in browser_of(app, world, "vera").get("/desk")
    browser_of(app, world, "vera").get("/desk/queues/batches-approve", expect=404)


def test_every_queue_lists_as_many_rows_as_it_counts(app: Flask, world: World) -> None:
    waiting_everywhere(world)
    seen = {}
    for name in STAFF:
        if name == "ada":
            continue
        client = browser_of(app, world, name)
        for address, words in links_under(client.get("/desk"), "/desk/queues/").items():
            listed = client.get(address)
            assert f"{words.split()[0]} in all" in listed
            assert len(listed.all("tbody")[0].findall("tr")) == int(words.split()[0])
            seen[address.rpartition("/")[2]] = int(words.split()[0])
    assert seen == {
        "details": 1, "verify": 1, "approve": 1, "pay": 1, "batches-approve": 1, "bank-lines": 2,
    }  # fmt: skip
    assert "Prepared by Petra" in browser_of(app, world, "paul").get("/desk/queues/batches-approve")


def test_whoever_prepares_statements_sees_what_came_back_and_what_is_signed_and_not_sent(
    app: Flask, world: World, sketched: None
) -> None:
    first, last = date(2026, 4, 1), date(2026, 4, 30)
    on(world, "2026-05-04")
    statement = prepared(world, first, last)
    stella = browser_of(app, world, "stella")
    assert "Nothing waits for you at the moment." in stella.get("/desk")
    world.do("sigrid", return_statement, statement, comments="line 27, please")
    assert "1 Statements that came back with comments" in stella.get("/desk")
    assert statement.reference in stella.get("/desk/queues/statements-draft")
    statement = signed(world, first, last)
    assert "1 Signed statements to send" in stella.get("/desk")
    assert statement.reference in stella.get("/desk/queues/statements-send")
    browser_of(app, world, "rob").get("/desk/queues/statements-send", expect=404)
    world.do("stella", move_on, statement, StatementState.SENT)
    assert "Nothing waits for you at the moment." in stella.get("/desk")


def test_an_administration_cost_waits_for_whoever_approves_payments(app: Flask, world: World) -> None:
    lines = (LineTerms("ADMIN", "Administration", LineKind.ADMINISTRATION, 100_000),)
    add_agreement(world, "ADM-1", [], lines=lines)
    line = session.scalars(select(FundingLine).where(FundingLine.code == "ADMIN")).one()
    given = {"pence": 400, "description": "Half a post", "incurred_on": date(2026, 4, 7)}
    cost = world.do("petra", prepare_cost, line, **given)
    paul = browser_of(app, world, "paul")
    assert "1 Administration costs to approve" in paul.get("/desk")
    listed = paul.get("/desk/queues/costs")
    assert "Half a post" in paul.click(listed, cost.reference)
    browser_of(app, world, "petra").get("/desk/queues/costs", expect=404)


def test_money_that_was_set_aside_waits_for_nobody_until_it_is_looked_at_again(
    app: Flask, world: World, clock: FixedClock
) -> None:
    line, _other = world.bank_line(-700, "CHARGES"), world.bank_line(-100, "A")
    clock.advance(days=30)
    bina = browser_of(app, world, "bina")
    assert "2 Bank lines to match" in bina.get("/desk")
    world.do("bina", resolve_exception, line, Outcome.BANK_CHARGE, reason="the bank's charges")
    assert "1 Bank lines to match" in bina.get("/desk")
    assert "CHARGES" not in bina.get("/desk/queues/bank-lines")
    world.do("bina", resolve_exception, line, Outcome.PUT_RIGHT, reason="they come back")
    assert "2 Bank lines to match" in bina.get("/desk")


def waiting_everywhere(world: World) -> None:
    """Something at each step from the claim to the bank."""
    world.payable(net_pence=30_000)
    submitted(world)
    world.payable(net_pence=25_000)
    world.verified(world.confirmed(world.claimed(world.issued())))
    world.confirmed(world.claimed(world.issued()))
    world.claimed(world.issued())
    world.bank_line(-100, "A")
    world.bank_line(200, "B")
    details = {"name": "Calder", "sort_code_text": "20-00-00", "number_text": "51234567"}
    world.do("kit", key_details, world.provider, **details)


def test_every_figure_of_money_is_the_sum_of_the_rows_behind_it_to_the_penny(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paging, "PAGE", 3)
    world.payable()
    world.paid(world.exported())
    waiting_everywhere(world)
    client = browser_of(app, world, "fred")
    figures = links_under(client.get("/desk"), "/funding/lines/")
    assert len(figures) == 3 * 6
    for address, figure in figures.items():
        assert sum_behind(client, address) == parse_pounds(figure)
    assert len([figure for figure in figures.values() if figure != "£0.00"]) >= 3 * 4


def sum_behind(client: PageClient, address: str) -> int:
    """The sum of the amounts on all pages of a figure's movements."""
    page, total = client.get(address), 0
    while True:
        for row in page.all("tr"):
            cells = ["".join(cell.itertext()).strip() for cell in row.findall("td")]
            total += parse_pounds(cells[-1]) if cells else 0
        if "Next page" not in page.links:
            return total
        page = client.click(page, "Next page")


def test_the_lines_page_and_the_desk_say_what_the_ledger_says(app: Flask, world: World) -> None:
    world.issued()
    line = session.merge(world.agreement).lines[0]
    figures = balances([line.id])[line.id]
    client = browser_of(app, world, "fred")
    address = f"/funding/lines/{session.merge(world.agreement).public_id}/L1"
    for account in (Account.UNALLOCATED, Account.COMMITTED, Account.AWARD):
        page = client.get(f"{address}/{account.name.lower()}")
        assert FIGURE.findall(page.words)[0] == pounds(figures[account])
    client.get(f"{address}/nonsense", expect=404)


def test_every_figure_is_explained_on_one_page_to_which_the_desk_leads(app: Flask, world: World) -> None:
    fred = browser_of(app, world, "fred")
    page = fred.click(fred.get("/desk"), "What the figures mean")
    assert set(MEANINGS) == set(Account)
    for account, meaning in MEANINGS.items():
        assert f"{str(account).capitalize()} {meaning}" in page, account
    for stage in STAGES:
        assert f"{stage.label} {stage.meaning}" in page, stage.key
    agreement = session.merge(world.agreement).public_id
    assert MEANINGS[Account.RESERVED] in fred.get(f"/funding/lines/{agreement}/L1/reserved")


def test_all_that_one_can_do_stands_in_one_group_each(app: Flask, world: World) -> None:
    for name in ("shay", "bina", "asha"):
        page = browser_of(app, world, name).get("/desk")
        [groups] = page.all("div", class_="groups")
        shown = [link.get("href", "") for link in groups.iter("a")]
        with world.by(name) as act, app.test_request_context():
            assert sorted(shown) == sorted(url_for(task.endpoint) for task in tasks(act.actor)), name
        assert "More" not in [heading.text for heading in groups.iter("h3")], name


def test_control_what_is_in_no_group_comes_last(app: Flask, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk_tasks, "GROUPS", desk_tasks.GROUPS[:1])
    [groups] = browser_of(app, world, "shay").get("/desk").all("div", class_="groups")
    assert [heading.text for heading in groups.iter("h3")] == ["Applications and providers", "More"]


def test_each_step_of_the_funnel_leads_to_the_vouchers_that_came_so_far(app: Flask, world: World) -> None:
    world.offered()
    world.issued()
    world.recorded(world.issued())
    world.payable()
    world.paid(world.exported())
    client = browser_of(app, world, "carl")
    steps = links_under(client.get("/desk"), "/desk/vouchers/")
    assert [words.split()[0] for words in steps.values()] == ["4", "3", "2", "1", "1"]
    for address, words in steps.items():
        assert len(client.get(address).all("tbody")[0].findall("tr")) == int(words.split()[0])


def test_every_link_of_the_desk_opens(app: Flask, world: World) -> None:
    waiting_everywhere(world)
    for name in ("fred", "petra", "shay"):
        client = browser_of(app, world, name)
        for address in set(client.get("/desk").links.values()):
            if address.startswith("/"):
                client.get(address, expect=302 if address == "/" else 200)


def test_more_rows_ask_the_database_no_more(app: Flask, world: World) -> None:
    client = browser_of(app, world, "bina")
    addresses = ("/desk", "/desk/queues/bank-lines")
    counts = []
    for times in (3, 27):
        for number in range(times):
            world.bank_line(-100, f"L{number}")
        counts.append([asked_of_the_database(partial(client.get, address)) for address in addresses])
    assert counts[0] == counts[1]
