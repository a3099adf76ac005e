"""Businesses in a CSV file, in the product's own layout or in that of Companies House's bulk data, as typed rows.

Nothing here knows the database: the caller says what becomes of a business that is known, and imports all or nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from enum import StrEnum

from voucher.organisations import identifiers
from voucher.organisations.identifiers import CHECKS, IdentifierKind
from voucher.platform import csv as csv_files
from voucher.platform.csv import CellError, Row
from voucher.platform.errors import Fault
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.i18n import said, together

_GUIDE = {
    "name": _("Required. The name of the business, as its register has it."),
    "company_number": _(
        "Companies House number, like 01234567. This or one of the next three; a sole trader has none."
    ),
    "charity_number": _("Charity number: 1234567, SC012345 or NIC100012."),
    "vat_number": _("VAT number, like GB831495816."),
    "utr": _("Unique Taxpayer Reference of 10 digits."),
    "address_line_1": _("First line of the address."),
    "address_line_2": _("Second line of the address."),
    "town": _("Town or city."),
    "postcode": _("Required. Postcode, like LS1 4AP."),
    "sic_code": _("SIC code of the main activity, 5 digits, like 62020. Keep a zero in front."),
    "employees": _("Number of employees, a whole number."),
    "turnover": _("Turnover of the last financial year in pounds, like 250000 or 250000.00."),
    "balance_sheet": _("Balance sheet total of the last financial year in pounds."),
    "contact_name": _("Required. The person who speaks for the business."),
    "contact_email": _("Required. That person's email address."),
    "contact_phone": _("That person's UK telephone number, with its first 0."),
    "subsidy_received": _("Minimal Financial Assistance already received, in pounds, by the whole enterprise."),
    "subsidy_checked_on": _("The day on which that amount was checked: 31/03/2026 or 2026-03-31."),
    "group": _("A name that linked businesses share, so that they count as one enterprise."),
    "language": _("Language of letters: en or cy. Empty means en."),
    "legal_form": _("company, charity, sole trader, partnership or other. Needed without company or charity number."),
}
PLAIN_COLUMNS = tuple(_GUIDE)
_CONTACT_COLUMNS = ("contact_name", "contact_email", "contact_phone")
_PLAIN_REQUIRED = ("name", "postcode", "contact_name", "contact_email")
_HOUSE_COMPANY = ("CompanyName", "CompanyNumber", "CompanyCategory", "CompanyStatus")
_HOUSE_ADDRESS = ("RegAddress.AddressLine1", "RegAddress.PostTown", "RegAddress.PostCode")
_SIC_TEXTS = tuple(f"SICCode.SicText_{number}" for number in range(1, 5))
_HOUSE_REQUIRED = (*_HOUSE_COMPANY, *_HOUSE_ADDRESS, _SIC_TEXTS[0])


class Layout(StrEnum):
    """The two layouts of a businesses file."""

    PLAIN = "plain"
    COMPANIES_HOUSE = "companies house"


class LegalForm(StrEnum):
    """What a business is in law; a sole trader's data are a person's."""

    COMPANY = "company"
    CHARITY = "charity"
    SOLE_TRADER = "sole trader"
    PARTNERSHIP = "partnership"
    OTHER = "other"


class Language(StrEnum):
    """The language of letters to the business (rule 72)."""

    ENGLISH = "en"
    WELSH = "cy"


# A limited liability partnership is a body corporate and counts as a company.
_FORMS_BY_CATEGORY = {
    "charitable incorporated organisation": LegalForm.CHARITY,
    "scottish charitable incorporated organisation": LegalForm.CHARITY,
    "limited partnership": LegalForm.PARTNERSHIP,
}


@dataclass(frozen=True, kw_only=True)
class BusinessRow:
    """One business of the file, with everything normalised: money in pence, and the number of its row."""

    row: int
    name: str
    legal_form: LegalForm
    identifiers: tuple[tuple[IdentifierKind, str], ...]
    address_line_1: str = ""
    address_line_2: str = ""
    town: str = ""
    postcode: str = ""
    sic_codes: tuple[str, ...] = ()
    employees: int | None = None
    turnover: int | None = None
    balance_sheet: int | None = None
    contact_name: str | None = None
    contact_email: str | None = None
    contact_phone: str | None = None
    subsidy_received: int | None = None
    subsidy_checked_on: date | None = None
    group: str | None = None
    language: Language = Language.ENGLISH

    @property
    def sic_code(self) -> str | None:
        """The first of the SIC codes."""
        return self.sic_codes[0] if self.sic_codes else None


@dataclass(frozen=True)
class ParsedBusinesses:
    """The businesses without a fault, and every fault of the file; ``layout`` is None when it is neither of the two."""

    layout: Layout | None
    rows: list[BusinessRow]
    faults: list[Fault]


def template() -> bytes:
    """An empty businesses file in the plain layout: its header row and nothing else."""
    return csv_files.write_table(PLAIN_COLUMNS, [])


def template_guide() -> str:
    """What goes into each column of the plain layout, one line each."""
    return "\n".join(f"{column}: {text}" for column, text in _GUIDE.items())


def parse(data: bytes) -> ParsedBusinesses:
    """Every business and every fault of a businesses file, in one pass; never raises for what the file holds.

    A file with any fault is meant to be refused as a whole; ``rows`` are then for showing what was understood.
    """
    table, faults = csv_files.scan_table(data)
    if not table.header:
        return ParsedBusinesses(None, [], faults)
    layout = _layout_of(table.header)
    if layout is None:
        return ParsedBusinesses(None, [], [*faults, _unknown_layout(table.header)])
    faults += _misspelt_columns(layout, table.header)
    if not table.rows and not faults:
        faults.append(Fault(2, "", _("The file has a header and no businesses. Add one row for each.")))
    read = _plain_business if layout is Layout.PLAIN else _registered_company
    pairs = [(row, read(row)) for row in (Row(number, cells) for number, cells in table.rows)]
    _fault_duplicates(layout, pairs)
    faults += [fault for row, _business in pairs for fault in row.faults]
    places = {column: place for place, column in enumerate(table.header)}
    faults.sort(key=lambda fault: (fault.row, places.get(fault.column, len(places))))
    return ParsedBusinesses(layout, [business for row, business in pairs if not row.faults], faults)


def _layout_of(header: Sequence[str]) -> Layout | None:
    if set(_PLAIN_REQUIRED) <= set(header):
        return Layout.PLAIN
    return Layout.COMPANIES_HOUSE if set(_HOUSE_REQUIRED) <= set(header) else None


def _unknown_layout(header: Sequence[str]) -> Fault:
    """The one fault of a file in neither layout, told for the layout whose column names it shares more of."""
    is_house = len(set(header) & set(_HOUSE_REQUIRED)) > len(set(header) & set(PLAIN_COLUMNS))
    required = _HOUSE_REQUIRED if is_house else _PLAIN_REQUIRED
    message = _(
        "This is not a businesses file. It must have the columns of the template or those of the Companies House "
        "company data. Missing for the %(layout)s layout: %(missing)s. "
        'Run "voucher template businesses" for the right header.'
    )
    layout = Layout.COMPANIES_HOUSE if is_house else Layout.PLAIN
    missing = ", ".join(column for column in required if column not in header)
    return Fault(1, "", said(message, layout=layout, missing=missing))


def _misspelt_columns(layout: Layout, header: Sequence[str]) -> list[Fault]:
    """Unknown columns: in the plain layout all, in the other those whose name is almost that of a contact's column."""
    known = PLAIN_COLUMNS if layout is Layout.PLAIN else _CONTACT_COLUMNS
    faults = []
    for column in header:
        near = get_close_matches(column.lower(), known, n=1, cutoff=0.75)
        if column in known or not (near or layout is Layout.PLAIN):
            continue
        hint = said("Did you mean %(name)s?", name=near[0]) if near else _("Delete it, or use a known name.")
        faults.append(Fault(1, column, together((_("There is no column of this name."), hint))))
    return faults


def _plain_business(row: Row) -> BusinessRow:
    sic_code = row.read("sic_code", identifiers.sic_code)
    return BusinessRow(
        row=row.number,
        name=row.require("name", str) or "",
        legal_form=_legal_form(row),
        identifiers=_identifiers(row, {kind: kind.value for kind in IdentifierKind}),
        address_line_1=row.text("address_line_1") or "",
        address_line_2=row.text("address_line_2") or "",
        town=row.text("town") or "",
        postcode=row.require("postcode", identifiers.postcode) or "",
        sic_codes=(sic_code,) if sic_code else (),
        employees=row.read("employees", csv_files.whole_number),
        turnover=row.read("turnover", csv_files.amount),
        balance_sheet=row.read("balance_sheet", csv_files.amount),
        contact_name=row.require("contact_name", str),
        contact_email=row.require("contact_email", identifiers.email),
        contact_phone=row.read("contact_phone", identifiers.phone),
        subsidy_received=row.read("subsidy_received", csv_files.amount),
        subsidy_checked_on=row.read("subsidy_checked_on", csv_files.day),
        group=row.text("group"),
        language=row.read("language", csv_files.choice(Language)) or Language.ENGLISH,
    )


def _identifiers(row: Row, columns: Mapping[IdentifierKind, str]) -> tuple[tuple[IdentifierKind, str], ...]:
    read = ((kind, row.read(column, CHECKS[kind])) for kind, column in columns.items())
    return tuple((kind, value) for kind, value in read if value)


def _legal_form(row: Row) -> LegalForm:
    """The legal form as given, or as a company or charity number shows it, and whether the identifiers go with it."""
    given = row.read("legal_form", csv_files.choice(LegalForm))
    has = {kind for kind in IdentifierKind if row.text(kind.value)}
    if given is LegalForm.SOLE_TRADER and IdentifierKind.COMPANY_NUMBER in has:
        row.fault("company_number", _("A sole trader has no company number. Remove it, or change the legal form."))
    elif given is not LegalForm.SOLE_TRADER and not has:
        message = _("Enter a company number, charity number, VAT number or UTR. Only a sole trader may have none.")
        row.fault("company_number", message)
    if given:
        return given
    if IdentifierKind.COMPANY_NUMBER in has:
        return LegalForm.COMPANY
    if IdentifierKind.CHARITY_NUMBER in has:
        return LegalForm.CHARITY
    if has and row.text("legal_form") is None:
        # A VAT number or UTR may be a person's, and what is published of a person differs: this is never guessed.
        row.fault("legal_form", _("Enter the legal form: it cannot be told from a VAT number or UTR alone."))
    return LegalForm.OTHER


def _registered_company(row: Row) -> BusinessRow:
    row.require("CompanyNumber", str)
    row.require("CompanyStatus", _active_status)
    lines = _registered_address(row)
    return BusinessRow(
        row=row.number,
        name=row.require("CompanyName", str) or "",
        legal_form=_FORMS_BY_CATEGORY.get((row.text("CompanyCategory") or "").lower(), LegalForm.COMPANY),
        identifiers=_identifiers(row, {IdentifierKind.COMPANY_NUMBER: "CompanyNumber"}),
        address_line_1="".join(lines[:1]),
        address_line_2=", ".join(lines[1:]),
        town=row.text("RegAddress.PostTown") or "",
        postcode=row.read("RegAddress.PostCode", identifiers.postcode) or "",
        sic_codes=tuple(code for column in _SIC_TEXTS if (code := row.read(column, _sic_text))),
        contact_name=row.text("contact_name"),
        contact_email=row.read("contact_email", identifiers.email),
        contact_phone=row.read("contact_phone", identifiers.phone),
    )


def _registered_address(row: Row) -> list[str]:
    """What stands before the town, so that none of it is lost."""
    box = row.text("RegAddress.POBox")
    lines = [row.text("RegAddress.CareOf"), f"PO Box {box}" if box else None]
    lines += [row.text("RegAddress.AddressLine1"), row.text("RegAddress.AddressLine2")]
    return [line for line in lines if line]


def _fault_duplicates(layout: Layout, pairs: Sequence[tuple[Row, BusinessRow]]) -> None:
    """A fault at the later of two rows with one identifier. A VAT number under XI is the same one as under GB."""
    first: dict[tuple[IdentifierKind, str], int] = {}
    for row, business in pairs:
        for kind, value in business.identifiers:
            key = (kind, value[2:] if kind is IdentifierKind.VAT_NUMBER else value)
            if (seen := first.setdefault(key, row.number)) != row.number:
                message = _("%(label)s %(value)s is in row %(first)s and in row %(row)s. Keep one of the two rows.")
                column = kind.value if layout is Layout.PLAIN else "CompanyNumber"
                row.fault(column, said(message, label=said(kind.label), value=value, first=seen, row=row.number))


def _active_status(text: str) -> str:
    """Refuses a company that the register does not call active (rule 48)."""
    if text.lower() != "active":
        message = _(
            'Only active companies can be imported, and the status of this one is "%(status)s". Remove the row.'
        )
        raise CellError(said(message, status=text))
    return text


def _sic_text(text: str) -> str | None:
    """The code of a text such as ``62020 - Information technology consultancy activities``."""
    return None if text.lower() == "none supplied" else identifiers.sic_code(text.partition(" - ")[0])
