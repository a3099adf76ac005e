"""The ledger: the only place that writes entries and postings, and that changes a line's guard (rules 23, 24).

Every event goes through ``post``: it knows from the table of routes which accounts the event may move between, dates
each posting in an open period of its agreement, and moves the guard of each line that gives or gets unallocated money
by one conditional UPDATE. Whoever calls it has locked what the event is about.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import NoReturn

from sqlalchemy import Select, bindparam, insert, select, update

from voucher.audit.commands import record
from voucher.audit.rules import Override
from voucher.funding.models import Agreement, Entry, FundingLine, Posting
from voucher.funding.rules import ROUTES, Account, EntryKind, effective_day
from voucher.platform.act import Act
from voucher.platform.db import changed_one, session
from voucher.platform.errors import Conflict
from voucher.platform.i18n import said
from voucher.platform.money import Amount


@dataclass(frozen=True)
class About:
    """What a posting is about."""

    application_id: int | None = None
    voucher_id: int | None = None
    redemption_id: int | None = None
    payment_id: int | None = None
    debt_id: int | None = None


@dataclass(frozen=True)
class Move:
    """Pence that go from one account of a line to another."""

    line_id: int
    source: Account
    target: Account
    pence: int
    about: About = About()


NOTHING = About()


@dataclass(frozen=True)
class Draft:
    """An entry as it is to be posted: its kind, its movements, why, and the London day on which it happened."""

    kind: EntryKind
    movements: Sequence[Move]
    reason: str
    happened_on: date | None = None
    reverses: Entry | None = None


def moves(parts: Mapping[int, int], source: Account, target: Account, about: About = NOTHING) -> list[Move]:
    """The same move on several lines; parts of zero pence make none."""
    return [Move(line_id, source, target, pence, about) for line_id, pence in parts.items() if pence]


def post(
    act: Act,
    kind: EntryKind,
    scheme_id: int,
    movements: Sequence[Move],
    *,
    reason: str,
    happened_on: date | None = None,
    reverses: Entry | None = None,
) -> Entry:
    """Writes one entry with its postings in the current transaction.

    ``happened_on`` is a London day: the bank's own date, the day on which a release fell due, otherwise today. Raises
    Conflict when a line has not enough unallocated money, and ValueError for a route that the event does not have.
    """
    return post_all(act, scheme_id, [Draft(kind, movements, reason, happened_on, reverses)])[0]


def post_all(act: Act, scheme_id: int, drafts: Sequence[Draft]) -> list[Entry]:
    """Writes many entries as ``post`` writes one, with as many statements for a thousand as for a few."""
    for draft in drafts:
        unknown = {(move.source, move.target) for move in draft.movements} - ROUTES[draft.kind]
        if unknown or not draft.movements:
            raise ValueError(f"{draft.kind} does not move money that way: {sorted(unknown)}")
    everything = [move for draft in drafts for move in draft.movements]
    closed = _closed_through({move.line_id for move in everything})
    _move_guards(everything)
    entries = [_entry(act, scheme_id, draft) for draft in drafts]
    session.add_all(entries)
    session.flush()
    postings = []
    for entry, draft in zip(entries, drafts, strict=True):
        day = entry.happened_on
        days = {move.line_id: effective_day(day, closed[move.line_id]) for move in draft.movements}
        postings += [_posting(entry, move, day, days[move.line_id]) for move in draft.movements]
        _record_backdating(act, entry, draft.movements, days)
    # As rows and not as objects: nobody asks for their numbers, so a thousand of them go in one batch.
    session.execute(insert(Posting), postings)
    return entries


def _entry(act: Act, scheme_id: int, draft: Draft) -> Entry:
    return Entry(
        scheme_id=scheme_id,
        kind=str(draft.kind),
        actor_id=act.actor.person_id,
        reason=draft.reason,
        recorded_at=act.now,
        happened_on=draft.happened_on or act.today,
        reverses_id=draft.reverses.id if draft.reverses else None,
    )


def _closed_through(line_ids: Iterable[int]) -> dict[int, date | None]:
    """To which day each line's books are closed. The shared lock holds a signing back until we have committed."""
    rows = session.execute(_closing(), {"line_ids": sorted(line_ids)})
    return {line_id: closed_through for line_id, closed_through in rows}  # noqa: C416 - rows, not pairs


@cache
def _closing() -> Select[int, date | None]:
    return (
        select(FundingLine.id, Agreement.closed_through)
        .join(Agreement, Agreement.id == FundingLine.agreement_id)
        .where(FundingLine.id.in_(bindparam("line_ids", expanding=True)))
        .order_by(Agreement.id)
        .with_for_update(read=True, of=Agreement)
    )


def _move_guards(movements: Sequence[Move]) -> None:
    change: dict[int, int] = defaultdict(int)
    for move in movements:
        change[move.line_id] += move.pence * (
            (move.target == Account.UNALLOCATED) - (move.source == Account.UNALLOCATED)
        )
    for line_id in sorted(change):  # always in this order, so that two entries never wait for each other
        pence = change[line_id]
        if not pence:
            continue
        guarded = (
            update(FundingLine)
            .where(FundingLine.id == line_id, FundingLine.unallocated_pence + pence >= 0)
            .values(unallocated_pence=FundingLine.unallocated_pence + pence)
        )
        if not changed_one(session.execute(guarded, execution_options={"synchronize_session": False})):
            refuse_short(line_id, -pence)


def refuse_short(line_id: int, wanted: int) -> NoReturn:
    """Raises Conflict that says what the line has left and what is wanted of it."""
    code, left = session.execute(
        select(FundingLine.code, FundingLine.unallocated_pence).where(FundingLine.id == line_id)
    ).one()
    raise Conflict(
        "line_short",
        said(
            "Funding line %(code)s has %(left)s left unallocated; %(wanted)s is needed from it.",
            code=code,
            left=Amount(left),
            wanted=Amount(wanted),
        ),
    )


def _posting(entry: Entry, move: Move, day: date, effective_on: date) -> dict[str, object]:
    return {
        "entry_id": entry.id,
        "line_id": move.line_id,
        "from_account": str(move.source),
        "to_account": str(move.target),
        "pence": move.pence,
        "effective_on": effective_on,
        "relates_to_on": day if effective_on != day else None,
        "application_id": move.about.application_id,
        "voucher_id": move.about.voucher_id,
        "redemption_id": move.about.redemption_id,
        "payment_id": move.about.payment_id,
        "debt_id": move.about.debt_id,
    }


def _record_backdating(act: Act, entry: Entry, movements: Sequence[Move], days: Mapping[int, date]) -> None:
    moved = sum(move.pence for move in movements if days[move.line_id] != entry.happened_on)
    if moved:
        record(
            act.actor,
            "entry.moved_to_open_period",
            entry,
            at=act.now,
            reason=f"{entry.kind} of {entry.happened_on.isoformat()} lies in a closed period",
            override=Override.BACKDATED_ENTRY,
            pence=moved,
        )
