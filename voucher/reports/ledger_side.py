"""A scheme's figures as the ledger tells them: sums of postings and nothing else."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from sqlalchemy import func, select

from voucher.funding.models import Entry, FundingLine, Posting
from voucher.funding.queries import balances
from voucher.funding.rules import Account, EntryKind
from voucher.platform.db import session

ByLine = dict[int, int]
LONG_AGO = date(1970, 1, 1)


@dataclass(frozen=True)
class Period:
    """The days of a statement, both included."""

    first: date
    last: date

    @property
    def before(self) -> date:
        """The day before the period."""
        return date.fromordinal(self.first.toordinal() - 1)


class Flows:
    """What moved on some lines within some days, read once."""

    def __init__(self, line_ids: Sequence[int], first: date, last: date) -> None:
        self.line_ids = list(line_ids)
        rows = session.execute(
            select(Entry.kind, Posting.from_account, Posting.to_account, Posting.line_id, func.sum(Posting.pence))
            .join(Entry, Entry.id == Posting.entry_id)
            .where(Posting.line_id.in_(line_ids), Posting.effective_on >= first, Posting.effective_on <= last)
            .group_by(Entry.kind, Posting.from_account, Posting.to_account, Posting.line_id)
        )
        self._found: dict[tuple[str, str, str], ByLine] = defaultdict(dict)
        for kind, source, target, line_id, pence in rows:
            self._found[kind, source, target][line_id] = int(pence)

    def flow(self, source: Account, target: Account, *kinds: EntryKind) -> ByLine:
        """What moved between two accounts, by these kinds of entry or by any."""
        total = dict.fromkeys(self.line_ids, 0)
        for (kind, start, end), parts in self._found.items():
            if (start, end) == (source, target) and (not kinds or kind in kinds):
                for line_id, pence in parts.items():
                    total[line_id] += pence
        return total


class LedgerSide:
    """Stocks and flows of some lines, read once for a period."""

    def __init__(self, lines: Sequence[FundingLine], period: Period) -> None:
        self.line_ids = [line.id for line in lines]
        self.period = period
        self._before = balances(self.line_ids, period.before)
        self._through = balances(self.line_ids, period.last)
        self.flow = Flows(self.line_ids, period.first, period.last).flow

    @cached_property
    def _to_date(self) -> Flows:
        return Flows(self.line_ids, LONG_AGO, self.period.last)

    def ever(self, source: Account, target: Account, *kinds: EntryKind) -> ByLine:
        """What moved between two accounts up to the period's last day, by these kinds of entry or by any."""
        return self._to_date.flow(source, target, *kinds)

    def stock(self, *accounts: Account, opening: bool = False) -> ByLine:
        """What stood on these accounts at the end of the period, or before it began."""
        at = self._before if opening else self._through
        return {line_id: sum(at[line_id][account] for account in accounts) for line_id in self.line_ids}


def add(*parts: ByLine) -> ByLine:
    """Sums by line."""
    return {line_id: sum(part[line_id] for part in parts) for line_id in parts[0]}


def less(first: ByLine, second: ByLine) -> ByLine:
    """Differences by line."""
    return {line_id: first[line_id] - second[line_id] for line_id in first}


# An entry that fell into a closed period counts later; what it tells of happened on the earlier day.
HAPPENED_ON = func.coalesce(Posting.relates_to_on, Posting.effective_on)


def happened_stocks(scheme_id: int, through: date) -> dict[Account, int]:
    """What stood on each account of a whole scheme by what had happened up to a day, whenever it was counted."""
    found: dict[Account, int] = defaultdict(int)
    for column, sign in ((Posting.to_account, 1), (Posting.from_account, -1)):
        rows = session.execute(
            select(column, func.sum(Posting.pence))
            .join(Entry, Entry.id == Posting.entry_id)
            .where(Entry.scheme_id == scheme_id, through >= HAPPENED_ON)
            .group_by(column)
        )
        for account, pence in rows:
            found[Account(account)] += sign * int(pence)
    return found


def happened_flow(scheme_id: int, period: Period, source: Account, target: Account, *kinds: EntryKind) -> int:
    """What moved between two accounts of a whole scheme by what happened in a period."""
    query = (
        select(func.coalesce(func.sum(Posting.pence), 0))
        .join(Entry, Entry.id == Posting.entry_id)
        .where(
            Entry.scheme_id == scheme_id,
            Posting.from_account == str(source),
            Posting.to_account == str(target),
            period.first <= HAPPENED_ON,
            period.last >= HAPPENED_ON,
        )
    )
    if kinds:
        query = query.where(Entry.kind.in_([str(kind) for kind in kinds]))
    return int(session.scalar(query) or 0)
