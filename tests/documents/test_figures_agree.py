"""One period's figures, wherever they stand: ledger, dashboard, page, CSV, XLSX, JSON and PDF agree to the penny."""

from __future__ import annotations

import csv
import io
from datetime import date
from decimal import Decimal

import pytest
from flask import Flask
from openpyxl import load_workbook
from sqlalchemy import text

from tests.harness.clock import FixedClock
from tests.harness.rows_behind import assert_rows_come_to_figures
from tests.harness.signed_in import browser_of
from tests.harness.sketches import sketching
from tests.harness.world import World, build_world
from tests.journeys.steps import on, signed
from voucher.payments.bank import match_drawdown, match_return, request_drawdown
from voucher.payments.debts import disallow_claim, match_recovery
from voucher.platform.db import session
from voucher.platform.money import pounds
from voucher.reports import exports
from voucher.reports.commands import data_of
from voucher.reports.models import Statement
from voucher.reports.verify.check import check_statement
from voucher.reports.verify.identities import Parts
from voucher.reports.verify.paper_file import open_paper, squeeze

APRIL = date(2026, 4, 1), date(2026, 4, 30)
# By raw SQL, and nothing that the product sums with: what stands on an account at the period's end, what moved in it.
STANDING = {"3": ("reserved",), "4": ("committed",), "5": ("claimed",), "6": ("approved",), "12": ("unallocated",),
            "8": ("defrayed", "disallowed"), "11c": ("receivable",), "16": ("cash",)}  # fmt: skip
MOVED = {"7a": ("approved", "defrayed"), "7b": ("defrayed", "approved"), "12a": ("award", "unallocated"),
         "12b": ("unallocated", "reserved"), "13b": ("defrayed", "disallowed"), "11a": ("recovered", "unallocated"),
         "16b": ("cash: drawdown received", "cash"), "16c": ("cash", "cash: payments"),
         "16d": ("cash: bank returns", "cash"), "16e": ("cash: recoveries", "cash"),
         "16g": ("cash: borne by the authority", "cash")}  # fmt: skip
ON_THE_DESK = ("12", "3", "4", "5", "6", "8")


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    return build_world(clock)


def furnished(world: World) -> None:
    """Claims in every stage, one returned by the bank and paid again, a voucher in use, an offer open."""
    with sketching():
        world.payable()
        [payment] = world.paid()
        line = world.bank_line(payment.pence, "RETURNED")
        world.do("bina", match_return, line, payment, reason="account closed")
        claim = world.payable(net_pence=45_999)
        world.paid()
        debt = world.debt_on(claim, 5_003)
        world.do("bina", match_recovery, world.bank_line(2_001, debt.reference), debt)
        world.do("fred", disallow_claim, claim, pence=1_007, reason="outside the area")
        drawdown = world.do("fred", request_drawdown, session.merge(world.agreement).lines[0], 30_011)
        world.do("bina", match_drawdown, world.bank_line(30_011, drawdown.reference), drawdown)
        world.payable()
        world.claimed(world.issued(), 31_111)
        world.issued()
        world.offered()


BEGINS_WITH = furnished


def by_sql() -> dict[str, int]:
    """The figures as a stranger with a database client would find them."""
    connection = session.connection()
    found = {}
    for code, accounts in STANDING.items():
        names = ", ".join(f"'{name}'" for name in accounts)
        query = (
            f"SELECT (SELECT COALESCE(SUM(pence), 0) FROM posting WHERE to_account IN ({names})) - "
            f"(SELECT COALESCE(SUM(pence), 0) FROM posting WHERE from_account IN ({names}))"
        )
        found[code] = int(connection.execute(text(query)).scalar_one())
    for code, (source, target) in MOVED.items():
        query = "SELECT COALESCE(SUM(pence), 0) FROM posting WHERE from_account = :source AND to_account = :target"
        found[code] = int(connection.execute(text(query), {"source": source, "target": target}).scalar_one())
    found["7"] = found["7a"] - found["7b"]
    return found


def in_the_csv(statement: Statement) -> dict[str, str]:
    table = csv.DictReader(io.StringIO(exports.lines_csv(statement).decode("utf-8-sig")))
    return {row["line"]: row["value"] for row in table}


def in_the_xlsx(statement: Statement) -> dict[str, list[dict[str, object]]]:
    """The rows of each sheet by its columns, as a spreadsheet reads them."""
    book = load_workbook(io.BytesIO(exports.statement_xlsx(statement)))
    found = {}
    for sheet in book.worksheets:
        heads, *rows = sheet.iter_rows(values_only=True)
        found[sheet.title] = [dict(zip(map(str, heads), row, strict=True)) for row in rows]
    return found


def in_pence(cell: object) -> int:
    """An amount of a spreadsheet in pence; it must be a number and whole pence."""
    assert isinstance(cell, int | float), cell
    pence = Decimal(str(cell)) * 100
    assert pence == pence.to_integral_value(), cell
    return int(pence)


@pytest.mark.rule(54, 56)
def test_dashboard_page_csv_xlsx_json_pdf_and_sql_agree_to_the_penny(app: Flask, world: World) -> None:
    on(world, "2026-05-04")
    statement = signed(world, *APRIL)
    truth = by_sql()
    data = data_of(statement)
    parts = Parts(data)
    assert {code: parts.value(code) for code in truth} == truth
    assert all(truth[code] > 0 for code in MOVED)
    assert_rows_come_to_figures(statement)
    rows = {code: value for code, value in in_the_csv(statement).items() if code in truth}
    assert rows == {
        code: f"{'-' if pence < 0 else ''}{abs(pence) // 100}.{abs(pence) % 100:02d}" for code, pence in truth.items()
    }
    sheets = in_the_xlsx(statement)
    lines = {str(row["line"]): row for row in sheets["Lines"] if row["line"] in truth}
    assert {code: in_pence(row["value"]) for code, row in lines.items()} == truth
    for code, row in lines.items():
        assert {pot: in_pence(row[pot]) for pot in parts.pots} == parts.by_code[code]["by_funding_line"], code
    assert sum(in_pence(row["grant"]) for row in sheets["Transactions"]) == truth["7"]
    raw = exports.statement_pdf_bytes(world.act("sigrid"), statement)
    printed = "".join(open_paper(raw).squeezed)
    for code, pence in truth.items():
        part = parts.by_code[code]
        spread = [pounds(part["by_funding_line"][pot]) for pot in parts.pots]
        assert squeeze(" ".join([code, part["label"], part["note"] or "", *spread, pounds(pence)])) in printed, code
    assert check_statement(raw).holds
    agreement = statement.agreement
    for words in (agreement.signer_title, agreement.signer_statute, agreement.signer_wording, "Sigrid"):
        assert squeeze(words) in printed, words
    sigrid, fred = browser_of(app, world.people["sigrid"]), browser_of(app, world.people["fred"])
    on_page = {row[0]: row for row in sigrid.get(f"/statements/{statement.public_id}").rows}
    for code, pence in truth.items():
        assert pounds(pence) in on_page[code], code
    desk = [row for row in fred.get("/desk").rows if row[0].startswith("LGF-1")]
    assert len(desk) == len(parts.pots)
    for at, code in enumerate(ON_THE_DESK, start=2):
        # The desk shows one account, and line 8 what the funder disallowed with it.
        apart = "13b" if code == "8" else ""
        figures = [parts.on(code, pot) - (parts.on(apart, pot) if apart else 0) for pot in parts.pots]
        assert [row[at] for row in desk] == [pounds(pence) for pence in figures], code
