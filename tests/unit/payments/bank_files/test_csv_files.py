"""CSV files of banks and of payment runs: read as their layout says, with every fault by row and column in one pass."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from tests.harness.bank_statements import BARCLAYS, DAY, IN, OUT, TWELVE_FAULTS, Moved, csv_statement
from voucher.payments.bank_files.csv_files import read_csv
from voucher.payments.bank_files.layouts import DayForm, Delimiter, Encoding, Layout, amount_in, checked, day_in
from voucher.payments.bank_files.reading import BankFile, Given, Unreadable
from voucher.platform.errors import DomainError

PLAIN = Layout(date="Date", amount="Amount", reference="Reference")
FOUR = [OUT, IN, Moved(-5_00, "FEE"), Moved(-1_00, "FEE")]


def told(file: BankFile) -> list[str]:
    return [str(fault) for fault in file.faults]


def test_a_statement_is_read_with_its_balances_and_both_directions() -> None:
    file = read_csv(csv_statement([OUT, IN], 50_000), BARCLAYS)
    (statement,) = file.statements
    assert (told(file), statement.opening, statement.closing) == ([], 50_000, 126_000)
    assert [each.pence for each in statement.movements] == [-24_000, 100_000]
    assert (statement.movements[0].reference, statement.movements[0].counterparty) == ("NTT-P-1", "CALDER DIGITAL LTD")
    assert (statement.first_on, statement.last_on) == (DAY, DAY)


def test_a_file_that_begins_with_its_newest_row_is_turned_round() -> None:
    header, *rows = csv_statement([replace(OUT, on=date(2026, 4, 1)), IN], 50_000).split(b"\r\n")[:-1]
    (statement,) = read_csv(b"\r\n".join([header, *reversed(rows)]), BARCLAYS).statements
    assert (statement.opening, statement.closing) == (50_000, 126_000)
    assert [each.pence for each in statement.movements] == [-24_000, 100_000]


def test_days_and_not_balances_say_which_row_is_the_oldest() -> None:
    data = csv_statement([replace(OUT, on=date(2026, 4, 1)), Moved(-100, "X")], 50_000)
    turned = data.replace(b"X,CALDER DIGITAL LTD,1.00,,259.00", b"X,CALDER DIGITAL LTD,1.00,,261.00")
    assert [(fault.row, "wrong way round" in fault.message) for fault in read_csv(turned, BARCLAYS).faults] == [
        (3, True)
    ]


@pytest.mark.rule(36)
def test_twelve_faults_are_all_told_by_row_and_column_in_one_pass() -> None:
    file = read_csv(TWELVE_FAULTS.encode(), BARCLAYS)
    places = sorted((fault.row, fault.column) for fault in file.faults)
    assert places == [
        (2, "Date"), (3, "Date"), (4, "Date"), (5, "Money Out"), (6, "Money Out"), (7, "Money Out"), (8, "Balance"),
        (9, "Money Out"), (10, "7"), (12, "Balance"), (13, "Balance"), (14, "Money Out"),
    ]  # fmt: skip


@pytest.mark.rule(36)
def test_a_sign_the_wrong_way_round_is_found_by_the_balance_after_it_and_named() -> None:
    data = csv_statement(FOUR, 50_000).replace(b"5.00,,", b",5.00,")
    (fault,) = read_csv(data, BARCLAYS).faults
    assert (fault.row, fault.column) == (4, "Balance")
    assert "its sign is the wrong way round" in fault.message


@pytest.mark.rule(36)
def test_control_without_its_balance_column_the_turned_sign_is_read_as_it_stands() -> None:
    data = csv_statement(FOUR, 50_000).replace(b"5.00,,", b",5.00,")
    file = read_csv(data, replace(BARCLAYS, balance=""), Given(50_000, 126_400))
    assert (told(file), file.statements[0].movements[2].pence) == ([], 500)


@pytest.mark.rule(36)
def test_all_signs_the_wrong_way_round_are_one_fault_that_says_what_to_change() -> None:
    (fault,) = read_csv(csv_statement(FOUR), replace(BARCLAYS, money_out="Money In", money_in="Money Out")).faults
    assert "change money in and money out" in fault.message


@pytest.mark.rule(36)
def test_a_row_that_is_missing_shows_in_the_balance_after_it() -> None:
    rows = csv_statement(FOUR).split(b"\r\n")
    (fault,) = read_csv(b"\r\n".join(rows[:3] + rows[4:]), BARCLAYS).faults
    assert (fault.row, "does not follow" in fault.message, "sign" in fault.message) == (4, True, False)


@pytest.mark.rule(36)
def test_a_file_without_balances_needs_them_given_and_they_must_hold() -> None:
    data = b"Date,Amount,Reference\n07/04/2026,-240.00,NTT-P-1\n08/04/2026,100.00,X\n"
    assert "give the balance" in told(read_csv(data, PLAIN))[0]
    assert told(read_csv(data, PLAIN, Given(100_00, -40_00))) == []
    wrong = told(read_csv(data, PLAIN, Given(100_00, 440_00)))
    assert "if row 2 went the other way" in wrong[0]
    assert "£5.00 are missing or too many" in told(read_csv(data, PLAIN, Given(100_00, -35_00)))[0]


def test_balances_that_are_given_must_be_those_of_the_file() -> None:
    assert told(read_csv(csv_statement([OUT]), BARCLAYS, Given(opening=0))) == []
    assert "not those of the file" in told(read_csv(csv_statement([OUT]), BARCLAYS, Given(opening=1)))[0]


def test_windows_1252_is_refused_unless_the_layout_says_that_the_bank_sends_it() -> None:
    data = csv_statement([Moved(-100, "CAFÉ")]).decode().encode("cp1252")
    (refused,) = told(read_csv(data, BARCLAYS))
    assert "looks like Windows-1252" in refused
    assert "choose Windows-1252 in the layout" in refused
    file = read_csv(data, replace(BARCLAYS, encoding=Encoding.WINDOWS))
    assert file.statements[0].movements[0].reference == "CAFÉ"
    assert "Windows-1252" in file.notes[0]
    assert Encoding("detect") is Encoding.UTF_8
    assert "NUL" in told(read_csv(b"a\0b", BARCLAYS))[0]


def test_another_currency_and_another_account_in_a_row_are_faults() -> None:
    layout = replace(PLAIN, currency="CCY", account="Account")
    data = (
        b"Date,Amount,Reference,CCY,Account\n07/04/2026,1.00,A,GBP,602091 10203040\n"
        b"07/04/2026,1.00,B,EUR,602091 10203040\n07/04/2026,1.00,C,GBP,602091 99999999\n"
    )
    file = read_csv(data, layout, Given(0, 300))
    assert [(fault.row, fault.column) for fault in file.faults] == [(3, "CCY"), (4, "Account")]


def test_columns_that_the_file_lacks_are_all_named_with_those_that_it_has() -> None:
    file = read_csv(b"Datum,Betrag,Reference\n07/04/2026,1.00,A\n", PLAIN)
    assert [(fault.row, fault.column) for fault in file.faults] == [(1, "Date"), (1, "Amount")]
    assert "Datum, Betrag, Reference" in file.faults[0].message


def test_a_payment_run_is_read_without_balances_and_its_plain_amounts_went_out() -> None:
    layout = Layout(date="Paid", amount="Net", reference="Your ref", counterparty="Supplier", out_is_plain=True)
    data = b"Paid,Net,Your ref,Supplier\n07/04/2026,240.00,NTT-P-1,CALDER\n07/04/2026,-10.00,NTT-P-2,WHARFE\n"
    (statement,) = read_csv(data, layout, balances=False).statements
    assert (statement.opening, [each.pence for each in statement.movements]) == (None, [-24_000, 1_000])


def test_other_delimiters_decimal_commas_rows_above_and_files_without_a_header_are_read() -> None:
    layout = Layout("1", amount="2", reference="3", has_header=False, decimal_comma=True, skip_rows=1)
    layout = replace(layout, delimiter=Delimiter.SEMICOLON, day_form=DayForm.YEAR_FIRST)
    data = b"Kontoauszug\n2026-04-02;-1.234,56;A\n2026-04-05;3.500,00;B\n"
    (statement,) = read_csv(data, layout, Given(0, 226_544)).statements
    assert [each.pence for each in statement.movements] == [-123_456, 350_000]


@pytest.mark.parametrize(
    ("text", "pence"),
    [("£1,234.50", 123_450), ("-8.5", -850), ("(12.00)", -1_200), ("12.00-", -1_200), ("+3", 300), ("0.10", 10)],
)
def test_amounts_are_read_as_banks_write_them(text: str, pence: int) -> None:
    assert amount_in(text, PLAIN) == pence


@pytest.mark.parametrize("text", ["1,23", "1.234,50", "12.345", "x", "", "--1", "1 2,3"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(Unreadable):
        amount_in(text, PLAIN)


@pytest.mark.parametrize(
    ("text", "form", "day"),
    [
        ("7/4/26", DayForm.DAY_FIRST, DAY),
        ("04/07/2026", DayForm.MONTH_FIRST, DAY),
        ("07 Apr 26", DayForm.NAMED, DAY),
        ("2026-04-07 10:15:00", DayForm.YEAR_FIRST, DAY),
        ("2026-04-06 23:30:00 +0000", DayForm.YEAR_FIRST, DAY),  # half past midnight in London
    ],
)
def test_days_are_read_as_the_layout_says(text: str, form: DayForm, day: date) -> None:
    assert day_in(text, form) == day


@pytest.mark.parametrize("text", ["2026-02-30T10:00:00Z", "2026-04-07T25:00:00Z", "0001-01-01T00:00:00+14:00"])
def test_a_moment_that_does_not_exist_is_refused(text: str) -> None:
    with pytest.raises(Unreadable, match="no such day"):
        day_in(text, DayForm.YEAR_FIRST)


@pytest.mark.parametrize(
    ("layout", "field"),
    [
        (Layout(date="", amount="A", reference="R"), "date"),
        (Layout(date="D", reference="R"), "amount"),
        (Layout(date="D", amount="A", money_in="B", reference="R"), "amount"),
        (Layout(date="D", amount="A"), "reference"),
        (Layout(date="D", amount="A", reference="R", has_header=False), "has_header"),
        (Layout(date="D", amount="D", reference="R"), "date"),
    ],
)
def test_a_layout_that_no_file_can_be_read_by_is_refused_at_its_field(layout: Layout, field: str) -> None:
    with pytest.raises(DomainError) as refused:
        checked(layout)
    assert refused.value.field == field
