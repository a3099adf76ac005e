"""MT940 and OFX statements: signs, days, references and balances, and each fault with the line that has it."""

from __future__ import annotations

from datetime import date

import pytest

from tests.harness.bank_statements import DAY, IN, OUT, Moved, mt940, ofx
from voucher.payments.bank_files.mt940 import read_mt940
from voucher.payments.bank_files.ofx import read_ofx
from voucher.payments.bank_files.reading import BankFile, Given


def places(file: BankFile) -> list[tuple[int, str]]:
    return [(fault.row, fault.column) for fault in file.faults]


@pytest.mark.parametrize(("write", "read"), [(mt940, read_mt940), (ofx, read_ofx)])
def test_a_statement_is_read_with_its_balances(write: object, read: object) -> None:
    (statement,) = read(write([OUT, IN], 50_000)).statements  # type: ignore[operator] # one of the pairs above
    assert (statement.opening, statement.closing) == (50_000, 126_000)
    assert [(each.pence, each.booked_on) for each in statement.movements] == [(-24_000, DAY), (100_000, DAY)]
    assert "NTT-P-1" in statement.movements[0].reference
    assert statement.movements[0].counterparty == "CALDER DIGITAL LTD"


def test_30_february_is_refused_with_its_line() -> None:
    file = read_mt940(mt940([OUT, IN]).replace(b":61:2604070407D", b":61:2602300230D"))
    assert places(file) == [(5, ":61:")]
    assert "There is no day 30/02/26" in file.faults[0].message


@pytest.mark.rule(36)
@pytest.mark.parametrize(("mark", "pence"), [("C", 24_000), ("D", -24_000), ("RC", -24_000), ("RD", 24_000)])
def test_a_reversed_credit_is_money_out_and_a_reversed_debit_money_in(mark: str, pence: int) -> None:
    data = mt940([Moved(pence, "X")]).decode()
    sign = "C" if pence > 0 else "D"
    file = read_mt940(data.replace(f"0407{sign}240", f"0407{mark}240").encode())
    assert (file.faults, file.statements[0].movements[0].pence) == ([], pence)


@pytest.mark.rule(36)
def test_control_read_as_plain_credits_and_debits_the_reversals_would_not_add_up() -> None:
    data = mt940([Moved(-24_000, "X")]).replace(b"0407D240", b"0407C240")
    assert "its sign is the wrong way round" in read_mt940(data).faults[0].message


def test_an_entry_day_round_the_new_year_is_in_the_year_beside() -> None:
    data = mt940([Moved(100, "X", on=date(2026, 12, 31))]).replace(b":61:2612311231", b":61:2612310102")
    assert read_mt940(data).statements[0].movements[0].booked_on == date(2027, 1, 2)
    data = mt940([Moved(100, "X", on=date(2026, 1, 2))]).replace(b":61:2601020102", b":61:2601021231")
    assert read_mt940(data).statements[0].movements[0].booked_on == date(2025, 12, 31)


def test_numbered_parts_of_the_information_are_put_together() -> None:
    parts = b":86:166?00CREDIT?20EREF+NTT-P?21-1 SVWZ+TASTER?32CALDER DI?33GITAL"
    data = mt940([OUT]).replace(b":86:NTT-P-1 /NAME/CALDER DIGITAL LTD/", parts)
    (movement,) = read_mt940(data).statements[0].movements
    assert (movement.reference, movement.counterparty) == ("EREF+NTT-P-1 SVWZ+TASTER", "CALDER DIGITAL")


def test_what_a_statement_lacks_is_told_by_its_tag() -> None:
    data = mt940([OUT, IN])
    assert places(read_mt940(data.replace(b":20:STMT\r\n", b""))) == [(1, ":25:")]
    assert places(read_mt940(data.replace(b":62F:", b":64:"))) == [(1, ":62F:")]
    assert places(read_mt940(data.replace(b":60F:C260407GBP0,00\r\n", b""))) == [(1, ":60F:")]
    assert places(read_mt940(data.replace(b":25:602091/10203040\r\n", b""))) == [(1, ":25:")]
    assert places(read_mt940(b"Date,Amount\n")) == [(1, ":20:")]


def test_every_fault_of_an_mt940_is_told_in_one_pass() -> None:
    data = mt940([OUT, IN, Moved(-1, "X")]).replace(b"C260407GBP0,00", b"C260407EUR0,00", 1)
    data = data.replace(b"C1000,00N", b"C10O0,00N").replace(b"0407D0,01", b"0431D0,01")
    assert places(read_mt940(data)) == [(4, ":60F:"), (7, ":61:"), (9, ":61:")]


def test_an_ofx_file_that_breaks_off_or_declares_entities_is_refused() -> None:
    data = ofx([OUT, IN])
    assert "breaks off before its end" in read_ofx(data[:-20]).faults[0].message
    assert "entities" in read_ofx(data.replace(b"<OFX>", b'<!DOCTYPE x [<!ENTITY a "b">]><OFX>')).faults[0].message
    assert "do not end" in read_ofx(b"<OFX>" + b"<A>\n" * 100_000 + b"</OFX>").faults[0].message
    assert "no OFX file" in read_ofx(b"Date,Amount\n").faults[0].message


def test_every_fault_of_an_ofx_file_is_told_in_one_pass() -> None:
    data = ofx([OUT, IN]).replace(b"GBP", b"USD").replace(b"<TRNAMT>-240.00", b"<TRNAMT>two")
    data = data.replace(b"<DTPOSTED>20260407", b"<DTPOSTED>20260230").replace(b"<BALAMT>760.00", b"<BALAMT>")
    assert places(read_ofx(data)) == [
        (1, "CURDEF"), (1, "DTPOSTED"), (1, "TRNAMT"), (2, "DTPOSTED"), (1, "LEDGERBAL"),
    ]  # fmt: skip


def test_the_xml_form_of_ofx_is_read_alike_and_a_moment_is_a_day_in_london() -> None:
    data = ofx([OUT]).decode().partition("<OFX>")[2]
    for name in ("TRNTYPE", "DTPOSTED", "TRNAMT", "FITID", "NAME", "MEMO", "CURDEF", "BANKID", "ACCTID", "ACCTTYPE"):
        data = "\n".join(f"{row}</{name}>" if f"<{name}>" in row else row for row in data.split("\n"))
    data = data.replace("<DTPOSTED>20260407", "<DTPOSTED>20260406233000.000[0:GMT]")
    (statement,) = read_ofx(f'<?xml version="1.0"?><?OFX VERSION="211"?><OFX>{data}'.encode()).statements
    assert (statement.movements[0].pence, statement.movements[0].booked_on) == (-24_000, DAY)


def test_a_balance_at_the_end_may_be_given_where_the_file_has_none() -> None:
    data = ofx([OUT]).replace(b"<BALAMT>-240.00", b"")
    assert places(read_ofx(data)) == [(1, "LEDGERBAL")]
    (statement,) = read_ofx(data, Given(closing=1_000)).statements
    assert (statement.opening, statement.closing) == (25_000, 1_000)


def test_a_credit_card_and_an_answer_without_a_statement_are_told_apart() -> None:
    card = ofx([OUT]).replace(b"STMTRS", b"CCSTMTRS")
    assert "credit card" in read_ofx(card).faults[0].message
    error = b"<OFX><STATUS><CODE>2000<SEVERITY>ERROR</STATUS></OFX>"
    assert "answered with an error" in read_ofx(error).faults[0].message
