"""Finding parties."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import or_, select

from voucher.organisations.identifiers import IdentifierKind
from voucher.organisations.matching import spellings
from voucher.organisations.models import Identifier, Organisation
from voucher.platform.db import session
from voucher.platform.errors import NotFound
from voucher.platform.i18n import said


def organisation_by_reference(reference: str) -> Organisation:
    """The party with this reference; raises NotFound."""
    found = session.scalar(select(Organisation).where(Organisation.reference == reference.strip().upper()))
    if found is None:
        raise NotFound(
            "no_organisation",
            said("No organisation has the reference %(reference)s.", reference=reference),
            "organisation",
        )
    return found


def organisation_by_identifier(kind: str, value: str) -> Organisation | None:
    """The party that bears this official number, if any; a VAT number under XI is the one under GB."""
    return session.scalar(
        select(Organisation)
        .join(Identifier)
        .where(Identifier.kind == str(kind), Identifier.value.in_(spellings((IdentifierKind(kind), value))))
        .order_by(Organisation.id)
        .limit(1)
    )


def organisations_named(name: str) -> Sequence[Organisation]:
    """Parties with exactly this name or reference."""
    return session.scalars(
        select(Organisation)
        .where(or_(Organisation.name == name, Organisation.reference == name.upper()))
        .order_by(Organisation.id)
    ).all()
