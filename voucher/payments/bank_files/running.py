"""Pure: the balance after each row of a CSV statement, which finds a wrong sign, a lost row or a row too many."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from voucher.payments.bank_files.reading import BankFile, Movement
from voucher.platform.i18n import Number, said, together
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.money import Amount


class CheckedRow(NamedTuple):
    """A row of a statement as it was read: no movement when it has a fault, no balance when its cell is empty."""

    number: int
    movement: Movement | None
    balance: int | None
    account: str


class _Broken(NamedTuple):
    """A row whose balance does not follow from the one before it: by how much, and whether turning it mends that."""

    row: CheckedRow
    stated: int
    expected: int
    turned: bool


def running_balance(
    rows: Sequence[CheckedRow], column: str, file: BankFile
) -> tuple[list[CheckedRow], int | None, int | None]:
    """The rows oldest first, with the balance before the first and after the last; what does not follow is a fault."""
    ordered = list(reversed(rows)) if _newest_first(rows) else list(rows)
    broken, first, last = _breaks(ordered), _before(ordered), _after(ordered)
    if first is None or last is None:
        file.fault(0, column, _("No row has a balance. Name the column that has them, or none and give the balances."))
    if len(broken) > 2 and all(each.turned for each in broken):
        _every_sign(broken, ordered, column, file)
    else:
        _each(broken, column, file)
    return ordered, first, last


def _newest_first(rows: Sequence[CheckedRow]) -> bool:
    """Whether the file begins with its newest row; where all are of one day, the way in which the balances follow."""
    days = [row.movement.booked_on for row in rows if row.movement]
    if days and days[0] != days[-1]:
        return days[0] > days[-1]
    return len(_breaks(list(reversed(rows)))) < len(_breaks(rows))


def _breaks(rows: Sequence[CheckedRow]) -> list[_Broken]:
    """The rows whose balance does not follow. After one, and after a row with a fault, the stated balance counts."""
    found = []
    known: int | None = None
    since = 0
    for row in rows:
        if row.movement is None:
            known, since = row.balance, 0
            continue
        since += row.movement.pence
        if row.balance is None:
            continue
        if known is not None and known + since != row.balance:
            turned = known + since - 2 * row.movement.pence == row.balance
            found.append(_Broken(row, row.balance, known + since, turned))
        known, since = row.balance, 0
    return found


def _before(rows: Sequence[CheckedRow]) -> int | None:
    """The balance before the first row, worked out from the first that is stated."""
    moved = 0
    for row in rows:
        moved += row.movement.pence if row.movement else 0
        if row.balance is not None:
            return row.balance - moved
    return None


def _after(rows: Sequence[CheckedRow]) -> int | None:
    moved = 0
    for row in reversed(rows):
        if row.balance is not None:
            return row.balance + moved
        moved += row.movement.pence if row.movement else 0
    return None


def _each(broken: Sequence[_Broken], column: str, file: BankFile) -> None:
    for each in broken:
        words = _("The balance %(balance)s does not follow: the row before and this amount come to %(expected)s.")
        parts: list[str] = [said(words, balance=Amount(each.stated), expected=Amount(each.expected))]
        if each.turned:
            parts.append(_("It would follow if this went the other way: its sign is the wrong way round."))
        file.fault(each.row.number, column, together(parts))


def _every_sign(broken: Sequence[_Broken], rows: Sequence[CheckedRow], column: str, file: BankFile) -> None:
    words = _(
        "%(broken)s of %(rows)s balances would follow if their amounts went the other way: the signs are the wrong way "
        "round. Say in the layout whether amounts without a sign went out, or change money in and money out."
    )
    file.fault(broken[0].row.number, column, words, broken=Number(len(broken)), rows=Number(len(rows)))
