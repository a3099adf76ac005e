"""camt.053 statements: what is booked and which way, and every other thing a bank sends told by its name."""

from __future__ import annotations

import pytest

from tests.harness.bank_statements import DAY, IN, OUT, Moved, camt, camt_entry, camt_of, camt_stmt
from voucher.payments.bank_files.camt import read_camt

HEAD = """<!DOCTYPE lolz [<!ENTITY lol "lol"><!ENTITY lol2 "&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;">]>"""


def told(data: bytes) -> list[str]:
    return [str(fault) for fault in read_camt(data).faults]


def with_entries(entries: str, closing: int = 0) -> bytes:
    """A statement that begins at nothing, ends there, and has these entries."""
    return camt_of([camt_stmt([Moved(closing, "X")] if closing else [], 0).replace("</Stmt>", f"{entries}</Stmt>")])


@pytest.mark.parametrize("version", ["02", "03", "04", "05", "06", "07", "08"])
def test_versions_02_to_08_are_read(version: str) -> None:
    (statement,) = read_camt(camt([OUT, IN], 50_000, version=version)).statements
    assert (statement.opening, statement.closing) == (50_000, 126_000)
    assert [(each.pence, each.reference, each.booked_on) for each in statement.movements] == [
        (-24_000, "NTT-P-1", DAY),
        (100_000, "GRANT NTT-D-1", DAY),
    ]
    assert [each.counterparty for each in statement.movements] == ["CALDER DIGITAL LTD", "HOPE FUND"]


def test_another_version_is_refused_with_those_that_are_read() -> None:
    assert "version 12 of camt.053; versions 02 to 08 are read" in told(camt([OUT], version="12"))[0]


@pytest.mark.parametrize("kind", ["camt.052", "camt.054", "pain.001", "pain.002", "camt.060"])
def test_what_a_bank_sends_beside_is_refused_by_its_name(kind: str) -> None:
    (fault,) = told(camt_of([], kind=kind))
    assert f"This is a {kind}" in fault
    assert "camt.053" in fault


def test_a_billion_laughs_are_refused_and_not_read() -> None:
    (fault,) = told(camt_of([camt_stmt([OUT])], head=HEAD).replace(b"NTT-P-1", b"&lol2;"))
    assert "declares a document type or entities" in fault


@pytest.mark.parametrize("at", [0.3, 0.6, 0.9, 0.99])
def test_a_file_that_breaks_off_is_refused_at_the_place(at: float) -> None:
    data = camt([OUT, IN])
    (fault,) = told(data[: int(len(data) * at)])
    assert fault.startswith("row 1, column ")
    assert "breaks off or is damaged here" in fault


def test_what_is_no_xml_and_no_statement_is_refused() -> None:
    assert "breaks off or is damaged" in told(b"Date,Amount\n")[0]
    assert "This is no camt.053 statement" in told(b"<html></html>")[0]
    assert "holds no statement" in told(camt_of([]))[0]


def test_entries_that_are_not_booked_yet_are_left_out_and_said() -> None:
    pending = camt_entry(Moved(-500, "LATER"), status="PDNG") + camt_entry(Moved(-5, "X"), status="<Cd>INFO</Cd>")
    file = read_camt(with_entries(pending))
    assert (file.faults, file.statements[0].movements, file.notes[0][:9]) == ([], (), "2 entries")


def test_a_status_in_a_code_of_its_own_is_read() -> None:
    file = read_camt(camt([OUT]).replace(b"<Sts>BOOK</Sts>", b"<Sts><Cd>BOOK</Cd></Sts>"))
    assert len(file.statements[0].movements) == 1


@pytest.mark.rule(36)
def test_a_reversal_goes_the_way_that_its_own_sign_says() -> None:
    back = camt_entry(Moved(24_000, "NTT-P-1"), more="<RvslInd>true</RvslInd>")
    (statement,) = read_camt(with_entries(camt_entry(OUT) + back)).statements
    assert [each.pence for each in statement.movements] == [-24_000, 24_000]


@pytest.mark.rule(36)
def test_a_sign_the_wrong_way_round_is_found_by_the_balances_and_named() -> None:
    data = camt([OUT, IN], 50_000)
    entry = camt_entry(OUT).encode()
    (fault,) = told(data.replace(entry, entry.replace(b"DBIT", b"CRDT")))
    assert "It would hold if row 1 went the other way" in fault


def test_another_currency_is_a_fault_of_each_place() -> None:
    data = camt([OUT, IN]).replace(b'Ccy="GBP"', b'Ccy="EUR"')
    file = read_camt(data)
    assert [(each.row, each.column) for each in file.faults] == [
        (1, "Bal OPBD Amt"), (1, "Bal CLBD Amt"), (1, "Amt"), (2, "Amt"),
    ]  # fmt: skip
    assert "in EUR" in file.faults[0].message


def test_every_fault_of_the_entries_is_told_in_one_pass() -> None:
    head, first, second, third = camt([OUT, IN, Moved(-1, "X")]).split(b"<Ntry>")
    first = first.replace(b"240.00", b"24O.00")
    second = second.replace(b"<Dt>2026-04-07", b"<Dt>2026-02-30")
    third = third.replace(b"<CdtDbtInd>DBIT</CdtDbtInd>", b"")
    file = read_camt(b"<Ntry>".join([head.replace(b"CLBD", b"CLAV"), first, second, third]))
    assert [(each.row, each.column) for each in file.faults] == [
        (1, "Bal CLBD"), (1, "Amt"), (2, "BookgDt"), (3, "CdtDbtInd"),
    ]  # fmt: skip


def test_statements_in_one_file_follow_each_other_whatever_their_order() -> None:
    first, second = camt_stmt([OUT], 50_000, title="S-1"), camt_stmt([IN], 26_000, title="S-2", on=DAY.replace(day=8))
    file = read_camt(camt_of([second, first]))
    assert [each.title for each in file.statements] == ["Statement S-1", "Statement S-2"]


def test_a_batch_entry_carries_every_reference_of_its_payments() -> None:
    details = "".join(f"<TxDtls><Refs><EndToEndId>NTT-P-{n}</EndToEndId></Refs></TxDtls>" for n in (1, 2))
    entry = camt_entry(OUT).partition("<NtryDtls>")[0]
    entry += f"<NtryDtls><Btch><PmtInfId>NTT-B-1</PmtInfId></Btch>{details}</NtryDtls></Ntry>"
    statement = camt([OUT]).replace(camt_entry(OUT).encode(), entry.encode())
    (movement,) = read_camt(statement).statements[0].movements
    assert movement.reference == "NTT-B-1 NTT-P-1 NTT-P-2"


def test_a_moment_is_a_day_in_london() -> None:
    night = b"<BookgDt><DtTm>2026-04-06T23:30:00+00:00</DtTm></BookgDt>"
    data = camt([OUT]).replace(b"<BookgDt><Dt>2026-04-07</Dt></BookgDt>", night)
    assert read_camt(data).statements[0].movements[0].booked_on == DAY
