"""From a figure of a statement to the rows that make it up.

Lines 1 to 12 and 16, and what of 13 and 15 is a sum of postings, are not described a second time: each figure is worked
out as ``MoneyLines`` does it, but with a single penny that moved one way on one day. What comes out is what such a
posting adds to the figure, so that a figure and its rows rest on one definition and cannot come apart.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple, cast

from sqlalchemy import ColumnElement, and_, case, false, literal, or_

from voucher.funding.models import Agreement, Entry, Posting
from voucher.funding.rules import ROUTES, Account, EntryKind, LineKind
from voucher.platform.paging import Rows
from voucher.reports.ledger_side import ByLine, Period
from voucher.reports.lines import MoneyLines, Part
from voucher.reports.postings import movements


@dataclass(frozen=True)
class Move:
    """A way on which money moves, and whether it did so before the period or in it."""

    kind: EntryKind
    source: Account
    target: Account
    before: bool


class OnePenny:
    """What moved, had only one penny ever moved on each line: the side of ``MoneyLines`` that tells a figure's rows."""

    def __init__(self, line_ids: Sequence[int], move: Move) -> None:
        self.line_ids, self.move = line_ids, move

    def stock(self, *accounts: Account, opening: bool = False) -> ByLine:
        """A penny for each of the accounts that it came to, and less one for each that it left."""
        there = not opening or self.move.before
        return self._each(there * ((self.move.target in accounts) - (self.move.source in accounts)))

    def flow(self, source: Account, target: Account, *kinds: EntryKind) -> ByLine:
        """A penny when it moved this way in the period."""
        return self._each(0 if self.move.before else self._moved(source, target, kinds))

    def ever(self, source: Account, target: Account, *kinds: EntryKind) -> ByLine:
        """A penny when it moved this way at all."""
        return self._each(self._moved(source, target, kinds))

    def _moved(self, source: Account, target: Account, kinds: Sequence[EntryKind]) -> int:
        same = (source, target) == (self.move.source, self.move.target)
        return int(same and (not kinds or self.move.kind in kinds))

    def _each(self, pence: int) -> ByLine:
        return dict.fromkeys(self.line_ids, pence)


# Every way that money can move; the ledger refuses any other.
MOVES = [
    Move(kind, source, target, before)
    for kind, routes in ROUTES.items()
    for source, target in sorted(routes)
    for before in (True, False)
]


class OfKind(NamedTuple):
    """A line of a kind, of which there is one here; the kind is its code."""

    id: int
    code: str
    kind: str


ONE_OF_EACH = [OfKind(number, str(kind), str(kind)) for number, kind in enumerate(LineKind)]


def money_parts(money: MoneyLines) -> dict[str, Part]:
    """Every part that is a sum of postings, by its code."""
    lines = [*money.lines(), ("13", [money.disallowed()]), ("15", money.administration()), ("16", money.cash())]
    return {str(part["code"]): part for _code, parts in lines for part in parts}


SUMS = frozenset(money_parts(MoneyLines([], OnePenny([], MOVES[0]))))


@cache
def added_by() -> dict[str, dict[int, list[tuple[LineKind, Move]]]]:
    """How many pence one adds to a part, by the part's code: which ways on lines of which kind add so many."""
    found: dict[str, dict[int, list[tuple[LineKind, Move]]]] = {code: defaultdict(list) for code in SUMS}
    for move in MOVES:
        money = MoneyLines(ONE_OF_EACH, OnePenny([each.id for each in ONE_OF_EACH], move))
        for code, part in money_parts(money).items():
            for kind, pence in cast(Mapping[str, int], part["by_funding_line"]).items():
                if pence:
                    found[code][pence].append((LineKind(kind), move))
    return found


def rows_of_sum(agreement: Agreement, period: Period, code: str, *, only: str = "") -> Rows:
    """The postings that make up a part, each with what it adds to it; ``only`` keeps those on one funding line.

    Once a statement is signed, the ledger takes nothing that counts in its period, so that these rows stay those of
    its figures.
    """
    lines: dict[str, list[int]] = defaultdict(list)
    for line in agreement.lines:
        if only in ("", line.code):
            lines[line.kind].append(line.id)
    moved = {
        pence: or_(*(_is(move, lines[kind], period) for kind, move in ways if kind in lines))
        for pence, ways in added_by()[code].items()
        if any(kind in lines for kind, _move in ways)
    }
    if not moved:
        return movements(literal(0)).where(false())
    signed = case(*((ways, pence * Posting.pence) for pence, ways in moved.items()), else_=0)
    return movements(signed).where(or_(*moved.values()))


def _is(move: Move, line_ids: Sequence[int], period: Period) -> ColumnElement[bool]:
    days = Posting.effective_on.between(period.first, period.last)
    return and_(
        Posting.line_id.in_(line_ids),
        Posting.from_account == str(move.source),
        Posting.to_account == str(move.target),
        Entry.kind == str(move.kind),
        Posting.effective_on < period.first if move.before else days,
    )
