"""A statement in the place of a signed one, for the same period: what it says otherwise, and why (rule 55)."""

from __future__ import annotations

from voucher.funding.models import Agreement
from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.platform.db import session
from voucher.platform.errors import Conflict, DomainError
from voucher.platform.i18n import gettext_noop as _
from voucher.reports.commands import LedgerTie, Replaced, prepare_statement
from voucher.reports.ledger_side import Period
from voucher.reports.models import Statement
from voucher.reports.queries import last_signed, open_statement
from voucher.reports.rules import FROZEN


def why_not_replace(statement: Statement) -> str | None:
    """Why no other statement can take the place of this one, or None."""
    if statement.state not in FROZEN:
        return _("It is not signed: return it and prepare it again.")
    newest = last_signed(statement.agreement_id)
    if newest is not None and newest.id != statement.id:
        return _("A later statement of the agreement is signed: a correction stands in the next one.")
    if open_statement(statement.agreement_id) is not None:
        return _("A statement of the agreement is in hand: sign it or return it first.")
    return None


def supersede_statement(act: Act, statement: Statement, tie: LedgerTie, *, reason: str) -> Statement:
    """Prepares a statement that replaces a signed one, whose figures and file stay as they were signed.

    The figures of its period are read again; its data list each that differs. Money of a signed period is closed: what
    was found about it later counts in the next period and is told apart there. Raises Conflict unless it is the
    agreement's newest signed statement, and DomainError without a reason.
    """
    act.require(Permission.STATEMENTS_PREPARE, scheme_id=statement.scheme_id)
    if not reason.strip():
        raise DomainError("reason_needed", _("Say why the signed statement is replaced."), "reason")
    agreement = session.get_one(Agreement, statement.agreement_id, with_for_update=True, populate_existing=True)
    hindrance = why_not_replace(statement)
    if hindrance:
        raise Conflict("not_replaceable", hindrance)
    period = Period(statement.period_from, statement.period_to)
    return prepare_statement(act, agreement, period, tie, replaces=Replaced(statement, reason.strip()))
