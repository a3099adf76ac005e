"""What a statement said each time it was prepared, and which of it somebody has read."""

from __future__ import annotations

from sqlalchemy import func, select

from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.platform.db import session
from voucher.platform.errors import Conflict, DomainError
from voucher.platform.i18n import gettext_noop as _
from voucher.reports.models import Statement, StatementLook, StatementVersion
from voucher.reports.rules import FROZEN


def keep_version(act: Act, statement: Statement) -> None:
    """Keeps the figures as they were prepared now; whoever prepared them has read them."""
    session.flush()
    before = session.scalar(
        select(func.max(StatementVersion.number)).where(StatementVersion.statement_id == statement.id)
    )
    session.add(
        StatementVersion(
            statement_id=statement.id,
            number=(before or 0) + 1,
            data=statement.data,
            data_hash=statement.data_hash,
            prepared_by=statement.prepared_by,
            prepared_at=statement.prepared_at,
        )
    )
    note_look(act, statement)


def note_look(act: Act, statement: Statement) -> None:
    """Notes that the actor has read the figures as they are; once for each version."""
    session.flush()
    version = session.scalars(
        select(StatementVersion)
        .where(StatementVersion.statement_id == statement.id)
        .order_by(StatementVersion.number.desc())
        .limit(1)
    ).one()
    known = session.scalar(
        select(StatementLook.id).where(StatementLook.version_id == version.id, StatementLook.person_id == act.person_id)
    )
    if known is None:
        session.add(StatementLook(version_id=version.id, person_id=act.person_id, at=act.now))


def mark_read(act: Act, statement: Statement, *, seen: str) -> None:
    """Somebody who signs off says to have read the figures, so that later changes are shown against them.

    Raises Conflict when they were prepared again since, and DomainError once the statement is signed.
    """
    may = (Permission.STATEMENTS_PREPARE, Permission.STATEMENTS_REVIEW, Permission.STATEMENTS_SIGN)
    if not any(act.actor.may(each, scheme_id=statement.scheme_id) for each in may):
        act.require(Permission.STATEMENTS_SIGN, scheme_id=statement.scheme_id)
    if statement.state in FROZEN:
        raise DomainError("signed", _("This statement is signed: nothing of it changes any more."))
    check_seen(statement, seen)
    note_look(act, statement)


def check_seen(statement: Statement, seen: str | None) -> None:
    """Raises Conflict when the statement was prepared again after somebody read the figures with that hash."""
    if seen is not None and seen != statement.data_hash:
        raise Conflict(
            "figures_changed", _("The statement was prepared again after you opened the page. Read the new figures.")
        )
