"""Offers in a CSV file: which businesses, their contacts and, once they have answered on paper, their confirmations.

Pure. The very file from which businesses were imported can be offered from: what only describes them is left alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches

from voucher.organisations import identifiers
from voucher.organisations.business_file import PLAIN_COLUMNS
from voucher.organisations.identifiers import CHECKS, IdentifierKind
from voucher.platform import csv as csv_files
from voucher.platform.csv import Row
from voucher.platform.errors import Fault
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.i18n import said, together

_GUIDE = {
    "business_reference": _("The business's reference here, like ORG-P-7K3M-9Q2X. This or one of the next four."),
    "company_number": _("Companies House number. A file of Companies House may call this column CompanyNumber."),
    "charity_number": _("Charity number: 1234567, SC012345 or NIC100012."),
    "vat_number": _("VAT number, like GB831495816."),
    "utr": _("Unique Taxpayer Reference of 10 digits."),
    "contact_name": _("The person who answers the offer. Empty: the business's contact of its import."),
    "contact_email": _("That person's email address."),
    "contact_phone": _("That person's UK telephone number, with its first 0."),
    "confirmed_on": _("Only with a confirmation on paper: its day, 31/03/2026 or 2026-03-31."),
    "terms_version": _("Only with a confirmation on paper: the version of the terms that was accepted."),
    "subsidy_received": _("Only with a confirmation on paper: the assistance that it declares, in pounds; 0 for none."),
    "confirmation_document": _("Only with a confirmation on paper: its file (PDF or picture), beside this file."),
}
OFFER_COLUMNS = tuple(_GUIDE)
_HOUSE_NUMBER = "CompanyNumber"
_NUMBERS = tuple(str(kind) for kind in IdentifierKind)
_NAMING = ("business_reference", *_NUMBERS, _HOUSE_NUMBER, "name")
_CONFIRMATION = ("confirmed_on", "terms_version", "subsidy_received", "confirmation_document")
# A businesses file has a column for assistance too, so that alone is no confirmation.
_ONLY_WITH_A_CONFIRMATION = tuple(column for column in _CONFIRMATION if column != "subsidy_received")
_OURS_BESIDE_COMPANIES_HOUSE = ("contact_name", "contact_email", "contact_phone", *_CONFIRMATION)


@dataclass(frozen=True)
class Confirmation:
    """What a business confirmed on paper: the day, the terms, pence of assistance received, and the file's name."""

    confirmed_on: date
    terms_version: str
    declared_pence: int
    document: str


@dataclass(frozen=True, kw_only=True)
class OfferRow:
    """One business to be offered a voucher, or whose confirmation came in; its numbers are normalised.

    ``named_in`` is the column that says which business is meant: the first of those that do.
    """

    row: int
    named_in: str
    business_reference: str | None = None
    identifiers: tuple[tuple[IdentifierKind, str], ...] = ()
    name: str | None = None
    postcode: str | None = None
    contact_name: str | None = None
    contact_email: str | None = None
    contact_phone: str | None = None
    confirmation: Confirmation | None = None


@dataclass(frozen=True)
class ParsedOffers:
    """The rows without a fault, and every fault of the file."""

    rows: list[OfferRow]
    faults: list[Fault]

    @property
    def documents(self) -> list[str]:
        """The names of the files that confirmations rest on, in the order of the rows."""
        return [row.confirmation.document for row in self.rows if row.confirmation]


def template() -> bytes:
    """An empty offers file: its header row and nothing else."""
    return csv_files.write_table(OFFER_COLUMNS, [])


def template_guide() -> str:
    """What goes into each column, one line each."""
    return "\n".join(f"{column}: {text}" for column, text in _GUIDE.items())


def parse(data: bytes) -> ParsedOffers:
    """Every offer and every fault of an offers file, in one pass; never raises for what the file holds."""
    table, faults = csv_files.scan_table(data)
    if not table.header:
        return ParsedOffers([], faults)
    faults += _header_faults(table.header)
    if not table.rows and not faults:
        faults.append(Fault(2, "", _("The file has a header and no businesses. Add one row for each.")))
    pairs = [(row, _offer(row)) for row in (Row(number, cells) for number, cells in table.rows)]
    faults += [fault for row, _read in pairs for fault in row.faults]
    places = {column: place for place, column in enumerate(table.header)}
    faults.sort(key=lambda fault: (fault.row, places.get(fault.column, len(places))))
    return ParsedOffers([read for row, read in pairs if not row.faults], faults)


def _header_faults(header: Sequence[str]) -> list[Fault]:
    if not (set(_NAMING) - {"name"}) & set(header):
        message = _(
            "Nothing here says which businesses are meant. Give a column business_reference, company_number, "
            'charity_number, vat_number or utr. Run "voucher template offers" for the right header.'
        )
        return [Fault(1, "", message)]
    from_the_register = _HOUSE_NUMBER in header
    known = {*OFFER_COLUMNS, *PLAIN_COLUMNS, _HOUSE_NUMBER}
    guessed_from = _OURS_BESIDE_COMPANIES_HOUSE if from_the_register else sorted(known)
    faults = []
    for column in header:
        near = get_close_matches(column.lower(), guessed_from, n=1, cutoff=0.75)
        if column in known or (from_the_register and not near):
            continue
        hint = said("Did you mean %(name)s?", name=near[0]) if near else _("Delete it, or use a known name.")
        faults.append(Fault(1, column, together((_("There is no column of this name."), hint))))
    return faults


def _offer(row: Row) -> OfferRow:
    reference = row.text("business_reference")
    numbers = _numbers(row)
    name, postcode = row.text("name"), row.read("postcode", identifiers.postcode)
    if not (reference or numbers or (name and postcode) or row.faults):
        row.fault("business_reference", _("Say which business: enter its reference, or one of its numbers."))
    return OfferRow(
        row=row.number,
        named_in=next((column for column in _NAMING if row.text(column)), "business_reference"),
        business_reference=reference.upper() if reference else None,
        identifiers=numbers,
        name=name,
        postcode=postcode,
        contact_name=row.text("contact_name"),
        contact_email=row.read("contact_email", identifiers.email),
        contact_phone=row.read("contact_phone", identifiers.phone),
        confirmation=_confirmation(row),
    )


def _numbers(row: Row) -> tuple[tuple[IdentifierKind, str], ...]:
    columns = [*((kind, str(kind)) for kind in IdentifierKind), (IdentifierKind.COMPANY_NUMBER, _HOUSE_NUMBER)]
    read = ((kind, row.read(column, CHECKS[kind])) for kind, column in columns)
    return tuple((kind, value) for kind, value in read if value)


def _confirmation(row: Row) -> Confirmation | None:
    if not any(row.text(column) for column in _ONLY_WITH_A_CONFIRMATION):
        return None
    for column in _CONFIRMATION:
        if row.text(column) is None:
            message = _(
                "This is half a confirmation: it needs its day, the terms' version, the assistance received and its "
                "document. Fill this cell in, or empty the others."
            )
            row.fault(column, message)
    confirmed_on = row.read("confirmed_on", csv_files.day)
    declared = row.read("subsidy_received", csv_files.amount)
    if confirmed_on is None or declared is None:
        return None  # The row has a fault by now.
    return Confirmation(
        confirmed_on, row.text("terms_version") or "", declared, row.text("confirmation_document") or ""
    )
