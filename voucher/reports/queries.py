"""Finding statements."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from voucher.platform.db import session
from voucher.platform.errors import NotFound
from voucher.reports.models import Statement
from voucher.reports.rules import FROZEN
from voucher.schemes.models import Scheme

SIGNED = [str(state) for state in FROZEN]


def statement_by_reference(scheme: Scheme, reference: str, *, lock: bool = False) -> Statement:
    """The scheme's statement with this number; raises NotFound."""
    query = select(Statement).where(Statement.scheme_id == scheme.id, Statement.reference == reference.strip().upper())
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    found = session.scalar(query)
    if found is None:
        raise NotFound("no_statement", f"Scheme {scheme.reference} has no statement {reference}.", "statement")
    return found


def last_signed(agreement_id: int) -> Statement | None:
    """The agreement's newest signed statement."""
    return session.scalar(
        select(Statement)
        .where(Statement.agreement_id == agreement_id, Statement.state.in_(SIGNED))
        .order_by(Statement.sequence.desc())
        .limit(1)
    )


def statements_of(scheme_id: int) -> Sequence[Statement]:
    """Every statement of the scheme, oldest first."""
    return session.scalars(
        select(Statement).where(Statement.scheme_id == scheme_id).order_by(Statement.agreement_id, Statement.sequence)
    ).all()
