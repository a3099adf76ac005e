"""What is still open on bank lines: held still, taken once, and written down with what it was found to be (rule 35)."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import bindparam, update
from sqlalchemy.orm.attributes import set_committed_value

from voucher.payments.models import BankLine, BankMatch
from voucher.payments.queries import lock_bank_line
from voucher.payments.rules import MatchKind
from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.platform.db import changed_one, session
from voucher.platform.errors import Conflict, DomainError
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.i18n import said


def open_line(act: Act, line: BankLine, *, out: bool) -> BankLine:
    """The line under lock; raises DomainError when it is explained already or goes the other way."""
    act.require(Permission.BANK_LINES_MATCH, scheme_id=line.scheme_id)
    line = lock_bank_line(line)
    if line.open_pence == 0:
        raise DomainError("line_matched", _("This bank line is explained already."))
    if (line.pence < 0) != out:
        words = _("This bank line is %(way)s: it cannot be that.")
        raise DomainError("direction", said(words, way=said("money out") if line.pence < 0 else said("money in")))
    return line


def take_from_line(line: BankLine, pence: int) -> None:
    """Takes pence out of what is open on the line; raises Conflict when somebody was faster."""
    guarded = (
        update(BankLine)
        .where(BankLine.id == line.id, BankLine.open_pence >= pence)
        .values(open_pence=BankLine.open_pence - pence)
    )
    if not changed_one(session.execute(guarded, execution_options={"synchronize_session": False})):
        raise Conflict("line_matched", _("This bank line was explained by somebody else in the meantime."))
    session.refresh(line)


def take_from_lines(parts: Mapping[BankLine, int]) -> None:
    """The same for many lines in one statement; raises Conflict when one of them has not as much open."""
    table = BankLine.__table__
    guarded = (
        update(BankLine.__table__)  # type: ignore[arg-type]
        .where(table.c.id == bindparam("line_id"), table.c.open_pence >= bindparam("taken"))
        .values(open_pence=table.c.open_pence - bindparam("taken"))
    )
    taken = [{"line_id": line.id, "taken": parts[line]} for line in sorted(parts, key=lambda each: each.id)]
    if session.connection().execute(guarded, taken).rowcount != len(taken):
        raise Conflict("line_matched", _("A bank line was explained by somebody else in the meantime."))
    for line, pence in parts.items():
        set_committed_value(line, "open_pence", line.open_pence - pence)


def note_match(
    act: Act,
    line: BankLine,
    kind: MatchKind,
    pence: int,
    *,
    payment_id: int | None = None,
    drawdown_id: int | None = None,
    debt_id: int | None = None,
    admin_cost_id: int | None = None,
    line_id: int | None = None,
    reason: str = "",
) -> None:
    """Writes down what (part of) a line was found to be."""
    session.add(
        BankMatch(
            scheme_id=line.scheme_id,
            bank_line_id=line.id,
            kind=str(kind),
            pence=pence,
            payment_id=payment_id,
            drawdown_id=drawdown_id,
            debt_id=debt_id,
            admin_cost_id=admin_cost_id,
            line_id=line_id,
            by_id=act.person_id,
            at=act.now,
            reason=reason,
        )
    )
    session.flush()
