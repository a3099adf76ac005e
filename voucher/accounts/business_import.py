"""Taking businesses in from a file, all or nothing, with the person who speaks for each."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import select

from voucher.accounts.commands import contact_person
from voucher.accounts.models import Membership, Person
from voucher.accounts.rules import PROVIDER_ROLES
from voucher.documents.commands import note_import
from voucher.organisations.business_file import BusinessRow, Layout, LegalForm, ParsedBusinesses, parse
from voucher.organisations.commands import add_organisation
from voucher.organisations.matching import bearers_of, same_number, sole_trader_at
from voucher.organisations.models import Organisation
from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.platform.db import session
from voucher.platform.errors import Fault, FileRefused
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.i18n import said
from voucher.platform.turns import Turn, take_turn

WORKS_FOR_A_PROVIDER = _("The person at this address works for a provider. Enter somebody of the business itself.")


class InScheme(Protocol):
    """The scheme for which businesses are taken in; schemes know people, so people cannot know schemes."""

    @property
    def id(self) -> int:
        """Its row."""

    @property
    def reference(self) -> str:
        """Its short name."""


@dataclass(frozen=True)
class BusinessImport:
    """What a file of businesses came to. Contacts are counted over the new ones."""

    rows: int
    new: int
    known: int
    with_contact: int
    without_contact: int


def import_businesses(act: Act, scheme: InScheme, data: bytes, name: str) -> BusinessImport:
    """Adds every business of the file that is not known yet, each with its contact when the row names one.

    A business that is known by one of its numbers is left as it is; so is a sole trader without a number who is known
    by name and postcode. Raises FileRefused with all faults of the file, and Conflict when the same file was taken in
    before; the caller rolls back. For a dry run the edge rolls back too.
    """
    act.require(Permission.OFFERS_DECIDE, scheme_id=scheme.id)
    take_turn(Turn.IMPORT_BUSINESSES)
    parsed = parse(data)
    note_import(
        act,
        kind="businesses",
        scope=scheme.reference,
        sha256=hashlib.sha256(data).hexdigest(),
        name=name,
        rows=len(parsed.rows),
    )
    known, faults = _known_among(parsed)
    new = [row for row in parsed.rows if row.row not in known]
    faults = sorted([*parsed.faults, *faults, *_contact_faults(new)], key=lambda fault: fault.row)
    if faults:
        raise FileRefused(faults)
    with_contact = sum(_add(act, row) for row in new)
    return BusinessImport(len(parsed.rows), len(new), len(known), with_contact, len(new) - with_contact)


def provider_addresses() -> frozenset[str]:
    """The e-mail addresses of everybody who works for a provider at the moment.

    None of them can speak for a business, for they must not reach what only the business may confirm (rule 15).
    """
    return frozenset(
        session.scalars(
            select(Person.email)
            .join(Membership, Membership.person_id == Person.id)
            .where(Membership.role.in_([str(role) for role in PROVIDER_ROLES]), Membership.ended_at.is_(None))
        )
    )


def _known_among(parsed: ParsedBusinesses) -> tuple[dict[int, Organisation], list[Fault]]:
    """The parties that rows of the file speak of, by row, and the rows that speak of two at once."""
    bearers = bearers_of(number for row in parsed.rows for number in row.identifiers)
    known: dict[int, Organisation] = {}
    faults: list[Fault] = []
    unnumbered: dict[tuple[str, str], int] = {}
    for row in parsed.rows:
        if not row.identifiers:
            faults += _repeated(row, unnumbered)
            found = sole_trader_at(row.name, row.postcode) if row.legal_form is LegalForm.SOLE_TRADER else None
        else:
            found, clash = _one_bearer(row, bearers, parsed.layout)
            faults += clash
        if found is not None:
            known[row.row] = found
    return known, faults


def _repeated(row: BusinessRow, unnumbered: dict[tuple[str, str], int]) -> list[Fault]:
    first = unnumbered.setdefault((row.name, row.postcode), row.row)
    if first == row.row:
        return []
    message = _("The same name and postcode without a number are in row %(first)s. Keep one of the two rows.")
    return [Fault(row.row, "name", said(message, first=first))]


def _one_bearer(
    row: BusinessRow, bearers: Mapping[tuple[str, str], Organisation], layout: Layout | None
) -> tuple[Organisation | None, list[Fault]]:
    found: Organisation | None = None
    faults = []
    for kind, value in row.identifiers:
        bearer = bearers.get(same_number((kind, value)))
        if bearer is not None and found is not None and bearer.id != found.id:
            message = _(
                "%(label)s %(value)s belongs to %(other)s (%(other_ref)s), and another number of this row to %(first)s "
                "(%(first_ref)s). Correct the number that is wrong."
            )
            words = said(
                message,
                label=said(kind.label),
                value=value,
                other=bearer.name,
                other_ref=bearer.reference,
                first=found.name,
                first_ref=found.reference,
            )
            faults.append(Fault(row.row, str(kind) if layout is Layout.PLAIN else "CompanyNumber", words))
        found = found or bearer
    return found, faults


def _contact_faults(rows: Sequence[BusinessRow]) -> list[Fault]:
    barred = provider_addresses()
    return [
        Fault(row.row, "contact_email", WORKS_FOR_A_PROVIDER)
        for row in rows
        if row.contact_email and row.contact_email.lower() in barred
    ]


def _add(act: Act, row: BusinessRow) -> bool:
    """Adds one business; gives whether it has a contact."""
    business = add_organisation(
        act,
        name=row.name,
        legal_form=str(row.legal_form),
        identifiers=row.identifiers,
        group=row.group,
        address=(row.address_line_1, row.address_line_2, row.town, row.postcode),
        sic_code=row.sic_code,
        employees=row.employees,
        turnover_pence=row.turnover,
        balance_sheet_pence=row.balance_sheet,
        language=str(row.language),
    )
    if row.contact_email is None:
        return False
    contact_person(
        act,
        name=row.contact_name or row.name,
        email=row.contact_email.lower(),  # People are known by their address in small letters.
        phone=row.contact_phone or "",
        organisation_id=business.id,
    )
    return True
