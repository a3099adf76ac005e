"""A businesses file is read in either layout, and every fault of it is told by row and column in one pass."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from voucher.organisations import business_file
from voucher.organisations.business_file import Language, Layout, LegalForm, ParsedBusinesses, parse
from voucher.organisations.identifiers import IdentifierKind
from voucher.platform import csv as csv_files

SAMPLES = Path(__file__).resolve().parents[4] / "shared" / "samples" / "companieshouse"

ACME = {
    "name": "Acme  Bakery Ltd",
    "company_number": "1234567",
    "charity_number": "",
    "vat_number": "GB 831 4958 16",
    "utr": "",
    "address_line_1": "1 Mill Lane",
    "address_line_2": "",
    "town": "Leeds",
    "postcode": "ls14ap",
    "sic_code": "10710",
    "employees": "12",
    "turnover": "£250,000.00",
    "balance_sheet": "90000",
    "contact_name": "Ann Hill",
    "contact_email": "ann@Acme.example",
    "contact_phone": "'+44 113 234 5678",
    "subsidy_received": "1000.50",
    "subsidy_checked_on": "31/03/2026",
    "group": "Hill family",
    "language": "CY",
    "legal_form": "",
}
COMPANY = {
    "CompanyName": "! LTD",
    " CompanyNumber": "08209948",
    "RegAddress.POBox": "12",
    "RegAddress.AddressLine1": "57 PEPPER   ROAD",
    " RegAddress.AddressLine2": "HUNSLET",
    "RegAddress.PostTown": "LEEDS",
    "RegAddress.PostCode": "LS10 2RU",
    "CompanyCategory": "Private Limited Company",
    "CompanyStatus": "Active",
    "SICCode.SicText_1": "62020 - Information technology consultancy activities",
    "SICCode.SicText_2": "7499 - Non-trading company",
    "SICCode.SicText_3": "None Supplied",
    "URI": "http://business.data.gov.uk/id/company/08209948",
}


def plain(**changes: str) -> dict[str, str]:
    """Acme with some cells changed and, so that no two rows share a number, without a VAT number."""
    return {**ACME, "vat_number": "", **changes}


def file_of(*rows: dict[str, str]) -> bytes:
    return csv_files.write_table(list(rows[0]), [list(row.values()) for row in rows])


def told(parsed: ParsedBusinesses) -> list[tuple[int, str]]:
    return [(fault.row, fault.column) for fault in parsed.faults]


def only_message(parsed: ParsedBusinesses) -> str:
    [fault] = parsed.faults
    return fault.message


def test_a_plain_row_is_read_into_typed_values() -> None:
    parsed = parse(file_of(ACME))
    [row] = parsed.rows
    assert (parsed.layout, parsed.faults, row.row) == (Layout.PLAIN, [], 2)
    assert row.identifiers == ((IdentifierKind.COMPANY_NUMBER, "01234567"), (IdentifierKind.VAT_NUMBER, "GB831495816"))
    assert (row.name, row.postcode, row.sic_code, row.employees) == ("Acme Bakery Ltd", "LS1 4AP", "10710", 12)
    assert (row.turnover, row.balance_sheet, row.subsidy_received) == (25_000_000, 9_000_000, 100_050)
    assert (row.contact_email, row.contact_phone) == ("ann@acme.example", "+441132345678")
    assert row.subsidy_checked_on == date(2026, 3, 31)
    assert (row.group, row.language, row.legal_form) == ("Hill family", Language.WELSH, LegalForm.COMPANY)


def test_only_what_is_required_needs_a_column() -> None:
    columns = ("name", "company_number", "postcode", "contact_name", "contact_email")
    [row] = parse(file_of({column: ACME[column] for column in columns})).rows
    assert (row.language, row.legal_form) == (Language.ENGLISH, LegalForm.COMPANY)
    assert (row.turnover, row.subsidy_checked_on, row.sic_codes, row.address_line_1) == (None, None, (), "")


def test_twelve_faults_in_one_file_are_all_told_in_one_pass() -> None:
    seeded = [
        (plain(company_number="00000001", name=""), "name"),
        (plain(company_number="XX000002"), "company_number"),
        (plain(company_number="00000003", vat_number="GB831495817"), "vat_number"),
        (plain(company_number="00000004", utr="2955839661"), "utr"),
        (plain(company_number="00000005", postcode="LS1"), "postcode"),
        (plain(company_number="00000006", sic_code="IT"), "sic_code"),
        (plain(company_number="00000007", employees="2.5"), "employees"),
        (plain(company_number="00000008", turnover="a lot"), "turnover"),
        (plain(company_number="00000009", contact_email="ann at acme"), "contact_email"),
        (plain(company_number="00000010", subsidy_checked_on="31/02/2026"), "subsidy_checked_on"),
        (plain(company_number="00000011", language="fr"), "language"),
        (plain(company_number="1"), "company_number"),
    ]
    parsed = parse(file_of(*(row for row, _column in seeded), plain(company_number="00000013")))
    assert told(parsed) == [(row, column) for row, (_cells, column) in enumerate(seeded, start=2)]
    assert [row.row for row in parsed.rows] == [14]


def test_faults_of_one_row_come_in_the_order_of_the_columns_beside_faults_of_the_files_shape() -> None:
    data = file_of(plain(language="fr", employees="x", name=""), plain()) + b"Beta,00000002\r\n"
    in_row_2 = [(2, "name"), (2, "employees"), (2, "language")]
    assert told(parse(data)) == [*in_row_2, (3, "company_number"), (4, "charity_number")]


@pytest.mark.parametrize("column", ["name", "postcode", "contact_name", "contact_email"])
def test_a_required_cell_may_not_be_empty(column: str) -> None:
    parsed = parse(file_of(plain(**{column: " "})))
    assert told(parsed) == [(2, column)]
    assert parsed.rows == []


@pytest.mark.parametrize(
    ("column", "value", "why"),
    [
        ("turnover", "-1", "zero or more"),
        ("balance_sheet", "1.5", "like 1234.50"),
        ("subsidy_received", "none", "pounds and pence"),
        ("contact_phone", "1132345678", "with its first 0"),
        ("charity_number", "123", "6 or 7 digits"),
        ("legal_form", "club", "company, charity, sole trader, partnership, other"),
    ],
)
def test_a_bad_cell_says_what_to_enter(column: str, value: str, why: str) -> None:
    parsed = parse(file_of(plain(**{column: value})))
    assert told(parsed) == [(2, column)]
    assert why in only_message(parsed)


def test_a_business_needs_an_identifier() -> None:
    parsed = parse(file_of(plain(company_number="", legal_form="partnership")))
    assert told(parsed) == [(2, "company_number")]
    assert "Only a sole trader may have none" in only_message(parsed)


def test_a_sole_trader_needs_no_identifier() -> None:
    [row] = parse(file_of(plain(company_number="", legal_form="Sole Trader"))).rows
    assert (row.legal_form, row.identifiers) == (LegalForm.SOLE_TRADER, ())


def test_a_sole_trader_with_a_company_number_is_a_fault() -> None:
    parsed = parse(file_of(plain(legal_form="sole trader")))
    assert told(parsed) == [(2, "company_number")]
    assert "A sole trader has no company number" in only_message(parsed)


def test_a_legal_form_is_told_from_a_register_and_never_from_a_tax_number() -> None:
    [row] = parse(file_of(plain(company_number="", charity_number="SC012345"))).rows
    assert row.legal_form is LegalForm.CHARITY
    assert row.identifiers == ((IdentifierKind.CHARITY_NUMBER, "GB-SC-SC012345"),)
    for form in ("", "club"):
        assert told(parse(file_of(plain(company_number="", utr="3282497350", legal_form=form)))) == [(2, "legal_form")]


@pytest.mark.parametrize(
    ("column", "one", "other"),
    [
        ("company_number", "1234567", "01234567"),
        ("charity_number", "100012", "NIC100012"),
        ("vat_number", "831495816", "XI831495816"),
        ("utr", "3282497350", "32824 97350"),
    ],
)
def test_one_identifier_in_two_rows_is_a_fault_that_names_both(column: str, one: str, other: str) -> None:
    rows = [plain(**{"company_number": number, column: value}) for number, value in (("1", one), ("2", other))]
    parsed = parse(file_of(*rows))
    assert told(parsed) == [(3, column)]
    assert "is in row 2 and in row 3" in only_message(parsed)


def test_two_branches_of_one_vat_registration_are_not_duplicates() -> None:
    rows = [plain(company_number=number, vat_number=f"83149581600{number}") for number in "12"]
    assert parse(file_of(*rows)).faults == []


def test_a_scottish_charity_and_a_scottish_company_of_one_number_are_not_duplicates() -> None:
    rows = [plain(company_number="SC012345"), plain(company_number="", charity_number="SC012345")]
    assert parse(file_of(*rows)).faults == []


def test_a_column_that_is_not_known_is_a_fault_with_a_guess() -> None:
    parsed = parse(file_of({**ACME, "Sic_Code": "", "colour": ""}))
    assert told(parsed) == [(1, "Sic_Code"), (1, "colour")]
    assert "Did you mean sic_code?" in parsed.faults[0].message
    assert "Delete it" in parsed.faults[1].message


@pytest.mark.parametrize(
    ("data", "missing"),
    [
        (b"name,company_number,post_code\nAcme,1,LS1 4AP\n", "plain layout: postcode, contact_name, contact_email."),
        (b"CompanyName, CompanyNumber\nAcme,1\n", "companies house layout: CompanyCategory, CompanyStatus, "),
        (b"Date,Description\n1/1/2026,Rent\n", "plain layout: name, postcode, contact_name, contact_email."),
    ],
)
def test_a_file_in_neither_layout_gets_one_fault(data: bytes, missing: str) -> None:
    parsed = parse(data)
    assert (parsed.layout, parsed.rows, told(parsed)) == (None, [], [(1, "")])
    assert missing in only_message(parsed)
    assert "voucher template businesses" in only_message(parsed)


def test_a_file_that_cannot_be_read_is_told_and_not_raised() -> None:
    parsed = parse(b"name,town\nCaf\xe9,Leeds\n")
    assert (parsed.layout, told(parsed)) == (None, [(2, "name")])


def test_the_template_has_every_column_and_no_business() -> None:
    assert business_file.template() == (",".join(ACME) + "\r\n").encode()
    parsed = parse(business_file.template())
    assert told(parsed) == [(2, "")]
    assert "no businesses" in only_message(parsed)
    assert told(parse(business_file.template() + b"Acme\r\n")) == [(2, "company_number")]


def test_the_guide_explains_each_column() -> None:
    lines = business_file.template_guide().splitlines()
    assert [line.split(": ")[0] for line in lines] == list(business_file.PLAIN_COLUMNS)


def test_a_companies_house_row_is_read() -> None:
    parsed = parse(file_of(COMPANY))
    [row] = parsed.rows
    assert (parsed.layout, parsed.faults) == (Layout.COMPANIES_HOUSE, [])
    assert (row.name, row.legal_form) == ("! LTD", LegalForm.COMPANY)
    assert row.identifiers == ((IdentifierKind.COMPANY_NUMBER, "08209948"),)
    assert (row.address_line_1, row.address_line_2) == ("PO Box 12", "57 PEPPER ROAD, HUNSLET")
    assert (row.town, row.postcode) == ("LEEDS", "LS10 2RU")
    assert (row.sic_codes, row.sic_code) == (("62020", "7499"), "62020")
    assert (row.contact_name, row.contact_email, row.contact_phone) == (None, None, None)


def test_contact_columns_may_be_added_to_the_companies_house_layout() -> None:
    contact = {"contact_name": "Ann Hill", "contact_email": "ann@acme.example", "contact_phone": "01132345678"}
    [row] = parse(file_of({**COMPANY, **contact})).rows
    assert (row.contact_name, row.contact_email, row.contact_phone) == ("Ann Hill", "ann@acme.example", "+441132345678")
    assert told(parse(file_of({**COMPANY, **contact, "contact_email": "ann"}))) == [(2, "contact_email")]
    assert told(parse(file_of({**COMPANY, "contact_emial": "ann@acme.example"}))) == [(1, "contact_emial")]


@pytest.mark.parametrize(
    ("category", "form"),
    [
        ("Charitable Incorporated Organisation", LegalForm.CHARITY),
        ("Limited Partnership", LegalForm.PARTNERSHIP),
        ("Limited Liability Partnership", LegalForm.COMPANY),
    ],
)
def test_the_category_of_a_company_gives_its_legal_form(category: str, form: LegalForm) -> None:
    assert [row.legal_form for row in parse(file_of({**COMPANY, "CompanyCategory": category})).rows] == [form]


@pytest.mark.rule(48)
@pytest.mark.parametrize("status", ["Liquidation", "Active - Proposal to Strike off"])
def test_a_company_that_is_not_active_is_a_fault(status: str) -> None:
    parsed = parse(file_of({**COMPANY, "CompanyStatus": status}))
    assert (told(parsed), parsed.rows) == ([(2, "CompanyStatus")], [])
    assert f'Only active companies can be imported, and the status of this one is "{status}"' in only_message(parsed)


@pytest.mark.rule(48)
def test_without_the_check_a_company_in_liquidation_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(business_file, "_active_status", str)
    assert parse(file_of({**COMPANY, "CompanyStatus": "Liquidation"})).rows


def test_faults_of_a_companies_house_file_carry_its_own_column_names() -> None:
    empty = {"CompanyName": "", " CompanyNumber": "", "CompanyStatus": ""}
    bad = {**empty, "RegAddress.PostCode": "75001", "SICCode.SicText_1": "IT"}
    parsed = parse(file_of(COMPANY, COMPANY, {**COMPANY, **bad}))
    assert told(parsed) == [(3, "CompanyNumber"), *((4, column.strip()) for column in COMPANY if column in bad)]


def test_the_sample_of_companies_house_is_read_whole() -> None:
    files = sorted(SAMPLES.glob("*.csv"))
    if not files:
        pytest.skip("the Companies House sample is not there (expected beside the project, in shared/samples)")
    for path in files:
        parsed = parse(path.read_bytes())
        assert (parsed.layout, parsed.faults) == (Layout.COMPANIES_HOUSE, [])
        assert len(parsed.rows) == 4
        assert [row.identifiers[0][1] for row in parsed.rows] == ["12778855", "08209948", "11399177", "07687209"]
        assert [row.sic_code for row in parsed.rows] == ["78300", "99999", "47710", "70229"]
