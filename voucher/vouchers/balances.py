"""What remains on a voucher: held by sessions, let go again, released to the lines that it came from (rules 12, 18)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import cache

from sqlalchemy import ColumnElement, bindparam, update
from sqlalchemy.orm.attributes import set_committed_value
from sqlalchemy.sql.dml import ReturningUpdate

from voucher.audit.commands import change_state, record
from voucher.funding.ledger import About, moves, post
from voucher.funding.queries import split_over, standing_of_voucher
from voucher.funding.rules import Account, EntryKind
from voucher.platform.act import Act
from voucher.platform.db import session
from voucher.platform.errors import Conflict
from voucher.platform.i18n import gettext_noop as _
from voucher.vouchers.models import Voucher
from voucher.vouchers.rules import TRANSITIONS, ReleaseReason, VoucherState

S = VoucherState


def post_release(act: Act, voucher: Voucher, kind: EntryKind, pence: int, day: date) -> None:
    """Moves committed pence of a voucher back to the lines that they came from, as due on a day (rule 12)."""
    parts = split_over(pence, standing_of_voucher(voucher.id, Account.COMMITTED))
    record_release(act, voucher, kind, pence, day)
    post(
        act,
        kind,
        voucher.scheme_id,
        moves(parts, Account.COMMITTED, Account.UNALLOCATED, About(voucher_id=voucher.id)),
        reason=f"voucher {voucher.reference} {kind}",
        happened_on=day,
    )


def record_release(act: Act, voucher: Voucher, kind: EntryKind, pence: int, day: date) -> None:
    """Writes down beside the ledger that pence went back to the lines, why, and on which day it fell due."""
    record(
        act.actor,
        "voucher.money_released",
        voucher,
        at=act.now,
        reason=str(kind),
        pence=pence,
        details={"on": day.isoformat()},
    )


def later_release(voucher: Voucher) -> EntryKind:
    """The kind of a release that follows a voucher's end: after expiry, or after cancellation."""
    expired = voucher.release_reason == ReleaseReason.EXPIRED
    return EntryKind.RELEASED_LATER_EXPIRED if expired else EntryKind.RELEASED_LATER_CANCELLED


def hold(voucher: Voucher, pence: int) -> None:
    """Takes pence out of what remains; raises Conflict when less is left, whoever was faster (rule 18)."""
    if not _remains(voucher, _holding(), pence):
        raise Conflict("nothing_left", _("Less is left on this voucher than it was a moment ago. Look it up again."))


@cache
def _holding() -> ReturningUpdate[int]:
    change = bindparam("change", type_=Voucher.remaining_pence.type)
    return _changed_by(-change).where(Voucher.remaining_pence >= change)


@cache
def _adding() -> ReturningUpdate[int]:
    return _changed_by(bindparam("change", type_=Voucher.remaining_pence.type)).where(Voucher.released_on.is_(None))


def _changed_by(pence: ColumnElement[int]) -> ReturningUpdate[int]:
    return (
        update(Voucher)
        .where(Voucher.id == bindparam("voucher_id"))
        .values(remaining_pence=Voucher.remaining_pence + pence)
        .returning(Voucher.remaining_pence)
        .execution_options(synchronize_session=False)
    )


def let_go(act: Act, voucher: Voucher, pence: int) -> None:
    """Gives what a session held back to what remains, or to the lines once the voucher's money was released."""
    if not pence:
        return
    if voucher.released_on is None:
        add_remaining(voucher, pence)
        return
    post_release(act, voucher, later_release(voucher), pence, act.today)


def add_remaining(voucher: Voucher, pence: int) -> None:
    """Adds to what remains on a voucher that is not released."""
    _remains(voucher, _adding(), pence)


def _remains(voucher: Voucher, guarded: ReturningUpdate[int], pence: int) -> bool:
    """Changes what remains, which the database says as it changes it; whether the guard let it."""
    left = session.scalar(guarded, {"voucher_id": voucher.id, "change": pence})
    if left is not None:
        set_committed_value(voucher, "remaining_pence", left)
    return left is not None


def settle_state(act: Act, voucher: Voucher, held_on: Callable[[int], int]) -> None:
    """Makes a voucher with nothing left *spent*, and a spent one with something left *issued* again.

    ``held_on`` says how many pence sessions hold on the voucher of this number; it is asked when nothing else remains.
    """
    empty = voucher.remaining_pence == 0 and held_on(voucher.id) == 0
    if empty and voucher.state == S.ISSUED:
        change_state(act.actor, "voucher.spent", voucher, S.SPENT, TRANSITIONS, at=act.now)
    elif not empty and voucher.state == S.SPENT:
        change_state(act.actor, "voucher.came_back", voucher, S.ISSUED, TRANSITIONS, at=act.now)
