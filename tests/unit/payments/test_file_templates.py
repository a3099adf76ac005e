"""Templates of payment files: what each column shows, what is refused, and that a file can be read back."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from voucher.payments.file_templates import FileRow, Template, Totals, TotalsDiffer, Value, read_template
from voucher.payments.rules import FileFormat, Route
from voucher.payments.template_store import built_in
from voucher.platform.errors import FileRefused
from voucher.platform.toml import read, refuse_faults

V = Value
OWN = """
name = "Northmoor ledger"
route = "accounts payable"
rows = "funding line"
delimiter = "semicolon"
encoding = "windows-1252"
[[column]]
head = "Supplier"
value = "supplier number"
length = 6
[[column]]
head = "Amount"
value = "amount"
form = "pence"
pad = 11
[[column]]
head = "Kind"
text = "GRANT"
[[column]]
head = "Cost code"
value = "cost code"
[[column]]
head = "Day"
value = "day"
form = "310326"
"""


def template(text: str) -> Template:
    file = read(text.encode())
    found = read_template(file)
    refuse_faults(file)
    return found


def row(pence: int, **values: str) -> FileRow:
    found = dict.fromkeys(Value, "") | {Value[name.upper()]: text for name, text in values.items()}
    return FileRow(pence, date(2026, 4, 7), found)


@pytest.mark.rule(32)
def test_an_operators_template_says_what_stands_where() -> None:
    content = template(OWN).write([row(44_000, supplier_number="S-1234567", cost_code="=R400")])
    lines = content.decode("windows-1252").split("\r\n")
    assert lines == [
        "Supplier;Amount;Kind;Cost code;Day",
        "S-1234;00000044000;GRANT;'=R400;070426",  # a mark keeps a spreadsheet from running it
        "",
    ]


@pytest.mark.rule(32)
def test_bacs_rows_are_in_pence_with_legal_names_and_a_contra_of_their_sum() -> None:
    bacs = built_in(FileFormat.BACS_CSV)
    payee = {"sort_code": "309634", "account_number": "00000012", "account_name": "-Müller & Söhne Maschinenbau"}
    own = {"own_sort_code": "200000", "own_account_number": "12345678", "own_name": "Northmoor Combined Authority"}
    contra = row(44_001, sort_code="200000", account_number="12345678", account_name="N", payment="NTT-B-1", **own)
    rows = [row(44_000, payment="NTT-P-7K2M9", **payee, **own), row(1, payment="NTT-P-7K2MA", **payee, **own)]
    content = bacs.write(rows, contra)
    lines = content.decode("ascii").splitlines()
    assert lines[0] == "309634,00000012,99,200000,12345678,00000044000,NORTHMOOR COMBINED,NTT-P-7K2M9,M LLER & S HNE MA"
    assert lines[2].startswith("200000,12345678,17,200000,12345678,00000044001,")
    assert bacs.totals(content) == Totals(2, 44_001, 44_001)


@pytest.mark.rule(32)
@pytest.mark.parametrize("known", [each for each in FileFormat if each is not FileFormat.PAIN_001])
def test_every_known_file_is_read_back_as_it_was_made(known: FileFormat) -> None:
    found = built_in(known)
    rows = [row(44_000, sort_code="309634"), row(1), row(999_999_999)]
    contra = row(1_000_044_000) if found.contra else None
    totals = found.totals(found.write(rows, contra))
    assert (totals.rows, totals.pence) == (3, 1_000_044_000)


@pytest.mark.rule(32)
def test_a_file_of_another_shape_is_not_counted() -> None:
    with pytest.raises(TotalsDiffer, match="not as many cells"):
        template(OWN).totals(b"Supplier;Amount;Kind;Cost code;Day\r\nS-1;1\r\n")


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (('value = "supplier number"', 'value = "sort code"'), "must show: supplier number"),
        (('text = "GRANT"', 'value = "account number"'), "must show no bank account"),
        (('rows = "funding line"', 'rows = "payment"'), 'rows: must be "funding line"'),
        (('value = "cost code"', 'value = "amount"'), "must show the amount once"),
        (('value = "cost code"', 'value = "nonsense"'), "column[4].value: must be one of"),
        (('form = "310326"', 'form = "1926"'), "column[5].form: must be one of"),
        (('text = "GRANT"', 'text = "GRANT"\nvalue = "batch"'), "column[3].value: give either value or text"),
        (("pad = 11", "padd = 11"), "padd: is not known here"),
        (('route = "accounts payable"', 'route = "bank file"'), 'rows: must be "payment" in a bank file'),
    ],
)
def test_each_fault_of_a_template_is_named_by_its_key(change: tuple[str, str], fault: str) -> None:
    with pytest.raises(FileRefused) as refused:
        template(OWN.replace(*change, 1))
    assert fault in "\n".join(str(each) for each in refused.value.faults)


@pytest.mark.rule(32)
def test_control_a_file_with_a_row_too_few_has_other_totals() -> None:
    found = template(OWN)
    assert found.totals(found.write([row(5)])) != found.totals(found.write([row(5), row(6)]))


def test_only_bank_files_show_accounts() -> None:
    for known in FileFormat:
        if known is not FileFormat.PAIN_001:
            shows = V.ACCOUNT_NUMBER in built_in(known).values
            assert shows is (built_in(known).route is Route.BANK_FILE)
    assert replace(built_in(FileFormat.BANK_CSV), contra=True).needs_own_account
