"""Which business each row of an offers file speaks of, asked of the database once for the whole file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from sqlalchemy import select

from voucher.applications.offer_file import OfferRow
from voucher.organisations.matching import bearers_of, same_number, sole_trader_at
from voucher.organisations.models import Organisation
from voucher.platform.db import session
from voucher.platform.errors import Fault
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.i18n import said

# As many values as one statement may ask for on every engine.
_AT_ONCE = 500


def businesses_of(rows: Sequence[OfferRow]) -> tuple[dict[int, Organisation], list[Fault]]:
    """The business of each row by the row's number, and a fault for each row without exactly one of its own."""
    by_number = bearers_of(number for row in rows for number in row.identifiers)
    by_reference = _by_reference([row.business_reference for row in rows if row.business_reference])
    found: dict[int, Organisation] = {}
    first_row: dict[int, int] = {}
    faults = []
    for row in rows:
        known = {business.id: business for business in _meant(row, by_reference, by_number) if business is not None}
        message = _why_not_one(row, list(known.values()), by_reference)
        if message is None:
            business = next(iter(known.values()))
            first = first_row.setdefault(business.id, row.row)
            found[row.row] = business
            message = None if first == row.row else _twice(business, first)
        if message is not None:
            faults.append(Fault(row.row, row.named_in, message))
    return found, faults


def _by_reference(references: Sequence[str]) -> dict[str, Organisation]:
    found: dict[str, Organisation] = {}
    for start in range(0, len(references), _AT_ONCE):
        chunk = references[start : start + _AT_ONCE]
        rows = session.scalars(select(Organisation).where(Organisation.reference.in_(chunk)))
        found |= {business.reference: business for business in rows}
    return found


def _meant(
    row: OfferRow, by_reference: Mapping[str, Organisation], by_number: Mapping[tuple[str, str], Organisation]
) -> Iterator[Organisation | None]:
    if row.business_reference:
        yield by_reference.get(row.business_reference)
    for number in row.identifiers:
        yield by_number.get(same_number(number))
    if not row.business_reference and not row.identifiers and row.name and row.postcode:
        yield sole_trader_at(row.name, row.postcode)


def _why_not_one(row: OfferRow, known: Sequence[Organisation], by_reference: Mapping[str, Organisation]) -> str | None:
    if len(known) > 1:
        names = _(" and ").join(f"{business.name} ({business.reference})" for business in known)
        return said("This row speaks of %(names)s. Correct the number that is wrong.", names=names)
    # A reference that nobody has is a mistake, even where a number of the same row is known.
    if not known or (row.business_reference and row.business_reference not in by_reference):
        numbers = ", ".join(value for _kind, value in row.identifiers)
        name = row.business_reference or numbers or row.name
        return said("No business is known here as %(name)s. Correct it, or import the business first.", name=name)
    return None


def _twice(business: Organisation, first: int) -> str:
    message = _("%(name)s (%(reference)s) is in row %(first)s already. Keep one of the two rows.")
    return said(message, name=business.name, reference=business.reference, first=first)
