"""The spreadsheet beside a statement has the same figures, and runs nothing when it is opened."""

from __future__ import annotations

import csv
import io
import json
from datetime import date
from decimal import Decimal

import pytest
from flask import Flask
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from tests.harness.clock import FixedClock
from tests.harness.world import World, build_world
from tests.integration.reports.staff import browser_of
from tests.journeys.steps import on, prepared
from voucher.platform.csv import neutralise
from voucher.platform.xlsx import Sheet, write_book
from voucher.reports import exports
from voucher.reports.models import Statement

pytestmark = pytest.mark.usefixtures("sketched")
# What this shows does not depend on the engine.
ON_SQLITE = pytest.mark.parametrize("engine_kind", ["sqlite"], indirect=True)

APRIL = date(2026, 4, 1), date(2026, 4, 30)


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    return build_world(clock)


def books(world: World) -> None:
    """One claim paid."""
    world.payable()
    world.paid()


BEGINS_WITH = books


def sheets_of(data: bytes) -> dict[str, list[tuple[object, ...]]]:
    book = load_workbook(io.BytesIO(data))
    return {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in book.worksheets}


def as_text(value: object) -> str:
    return "" if value is None else str(value)


def numbers(row: list[str]) -> list[object]:
    """Cells as they compare: figures by value, whatever their number of decimals."""
    return [Decimal(cell) if cell.lstrip("-").replace(".", "", 1).isdigit() else cell for cell in row]


@pytest.fixture
def statement(world: World) -> Statement:
    on(world, "2026-05-04")
    return prepared(world, *APRIL)


@pytest.mark.rule(54)
@ON_SQLITE
def test_lines_and_transactions_are_those_of_the_csv_files_to_the_penny(statement: Statement) -> None:
    sheets = sheets_of(exports.statement_xlsx(statement))
    for name, data in (
        ("Lines", exports.lines_csv(statement)),
        ("Transactions", exports.transactions_csv(statement)),
    ):
        expected = [numbers(row) for row in csv.reader(io.StringIO(data.decode()))]
        assert [numbers([as_text(cell) for cell in row]) for row in sheets[name]] == expected


@pytest.mark.rule(54)
@ON_SQLITE
def test_each_list_of_the_data_has_its_sheet_with_amounts_in_pounds(statement: Statement) -> None:
    data, sheets = json.loads(statement.data), sheets_of(exports.statement_xlsx(statement))
    assert list(sheets) == [
        "Lines",
        "Transactions",
        "Providers",
        "Exceptions",
        "Overrides",
        "Outputs",
        "Irregularities",
        "Samples",
        "Large subsidies",
    ]
    for name in ("providers", "exceptions", "overrides", "outputs", "irregularities", "samples", "large_subsidies"):
        assert len(sheets[name.capitalize().replace("_", " ")]) == 1 + len(data[name])
    assert Decimal(str(sheets["Providers"][1][-1])) * 100 == data["providers"][0]["defrayed"]


@pytest.mark.rule(70)
@pytest.mark.parametrize("harm", ["=1+1", "+1", "-1", "@A1", "\t=1", '=HYPERLINK("http://x.example")'])
def test_what_looks_like_a_formula_is_text_in_a_spreadsheet(harm: str) -> None:
    book = load_workbook(io.BytesIO(write_book([Sheet("One", ["name", harm], [[harm, Decimal("-1.50")]])])))
    sheet = book.worksheets[0]
    assert isinstance(sheet, Worksheet)
    assert [cell.data_type for row in sheet.iter_rows() for cell in row] == ["s", "s", "s", "n"]
    assert as_text(sheet["A2"].value).strip() == neutralise(harm).strip()
    assert sheet["B2"].value == -1.5


@pytest.mark.rule(70)
def test_control_as_the_library_writes_it_by_itself_it_would_be_a_formula(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("voucher.platform.xlsx._cell", lambda _sheet, value, **_more: value)
    book = load_workbook(io.BytesIO(write_book([Sheet("One", ["name"], [["=1+1"]])])))
    assert [cell.data_type for cell in book.worksheets[0]["A"]] == ["s", "f"]


@ON_SQLITE
def test_the_spreadsheet_is_handed_out_to_whoever_reads_the_statement(
    app: Flask, world: World, statement: Statement
) -> None:
    address = f"/statements/{statement.public_id}/files/statement.xlsx"
    browser_of(app, world, "pat").get(address, expect=403)
    assert browser_of(app, world, "vera").get(address).body.startswith(b"PK")
