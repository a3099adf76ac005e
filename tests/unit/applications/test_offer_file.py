"""Offers in a file: what is read, what is left alone, and what is told by row and column."""

from __future__ import annotations

from datetime import date

from voucher.applications import offer_file
from voucher.applications.offer_file import Confirmation, parse
from voucher.organisations import business_file
from voucher.organisations.identifiers import IdentifierKind
from voucher.platform.errors import Fault

HOUSE_HEADER = (
    "CompanyName,CompanyNumber,RegAddress.CareOf,RegAddress.POBox,RegAddress.AddressLine1,RegAddress.AddressLine2,"
    "RegAddress.PostTown,RegAddress.County,RegAddress.Country,RegAddress.PostCode,CompanyCategory,CompanyStatus,"
    "CountryOfOrigin,DissolutionDate,IncorporationDate,Accounts.AccountRefDay,Accounts.AccountRefMonth,"
    "Accounts.NextDueDate,Accounts.LastMadeUpDate,Accounts.AccountCategory,Returns.NextDueDate,Returns.LastMadeUpDate,"
    "Mortgages.NumMortCharges,Mortgages.NumMortOutstanding,Mortgages.NumMortPartSatisfied,Mortgages.NumMortSatisfied,"
    "SICCode.SicText_1,SICCode.SicText_2,SICCode.SicText_3,SICCode.SicText_4,LimitedPartnerships.NumGenPartners,"
    "LimitedPartnerships.NumLimPartners,URI,PreviousName_1.CONDATE,PreviousName_1.CompanyName,ConfStmtNextDueDate,"
    "ConfStmtLastMadeUpDate"
)


def parsed(*lines: str) -> offer_file.ParsedOffers:
    return parse("\n".join(lines).encode())


def test_a_business_is_named_by_its_reference_or_by_a_number() -> None:
    found = parsed("business_reference,vat_number", "org-p-7k3m-9q2x,", ",831 4958 16")
    assert found.faults == []
    assert [row.business_reference for row in found.rows] == ["ORG-P-7K3M-9Q2X", None]
    assert [row.identifiers for row in found.rows] == [(), ((IdentifierKind.VAT_NUMBER, "GB831495816"),)]
    assert [row.named_in for row in found.rows] == ["business_reference", "vat_number"]


def test_the_file_that_was_imported_can_be_offered_from() -> None:
    row = ["Otley Bakery", "9000002", "", "", "", "1 Mill Lane", "", "Otley", "LS21 1AA", "10710", "8", "", ""]
    row += ["Ann", "ann@example.org", "", "1200.00", "01/04/2026", "", "en", "company"]
    found = parsed(",".join(business_file.PLAIN_COLUMNS), ",".join(row))
    assert found.faults == []
    assert (found.rows[0].identifiers, found.rows[0].contact_email) == (
        ((IdentifierKind.COMPANY_NUMBER, "09000002"),),
        "ann@example.org",
    )
    assert found.rows[0].confirmation is None


def test_the_file_of_companies_house_can_be_offered_from() -> None:
    cells = ["OTLEY BAKERY LTD", "09000002", *[""] * 35]
    found = parsed(HOUSE_HEADER, ",".join(cells))
    assert found.faults == []
    assert found.rows[0].named_in == "CompanyNumber"
    assert found.rows[0].identifiers == ((IdentifierKind.COMPANY_NUMBER, "09000002"),)


def test_a_whole_confirmation_is_read() -> None:
    found = parsed(
        "company_number,confirmed_on,terms_version,subsidy_received,confirmation_document",
        '09000002,07/04/2026,2026-1,"1,200.00",scans/otley.pdf',
    )
    assert found.faults == []
    assert found.rows[0].confirmation == Confirmation(date(2026, 4, 7), "2026-1", 120_000, "scans/otley.pdf")
    assert found.documents == ["scans/otley.pdf"]


def test_each_missing_part_of_half_a_confirmation_is_told() -> None:
    found = parsed(
        "company_number,confirmed_on,terms_version,subsidy_received,confirmation_document",
        "09000002,07/04/2026,,,",
        "09000003,,,0,",
    )
    assert [(fault.row, fault.column) for fault in found.faults] == [
        (2, "terms_version"),
        (2, "subsidy_received"),
        (2, "confirmation_document"),
    ]
    assert [row.row for row in found.rows] == [3]


def test_every_fault_is_told_in_one_pass() -> None:
    found = parsed(
        "company_number,contact_email,confirmed_on,terms_version,subsidy_received,confirmation_document",
        "XX,ann@example.org,,,,",
        "09000002,ann.example.org,,,,",
        "09000003,,31/02/2026,2026-1,12.5,a.pdf",
        ",,,,,",
        ",ann@example.org,,,,",
    )
    assert [(fault.row, fault.column) for fault in found.faults] == [
        (2, "company_number"),
        (3, "contact_email"),
        (4, "confirmed_on"),
        (4, "subsidy_received"),
        (6, "business_reference"),
    ]


def test_a_misspelt_column_is_told_with_the_right_one() -> None:
    found = parsed("company_number,confirmed", "09000002,")
    assert found.faults == [Fault(1, "confirmed", "There is no column of this name. Did you mean confirmed_on?")]
    found = parsed(f"{HOUSE_HEADER},contact_emial", ",".join(["X", "09000002", *[""] * 36]))
    assert found.faults == [Fault(1, "contact_emial", "There is no column of this name. Did you mean contact_email?")]


def test_a_file_that_names_no_businesses_is_told_once() -> None:
    found = parsed("name,postcode", "Ann's Baking,LS21 1AA")
    assert [(fault.row, fault.column) for fault in found.faults] == [(1, "")]


def test_a_file_without_rows_and_a_file_in_another_encoding_are_refused() -> None:
    assert [fault.row for fault in parsed("company_number").faults] == [2]
    assert [fault.row for fault in parse("company_number,name\n09000002,Caffè".encode("cp1252")).faults] == [2]


def test_the_template_is_an_offers_file_without_rows() -> None:
    assert [fault.row for fault in parse(offer_file.template()).faults] == [2]
    guide = offer_file.template_guide().splitlines()
    assert [line.partition(":")[0] for line in guide] == list(offer_file.OFFER_COLUMNS)
