"""Finding many parties at once, by what a file says of them; the numbers are normalised already."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select

from voucher.organisations.identifiers import IdentifierKind
from voucher.organisations.models import Identifier, Organisation
from voucher.platform.db import session

Number = tuple[IdentifierKind, str]

# As many values as one statement may ask for on every engine.
_AT_ONCE = 500
_VAT_COUNTRIES = ("GB", "XI")


def same_number(number: Number) -> tuple[str, str]:
    """The key under which a number is one number: a VAT number under XI is the one under GB."""
    kind, value = number
    return str(kind), value[2:] if kind is IdentifierKind.VAT_NUMBER else value


def bearers_of(numbers: Iterable[Number]) -> dict[tuple[str, str], Organisation]:
    """The parties that bear any of these numbers, by ``same_number``."""
    wanted = sorted({value for number in numbers for value in spellings(number)})
    found: dict[tuple[str, str], Organisation] = {}
    for start in range(0, len(wanted), _AT_ONCE):
        rows = session.execute(
            select(Identifier.kind, Identifier.value, Organisation)
            .join(Organisation, Organisation.id == Identifier.organisation_id)
            .where(Identifier.value.in_(wanted[start : start + _AT_ONCE]))
        )
        found |= {same_number((IdentifierKind(kind), value)): bearer for kind, value, bearer in rows}
    return found


def sole_trader_at(name: str, postcode: str) -> Organisation | None:
    """The sole trader without any number who is known under this name at this postcode, if any."""
    return session.scalar(
        select(Organisation)
        .where(
            Organisation.name == name,
            Organisation.postcode == postcode,
            Organisation.legal_form == "sole trader",
            ~Organisation.identifiers.any(),
        )
        .order_by(Organisation.id)
        .limit(1)
    )


def spellings(number: Number) -> tuple[str, ...]:
    """The values under which the number may be on file."""
    kind, value = number
    if kind is IdentifierKind.VAT_NUMBER:
        return tuple(f"{country}{value[2:]}" for country in _VAT_COUNTRIES)
    return (value,)
