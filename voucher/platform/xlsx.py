"""Spreadsheets: sheets of a header and rows that run nothing when they are opened, and forms to fill in (rule 70)."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from openpyxl import Workbook, load_workbook
from openpyxl.cell import Cell as OpenCell
from openpyxl.cell import MergedCell, WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from voucher.platform.csv import Cell, neutralise
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.i18n import said

MOST_SIGNS = 31  # of a sheet's name, by the format
POUNDS_FORMAT = "#,##0.00"
WIDTH = 18
MOST_BYTES = 5_000_000
MOST_UNPACKED = 50_000_000
# Parts of a workbook that run something, reach for another file, or hold one.
RUNNING = ("vbaproject", "activex", "externallink", "embeddings", "macrosheets", "ctrlprops")


@dataclass(frozen=True)
class Sheet:
    """A sheet's name, its columns and its rows; a Decimal is shown with two decimals."""

    name: str
    header: Sequence[str]
    rows: Iterable[Sequence[Cell]]


def write_book(sheets: Sequence[Sheet]) -> bytes:
    """The sheets as one XLSX file, written row by row. Text stays text, even where it looks like a formula."""
    book = Workbook(write_only=True)
    for sheet in sheets:
        drawn = book.create_sheet(sheet.name[:MOST_SIGNS])
        drawn.freeze_panes = "A2"
        for number in range(1, len(sheet.header) + 1):
            drawn.column_dimensions[get_column_letter(number)].width = WIDTH
        drawn.append([_cell(drawn, name, bold=True) for name in sheet.header])
        for row in sheet.rows:
            drawn.append([_cell(drawn, value) for value in row])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _cell(sheet: object, value: Cell, *, bold: bool = False) -> WriteOnlyCell:
    cell = WriteOnlyCell(sheet, value=None)
    if isinstance(value, str):
        # Set as a string, for the library takes any text that begins with an equals sign for a formula.
        cell.value = neutralise(value)
        cell.data_type = "s"
    else:
        cell.value = value
    if isinstance(value, Decimal):
        cell.number_format = POUNDS_FORMAT
    if bold:
        cell.font = Font(bold=True)
    return cell


class FormRefused(ValueError):
    """A spreadsheet that is not taken as a form; the message says why and what to do."""


def open_form(data: bytes) -> Workbook:
    """A form that somebody handed in; raises FormRefused for anything but a plain XLSX file.

    Refused are files that are too large, packed or not, and those with macros, links to other files, embedded objects
    or XML that declares entities (rule 70).
    """
    if len(data) > MOST_BYTES:
        raise FormRefused(_("The file is larger than 5 MB: take pictures and old sheets out of it."))
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            _look_through(archive)
        return load_workbook(io.BytesIO(data))
    except FormRefused:
        raise
    except Exception as broken:
        raise FormRefused(_("This is not an XLSX file: save the form as an Excel workbook (.xlsx).")) from broken


def _look_through(archive: zipfile.ZipFile) -> None:
    if sum(each.file_size for each in archive.infolist()) > MOST_UNPACKED:
        raise FormRefused(_("The file is too large once unpacked: take old sheets out of it."))
    for each in archive.infolist():
        name = each.filename.lower()
        if any(part in name for part in RUNNING):
            raise FormRefused(_("The file has macros, links to other files or embedded objects: save it without them."))
        if name.endswith((".xml", ".rels")):
            text = archive.read(each).lower()
            if b"<!doctype" in text or b"<!entity" in text:
                raise FormRefused(_("The file declares entities, which no spreadsheet needs: save it anew."))


def place_in(book: Workbook, place: str) -> MergedCell | OpenCell:
    """The cell at ``Sheet!B4``; raises FormRefused when there is none, or when it may not be written to.

    A cell with a formula is the funder's own sum, and only the first of merged cells holds anything.
    """
    sheet, _mark, cell = place.rpartition("!")
    sheet = sheet.strip().strip("'")
    if sheet not in book.sheetnames:
        raise FormRefused(said("The form has no sheet of that name: %(place)s.", place=place))
    if not re.fullmatch(r"[A-Za-z]{1,3}[1-9][0-9]{0,6}", cell.strip()):
        raise FormRefused(said("Give the cell as Sheet!B4: %(place)s.", place=place))
    found = book[sheet][cell.strip().upper()]
    if found.data_type == "f":
        raise FormRefused(said("%(place)s holds a formula of the funder's: leave it to work itself out.", place=place))
    if isinstance(found, MergedCell):
        raise FormRefused(said("%(place)s is inside merged cells: name their first cell.", place=place))
    return found


def fill_form(data: bytes, values: Mapping[str, Cell]) -> bytes:
    """The form with these values in its cells; text stays text, and every formula of the form is left as it is."""
    book = open_form(data)
    for place, value in values.items():
        cell = place_in(book, place)
        if isinstance(value, str):
            cell.value = neutralise(value)
            cell.data_type = "s"
        else:
            cell.value = value
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
