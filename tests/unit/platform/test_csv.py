"""CSV files are read strictly, with every fault placed, and written so that no cell runs as a formula (rule 70)."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voucher.platform import csv as csv_files
from voucher.platform.csv import CellError, Row, Table
from voucher.platform.errors import Fault
from voucher.platform.money import MoneyError


def faults_of(data: bytes, **limits: int) -> list[Fault]:
    _table, faults = csv_files.scan_table(data, **limits)
    assert faults
    return faults


def sound(data: bytes, **limits: int) -> Table:
    """The table in a file without a fault."""
    table, faults = csv_files.scan_table(data, **limits)
    assert faults == []
    return table


def only_fault(data: bytes) -> tuple[int, str, str]:
    [fault] = faults_of(data)
    return fault.row, fault.column, fault.message


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_utf_8_is_read_with_or_without_a_byte_order_mark(mark: bytes) -> None:
    table = sound(mark + "name,town\r\nCafé Tŷ,Llŷn\r\n".encode())
    assert table.header == ["name", "town"]
    assert table.rows == [(2, {"name": "Café Tŷ", "town": "Llŷn"})]


def test_header_names_lose_surrounding_spaces_and_cells_keep_theirs() -> None:
    table = sound(b"CompanyName, CompanyNumber\nAcme, 01234567\n")
    assert table.header == ["CompanyName", "CompanyNumber"]
    assert table.rows[0][1]["CompanyNumber"] == " 01234567"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_rows_are_counted_as_a_spreadsheet_counts_them(end: str) -> None:
    lines = ["name,town", '"Acme', 'Ltd",Leeds', "", ",", "Beta,York"]
    table = sound(end.join(lines).encode())
    assert [(row, cells["town"]) for row, cells in table.rows] == [(2, "Leeds"), (5, "York")]


def test_a_line_separator_inside_a_cell_does_not_end_the_row() -> None:
    table = sound("name,town\nAcme\u2028Ltd\x0b,Leeds\n".encode())
    assert table.rows == [(2, {"name": "Acme\u2028Ltd\x0b", "town": "Leeds"})]


def test_another_encoding_is_refused_at_the_first_byte_that_cannot_be_read() -> None:
    data = b'name,town\n"Beta, and\nSons",York\nAcme,Leeds \x96 Centre\nGamma,\xa3\n'
    row, column, message = only_fault(data)
    assert (row, column) == (3, "town")
    assert '0x96 here looks like "–" in Windows-1252' in message
    assert '"CSV UTF-8"' in message


def test_a_byte_in_the_header_is_placed_by_the_number_of_its_column() -> None:
    assert only_fault(b"name,caf\xe9\nAcme,Leeds\n")[:2] == (1, "2")


@pytest.mark.parametrize("data", ["name,town\nAcme,Leeds\n".encode("utf-16"), b"name\nAcme \x81\n"])
def test_an_encoding_that_is_not_windows_1252_is_not_called_so(data: bytes) -> None:
    message = only_fault(data)[2]
    assert "Windows-1252" not in message
    assert '"CSV UTF-8"' in message


def test_a_nul_byte_is_placed() -> None:
    row, column, message = only_fault(b"name,town\nAcme,Leeds\nBe\0ta,York\n")
    assert (row, column) == (3, "name")
    assert "NUL" in message


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_an_unclosed_quotation_mark_is_placed_where_it_opens(end: str) -> None:
    row, column, message = only_fault(end.join(["name,town", "Acme,Leeds", 'Beta,"York', "Gamma,Hull"]).encode())
    assert (row, column) == (3, "town")
    assert "quotation marks do not pair up" in message


def test_an_unclosed_quotation_mark_that_meets_another_is_placed_where_it_opens() -> None:
    assert only_fault(b'name,town\nAcme,Leeds\n"Beta,York\n"Gamma",Hull\n')[:2] == (3, "name")


def test_a_cell_of_more_characters_than_can_be_read_is_placed() -> None:
    row, column, message = only_fault(b'name,town\n"Acme",Leeds\nBeta,"%s"\n' % (b"x" * 140_000))
    assert (row, column) == (3, "town")
    assert "more than 131,072 characters" in message


def test_rows_that_do_not_fit_the_header_are_all_told_in_one_pass() -> None:
    short, long = faults_of(b"name,town,postcode\nAcme,Leeds\nBeta,York,YO1 7HH\nGamma, Ltd,Hull,HU1 1AA\n")
    assert (short.row, short.column) == (2, "postcode")
    assert "has 2 cells and the header has 3" in short.message
    assert (long.row, long.column) == (4, "4")
    assert "Put quotation marks around a cell with a comma" in long.message


def test_a_column_name_used_twice_is_a_fault() -> None:
    row, column, message = only_fault(b"name,town, name \nAcme,Leeds,Acme\n")
    assert (row, column) == (1, "name")
    assert "Columns 1 and 3" in message


def test_a_column_without_a_name_is_a_fault() -> None:
    assert only_fault(b"name,,town\nAcme,,Leeds\n")[:2] == (1, "2")


@pytest.mark.parametrize("data", [b"", b"\xef\xbb\xbf", b"\r\n\r\n"])
def test_an_empty_file_is_a_fault(data: bytes) -> None:
    assert only_fault(data) == (1, "", "The file is empty. Put the column names in the first row.")


def test_a_blank_first_row_is_a_fault() -> None:
    assert only_fault(b",\nname,town\nAcme,Leeds\n")[2].startswith("The first row is blank")


def test_a_scan_keeps_the_sound_rows_beside_the_faults() -> None:
    table, faults = csv_files.scan_table(b'name,town\nAcme,Leeds\nBeta\nGamma,Hull\nDelta,"Hull\n')
    assert [row for row, _cells in table.rows] == [2, 4]
    assert [fault.row for fault in faults] == [3, 5]


@pytest.mark.rule(70)
def test_a_file_beyond_the_size_cap_is_refused_and_one_at_the_cap_is_read() -> None:
    data = b"name\nAcme\n"
    assert "larger than 9 bytes" in faults_of(data, max_bytes=9)[0].message
    assert sound(data, max_bytes=10).rows


@pytest.mark.rule(70)
def test_rows_beyond_the_cap_are_refused_and_rows_up_to_it_are_read() -> None:
    data = b"name\nAcme\nBeta\nGamma\n"
    [fault] = faults_of(data, max_rows=2)
    assert (fault.row, fault.message) == (4, "The file has more than 2 rows. Split it and import the parts.")
    assert len(sound(data, max_rows=3).rows) == 3


@pytest.mark.rule(70)
def test_columns_beyond_the_cap_are_refused_and_columns_up_to_it_are_read() -> None:
    names = [f"c{number}" for number in range(csv_files.MAX_COLUMNS + 1)]
    assert only_fault(",".join(names).encode())[2].startswith("The file has more than 1,000 columns.")
    assert sound(",".join(names[:-1]).encode()).header == names[:-1]


FORMULAS = ["=1+1", "+441132345678", "-5", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "−5", "＝1+1"]


@pytest.mark.rule(70)
@pytest.mark.parametrize("cell", FORMULAS)
def test_a_cell_that_could_run_as_a_formula_gets_an_apostrophe(cell: str) -> None:
    data = csv_files.write_table(["name", "note"], [["Acme", cell]])
    assert sound(data).rows == [(2, {"name": "Acme", "note": f"'{cell}"})]


@pytest.mark.rule(70)
@pytest.mark.parametrize("cell", FORMULAS)
def test_without_neutralising_the_formula_is_written(monkeypatch: pytest.MonkeyPatch, cell: str) -> None:
    monkeypatch.setattr(csv_files, "neutralise", lambda text: text)
    data = csv_files.write_table(["name", "note"], [["Acme", cell]])
    assert sound(data).rows == [(2, {"name": "Acme", "note": cell})]


@pytest.mark.rule(70)
def test_a_column_name_that_could_run_as_a_formula_is_neutralised_too() -> None:
    assert csv_files.write_table(["=name"], []) == b"'=name\r\n"


@pytest.mark.parametrize("cell", ["", "Acme", "a=b", "1-2", " =1", "'quoted'", "mary@example.org"])
def test_other_text_is_left_as_it_is(cell: str) -> None:
    assert csv_files.neutralise(cell) == cell


def test_a_number_given_as_int_stays_a_number_and_none_is_empty() -> None:
    data = csv_files.write_table(["name", "change", "note"], [["Tŷ, Llŷn", -5, None], ['5" pipe', 7, "-5"]])
    assert data == 'name,change,note\r\n"Tŷ, Llŷn",-5,\r\n"5"" pipe",7,\'-5\r\n'.encode()


def test_a_row_that_does_not_fit_the_header_is_not_written() -> None:
    with pytest.raises(ValueError, match="2 cells does not fit a header of 1"):
        csv_files.write_table(["name"], [["Acme", "Leeds"]])


TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)


@given(st.lists(TEXT, max_size=6))
def test_what_is_written_is_read_back_and_restored(cells: list[str]) -> None:
    data = csv_files.write_table(["key", "note"], [["k", cell] for cell in cells])
    read = [csv_files.restore(row["note"]) for _number, row in sound(data).rows]
    # Text that looks neutralised already is the one thing that cannot be told from what was neutralised here.
    assert read == [csv_files.restore(cell) for cell in cells]


def test_an_apostrophe_of_the_text_itself_is_not_taken_away() -> None:
    assert csv_files.restore("'quoted'") == "'quoted'"
    assert csv_files.restore("'+441132345678") == "+441132345678"


class Size(StrEnum):
    SMALL = "small"
    LARGE = "very large"


def test_a_row_reads_its_cells_and_keeps_their_faults() -> None:
    row = Row(7, {"staff": " 1,200 ", "turnover": "-1", "size": "Very  LARGE", "note": " ", "site": "'=A"})
    assert row.read("staff", csv_files.whole_number) == 1200
    assert row.read("turnover", csv_files.amount) is None
    assert row.read("size", csv_files.choice(Size)) is Size.LARGE
    assert row.read("missing", csv_files.day) is None
    assert row.require("note", str) is None
    assert row.text("site") == "=A"
    assert [str(fault) for fault in row.faults] == [
        "row 7, column turnover: Enter an amount of zero or more.",
        "row 7, column note: This cell is empty and must be filled in.",
    ]


@pytest.mark.parametrize("text", ["31/03/2026", "2026-03-31"])
def test_a_day_is_read_as_people_and_as_machines_write_it(text: str) -> None:
    assert csv_files.day(text) == date(2026, 3, 31)


@pytest.mark.parametrize("text", ["31/02/2026", "31/03/26", "2026-3-31", "03/31/2026", "yesterday"])
def test_what_is_no_day_is_refused(text: str) -> None:
    with pytest.raises(CellError, match="Enter a day that exists"):
        csv_files.day(text)


@pytest.mark.parametrize("text", ["2.5", "-1", "12,34", "twelve", "١٢"])
def test_what_is_no_whole_number_is_refused(text: str) -> None:
    with pytest.raises(CellError, match="whole number"):
        csv_files.whole_number(text)


def test_an_amount_is_read_in_pence() -> None:
    assert csv_files.amount("£1,234.50") == 123450
    with pytest.raises(MoneyError):
        csv_files.amount("1.5")


def test_a_choice_names_what_can_be_entered() -> None:
    with pytest.raises(CellError, match="Enter one of: small, very large"):
        csv_files.choice(Size)("medium")
