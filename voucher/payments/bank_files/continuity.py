"""Pure: what is new in a statement, and whether it goes on where the others of its account stand (rules 35, 36)."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from voucher.payments.bank_files.reading import Movement, ReadStatement
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.i18n import said
from voucher.platform.money import Amount


@dataclass(frozen=True)
class Standing:
    """A statement of the account that was taken in before, by its row; below zero, one before it in the same file."""

    id: int
    title: str
    first_on: date
    last_on: date
    opening: int
    closing: int


@dataclass(frozen=True)
class Compared:
    """A statement beside what is known: what each movement is known by, which were known already, what does not fit."""

    identities: Sequence[str]
    known: frozenset[str]
    broken: str | None

    @property
    def new(self) -> int:
        """How many movements nobody knew."""
        return len(self.identities) - len(self.known)


def compared(
    account: str, statement: ReadStatement, known: Mapping[str, int], standing: Sequence[Standing]
) -> Compared:
    """The statement beside the account's known lines, given with the row of the statement that brought each.

    Where it begins on the day and at the balance at which the last one ended, what looks the same in both was paid
    once more that day, unless the bank's own number says that it is the same.
    """
    found = _beside(statement, identities(account, statement.movements), known, standing)
    last = _last_before(statement, standing)
    same = [each for name, each in zip(found.identities, statement.movements, strict=True) if name in found.known]
    if last is None or statement.first_on < last.last_on or statement.opening != last.closing:
        return found
    if sum(each.pence for each in same) == 0 or any(each.own_id for each in same):
        return found
    if not found.new and statement.title in {each.title for each in standing}:
        words = _(
            "%(title)s shows only lines that are known, but begins at %(begins)s, where the statement before it ended. "
            "Nothing tells whether they are the same: import the statement of the whole day."
        )
        return replace(found, broken=said(words, title=statement.title, begins=Amount(last.closing)))
    return _beside(statement, identities(account, statement.movements, taken=known), known, standing)


def _last_before(statement: ReadStatement, standing: Sequence[Standing]) -> Standing | None:
    """The statement that the account stood at before this one."""
    before = [each for each in standing if each.first_on <= statement.first_on]
    return max(before, key=lambda each: (each.last_on, each.id < 0, abs(each.id)), default=None)


def _beside(
    statement: ReadStatement, names: Sequence[str], known: Mapping[str, int], standing: Sequence[Standing]
) -> Compared:
    brought: Counter[int] = Counter()
    for name, each in zip(names, statement.movements, strict=True):
        if name in known:
            brought[known[name]] += each.pence
    there = frozenset(names) & known.keys()
    return Compared(names, there, break_before(statement, brought, standing, new=len(names) - len(there)))


def identities(account: str, movements: Sequence[Movement], *, taken: Container[str] = ()) -> list[str]:
    """What each movement is known by when another statement shows it again; none of those that are ``taken``.

    That is the bank's own number or, without one, what is said of it; the same twice on one day is two movements, so
    it is counted. Letters and digits only: banks set spaces differently from one export to the next.
    """
    counted: Counter[str] = Counter()
    return [_identity(account, each, counted, taken) for each in movements]


def _identity(account: str, each: Movement, counted: Counter[str], taken: Container[str]) -> str:
    said = f"id {each.own_id}" if each.own_id else _squeezed(each.reference + each.counterparty)
    plain = f"{account}|{each.booked_on.isoformat()}|{each.pence}|{said}"
    while True:
        counted[plain] += 1
        found = hashlib.sha256(f"{plain}|{counted[plain]}".encode()).hexdigest()
        if found not in taken:
            return found


def _squeezed(text: str) -> str:
    return re.sub(r"[^A-Z0-9]", "", text.upper())


def break_before(
    statement: ReadStatement, known: Mapping[int, int], standing: Sequence[Standing], *, new: int
) -> str | None:
    """Why the statement does not go on where the others stand, in words; None when it does.

    ``known`` has the pence of its movements that are there already, by the row of the statement that brought them;
    ``new`` is how many are not. With those taken off, it must begin where the statement before it ended and end where
    the one after it begins. A statement without anything new says nothing that is not known.
    """
    if statement.opening is None or statement.closing is None or (not new and known):
        return None
    if not statement.movements and any(_covers(each, statement) for each in standing):
        return None
    last = _last_before(statement, standing)
    after = [each for each in standing if each.first_on > statement.first_on]
    earlier = {each.id for each in standing} - {each.id for each in after}
    if last is not None:
        begins = statement.opening + sum(pence for row, pence in known.items() if row in earlier)
        if begins != last.closing:
            return _begins_elsewhere(statement, begins, last)
    if after:
        following = min(after, key=lambda each: (each.first_on, each.id))
        ends = statement.closing - sum(pence for row, pence in known.items() if row not in earlier)
        if ends != following.opening:
            return _ends_elsewhere(statement, ends, following)
    return None


def _covers(each: Standing, statement: ReadStatement) -> bool:
    return each.first_on <= statement.first_on and statement.last_on < each.last_on


def _begins_elsewhere(statement: ReadStatement, begins: int, last: Standing) -> str:
    words = _(
        "%(title)s begins at %(begins)s, but the statement before it (%(before)s, to %(day)s) ended at %(ended)s: "
        "%(apart)s apart. Import the statement between the two first, or look whether it is of another account."
    )
    return said(
        words,
        title=statement.title,
        begins=Amount(begins),
        before=last.title,
        day=last.last_on,
        ended=Amount(last.closing),
        apart=Amount(abs(begins - last.closing)),
    )


def _ends_elsewhere(statement: ReadStatement, ends: int, following: Standing) -> str:
    words = _(
        "%(title)s ends at %(ends)s, but the statement after it (%(after)s, from %(day)s) began at %(began)s: "
        "%(apart)s apart. Import the statement between the two first, or look whether it is of another account."
    )
    return said(
        words,
        title=statement.title,
        ends=Amount(ends),
        after=following.title,
        day=following.first_on,
        began=Amount(following.opening),
        apart=Amount(abs(ends - following.opening)),
    )
