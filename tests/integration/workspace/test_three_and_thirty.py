"""A list of thirty rows asks the database for no more than one of three, on its page and in its file.

Reading is the same on both engines; so that many rows are cheap, this is done on SQLite.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import strategies
from werkzeug.test import TestResponse

from tests.harness.databases import Databases
from tests.integration.redemptions.pages import asked_of_the_database
from tests.integration.workspace.crowd import Crowd, crowd
from tests.integration.workspace.lists import with_query
from voucher.funding.queries import shares_of_rounds
from voucher.funding.views import round_pages
from voucher.funding.views.lists import OpenRound
from voucher.platform import lists, paging
from voucher.schemes.models import Round

FEW, MANY = 3, 30
ROOT = Path(__file__).parents[3]
PAGED = re.compile(r"\bpages\(\w+, (?:\"([\w.]+)\"|request\.endpoint)\)")
# Letters of the demo, which are files and not rows.
NOT_ROWS = {"outbox.outbox_page"}


class Case(NamedTuple):
    """A list: its endpoint, whose rows are many, who looks, and where; the address may name parts of ``Names``."""

    endpoint: str
    way: str
    name: str
    path: str


CASES = (
    Case("application_desk.queue_page", "everybody", "fred", "/applications?state=any"),
    Case("claim_desk.queue_page", "everybody", "fred", "/claims-desk?state=any"),
    Case("voucher_desk.queue_page", "everybody", "fred", "/vouchers-desk"),
    Case("provider_desk.desk_page", "everybody", "fred", "/providers-desk?sort=reference"),
    Case("batches.batches_page", "everybody", "fred", "/batches"),
    Case("batches.batch_page", "business", "fred", "{batch}"),
    Case("bank.lines_page", "everybody", "fred", "/bank-lines"),
    Case("bank_files.files_page", "everybody", "fred", "/bank-lines/files"),
    Case("bank_files.lines_page", "file", "fred", "/bank-lines/files/{file}/lines"),
    Case("exceptions.exceptions_page", "everybody", "bina", "/bank-lines/exceptions?days=0"),
    Case("matching.matching_page", "everybody", "bina", "/bank-lines/matching"),
    Case("cash.cash_page", "everybody", "fred", "/cash"),
    Case("debts.debts_page", "everybody", "fred", "/debts"),
    Case("irregularities.list_page", "everybody", "fred", "/irregularities"),
    Case("concentration.shares_page", "everybody", "fred", "/concentration"),
    Case("concentration.cases_page", "everybody", "fred", "/concentration/cases"),
    Case("pay_days.days_page", "everybody", "fred", "/days-to-payment"),
    Case("debts.drawdowns_page", "everybody", "fred", "/drawdowns"),
    Case("admin_costs.costs_page", "business", "fred", "/administration-costs"),
    Case("commitment.years_end_page", "business", "fred", "/funding/commitment/year-end"),
    Case("agreements.agreements_page", "everybody", "fred", "/funding"),
    Case("ledger.account_page", "business", "fred", "/funding/lines/{agreement}/L1/committed"),
    Case("rounds.rounds_page", "everybody", "fred", "/rounds"),
    Case("outputs.outputs_page", "everybody", "fred", "/outputs"),
    Case("outputs.jobs_page", "everybody", "fred", "/outputs/jobs"),
    Case("samples.samples_page", "everybody", "fred", "/samples"),
    Case("statements.statements_page", "everybody", "fred", "/statements"),
    Case("statement_rows.rows_page", "business", "fred", "/statements/{statement}/figures/4"),
    Case("funder.statements_page", "business", "fiona", "/funder/statements"),
    Case("letters.messages_page", "everybody", "fred", "/settings/letters/messages"),
    Case("people.people_page", "everybody", "ada", "/people?whose=everybody&sort=email"),
    Case("people.roles_page", "everybody", "ada", "/people/roles?sort=email"),
    Case("roles.proposals_page", "everybody", "ada", "/people/role-proposals"),
    Case("desk.queue_page", "everybody", "vera", "/desk/queues/verify"),
    Case("desk.stage_page", "everybody", "fred", "/desk/vouchers/issued"),
    Case("phone.held_list_page", "everybody", "asha", "/applications/needing-a-person"),
    Case("phone.declared_page", "everybody", "asha", "/applications/other-funding"),
    Case("phone.phone_page", "provider", "asha", "/applications/by-phone"),
    Case("provider_claims.waiting_page", "everybody", "sam", "/providers-desk/applications"),
    Case("public.providers_page", "everybody", "", "/schemes/NTT/providers"),
    Case("claims.claims_page", "provider", "pat", "/claims"),
    Case("remittances.remittances_page", "provider", "pat", "/remittances"),
    Case("packages.packages_page", "provider", "pat", "/firm/{firm}/packages"),
    Case("sessions.unclaimed_page", "provider", "pat", "/sessions"),
    Case("sessions.recorded_page", "provider", "pat", "/sessions/mine"),
    Case("apply.own_page", "business", "nia", "/apply"),
    Case("business.applications_page", "business", "{owner}", "/business/applications"),
    Case("business.vouchers_page", "business", "{owner}", "/business/vouchers"),
    Case("business_team.details_page", "business", "{owner}", "/business/details/{business}"),
    Case("business_vouchers.voucher_page", "voucher", "{owner}", "/business/vouchers/{voucher}"),
)


@pytest.fixture(scope="module")
def crowded(sqlite_databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crowd]:
    """The databases with three and with thirty rows, which all cases look at."""
    yield from crowd(sqlite_databases, tmp_path_factory.mktemp("crowd"))


@pytest.fixture(autouse=True)
def in_one_go(monkeypatch: pytest.MonkeyPatch) -> None:
    """All rows are read at once, and a file's all together: each portion may ask for what belongs to it."""
    monkeypatch.setattr(paging, "PAGE", MANY)
    monkeypatch.setattr(lists, "CHUNK", 1_000_000)
    monkeypatch.setattr(lists, "MOST_ROWS", 1_000_000)
    monkeypatch.setattr(strategies._SelectInLoader, "_chunksize", 1_000_000)


class Cost(NamedTuple):
    """What a list shows, and what it asks of the database."""

    rows: int
    asked: int


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many rows each page had that was read so far."""
    counts: list[int] = []
    read = paging._page

    def page(how: object, query: object, number: int) -> paging.Listed[object]:
        found = read(how, query, number)
        counts.append(len(found.rows))
        return found

    monkeypatch.setattr(paging, "_page", page)
    return counts


def costs(crowded: Crowd, case: Case, times: int, shown: list[int]) -> list[Cost]:
    """The cost of a list's page, and of its file when it has one."""
    app = crowded.app(case.way, times)
    path = case.path.format(**crowded.names._asdict())
    with app.app_context():
        client = crowded.browser(app, case.name.format(**crowded.names._asdict()))
        shown.clear()
        page, asked = asking(client, path)
        assert (page.status_code, endpoint_of(app, path)) == (200, case.endpoint), page.text[:3000]
        found = [Cost(max(shown, default=page.text.count("<tr class")), asked)]  # that of a batch is not paged
        if "as=csv" in page.text:
            file, asked = asking(client, with_query(path, **{"as": "csv"}))
            found.append(Cost(len(file.text.splitlines()) - 1, asked))
    return found


def asking(client: FlaskClient, path: str) -> tuple[TestResponse, int]:
    """What the address answers, and how many statements that took."""
    answers: list[TestResponse] = []
    asked = asked_of_the_database(lambda: answers.append(client.get(path)))
    return answers[0], asked


def endpoint_of(app: Flask, path: str) -> str:
    endpoint, _parts = app.url_map.bind("localhost").match(path.partition("?")[0], method="GET")
    return str(endpoint)


@pytest.mark.parametrize("case", CASES, ids=[f"{case.endpoint} {case.path}" for case in CASES])
def test_thirty_rows_cost_what_three_cost(crowded: Crowd, case: Case, shown: list[int]) -> None:
    few, many = (costs(crowded, case, times, shown) for times in (FEW, MANY))
    assert [cost.asked for cost in many] == [cost.asked for cost in few]
    assert all(cost.rows >= FEW for cost in few), few
    assert all(cost.rows >= MANY for cost in many), many


def test_every_list_that_is_paged_is_among_them() -> None:
    found = set(PAGED.findall("\n".join(path.read_text() for path in (ROOT / "templates").rglob("*.html"))))
    assert found - {""} - NOT_ROWS - {case.endpoint for case in CASES} == set()


def test_control_a_list_that_asks_for_each_row_is_found(
    crowded: Crowd, shown: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def row_by_row(found: Sequence[Round]) -> list[OpenRound]:
        return [OpenRound(each, shares_of_rounds([each.id])[each.id]) for each in found]

    monkeypatch.setattr(round_pages, "_with_shares", row_by_row)
    case = next(each for each in CASES if each.endpoint == "rounds.rounds_page")
    few, many = (costs(crowded, case, times, shown) for times in (FEW, MANY))
    assert [after.asked - before.asked for before, after in zip(few, many, strict=True)] == [
        after.rows - before.rows for before, after in zip(few, many, strict=True)
    ]
