"""A funder's own form is filled from the frozen figures; formulas are left alone and macros are refused (rule 70)."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from datetime import date

import pytest
from flask import Flask
from openpyxl import Workbook, load_workbook

from tests.harness.clock import FixedClock
from tests.harness.world import World, build_world
from tests.integration.outputs.asked_for import asked
from tests.integration.reports.staff import browser_of
from tests.journeys.steps import on, prepared, signed
from voucher.platform import xlsx
from voucher.platform.db import session
from voucher.platform.errors import DomainError, FileRefused, Forbidden, NotFound
from voucher.platform.xlsx import FormRefused, open_form
from voucher.reports.funder_forms import add_form, filled_form, newest_form
from voucher.reports.models import FunderForm

pytestmark = pytest.mark.usefixtures("sketched")
# What this shows does not depend on the engine.
ON_SQLITE = pytest.mark.parametrize("engine_kind", ["sqlite"], indirect=True)

APRIL = date(2026, 4, 1), date(2026, 4, 30)
CELLS = b"cell,figure\nClaim!B1,header.statement\nClaim!B2,7\nClaim!B3,7@L1\nClaim!B4,E12.target\nClaim!B5,14b\n"


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    return build_world(clock)


def paid(world: World) -> None:
    """Indicators, and one claim paid."""
    asked(world)
    world.payable()
    world.paid()


BEGINS_WITH = paid


def template() -> bytes:
    book = Workbook()
    sheet = book.active
    sheet.title = "Claim"
    for number, words in enumerate(("Statement", "Spent", "Capital", "Target", "Rate", "Sum"), start=1):
        sheet.cell(number, 1, words)
    sheet["B6"] = "=B2-B3"
    sheet.merge_cells("C1:D2")
    return saved(book)


def saved(book: Workbook) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def with_part(name: str, text: bytes = b"x") -> bytes:
    out = io.BytesIO(template())
    with zipfile.ZipFile(out, "a") as archive:
        archive.writestr(name, text, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def added(world: World, cells: bytes = CELLS, form: bytes | None = None) -> FunderForm:
    return world.do("fred", add_form, world.agreement, template=form or template(), name="claim.xlsx", cells=cells)


def faults(world: World, cells: bytes, form: bytes | None = None) -> list[str]:
    with pytest.raises(FileRefused) as refused:
        added(world, cells, form)
    assert newest_form(world.agreement.id) is None
    return [str(each) for each in refused.value.faults]


@ON_SQLITE
def test_who_may_not_add_a_form(app: Flask, world: World) -> None:
    with pytest.raises(Forbidden):
        world.do("stella", add_form, world.agreement, template=template(), name="x.xlsx", cells=CELLS)
    browser_of(app, world, "stella").get(f"/funding/agreements/{world.agreement.public_id}/form", expect=403)


@pytest.mark.rule(54)
def test_its_cells_hold_the_frozen_figures_and_its_formulas_stay(world: World) -> None:
    added(world)
    on(world, "2026-05-04")
    statement = signed(world, *APRIL)
    sheet = load_workbook(io.BytesIO(filled_form(world.act("vera"), statement)))["Claim"]
    assert [sheet[f"B{n}"].value for n in range(1, 7)] == [statement.reference, 240, 79.99, 40, 80, "=B2-B3"]


@ON_SQLITE
def test_only_a_signed_statement_fills_it_and_an_agreement_without_a_form_has_none(world: World) -> None:
    on(world, "2026-05-04")
    statement = prepared(world, *APRIL)
    with pytest.raises(NotFound, match="no form of its own"):
        filled_form(world.act("vera"), statement)
    added(world)
    with pytest.raises(DomainError, match="once the statement is signed"):
        filled_form(world.act("vera"), session.merge(statement))


@ON_SQLITE
def test_a_figure_that_the_statement_lacks_is_named(world: World) -> None:
    added(world, b"cell,figure\nClaim!B2,99z\n")
    on(world, "2026-05-04")
    with pytest.raises(DomainError, match="has no 99z"):
        filled_form(world.act("vera"), signed(world, *APRIL))


@pytest.mark.rule(70)
@ON_SQLITE
def test_every_fault_of_the_cells_is_named_by_row_and_nothing_is_kept(world: World) -> None:
    cells = b"""cell,figure
Claim!B6,7
Other!B1,7
Claim!D2,7
Claim!nowhere,7
Claim!B1,seven
Claim!B1,7@NONE
Claim!B2,E99.target
Claim!B3,E12.goal
Claim!B4,header.secret
"""
    found = faults(world, cells)
    for number, words in (
        (2, "holds a formula"),
        (3, "no sheet of that name"),
        (4, "inside merged cells"),
        (5, "Give the cell as Sheet!B4"),
        (6, "seven is no figure"),
        (7, "is there twice"),
        (7, "no funding line NONE"),
        (8, "no indicator E99"),
        (9, "no goal"),
        (10, "no secret"),
    ):
        assert any(each.startswith(f"row {number}, ") and words in each for each in found), (number, words)
    assert "The column figure is missing." in " ".join(faults(world, b"cell\nClaim!B1\n"))
    assert "No cell is named" in " ".join(faults(world, b"cell,figure\n"))


HARMS: list[tuple[Callable[[], bytes], str]] = [
    (lambda: with_part("xl/vbaProject.bin"), "macros"),
    (lambda: with_part("xl/externalLinks/externalLink1.xml"), "links to other files"),
    (lambda: with_part("xl/embeddings/a.bin"), "embedded objects"),
    (lambda: with_part("xl/x.xml", b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'), "entities"),
    (lambda: b"%PDF-1.7", "not an XLSX file"),
    (lambda: b"x" * 5_000_001, "larger than 5 MB"),
    (lambda: with_part("xl/x.bin", b"\0" * 50_000_001), "once unpacked"),
]


@pytest.mark.rule(70)
@pytest.mark.parametrize(("harm", "words"), HARMS)
def test_a_form_that_could_run_or_reach_for_something_is_refused(harm: Callable[[], bytes], words: str) -> None:
    with pytest.raises(FormRefused, match=words):
        open_form(harm())


@pytest.mark.rule(70)
def test_control_without_looking_into_it_a_form_with_macros_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx, "_look_through", lambda _archive: None)
    assert open_form(with_part("xl/vbaProject.bin")).sheetnames == ["Claim"]


@ON_SQLITE
def test_the_form_is_added_on_its_page_and_handed_out_filled(app: Flask, world: World) -> None:
    fred = browser_of(app, world, "fred")
    page = fred.get(f"/funding/agreements/{world.agreement.public_id}/form")
    assert "Choose both files." in fred.submit(page, button="Keep the form", expect=422)
    files: dict[str, object] = {
        "The funder's form (XLSX)": (io.BytesIO(template()), "claim.xlsx"),
        "Which figure goes into which cell (CSV)": (io.BytesIO(b"cell,figure\nClaim!B6,7\n"), "cells.csv"),
    }
    assert "holds a formula" in fred.submit(page, files, button="Keep the form", expect=422)
    files["The funder's form (XLSX)"] = (io.BytesIO(template()), "claim.xlsx")
    files["Which figure goes into which cell (CSV)"] = (io.BytesIO(CELLS), "cells.csv")
    page = fred.follow(fred.submit(page, files, button="Keep the form"))
    assert [row[:3] for row in page.rows] == [["1", "claim.xlsx", "5"]]
    on(world, "2026-05-04")
    statement = signed(world, *APRIL)
    vera = browser_of(app, world, "vera")
    page = vera.get(f"/statements/{statement.public_id}")
    assert vera.get(page.links["The funder's own form, filled in"]).body.startswith(b"PK")
