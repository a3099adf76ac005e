"""Any record by its reference: which kinds there are, who may see them, and how each is found."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, func, or_, select, true

from voucher.applications.models import Application
from voucher.assurance.models import ConcentrationCase, Irregularity
from voucher.funding.models import Agreement, Entry, FundingLine, Posting
from voucher.organisations.models import Identifier, Organisation
from voucher.payments.models import BankLine, Batch, Debt, Payment
from voucher.platform.actor import Actor
from voucher.platform.authz import Permission
from voucher.platform.db import session
from voucher.platform.errors import NotFound
from voucher.platform.i18n import gettext_noop as _
from voucher.providers.models import Provider
from voucher.redemptions.models import Redemption
from voucher.reports.models import Statement
from voucher.vouchers.models import Voucher

MOST = 50
Condition = ColumnElement[bool]


class Kind(NamedTuple):
    """One kind of record: its name in addresses, what people call it, its table, and how a text finds it."""

    name: str
    label: str
    model: Any
    found_by: Callable[[str], Condition]


class Found(NamedTuple):
    """A record that a search found."""

    kind: Kind
    row: Any


def _reference(model: Any) -> Callable[[str], Condition]:
    return lambda text: func.upper(model.reference) == text.upper()


def _claim(text: str) -> Condition:
    return or_(func.upper(Redemption.reference) == text.upper(), Redemption.invoice_number == text)


def _provider(text: str) -> Condition:
    named = select(Organisation.id).where(_organisation(text))
    return Provider.organisation_id.in_(named)


def _organisation(text: str) -> Condition:
    numbered = select(Identifier.organisation_id).where(Identifier.value == text.upper())
    return or_(
        func.upper(Organisation.reference) == text.upper(),
        func.lower(Organisation.name) == text.lower(),
        Organisation.id.in_(numbered),
    )


def _bank_line(text: str) -> Condition:
    return func.upper(BankLine.bank_reference) == text.upper()


KINDS = (
    Kind("voucher", _("Voucher"), Voucher, _reference(Voucher)),
    Kind("claim", _("Claim"), Redemption, _claim),
    Kind("application", _("Application"), Application, _reference(Application)),
    Kind("provider", _("Provider"), Provider, _provider),
    Kind("business", _("Business or other party"), Organisation, _organisation),
    Kind("payment", _("Payment"), Payment, _reference(Payment)),
    Kind("batch", _("Payment batch"), Batch, _reference(Batch)),
    Kind("statement", _("Statement"), Statement, _reference(Statement)),
    Kind("bank-line", _("Bank line"), BankLine, _bank_line),
    Kind("debt", _("Debt"), Debt, _reference(Debt)),
    Kind("agreement", _("Agreement"), Agreement, _reference(Agreement)),
    Kind("irregularity", _("Irregularity"), Irregularity, _reference(Irregularity)),
    Kind("case", _("Case of concentration"), ConcentrationCase, _reference(ConcentrationCase)),
)
BY_NAME = {kind.name: kind for kind in KINDS}
BY_TABLE = {str(kind.model.__tablename__): kind for kind in KINDS}


def search(actor: Actor, text: str) -> list[Found]:
    """Every record with that reference or address that the auditor may see, kind by kind; at most 50 of each."""
    text = text.strip()
    found: list[Found] = []
    for kind in KINDS if text else ():
        model = kind.model
        query = (
            select(model)
            .where(or_(kind.found_by(text), model.public_id == text.lower()))
            .where(visible(actor, model, Permission.AUDIT_EVERYTHING_READ))
        )
        found += [Found(kind, row) for row in session.scalars(query.order_by(model.id).limit(MOST))]
    return found


def record_of(actor: Actor, kind_name: str, address: str, *permissions: Permission) -> Found:
    """The record of that kind with this public id or reference, where the actor holds one of these permissions.

    Raises NotFound for any other, and for one that several schemes have.
    """
    kind = BY_NAME.get(kind_name)
    if kind is None:
        raise NotFound("no_kind", _("There is no such kind of record."))
    for condition in (kind.model.public_id == address, kind.found_by(address)):
        query = select(kind.model).where(condition, visible(actor, kind.model, *permissions))
        rows = session.scalars(query.limit(2)).all()
        if len(rows) == 1:
            return Found(kind, rows[0])
    raise NotFound("no_record", _("There is no such record, or you may not read it."))


def visible(actor: Actor, model: Any, *permissions: Permission) -> Condition:
    """The condition that a record belongs to a scheme in which the actor holds one of the permissions.

    A party belongs to the schemes in which it applied, provides or funds.
    """
    schemes = schemes_of(actor, *permissions)
    if schemes is None:
        return true()
    if model is not Organisation:
        inside: Condition = model.scheme_id.in_(schemes)
        return inside
    parts = (
        (Application.business_id, Application.scheme_id),
        (Provider.organisation_id, Provider.scheme_id),
        (Agreement.funder_id, Agreement.scheme_id),
    )
    return or_(*(Organisation.id.in_(select(party).where(scheme.in_(schemes))) for party, scheme in parts))


def schemes_of(actor: Actor, *permissions: Permission) -> list[int] | None:
    """The schemes in which the actor holds one of the permissions; None where that is all of them."""
    grants = [g for g in actor.grants if g.permission in permissions and g.organisation_id is None]
    if any(grant.scheme_id is None for grant in grants):
        return None
    return [grant.scheme_id for grant in grants if grant.scheme_id is not None]


POSTED = {
    "voucher": Posting.voucher_id,
    "claim": Posting.redemption_id,
    "application": Posting.application_id,
    "payment": Posting.payment_id,
    "debt": Posting.debt_id,
}


def postings_of(found: Found) -> Sequence[tuple[Posting, Entry, FundingLine]]:
    """Every movement of money that names the record, in the order in which it was written down."""
    column = POSTED.get(found.kind.name)
    if column is None:
        return []
    rows = session.execute(
        select(Posting, Entry, FundingLine)
        .join(Entry, Entry.id == Posting.entry_id)
        .join(FundingLine, FundingLine.id == Posting.line_id)
        .where(column == found.row.id)
        .order_by(Posting.id)
    )
    return [(posting, entry, line) for posting, entry, line in rows]
