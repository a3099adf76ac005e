"""Adding parties."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from voucher.audit.commands import record
from voucher.organisations.identifiers import IdentifierKind
from voucher.organisations.models import Enterprise, Identifier, Organisation
from voucher.organisations.queries import organisation_by_identifier
from voucher.platform.act import Act
from voucher.platform.db import session
from voucher.platform.errors import Conflict
from voucher.platform.i18n import said
from voucher.platform.references import new_reference


def add_organisation(
    act: Act,
    *,
    name: str,
    legal_form: str,
    identifiers: Sequence[tuple[IdentifierKind, str]] = (),
    group: str | None = None,
    address: Sequence[str] = ("", "", "", ""),
    sic_code: str | None = None,
    employees: int | None = None,
    turnover_pence: int | None = None,
    balance_sheet_pence: int | None = None,
    language: str = "en",
) -> Organisation:
    """A new party with its normalised identifiers; raises Conflict when another party bears one of them.

    ``address`` is two address lines, town and postcode. ``group`` names the enterprise it forms with others under
    common control; without one it is an enterprise of its own.
    """
    _refuse_taken(identifiers)
    line_1, line_2, town, postcode = address
    organisation = Organisation(
        reference=new_reference("ORG", "P"),
        enterprise=_enterprise(group),
        name=name.strip(),
        legal_form=legal_form,
        address_line_1=line_1,
        address_line_2=line_2,
        town=town,
        postcode=postcode,
        sic_code=sic_code,
        employees=employees,
        turnover_pence=turnover_pence,
        balance_sheet_pence=balance_sheet_pence,
        language=language,
        created_at=act.now,
        identifiers=[Identifier(kind=str(kind), value=value) for kind, value in identifiers],
    )
    session.add(organisation)
    session.flush()
    record(act.actor, "organisation.added", organisation, at=act.now)
    return organisation


def _refuse_taken(identifiers: Sequence[tuple[IdentifierKind, str]]) -> None:
    for kind, value in identifiers:
        other = organisation_by_identifier(kind, value)
        if other is not None:
            raise Conflict(
                "identifier_taken",
                said(
                    "%(other)s (%(other_2)s) is known by %(value)s already.",
                    other=other.name,
                    other_2=other.reference,
                    value=value,
                ),
                str(kind),
            )


def _enterprise(group: str | None) -> Enterprise:
    if group:
        known = session.scalar(select(Enterprise).where(Enterprise.group_name == group))
        if known is not None:
            return known
    return Enterprise(group_name=group or None)
